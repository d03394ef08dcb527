"""The library and the notebooks outside of the repository: ``pytest -m wheel``.

A clone of what is committed is installed in a fresh environment, from the package index; there the
program of the README and notebooks from the published pages run in empty folders.
"""

import os
import re
import subprocess
import sys
import venv
from pathlib import Path
from urllib.request import urlopen

import browser
import live
import nbformat
import pytest

pytestmark = pytest.mark.wheel

README = (live.ROOT / "README.md").read_text(encoding="utf-8")
(PROGRAM,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)


def run(folder, *command, **variables):
    """Run a command in a folder, without what points at the repository; return what it did."""
    known = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "NNLAB"))}
    return subprocess.run(
        list(map(str, command)), cwd=folder, env=known | variables, capture_output=True, text=True
    )


def succeed(folder, *command, **variables):
    """Run a command that has to succeed; return what it printed."""
    done = run(folder, *command, **variables)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """Clone the repository."""
    folder = tmp_path_factory.mktemp("clone")
    succeed(folder, "git", "clone", "--quiet", live.ROOT, ".")
    return folder


@pytest.fixture(scope="module")
def scripts(clone, tmp_path_factory):
    """Install the clone, and what runs a notebook, in a fresh environment; return its programs."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    scripts = folder / ("Scripts" if os.name == "nt" else "bin")
    succeed(clone, scripts / "pip", "install", "--quiet", ".", "nbclient", "ipykernel")
    return scripts


def test_installing_leaves_nothing_that_git_sees(clone, scripts):
    assert (clone / "build").exists()  # what pip leaves there
    assert succeed(clone, "git", "status", "--porcelain") == ""


def test_the_program_of_the_readme_runs_where_the_digits_are(clone, scripts, tmp_path):
    data = {"NNLAB_DATA": str(clone / "book" / "data")}
    assert 0.9 < float(succeed(tmp_path, scripts / "python", "-c", PROGRAM, **data)) < 0.97


def test_where_the_digits_are_not_an_error_names_the_remedy(scripts, tmp_path):
    said = run(tmp_path, scripts / "python", "-c", PROGRAM).stderr
    assert "FileNotFoundError" in said
    assert "book/data/mnist.npz in this course's repository" in said
    assert "Set the environment variable NNLAB_DATA" in said


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """Publish all notebooks as the build does; give the address."""
    site = tmp_path_factory.mktemp("site")
    for folder in "_static", "_sources/book":
        (site / folder).mkdir(parents=True)
    with browser.serve_book(site) as address:
        paths = {f"book/{path.stem}": path for path in live.BOOK.glob("*.ipynb")}
        live.downloads(paths, site, address)
        yield address


NAMES = [path.stem for path in sorted(live.BOOK.glob("*.ipynb"))]
WEEKLY = [pytest.param(name, marks=pytest.mark.weekly) for name in NAMES if name != "sigmoid"]


@pytest.mark.parametrize("name", ["sigmoid", *WEEKLY])
def test_a_downloaded_notebook_runs_in_an_empty_folder(scripts, published, tmp_path, name):
    succeed(tmp_path, scripts / "pip", "uninstall", "--quiet", "--yes", "nnlab", "nnlab-course")
    path = tmp_path / f"{name}.ipynb"
    with urlopen(f"{published}_sources/book/{name}.ipynb") as file:
        path.write_bytes(file.read())
    succeed(tmp_path, scripts / "jupyter-execute", "--inplace", path)
    cells = nbformat.read(path, as_version=4).cells
    assert all(cell.execution_count for cell in cells if cell.cell_type == "code")
    assert "nnlab-course" in succeed(tmp_path, scripts / "pip", "list")
    fetched = (tmp_path / "data" / "mnist.npz").exists()
    assert fetched == ("mnist.npz" in cells[0].source)


def test_a_reader_s_work_is_nothing_that_git_sees(clone):
    (command,) = re.findall(r"`python (book/_ext/live.py) mine`", README)
    succeed(clone, sys.executable, command, "mine")
    notebook = nbformat.read(clone / "mine" / "sigmoid.ipynb", as_version=4)
    notebook.cells = [notebook.cells[0], nbformat.v4.new_code_cell("import exercises, studies.xor")]
    nbformat.write(notebook, clone / "mine" / "sigmoid.ipynb")
    execute = Path(sys.executable).with_name("jupyter-execute")
    succeed(clone, execute, "--inplace", "mine/sigmoid.ipynb")
    assert (clone / "book" / "exercises" / "__pycache__").exists()  # it was the course's own
    assert succeed(clone, "git", "status", "--porcelain") == ""
