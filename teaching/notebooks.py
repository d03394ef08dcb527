"""The chapters as notebooks to work in: for students, and the same with answers for instructors.

A student's notebook is the main line of a chapter without outputs. Its tasks are to be filled in.
Folds are left out, but for hints; so are solutions, what only the sources concern, and every cell
in which the chapter itself tells the answer to one of its tasks, or uses what is to be filled in.
"""

import re
import shutil

import nbformat
import yaml
from exercises import tasks

from teaching import OUT, ROOT

BOOK = ROOT / "book"
ENDS = "In five notations", "Fine print"  # here the main line is over
CLOSING = "Questions", "Three questions", "Find the slip", "Close the page"
NEEDED = "studies", "data"  # folders of the book that cells read
CHECKERS = (
    r"^check\(.*$|^from exercises import.*\n"
    r"|, and `check` tries it on random arrays| `check` tries[^.]*\."
)


def chapters():
    """Return the names of the chapters that are notebooks, in the order of the contents."""
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    files = [each["file"] for part in contents["parts"] for each in part["chapters"]]
    return [name.removeprefix("book/") for name in files if (ROOT / f"{name}.ipynb").exists()]


def source(chapter):
    """Return a chapter of the book."""
    return nbformat.read(BOOK / f"{chapter}.ipynb", as_version=4)


def tags(cell):
    """Return how the book shows a cell."""
    return cell.metadata.get("tags", ())


def unfolded(text, kept="Hint"):
    """Return a cell's text without its folds, which stand between two fences; some stay."""
    lines, fence = [], None
    for line in text.splitlines():
        opened = re.match(rf"(:{{3,}})\{{dropdown\}} (?!{kept})", line)
        if fence is None and opened:
            fence = opened[1]
        elif fence is None:
            lines.append(line)
        elif line.strip() == fence:
            fence = None
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def numbers_of(chapter):
    """Return a pattern of the numbers that answer a task; three digits make one known."""
    texts = [
        re.escape(field.text)
        for task in tasks.tasks_of(chapter).values()
        for field in task.fields
        if isinstance(field.right, float) and re.search(r"[1-9](\.?\d){2}", field.text)
    ]
    return rf"(?<![\d.])(?:{'|'.join(texts) or '(?!)'})(?!\d)"


def squeezed(text):
    """Return a text without spaces, line breaks and comments of code."""
    return "".join(re.sub(r"  # .*", "", text).split())


def body(code):
    """Return what a function does that a cell begins with, squeezed."""
    inside = code.partition(":\n")[2].partition("\n\n\n")[0]
    return squeezed(re.sub(r'""".*?"""', "", inside, flags=re.S))


def solutions(chapter):
    """Return what the functions do that solve the tasks of a chapter."""
    cells = [cell for cell in source(chapter).cells if "hide-cell" in tags(cell)]
    return {body(cell.source) for cell in cells if "\n\n\ncheck(" in cell.source}


def to_fill_in(task):
    """Return the text of the cell in which a question is answered."""
    lines = [
        f"- {field.label}" + (f" ({' | '.join(field.choices)})" if field.choices else "") + ": …"
        for field in task.fields
    ]
    return "\n".join(["**To fill in**, with a reason:", "", *lines])


def answered(task):
    """Return the answer to a question, its reason, and what to say to wrong answers."""
    lines = ["**Answer.**", ""]
    for field in task.fields:
        lines.append(f"- {field.label}: **{field.text}**")
        lines += [f"  - to {wrong}: {words}" for wrong, words in field.wrong]
    return "\n".join([*lines, "", task.because])


def without_checkers(text):
    """Return a cell without what calls or names the checkers, which know the answers."""
    return re.sub(CHECKERS, "", text, flags=re.M).strip()


def cells(chapter, answers):
    """Yield the cells of a notebook: for instructors with the answers, for students without."""
    section, asked, unfinished = "", False, set()
    told, solved = numbers_of(chapter), solutions(chapter)

    def telling(code):
        return re.search(told, code) or any(each in squeezed(code) for each in solved)

    for cell in source(chapter).cells:
        if cell.cell_type == "markdown":
            section = [section, *re.findall(r"^## (.*)$", cell.source, flags=re.M)][-1]
            if section in ENDS:
                return
            asked = "(task-" in cell.source
            text = without_checkers(cell.source)
            text = text if answers else re.sub(told, "…", unfolded(text))
            if text:
                yield nbformat.v4.new_markdown_cell(text, id=cell.id)
        elif form := re.fullmatch(r'predict\("(.+)"\)', cell.source):
            task = tasks.task_of(form[1])
            text = answered(task) if answers else re.sub(told, "…", to_fill_in(task))
            yield nbformat.v4.new_markdown_cell(text, id=cell.id)
        else:
            code = without_checkers(cell.source)
            folded = "hide-cell" in tags(cell)
            solution = folded and (asked or section in CLOSING)
            needed = unfinished & {*re.findall(r"\w+", code)}
            if "\n\n\ncheck(" in cell.source and not folded:
                unfinished.add(re.match(r"def (\w+)", code)[1])
            if answers or not (solution or needed or telling(code)):
                kept = {"jupyter": {"source_hidden": True}} if "jupyter" in cell.metadata else {}
                yield nbformat.v4.new_code_cell(code, id=cell.id, metadata=kept)


def notebook(chapter, answers=False):
    """Return a chapter as a notebook to work in."""
    made = nbformat.v4.new_notebook(cells=list(cells(chapter, answers)))
    made.metadata = source(chapter).metadata
    return made


def make(names, folder, answers):
    """Write notebooks into a folder, beside what they read."""
    folder.mkdir(parents=True, exist_ok=True)
    for each in NEEDED:
        shutil.copytree(
            BOOK / each, folder / each, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__*")
        )
    for name in names:
        nbformat.write(notebook(name, answers), folder / f"{name}.ipynb")


def students(names):
    """Write the students' notebooks."""
    make(names, OUT / "students", answers=False)


def instructor(names):
    """Write the instructor's set."""
    make(names, OUT / "instructor", answers=True)
