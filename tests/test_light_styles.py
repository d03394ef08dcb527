"""Of foreign style sheets, the book keeps the rules that its pages and scripts can use."""

import gzip
import re

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
        ("@supports (x:y){.other{top:0}}", ""),
        ("@font-face{src:url(a.woff)}", "@font-face{src:url(a.woff)}"),
        (r'.modal:before{content:"\f0c9"}', r'.modal:before{content:"\00f0c9"}'),
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


@pytest.mark.browser
def test_the_theme_of_the_book_is_light():
    style = (HTML / "_static/styles/pydata-sphinx-theme.css").read_bytes()
    assert len(gzip.compress(style, 6)) <= 25_000
    names = set(re.findall(rb"\.(fa-[\w-]+):before", style))
    assert 5 <= len(names) <= 60
