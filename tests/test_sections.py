"""The texts that the search looks through: formulas as text, what is found, and the file."""

import json
from types import SimpleNamespace
from xml.etree import ElementTree as ET

import pytest
import sections
import typeset
from _ext.ledger_pages import tag
from docutils import nodes
from sphinx import addnodes
from sphinx.events import EventManager


def mathml(body):
    return f"<math>{body}</math>"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("<msup><mi>δ</mi><mi>l</mi></msup>", "δ^l"),
        (
            "<mfrac><mrow><mi>∂</mi><mi>C</mi></mrow><mrow><mi>∂</mi><mi>z</mi></mrow></mfrac>",
            "∂C/∂z",
        ),
        (
            "<mfrac><mn>1</mn><mrow><mn>1</mn><mo>+</mo><mi>x</mi></mrow></mfrac>",
            "1/(1 + x)",
        ),
        (
            "<msup><mi>e</mi><msub><mi>z</mi><mi>i</mi></msub></msup>",
            "e^(z_i)",
        ),
        ("<msup><mi>σ</mi><mo>′</mo></msup>", "σ′"),
        ("<msubsup><mi>a</mi><mi>j</mi><mi>l</mi></msubsup>", "a_j^l"),
        ("<msqrt><mi>m</mi></msqrt>", "√(m)"),
        ("<mi>f</mi><mo>(</mo><mi>x</mi><mo>,</mo><mi>y</mi><mo>)</mo>", "f(x, y)"),
        ("<mi>a</mi><mo>/</mo><mrow /><mtext> = b, c</mtext>", "a/ = b, c"),
        ("<mover><mi>a</mi><mo>~</mo></mover>", "a"),
        ("<mover><mi>a</mi><mo>^</mo></mover>", "a"),
        ("<mover><mi>a</mi><mo>¯</mo></mover>", "a¯"),
        ("<mover><mo>→</mo><mi>n</mi></mover>", " → ^n"),
        ("<munder><mi>max</mi><mi>i</mi></munder>", "max_i"),
        (
            "<munderover><mo>∑</mo><mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow><mi>m</mi>"
            "</munderover>",
            "∑_(i = 1)^m",
        ),
        (
            "<msup><mi>W</mi><mrow><mo>(</mo><mi>l</mi><mo>+</mo><mn>1</mn><mo>)</mo></mrow></msup>",
            "W^(l + 1)",
        ),
        ("<mtable><mtr><mtd><mi>a</mi></mtd><mtd><mi>b</mi></mtd></mtr></mtable>", "a b"),
        (
            "<mtable><mtr><mtd><mi>a</mi></mtd></mtr><mtr><mtd><mi>b</mi></mtd></mtr></mtable>",
            "a b",
        ),
    ],
)
def test_a_formula_becomes_a_line_of_text(body, words):
    assert sections.line(ET.fromstring(mathml(body))) == words


@pytest.fixture
def page():
    """A page with one section, in which there is text of all kinds and a row with a name."""
    text = nodes.paragraph("", "", nodes.Text("The error "), nodes.math("", "error"))
    text += [nodes.Text(" of a layer"), nodes.inline("", " (unseen)", classes=["visually-hidden"])]
    row = nodes.row("", nodes.entry("", nodes.paragraph("", "γ")), ids=["symbol-gamma"])
    row += nodes.entry("", nodes.paragraph("", "step size"))
    inner = nodes.section("", nodes.title("", "Inside"), text, ids=["inside"])
    inner += [nodes.literal_block("", "code()"), nodes.table("", nodes.tbody("", row))]
    outer = nodes.section("", nodes.title("", "Outside"), nodes.paragraph("", "Begin ."), inner)
    outer["ids"] = ["outside"]
    return nodes.document(None, None, "", outer)


def set_alike(tex, display):
    """Set a formula as its TeX, in capitals as a display; one cannot be set."""
    if tex == "nonsense":
        raise typeset.Unknown(tex)
    return mathml(f"<mi>{tex.upper() if display else tex}</mi>")


@pytest.fixture
def reader():
    return sections.Reader(set_alike, {"eq-a": "(5.3)"})


def test_each_section_is_found_with_its_own_text(page):
    reader = sections.Reader(lambda tex, display: mathml("<mi>δ</mi><mo>\ue001</mo>"), {})
    assert reader.read(page) == [
        ["", "Outside", "Begin."],
        ["inside", "Inside", "The error δ of a layer"],
        ["symbol-gamma", "γ", "step size"],
    ]


def test_a_line_of_the_ledger_is_found_and_a_row_without_a_name_is_text_around_it(reader):
    head = tag("th", nodes.paragraph("", "Zheng 2a"), nodes.paragraph("", "correct"))
    own = tag("tr", head, tag("td", nodes.paragraph("", "as printed")), ids=["ledger-a"])
    other = tag("tr", tag("td", nodes.paragraph("", "no name")))
    box = tag("div", nodes.paragraph("", "a box"), ids=["box"])
    plain = nodes.row("", nodes.entry("", nodes.paragraph("", "plain")))
    table = nodes.table("", own, other, plain)
    section = nodes.section("", nodes.title("", "Lines"), table, box, ids=["lines"])
    assert reader.read(nodes.document(None, None, "", section)) == [
        ["", "Lines", "no name plain a box"],
        ["ledger-a", "Zheng 2a: correct", "as printed"],
    ]


def described(name, *ids):
    """Return the description of a name of the library; the signature is no text."""
    signature = addnodes.desc_signature("", "", nodes.Text("def it()"), ids=list(ids))
    if ids:
        signature["fullname"] = name
    content = addnodes.desc_content("", nodes.paragraph("", f"What {name} does."))
    return addnodes.desc("", signature, content)


def test_a_name_of_the_library_is_found_where_it_has_an_anchor(reader):
    section = nodes.section("", nodes.title("", "Names"), ids=["names"])
    section += [described("tanh", "nnlab.tanh"), described("it")]
    assert reader.read(nodes.document(None, None, "", section)) == [
        ["", "Names", "What it does."],
        ["nnlab.tanh", "tanh", "What tanh does."],
    ]


def equation(tex, label):
    return nodes.math_block(tex, tex, nowrap=False, number=None, label=label)


def reference(domain, target):
    inside = nodes.inline("", target)
    return addnodes.pending_xref("", inside, refdomain=domain, reftarget=target)


def test_an_equation_is_read_as_a_display_with_its_number(reader):
    assert reader.text(equation("a", "eq-a"), equation("b", None)) == "(5.3) A B"
    paragraph = nodes.paragraph("", "See ", reference("math", "eq-a"), reference("cite", "zheng"))
    paragraph += reference("std", " there")
    assert reader.text(paragraph) == "See (5.3) there"


def test_a_formula_that_cannot_be_set_is_found_by_its_source(reader):
    assert reader.text(nodes.math("", "nonsense"), equation("nonsense", None)) == (
        "nonsense nonsense"
    )


def test_words_of_a_line_stay_together_and_blocks_apart(reader):
    line = nodes.paragraph("", "back", nodes.emphasis("", "prop"), nodes.Text("agation"))
    assert reader.text(line, nodes.paragraph("", "( next\nline )")) == (
        "backpropagation (next line)"
    )


@pytest.mark.parametrize(
    "node",
    [
        nodes.literal_block("", "code"),
        nodes.raw("", "<b>code</b>", format="html"),
        nodes.comment("", "code"),
        tag("summary", nodes.paragraph("", "code")),
        tag("div", nodes.paragraph("", "code"), classes=["chip", "wide"]),
        nodes.container("", nodes.paragraph("", "code"), classes=["cell_output"]),
    ],
    ids=lambda node: type(node).__name__,
)
def test_what_is_no_text_is_not_found(reader, node):
    assert reader.text(nodes.paragraph("", "before"), node, nodes.paragraph("", "behind")) == (
        "before behind"
    )


def test_equations_are_read_with_their_numbers():
    environment = SimpleNamespace(
        get_domain=lambda name: SimpleNamespace(equations={"a": ("page", 3), "b": ("other", 7)}),
        toc_fignumbers={"page": {"displaymath": {"equation-a": (5, 3)}}},
    )
    assert sections.numbers(environment) == {"a": "(5.3)", "b": "(7)"}


@pytest.fixture
def app(tmp_path, page):
    """Sphinx behind a build of two pages, with the events that it has."""
    (tmp_path / "_static").mkdir()
    paths = {"sigmoid": "book/sigmoid.ipynb", "api": "docs/api.rst"}
    env = SimpleNamespace(
        found_docs=set(paths),
        doc2path=paths.get,
        get_doctree=lambda name: page,
        get_domain=lambda name: SimpleNamespace(equations={}),
        toc_fignumbers={},
    )
    builder = SimpleNamespace(name="html", search=True, get_target_uri="{}.html".format)
    typesetter = SimpleNamespace(set=lambda *tex: {"mathml": set_alike(*tex)})
    app = SimpleNamespace(env=env, builder=builder, typesetter=typesetter, outdir=tmp_path)
    app.pdb, app.events = False, EventManager(app)
    app.events.add("html-collect-pages")
    app.connect = lambda event, function, priority=500: app.events.connect(
        event, function, priority
    )
    return app


def test_the_file_is_a_script_with_a_page_a_line_and_written_before_the_typesetter_ends(app):
    app.connect("build-finished", lambda app, exception: delattr(app, "typesetter"))
    sections.setup(app)
    app.events.emit("build-finished", None)
    script = (app.outdir / "_static" / "sections.js").read_text(encoding="utf-8")
    begin, *lines, end, rest = script.split("\n")
    assert (begin, end, rest) == ("const bookSections = [", "];", "")
    found = [
        ["", "Outside", "Begin."],
        ["inside", "Inside", "The error error of a layer"],
        ["symbol-gamma", "γ", "step size"],
    ]
    assert "γ" in script and [line[-1] for line in lines] == [",", "]"]
    assert json.loads("".join(["[", *lines, "]"])) == [
        ["api.html", 0.6, found],
        ["sigmoid.html", 1, found],
    ]


@pytest.mark.parametrize(
    ("builder", "exception"), [("html", ValueError()), ("latex", None), ("latex", ValueError())]
)
def test_no_file_is_written_without_pages(app, builder, exception):
    app.builder.name = builder
    sections.write(app, exception)
    assert not list((app.outdir / "_static").iterdir())


@pytest.mark.parametrize(
    ("builder", "pages"), [("html", [("search", {}, "search.html")]), ("pdf", [])]
)
def test_a_page_of_its_own_stands_in_place_of_the_search_of_sphinx(app, builder, pages):
    app.builder.name = builder
    sections.setup(app)
    app.events.emit("builder-inited")
    assert app.builder.search is False
    (found,) = app.events.emit("html-collect-pages")
    assert list(found) == pages


def test_pages_are_read_and_written_side_by_side(app):
    assert sections.setup(app) == {"parallel_read_safe": True, "parallel_write_safe": True}
