"""What is said to a function that somebody wrote, and how it is tried.

A task of the book and a slip in the ledger are tried alike: both have a `right`
function, perhaps a wrong one as given or printed (`literal`), and altered ones.
"""

import ast
import inspect
import linecache
import re
import warnings
from contextlib import contextmanager, suppress
from copy import deepcopy
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from exercises.tasks import CODE, Task, task_of
from exercises.tools import products_of
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


@contextmanager
def quiet():
    """Keep warnings back: the answer names what went wrong."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@quiet()
def answer(id, form):
    """Return what `check` prints, without its line breaks."""
    entry = task_of(id) or slip(id)
    if isinstance(entry, Task) and entry.kind not in CODE:
        raise ValueError(f"task {id!r} is answered by a form: predict({id!r})")
    if not callable(form):
        raise TypeError(f"form must be a function, not {form!r}")
    given, accepted = tried(entry, form)
    calls = list(called(form, given))
    if accepted:
        return praise(entry, calls)
    if calls[0].error is None and dotted(calls[0].result):
        what = "code" if isinstance(entry, Task) else "formula"
        return f"Not written yet: put your {what} in the place of the dots."
    if calls[0].error is None and calls[0].result is None:
        return "Not finished: the function returns nothing. Is `return` there?"
    words = difference(entry, calls)
    if entry.literal and all(map(alike, calls, called(entry.literal, given))):
        kind = "program as given" if isinstance(entry, Task) else "printed form"
        return f"This is the {kind} itself: {words}"
    known = known_mistake(entry, calls, words)
    said = [f"Not yet: {words}", known, again(entry, calls)]
    return "\n".join(filter(None, said))


def dotted(result):
    """Return whether there are dots in the place of a result, or of a part."""
    several = isinstance(result, tuple | list)
    return result is ... or (several and any(part is ... for part in result))


def praise(entry, calls):
    """Say what a right form has passed; of a task, what is left to mend."""
    if not isinstance(entry, Task):
        return f"Right. Compared: {entry.lines[0][1]}"
    for call in calls:
        if call.spoiled:
            return (
                f"Not yet: the values are right, but the function writes into "
                f"its argument {call.spoiled}, which the caller may still need."
                f" Work on a copy, or write `x = x + 1` in place of `x += 1`."
            )
    if entry.products:
        return cost(entry, calls)
    return f"Right. Compared: {entry.compared}"


def cost(entry, calls):
    """Say how many products a right form makes, and how many it needs."""
    last = calls[-1]
    made = products_of(last.form, last.arguments.values())
    allowed = entry.products(*last.arguments.values())
    if made > allowed:
        return (
            f"Not yet: the values are right, but they cost {made} products of "
            f"numbers where {allowed} are enough.{shapes(last)}"
        )
    compared = entry.compared.removesuffix(".")
    return f"Right. Compared: {compared}. Cost: {made} products of numbers."


def known_mistake(entry, calls, words):
    """Say what a form looks like that is wrong in a way that is known."""
    given = [call.arguments for call in calls]
    for form, said in getattr(entry, "wrong", ()):
        if said and all(map(alike, calls, called(form, given))):
            return said.replace("$", "")
    for name, altered in entry.altered.items():
        kind = kind_of(name)
        if all(map(alike, calls, called(altered, given))):
            seen = kind.split()[-1] in words
            return "" if seen else f"It looks like {kind}."
    return ""


def kind_of(name):
    """Name a kind of altered form, as seen by somebody who corrects one."""
    kind, _, change = name.partition(":")
    was = re.search(r"for `([^`]*)`$", change)
    if kind == "factor lost" and was:
        with suppress(SyntaxError):
            node = ast.parse(was[1], mode="eval").body
            if isinstance(getattr(node, "op", None), ast.Add | ast.Sub):
                return "a missing summand"
            if isinstance(node, ast.Call):
                return f"a missing {ast.unparse(node.func)}"
    return KINDS[kind]


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
    """One call of a form; `spoiled` names an argument that it has changed."""

    form: Any
    arguments: dict[str, Any]
    result: Any = None
    error: Exception | None = None
    spoiled: str = ""


def tried(entry, form):
    """Return what the right form is given, and whether a form is accepted.

    A form that cannot take complex numbers is tried without: see `real_only`.
    """
    if isinstance(entry, Task):
        given = entry.given()
        right = called(entry.right, given)
        return given, all(map(alike, called(form, given), right))
    given = []
    names = list(inspect.signature(entry.right).parameters)

    def observed(*arguments):
        given.append(dict(zip(names, deepcopy(arguments))))
        return entry.right(*arguments)

    def careful(*arguments):
        return form(*deepcopy(arguments))

    entry.check(observed)
    return given, accepts(entry, careful) or accepts(entry, real_only(form))


def accepts(entry, form):
    """Return whether the check of a slip accepts a form."""
    try:
        entry.check(form)
    except Exception:
        return False
    return True


def real_only(form):
    """Return a form that takes complex numbers by way of real ones.

    f(x + ih) = f(x) + ih f'(x), as far as a complex step can see it; f' along
    h is a difference of four values.
    """

    def through(*arguments):
        size = max(map(largest_imaginary, arguments), default=0.0)
        if not size:
            return form(*deepcopy(arguments))

        def along(t):
            moved = form(*(real_part(each, t / size) for each in arguments))
            return np.asarray(moved, dtype=float)

        h = 1e-3
        first = (along(h) - along(-h)) / (2 * h)
        second = (along(2 * h) - along(-2 * h)) / (4 * h)
        return along(0.0) + 1j * size * (4 * first - second) / 3

    return through


def largest_imaginary(value):
    """Return the largest imaginary part in an argument."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return max(map(largest_imaginary, value), default=0.0)
    return (
        float(np.abs(np.imag(value)).max()) if np.iscomplexobj(value) else 0.0
    )


def real_part(value, t):
    """Return the real part of an argument, moved by t times the imaginary."""
    if isinstance(value, dict):
        return {key: real_part(each, t) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(real_part(each, t) for each in value)
    if np.iscomplexobj(value):
        return np.real(value) + t * np.imag(value)
    return deepcopy(value)


def called(form, given):
    """Call a form with each of the given arguments, one after the other."""
    for arguments in given:
        own = deepcopy(list(arguments.values()))
        try:
            result = form(*own)
        except Exception as error:
            yield Call(form, arguments, error=error)
            continue
        changed = [
            name
            for (name, before), now in zip(arguments.items(), own)
            if isinstance(before, np.ndarray) and not same(now, before)
        ]
        yield Call(form, arguments, result, spoiled=", ".join(changed))


def numbers(result):
    """Return a result as an array of numbers, or None if it is no such."""
    if isinstance(result, dict):
        result = [*result.values()]
    try:
        array = np.asarray(result)
    except ValueError:  # lists of different lengths
        return None
    return array + 0.0 if array.dtype.kind in "biufc" else None


def parts(result):
    """Return the parts of a result that is more than an array, or None."""
    whole = not isinstance(result, list | tuple) or numbers(result) is not None
    return None if whole else list(result)


def same(a, b):
    """Return whether two results are equal, as the ledger understands it."""
    if isinstance(b, dict):
        alike = isinstance(a, dict) and set(a) == set(b)
        return alike and all(same(a[key], b[key]) for key in b)
    if (wanted := parts(b)) is not None:
        got = parts(a) or a
        several = isinstance(got, list | tuple | np.ndarray)
        equally = several and len(got) == len(wanted)
        return equally and all(map(same, got, wanted))
    a, b = numbers(a), numbers(b)
    if a is None or b is None or a.shape != b.shape:
        return False
    finite = np.isfinite(b)
    if not np.array_equal(a[~finite], b[~finite], equal_nan=True):
        return False
    a, b = a[finite], b[finite]
    if not np.isfinite(a).all():
        return False
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
            return f"{stopped(call)}{shapes(call)}"
        if same(call.result, meant.result):
            continue
        words = compared(call.result, meant.result)
        count = sum(map(alike, calls, right))
        tries = f" Right in {count} of {len(calls)} tries." if count else ""
        return f"{words}{shapes(call)}{tries}"
    return (
        "the values are right, but not what the check makes of them, such as "
        "a derivative by complex steps or by differences."
    )


def compared(got, wanted):
    """Say how a result differs from the right one."""
    if isinstance(wanted, dict):
        if not isinstance(got, dict) or set(got) != set(wanted):
            return f"a dictionary with the keys {[*wanted]} is asked for."
        key = next(k for k in wanted if not same(got[k], wanted[k]))
        return f"at the key {key!r}, {compared(got[key], wanted[key])}"
    items = parts(wanted)
    if items is not None:
        own = parts(got)
        if own is None or len(own) != len(items):
            return f"the function has to return {len(items)} things, in order."
        at = next(k for k in range(len(items)) if not same(own[k], items[k]))
        return f"in result {at + 1}, {compared(own[at], items[at])}"
    kind, got, wanted = type(got).__name__, numbers(got), numbers(wanted)
    if got is None or wanted is None:
        return f"the result, of the type {kind}, is not what is wanted."
    looks = (by_shape, by_factor, by_place, by_summand, by_entry)
    return next(filter(None, (look(got, wanted) for look in looks))) + "."


MISFITS = [
    (
        r"matmul: .* \(size (\d+) is different from (\d+)\)",
        "a product of matrices does not fit: what stands on its right has {0} "
        "rows, what stands on its left has {1} columns",
    ),
    (
        r"shapes \(.*\) and \(.*\) not aligned: (\d+) \(.*\) != (\d+) \(.*\)",
        "a product of matrices does not fit: what stands on its left has {0} "
        "columns, what stands on its right has {1} rows",
    ),
    (
        r"matmul: Input operand \d does not have enough dimensions",
        "`@` stands beside a single number: use `*` there",
    ),
    (
        r"operands could not be broadcast together with .*?(\(\S*) (\(\S*)",
        "two shapes do not fit entry by entry: {0} and {1}",
    ),
    (
        r"index (\d+) is out of bounds for axis \d+ with size (\d+)",
        "index {0} is asked for, where there are {1} entries, counted from 0",
    ),
    (
        r"\S+ missing \d+ required positional arguments?: (.*)",
        "your function calls another one without {0}",
    ),
]


def stopped(call):
    """Say with which error the reader's code stops, and in which line."""
    name, text = type(call.error).__name__, str(call.error)
    where, frame = "", call.error.__traceback__.tb_next
    if frame is None:
        return f"the function has to take {len(call.arguments)} arguments."
    code = getattr(call.form, "__code__", None)
    while frame is not None:
        if frame.tb_frame.f_code is code:
            line = linecache.getline(code.co_filename, frame.tb_lineno)
            where = f" in the line `{line.strip()}`" if line.strip() else ""
        frame = frame.tb_next
    for pattern, words in MISFITS:
        if found := re.search(pattern, text):
            return f"the code stops{where}: {words.format(*found.groups())}."
    text = f": {text}" if text else ""
    return f"the code stops{where} with {name}{text}."


def shapes(call):
    """Name the arguments: arrays by their shapes, numbers and functions."""
    found = []
    for name, value in call.arguments.items():
        if isinstance(value, np.ndarray) and value.ndim:
            found.append(f"{name} {value.shape}")
        elif isinstance(value, int | np.integer):
            found.append(f"{name} = {value}")
        elif callable(value) and hasattr(value, "__name__"):
            found.append(f"{name} = {value.__name__}")
    return f"\nTried with {', '.join(found)}." if found else ""


def again(entry, calls):
    """Write the arguments of the first wrong call as code, if they are few."""
    right = called(entry.right, [call.arguments for call in calls])
    pairs = zip(calls, right)
    wrong = (call for call, meant in pairs if not alike(call, meant))
    arguments = next(wrong, calls[0]).arguments.items()
    text = "\n".join(f"{name} = {as_code(value)}" for name, value in arguments)
    return f"To see it yourself:\n{text}" if 0 < len(text) < 400 else ""


def as_code(value):
    """Write an argument as Python, with three decimals."""
    if isinstance(value, dict):
        inside = ", ".join(f"{k!r}: {as_code(v)}" for k, v in value.items())
        return f"{{{inside}}}"
    if isinstance(value, np.ndarray | float | np.floating):
        entries = np.array2string(
            np.round(np.real(value), 3), separator=", ", threshold=99
        )
        entries = " ".join(entries.split())
        return f"np.array({entries})" if np.ndim(value) else entries
    return getattr(value, "__name__", repr(value))


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


def right_at(got, wanted):
    """Return where a result is right, as near as `equal` asks for."""
    scale = np.abs(wanted[np.isfinite(wanted)]).max(initial=1.0)
    near = {"rtol": 0, "atol": 1e-9 * scale, "equal_nan": True}
    return np.isclose(got, wanted, **near)


def by_place(got, wanted):
    """Look for the places in which it is right, and for shifted entries."""
    right = right_at(got, wanted)
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


def by_summand(got, wanted):
    """Look for a number by which all entries differ."""
    apart = got - wanted
    if got.size > 1 and same(apart, np.full(apart.shape, apart.flat[0])):
        way = "large" if np.real(apart.flat[0]) > 0 else "small"
        much = digits(np.abs(apart.flat[0]))
        return f"every entry is too {way} by {much}: a summand, not a factor"
    return ""


def by_entry(got, wanted):
    """Show the first wrong entry."""
    if not got.ndim:
        return f"got {digits(got)}, wanted {digits(wanted)}"
    wrong = np.argwhere(~right_at(got, wanted))
    first = tuple(wrong[0])
    place = ", ".join(map(str, first))
    return (
        f"{len(wrong)} of {got.size} entries are wrong; the first is "
        f"[{place}], got {digits(got[first])}, wanted {digits(wanted[first])}"
    )


def digits(number):
    """Write a number with four digits, without a tiny imaginary part."""
    return f"{float(np.real(number)) + 0.0:.4g}"
