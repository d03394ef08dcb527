"""What the site has around its chapters, with and without an address.

A tiny book is built twice with the real settings and extensions: once with both addresses empty,
once with both set. What needs an address must appear in the second and only there.
"""

import functools
import html
import http.server
import io
import json
import os
import re
import subprocess
import sys
import threading
import xml.etree.ElementTree as ET
from base64 import b64decode
from pathlib import Path
from types import SimpleNamespace
from urllib.error import HTTPError
from urllib.parse import unquote, urljoin, urlsplit
from urllib.request import urlopen

import execute
import first_figure
import icons
import nbformat
import pytest
import typeset
import yaml
from bs4 import BeautifulSoup
from fontTools.ttLib import TTFont
from IPython.core.inputtransformer2 import TransformerManager

ROOT = Path(__file__).resolve().parents[1]
SITE = "https://example.org/course/"
REPOSITORY = "https://github.example.org/someone/course"
PAGES = ["book/intro.html", "book/tiny.html"]
GENERATED = ["404.html", "genindex.html", "index.html", "search.html"]


def tiny_book(folder, site, repository):
    """Write a book of two pages that has the real settings, but for the addresses."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    config["execute"]["execute_notebooks"] = "off"
    config["html"]["baseurl"] = site
    config["repository"]["url"] = repository
    book = folder / "book"
    book.mkdir(parents=True)
    for name in ("_ext", "_static", "exercises", "ledger", "references.bib"):
        (book / name).symlink_to(ROOT / "book" / name)
    (folder / "_config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    (folder / "_toc.yml").write_text(
        "format: jb-book\nroot: book/intro\nchapters:\n  - file: book/tiny\n", encoding="utf-8"
    )
    (book / "intro.md").write_text("# Start\n\nA first *sentence*. Two.\n\n```{cover}\n```\n")
    cells = [
        nbformat.v4.new_markdown_cell("# A < B\n\n**Label.** It says $a < b$ & more.", id="a"),
        nbformat.v4.new_code_cell("1 + 1", execution_count=1, id="b"),
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    execute.place_install_cell(notebook, repository, "main")
    execute.normalise(notebook)
    nbformat.write(notebook, book / "tiny.ipynb")


@pytest.fixture(scope="module")
def books(tmp_path_factory):
    """Build both books, at the same time; return what is in them."""
    made = {}
    for state, site, repository in (("unset", "", ""), ("set", SITE[:-1], REPOSITORY + ".git/")):
        folder = tmp_path_factory.mktemp(state)
        tiny_book(folder, site, repository)
        program = "from jupyter_book.cli.main import main; main()"
        command = [sys.executable, "-c", program, "build", ".", "-n", "-W"]
        made[state] = SimpleNamespace(
            folder=folder,
            process=subprocess.Popen(
                command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
            ),
        )
    for book in made.values():
        book.log = book.process.communicate()[0]
        book.html = book.folder / "_build" / "html"
        book.text = {
            path.relative_to(book.html).as_posix(): path.read_text(encoding="utf-8")
            for path in [*book.html.glob("*.html"), *book.html.glob("book/*.html")]
        }
    return made


@pytest.fixture(params=["unset", "set"])
def book(request, books):
    return books[request.param]


def metas(page):
    """Return the <meta> elements of a page as {name or property: content}."""
    found = re.findall(r'<meta (?:name|property)="([^"]+)" content="([^"]*)"', page)
    return {name: html.unescape(content) for name, content in found}


def test_both_books_build_strictly(book):
    assert book.process.returncode == 0, book.log
    assert "WARNING" not in book.log
    assert sorted(book.text) == sorted(PAGES + GENERATED)


def test_every_page_has_a_title_and_a_description_of_its_own(book):
    titles, descriptions = set(), set()
    for name, page in book.text.items():
        (title,) = re.findall(r"<title>([^<]+)</title>", page)
        assert page.count('<meta name="description"') == 1, name
        assert title.endswith("Backpropagation, checked")
        assert 10 < len(metas(page)["description"]) <= 200
        if name != "index.html":  # it leads to the first page and is described as that
            titles.add(title)
            descriptions.add(metas(page)["description"])
    assert len(titles) == len(descriptions) == len(PAGES + GENERATED) - 1
    assert metas(book.text["book/intro.html"])["description"] == "A first sentence. Two."
    assert metas(book.text["book/tiny.html"])["description"] == "It says a < b & more."


def linked_data(page):
    """Return what a page says of itself as JSON-LD."""
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)
    return [json.loads(each) for each in found]


def test_pages_say_what_they_are_in_the_words_of_schema_org(book):
    for name, page in book.text.items():
        assert len(linked_data(page)) == (name in PAGES), name
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    (course,), (part,) = (linked_data(book.text[name]) for name in PAGES)
    assert course["@type"] == "Course"
    assert course["name"] == config["title"]
    assert course["author"] == {"@type": "Organization", "name": config["author"]}
    assert part["@type"] == "LearningResource"
    assert part["name"] == "A < B"
    assert [{key: part[key] for key in each} for each in course["hasPart"]] == course["hasPart"]
    assert [each["name"] for each in course["hasPart"]] == ["A < B"]
    assert {key: course.get(key) for key in part["isPartOf"]} == part["isPartOf"]
    for about, name in ((course, PAGES[0]), (part, PAGES[1])):
        assert about["@context"] == "https://schema.org"
        assert about["description"] == metas(book.text[name])["description"]
        assert about["inLanguage"] == BeautifulSoup(book.text[name], "html.parser").html["lang"]
        assert about["isAccessibleForFree"] is True
        assert about["license"] == "https://creativecommons.org/licenses/by/4.0/"
        assert about.get("url") == (SITE + name if SITE in book.text[name] else None)


def test_no_page_asks_another_host_for_anything(book):
    element = r"<(?:link|script|img|iframe|source)\b[^>]*>"
    for page in book.text.values():
        for each in re.findall(element, page):
            assert 'rel="canonical"' in each or not re.search(r'(?:src|href)="(?:https?:)?//', each)


def test_every_page_shows_the_icon_and_the_logo_is_readable_by_machines(book):
    for name, page in book.text.items():
        (icon,) = re.findall(r'<link rel="icon" href="([^"]+)"', page)
        if not icon.startswith("data:image/svg+xml;base64,"):
            assert (book.html / name).parent.joinpath(icon.split("?")[0]).resolve().is_file()
    logo = ET.parse(ROOT / "book" / "_static" / "logo.svg").getroot()
    assert logo.get("viewBox") == "0 0 64 64"
    brand = re.search(r'<a class="navbar-brand.*?</a>', book.text["book/tiny.html"], re.S)[0]
    assert "_static/logo.svg" in brand
    assert "Backpropagation, checked</p>" in brand


def test_the_font_of_icons_has_those_that_the_pages_name(book):
    static = book.html / "_static"
    known = icons.icons(static)
    named = {name for page in book.text.values() for name in re.findall(r"\bfa-[\w-]+", page)}
    style = (static / "icons.css").read_text(encoding="utf-8")
    small = io.BytesIO(b64decode(re.search(r"base64,([^\"]+)", style)[1]))
    whole, found = (set(TTFont(font).getBestCmap()) for font in (static / icons.FONT, small))
    codes = {known[name] for name in named & set(known)}
    assert found == codes & whole >= {0xF0C9, 0xF042}  # bars; a circle, half of it dark
    assert len(style) < 5000


def test_without_an_address_nothing_depends_on_one(books):
    book = books["unset"]
    for page in book.text.values():
        for word in (
            "canonical",
            "og:",
            "twitter:",
            "mybinder",
            "colab",
            "example.org",
            "git clone",
        ):
            assert word not in page, word
        assert "https://github" not in page
    assert not (book.html / "sitemap.xml").exists()
    assert not (book.html / "_static" / "card.png").exists()


def test_an_address_gives_canonical_links_and_link_previews(books):
    book = books["set"]
    for name in [*PAGES, "index.html"]:
        own = SITE + (PAGES[0] if name == "index.html" else name)
        page = book.text[name]
        assert re.findall(r'<link rel="canonical" href="([^"]+)"', page) == [own]
        tags = metas(page)
        assert tags["og:url"] == own
        assert tags["og:description"] == tags["description"]
        assert tags["og:image"] == SITE + "_static/card.png"
        assert (tags["og:image:width"], tags["og:image:height"]) == ("1200", "630")
    assert metas(book.text["book/tiny.html"])["og:title"] == "A < B"
    for name in set(GENERATED) - {"index.html"}:
        assert "canonical" not in book.text[name]
        assert metas(book.text[name])["robots"] == "noindex"
    card = (book.html / "_static" / "card.png").read_bytes()
    assert card[:8] == b"\x89PNG\r\n\x1a\n"
    assert [int.from_bytes(card[i : i + 4], "big") for i in (16, 20)] == [1200, 630]
    assert len(card) < 300_000


def test_the_sitemap_lists_the_pages_and_nothing_else(books):
    root = ET.parse(books["set"].html / "sitemap.xml").getroot()
    space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    assert sorted(e.text for e in root.iter(f"{space}loc")) == [SITE + page for page in PAGES]


def test_the_notebook_that_is_downloaded_runs_alone(book):
    page = book.text["book/tiny.html"]
    (link,) = re.findall(r'href="([^"]+)"[^>]*btn-download-source-button', page)
    downloaded = nbformat.read((book.html / "book" / link).resolve(), as_version=4)
    nbformat.validate(downloaded)
    committed = nbformat.read(book.folder / "book" / "tiny.ipynb", as_version=4)
    own = [cell for cell in committed.cells if cell.id != "install"]
    assert downloaded.cells[1:] == own  # test_live.py has the texts
    (wheel,) = (book.html / "_static").glob("*.whl")
    assert f"_static/{wheel.name}" in downloaded.cells[0].source
    assert (SITE in downloaded.cells[0].source) == (SITE in page)


def test_the_buttons_point_at_files_that_the_repository_has(books):
    page = books["set"].text["book/tiny.html"]
    links = [unquote(html.unescape(link)) for link in re.findall(r'href="(https://[^"]+)"', page)]
    after = {
        "binder": f"https://mybinder.org/v2/git/{REPOSITORY}/main?urlpath=lab/tree/",
        "colab": "https://colab.research.google.com/github/someone/course/blob/main/",
        "edit": f"{REPOSITORY}/edit/main/",
    }
    for name, start in after.items():
        (path,) = [link.removeprefix(start) for link in links if link.startswith(start)]
        assert (books["set"].folder / path).is_file(), name
    assert any(link.startswith(f"{REPOSITORY}/issues/new?") for link in links)
    # Binder installs what this file names: requirements.txt, and with it the library.
    binder = (ROOT / ".binder" / "requirements.txt").read_text(encoding="utf-8").split("\n")
    assert "-r ../requirements.txt" in binder
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").split("\n")
    assert "-e ." in lines
    assert any(line.startswith("ipywidgets") for line in lines)


def test_the_book_does_not_show_the_install_cell(books):
    book = books["set"]
    first = nbformat.read(book.folder / "book" / "tiny.ipynb", as_version=4).cells[0]
    assert first.id == "install"
    assert REPOSITORY in first.source
    for sign in ("find_spec", "git clone"):
        assert sign not in book.text["book/tiny.html"]


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serve the files of a folder below a prefix, and 404.html for what does not exist."""

    def translate_path(self, path):
        inside = path.startswith(self.server.prefix)
        name = urlsplit(path.removeprefix(self.server.prefix)).path if inside else "missing"
        path = Path(self.directory, unquote(name))
        return str(path / "index.html" if path.is_dir() else path)

    def send_head(self):
        if os.path.isfile(self.translate_path(self.path)):
            return super().send_head()
        self.send_response(404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        return Path(self.directory, "404.html").open("rb")

    def log_message(self, *args):
        pass


@pytest.fixture
def serve():
    """Serve a folder on loopback under a prefix; return the address of the host."""
    servers = []

    def start(folder, prefix):
        handler = functools.partial(Handler, directory=str(folder))
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.prefix = prefix
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server, thread in servers:
        server.shutdown()
        server.server_close()
        thread.join()


def get(address):
    """Return the status and the text of a page."""
    try:
        with urlopen(address, timeout=600) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


@pytest.mark.parametrize("path", ["gone", "gone.html", "book/gone.html", "book/"])
@pytest.mark.parametrize(
    ("state", "prefix"), [("set", "/course/"), ("unset", "/"), ("unset", "/any/folder/")]
)
def test_a_missing_page_leads_back_from_any_folder(books, serve, state, prefix, path):
    here = serve(books[state].html, prefix) + prefix + path
    status, page = get(here)
    assert status == 404
    assert "Page not found</h1>" in page
    resources = re.findall(r'(?:src|link[^>]* href)="([^"]+)"', page)
    assert all(each.startswith("data:") for each in resources)
    links = re.findall(r'<a href="([^"]+)"', page)
    answers = [get(urljoin(here, link))[0] for link in links]
    if state == "set":
        assert len(links) == len(PAGES)
        assert set(answers) == {200}
    else:
        assert 200 in answers


def test_the_font_of_formulas_was_written_when_all_of_them_had_been_set(book):
    kept = typeset.Typesetter({}, next(book.folder.glob("_build/**/typeset.json")))
    style = (book.html / "_static/typeset.css").read_text(encoding="utf-8")
    assert kept.known and kept.style() == style
    kept.mathjax.close()


def test_the_install_cell_is_inserted_renewed_and_removed():
    own = [nbformat.v4.new_markdown_cell("# T", id="x"), nbformat.v4.new_code_cell("1", id="y")]
    notebook = nbformat.v4.new_notebook(cells=list(own))
    for url in ("https://example.org/a/b", "https://example.org/a/b", "https://example.org/c/d"):
        execute.place_install_cell(notebook, url, "main")
        execute.normalise(notebook)
        nbformat.validate(notebook)
        assert [cell.id for cell in notebook.cells] == ["install", "cell-001", "cell-002"]
        assert f'address = "{url}"' in notebook.cells[0].source
        assert notebook.cells[0].metadata == {"tags": ["remove-cell"]}
    execute.place_install_cell(notebook, "", "main")
    execute.normalise(notebook)
    assert notebook.cells == own


def run_install_cell():
    """Run the install cell as IPython would; return the commands it gives."""
    commands = []
    shell = SimpleNamespace(
        system=commands.append,
        run_line_magic=lambda name, line: commands.append(f"{name} {line}"),
    )
    source = execute.INSTALL.format(url=REPOSITORY, branch="main")
    names = {"get_ipython": lambda: shell}
    exec(TransformerManager().transform_cell(source), names)
    return [command.replace("$address", names["address"]) for command in commands]


def test_the_install_cell_does_nothing_where_the_library_is(monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = list(sys.path)
    assert run_install_cell() == []
    assert sys.path == before


def test_the_install_cell_fetches_the_course_where_it_is_not(monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setitem(sys.modules, "nnlab", None)
    assert run_install_cell() == [
        f"git clone --quiet --depth 1 --branch main {REPOSITORY} course",
        "pip install --quiet --editable ./course",
    ]
    assert sys.path[-2:] == ["course", "course/book"]


@pytest.mark.parametrize("path", sorted(ROOT.glob("book/*.ipynb")), ids=lambda path: path.stem)
def test_committed_notebooks_have_the_install_cell_of_the_settings(path):
    url, branch = execute.repository()
    expected = nbformat.v4.new_notebook()
    execute.place_install_cell(expected, url, branch)
    cells = nbformat.read(path, as_version=4).cells
    installing = [
        cell.source for cell in cells if "git clone" in cell.source or cell.id == "install"
    ]
    assert installing == [cell.source for cell in expected.cells]
    assert not installing or cells[0].id == "install"


def test_the_first_page_has_the_cover_as_it_is_computed_here(books):
    made = BeautifulSoup(first_figure.figure(first_figure.numbers()), "html.parser")
    page = BeautifulSoup(books["unset"].text["book/intro.html"], "html.parser")
    assert page.select("figure.cover") == [made.figure]
