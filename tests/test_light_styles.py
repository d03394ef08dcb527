"""Pages load one style sheet; of foreign ones it has the rules that they and scripts can use."""

import gzip
import re
from hashlib import sha256
from types import SimpleNamespace

import light_styles
import pytest
from browser import HTML

KNOWN = {"modal", "show", "toc", "w-1/2"}


@pytest.mark.parametrize(
    "style, wanted",
    [
        (".modal.show{top:0}", ".modal.show{top:0}"),
        (".modal.other{top:0}", ""),
        (".other, .modal{top:0}", " .modal{top:0}"),
        ("#toc>a:hover{top:0}", "#toc>a:hover{top:0}"),
        ("#other{top:0}", ""),
        ("html[class=other] p{top:0}", "html[class=other] p{top:0}"),
        ("p:not(.other, :is(.x)){top:0}", "p:not(.other, :is(.x)){top:0}"),
        (".bs-tooltip-auto{top:0}", ".bs-tooltip-auto{top:0}"),
        (r".w-1\/2{top:0}", r".w-1\/2{top:0}"),
        ("@media print{.modal{top:0}.other{top:0}}", "@media print{.modal{top:0}}"),
        ("@media print{ /* a */ p{top:0} /* b */ }", "@media print{p{top:0}}"),
        ("@supports (x:y){.other{top:0}}", ""),
        ("@font-face{src:url(a.woff)}", "@font-face{src:url(a.woff)}"),
        ("/* a comment */ p{top:0}", "p{top:0}"),
    ],
)
def test_a_rule_stays_if_pages_have_all_that_it_names(style, wanted):
    assert light_styles.light(style, KNOWN) == wanted


def test_words_of_pages_and_scripts_count(tmp_path):
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "page.html").write_text('<p class="one two-three">four</p>')
    (tmp_path / "script.js").write_text('box.classList.add("five")')
    (tmp_path / "notes.txt").write_text("six")
    assert light_styles.words(tmp_path) >= {"one", "two-three", "four", "five"}
    assert "six" not in light_styles.words(tmp_path)


PAGE = """<head><title>A</title>
<!-- first --><link href="../_static/styles/theme.css?digest=1" rel="stylesheet">
<link rel="stylesheet" type="text/css" href="../_static/own.css?v=2">
<link rel="icon" href="../_static/logo.svg"></head><body><p class="modal">A</p></body>
"""
SHEETS = {
    "styles/theme.css": '@charset "UTF-8";@import "../basic.css";.modal{src:url(../a/b.woff)}',
    "basic.css": "p{color:red} .unknown{color:blue}",
    "own.css": """.unknown:before{content:"\uf0c9→ a"} p{src:url("data:x/y,..");a:url('c.png')}""",
}
ONE = (
    "p{color:red}\n.modal{src:url(a/b.woff)}\n"
    """.unknown:before{content:"\\f0c9 \\2192  a"} p{src:url("data:x/y,..");a:url('c.png')}\n"""
)


@pytest.fixture
def out(tmp_path):
    """Return a folder with two pages that have the same style sheets."""
    for name, style in SHEETS.items():
        (tmp_path / "_static" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "_static" / name).write_text(style, encoding="utf-8")
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "page.html").write_text(PAGE)
    (tmp_path / "top.html").write_text(PAGE.replace("../", ""))
    (tmp_path / "bare.html").write_text("<p>no styles</p>")
    return tmp_path


def write(out, name="html", exception=None):
    light_styles.write(SimpleNamespace(builder=SimpleNamespace(name=name), outdir=out), exception)


def test_all_style_sheets_become_one_in_their_order(out):
    write(out)
    assert (out / "_static" / "style.css").read_text() == ONE
    digest = sha256(ONE.encode()).hexdigest()[:8]
    link = f'<link rel="stylesheet" href="../_static/style.css?v={digest}">'
    page = (out / "book" / "page.html").read_text()
    assert page == (
        f"<head><title>A</title>\n<!-- first -->{link}\n"
        '<link rel="icon" href="../_static/logo.svg"></head><body><p class="modal">A</p></body>\n'
    )
    assert (out / "top.html").read_text() == page.replace("../", "")
    assert (out / "bare.html").read_text() == "<p>no styles</p>"


def test_a_page_that_is_not_written_again_loads_the_new_sheet(out):
    write(out)
    before = (out / "book" / "page.html").read_text()
    write(out)  # no page was written
    assert (out / "book" / "page.html").read_text() == before
    (out / "top.html").write_text(PAGE.replace("../", ""))
    (out / "_static" / "own.css").write_text("p{color:green}")
    write(out)
    after = (out / "book" / "page.html").read_text()
    assert after != before
    assert after == (out / "top.html").read_text().replace("_static", "../_static")


@pytest.mark.parametrize("builder, exception", [("latex", None), ("html", ValueError())])
def test_other_builds_and_broken_ones_are_left_alone(out, builder, exception):
    write(out, builder, exception)
    assert (out / "book" / "page.html").read_text() == PAGE
    assert not (out / "_static" / "style.css").exists()


@pytest.mark.browser
def test_the_book_has_one_light_style_sheet():
    style = (HTML / "_static/style.css").read_bytes()
    assert len(gzip.compress(style, 6)) <= 75_000  # of which the letters of formulas are half
    names = set(re.findall(rb"\.(fa-[\w-]+):before", style))
    assert 5 <= len(names) <= 60
    for page in HTML.glob("book/*.html"):
        sheets = re.findall(r'<link [^>]*rel="stylesheet"[^>]*>', page.read_text("utf-8"))
        assert len(sheets) == 1
