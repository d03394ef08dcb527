"""The rules for committed notebooks. Their outputs are compared by nbval, see pyproject.toml."""

import base64
import io
import os
import re
import runpy
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import execute
import kernels
import nbclient
import nbformat
import pytest
import run_notebooks
from markdown_it import MarkdownIt
from PIL import Image

BOOK = Path(__file__).resolve().parents[1] / "book"
NOTEBOOKS = sorted(BOOK.glob("*.ipynb"))
# `hour` tells the main line once, in the book's own notation, and cites no source: the sources'
# notations stand in the chapters that it leads to.
ONE_NOTATION = ("hour", "lab_")
CHAPTERS = [path for path in NOTEBOOKS if not path.stem.startswith(ONE_NOTATION)]

# Every cell whose output is not compared, with the reason: {(notebook, cell id): reason}.
NOT_COMPARED: dict[tuple[str, str], str] = {}


def faults(notebook, size=0, allowed=()):
    """Return what is wrong with a notebook, as a list of sentences."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    found = []
    if [cell.execution_count for cell in code] != list(range(1, len(code) + 1)):
        found.append("not executed once, in order")
    if any(output.output_type == "error" for cell in code for output in cell.outputs):
        found.append("holds an error output")
    if any(len(cell.source.splitlines()) > 25 for cell in code):
        found.append("has a cell over 25 lines")
    if size > 500_000:
        found.append("is over 500 kB")
    if any(re.search(r"NBVAL_\w+", cell.source) for cell in code):
        found.append("has an NBVAL comment marker")
    tagged = {"nbval-skip", "nbval-ignore-output", "nbval-raises-exception"}
    ignored = [cell.id for cell in code if tagged & set(cell.metadata.get("tags", []))]
    if len(ignored) > 2 or set(ignored) - set(allowed):
        found.append("has cells that are not compared and not listed here")
    return found


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_keeps_the_rules(path):
    allowed = [cell for name, cell in NOT_COMPARED if name == path.name]
    assert faults(nbformat.read(path, as_version=4), path.stat().st_size, allowed) == []


def test_every_exception_names_a_cell_and_gives_a_reason():
    for (name, cell_id), reason in NOT_COMPARED.items():
        notebook = nbformat.read(BOOK / name, as_version=4)
        assert cell_id in [cell.id for cell in notebook.cells]
        assert len(reason) > 20


def cell(source="1", count=1, **kwargs):
    return nbformat.v4.new_code_cell(source, execution_count=count, **kwargs)


ERROR = nbformat.v4.new_output("error", ename="E", evalue="", traceback=[])
TAGGED = {"tags": ["nbval-ignore-output"]}


@pytest.mark.parametrize(
    ("cells", "size", "fault"),
    [
        ([cell(count=None)], 0, "not executed once, in order"),
        ([cell(), cell(count=3)], 0, "not executed once, in order"),
        ([cell(), cell()], 0, "not executed once, in order"),
        ([cell(outputs=[ERROR])], 0, "holds an error output"),
        ([cell("x = 1\n" * 26)], 0, "has a cell over 25 lines"),
        ([cell()], 500_001, "is over 500 kB"),
        ([cell("# NBVAL_SKIP\n1")], 0, "has an NBVAL comment marker"),
        ([cell(metadata=TAGGED)], 0, "has cells that are not compared and not listed here"),
    ],
)
def test_a_broken_rule_is_found(cells, size, fault):
    assert faults(nbformat.v4.new_notebook(cells=cells), size) == [fault]


def test_a_third_cell_that_is_not_compared_is_refused_even_if_listed():
    cells = [cell(count=n, metadata=TAGGED, id=f"c{n}") for n in (1, 2, 3)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    assert faults(notebook, allowed=["c1", "c2", "c3"])
    notebook.cells.pop()
    assert not faults(notebook, allowed=["c1", "c2", "c3"])


def test_outputs_are_sanitized_by_at_most_three_patterns():
    text = (BOOK.parent / "tests" / "nbval_sanitize.cfg").read_text(encoding="utf-8")
    assert len(re.findall(r"^regex:", text, flags=re.MULTILINE)) <= 3


def test_kernels_draw_the_frames_asked_for_on_one_thread_unless_it_is_chosen(
    monkeypatch,
):
    for threads in (None, "2"):
        monkeypatch.setenv("NNLAB_FRAMES", "none")
        monkeypatch.setenv("MPLBACKEND", "agg")
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", str(threads))
        if not threads:
            monkeypatch.delenv("OPENBLAS_NUM_THREADS")
        kernels.prepare("all")
        assert os.environ["NNLAB_FRAMES"] == "all"
        assert os.environ["OPENBLAS_NUM_THREADS"] == (threads or "1")
        assert "MPLBACKEND" not in os.environ


def test_kernels_show_pictures_whatever_the_shell_exports(monkeypatch, tmp_path):
    for name in ("MPLBACKEND", "NNLAB_FRAMES", "OPENBLAS_NUM_THREADS"):
        monkeypatch.setenv(name, "agg" if name == "MPLBACKEND" else "1")
    kernels.prepare("texts")
    source = "import matplotlib.pyplot as plt\n_ = plt.plot([1, 2])\nplt.show()"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    nbclient.NotebookClient(notebook, resources={"metadata": {"path": str(tmp_path)}}).execute()
    (output,) = notebook.cells[0].outputs
    assert "image/png" in output.data


def test_printed_text_is_joined_as_the_kernel_sent_it():
    pieces = [("stdout", "one l"), ("stderr", "careful"), ("stdout", "ine\n"), ("stdout", "two\n")]
    outputs = [nbformat.v4.new_output("stream", name=name, text=text) for name, text in pieces]
    outputs.insert(1, nbformat.v4.new_output("display_data", {"text/plain": "figure"}))
    joined = run_notebooks.join_streams(outputs)
    assert [o.get("text", "figure") for o in joined] == ["one line\ntwo\n", "figure", "careful"]
    assert outputs[0]["text"] == "one l"


USED = ["nnlab/lab/sweep.py", "book/data/mnist.npz", "book/studies/xor.json"]
USED += ["book/ledger/zheng.md", "book/_ext/kernels.py", "book/exercises/tasks.py", "nnlab/new.py"]
UNUSED = ["book/intro.md", "book/_static/book.css", "book/_ext/page_head.py", "tests/new.py"]
UNUSED += ["book/.ruff_cache/new.py", "nnlab/__pycache__/new.pyc"]


@pytest.mark.parametrize("name", USED + UNUSED)
def test_a_change_is_noticed_where_it_can_change_a_notebook(tmp_path, name):
    for each in ["book", "nnlab"]:
        copied = shutil.ignore_patterns("*.ipynb", "__pycache__")
        shutil.copytree(BOOK.parent / each, tmp_path / each, ignore=copied)
    before = run_notebooks.digest_of_files(tmp_path)
    assert run_notebooks.digest_of_files(tmp_path) == before
    changed = tmp_path / name
    changed.parent.mkdir(exist_ok=True, parents=True)
    changed.write_bytes((changed.read_bytes() if changed.exists() else b"") + b" ")
    assert (run_notebooks.digest_of_files(tmp_path) != before) == (name in USED)


def test_a_chapter_runs_again_when_its_own_tasks_have_changed(monkeypatch, tmp_path):
    (tmp_path / "book" / "exercises").mkdir(parents=True)
    for name in ("book/one.ipynb", "book/two.ipynb", "book/exercises/one.md"):
        (tmp_path / name).write_text("", encoding="utf-8")
    monkeypatch.setattr(run_notebooks, "BOOK", tmp_path / "book")
    run_notebooks.surroundings.cache_clear()
    empty = nbformat.v4.new_notebook()
    before = [run_notebooks.digest(empty, name) for name in ("one", "two")]
    (tmp_path / "book/exercises/one.md").write_text("## one-new: predict", encoding="utf-8")
    run_notebooks.surroundings.cache_clear()
    after = [run_notebooks.digest(empty, name) for name in ("one", "two")]
    run_notebooks.surroundings.cache_clear()
    assert after[0] != before[0] and after[1] == before[1]


def test_a_notebook_runs_again_when_its_code_or_the_library_has_changed(monkeypatch, tmp_path):
    executed = []
    monkeypatch.setattr(run_notebooks.Client, "folder", tmp_path)
    monkeypatch.setattr(run_notebooks, "surroundings", lambda: "one library")
    monkeypatch.setattr(
        run_notebooks.NotebookClientDirect,
        "start_client",
        lambda client: executed.append(client.notebook),
    )

    def run(code, text):
        cells = [nbformat.v4.new_markdown_cell(text), nbformat.v4.new_code_cell(code)]
        notebook = nbformat.v4.new_notebook(cells=cells)
        client = run_notebooks.Client(notebook, tmp_path / "chapter.ipynb", None, None)
        client.start_client()
        return notebook.cells[1]

    run("1 + 1", "a text")
    (kept,) = tmp_path.glob("chapter-*.ipynb")
    stored = nbformat.read(kept, as_version=4)
    stored.cells[1].outputs = [nbformat.v4.new_output("stream", text="2")]
    nbformat.write(stored, kept)
    assert run("1 + 1", "another text").outputs[0].text == "2"
    assert len(executed) == 1
    run("1 + 2", "a text")
    monkeypatch.setattr(run_notebooks, "surroundings", lambda: "another library")
    run("1 + 2", "a text")
    assert len(executed) == 3
    assert len(list(tmp_path.glob("chapter-*.ipynb"))) == 1  # the old ones are gone


def touched_fences(source):
    """Return what touches a fence of colons where Markdown is plain, as in GitHub's view."""
    tokens = MarkdownIt("commonmark").enable("table").parse(source)
    texts = [(token.level, token.content) for token in tokens if token.type == "inline"]
    fenced = [(level, text) for level, text in texts if re.search("^:::", text, re.MULTILINE)]
    alone = r"(:{3,}(\{.+)?(\n:[\w-]+:.*)*)"
    return [text for level, text in fenced if level > 1 or not re.fullmatch(alone, text)]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_folds_and_boxes_can_be_read_as_plain_markdown(path):
    cells = nbformat.read(path, as_version=4).cells
    texts = [cell.source for cell in cells if cell.cell_type == "markdown"]
    assert not [fence for text in texts for fence in touched_fences(text)]
    assert "\n".join(texts).count("{tab-set}") <= 1


@pytest.mark.parametrize(
    "source",
    [":::{dropdown} A\nb\n\n:::", ":::{dropdown} A\n\nb\n:::", "- a\n  :::", "|a|\n|-|\n:::"],
)
def test_a_fence_that_runs_into_a_text_is_found(source):
    assert touched_fences(source)
    assert not touched_fences(":::{admonition} A\n:class: tip\n\nb\n\n- c\n\n:::\n\nd")


def test_every_figure_has_an_alternative_text():
    for path in NOTEBOOKS:
        for number, each in enumerate(nbformat.read(path, as_version=4).cells, 1):
            has_picture = any("image/png" in o.get("data", {}) for o in each.get("outputs", []))
            alt = each.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
            assert not has_picture or len(alt) > 30, f"{path.name}, cell {number}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_jupyterlab_folds_what_the_book_folds(path):
    for each in nbformat.read(path, as_version=4).cells:
        tags = set(each.metadata.get("tags", []))
        folded = bool(tags & {"hide-input", "hide-cell", "remove-input", "check", "solution"})
        closed = bool(tags & {"hide-cell", "solution"})
        wanted = {"source_hidden": folded, "outputs_hidden": closed}
        wanted = {key: True for key, value in wanted.items() if value}
        assert each.metadata.get("jupyter", {}) == wanted, f"{each.id}: python book/execute.py"


def test_folding_follows_the_tags_and_nothing_else():
    kept = cell(metadata={"jupyter": {"source_hidden": True}, "tags": ["mine"]})
    execute.fold(kept)
    assert kept.metadata == {"tags": ["mine"]}
    solution = cell(metadata={"tags": ["solution"]})
    execute.fold(solution)
    assert solution.metadata["jupyter"] == {"source_hidden": True, "outputs_hidden": True}


def png(image, **options):
    file = io.BytesIO()
    image.save(file, "png", **options)
    return file.getvalue()


def test_a_notebook_is_executed_in_the_book_s_folder_and_written_normalised(monkeypatch, tmp_path):
    monkeypatch.setattr(execute, "repository", lambda: ("https://example.org/course", "main"))
    page = '<div class="explore">base64,one <script type="application/json">"base64,one"</script>'
    lines = ["import os", "from IPython.display import HTML, display"]
    lines += ["print(os.path.basename(os.getcwd()), flush=True)", "print(2)"]
    lines += [f"display(HTML({text!r}))" for text in (page, page.replace("explore", ""))]
    lines += ["%matplotlib inline", "import matplotlib.pyplot as plt", "_ = plt.plot([1, 2])"]
    kept = {"mine": 1, "tags": ["solution"]}
    own = nbformat.v4.new_code_cell("\n".join(lines), metadata={"collapsed": True, **kept})
    path = tmp_path / "one.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[own], metadata={"mine": 1}), path)
    kernels.prepare("texts")
    execute.execute(path)
    written = nbformat.read(path, as_version=4)
    language = {"name": "python"}
    assert written.metadata == {"kernelspec": execute.KERNEL, "language_info": language}
    install, one = written.cells
    hidden = {"source_hidden": True, "outputs_hidden": True}
    assert one.metadata == {"jupyter": hidden, **kept}
    assert [(each.id, each.execution_count) for each in (install, one)] == [
        ("install", 1),
        ("cell-001", 2),
    ]
    printed, slider, plain, figure = one.outputs
    assert printed.text == "book\n2\n"
    assert slider.data["text/html"] == page.replace('"base64,one', '"base64,AA')
    assert plain.data["text/html"].count("base64,one") == 2
    data = base64.b64decode(figure.data["image/png"])
    picture = Image.open(io.BytesIO(data))
    assert picture.mode == "P" and len(data) == len(png(picture, optimize=True)) < len(png(picture))


@pytest.mark.parametrize("names", [["one.ipynb"], []])
def test_the_program_executes_the_notebooks_that_are_named_or_all(
    monkeypatch, tmp_path, names, capsys
):
    ran, written = [], []
    client = SimpleNamespace(execute=lambda: ran.append(os.environ["NNLAB_FRAMES"]))
    monkeypatch.setattr(execute.nbclient, "NotebookClient", lambda *_, **__: client)
    monkeypatch.setattr(nbformat, "write", lambda _, path: written.append(path))
    shutil.copy(NOTEBOOKS[0], tmp_path / "one.ipynb")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["execute.py", *names])
    monkeypatch.setenv("NNLAB_FRAMES", "all")
    runpy.run_path(execute.__file__, run_name="__main__")
    wanted = [Path(name) for name in names] or NOTEBOOKS
    assert written == wanted and ran == ["texts"] * len(wanted)
    assert capsys.readouterr().out.splitlines() == [f"executing {path}" for path in wanted]


def test_what_is_no_notebook_is_not_written(monkeypatch, tmp_path):
    path = tmp_path / "one.ipynb"
    shutil.copy(NOTEBOOKS[0], path)
    client = SimpleNamespace(execute=lambda: None)
    monkeypatch.setattr(execute.nbclient, "NotebookClient", lambda *_, **__: client)
    monkeypatch.setattr(execute, "normalise", lambda notebook: notebook.cells[0].pop("source"))
    with pytest.raises(nbformat.ValidationError):
        execute.execute(path)
    assert path.read_bytes() == NOTEBOOKS[0].read_bytes()


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_key_formulas_stand_in_every_source_s_notation(path):
    cells = nbformat.read(path, as_version=4).cells
    (section,) = [cell.source for cell in cells if "## In five notations" in cell.source]
    tabs = re.findall(r"^:sync: (\w+)$", section, flags=re.MULTILINE)
    assert section.count("\n:sync-group: notation\n") == 1
    assert tabs == ["book", "johansen", "dmml", "zheng", "domke", "johnson"]
