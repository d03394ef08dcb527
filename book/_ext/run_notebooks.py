"""Sphinx extension: run the notebooks, side by side, and keep what they show.

A notebook runs when its code has changed, or something that its code uses: the
library, the book's Python, its data, the installed packages. Else the outputs
of the last time are taken, from files in _build that are named after a digest
of all that. Sphinx alone would not notice a change in nnlab.

A kernel sends long output in pieces, cut at any place. MyST-NB ends each piece
with a new line when it joins them (nb_merge_streams), so that now and then a
line is broken in two. Here the pieces are joined unchanged.

The kernels draw every frame of the sliders (nnlab.explore), and all figures in
SVG, which pictures.py puts into the colours of the page.
"""

import copy
import os
import platform
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache, cached_property, partial
from hashlib import sha256
from importlib.metadata import distributions
from pathlib import Path

import jupyter_cache.executors.utils as executor
import kernels
import myst_nb.core.execute
import myst_nb.core.render
import nbformat
from myst_nb.core.execute import ExecutionError, NotebookClientDirect
from sphinx.util.logging import getLogger

BOOK = Path(__file__).resolve().parents[1]
logger = getLogger(__name__)


def join_streams(outputs):
    """Join the pieces of each stream; the other outputs stay as they are."""
    joined, streams = [], {}
    for output in outputs:
        name = output.get("name", "") if output.output_type == "stream" else ""
        if name in streams:
            streams[name]["text"] += output["text"]
        else:
            joined.append(copy.copy(output))
            if name:
                streams[name] = joined[-1]
    return joined


def digest_of_files(root):
    """Return a digest of the files that the notebooks' code may use."""
    files = [*root.glob("nnlab/**/*"), *root.glob("book/*/**/*")]
    files += [*root.glob("book/*.py"), root / "book/_ext/kernels.py"]
    found = sha256()
    for path in sorted(set(files)):
        inside = path.relative_to(root).as_posix()
        hidden = "__pycache__" in inside or "/." in inside  # ruff has one, too
        unused = hidden or inside.startswith(("book/_static", "book/awake"))
        unused = unused or path in tasks_of(path.stem, root)
        extension = inside.startswith("book/_ext") and path.stem != "kernels"
        if path.is_file() and not (unused or extension):
            found.update(inside.encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()


def tasks_of(chapter, root):
    """Return the files with a chapter's tasks, which no other chapter uses."""
    if not (root / f"book/{chapter}.ipynb").exists():
        return []
    return sorted((root / "book/exercises").glob(f"{chapter}.*"))


@cache
def surroundings():
    """Return a digest of what all notebooks depend on."""
    packages = sorted({f"{d.name} {d.version}" for d in distributions()})
    parts = [platform.python_version(), *packages, digest_of_files(BOOK.parent)]
    return sha256("\n".join(parts).encode()).hexdigest()


def digest(notebook, chapter):
    """Return a digest of what the outputs of a chapter's notebook depend on."""
    code = [c.source for c in notebook.cells if c.cell_type == "code"]
    files = tasks_of(chapter, BOOK.parent)
    code += [path.read_text(encoding="utf-8") for path in files]
    return sha256("\0".join([surroundings(), *code]).encode()).hexdigest()[:16]


class Client(NotebookClientDirect):
    """Execute a notebook, or take what it showed when nothing was different."""

    folder = None  # set by `side_by_side`

    @cached_property
    def kept(self):
        """The file with the outputs, whether it is there or not."""
        chapter = Path(self.path).stem
        name = f"{chapter}-{digest(self.notebook, chapter)}.ipynb"
        return self.folder / name

    def start_client(self):
        """Fill in the outputs."""
        kept = self.kept
        if kept.exists():
            cells = nbformat.read(kept, as_version=4).cells
            code = [cell for cell in cells if cell.cell_type == "code"]
            own = [c for c in self.notebook.cells if c.cell_type == "code"]
            for cell, before in zip(own, code):
                cell.outputs = before.outputs
                cell.execution_count = before.execution_count
            return
        super().start_client()  # raises an error if a cell does
        for old in self.folder.glob(f"{Path(self.path).stem}-*.ipynb"):
            old.unlink()
        nbformat.write(self.notebook, kept)


def pages_to_read_again(app, env, added, changed, removed):
    """Return the notebooks that show something else than in the last build."""
    paths = {page: Path(env.doc2path(page)) for page in env.found_docs}
    paths = {p: f for p, f in paths.items() if f.suffix == ".ipynb"}
    now = {p: digest(nbformat.read(f, 4), f.stem) for p, f in paths.items()}
    before = getattr(env, "digests_of_notebooks", {})
    env.digests_of_notebooks = now
    return [page for page in now if now[page] != before.get(page)]


def side_by_side(app, env, pages):
    """Run the notebooks that have to be run, one on each core."""
    if env.mystnb_config.execution_mode != "force":
        return
    Client.folder = Path(app.outdir).parent / "executed"
    Client.folder.mkdir(exist_ok=True)

    def run(path):
        notebook = nbformat.read(path, as_version=4)
        client = Client(notebook, path, env.mystnb_config, logger)
        if not client.kept.exists():
            with suppress(ExecutionError):  # it comes again with the page
                client.start_client()

    paths = [Path(env.doc2path(page)) for page in pages]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(run, (p for p in paths if p.suffix == ".ipynb")))


def setup(app):
    """Register what is above; put it in place of what MyST-NB does."""
    kernels.prepare("all")
    app.connect("env-get-outdated", pages_to_read_again)
    app.connect("env-before-read-docs", side_by_side)
    assert callable(myst_nb.core.render.coalesce_streams)
    myst_nb.core.render.coalesce_streams = join_streams
    assert issubclass(Client, myst_nb.core.execute.NotebookClientDirect)
    myst_nb.core.execute.NotebookClientDirect = Client
    executor.executenb = partial(
        executor.executenb, extra_arguments=kernels.DRAWINGS
    )
    return {"parallel_read_safe": True, "parallel_write_safe": True}
