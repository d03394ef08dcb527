"""All entries, and the trial of one: what its check must accept and refuse.

The pages of the book and the tests both ask the functions of this module.
"""

import contextlib
import io
import warnings

import numpy as np

from ledger.dmml import DMML
from ledger.domke import DOMKE
from ledger.johansen import JOHANSEN
from ledger.johnson import JOHNSON
from ledger.zheng import ZHENG

SOURCES = {
    "johansen": ("Johansen", JOHANSEN),
    "dmml": ("DMML slides", DMML),
    "zheng": ("Zheng", ZHENG),
    "domke": ("Domke", DOMKE),
    "johnson": ("Johnson", JOHNSON),
}
ENTRIES = [entry for _, entries in SOURCES.values() for entry in entries]

# Errors of a form that does not run at all: they show nothing.
SLIPS = (AttributeError, NameError, SyntaxError)


def refusal(entry, form):
    """Return the error with which the entry's check refuses a form, or None."""
    try:
        entry.check(form)
    except Exception as error:
        return error
    return None


def wrong_forms(entry):
    """Return the forms that the check must refuse: {what it is: form}."""
    printed = {"as printed": entry.literal} if entry.literal else {}
    altered = {f"altered ({how})": form for how, form in entry.mutants.items()}
    return printed | altered


def faults(entry):
    """Return what is wrong with an entry's check, as a list of sentences."""
    found = []
    error = refusal(entry, entry.right)
    if error is not None:
        found.append(f"{entry.id}: the right form is refused: {error!r}")
    for what, form in wrong_forms(entry).items():
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            error = refusal(entry, form)
        if error is None:
            found.append(f"{entry.id}: the form {what} is accepted")
        elif isinstance(error, SLIPS):
            found.append(f"{entry.id}: the form {what} does not run: {error!r}")
    return found


def output(program):
    """Run a counterexample and return what it prints."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(program, {"__name__": "counterexample"})
    return printed.getvalue()
