"""The references: labels as in the text, all of them cited, addresses in one form."""

import re
from pathlib import Path

import citation_labels
import pytest
from citation_labels import AuthorAndYear, ByAuthor
from docutils import nodes
from ledger import SOURCES
from pybtex.database import parse_file
from pybtex.plugin import find_plugin
from sphinx_app import application

BOOK = Path(__file__).resolve().parents[1] / "book"
ENTRIES = parse_file(str(BOOK / "references.bib")).entries
LABELS = dict(zip(ENTRIES, AuthorAndYear().format_labels(ENTRIES.values())))
TEXTS = [p.read_text(encoding="utf-8") for s in ("*.md", "*.ipynb", "*/*.md") for p in BOOK.glob(s)]


@pytest.mark.parametrize(
    ("key", "label"),
    [
        ("domke", "Domke, 2017"),
        ("zheng", "Zheng, n.d."),
        ("glorot2010", "Glorot and Bengio, 2010"),
        ("rumelhart1986", "Rumelhart et al., 1986"),
        ("cohen2021", "Cohen et al., 2021"),
    ],
)
def test_labels_are_made_of_authors_and_year(key, label):
    assert LABELS[key] == label


def test_labels_are_different_and_the_list_has_them():
    assert len(set(LABELS.values())) == len(LABELS)
    assert set(SOURCES) <= set(LABELS)
    assert ByAuthor.default_label_style is AuthorAndYear


def test_the_list_is_in_the_order_of_its_labels():
    found = [LABELS[entry.key].casefold() for entry in ByAuthor().sort(ENTRIES.values())]
    assert found == sorted(found)


@pytest.mark.parametrize("key", ENTRIES)
def test_a_reference_is_cited_and_its_address_is_whole(key):
    fields = ENTRIES[key].fields
    assert re.fullmatch(r"10\.\d{4,5}/\S+", fields.get("doi", "10.1000/none"))
    assert re.fullmatch(r"https?://\S+", fields.get("url", "https://none"))
    assert key in SOURCES or any(re.search(rf"\{{cite:[pt]\}}`[^`]*\b{key}\b", t) for t in TEXTS)


def test_the_list_is_set_in_this_style_by_its_name():
    application(citation_labels)
    assert find_plugin("pybtex.style.formatting", "by_author") is ByAuthor


def test_citations_have_no_titles_and_other_links_keep_theirs():
    addresses = ["../book/references.html#domke", "references#zheng", "delta.html#references", None]
    links = [nodes.reference("", "", reftitle="a title") for _ in addresses]
    for link, address in zip(links, addresses):
        if address:
            link["refuri"] = address
    application(citation_labels).emit("doctree-resolved", nodes.paragraph("", "", *links), "page")
    assert [link.get("reftitle") for link in links] == [None, None, "a title", "a title"]
