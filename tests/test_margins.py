"""The margin of an equation: chips of the lines about it, marks of its checks, folded code."""

from types import SimpleNamespace

import pytest
from _ext import margins
from _ext.ledger_pages import Tag
from docutils import nodes
from ledger import CORRECT, SETTING, WRONG, Entry
from sphinx import addnodes

ENTRIES = [
    Entry("zheng-1", "(1)", "a = b", CORRECT, ""),
    Entry("zheng-2", "(2)", "a = c", WRONG, ""),
    Entry("domke-3", "section 3", "> It holds that $a$ is $b$.", SETTING, ""),
]


def reference(target):
    return addnodes.pending_xref("", nodes.inline("", f"[{target}]"), reftarget=target)


def line_about(*sources, ids=(), more=""):
    """Return a line about sources, as it is read: *Source: Zheng [...], `zheng-1`.*"""
    line = nodes.emphasis("", "", nodes.Text("Source: "), *map(reference, sources))
    for id in ids:
        line += [nodes.Text(", "), nodes.literal("", id)]
    line += nodes.Text(f"{more}.")
    return line


def equation(label):
    return nodes.math_block("a = b", "a = b", label=label)


def section(*children, title="Head"):
    return nodes.section("", nodes.title("", title), *children)


@pytest.fixture
def chipped(monkeypatch):
    """Return the function that makes the chips of a document, and gives the warnings."""
    said = []
    monkeypatch.setattr(margins, "all_entries", lambda: ENTRIES)
    monkeypatch.setattr(margins.logger, "warning", lambda text, **_: said.append(text))

    def chipped(*children):
        document = nodes.document(None, None, "", *children)
        margins.make_chips(None, document)
        return document, said

    return chipped


def kinds(parent):
    """Return the kinds of what is in a node, and of what is in its strips."""
    return [
        [child["classes"][0] for child in node] if margins.is_margin(node) else node.tagname
        for node in parent
    ]


def part(node, kind):
    """Return the only node of a class in a node."""
    (found,) = node.findall(
        lambda each: isinstance(each, nodes.Element) and kind in each["classes"]
    )
    return found


def test_a_line_about_a_source_becomes_a_chip_below_its_equation(chipped):
    said = nodes.paragraph("", "", line_about("zheng", ids=["zheng-2", "zheng-1", "zheng-2"]))
    document, warnings = chipped(section(equation("eq"), said, nodes.paragraph("", "Text.")))
    assert not warnings
    assert kinds(document[0]) == ["title", "math_block", ["chip"], "paragraph"]
    chip = part(document, "chip")
    assert chip["name"] == "details" and "verdict-wrong" in chip["classes"]
    assert [each["name"] for each in chip] == ["summary", "div"]
    assert [each.astext() for each in chip[0]] == ["Zheng 2, 1", ": what is printed"]
    printed = part(chip, "as-printed")
    assert [each.astext() for each in printed] == [
        "Zheng, (2): wrong as printed, zheng-2 in the ledger of all lines", "a = c",
        "Zheng, (1): correct, zheng-1", "a = b",
    ]  # fmt: skip
    assert isinstance(printed[1], nodes.math_block)


def test_the_words_of_a_line_that_says_more_are_in_its_card(chipped):
    more = line_about("zheng", ids=["zheng-1"], more=", with a sign")
    document, _ = chipped(section(nodes.paragraph("", "", more)))
    said = part(document, "said")
    assert said.astext() == "[zheng], zheng-1, with a sign."
    assert kinds(document[0]) == ["title", ["chip"]]
    assert said.parent is part(document, "as-printed") and said.parent.index(said) == 2
    short = nodes.paragraph("", "", line_about("zheng", ids=["zheng-1"]))
    document, _ = chipped(section(short))
    assert [each.astext() for each in part(document, "as-printed")][1:] == ["a = b"]


def test_a_source_without_a_line_has_a_chip_with_its_words_alone(chipped):
    document, warnings = chipped(section(nodes.paragraph("", "", line_about("johnson"))))
    chip = part(document, "chip")
    assert not warnings and "verdict-correct" in chip["classes"]
    assert chip[0][0] == "Johnson"
    assert [each.astext() for each in part(chip, "as-printed")] == ["[johnson]."]


def test_a_quotation_is_printed_with_its_formulas(chipped):
    document, _ = chipped(section(nodes.paragraph("", "", line_about(ids=["domke-3"]))))
    quoted = part(document, "quoted")
    assert [(type(each), each.astext()) for each in quoted] == [
        (nodes.Text, "It holds that "), (nodes.math, "a"), (nodes.Text, " is "),
        (nodes.math, "b"), (nodes.Text, "."),
    ]  # fmt: skip
    assert part(document, "chip")[0][0] == "Domke 3"


def test_lines_about_the_same_equation_share_its_strip(chipped):
    lines = [nodes.paragraph("", "", line_about(each)) for each in ("zheng", "domke")]
    document, _ = chipped(section(equation("eq"), *lines))
    assert kinds(document[0]) == ["title", "math_block", ["chip", "chip"]]


def test_what_else_a_paragraph_says_stays_behind_its_chip(chipped):
    said = nodes.paragraph("", "", line_about("zheng"), nodes.Text(" And more."))
    document, _ = chipped(section(equation("eq"), nodes.paragraph("", "Before."), said))
    assert kinds(document[0]) == ["title", "math_block", "paragraph", ["chip"], "paragraph"]
    assert document[0][-1].astext() == " And more."


def test_a_line_with_nothing_in_front_has_a_strip_of_its_own(chipped):
    said = nodes.paragraph("", "", line_about("zheng"))
    document, _ = chipped(nodes.block_quote("", said, equation("eq")))
    assert kinds(document[0]) == [["chip"], "math_block"]


def test_a_line_that_names_no_source_is_warned_of_and_stays_and_others_are_none(chipped):
    other = nodes.emphasis("", "no Source: at all")
    children = [line_about("somebody"), line_about("zheng"), other]
    document, warnings = chipped(section(*(nodes.paragraph("", "", each) for each in children)))
    assert warnings == ["this line names none of the sources"]
    assert kinds(document[0]) == ["title", "paragraph", ["chip"], "paragraph"]
    assert document[0][1].astext() == "Source: [somebody]."
    assert document[0][-1].astext() == "no Source: at all"


def test_a_chip_names_its_lines():
    assert margins.label(["zheng"], ["zheng-2.1b"]) == "Zheng 2.1b"
    assert margins.label(["zheng"], ["zheng-0", "zheng-r1"]) == "Zheng"
    ids = ["dmml-gd", "dmml-1a", "dmml-1b-x", "johnson-1-sub"]
    assert margins.label(["dmml", "johnson"], ids) == "DMML 1a, 1b · Johnson 1"
    assert margins.label(["domke"], ["domke-3", "domke-4.1", "domke-4.2"]) == "Domke 3, 4.1 …"


def check(label, *targets):
    return nodes.paragraph("", "A check", *map(reference, targets), ids=[label])


def marks(node):
    """Return where each mark of a strip leads, and what it says."""
    return [(each["refid"], each[0]) for each in node.findall(nodes.reference)]


def test_a_check_is_marked_at_each_equation_that_it_names():
    first = check("check-a", "eq-a", "eq-b", "eq-a", "elsewhere")
    document = nodes.document(None, None)
    document += section(equation("eq-a"), equation("eq-b"), first, check("check-b", "eq-b"))
    document[0] += nodes.paragraph("", "No check.", ids=["other"])
    margins.mark_equations(None, document)
    strips = [each for each in document[0] if margins.is_margin(each)]
    assert [document[0].index(each) for each in strips] == [2, 4]
    assert [marks(each) for each in strips] == [
        [("check-a", "machine-checked")],
        [("check-a", "machine-checked"), ("check-b", "again")],
    ]
    assert [each["classes"] for each in document[0][5:]] == [["check"], ["check"], []]
    (mark,) = strips[0].findall(nodes.reference)
    assert mark["internal"] and mark["classes"] == ["machine-checked"]
    assert mark.astext() == "machine-checked: go to the check"


def test_a_check_that_names_no_equation_is_marked_at_the_head_of_its_section():
    inner = section(nodes.block_quote("", check("check-a")), title="Inner")
    document = nodes.document(None, None, "", section(inner))
    margins.mark_equations(None, document)
    assert inner[0].astext() == "Inner"
    assert isinstance(inner[1], Tag) and marks(inner[1]) == [("check-a", "machine-checked")]
    assert not margins.is_margin(document[0][1])


def test_only_the_code_of_checks_is_folded():
    cells = [nodes.container("", classes=["cell", *more]) for more in (["tag_check"], [])]
    margins.fold_checks(None, nodes.document(None, None, "", *cells))
    assert cells[0]["hide_mode"] == "input"
    assert cells[0]["prompt_show"] == "Show the code of the check"
    assert cells[0]["prompt_hide"] == "Hide the code of the check"
    assert "hide_mode" not in cells[1]


def test_equations_have_marks_before_chips_and_pages_are_read_side_by_side():
    connected = []
    app = SimpleNamespace(connect=lambda *each: connected.append(each))
    result = margins.setup(app)
    assert result == {"parallel_read_safe": True, "parallel_write_safe": True}
    assert connected == [
        ("doctree-read", margins.mark_equations),
        ("doctree-read", margins.make_chips),
        ("doctree-read", margins.fold_checks),
    ]
