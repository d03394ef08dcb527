"""Grade from outside: what was handed in runs in a process of its own, and only numbers come back.

In the notebook that grades, a function that was handed in is a `HandedIn`. A call of it starts
Python in an empty folder, runs the hand-in there, calls the function, and returns arrays made of
the numbers that it has written. So nothing that the hand-in does to NumPy, to an assertion or to
the equality of its objects reaches the tests, and it sees neither them nor their data.

This is no sandbox: what runs may read files and use the network. See CONTRIBUTING.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from contextlib import redirect_stdout, suppress
from functools import cache
from pathlib import Path

import numpy as np

SECONDS = 20  # for one call
PROGRAM = []  # the code cells of the hand-in, in order
FIRST_CELL = """\
# What was handed in runs in a process of its own; only numbers come back from there.
import sys
import numpy as np
from nnlab import sigmoid, softmax, tanh
sys.path.insert(0, {folder!r})
from outside import HandedIn, agree, fits, products, pure, take_in
"""


# What the tests ask.


def fits(got, shape):
    """Return whether a result has a shape, or its parts have theirs."""
    if isinstance(shape, dict):
        return set(got) == set(shape) and all(fits(got[key], shape[key]) for key in shape)
    if isinstance(shape, list):
        return len(got) == len(shape) and all(map(fits, got, shape))
    return np.asarray(got).dtype.kind in "biuf" and np.shape(got) == shape


def agree(got, wanted):
    """Return whether a result has the numbers that are wanted, up to rounding."""
    if isinstance(wanted, dict):
        return set(got) == set(wanted) and all(agree(got[key], wanted[key]) for key in wanted)
    if isinstance(wanted, list | tuple):
        return len(got) == len(wanted) and all(map(agree, got, wanted))
    return fits(got, np.shape(wanted)) and np.allclose(got, wanted, rtol=1e-7, atol=1e-9)


def pure(function, given, wanted):
    """Return whether a function gives what is wanted and leaves its arguments as they were."""
    arrays = [each for each in given if isinstance(each, np.ndarray)]
    before = [each.copy() for each in arrays]
    return agree(function(*given), wanted) and agree(arrays, before)


def products(function, given):
    """Return how many products of numbers a function that was handed in makes."""
    return function.asked(given, count=True)["products"]


class HandedIn:
    """A function that was handed in, by its name."""

    def __init__(self, name):
        self.name = name

    def asked(self, given, count=False):
        """Return what the process with the hand-in replies to a call."""
        request = {"program": PROGRAM, "name": self.name, "given": encoded(given), "count": count}
        reply = replied(json.dumps(request | {"counting": counting() if count else ""}))
        if "error" in reply:
            raise RuntimeError(reply["error"])
        return reply

    def __call__(self, *given):
        reply = self.asked(given)
        for mine, now in zip(given, decoded(reply["given"])):
            if isinstance(mine, np.ndarray):
                mine[...] = now
        return decoded(reply["result"])


@cache
def replied(request):
    """Start the process, and return what it writes."""
    command = [sys.executable, "-I", "-c", Path(__file__).read_text(encoding="utf-8")]
    kept = {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}  # Windows
    with tempfile.TemporaryDirectory() as folder:
        try:
            done = subprocess.run(
                command,
                input=request,
                cwd=folder,
                env={**kept, "HOME": folder, "OPENBLAS_NUM_THREADS": "1"},
                timeout=SECONDS,
                capture_output=True,
                text=True,
                encoding="utf-8",
            )
            return json.loads(done.stdout)
        except subprocess.TimeoutExpired:
            return {"error": f"no answer within {SECONDS} seconds"}
        except ValueError:
            return {"error": "the program has ended without an answer"}


def counting():
    """Return the book's code of an array that counts products; it stands beside a copy of this."""
    near = Path(__file__).with_name("tools.py")
    book = Path(__file__).parents[1] / "book" / "exercises" / "tools.py"
    return (near if near.exists() else book).read_text(encoding="utf-8")


# What goes from one process to the other: numbers, and names of functions of nnlab.


def encoded(value):
    """Return a value as what JSON can hold."""
    if isinstance(value, dict):
        return {"keys": list(value), "values": encoded(list(value.values()))}
    if isinstance(value, list | tuple):
        return [encoded(each) for each in value]
    if callable(value):
        return value.__name__
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"a {type(value).__name__} is no array of numbers")
    return {"numbers": array.tolist(), "shape": array.shape, "type": str(array.dtype)}


def decoded(value):
    """Return the value that `encoded` was given; tuples have become lists."""
    if isinstance(value, list):
        return [decoded(each) for each in value]
    if isinstance(value, str):
        import nnlab

        return getattr(nnlab, value)
    if "keys" in value:
        return dict(zip(value["keys"], decoded(value["values"])))
    return np.array(value["numbers"], dtype=value["type"]).reshape(value["shape"])[()]


# In the process with the hand-in.


def reply_to(request):
    """Run a hand-in, call its function, and return what it gave and what became of the given."""
    scope, error = {"__name__": "__main__"}, ""
    for cell in request["program"]:
        try:
            exec(re.sub(r"^[%!].*$", "", cell, flags=re.M), scope)
        except Exception as stopped:
            error = f"; a cell stops with {type(stopped).__name__}: {stopped}"
    function, given = scope.get(request["name"]), decoded(request["given"])
    if not callable(function):
        return {"error": f"there is no function {request['name']}{error}"}
    try:
        if request["count"]:
            tools = {}
            exec(request["counting"], tools)
            return {"products": int(tools["products_of"](function, given))}
        result = function(*given)
        return {"result": encoded(result), "given": encoded(given)}
    except Exception as stopped:
        return {"error": f"{type(stopped).__name__}: {stopped}"}


def main():
    """Answer one request."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(2, 1)  # what the hand-in prints is no answer
        with redirect_stdout(sys.stderr), suppress(SystemExit):
            json.dump(reply_to(json.load(sys.stdin)), answers)


# In the notebook that grades.


def take_in():
    """Let `%%outside` take in a code cell of the hand-in."""
    from IPython import get_ipython

    get_ipython().register_magic_function(
        lambda line, cell: PROGRAM.append(cell), magic_kind="cell", magic_name="outside"
    )


def first_cell(functions):
    """Return the code that prepares a notebook for grading."""
    lines = [f"{name} = HandedIn({name!r})\n" for name in functions]
    return FIRST_CELL.format(folder=str(Path(__file__).parent)) + "take_in()\n" + "".join(lines)


def put_outside(cell):
    """Have a code cell of a hand-in taken in, where it would run."""
    if cell.cell_type == "code" and cell.source.strip():
        cell.source = f"%%outside\n{cell.source}"


if __name__ == "__main__":
    main()
