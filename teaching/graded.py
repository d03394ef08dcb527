"""The graded tasks: what is asked, what is solved, and the tests of both kinds of assignments.

`graded.yml` lists them. Everything else comes from the book: the question and the solution from
the chapter, the arguments and the right results from the task's file. The tests that count have
other numbers than the book, and a student does not get them.
"""

import inspect
import re
from dataclasses import dataclass
from unittest import mock

import nbformat
import numpy as np
import yaml
from exercises.tasks import task_of

from teaching import ROOT
from teaching.notebooks import source, unfolded, without_checkers
from teaching.outside import fits

DESCRIPTION = ROOT / "teaching" / "graded.yml"
SETUP = "import numpy as np\nfrom nnlab import sigmoid, softmax, tanh"
HEAD = """\
# {title}: assignment

Each task is a function. Write your code into its cell, under the name that is there; more cells
are welcome. The cell below it tries whether it runs and has the right shape. It is graded with
other arguments, part by part. Your notebook is run from top to bottom, in an empty folder.
"""
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
PARTS = {
    "shape": "the shape",
    "value": "the numbers",
    "purity": "the arguments are left as they were",
    "cost": "no more products of numbers than are needed",
}


@dataclass
class Test:
    """One part of a grade: code that fails, which a student may see or not."""

    name: str
    points: int
    code: str
    hidden: bool = True


@dataclass
class Graded:
    """A graded task: Markdown, and code of three kinds."""

    id: str
    question: str
    given: str
    solution: str
    setup: str
    points: dict

    @property
    def function(self):
        """The name of the function that is to be written."""
        return re.match(r"def (\w+)", self.given)[1]

    @property
    def text(self):
        """The question, and what its parts count."""
        points = {part: 0 for part in PARTS if part in self.points}
        for test in self.tests:
            if test.points:
                points[test.name.partition("-")[0]] += test.points
        parts = "; ".join(f"{PARTS[part]}, {count}" for part, count in points.items())
        return f"{self.question}\n\n*{sum(points.values())} points: {parts}.*"

    @property
    def tests(self):
        """The tests, the open one first."""
        task, call = task_of(self.id), f"{self.function}(*given)"
        first, cases = task.given()[0], other_cases(task)
        wanted = [task.right(*case.values()) for case in other_cases(task)]
        right = f"assert agree({call}, wanted)"
        yield Test("open", 0, fitting(first, task.right(*first.values()), call), hidden=False)
        yield Test("shape", self.points["shape"], fitting(cases[0], wanted[0], call))
        for number, (case, result) in enumerate(zip(cases, wanted), start=1):
            code = f"{given_as(case)}wanted = {literal(result)}\n"
            yield Test(f"value-{number}", self.points["value"], code + right)
        if "purity" in self.points:
            test = f"assert pure({self.function}, given, wanted)"
            yield Test("purity", self.points["purity"], f"{code}{test}")
        if "cost" in self.points:
            allowed = task.products(*case.values())
            test = f"{right}\nassert products({self.function}, given) <= {allowed}"
            yield Test("cost", self.points["cost"], f"{code}{test}")


def other_cases(task):
    """Return the arguments of a task's cases with other numbers than the book's."""
    generator = np.random.default_rng
    with mock.patch("numpy.random.default_rng", lambda seed: generator(3000 + seed)):
        drawn = task.given()
    pairs = zip(drawn, task.given())
    return [moved(other) if given_as(other) == given_as(book) else other for other, book in pairs]


def moved(case):
    """Return arguments that are no random numbers with other numbers."""
    return {
        name: 1.5 * value if np.asarray(value).dtype.kind == "f" else value
        for name, value in case.items()
    }


# Arguments and results as code.


def literal(value):
    """Write a value as Python."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key!r}: {literal(each)}' for key, each in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(literal, value))}]"
    if callable(value):
        return value.__name__
    text = re.sub(r"\binf\b", "np.inf", repr(np.asarray(value).tolist()))
    return f"np.array({text})" if np.ndim(value) else text


def given_as(case):
    """Write the arguments of a case."""
    lines = "".join(f"    {literal(value)},  # {name}\n" for name, value in case.items())
    return f"given = [\n{lines}]\n"


def shape_of(result):
    """Return the shape of a result, or of its parts."""
    if isinstance(result, dict):
        return {key: shape_of(each) for key, each in result.items()}
    if isinstance(result, list | tuple):
        return [shape_of(each) for each in result]
    return np.shape(result)


def fitting(case, result, call):
    """Write a test of the shape."""
    return f"{given_as(case)}assert fits({call}, {shape_of(result)})"


# From the book.


def description():
    """Return what the list of graded tasks says."""
    return yaml.safe_load(DESCRIPTION.read_text(encoding="utf-8"))


def question_of(text, context):
    """Return a question without its label and hints, and after what it needs to be understood."""
    text = re.sub(r"^\(task-.*?\)=\s*", "", unfolded(text, kept="(?!)"))
    text = re.sub(r"\{eq\}`([^`]*)`", r"equation `\1` of the chapter", text)
    return f"{context}\n{text}" if context else text


def graded(chapter):
    """Return the graded tasks of a chapter, in its order."""
    found, listed, cells = [], description(), source(chapter).cells
    for at, cell in enumerate(cells):
        label = re.match(r"\(task-(.*)\)=", cell.source)
        about = listed.get(label[1], {}) if label else {}
        if "points" in about:
            given, solution = (without_checkers(each.source) for each in cells[at + 1 : at + 3])
            made = Graded(
                id=label[1],
                question=question_of(cell.source, about.get("context", "")),
                given=given,
                solution=solution.partition("\n\n\n")[0],
                setup=about.get("setup", ""),
                points=about["points"],
            )
            found.append(made)
    return found


def notebook(cells):
    """Return the notebook of an assignment; the names of its cells are the same each time."""
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": KERNEL})


def head(chapter, tasks):
    """Return the first two cells of an assignment: a text, and the code to begin with."""
    title = re.search(r"^# (.*)$", source(chapter).cells[0].source, flags=re.M)[1]
    setup = [SETUP, *(task.setup for task in tasks if task.setup), inspect.getsource(fits)]
    return HEAD.format(title=title), "\n\n\n".join(setup)
