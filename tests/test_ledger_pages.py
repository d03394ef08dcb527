"""The pages of the ledger, made from a few lines: what they show, and where they lead."""

from dataclasses import replace
from types import SimpleNamespace
from unittest.mock import Mock

import ledger_pages
import pytest
from bs4 import BeautifulSoup
from docutils import nodes
from docutils.core import publish_from_doctree
from docutils.writers.html5_polyglot import HTMLTranslator, Writer
from ledger import CORRECT, INCOMPLETE, WRONG, Entry
from ledger.trial import Trial
from sphinx_page import read

WHOLE = Entry(
    "zheng-1.2",
    "(1.2)",
    "z = x W",
    WRONG,
    "For *this* reason.",
    right=lambda W, x: W @ x,
    literal=lambda W, x: x @ W,
    code="W @ x",
    lines=(("equal(form(W, x), product)", "sums written out"), ("shapes(form)", "its shape")),
    equivalent={"W -> W.T": "W is symmetric"},
    corrected="z = W x",
    mended=("domke-1", "zheng-3"),
    assuming="W is a matrix",
    readings=("by rows", "by columns"),
    shapes="W is 2 by 3",
    equations=("eq-one", "eq-two", "eq-other"),
    names=("Network.backprop", "show", "nothing"),
    chapter="networks",
    counterexample='\nprint("two words")\n',
)
QUOTED = Entry(
    "domke-1",
    "Page 2",
    "> the cost $a b$ grows",
    INCOMPLETE,
    "It is open.",
    corrected="> the cost $a c$, say, grows",
    chapter="sigmoid",
)
PLAIN = Entry("domke-2", "Page 3", "> a line", CORRECT, "It is right.")
ENTRIES = [WHOLE, QUOTED, PLAIN]
TRIALS = {
    "zheng-1.2": Trial([], 1200, 1203),
    "domke-1": Trial(["domke-1: one fault", "another"], 0, 0),
    "domke-2": Trial([], 0, 0),
}


@pytest.fixture(autouse=True)
def few_entries(monkeypatch):
    """Put the three entries in the place of all, and a note of warnings."""
    monkeypatch.setattr(ledger_pages, "all_entries", lambda: ENTRIES)
    of = {"zheng": [WHOLE], "domke": [QUOTED, PLAIN]}
    monkeypatch.setattr(ledger_pages, "entries_of", lambda source: of.get(source, []))
    monkeypatch.setattr(ledger_pages, "trial", lambda entry: TRIALS[entry.id])
    monkeypatch.setattr(ledger_pages, "surroundings", lambda: "one library")
    monkeypatch.setattr(ledger_pages, "logger", Mock())


def warnings():
    """Return the warnings of the build."""
    return [call.args[0] for call in ledger_pages.logger.warning.call_args_list]


@pytest.fixture
def parsed(tmp_path):
    """Give the function that returns the document of a page, and the application."""

    def resolve_xref(env, docname, builder, kind, label, node, content):
        return nodes.reference("", "(1.2)", refuri=f"{kind} {label}")

    def parse(source):
        document, app = read(source, ledger_pages, outdir=tmp_path / "html")
        app.env.found_docs = ["book/equations"]
        titles = {"book/networks": "Networks", "book/sigmoid": "Sigmoid", "book/more": "More"}
        app.env.titles = {page: nodes.title(title, title) for page, title in titles.items()}
        names = "nnlab.Network", "nnlab.lab.show"
        objects = {name: SimpleNamespace(docname="book/api", node_id=name) for name in names}
        equations = {"eq-one": ("book/networks", 1), "eq-two": ("book/more", 2)}
        app.env.get_domain = {
            "py": SimpleNamespace(objects=objects),
            "math": SimpleNamespace(equations=equations, resolve_xref=resolve_xref),
        }.get
        app.builder.get_relative_uri = lambda own, page: "" if own == page else f"{page}.html"
        return document, app

    return parse


@pytest.fixture
def shown(parsed):
    """Give the function that returns the finished page, its links complete."""

    def show(source, page="book/equations"):
        document, app = parsed(source)
        app.emit("doctree-resolved", document, page)
        ((node,), written), writer = app.add_node.call_args, Writer()
        visits = dict(zip(("visit", "depart"), written["html"]))
        visits = {f"{when}_{node.__name__}": visit for when, visit in visits.items()}
        writer.translator_class = type("Translator", (HTMLTranslator,), visits)
        document.settings.env = None
        settings = {"report_level": 5, "math_output": "LaTeX", "output_encoding": "unicode"}
        html = publish_from_doctree(document, writer=writer, settings_overrides=settings)
        return BeautifulSoup(html, "html.parser").main

    return show


def words(element):
    """Return the text of an element with single spaces."""
    return " ".join(element.get_text().split())


def rows(table):
    """Return the texts of a table: {head of a row: other cells}."""
    found = ([words(cell) for cell in row(["th", "td"])] for row in table("tr"))
    return {first: cells for first, *cells in found}


def test_the_summary_counts_lines_and_altered_forms(shown):
    page = shown("```{ledger}\n```")
    assert words(page.p) == (
        "Of 3 lines 1 have a check; the others cannot be checked here. In this build 1 of 1 checks "
        "accepted the right form, refused the printed one where it is wrong, and refused 1,200 "
        "altered forms. Another 3 altered forms were accepted: they are right as well, and each is "
        "listed with its reason."
    )
    found = rows(page.table)
    assert page.table["aria-label"] == "Entries by verdict and source"
    assert page.table.parent.name == "div" and "counts" in page.table.parent["class"]
    assert found["verdict"] == ["Johansen", "DMML slides", "Zheng", "Domke", "Johnson", "all"]
    assert found["wrong as printed"] == ["–", "–", "1", "–", "–", "1"]
    assert found["correct"] == ["–", "–", "–", "1", "–", "1"]
    assert found["refuted"] == ["–"] * 6
    assert found["all"] == ["0", "0", "1", "2", "0", "3"]
    assert len(found) == 2 + len(ledger_pages.SHORT)


def test_the_build_warns_of_every_fault_and_of_what_is_not_in_the_book(shown):
    shown("```{ledger}\n```")
    assert warnings() == [
        "domke-1: one fault",
        "another",
        "zheng-1.2: no nothing in nnlab",
        "zheng-1.2: no equation eq-other",
    ]


def test_the_filter_offers_sources_verdicts_and_chapters(shown):
    form = shown("```{ledger}\n```").form
    assert form["hidden"] and form["aria-label"] == "Filter the ledger"
    assert [words(label.span) for label in form("label")] == [
        "Search",
        "source",
        "verdict",
        "chapter",
    ]
    found = {
        select["name"]: {option["value"]: words(option) for option in select("option")}
        for select in form("select")
    }
    verdicts = {short: verdict for verdict, short in ledger_pages.SHORT.items()}
    assert found == {
        "source": {"": "all sources", **ledger_pages.SOURCES},
        "verdict": {"": "all verdicts", **verdicts},
        "chapter": {"": "all chapters", "networks": "Networks", "sigmoid": "Sigmoid"},
    }
    assert form.input["type"] == "search" and words(form.button) == "Show all"
    assert form.find(role="status")


def test_a_row_shows_all_that_is_known_of_a_line(shown):
    page = shown("```{ledger}\n```")
    assert words(page.select_one("#zheng > p")) == "The document: zheng."
    assert page.select_one("#zheng > table")["aria-label"] == "The ledger of Zheng"
    row = page.find(id="ledger-zheng-1-2")
    kinds = ["ledger-row", "source-zheng", "verdict-wrong", "chapter-networks"]
    assert row["class"] == kinds and row["data-latex"] == "z = x W z = W x"
    line, printed, verdict = row(["th", "td"], recursive=False)
    assert line["scope"] == "row" and words(line) == "zheng-1.2 Zheng (1.2)"
    assert line.a["href"] == "#ledger-zheng-1-2"
    assert words(printed.pre) == "z = x W"
    assert words(verdict) == (
        "Wrong as printed ✓ 1200 of 1203 altered forms refused, and the printed one In the errata"
    )
    assert verdict.a["href"] == "book/errata.html#errata-zheng-1-2"
    details = [words(part) for part in printed.details(recursive=False)]
    assert details == [
        "Why, where in the book, which check",
        "For this reason.",
        "Corrected:",
        r"z=\class{changed}{W}x",
        "It is right in: domke-1, zheng-3",
        "Assumption: W is a matrix",
        "Readings:",
        "by rows by columns",
        "Shapes: W is 2 by 3",
        "In the book: Networks, book (1.2) More, book (1.2)",
        "In the library: Network.backprop, show, nothing",
        "Check: sums written out",
        "equal(form(W, x), product)",
        "Check: its shape",
        "shapes(form)",
        "Right as well, W -> W.T: W is symmetric.",
        words(printed.find(class_="ledger-try")),
    ]


def test_a_row_leads_into_the_book_and_the_library(shown):
    row = shown("```{ledger}\n```").find(id="ledger-zheng-1-2")
    links = {words(link): link["href"] for link in row.select(".places a")}
    assert links == {
        "Networks": "book/networks.html",
        "More": "book/more.html",
        "book (1.2)": "eq eq-two",
        "Network.backprop": "book/api.html#nnlab.Network",
        "show": "book/api.html#nnlab.lab.show",
    }
    assert [words(link) for link in row.select("a.place")] == ["Networks", "More"]
    (here,) = shown("```{ledger}\n```", "book/sigmoid").select("#ledger-domke-1 .place")
    assert here["href"] == "#"


def test_a_row_ends_with_a_program_to_be_edited(shown):
    page = shown("```{ledger}\n```")
    (trial,) = page.find_all(class_="ledger-try")
    assert trial["data-entry"] == "zheng-1.2" and trial["data-arguments"] == "W, x"
    assert words(trial.p).startswith("Try to fool this check")
    assert trial.pre.string == ledger_pages.program(WHOLE)


def test_a_row_shows_no_more_than_is_known(shown):
    page = shown("```{ledger}\n```")
    faulty, plain = (page.find(id=f"ledger-domke-{n}") for n in (1, 2))
    _, printed, verdict = faulty(["th", "td"], recursive=False)
    quotes = [words(quote) for quote in printed("blockquote")]
    assert quotes == ["the cost a b grows", "the cost a c, say, grows"]
    assert [words(strong) for strong in printed("strong")] == ["Corrected:", "a c, say,"]
    assert words(verdict) == ("Incomplete or ambiguous ✗ domke-1: one fault; another In the errata")
    line, printed, verdict = plain(["th", "td"], recursive=False)
    assert words(line) == "domke-2 Page 3" and words(verdict) == "Correct"
    details = [words(part) for part in printed.details(recursive=False)]
    assert details[1:] == ["It is right.", "In the book:"]


def test_the_checks_run_once(shown, tmp_path):
    shown("```{ledger}\n```")
    ledger_pages.trial = None
    assert words(shown("```{ledger}\n```").p).startswith("Of 3 lines")
    (kept,) = (tmp_path / "executed").iterdir()
    assert "one library" in kept.name


@pytest.mark.parametrize("name", ["ledger", "mended", "errata"])
def test_the_page_is_made_again_in_each_build(parsed, name):
    _, app = parsed(f"```{{{name}}}\n```")
    app.env.note_reread.assert_called_once_with()


def test_the_table_of_mended_slips_has_them_by_document_and_mender(shown, monkeypatch):
    slips = [WHOLE, replace(WHOLE, id="zheng-2", mended=("domke-2",))]
    of = {"zheng": slips, "domke": [QUOTED, PLAIN]}
    monkeypatch.setattr(ledger_pages, "entries_of", lambda source: of.get(source, []))
    table = shown("```{mended}\n```").table
    found = rows(table)
    by = ["by Johansen", "by DMML slides", "by Zheng", "by Domke", "by Johnson"]
    assert found["slips of"] == by
    assert found["Zheng: 2 lines"] == ["–", "–", "1.2", "1.2 · 2", "–"]
    assert found["Domke: 1 line"] == ["–"] * 5
    assert found["Johansen: 0 lines"] == ["–"] * 5
    links = [link["href"] for link in table("a")]
    assert links == ["#ledger-zheng-1-2", "#ledger-zheng-1-2", "#ledger-zheng-2"]
    assert table["aria-label"] == "Whose line mends whose slip"


def test_the_errata_count_the_slips_of_each_document(shown):
    table = shown("```{errata}\n```").table
    found = rows(table)
    assert found["document"] == ["wrong", "misread", "of lines", "for its author"]
    assert found["Zheng"] == ["1", "0", "1", "Print"]
    assert found["Domke"] == ["0", "1", "2", "Print"]
    links = [link["href"] for link in table("tr")[3]("a")]
    assert links == ["#wrong-zheng", "#misread-zheng"]
    button = table("button")[2]
    assert button["data-source"] == "zheng" and button["type"] == "button" and button["hidden"]
    assert button["aria-label"] == "Print the part of Zheng"


def test_the_errata_show_each_slip_with_what_is_right(shown):
    page = shown("```{errata}\n```")
    parts = {part["id"]: words(part.find(["h2", "h3", "h4"])) for part in page("section")}
    assert parts["wrong"] == "Wrong as printed" and parts["misread"] == "Could be misread"
    assert parts["wrong-zheng"] == "Zheng: 1 line" and parts["misread-zheng"] == "Zheng: 0 lines"
    assert parts["errata-zheng-1-2"] == "zheng-1.2: Zheng (1.2)"
    assert words(page.select_one("#wrong-zheng > p")) == "The document: zheng."
    assert words(page.select_one("#wrong-domke > p")) == "The document: domke. Nothing here."
    slip = page.select_one("#wrong-zheng > #errata-zheng-1-2")
    assert [words(part) for part in slip(recursive=False)[1:]] == [
        r"As printed z=x\class{changed}{W} Corrected z=\class{changed}{W}x",
        "For this reason.",
        "Possible readings:",
        "by rows by columns",
        'print("two words")',
        "two words",
        "In the ledger: zheng-1.2. Right in domke-1, zheng-3.",
    ]
    assert slip("pre")[-1]["class"] == ["counterexample-output", "literal-block"]
    slip = page.select_one("#misread-domke > #errata-domke-1")
    assert [words(part) for part in slip(recursive=False)[1:]] == [
        "As printed the cost a b grows Corrected the cost a c, say, grows",
        "It is open.",
        "In the ledger: domke-1.",
    ]


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        ("> a b", "> a x b", ("> a b", "> a **x** b")),
        ("> a $x y$, b", "> a $x z$, b", ("> a **$x y$,** b", "> a **$x z$,** b")),
        ("> a", "> a", ("> a", "> a")),
        ("> b" + " a" * 300, "> c" + " a" * 300, ("> **b**" + " a" * 300, "> **c**" + " a" * 300)),
    ],
)
def test_words_that_differ_are_bold(before, after, wanted):
    assert tuple(ledger_pages.words_marked(before, after)) == wanted


def test_a_formula_and_a_quotation_are_not_compared(shown, monkeypatch):
    mixed = replace(QUOTED, corrected="z = W x")
    monkeypatch.setattr(ledger_pages, "entries_of", lambda source: [mixed] * (source == "domke"))
    pair = shown("```{errata}\n```").find(class_="errata-pair")
    assert words(pair) == "As printed the cost a b grows Corrected z = W x"


SOURCE = "# A `zheng-1.2`\n\nSee `domke-1`, `domke-9` and [`domke-2`](https://example.org)."


def test_ids_on_every_page_lead_to_their_rows(parsed, shown):
    page = shown(SOURCE, "book/networks")
    links = {words(link): link["href"] for link in page("a")}
    assert links == {
        "domke-1": "book/equations.html#ledger-domke-1",
        "domke-2": "https://example.org",
    }
    document, app = parsed(SOURCE)
    app.emit("doctree-resolved", document, "book/networks")
    (link,) = (each for each in document.findall(nodes.reference) if each.astext() == "domke-1")
    assert link["internal"]


def test_a_book_without_the_ledger_has_no_links_to_it(parsed):
    document, app = parsed(SOURCE)
    app.env.found_docs = []
    app.emit("doctree-resolved", document, "book/networks")
    assert len(list(document.findall(nodes.reference))) == 1
