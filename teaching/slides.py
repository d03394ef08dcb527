"""Slides of the chapters, by reveal.js, from what stands in their notebooks; after a build.

Nothing in a notebook is marked for them. In reading order, these become slides:

- the title, with the question that the first page says the chapter answers;
- the idea, the paragraph that begins with **The idea.**;
- each question before a picture or a slider, which comes beside it with the next key;
- each equation that is boxed or on the formula sheet, with a sentence before and one behind it. Of
  what the sheet does not have, the first hour and the laboratories, those that a check is about;
- the first picture and each slider; of what the sheet does not have, each picture;
- each task that is answered in a form and has no star;
- the common mistake, the summary, and the questions at the end, as many as two slides hold.

What is folded, answers too, stands in the notes of the speaker.
"""

import re
import shutil
import subprocess
import sys
from base64 import b64decode
from dataclasses import dataclass, field
from functools import cache, cached_property
from hashlib import sha256
from html import escape
from pathlib import Path
from zipfile import ZipFile

import nbformat
import typeset
from docutils import nodes
from drawings import in_both_themes
from exercises import tasks
from markdown_it.renderer import RendererHTML
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser
from nbconvert import SlidesExporter

from teaching import ROOT
from teaching.notebooks import BOOK, CLOSING, ENDS, chapters, source

HERE = Path(__file__).parent / "deck"
BUILD = ROOT / "_build"
HTML = BUILD / "html"
OUT = HTML / "slides"
REVEAL = "dist/reset.css", "dist/reveal.css", "dist/reveal.js"
REVEAL += "plugin/notes/notes.js", "plugin/zoom/zoom.js"
UNIT = 0.0118  # of a drawn formula, in em; the same in slides.css
SUMMARY = "Summary", "What to take away"
INSIDE = re.compile(r"data:image/(webp|svg|png)(?:\+xml)?;base64,([\w+/=]{99,})")
CITED = re.compile(r" ?\{cite:\w\}`[^`]*`")
KEYS = "[The chapter](). Keys: → next, S notes, F full screen, Alt and a click enlarge."


@dataclass
class Slide:
    """A slide: its text, and what is on it beside."""

    kind: str
    title: str
    text: str
    above: str = ""  # says what is to be done
    picture: str = ""
    notes: list = field(default_factory=list)
    room: int = 0  # for words that come behind an equation
    marks: tuple = ()  # what the style sheet has to know


# What stands in a chapter.


def blocks(text):
    """Yield the blocks of Markdown: their kinds, what they are called, and their text."""
    lines = text.splitlines()
    for token in markdown().parse(text):
        if token.level or not token.map:
            continue
        inside = "\n".join(lines[slice(*token.map)]).strip()
        if token.type == "colon_fence":
            name, _, title = token.info.partition(" ")
            yield name.strip("{}"), title, re.sub(r"\A(:\w+:.*\n)+\n*", "", token.content)
        elif token.type == "math_block_label":
            yield "equation", token.info, inside
        else:
            yield token.type.removesuffix("_open"), "", inside


def part(text, room, last=False):
    """Return the first sentences of a paragraph that have room, or the last ones."""
    found = re.split(r"(?<=[.?!]) +(?=[A-Z*$\[])", " ".join(text.split()))
    found = [each for each in found if "{numref}" not in each and (last or each[-1:] != ":")]
    found = found[::-1] if last else found
    count = 0
    while found[count:] and sum(len(each.split()) for each in found[: count + 1]) <= room:
        count += 1
        if not last and found[count:] and found[count].startswith("**"):
            break  # something else begins here
    return " ".join(found[:count][:: -1 if last else 1])


@cache
def on_the_sheet():
    """Return the labels of the equations that stand on the formula sheet."""
    text = (BOOK / "formulas.md").read_text(encoding="utf-8")
    return set(re.findall(r"\{eq\}`(.+?)`", text))


@cache
def answers(chapter):
    """Return the question that the first page says a chapter answers."""
    text = (BOOK / "intro.md").read_text(encoding="utf-8")
    return re.search(rf"\({chapter}\.ipynb\) \| (.+?) \|", text)[1]


class Deck:
    """The slides of a chapter."""

    def __init__(self, chapter):
        self.chapter = chapter
        self.notebook = source(chapter)
        self.slides, self.waiting = [], None  # waiting: a question that has no picture yet
        self.section = self.head = self.before = ""
        for cell, outputs in zip(self.notebook.cells, self.outputs):
            if cell.cell_type == "markdown":
                self.read(cell.source)
            else:
                self.show(cell, outputs)
            if self.section in ENDS:
                break

    @cached_property
    def on_sheet(self):
        """Whether equations of the chapter stand on the formula sheet."""
        return bool(self.labels & on_the_sheet())

    @cached_property
    def text(self):
        """All text of the chapter."""
        return "\n\n".join(c.source for c in self.notebook.cells if c.cell_type == "markdown")

    @cached_property
    def labels(self):
        """The labels of its equations."""
        return set(re.findall(r"^\$\$ \((.+)\)$", self.text, flags=re.M))

    @cached_property
    def key(self):
        """The labels of its key equations, but for those in boxes."""
        if self.on_sheet:
            return self.labels & on_the_sheet()
        checks = re.findall(r"\*\*Check\.\*\* (.+?)(?:\n\n|\Z)", self.text, flags=re.S)
        return self.labels & set(re.findall(r"\{eq\}`(.+?)`", " ".join(checks)))

    @cached_property
    def outputs(self):
        """The outputs of the cells in the last build, which has drawn every frame."""
        kept = sorted((BUILD / "executed").glob(f"{self.chapter}-*.ipynb"))
        cells = nbformat.read(kept[-1], as_version=4).cells if kept else []
        run = [cell for cell in cells if cell.cell_type == "code"]
        code = [cell.source for cell in self.notebook.cells if cell.cell_type == "code"]
        if code != [cell.source for cell in run]:
            raise SystemExit(f"{self.chapter} has changed: build the book first")
        run = iter(run)
        return [next(run).outputs if c.cell_type == "code" else [] for c in self.notebook.cells]

    def add(self, kind, text, above="", **more):
        """Add a slide."""
        self.slides.append(Slide(kind, self.head, text, above, **more))
        return self.slides[-1]

    def read(self, source):
        """Read a cell of text."""
        if asked := re.match(r"\(task-(.+)\)=\n", source):
            self.task(tasks.task_of(asked[1]), source)
            return
        after = None  # the slide of the equation that stands in front of a paragraph
        for kind, title, text in blocks(source):
            if kind == "heading":
                level, _, name = text.partition(" ")
                self.head = re.sub(r"^\d\. ", "", name)
                self.section = self.head if level == "##" else self.section
                self.before, self.waiting = "", None
                if level == "#":
                    self.add("title", f"{answers(self.chapter)}\n\n{KEYS}")
            elif self.section in ENDS:
                return
            elif kind == "dropdown":
                if title.startswith(("Answer", "What you should have seen")) and not self.waiting:
                    self.slides[-1].notes.append(text)
            elif kind == "admonition" and title == "Predict first":
                lead = part(self.before, 62 - len(text.split()), last=True)
                text = f"{lead}\n\n{text}".strip()
                self.waiting = Slide("question", self.head, text, "Predict first")
                self.waiting.marks = ("long",) if len(text.split()) > 52 else ()
                self.before = ""
            elif kind == "equation":
                after = self.equation(title, text)
                self.before = ""
            elif kind == "bullet_list" and self.section in SUMMARY:
                points = re.split(r"\n(?=- )", text)
                for start in range(0, len(points), 4):
                    self.add("summary", "\n".join(points[start : start + 4]))
            elif kind == "paragraph" and not text.startswith(("*Source:", "**Check.**")):
                self.paragraph(text, after)
                after, self.before = None, "" if text[0].islower() else text

    def equation(self, label, text):
        """Add a slide for an equation, if it is a key one; return the slide."""
        if label not in self.key and r"\boxed" not in text:
            return None
        high = height(text.strip("$").rpartition("$$")[0])
        tall = 42 * high > 300
        lines = (480 - (34 if tall else 42) * high) // 46  # that are left; ten words on each
        room = int(min(5 * lines, 40))
        text = f"{part(self.before, room, last=True)}\n\n{text}".strip()
        return self.add("equation", text, room=room, marks=("tall",) if tall else ())

    def paragraph(self, text, after):
        """Read a paragraph, and what belongs to the equation that stands in front of it."""
        last = self.slides[-1]
        if text.startswith("**The idea.**"):
            self.add("idea", text.removeprefix("**The idea.**").strip()).title = "The idea"
        elif self.head == "The common mistake":
            if last.title != self.head:
                self.add("mistake", part(text, 75))
        elif self.section in CLOSING and re.match(r"\*\*\d+\.\*\*", text):
            if last.kind == "closing" and len(f"{last.text} {text}".split()) <= 95:
                last.text += "\n\n" + text
            elif sum(each.kind == "closing" for each in self.slides) < 2:
                self.add("closing", text, "Pencil and paper")
        elif after:
            after.text += "\n\n" + part(text, after.room)

    def task(self, task, text):
        """Add a slide for a task that is answered in a form and has no star."""
        said = [each for kind, _, each in blocks(text) if kind not in ("myst_target", "dropdown")]
        self.before = ""
        if task.kind in tasks.FORMS and " ★.**" not in said[0]:
            said[0] = re.sub(r"^\*\*Task: .+?\*\*", "", said[0]).strip()
            labels = [f"{each.label}: " if task.fields[1:] else "" for each in task.fields]
            said += [
                f"- {label}{' | '.join(each.choices)}"
                for label, each in zip(labels, task.fields)
                if each.choices
            ]
            right = [f"{label}{each.text}" for label, each in zip(labels, task.fields)]
            slide = self.add("task", "\n\n".join(said), f"Task: {task.kind}")
            equations = [each.strip("$").rpartition("$$")[0] for each in said if each[:2] == "$$"]
            slide.marks = ("tall",) if any(height(each) > 9 for each in equations) else ()
            slide.notes += [*right, task.because]

    def show(self, cell, outputs):
        """Look for a picture or a slider in what a cell shows."""
        found = "".join(picture(each, cell) for each in outputs)
        if not found:
            return
        first = not any(each.picture for each in self.slides)
        slider = 'class="explore"' in found
        if self.waiting:
            self.waiting.picture = found
            self.slides.append(self.waiting)
        elif slider or first or not (self.on_sheet or self.section in SUMMARY):
            slide = self.add("picture", part(self.before, 45, last=True), picture=found)
            slide.marks = () if slider or shape(found) < 1.5 else ("wide",)
        self.waiting, self.before = None, ""


# How it is written.


@cache
def places():
    """Return for each equation of the built book its page and its number."""
    number = re.compile(r'id="equation-([\w.-]+)">\s*<span class="eqno">\(([\d.]+)\)')
    return {
        label: (path.stem, at)
        for path in sorted((HTML / "book").glob("*.html"))
        for label, at in number.findall(path.read_text(encoding="utf-8"))
    }


def link(label):
    """Return a link to an equation in the book, with its number."""
    name, number = places()[label]
    return f'<a href="../book/{name}.html#equation-{escape(label)}">({number})</a>'


def to_file(kind, content):
    """Put a picture into a file, under the name that the pages of the book have for it."""
    content = in_both_themes(content) if kind == "svg" else content
    name = f"{sha256(content).hexdigest()[:16]}.{kind}"
    path = HTML / "_images" / name
    if not path.exists():
        path.write_bytes(content)
    return f"../_images/{name}"


def picture(output, cell):
    """Return the HTML of a picture or a slider, with its pictures in files, or nothing."""
    data = output.get("data", {})
    html = data.get("text/html", "")
    if 'class="explore"' in html:
        html = INSIDE.sub(lambda found: to_file(found[1], b64decode(found[2])), html)
        return html.replace("<figure ", "<figure data-prevent-swipe ", 1)
    if "image/svg+xml" not in data:
        return ""
    alt = escape(cell.metadata["mystnb"]["image"]["alt"])
    return f'<img src="{to_file("svg", data["image/svg+xml"].encode())}" alt="{alt}">'


def shape(html):
    """Return how many times as wide as high a drawing is."""
    drawing = (OUT / re.search(r'src="(.+?)"', html)[1]).resolve().read_text(encoding="utf-8")
    width, height = re.search(r' width="(\d+)" height="(\d+)"', drawing).groups()
    return int(width) / int(height)


@cache
def typesetter():
    """Return what sets formulas, with those that the build has set."""
    return typeset.Typesetter({}, BUILD / ".doctrees" / "typeset.json")


def height(tex):
    """Return how high an equation is on a slide, in em."""
    drawing = typesetter().set(tex.strip(), True)["svg"]
    return UNIT * float(re.search(r'viewBox="(?:\S+ ){3}(\S+)"', drawing)[1])


@cache
def markdown():
    """Return the book's Markdown, which writes formulas, links and references for slides."""
    extensions = {"colon_fence", "dollarmath"}
    parser = create_md_parser(MdParserConfig(enable_extensions=extensions), RendererHTML)

    def inline(self, tokens, at, options, env):
        return f'<span class="math">{typesetter().inline(tokens[at].content.strip())}</span>'

    def display(self, tokens, at, options, env):
        tex = tokens[at].content
        tex = typeset.source(nodes.math_block(tex, tex, nowrap=False))
        number = f'<span class="eqno">{link(tokens[at].info)}</span>' if tokens[at].info else ""
        html = f'<div class="equation">{typesetter().display(tex)}</div>'
        return f'<div class="math">{number}{html}</div>\n'

    def role(self, tokens, at, options, env):
        said = re.sub(r" ?<.*>", "", tokens[at].content)
        return {"eq": link}.get(tokens[at].meta["name"], escape)(said)

    def reference(self, tokens, at, options, env):
        name, _, kind = tokens[at].attrs["href"].rpartition(".")
        name = name if kind in ("ipynb", "md") else env["chapter"]
        tokens[at].attrs["href"] = f"../book/{name}.html"
        return self.renderToken(tokens, at, options, env)

    rules = {"math_inline": inline, "math_block": display, "math_block_label": display}
    rules |= {"myst_role": role, "link_open": reference, "myst_target": lambda *_: ""}
    for name, rule in rules.items():
        parser.add_render_rule(name, rule)
    return parser


def cells(slide):
    """Return a slide as cells of a notebook, marked in nbconvert's way."""
    head = "#" if slide.kind == "title" else "##"
    above = f'<p class="above">{slide.above}</p>\n\n' if slide.above else ""
    made = [nbformat.v4.new_markdown_cell(f"{head} {slide.title}\n\n{above}{slide.text}")]
    made[0].metadata = {"tags": [slide.kind, *slide.marks]}
    types = ["slide"]
    if slide.picture:
        output = nbformat.v4.new_output("display_data", {"text/html": slide.picture})
        made.append(nbformat.v4.new_code_cell(outputs=[output]))
        types.append("fragment" if slide.kind == "question" else "-")
    if slide.notes:
        made.append(nbformat.v4.new_markdown_cell("\n\n".join(slide.notes)))
        types.append("notes")
    for cell, kind in zip(made, types):
        cell.metadata["slideshow"] = {"slide_type": kind}
    return made


def write(chapter):
    """Write the slides of a chapter."""
    found = Deck(chapter).slides
    made = [cell for slide in found for cell in cells(slide)]
    notebook = nbformat.v4.new_notebook(cells=made, metadata={"title": found[0].title})
    exporter = SlidesExporter(
        template_name="deck",
        extra_template_basedirs=[str(HERE.parent)],
        exclude_input=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
    )
    render = markdown().render
    exporter.register_filter(
        "markdown2html", lambda text: render(CITED.sub("", text), {"chapter": chapter})
    )
    html, _ = exporter.from_notebook_node(notebook)
    (OUT / f"{chapter}.html").write_text(html, encoding="utf-8")


def wheel():
    """Return the wheel that brings reveal.js; fetch it by its digest, if it is not there yet."""
    wanted = HERE / "requirements.txt"
    folder = BUILD / "reveal" / sha256(wanted.read_bytes()).hexdigest()[:16]
    if not list(folder.glob("*.whl")):
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--only-binary=:all:", "--require-hashes", "-r", wanted, "-d", folder]
        subprocess.run(command, check=True)
    return next(folder.glob("*.whl"))


def offer():
    """Have the page for teachers lead to the slides that are there."""
    links = ""
    for path in (OUT / f"{name}.html" for name in chapters()):
        if path.exists():
            title = re.search("<title>(.+): slides</title>", path.read_text(encoding="utf-8"))[1]
            links += f'<li><a href="../slides/{path.name}">{title}</a></li>'
    file = HTML / "book" / "teaching.html"
    page, count = re.subn(
        r'(<div class="slides-made[^>]*>).*?</div>',
        rf'\1<ul class="simple">{links}</ul></div>',
        file.read_text(encoding="utf-8"),
        flags=re.S,
    )
    assert count == 1
    file.write_text(page, encoding="utf-8")


def slides(names):
    """Write the slides of chapters, with reveal.js beside them; return their folder."""
    (OUT / "reveal").mkdir(parents=True, exist_ok=True)
    with ZipFile(wheel()) as files:
        for each in REVEAL:
            content = files.read(f"sphinx_revealjs/_static/revealjs/{each}")
            (OUT / "reveal" / Path(each).name).write_bytes(content)
    for each in ("slides.css", "slides.js"):
        shutil.copy(HERE / each, OUT)
    try:
        for name in names:
            write(name)
        (OUT / "formulas.css").write_text(typesetter().style(), encoding="utf-8")
    finally:
        typesetter().mathjax.close()  # or Python would not end
    offer()
    return OUT
