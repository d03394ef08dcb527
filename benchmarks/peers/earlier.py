"""nnlab as it was at an earlier commit, taken from the repository's history."""

import functools
import importlib
import io
import subprocess
import sys
import tarfile
from pathlib import Path

from benchmarks.peers import library
from benchmarks.workloads import COMMIT, EARLIER, FUNCTIONS

CACHE = Path(__file__).resolve().parents[1] / ".cache"


def unpacked():
    """Return the folder that holds the library of the commit; unpack it the first time."""
    folder = CACHE / COMMIT
    if not folder.exists():
        command = ["git", "archive", COMMIT, "nnlab"]
        root = Path(__file__).resolve().parents[2]
        try:
            done = subprocess.run(command, cwd=root, capture_output=True, check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            said = getattr(error, "stderr", b"").decode().strip() or error
            raise RuntimeError(
                f"nnlab of commit {COMMIT} cannot be taken from this folder's history ({said}). "
                "Take a clone with its whole history (git fetch --unshallow), or leave this peer "
                f"out: --without {EARLIER!r}"
            ) from error
        half = folder.with_suffix(".half")  # what is interrupted is not taken for the whole
        with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
            archive.extraction_filter = getattr(tarfile, "data_filter", None)  # newer than 3.11.3
            archive.extractall(half)
        half.rename(folder)
    return folder


def imported(folder):
    """Import the library of that folder, beside the present one, which keeps its name."""

    def taken_away():
        names = [name for name in sys.modules if name.partition(".")[0] == "nnlab"]
        return {name: sys.modules.pop(name) for name in names}

    present = taken_away()
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module("nnlab")
    finally:
        sys.path.remove(str(folder))
        taken_away()
        sys.modules.update(present)


@functools.cache
def nnlab():
    """Return the earlier library."""
    return imported(unpacked())


def network_of(task):
    """Return its network, at the start that all have in common."""
    case = task.case
    functions = {name: getattr(nnlab(), getattr(case, name)) for name in FUNCTIONS}
    network = nnlab().Network(case.sizes, **functions, dtype=case.dtype)
    network.theta[...] = task.network.theta
    return network


def trainer(task):
    """Train with its own `train`."""
    return library.trainer(task, network_of(task), nnlab())


def gradient(task):
    """Call its own `Network.backprop`, into the arrays of the last result."""
    network, X, Y = network_of(task), task.X, task.Y
    out = network.backprop(X, Y)
    return {EARLIER: lambda: network.backprop(X, Y, out=out).theta}
