"""The ids of the rows of the table of symbols, and the links to them in the text."""

from types import SimpleNamespace

import pytest
import symbols
from docutils import nodes
from docutils.frontend import get_default_settings
from docutils.utils import new_document
from sphinx_app import application


def math(tex, **attributes):
    return nodes.math(tex, tex, **attributes)


def paragraph(*children):
    return nodes.paragraph("", "", *children)


def document(*children):
    """Return a page that has one section."""
    page = new_document("page", get_default_settings())
    page += nodes.section("", nodes.title("", "Title ", math(r"\delta^l")), *children)
    return page


def table(*rows):
    """Return a table; its rows are given as the cells of their symbols and meanings."""
    made = [
        nodes.row("", nodes.entry("", paragraph(*map(math, names))), nodes.entry("", meaning))
        for names, meaning in rows
    ]
    return nodes.table("", nodes.tgroup("", nodes.tbody("", *made)))


@pytest.fixture
def notation():
    """Return the page with the table of symbols, and a second table behind it."""
    meaning = paragraph(nodes.Text("a factor as "), math(r"\lambda"))
    return document(
        table(
            ([r"\delta^{l}", r"\delta_i^l"], paragraph(nodes.Text("errors"))),
            (["C"], paragraph(nodes.Text("cost"))),
            ([r"\eta"], meaning),
        ),
        table(([r"\sigma"], paragraph(nodes.Text("sigmoid")))),
    )


@pytest.fixture
def linked(notation):
    """Return a function that gives a page with its links to symbols."""

    def linked(*children, name="book/delta.ipynb", pages=("book/notation", "book/delta")):
        env = SimpleNamespace(
            docname=symbols.NOTATION,
            found_docs=set(pages),
            doc2path=lambda docname: name,
            get_doctree=lambda docname: {symbols.NOTATION: notation}[docname],
        )
        app = application(symbols, env=env)
        app.builder.get_relative_uri = lambda page, other: f"{page} to {other}"
        app.emit("doctree-read", notation)
        env.docname = "book/delta"
        page = document(*children)
        app.emit("doctree-read", page)
        app.emit("doctree-resolved", page, "book/delta")
        return page

    return linked


def links(page):
    return [link.get("refuri") for link in page.findall(nodes.reference)]


def test_rows_are_named_after_the_first_of_their_symbols(linked, notation):
    linked()
    names = [row["ids"] for row in notation.findall(nodes.row)]
    assert names == [["symbol-delta-l"], ["symbol-C"], ["symbol-eta"], []]


def test_the_first_use_of_a_symbol_is_a_link_that_says_what_for(linked):
    page = linked(
        paragraph(math(r"\eta"), nodes.Text(" and "), math(r"\delta^l")),
        paragraph(math(r"\eta"), math(r"\delta_{i}^{l}"), math(r"\delta ^ l")),
    )
    to = "book/delta to book/notation#symbol-"
    assert links(page) == [f"{to}eta", f"{to}delta-l"]
    first, second = page.findall(nodes.reference)
    assert [first.astext(), second.astext()] == [
        r"\eta: what it means",
        r"\delta^l: what it means",
    ]
    assert isinstance(first[0], nodes.math)
    assert first["classes"] == ["symbol"] and first["internal"]
    assert first[1]["classes"] == ["visually-hidden"]
    assert first.parent.astext() == rf"{first.astext()} and {second.astext()}"


def test_a_letter_that_may_mean_something_else_is_no_link(linked):
    assert not links(linked(paragraph(math("C"), math(r"\sigma"), math(r"\lambda"))))


def folded():
    return nodes.container("", paragraph(math(r"\eta")), design_component="dropdown")


def in_a_link():
    return paragraph(nodes.reference("", "", math(r"\eta"), refuri="x"))


def in_a_table():
    return table([[r"\eta"], paragraph()])


def in_a_chip():
    return paragraph(nodes.inline("", "", math(r"\eta"), classes=["chip"]))


@pytest.mark.parametrize("place", [folded, in_a_link, in_a_table, in_a_chip])
def test_a_symbol_outside_the_text_is_left_for_its_first_use_there(linked, place):
    page = linked(place(), nodes.container("", paragraph(math(r"\eta"))))
    link = list(page.findall(nodes.reference))[-1]
    assert link["classes"] == ["symbol"] and link.parent.parent is page[0][2]
    assert len(list(page.findall(nodes.math))) == 3  # with that of the title


@pytest.mark.parametrize("options", [{"name": "book/delta.md"}, {"pages": ["book/delta"]}])
def test_only_chapters_have_links_and_only_where_the_table_is(linked, options):
    assert not links(linked(paragraph(math(r"\eta")), **options))
