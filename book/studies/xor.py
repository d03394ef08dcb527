"""The numbers of the laboratory on XOR under three kernels of the BLAS library.

Usage: ``python book/studies/xor.py``, about two minutes; it runs the notebook
once under each kernel and writes xor.json beside itself. Kernels add up in
different orders. Where a training is chaotic, the last digit decides when it
ends, so the notebook prints what was found under all three, and checks that
its own run comes close.
"""

import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

FILE = Path(__file__).with_suffix(".json")
NOTEBOOK = FILE.parents[1] / "lab_xor.ipynb"
KERNELS = "Haswell", "SkylakeX", "Nehalem"


def compared(name, numbers, off=0.0, factor=1.0):
    """Compare numbers with the file's; return the file's range as text.

    Each must be at least ``low / factor - off`` and at most
    ``high * factor + off``, for the lowest and the highest number of three
    kernels; otherwise an AssertionError says which one is not.
    """
    numbers = np.array(numbers, float)
    record = os.environ.get("XOR_RECORD")  # set where the file is made
    if record:
        with Path(record).open("a", encoding="utf-8") as lines:
            print(json.dumps([name, numbers.tolist()]), file=lines)
        stored = [numbers]
    else:
        stored = json.loads(FILE.read_text(encoding="utf-8"))[name]
    low, high = np.min(stored, axis=0), np.max(stored, axis=0)
    fits = (low / factor - off <= numbers) & (numbers <= high * factor + off)
    assert np.all(fits), f"{name}: {numbers} is not close to {low} to {high}"
    texts = [
        f"{a:.0f}" if round(a) == round(b) else f"{a:.0f}-{b:.0f}"
        for a, b in zip(low.ravel(), high.ravel())
    ]
    return np.reshape(texts, numbers.shape) if numbers.ndim else texts[0]


def write():
    """Run the notebook under each kernel and write the file."""
    import nbclient  # not there where a page only compares
    import nbformat

    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    found = {}
    for kernel in KERNELS:
        with TemporaryDirectory() as folder:
            record = Path(folder) / "record"
            os.environ |= {
                "OPENBLAS_CORETYPE": kernel,
                "XOR_RECORD": str(record),
            }
            notebook = nbformat.read(NOTEBOOK, as_version=4)
            where = {"metadata": {"path": str(FILE.parents[1])}}
            nbclient.NotebookClient(
                notebook, timeout=600, resources=where
            ).execute()
            for line in record.read_text(encoding="utf-8").splitlines():
                name, numbers = json.loads(line)
                found.setdefault(name, []).append(numbers)
    rows = (f"{json.dumps(n)}: {json.dumps(v)}" for n, v in found.items())
    FILE.write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    write()
