"""The files of tasks: what a section of one says.

A section of `sigmoid.md` begins with a line such as

    ## sigmoid-from-output: build

with id and kind, and has items: ``- key: value``, or ``- key label: value``.
"""

import re
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np

import nnlab
from exercises import tools
from ledger import altered

FOLDER = Path(__file__).parent
FORMS = "predict", "by hand"  # answered in a form,
CODE = "build", "find the bug"  # and by a function
KINDS = FORMS + CODE


@dataclass
class Field:
    """One answer of a form: a number, a shape or a choice.

    `right` is a number, a tuple of integers, or one of `choices`. `wrong` has
    typical wrong answers, each as its text and what to say to it.
    """

    label: str
    text: str
    right: object
    choices: tuple = ()
    within: float = 0.0
    wrong: list = field(default_factory=list)


@dataclass
class Task:
    """A task. Those that are answered by a form have `fields`.

    `hints` and `because` are Markdown. The others have the `right` function and
    other right ones, the `given` one that has a bug, `wrong` ones with what to
    say to each, and `cases`: dictionaries of arguments.
    """

    id: str
    kind: str
    fields: list = field(default_factory=list)
    hints: list = field(default_factory=list)
    because: str = ""
    rights: list = field(default_factory=list)
    literal: object = None
    wrong: list = field(default_factory=list)
    cases: object = None
    products: object = None
    compared: str = "values and shapes."

    @property
    def chapter(self):
        """The name of the notebook."""
        return self.id.partition("-")[0]

    @property
    def right(self):
        """The first right function: the others have to give the same."""
        return self.rights[0]

    @cached_property
    def altered(self):
        """Forms with one slip, as those of the ledger."""
        return altered.forms(self.right)

    def given(self):
        """Return the arguments of each case, the same every time."""
        return deepcopy(list(self.cases()))


def chapters():
    """Return the names of the chapters that have a file of tasks."""
    return sorted(path.stem for path in FOLDER.glob("*.md"))


@cache
def tasks_of(chapter):
    """Return the tasks of a chapter by their ids, as its file has them."""
    names = {"np": np, **vars(nnlab), **vars(tools)}
    if find_spec(f"exercises.{chapter}"):
        names.update(vars(import_module(f"exercises.{chapter}")))
    text = (FOLDER / f"{chapter}.md").read_text(encoding="utf-8")
    _, *sections = re.split(r"^## ", text, flags=re.M)
    found = [task(section, names) for section in sections]
    return {each.id: each for each in found}


def task_of(id):
    """Return the task with an id, or None."""
    chapter = str(id).partition("-")[0]
    return tasks_of(chapter).get(id) if chapter in chapters() else None


def task(section, names):
    """Return the task that a section of a file describes."""
    head, *items = re.split(r"\n+- (?=\w+[^`\n]*: )", section.strip())
    made = Task(*re.fullmatch(r"(\S+): (.+)", head).groups())
    signature = ""
    for item in items:
        key, label, value = re.match(
            r"(\w+)(\([^)]*\)| [^:`]*)?: (.*)", " ".join(item.split())
        ).groups()
        label = (label or "").strip()
        code, words = re.match(r"`([^`]*)` ?(.*)|", value).groups()
        if key == "answer":
            made.fields.append(a_field(label, value))
        elif key == "within":
            made.fields[-1].within = float(value)
        elif key == "wrong" and label:
            made.fields[-1].wrong.append((label, value))
        elif key == "hint":
            made.hints.append(value)
        elif key in ("because", "compared"):
            setattr(made, key, value)
        elif key in ("cases", "products"):
            named = code.isidentifier()
            setattr(made, key, names[code] if named else eval(code, names))
        else:
            signature = label[1:-1] or signature
            form = altered.form(code, signature, names)
            if key == "right":
                made.rights.append(form)
            elif key == "given":
                made.literal = form
            elif key == "wrong":
                made.wrong.append((form, words))
            else:
                raise ValueError(f"{made.id} has an unknown item: {key}")
    return made


def a_field(label, text):
    """Return the field that an answer describes."""
    if "|" in text:
        choices = tuple(each.strip(" *") for each in text.split("|"))
        (right,) = re.findall(r"\*(.+?)\*", text)
        return Field(label or "Your choice", right, right, choices)
    right = shape_in(text) if text.startswith("(") else number_in(text)
    if isinstance(right, float):
        within = 0.0 if re.fullmatch(r"-?\d+", text) else abs(right) / 100
        return Field(label or "Your answer", text, right, (), within)
    return Field(label or "The shape", text, right)


# What a reader types. The same as in book/_static/tasks.js.


def number_in(text):
    """Return the number that a text means, or None.

    Examples
    --------
    >>> [number_in(text) for text in ("0,25", " 1/4", "2.5e-1", "25 %", "−¼")]
    [0.25, 0.25, 0.25, 0.25, None]
    """
    text = re.sub(r"[−–]", "-", re.sub(r"[\s_]", "", text)).replace(",", ".")
    text = re.sub(r"[·*×]10\^?\(?(-?\d+)\)?", r"e\1", text.lstrip("=≈"))
    number = r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)"
    found = re.fullmatch(rf"{number}(?:/{number})?(%?)", text, re.I)
    if not found or float(found[2] or 1) == 0:
        return None
    value = float(found[1]) / float(found[2] or 1)
    return value / 100 if found[3] else value


def shape_in(text):
    """Return the shape that a text means, or None.

    Examples
    --------
    >>> [shape_in(text) for text in ("(3, 2)", "3x2", "3 × 2", "(4,)", "()")]
    [(3, 2), (3, 2), (3, 2), (4,), ()]
    >>> shape_in("3.5") is shape_in("three") is None
    True
    """
    found = re.fullmatch(r"[(\[]?((?:\d+[\s,x×*]*)*)[)\]]?", text.strip(), re.I)
    inside = found and found[1]
    if not found or not text.strip():
        return None
    return tuple(int(each) for each in re.findall(r"\d+", inside))
