"""All entries, and the trial of one: what its check must accept and refuse.

The pages of the book and the tests both ask the functions of this module.
"""

import contextlib
import inspect
import io
import warnings
from functools import cache
from typing import NamedTuple

import numpy as np

from ledger import SOURCES, read

# An altered form that stops with another error has not been judged.
JUDGED = (AssertionError, ValueError, LookupError, ArithmeticError)


@cache
def entries_of(source):
    """Return the entries of a source, in the order of its document."""
    return read(source)


def all_entries():
    """Return the entries of all sources."""
    return [entry for source in SOURCES for entry in entries_of(source)]


class Trial(NamedTuple):
    """What came out: faults, and altered forms refused, of how many."""

    faults: list
    refused: int
    of: int


def refusal(entry, form):
    """Return the error with which the entry's check refuses a form, or None."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            entry.check(form)
        except Exception as error:
            return error
    return None


@cache
def trial(entry):
    """Try the right form, the printed one and all altered ones."""
    if entry.right is None:
        return Trial([], 0, 0)
    faults, refused = [], 0
    error = refusal(entry, entry.right)
    if error is not None:
        faults.append(f"{entry.id}: the right form is refused: {error!r}")
    if entry.literal:
        error = refusal(entry, entry.literal)
        if not isinstance(error, JUDGED):
            faults.append(
                f"{entry.id}: the printed form is not refused: {error!r}"
            )
    accepted = []
    for how, form in entry.altered.items():
        error = refusal(entry, form)
        refused += isinstance(error, JUDGED)
        if error is None:
            accepted.append(how)
    for how in accepted:
        if how not in entry.equivalent:
            faults.append(f"{entry.id}: accepted although altered: {how}")
    for how in entry.equivalent:
        if how not in accepted:
            faults.append(f"{entry.id}: listed as equivalent: {how}")
    return Trial(faults, refused, refused + len(accepted))


def judge(id, form):
    """Print what an entry's check says of a form: try to fool it."""
    (entry,) = [e for e in entries_of(id.partition("-")[0]) if e.id == id]
    error = refusal(entry, form)
    said = f"refused: {type(error).__name__}: {error}" if error else "accepted"
    print(f"{id} {said}".rstrip(": "))


def program(entry):
    """Return a program that judges the right form of an entry, to be edited."""
    name = "form"
    given = f"def form({entry.arguments}):\n    return {entry.code}"
    if entry.right.__name__ != "<lambda>":
        name, given = entry.code, inspect.getsource(entry.right).strip()
    modules = "nnlab", "ledger.tools", f"ledger.{entry.source}"
    imports = "\n".join(f"from {module} import *" for module in modules)
    judged = f'judge("{entry.id}", {name})'
    return f"{imports}\nfrom ledger.trial import judge\n\n{given}\n\n{judged}"


def output(program):
    """Run a counterexample and return what it prints."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(program, {"__name__": "counterexample"})
    return printed.getvalue()
