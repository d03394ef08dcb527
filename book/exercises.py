"""Find the slip: an answer for everybody who corrects a line of the sources.

``check("zheng-2b", formula)`` tries a formula, written as a function, on random
numbers, and says whether it is right; if it is not, in which direction it is
off. The mathematics is all in the ledger: its entry with this id has the check,
the right form and the printed one. Here they are only compared.
"""

import inspect
import re
import textwrap
import warnings
from contextlib import contextmanager
from copy import deepcopy
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from ledger import INCOMPLETE, SOURCES, WRONG
from ledger.tools import equal
from ledger.trial import entries_of

# The ledger's kinds of altered forms, as seen by somebody who corrects one.
KINDS = {
    "transpose dropped": "a missing or a superfluous transpose",
    "index shifted": "a wrong index",
    "sign flipped": "a wrong sign",
    "factor lost": "a missing factor",
    "names exchanged": "one name in the place of another",
    "number changed": "a wrong number",
}


def check(id, form):
    """Print whether a form is right, and in which direction it is off.

    Parameters
    ----------
    id : str
        The id of a slip in the ledger, such as "zheng-2b".
    form : function
        The corrected formula. It gets the arguments of the printed one.

    Raises
    ------
    ValueError
        If `id` is unknown, or the line with this id has no slip.
    TypeError
        If `form` is not a function.
    """
    for line in answer(id, form).splitlines():
        kept = re.sub(r"(?<=[,=]) (?=\d)| (?==|\()", "\xa0", line)
        print(textwrap.fill(kept, 76).replace("\xa0", " "))


@contextmanager
def quiet():
    """Keep warnings back: the answer names what went wrong."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@quiet()
def answer(id, form):
    """Return what `check` prints, without its line breaks."""
    entry = slip(id)
    if not callable(form):
        raise TypeError(f"form must be a function, not {form!r}")
    if tried(entry, form)[1]:
        return f"Right. Compared: {entry.lines[0][1]}"
    given = tried(entry, entry.right)[0]
    calls = list(called(form, given))
    if calls[0].error is None and calls[0].result is ...:
        return "Not written yet: put your formula in the place of the dots."
    if calls[0].error is None and calls[0].result is None:
        return "Not finished: the function returns nothing. Is `return` there?"
    words = difference(entry, calls)
    if all(map(alike, calls, called(entry.literal, given))):
        return f"This is the printed form itself: {words}"
    for name, altered in entry.altered.items():
        kind = KINDS[name.partition(":")[0]]
        if all(map(alike, calls, called(altered, given))):
            if kind.split()[-1] in words:
                break
            return f"Not yet: {words} It looks like {kind}."
    return f"Not yet: {words}"


def slip(id):
    """Return the ledger's entry of a slip."""
    source = str(id).partition("-")[0]
    if source in SOURCES:
        for entry in entries_of(source):
            if entry.id == id:
                if entry.verdict in (WRONG, INCOMPLETE) and entry.literal:
                    return entry
                raise ValueError(f"id {id!r} is no slip: {entry.verdict}")
    raise ValueError(f"id {id!r} is not in the ledger")


# Try a form, and keep what it was given and what it gave.


class Call(NamedTuple):
    """One call of a form."""

    arguments: dict[str, Any]
    result: Any = None
    error: Exception | None = None


def tried(entry, form):
    """Return what the check gives to a form, and whether it accepts it."""
    given = []
    names = list(inspect.signature(entry.right).parameters)

    def observed(*arguments):
        given.append(dict(zip(names, deepcopy(arguments))))
        return form(*deepcopy(arguments))

    try:
        entry.check(observed)
    except Exception:
        return given, False
    return given, True


def called(form, given):
    """Call a form with each of the given arguments, one after the other."""
    for arguments in given:
        try:
            result = form(*deepcopy(list(arguments.values())))
            yield Call(arguments, result)
        except Exception as error:
            yield Call(arguments, error=error)


def numbers(result):
    """Return a result as an array of numbers, or None if it is no such."""
    if isinstance(result, dict):
        result = [*result.values()]
    try:
        array = np.asarray(result)
    except ValueError:  # lists of different lengths
        return None
    return array + 0.0 if array.dtype.kind in "biufc" else None


def same(a, b):
    """Return whether two results are equal, as the ledger understands it."""
    a, b = numbers(a), numbers(b)
    if a is None or b is None or a.shape != b.shape:
        return False
    if (undefined := np.isnan(b)).any() or np.isnan(a).any():
        if np.any(np.isnan(a) != undefined):
            return False
        a, b = a[~undefined], b[~undefined]
    try:
        equal(a, b)
    except AssertionError:
        return False
    return True


def alike(call, other):
    """Return whether two forms gave the same, or stopped for one reason."""
    if call.error or other.error:
        return repr(call.error) == repr(other.error)
    return same(call.result, other.result)


# Say what is wrong. `got` and `wanted` are arrays from here on.


def difference(entry, calls):
    """Return in words how the first wrong result differs from the right one."""
    right = list(called(entry.right, [call.arguments for call in calls]))
    for call, meant in zip(calls, right):
        if call.error:
            name, text = type(call.error).__name__, str(call.error)
            text = f": {text}" if text else ""
            return f"the code stops with {name}{text}.{shapes(call)}"
        if same(call.result, meant.result):
            continue
        got, wanted = numbers(call.result), numbers(meant.result)
        if got is None or wanted is None:
            kind = type(call.result).__name__
            return f"the result, of the type {kind}, is not what is wanted."
        for look in (by_shape, by_factor, by_place, by_entry):
            if words := look(got, wanted):
                count = sum(map(alike, calls, right))
                tries = f" Right in {count} of {len(calls)} tries."
                return f"{words}.{shapes(call)}{tries if count else ''}"
    return (
        "the values are right, but not what the check makes of them, such as "
        "a derivative by complex steps. Do without abs, norm and the like."
    )


def shapes(call):
    """Name the arguments that are arrays, by their shapes, or integers."""
    found = []
    for name, value in call.arguments.items():
        if isinstance(value, np.ndarray) and value.ndim:
            found.append(f"{name} {value.shape}")
        elif isinstance(value, int | np.integer):
            found.append(f"{name} = {value}")
    return f"\nTried with {', '.join(found)}." if found else ""


def named(shape):
    """Name a shape."""
    return f"the shape {shape}" if shape else "a single number"


def by_shape(got, wanted):
    """Compare the shapes."""
    if got.ndim == 2 and got.shape != got.T.shape and same(got.T, wanted):
        shapes = f"got {named(got.shape)}, wanted {wanted.shape}"
        return f"{shapes}: the transpose of what is wanted"
    if got.shape != wanted.shape:
        return f"got {named(got.shape)}, wanted {named(wanted.shape)}"
    if got.ndim == 2 and same(got.T, wanted):
        return "the transpose of what is wanted"
    if np.isnan(got).any():
        return (
            "the result is not a number (nan), as after the log of one below 0"
        )
    return ""


def by_factor(got, wanted):
    """Look for a factor that all entries have."""
    at = np.unravel_index(np.abs(wanted).argmax(), wanted.shape)
    factor = float(np.real(got[at] / wanted[at])) if wanted[at] else 0.0
    if not factor or not np.isfinite(factor) or not same(got, factor * wanted):
        return ""
    if same(factor, -1.0):
        return "the opposite sign of what is wanted"
    simple = Fraction(factor).limit_denominator(12)
    if got.size == 1 and not (simple and same(factor, float(simple))):
        return ""  # any two numbers have some factor
    size = abs(factor)
    word, by = ("large", size) if size > 1 else ("small", 1 / size)
    sign = ", and of the opposite sign" if factor < 0 else ""
    return f"too {word} by the factor {by:.3g}{sign}"


def by_place(got, wanted):
    """Look for the places in which it is right, and for shifted entries."""
    right = np.isclose(got, wanted, rtol=1e-9, atol=1e-9)
    if right.ndim == 2 and min(right.shape) > 1:
        if np.array_equal(right, np.eye(*right.shape, dtype=bool)):
            return "right on the diagonal only"
        for axis, name in enumerate(("row", "column")):
            whole = right.all(axis=1 - axis, keepdims=True)
            if whole.any() and np.all(right == whole):
                return right_in(name, np.flatnonzero(whole))
    distinct = np.unique(got).size == got.size
    for axis, length in enumerate(right.shape if distinct else ()):
        for places in range(1, length):
            if same(np.roll(got, places, axis), wanted):
                return f"the right numbers, but shifted along axis {axis}"
    if right.ndim == 1 and right.any():
        return right_in("entry", np.flatnonzero(right))
    return ""


def right_in(name, which):
    """Say in which rows, columns or entries a result is right."""
    return (
        f"right in {name} {' and '.join(map(str, which))} only (counted from 0)"
    )


def by_entry(got, wanted):
    """Show the first wrong entry."""
    if not got.ndim:
        return f"got {digits(got)}, wanted {digits(wanted)}"
    wrong = np.argwhere(~np.isclose(got, wanted, rtol=1e-9, atol=1e-9))
    first = tuple(wrong[0]) if len(wrong) else (0,) * got.ndim
    place = ", ".join(map(str, first))
    return (
        f"{len(wrong)} of {got.size} entries are wrong; the first is "
        f"[{place}], got {digits(got[first])}, wanted {digits(wanted[first])}"
    )


def digits(number):
    """Write a number with four digits, without a tiny imaginary part."""
    return f"{float(np.real(number)) + 0.0:.4g}"
