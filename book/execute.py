"""Execute notebooks once, from top to bottom, and write their committed form.

Usage: ``python book/execute.py [notebook ...]``; without names, all of them.

What changes from run to run and says nothing is left out: time stamps, widget
state, the kernel's own metadata. Cell ids are numbered, so that a diff shows
what was edited.
"""

import os
import sys
from pathlib import Path

import nbclient
import nbformat

BOOK = Path(__file__).resolve().parent
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
WIDGET = "application/vnd.jupyter.widget-view+json"


def normalise(notebook):
    """Keep of the metadata only what is the same on every machine."""
    notebook.metadata = {
        "kernelspec": KERNEL,
        "language_info": {"name": "python"},
    }
    for number, cell in enumerate(notebook.cells, 1):
        cell["id"] = f"cell-{number:03d}"
        for key in ("execution", "collapsed", "jupyter", "ExecuteTime"):
            cell.metadata.pop(key, None)
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET, None)


def execute(path):
    """Execute one notebook in the book's folder and write it normalised."""
    notebook = nbformat.read(path, as_version=4)
    client = nbclient.NotebookClient(
        notebook,
        timeout=300,
        coalesce_streams=True,
        resources={"metadata": {"path": str(BOOK)}},
    )
    client.execute()
    normalise(notebook)
    nbformat.validate(notebook)
    nbformat.write(notebook, path)


if __name__ == "__main__":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for name in sys.argv[1:] or sorted(map(str, BOOK.glob("*.ipynb"))):
        print(f"executing {name}", flush=True)
        execute(Path(name))
