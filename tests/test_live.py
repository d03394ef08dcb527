"""Notebooks that run elsewhere: a reader's copy, and what the pages' buttons give."""

import base64
import hashlib
import io
import re
import runpy
import subprocess
import sys
import zipfile
from email.parser import BytesParser
from pathlib import Path
from types import SimpleNamespace

import live
import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager
from packaging.requirements import Requirement
from sphinx_app import application

import nnlab

SITE = "https://example.org/course/"
NOTEBOOKS = sorted(live.BOOK.glob("*.ipynb"))
SIGMOID = live.BOOK / "sigmoid.ipynb"


def link(page, label):
    return f"<{page.name}, {label}>"


@pytest.mark.parametrize(
    ("source", "set_"),
    [
        ("Zheng {cite:p}`zheng`, (2a)", "Zheng (Zheng, n.d.), (2a)"),
        ("{cite:p}`domke, johnson`", "(Domke, 2017; Johnson, 2014)"),
        ("{eq}`eq-sigmoid-one`", "{eq}`eq-sigmoid-one`"),
        ("{eq}`eq-nowhere`", "{eq}`eq-nowhere`"),  # the build warns of it
        ("{eq}`eq-networks-steps`", "[(networks-steps)](<networks.ipynb, eq-networks-steps>)"),
        ("{ref}`the ends <sec-xor-ends>`", "[the ends](<lab_xor.ipynb, sec-xor-ends>)"),
        ("[below](sec-xor-ends)", "[below](<lab_xor.ipynb, sec-xor-ends>)"),
        ("[below](sec-sigmoid-notations)", "[below](sec-sigmoid-notations)"),
        ("[letters](notation.md)", "[letters](<notation.md, notation.md>)"),
        ("as {numref}`fig-xor-ends`", "as an earlier figure"),
        ("`g[k](z[k])` [a](https://a.b/c)", "`g[k](z[k])` [a](https://a.b/c)"),
    ],
)
def test_what_only_sphinx_knows_is_written_out(source, set_):
    assert live.text_of(source, SIGMOID, link) == set_


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_reference_of_a_notebook_is_lost(path):
    notebook = live.elsewhere(path, lambda page, label: page.name, str)
    nbformat.validate(notebook)
    text = "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
    own = {label for label, page in live.labels()[0].items() if page == path}
    roles = re.findall(r"\{([\w:]+)\}`(?:[^`<]+<)?([^`>]+)>?`", text)
    assert {kind for kind, _ in roles} <= {"eq", "ref"}
    assert {label for _, label in roles} <= own
    for target in re.findall(r"\]\(([\w.-]+)\)", text):
        assert target in own or (live.BOOK / target).is_file(), target


def test_the_first_cell_is_made_for_the_code_and_takes_the_place_of_another(tmp_path):
    cells = [nbformat.v4.new_code_cell("old", id="install"), nbformat.v4.new_markdown_cell("mnist")]
    cells += [nbformat.v4.new_code_cell(source) for source in ("1 + 1", "2 + 2")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "a.ipynb")
    notebook = live.elsewhere(tmp_path / "a.ipynb", link, "made for {}".format)
    sources = [cell.source for cell in notebook.cells]
    assert sources == ["made for 1 + 1\n2 + 2", "mnist", "1 + 1", "2 + 2"]
    assert notebook.cells[0].cell_type == "code"


def run_first_cell(notebook, **modules):
    """Run a notebook's first cell as IPython would; return the commands it gives."""
    commands = []
    shell = SimpleNamespace(run_line_magic=lambda name, line: commands.append(f"{name} {line}"))
    source = TransformerManager().transform_cell(notebook.cells[0].source)
    exec(source, {"get_ipython": lambda: shell})
    return commands


@pytest.fixture
def published(tmp_path):
    """Give the function that publishes two notebooks at an address."""

    def publish(baseurl):
        for folder in "_static", "_sources/book":
            (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        paths = {f"book/{name}": live.BOOK / f"{name}.ipynb" for name in ("sigmoid", "lab_digits")}
        live.downloads(paths, tmp_path, baseurl)
        return [nbformat.read(tmp_path / f"_sources/{page}.ipynb", as_version=4) for page in paths]

    return publish


def test_a_download_installs_the_wheel_that_is_published(published, monkeypatch, tmp_path):
    sigmoid, digits = published(SITE)
    (wheel,) = (tmp_path / "_static").glob("*.whl")
    assert run_first_cell(sigmoid) == []  # here the course is installed
    monkeypatch.setitem(sys.modules, "exercises", None)
    assert run_first_cell(sigmoid) == [f"pip install --quiet {SITE}_static/{wheel.name}"]
    assert "mnist" not in sigmoid.cells[0].source
    assert f'"{SITE}_static/python/' in digits.cells[0].source
    texts = "".join(cell.source for cell in sigmoid.cells)
    assert f"[(networks-steps)]({SITE}book/networks.html#equation-eq-networks-steps)" in texts
    assert f"[Notation]({SITE}book/notation.html)" in texts


def test_a_download_fetches_the_digits_once_and_takes_no_others(published, monkeypatch, tmp_path):
    _, notebook = published((tmp_path / "").as_uri() + "/")
    (digits,) = (tmp_path / "_static/python").iterdir()
    (tmp_path / "alone").mkdir()
    monkeypatch.chdir(tmp_path / "alone")
    whole = digits.read_bytes()
    digits.write_bytes(b"other digits")
    with pytest.raises(AssertionError):
        run_first_cell(notebook)
    assert not Path("data").exists()
    digits.write_bytes(whole)
    run_first_cell(notebook)
    assert Path("data/mnist.npz").read_bytes() == live.DIGITS.read_bytes()
    digits.unlink()
    run_first_cell(notebook)


def test_without_an_address_a_download_says_what_it_needs(published, monkeypatch, tmp_path):
    for notebook in published(""):
        assert run_first_cell(notebook) == []
        with monkeypatch.context() as without:
            without.setitem(sys.modules, "exercises", None)
            with pytest.raises(ModuleNotFoundError, match=r"%pip install .*\.whl.*NNLAB_DATA"):
                run_first_cell(notebook)
    texts = "".join(cell.source for cell in published("")[0].cells)
    assert "[(networks-steps)](networks.ipynb)" in texts
    assert not (tmp_path / "_static/python").exists()  # the digits


@pytest.mark.parametrize("baseurl", ["", SITE])
def test_a_download_names_no_folder_of_the_machine_that_built_it(published, baseurl):
    for notebook in published(baseurl):
        text = nbformat.writes(notebook)
        for folder in live.ROOT, Path.home(), Path(sys.prefix):
            assert str(folder) not in text or len(folder.parts) == 1


def test_the_wheel_is_whole_and_the_same_each_time():
    name, content = live.wheel()
    live.wheel.cache_clear()
    assert live.wheel() == (name, content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = {each: archive.read(each) for each in archive.namelist()}
    about = f"nnlab_course-{nnlab.__version__}.dist-info"
    assert name == f"nnlab_course-{nnlab.__version__}-py3-none-any.whl"
    rows = [line.split(",") for line in files[f"{about}/RECORD"].decode().splitlines()]
    assert sorted(each for each, _, _ in rows) == sorted(files)
    for each, digest, length in rows:
        found = base64.urlsafe_b64encode(hashlib.sha256(files[each]).digest()).decode()
        right = [f"sha256={found.rstrip('=')}", str(len(files[each]))]
        assert [digest, length] == (["", ""] if each.endswith("/RECORD") else right)
    fields = BytesParser().parsebytes(files[f"{about}/METADATA"])
    needed = {Requirement(each).name for each in fields.get_all("Requires-Dist")}
    assert {"numpy", "matplotlib", "ipywidgets", "sympy", "mpmath"} <= needed
    assert "dask" not in needed
    data = "exercises/sigmoid.md ledger/zheng.md studies/digits.json studies/convolution.npy"
    code = "nnlab/book.mplstyle nnlab/py.typed nnlab/lab/sliders.py exercises/__init__.py"
    assert {*data.split(), *code.split()} < set(files)
    assert not [each for each in files if "__pycache__" in each or "mnist" in each]


def test_a_copy_keeps_a_readers_work_and_finds_the_course(tmp_path):
    folder = tmp_path / "deep" / "mine"
    folder.mkdir(parents=True)
    (folder / "sigmoid.ipynb").write_text("my work", encoding="utf-8")
    live.copy(folder)
    assert (folder / "sigmoid.ipynb").read_text(encoding="utf-8") == "my work"
    assert (folder / ".gitignore").read_text(encoding="utf-8") == "*\n"
    assert {path.name for path in folder.glob("*.ipynb")} == {path.name for path in NOTEBOOKS}
    first = nbformat.read(folder / "lab_xor.ipynb", as_version=4).cells[0].source
    code = f"{first}\nimport exercises, ledger, studies.xor"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=folder)
    text = (folder / "networks.ipynb").read_text(encoding="utf-8")
    (letters,) = set(re.findall(r"\]\(([^)]*notation\.md)\)", text))
    assert (folder / letters).resolve() == live.BOOK / "notation.md"
    assert "](delta_recursion.ipynb)" in text


def test_a_copy_makes_its_folder_and_knows_the_way_to_the_course(tmp_path, monkeypatch):
    monkeypatch.setattr(live, "BOOK", tmp_path / "book")
    live.BOOK.mkdir()
    nbformat.write(nbformat.v4.new_notebook(), live.BOOK / "one.ipynb")
    live.copy(tmp_path / "deep" / "mine")
    (first,) = nbformat.read(tmp_path / "deep" / "mine" / "one.ipynb", as_version=4).cells
    assert 'sys.path.append("../../book")' in first.source


def test_the_program_makes_a_copy_in_each_folder_that_is_named(tmp_path, monkeypatch):
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        folder.mkdir()
        for path in NOTEBOOKS[1:]:  # they stay as they are
            (folder / path.name).touch()
    monkeypatch.setattr(sys, "argv", ["live.py", *map(str, folders)])
    runpy.run_path(live.__file__, run_name="__main__")
    for folder in folders:
        assert (folder / NOTEBOOKS[0].name).stat().st_size > 1000
        assert (folder / NOTEBOOKS[1].name).stat().st_size == 0


@pytest.fixture
def app(tmp_path):
    """Give an application with a page made from a notebook, and one that is not."""
    for folder in "_static", "_sources/book":
        (tmp_path / folder).mkdir(parents=True)
    env = SimpleNamespace(found_docs=["book/sigmoid", "book/notation"])
    env.doc2path = {
        page: live.ROOT / f"{page}.{end}" for page, end in zip(env.found_docs, ["ipynb", "md"])
    }.get
    config = SimpleNamespace(html_baseurl="")
    return application(live, outdir=tmp_path, env=env, config=config)


def written(folder):
    """Return the names of all files below a folder."""
    return {each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file()}


def test_every_build_of_the_site_writes_what_its_buttons_give(app, tmp_path):
    app.emit("build-finished", None)
    wheel = f"_static/{live.wheel()[0]}"
    assert written(tmp_path) == {wheel, "_sources/book/sigmoid.ipynb"}
    app.config.html_baseurl = SITE
    app.emit("build-finished", None)
    app.emit("build-finished", None)
    notebook = nbformat.read(tmp_path / "_sources/book/sigmoid.ipynb", as_version=4)
    assert f"{SITE}{wheel}" in notebook.cells[0].source
    assert len(written(tmp_path)) == 3  # and the digits


def test_nothing_is_written_for_a_build_that_failed_or_is_no_site(app, tmp_path):
    app.emit("build-finished", ValueError())
    app.builder.name = "latex"
    app.emit("build-finished", None)
    assert not written(tmp_path)
