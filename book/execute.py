"""Execute notebooks once, from top to bottom, and write their committed form.

Usage: ``python book/execute.py [notebook ...]``; without names, all of them.

What changes from run to run and says nothing is left out: time stamps, widget
state, the kernel's own metadata. Of a slider's pictures only the first is
drawn, with the alternative texts of all. Figures get a palette. Cell ids are
numbered, so that a diff shows what was edited. What the book folds is folded in
JupyterLab, too.

Where _config.yml gives the repository's address, every notebook starts with a
cell that fetches the course if it is not there, as on Colab. The book leaves
that cell out; without an address there is none.
"""

import base64
import io
import re
import sys
from pathlib import Path

import nbclient
import nbformat
import yaml
from PIL import Image

from _ext import kernels

BOOK = Path(__file__).resolve().parent
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}

# The tags of the cells that open without their code, or without what it prints.
FOLDED = {"hide-input", "hide-cell", "remove-input", "check", "solution"}
CLOSED = {"hide-cell", "solution"}

INSTALL = """\
from importlib.util import find_spec

if find_spec("nnlab") is None:  # fetch the course: the library and its data
    import sys

    address = "{url}"
    !git clone --quiet --depth 1 --branch {branch} $address course
    %pip install --quiet --editable ./course
    sys.path += ["course", "course/book"]"""


def repository(config=BOOK.parent / "_config.yml"):
    """Return the address of the repository, or "", and the branch."""
    settings = yaml.safe_load(config.read_text(encoding="utf-8"))["repository"]
    return settings["url"], settings["branch"]


def place_install_cell(notebook, url, branch):
    """Put the install cell first, renewed, or remove it if url is empty."""
    cells = [cell for cell in notebook.cells if cell.get("id") != "install"]
    if url:
        source = INSTALL.format(url=url, branch=branch)
        hidden = {"tags": ["remove-cell"]}
        first = nbformat.v4.new_code_cell(source, metadata=hidden, id="install")
        cells.insert(0, first)
    notebook.cells = cells


def smaller(picture):
    """Return a PNG in base64 with a palette of 256 colours."""
    file = io.BytesIO()
    image = Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGB")
    image.quantize(256, dither=Image.Dither.NONE).save(
        file, "png", optimize=True
    )
    return base64.b64encode(file.getvalue()).decode()


def picture_once(html):
    """Leave out the second copy of a slider's first picture, in the script."""
    first, script, others = html.partition('<script type="application/json">')
    return first + script + re.sub(r"base64,[^\"]+", "base64,AA", others)


def fold(cell):
    """Fold in JupyterLab what the book folds, by the cell's tags."""
    tags = set(cell.metadata.get("tags", []))
    hidden = {}
    if tags & FOLDED:
        hidden["source_hidden"] = True
    if tags & CLOSED:
        hidden["outputs_hidden"] = True
    cell.metadata.pop("jupyter", None)
    if hidden:
        cell.metadata["jupyter"] = hidden


def normalise(notebook):
    """Keep of the metadata only what is the same on every machine."""
    notebook.metadata = {
        "kernelspec": KERNEL,
        "language_info": {"name": "python"},
    }
    own = [cell for cell in notebook.cells if cell.get("id") != "install"]
    for number, cell in enumerate(own, 1):
        cell["id"] = f"cell-{number:03d}"
    for cell in notebook.cells:
        for key in ("execution", "collapsed", "ExecuteTime"):
            cell.metadata.pop(key, None)
        fold(cell)
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "image/png" in data:
                data["image/png"] = smaller(data["image/png"])
            if 'class="explore"' in data.get("text/html", ""):
                data["text/html"] = picture_once(data["text/html"])


def execute(path):
    """Execute one notebook in the book's folder and write it normalised."""
    notebook = nbformat.read(path, as_version=4)
    place_install_cell(notebook, *repository())
    client = nbclient.NotebookClient(
        notebook,
        timeout=1800,
        coalesce_streams=True,
        resources={"metadata": {"path": str(BOOK)}},
    )
    client.execute()
    normalise(notebook)
    nbformat.validate(notebook)
    nbformat.write(notebook, path)


if __name__ == "__main__":
    kernels.prepare("texts")
    for name in sys.argv[1:] or sorted(map(str, BOOK.glob("*.ipynb"))):
        print(f"executing {name}", flush=True)
        execute(Path(name))
