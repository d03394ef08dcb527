"""Repairs of the theme: what becomes of formulas in the text, and of finished pages."""

import re
from pathlib import Path
from types import SimpleNamespace

import pydata_sphinx_theme
import pytest
import theme_repairs
from bs4 import BeautifulSoup
from docutils import nodes
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from pygments.styles import get_style_by_name
from pygments.token import STANDARD_TYPES
from sphinx_app import application


def parsed(html):
    return BeautifulSoup(html, "html.parser")


def repaired(html, repair):
    """Return what a repair makes of a piece of a page."""
    page = parsed(html)
    repair(page)
    return str(page)


@pytest.mark.parametrize(
    ("after", "mark"),
    [
        (", and more", ","),
        ("-th, say", "-th,"),
        ("th step", "th"),
        (".)", ".)"),
        ("thus", ""),
        (" and", ""),
        ("(z)", ""),
        ("[1].", ""),
    ],
)
def test_a_formula_keeps_the_marks_that_touch_it(after, mark):
    formula, rest = nodes.math("k", "k"), [nodes.emphasis("", "so"), nodes.Text(".")]
    paragraph = nodes.paragraph("", "the ", formula, nodes.Text(after), *rest)
    theme_repairs.keep_punctuation(None, paragraph)
    assert paragraph.astext() == f"the k{after}so."
    assert paragraph.children[-2:] == rest
    lines = list(paragraph.findall(nodes.inline))
    assert [line.astext() for line in lines] == [f"k{mark}"] * bool(mark)
    for line in lines:
        assert line["classes"] == ["together"]
        assert isinstance(line[0], nodes.math)


def test_a_formula_without_text_behind_it_stays_alone():
    pair = nodes.math("a", "a"), nodes.math("b", "b")
    paragraph = nodes.paragraph("", "", *pair, nodes.emphasis("", ","))
    theme_repairs.keep_punctuation(None, paragraph)
    assert not list(paragraph.findall(nodes.inline))


CODE = """from numpy import tanh as f  # the slope
@staticmethod
def say(z, *, wide=0x1F):
    'Say it.'
    if z not in {1.5, 2} and f(z) is not None:
        raise ValueError(rf"{z:.2f}\\n" "!")
class A(Exception): ...
"""


@pytest.mark.parametrize("style", ["a11y-high-contrast-light", "a11y-high-contrast-dark"])
def test_code_keeps_text_and_colours_with_half_the_elements(style):
    html = highlight(CODE, PythonLexer(), HtmlFormatter())
    of_kind = {kind: token for token, kind in STANDARD_TYPES.items()}

    def coloured(html):
        """Return the letters with their colours."""
        pre = parsed(re.sub(theme_repairs.PLAIN, r"\1", html)).pre
        token = get_style_by_name(style).style_for_token
        return [
            (letter, part.parent != pre and token(of_kind[part.parent["class"][0]])["color"])
            for part in pre.find_all(string=True)
            for letter in part
            if not letter.isspace()
        ]

    light = theme_repairs.light_code(html)
    assert coloured(light) == coloured(html)
    assert parsed(light).text == parsed(html).text
    assert light.count("<span") < html.count("<span") / 2


UNUSED = [
    '<script src="../_static/scripts/fontawesome.js?digest=1"></script>',
    '<link href="_static/scripts/fontawesome.js" rel="preload"/>',
    '<script type="text/x-thebe-config">{}</script>',
    "<script>let toggleHint = 1;</script>",
    '<div id="ethical-ad-placement">Ad</div>',
    '<div id="jb-print-docs-body"><h1>A</h1></div>',
]
USED = [
    '<script src="../_static/book.js"></script>',
    '<link href="../_static/book.css" rel="stylesheet"/>',
    f"<script>{'it();' * 300} // thebe</script>",
    '<div id="pst-back-to-top"></div>',
]


@pytest.mark.parametrize("html", UNUSED + USED)
def test_scripts_and_places_that_no_page_uses_are_left_out(html):
    found = repaired(f"<p>A</p>{html}", theme_repairs.drop_unused)
    assert found == "<p>A</p>" + html * (html in USED)


def test_scripts_of_the_head_wait_but_for_those_that_come_first():
    names = ["documentation_options", "sliders", "book"]
    files = "".join(f'<script src="_static/{name}.js?v=1"></script>' for name in names)
    page = parsed(f"<head><script>now()</script>{files}</head>")
    theme_repairs.scripts_wait(page)
    assert [script.has_attr("defer") for script in page("script")] == [False, False, False, True]


def test_a_page_begins_as_the_system_is_unless_the_reader_has_chosen():
    first = 'document.documentElement.dataset.theme = localStorage.getItem("theme") || "auto";'
    head = f'<head><script src="a.js"></script><script>{first}</script><script>a()</script></head>'
    page = parsed(f"<html>{head}</html>")
    theme_repairs.theme_of_the_system(page)
    assert page.html["data-theme"] == "light"
    source, theme, other = page("script")
    begins = """("theme") || (matchMedia('(prefers-color-scheme: dark)').matches ? "dark" : """
    assert begins + '"light");' in theme.string
    assert (source.string, other.string) == (None, "a()")


def test_before_any_script_runs_a_browser_that_keeps_nothing_is_dealt_with():
    page = parsed("<head><title>A</title><script>localStorage.a = 1</script></head>")
    theme_repairs.where_nothing_is_kept(page)
    assert "sessionStorage" in page.head.find(True).string
    assert len(page("script")) == 2


@pytest.mark.parametrize(
    ("html", "wanted"),
    [
        (
            '<button aria-label="Search" class="search-button-field" type="button">Find</button>',
            '<button class="search-button-field" type="button">Find</button>',
        ),
        ('<summary aria-label="Toggle">Code</summary>', "<summary>Code</summary>"),
        (
            '<dialog id="pst-search-dialog"></dialog>',
            '<dialog aria-label="Search" id="pst-search-dialog"></dialog>',
        ),
        (
            '<i class="fa-solid fa-bars"></i>',
            '<i aria-hidden="true" class="fa-solid fa-bars"></i>',
        ),
        ('<i class="alfa-b"></i>', '<i class="alfa-b"></i>'),
        ("<button>Go</button>", '<button type="button">Go</button>'),
        ('<button type="submit">Go</button>', '<button type="submit">Go</button>'),
        (
            '<form class="task-form"><button>Check</button></form>',
            '<form class="task-form"><button>Check</button></form>',
        ),
        (
            '<form class="search"><button>Search</button></form>',
            '<form class="search"><button type="button">Search</button></form>',
        ),
        (
            '<button title="Fullscreen mode" type="button"> \n</button>',
            '<button aria-label="Fill the screen" title="Fill the screen" type="button"> \n'
            "</button>",
        ),
        (
            '<button title="Print" type="button">Paper</button>',
            '<button title="Print" type="button">Paper</button>',
        ),
        (
            '<button aria-label="Own" title="Print" type="button"></button>',
            '<button aria-label="Own" title="Print" type="button"></button>',
        ),
        ('<button type="button"><b></b></button>', '<button type="button"><b></b></button>'),
    ],
)
def test_what_is_read_aloud_is_what_is_shown(html, wanted):
    assert repaired(html, theme_repairs.name_the_controls) == str(parsed(wanted))


def test_everything_stands_in_a_landmark():
    html = '<div id="pst-primary-sidebar"></div><button id="pst-back-to-top">Top</button>'
    page = parsed(f'{html}<main role="main"><p>A</p></main>')
    theme_repairs.landmarks(page)
    assert page.div["role"] == "complementary" and page.div["aria-label"] == "Book"
    assert str(page.main) == '<main><p>A</p><button id="pst-back-to-top">Top</button></main>'
    assert len(page("button")) == 1


def test_only_lists_are_lists():
    definition = '<dl><dt class="sig">f(<dl><dd>a,</dd></dl>)</dt><dd>Text</dd></dl>'
    assert repaired(definition, theme_repairs.lists) == (
        '<dl><dt class="sig">f(<span class="sig-lines"><span class="sig-line">a,</span></span>)'
        "</dt><dd>Text</dd></dl>"
    )
    citation = '<div role="doc-biblioentry">A</div>'
    assert repaired(citation, theme_repairs.lists) == '<div role="listitem">A</div>'


@pytest.mark.parametrize(
    ("corner", "wanted", "first"),
    [
        ("<th> <p>\n</p></th>", "<td> <p>\n</p></td>", '<th scope="row">b</th>'),
        ("<th>name</th>", '<th scope="col">name</th>', "<td>b</td>"),
        ("<td></td>", "<td></td>", "<td>b</td>"),
        ("<td>name</td>", "<td>name</td>", "<td>b</td>"),
    ],
)
def test_under_an_empty_corner_the_first_column_has_the_heads_of_the_rows(corner, wanted, first):
    def table(corner, scope, first):
        heads = f"<thead><tr>{corner}<th{scope}>a</th></tr></thead>"
        return f"<table>{heads}<tbody><tr>{first}<td>1</td></tr></tbody></table>"

    html = repaired(table(corner, "", "<td>b</td>"), theme_repairs.table_heads)
    assert html == table(wanted, ' scope="col"', first)


def folded(code, output="", tag="tag_hide-input"):
    """Return the HTML of a folded code cell."""
    shown = f'<div class="cell_output">{output}</div>' if output else ""
    inside, outside = (shown, "") if tag == "tag_hide-cell" else ("", shown)
    fold = f'<details class="hide"><summary>Code</summary><pre>{code}</pre>{inside}</details>'
    return f'<div class="cell {tag}">{fold}{outside}</div>\n'


def test_folded_cells_in_a_row_become_one_fold_unless_one_of_them_shows_something():
    cells = [folded("a"), folded("b"), folded("c", "1"), folded("d"), "<p>Text</p>", folded("e")]
    cells += ['<div class="cell"><pre>open</pre></div>', folded("f", "2", "tag_hide-cell")]
    cells += [folded("g", "3", "tag_hide-cell"), folded("h")]
    page = parsed("".join(cells))
    theme_repairs.one_fold(page)
    found = [[pre.string for pre in cell("pre")] for cell in page.select("div.cell")]
    assert found == [["a", "b", "c"], ["d"], ["e"], ["open"], ["f", "g"], ["h"]]
    assert len(page("summary")) == 5
    assert [each.string for each in page.select(".cell_output")] == ["1", "2", "3"]


@pytest.mark.parametrize(
    "after",
    [
        folded("b").replace("cell ", "admonition "),
        f'<div class="cell"><pre>b</pre><div class="cell_output">{folded("c")}</div></div>',
    ],
)
def test_what_is_no_folded_cell_is_not_folded_with_one(after):
    html = str(parsed(folded("a") + after))
    assert repaired(html, theme_repairs.one_fold) == html


def test_the_style_sheet_draws_the_chevrons_of_folds():
    html = '<summary>A<span class="sd-summary-state-marker"><svg></svg></span></summary>'
    assert repaired(html, theme_repairs.chevrons) == html.replace("<svg></svg>", "")


@pytest.mark.parametrize(
    ("html", "wanted"),
    [
        ('<summary><p class="a">A</p></summary>', '<summary><span class="a">A</span></summary>'),
        ("<details><p>A</p></details>", "<details><p>A</p></details>"),
        ("<p><ul><li>A</li></ul></p>", "<ul><li>A</li></ul>"),
        ("<div><ul><li>A</li></ul></div>", "<div><ul><li>A</li></ul></div>"),
        ('<input autocorrect="off" name="q"/>', '<input name="q"/>'),
    ],
)
def test_elements_and_attributes_are_those_that_html_allows(html, wanted):
    assert repaired(html, theme_repairs.as_html_allows) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a  1\nb  2\n", True),
        ("a  1\nwords only\nb    2", True),
        ("a  1\nb 2\n", False),
        ("  a 1\n  b 2  \n", False),
    ],
)
def test_outputs_in_columns_are_known_by_the_gaps_in_two_lines(text, wanted):
    page = parsed(f'<div class="output stream"><pre>{text}</pre></div><div>a  1\nb  2</div>')
    theme_repairs.columns(page)
    assert page.div["class"] == ["output", "stream"] + ["columns"] * wanted
    assert not page("div")[1].attrs


def test_a_slider_comes_before_its_code_and_has_its_shape():
    figure = '<figure class="explore"><img height="400" width="600"/></figure>'
    output = f'<div class="cell_output"><div class="html">{figure}</div></div>'
    page = parsed(f'<div class="cell"><div class="cell_input">plot()</div>{output}</div>')
    theme_repairs.sliders_first(page)
    assert [part["class"] for part in page.div(recursive=False)] == [
        ["cell_output"],
        ["cell_input"],
    ]
    assert page.figure["style"] == "--shape: 1.5"


def test_contents_follow_the_reader_by_the_script_of_the_book():
    html = '<body class="a" data-bs-spy="scroll"></body>'
    assert repaired(html, theme_repairs.contents_later) == '<body class="a"></body>'


NAME = "static/scripts/pydata-sphinx-theme.js"
SCRIPT = Path(pydata_sphinx_theme.__file__).with_name("theme") / "pydata_sphinx_theme" / NAME


@pytest.fixture
def theme(tmp_path):
    """Give the theme's script as Sphinx copies it."""
    script = tmp_path / f"_{NAME}"
    script.parent.mkdir(parents=True)
    script.write_bytes(SCRIPT.read_bytes())
    return script


def test_boxes_that_scroll_are_left_to_the_script_of_the_book(theme, tmp_path):
    before = theme.read_text(encoding="utf-8")
    (measured,) = re.findall(r'\["pre",".*?\]\.join\(", "\)', before)
    application(theme_repairs, outdir=tmp_path).emit("build-finished", None)
    assert theme.read_text(encoding="utf-8") == before.replace(measured, '":not(*)"')


def test_a_build_that_failed_or_has_no_such_theme_leaves_the_script_alone(theme, tmp_path):
    app = application(theme_repairs, outdir=tmp_path)
    app.emit("build-finished", ValueError())
    assert theme.read_bytes() == SCRIPT.read_bytes()
    theme.unlink()
    app.emit("build-finished", None)
    assert not theme.exists()


PAGE = """<!DOCTYPE html>
<html><head></head><body data-bs-spy="scroll"><main>{{ body }}</main></body></html>"""
BODY = """<div class="math" id="equation-a">a &lt; b</div><br/>
<script defer="defer" src="a.js"></script><input type="checkbox" name="b" checked="checked"/>
<span class="n">x</span>"""


def test_finished_pages_are_repaired_and_what_is_no_page_stays(tmp_path):
    app = application(theme_repairs, translator=None)
    assert app.config.template_bridge == "theme_repairs.Templates"
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "page.html").write_text(PAGE)
    (folder / "part.xml").write_text("<urls><n>{{ body }}</n></urls>")
    config = SimpleNamespace(templates_path=["templates"])
    templates = theme_repairs.Templates()
    templates.init(SimpleNamespace(app=app, confdir=tmp_path, config=config, outdir=tmp_path))
    context = {"pagename": "book/a", "body": BODY}
    assert templates.render("part.xml", context) == f"<urls><n>{BODY}</n></urls>"
    html = templates.render("page.html", context)
    assert '<script defer src="a.js">' in html  # in the order in which they were written
    assert '<input type="checkbox" name="b" checked>\nx</main>' in html
    assert '<div class="math" id="equation-a">a &lt; b</div><br>' in html
    page = parsed(html)
    assert page.html["data-theme"] == "light" and not page.body.attrs
    shown = (tmp_path / "_static/previews/book/a.js").read_text(encoding="utf-8")
    assert "equation-a" in shown


def test_paragraphs_are_read_with_their_formulas_kept_together():
    paragraph = nodes.paragraph("", "", nodes.math("a", "a"), nodes.Text("."))
    application(theme_repairs).emit("doctree-read", paragraph)
    assert [line.astext() for line in paragraph.findall(nodes.inline)] == ["a."]
