"""Which notebooks run in a build, and what they depend on; test_notebooks.py has what they show."""

import os
from pathlib import Path
from types import SimpleNamespace

import jupyter_cache.executors.utils as executor
import kernels
import myst_nb.core.execute
import myst_nb.core.render
import nbformat
import pytest
import run_notebooks
from sphinx_app import application


@pytest.fixture
def app(tmp_path, monkeypatch):
    """Give an application with the extension, and leave Sphinx's own packages as they were."""
    monkeypatch.setenv("NNLAB_FRAMES", "texts")
    for module, name in (
        (myst_nb.core.render, "coalesce_streams"),
        (myst_nb.core.execute, "NotebookClientDirect"),
        (executor, "executenb"),
    ):
        monkeypatch.setattr(module, name, getattr(module, name))
    monkeypatch.setattr(run_notebooks.Client, "folder", None)
    monkeypatch.setattr(run_notebooks, "surroundings", lambda: "one library")
    app = application(run_notebooks, outdir=tmp_path / "_build/html")
    (tmp_path / "_build").mkdir()
    app.env = SimpleNamespace(
        doc2path=lambda page: str(tmp_path / f"{page}{'' if page == 'notes.md' else '.ipynb'}"),
        found_docs=["one", "two", "notes.md"],
        mystnb_config=SimpleNamespace(execution_mode="force"),
    )
    (tmp_path / "notes.md").write_text("# No notebook")
    for name in ("one", "two"):
        write(tmp_path, name, "1 + 1")
    return app


@pytest.fixture
def ran(monkeypatch):
    """Give the list of the notebooks that are run; `two` stops with an error."""
    paths = []

    def start_client(self):
        paths.append(Path(self.path).stem)
        if paths[-1] == "two":
            raise run_notebooks.ExecutionError("two.ipynb")

    monkeypatch.setattr(run_notebooks.NotebookClientDirect, "start_client", start_client)
    return paths


def write(folder, name, code, text="A text."):
    """Write a notebook of two cells."""
    cells = [nbformat.v4.new_markdown_cell(text, id="a"), nbformat.v4.new_code_cell(code, id="b")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / f"{name}.ipynb")


def outdated(app):
    """Return the pages that have to be read again."""
    (pages,) = app.emit("env-get-outdated", app.env, set(), set(), set())
    return pages


def test_notebooks_are_read_again_when_they_show_something_else(app, tmp_path, monkeypatch):
    assert outdated(app) == ["one", "two"]
    assert outdated(app) == []
    write(tmp_path, "one", "1 + 1", "Another text.")
    assert outdated(app) == []
    write(tmp_path, "one", "1 + 2")
    assert outdated(app) == ["one"]
    monkeypatch.setattr(run_notebooks, "surroundings", lambda: "another library")
    assert outdated(app) == ["one", "two"]


def test_notebooks_run_before_the_pages_are_read_and_once(app, ran, tmp_path):
    pages = ["one", "notes.md", "two"]
    app.emit("env-before-read-docs", app.env, pages)
    assert sorted(ran) == ["one", "two"]
    (kept,) = (tmp_path / "_build/executed").iterdir()
    assert kept.stem.startswith("one-")
    app.emit("env-before-read-docs", app.env, pages)
    assert sorted(ran) == ["one", "two", "two"]  # its error comes again with the page


def test_no_notebook_runs_where_the_settings_do_not_ask_for_it(app, ran, tmp_path):
    app.env.mystnb_config.execution_mode = "off"
    app.emit("env-before-read-docs", app.env, ["one"])
    assert not ran and not (tmp_path / "_build/executed").exists()


def test_myst_nb_gets_what_is_put_in_place_of_its_own(app):
    assert os.environ["NNLAB_FRAMES"] == "all"
    assert myst_nb.core.render.coalesce_streams is run_notebooks.join_streams
    assert myst_nb.core.execute.NotebookClientDirect is run_notebooks.Client
    assert executor.executenb.keywords == {"extra_arguments": kernels.DRAWINGS}


def course(folder):
    """Write a small course."""
    for name in ("nnlab/network.py", "book/_ext/kernels.py", "book/one.ipynb", "book/one.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("1 + 1")
    (folder / "book/exercises").mkdir()


def test_the_digest_tells_apart_names_and_contents(tmp_path):
    course(tmp_path)
    found = [run_notebooks.digest_of_files(tmp_path)]
    (tmp_path / "nnlab/network.py").rename(tmp_path / "nnlab/work.py")
    found.append(run_notebooks.digest_of_files(tmp_path))
    (tmp_path / "nnlab/work.py").write_text("1 + 2")
    found.append(run_notebooks.digest_of_files(tmp_path))
    (tmp_path / "nnlab/work.py").rename(tmp_path / "nnlab/work.p")
    (tmp_path / "nnlab/work.p").write_text("y1 + 2")
    found.append(run_notebooks.digest_of_files(tmp_path))
    assert len(set(found)) == 4


USED = ["nnlab/lab/new.py", "book/exercises/tools.py", "book/data/mnist.npz", "book/new.py"]
UNUSED = ["nnlab/__pycache__/new.pyc", "book/.ruff_cache/new.py", "book/_static/book.css"]
UNUSED += ["book/awake/wake.js", "book/_ext/margins.py", "book/exercises/one.md", "book/new.md"]


@pytest.mark.parametrize("name", USED + UNUSED)
def test_a_file_counts_if_the_code_of_every_notebook_may_use_it(tmp_path, name):
    course(tmp_path)
    before = run_notebooks.digest_of_files(tmp_path)
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text("new")
    assert (run_notebooks.digest_of_files(tmp_path) != before) == (name in USED)


def test_the_course_is_the_one_that_the_extension_stands_in():
    root = run_notebooks.BOOK.parent
    names = [path.name for path in run_notebooks.tasks_of("sigmoid", root)]
    assert "sigmoid.md" in names
    assert run_notebooks.tasks_of("tools", root) == []


def test_all_notebooks_depend_on_the_packages_and_on_the_files(tmp_path, monkeypatch):
    course(tmp_path)
    monkeypatch.setattr(run_notebooks, "BOOK", tmp_path / "book")
    surroundings = run_notebooks.surroundings.__wrapped__
    found = [surroundings(), surroundings()]
    packages = [SimpleNamespace(name="numpy", version="99.0")]
    with monkeypatch.context() as other:
        other.setattr(run_notebooks, "distributions", lambda: packages)
        found.append(surroundings())
    (tmp_path / "book/one.py").write_text("1 + 2")
    found.append(surroundings())
    assert found[0] == found[1] and len(set(found)) == 3


def test_a_chapter_has_its_own_code_and_tasks_in_its_digest(app, tmp_path, monkeypatch):
    course(tmp_path)
    monkeypatch.setattr(run_notebooks, "BOOK", tmp_path / "book")
    notebook = nbformat.read(tmp_path / "one.ipynb", as_version=4)
    found = [run_notebooks.digest(notebook, "one")]
    notebook.cells[1].source = "1 + 2"
    found.append(run_notebooks.digest(notebook, "one"))
    (tmp_path / "book/exercises/one.md").write_text("## one-new: predict")
    found.append(run_notebooks.digest(notebook, "one"))
    assert len(set(found)) == 3
    notebook.cells[0].source = "Another text."
    assert run_notebooks.digest(notebook, "one") == found[-1]
