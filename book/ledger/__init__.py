"""The ledger: every line of the five sources, with a verdict and a check.

A source is one Markdown file, `johansen.md` for instance, with a section for
each entry; what its checks need beyond a line is in `johansen.py`. `read` turns
the file into entries, and `ledger.trial` has all of them.

An entry's check judges a *form*: a formula, written as a function. It compares
the form with the same quantity from elsewhere (complex steps, sums written out,
`nnlab`, another line of the document) over random shapes, and raises an error
if they differ. So the same check can accept the right form, refuse the printed
one where that is wrong, and refuse altered forms of the right one, which
`ledger.altered` derives.
"""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import nnlab
from ledger import altered, tools

FOLDER = Path(__file__).parent
SOURCES = {
    "johansen": "Johansen",
    "dmml": "DMML slides",
    "zheng": "Zheng",
    "domke": "Domke",
    "johnson": "Johnson",
}

CORRECT = "correct"
ASSUMES = "correct under an unstated assumption"
INCOMPLETE = "incomplete or ambiguous"
WRONG = "wrong as printed"
SETTING = "setting"
CONFIRMED = "confirmed"
MISSTATED = "understated or overstated"
REFUTED = "refuted"
UNCHECKED = "not checkable here"
FORMULAS = (CORRECT, ASSUMES, INCOMPLETE, WRONG)  # verdicts on formulas,
CLAIMS = (SETTING, CONFIRMED, MISSTATED, REFUTED, UNCHECKED)  # on all else
VERDICTS = FORMULAS + CLAIMS


def accept_all(form):
    """The check of an entry that has none."""


@dataclass(frozen=True, eq=False)
class Entry:
    """One equation, definition or claim of a source.

    `printed` and `corrected` are LaTeX, or a quotation in Markdown that begins
    with ">"; `mended` names lines that have it right. `code` and `literal_code`
    are the two forms as Python. `lines` are those of the check, each with what
    it compares in words. `equivalent` has altered forms that are right all the
    same: {what was altered: why}. Of the `readings` the first is the one that
    the document needs.
    """

    id: str
    where: str
    printed: str
    verdict: str
    reason: str
    right: Callable | None = None
    check: Callable = accept_all
    literal: Callable | None = None
    code: str = ""
    literal_code: str = ""
    lines: tuple = ()
    equivalent: dict = field(default_factory=dict)
    shapes: str = ""
    corrected: str = ""
    mended: tuple = ()
    assuming: str = ""
    readings: tuple = ()
    equations: tuple = ()
    names: tuple = ()
    chapter: str = ""
    counterexample: str = ""

    @property
    def source(self):
        """The document's short name, such as "zheng"."""
        return self.id.partition("-")[0]

    @property
    def arguments(self):
        """The names of the right form's arguments, as in its definition."""
        return ", ".join(inspect.signature(self.right).parameters)

    @property
    def anchor(self):
        """The id without dots, which mean something else to scripts."""
        return self.id.replace(".", "-")

    @cached_property
    def altered(self):
        """The altered forms: {what was altered: form}."""
        return altered.forms(self.right) if self.right else {}

    def accepts(self, form):
        """Return whether the check accepts a form."""
        try:
            self.check(form)
        except Exception:
            return False
        return True


def read(source):
    """Return the entries of a source, in the order of its file."""
    module = import_module(f"ledger.{source}")
    names = {**vars(nnlab), **vars(tools), **vars(module)}
    text = (FOLDER / f"{source}.md").read_text(encoding="utf-8")
    _, *sections = re.split(r"^## ", text, flags=re.M)
    return [entry(section, names) for section in sections]


def entry(section, names):
    """Return the entry that a section of the file describes.

    names : dict
        What its Python may use.
    """
    head, _, body = section.partition("\n")
    id, where, verdict = re.fullmatch(r"(\S+), (.+): ([^:]+)", head).groups()
    body, _, program = body.partition("\n```python\n")
    body, *items = re.split(r"\n- (?=[a-z]+[(:])", body)
    pattern = r"((?:(?:\$\$|> |becomes )[^\n]*\n)+)(.*)"
    line, reason = re.match(pattern, body, re.DOTALL).groups()
    printed, _, corrected = line.strip().partition("\nbecomes ")
    corrected, by = re.match(r"(.*?)( by `\S*-[^$]*`)?$", corrected).groups()
    data = {"lines": (), "equivalent": {}, "readings": ()}
    checks, signature = [], "()"
    for item in items:
        key, arguments, value = re.match(
            r"(\w+)(\([^)]*\))?: (.*)", " ".join(item.split())
        ).groups()
        code, _, words = value.strip("`").partition("`")
        if key in ("right", "literal"):
            signature = arguments or signature
            data["code" if key == "right" else "literal_code"] = code
            data[key] = altered.form(code, signature[1:-1], names)
        elif key in ("check", "fails"):
            checks.append(one_check(code, names, holds=key == "check"))
            words = words.strip() or inspect.getdoc(checks[-1]).split("\n")[0]
            data["lines"] += ((code, words),)
        elif key == "same":
            how, _, why = value.partition(" since ")
            data["equivalent"][how] = why
        elif key == "reading":
            data["readings"] += (value,)
        elif key == "book":
            chapter, *others = value.split()
            data["chapter"] = chapter
            labels = [o for o in others if o.startswith("eq-")]
            data["equations"] = tuple(labels)
            data["names"] = tuple(o for o in others if o not in labels)
        else:
            data[key] = value
    if checks:
        data["check"] = lambda form: [check(form) for check in checks]
    program = program.partition("```")[0]
    return Entry(
        id,
        where,
        printed.removeprefix("$$").removesuffix("$$"),
        verdict,
        reason.strip(),
        corrected=corrected.removeprefix("$$").removesuffix("$$"),
        mended=tuple(re.findall(r"`(.*?)`", by or "")),
        counterexample=program,
        **data,
    )


def one_check(code, names, holds):
    """Return the check that a line describes.

    code : str
        A function's name; or "cases: left == right", with cases a function
        that yields dictionaries of names. With holds=False it raises an error
        if the two agree in every case.
    """
    if code.isidentifier():
        return names[code]
    family, _, claim = code.partition(": ")
    sides = altered.sides(claim)

    def check(form):
        agree = True
        for case in names[family]():
            scope = {**names, **case, "form": form}
            values = [eval(side, scope) for side in sides]
            if len(values) == 1:
                assert values[0], f"false: {claim}"
            try:
                for left, right in pairwise(values):
                    tools.equal(left, right)
            except AssertionError:
                if holds:
                    raise
                agree = False
        assert holds or not agree, f"holds without its assumption: {claim}"

    return check
