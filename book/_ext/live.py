"""Sphinx extension: notebooks that run elsewhere, alone in a folder.

What the button "Download" of a page gives is its notebook with a first cell
that installs the course's own Python, a wheel beside the pages, and fetches the
digits where they are needed. Both come from the address in _config.yml, ``html:
baseurl``. Where it is empty, the cell says what is needed.

``python book/_ext/live.py FOLDER`` makes a copy for a reader's own work, which
git does not see. A notebook that is there already stays as it is.

What only Sphinx knows is written out in both: labels of citations, and where
an equation stands that belongs to another page.
"""

import json
import os
import re
import sys
from base64 import urlsafe_b64encode
from email.message import Message
from functools import cache
from hashlib import sha256
from importlib.metadata import metadata
from pathlib import Path

import nbformat
import python_in_page
from citation_labels import AuthorAndYear
from pybtex.database import parse_file

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "book"
DIGITS = BOOK / "data/mnist.npz"
KINDS = ".py", ".typed", ".mplstyle", ".md", ".json", ".npy"  # in the wheel
# Of an equation, of what follows, of a box.
LABEL = r"^(?:\$\$ )?(?:\(|:name: )([\w.-]+)(?:\)=?)?$"

INSTALL = """\
# Where the course is not installed, this installs its Python.
from importlib.util import find_spec

if find_spec("exercises") is None:
    %pip install --quiet {wheel}"""
FETCH = """

# The digits, 11 MB, once: the file with this SHA-256 sum and no other.
from hashlib import sha256
from pathlib import Path
from urllib.request import urlopen

if not Path("data/mnist.npz").exists():
    content = urlopen("{digits}").read()
    assert sha256(content).hexdigest() == (
        "{sum}"
    )
    Path("data").mkdir(exist_ok=True)
    Path("data/mnist.npz").write_bytes(content)"""
NEEDED = """\
from importlib.util import find_spec

if find_spec("exercises") is None:
    raise ModuleNotFoundError(
        "This notebook needs the Python of its course, in the built book: "
        "%pip install COURSE/_build/html/{wheel}, where "
        "COURSE is the folder of the course. The digits are in "
        "COURSE/book/data: set the environment variable NNLAB_DATA to it."
    )"""
BESIDE = """\
import sys

sys.path.append({path})  # the course's own Python"""


def course_files():
    """Return what the notebooks import, as {name in the wheel: content}."""
    files = {path: ROOT for path in ROOT.glob("nnlab/**/*.*")}
    for name in "exercises", "ledger", "studies":
        files |= {path: BOOK for path in BOOK.glob(f"{name}/*.*")}
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path, root in files.items()
        if path.suffix in KINDS
    }


@cache
def wheel():
    """Return the name and the content of the wheel with the course's Python.

    That is a zip archive of the files and of three that describe it: no tool
    is needed, nor the network that tools would use. It is the same each time.
    """
    nnlab, about = metadata("nnlab"), Message()
    about["Metadata-Version"] = "2.1"
    about["Name"], about["Version"] = "nnlab-course", nnlab["Version"]
    about["Summary"] = "What the notebooks of a course on backpropagation use."
    about["License"] = "MIT AND CC-BY-4.0"
    about["Requires-Python"] = nnlab["Requires-Python"]
    needed = nnlab.get_all("Requires-Dist")
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    needed += [each for each in lines if each.startswith(("sympy", "mpmath"))]
    for each in needed:
        if "extra ==" not in each:
            about["Requires-Dist"] = each
    stem = f"nnlab_course-{nnlab['Version']}"
    files = course_files()
    for name in "LICENSE", "LICENSE-TEXT":
        files[f"{stem}.dist-info/{name}"] = (ROOT / name).read_bytes()
    files[f"{stem}.dist-info/METADATA"] = about.as_bytes()
    files[f"{stem}.dist-info/WHEEL"] = (
        b"Wheel-Version: 1.0\nGenerator: live.py\n"
        b"Root-Is-Purelib: true\nTag: py3-none-any\n"
    )
    record = ""
    for name, content in files.items():
        digest = urlsafe_b64encode(sha256(content).digest()).decode()
        record += f"{name},sha256={digest.rstrip('=')},{len(content)}\n"
    record += f"{stem}.dist-info/RECORD,,\n"
    files[f"{stem}.dist-info/RECORD"] = record.encode()
    return f"{stem}-py3-none-any.whl", python_in_page.packed(files)


def first_cell(code, baseurl):
    """Return what the first cell of a download says, for the code below it."""
    file = f"_static/{wheel()[0]}"
    if not baseurl:
        return NEEDED.format(wheel=file)
    source = INSTALL.format(wheel=baseurl + file)
    if "digits" in python_in_page.needed(code):
        known = sha256(DIGITS.read_bytes()).hexdigest()
        file = f"{python_in_page.DATA}/digits-{known[:12]}.npz"
        source += FETCH.format(digits=baseurl + file, sum=known)
    return source


@cache
def labels():
    """Return the page of each label, and the labels of the citations."""
    pages = {}
    for path in sorted([*BOOK.glob("*.ipynb"), *BOOK.glob("*.md")]):
        text = path.read_text("utf-8")
        if path.suffix == ".ipynb":
            cells = nbformat.reads(text, as_version=4).cells
            text = "\n".join(cell.source for cell in cells)
        found = re.findall(LABEL, text, re.MULTILINE)
        pages |= dict.fromkeys(found, path)
    entries = [*parse_file(BOOK / "references.bib").entries.values()]
    names = AuthorAndYear().format_labels(entries)
    return pages, {each.key: name for each, name in zip(entries, names)}


def text_of(source, own, link):
    """Return a text in which is written out what only Sphinx knows.

    `own` is the notebook's path; `link` gives the address of another page.
    """
    pages, cited = labels()

    def citation(match):
        names = [cited[key.strip()] for key in match[1].split(",")]
        return f"({'; '.join(names)})"

    def role(match):
        label = match[2]
        words = match[1] or f"({label.removeprefix('eq-')})"
        page = pages.get(label, own)
        return match[0] if page == own else f"[{words}]({link(page, label)})"

    def target(match):
        page = pages.get(match[1], BOOK / match[1])
        known = page != own and page.is_file()
        return f"]({link(page, match[1])})" if known else match[0]

    source = re.sub(r"\{cite:p\}`([^`]+)`", citation, source)
    source = re.sub(r"\{numref\}`[^`]+`", "an earlier figure", source)
    source = re.sub(r"\{(?:eq|ref)\}`(?:([^`<]+) <)?([\w.-]+)>?`", role, source)
    return re.sub(r"\]\(([\w.-]+)\)", target, source)


def elsewhere(path, link, first):
    """Return a notebook to be run elsewhere.

    `first` makes the source of its first cell from all its code.
    """
    notebook = nbformat.read(path, as_version=4)
    cells = [cell for cell in notebook.cells if cell.get("id") != "install"]
    for cell in cells:
        if cell.cell_type == "markdown":
            cell.source = text_of(cell.source, path, link)
    code = "\n".join(c.source for c in cells if c.cell_type == "code")
    start = nbformat.v4.new_code_cell(first(code), id="install")
    notebook.cells = [start, *cells]
    return notebook


def downloads(paths, out, baseurl):
    """Write what the pages' buttons give: notebooks, a wheel, the digits.

    `paths` are those of the notebooks by their pages; `out` is the site.
    """

    def link(page, label):
        if not baseurl:
            return page.name
        place = f"#equation-{label}" if label.startswith("eq-") else ""
        return f"{baseurl}book/{page.stem}.html{place}"

    def first(code):
        return first_cell(code, baseurl)

    name, content = wheel()
    (out / "_static" / name).write_bytes(content)
    if baseurl:
        folder = out / python_in_page.DATA
        folder.mkdir(exist_ok=True)
        python_in_page.store(folder, "digits.npz", DIGITS.read_bytes())
    for page, path in paths.items():
        notebook = elsewhere(path, link, first)
        nbformat.write(notebook, out / "_sources" / f"{page}.ipynb")


def copy(folder):
    """Copy the notebooks for a reader's own work; keep what is there."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".gitignore").write_text("*\n", "utf-8")  # git sees nothing here
    beside = Path(os.path.relpath(BOOK, folder)).as_posix()

    def link(page, label):
        notebook = page.suffix == ".ipynb"
        return page.name if notebook else f"{beside}/{page.name}"

    def first(code):
        return BESIDE.format(path=json.dumps(beside))

    for path in sorted(BOOK.glob("*.ipynb")):
        if not (folder / path.name).exists():
            notebook = elsewhere(path, link, first)
            nbformat.write(notebook, folder / path.name)


def write_downloads(app, exception):
    """Put the notebooks in the place of their sources, which Sphinx copies."""
    if app.builder.name == "html" and not exception:
        paths = {p: Path(app.env.doc2path(p)) for p in app.env.found_docs}
        paths = {p: f for p, f in paths.items() if f.suffix == ".ipynb"}
        downloads(paths, Path(app.outdir), app.config.html_baseurl)


def setup(app):
    """Write the downloads at the end, before offline.py takes a digest."""
    app.connect("build-finished", write_downloads)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


if __name__ == "__main__":
    for name in sys.argv[1:]:
        copy(Path(name))
