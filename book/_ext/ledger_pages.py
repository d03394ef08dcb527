"""Sphinx extension: the pages made from book/ledger, and the links to them.

``ledger``
    A directive: the filter, the summary and the tables of all entries. Every
    check runs when the page is read, and that is in every build. A check that
    accepts or refuses what it should not is a warning with the entry's id.
``errata``
    A directive: every slip with its correction and its counterexample, which
    runs, too.

On every page an entry's id in code type, such as `zheng-2.1b`, becomes a link
to its row. The rows lead back to the equations, chapters and names.
"""

import re
import sys
from itertools import chain
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective
from sphinx.util.logging import getLogger

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for ledger

from ledger import ASSUMES, CLAIM, CORRECT, INCOMPLETE, WRONG
from ledger.trial import ENTRIES, SOURCES, faults, output

logger = getLogger(__name__)
LEDGER, ERRATA, LIBRARY = "book/equations", "book/errata", "nnlab"
SHORT = {  # the verdicts as classes and as heads of columns
    CORRECT: "correct",
    ASSUMES: "assumes",
    INCOMPLETE: "incomplete",
    WRONG: "wrong",
    CLAIM: "claim",
}
ROLES = {  # on a phone the cells stand below each other, as boxes
    "table": "table",
    "thead": "rowgroup",
    "tbody": "rowgroup",
    "tr": "row",
    "td": "cell",
}


class Tag(nodes.General, nodes.Element):
    """An HTML element: what docutils has no node for, such as a form."""


def tag(name, /, *children, ids=(), classes=(), **attributes):
    """Return <name ...>children</name>."""
    node = Tag("", *children, ids=list(ids), classes=list(classes))
    node["name"], node["attributes"] = name, attributes
    return node


def open_tag(writer, node):
    """Write <name ...>."""
    attributes = node["attributes"]
    if node["name"] in ROLES:
        attributes = {"role": ROLES[node["name"]], **attributes}
    writer.body.append(writer.starttag(node, node["name"], "", **attributes))


def close_tag(writer, node):
    """Write </name>, unless the element has no end."""
    if node["name"] != "input":
        writer.body.append(f"</{node['name']}>\n")


def text(content):
    """Return a node of plain text."""
    return nodes.Text(content)


def head(scope, *content):
    """Return a cell that is the head of a column or a row."""
    role = {"col": "columnheader", "row": "rowheader"}[scope]
    return tag("th", *content, scope=scope, role=role)


def paragraph(*content, kind=""):
    """Return a paragraph of nodes."""
    return nodes.paragraph("", "", *content, classes=[kind] if kind else [])


def as_printed(latex):
    r"""Return a line of a source: a display, or a paragraph where it is words.

    It is words if it has \text{...} with two of them or more, and a quotation
    if it begins with them.
    """
    pieces = re.split(r"\\text\{([^{}]*)\}", latex)
    words = max((len(piece.split()) for piece in pieces[1::2]), default=0)
    if words < 2 or r"\begin" in latex:
        display = nodes.math_block(latex, latex)
        display["nowrap"] = display["number"] = display["label"] = None
        return display
    opening, closing = "“”" if latex.startswith(r"\text") else ("", "")
    quotation = paragraph(text(opening), kind="quotation")
    for index, piece in enumerate(pieces):
        formula = piece.strip()
        if index % 2:
            quotation += text(piece)
        elif formula in (r"\quad", r"\dots"):
            quotation += text(" … ")
        elif formula:
            formula = formula.removeprefix(r"\quad").removesuffix(r"\quad")
            around = piece.split(formula)
            quotation += text(" " if around[0] else "")
            quotation += nodes.math(formula, formula)
            quotation += text(" " if around[-1] else "")
    quotation += text(closing)
    return quotation


def is_slip(entry):
    """Return whether an entry belongs to the errata."""
    return entry.verdict == WRONG or (
        entry.verdict == INCOMPLETE and entry.literal is not None
    )


def try_all(location):
    """Run every check, and warn of what it should not accept or refuse."""
    found = {entry.id: faults(entry) for entry in ENTRIES}
    for fault in chain(*found.values()):
        logger.warning(fault, location=location)
    return found


class Page(SphinxDirective):
    """What the two directives share."""

    def markdown(self, source):
        """Return the nodes of a piece of Markdown."""
        parent = nodes.Element()
        lines = StringList(source.splitlines(), source="book/ledger")
        self.state.nested_parse(lines, self.content_offset, parent)
        return parent.children

    def run(self):
        """Return the page's content, and have it made again in each build."""
        self.env.note_reread()
        return self.content_of_the_page()


class Ledger(Page):
    """The ledger: a filter, a summary, and a table for each source."""

    def content_of_the_page(self):
        """Try every entry, then show them."""
        self.faults = try_all(self.get_location())
        return [
            *self.summary(),
            self.filter(),
            *(
                nodes.section(
                    "",
                    nodes.title(name, name),
                    *self.markdown(f"The document: {{cite:t}}`{source}`."),
                    self.table(name, entries),
                    ids=[source],
                    names=[source],
                )
                for source, (name, entries) in SOURCES.items()
            ),
        ]

    def summary(self):
        """Count the entries by source and verdict."""
        heads = ["source", *SHORT.values(), "all"]
        rows = []
        for source, (name, entries) in SOURCES.items():
            rows.append((nodes.reference("", name, refid=source), entries))
        rows.append((text("all"), ENTRIES))
        body = tag("tbody")
        for name, entries in rows:
            given = [entry.verdict for entry in entries]
            counts = [*map(given.count, SHORT), len(given)]
            cells = [tag("td", text(str(count))) for count in counts]
            link = nodes.inline("", "", name)
            body += tag("tr", head("row", link), *cells)
        row = tag("tr", *(head("col", text(each)) for each in heads))
        table = tag("table", tag("thead", row), body, classes=["table"])
        table["attributes"]["aria-label"] = "Entries by source and verdict"
        passed = sum(not found for found in self.faults.values())
        words = (
            f"In this build **{passed} of {len(ENTRIES)}** checks accepted the "
            "right form and refused the wrong ones."
        )
        box = tag("div", table, classes=["pst-scrollable-table-container"])
        return [*self.markdown(words), box]

    def filter(self):
        """Return the form that book.js brings to life."""

        def choice(label, kind, options):
            every = tag("option", text("all"), value="")
            return tag(
                "label",
                text(label),
                tag("select", every, *options, name=kind),
            )

        def options(names):
            return [
                tag("option", text(name), value=value)
                for value, name in names.items()
            ]

        chapters = sorted({entry.chapter for entry in ENTRIES} - {""})
        sources = {source: name for source, (name, _) in SOURCES.items()}
        verdicts = {short: verdict for verdict, short in SHORT.items()}
        return tag(
            "form",
            tag(
                "label",
                text("Words, ids or LaTeX"),
                tag("input", type="search", name="words"),
            ),
            choice("Source", "source", options(sources)),
            choice("Verdict", "verdict", options(verdicts)),
            choice(
                "Chapter",
                "chapter",
                [
                    tag("option", nodes.inline(chapter=chapter), value=chapter)
                    for chapter in chapters
                ],
            ),
            tag("button", text("Show all"), type="reset"),
            tag("p", role="status"),
            classes=["ledger-filter"],
            **{"aria-label": "Filter the ledger", "hidden": "hidden"},
        )

    def table(self, name, entries):
        """Return the table of one source."""
        heads = ("Line", "As printed, and the verdict", "Book and check")
        row = tag("tr", *(head("col", text(each)) for each in heads))
        rows = [self.row(entry) for entry in entries]
        table = tag("table", tag("thead", row), tag("tbody", *rows))
        table["classes"] = ["ledger"]
        table["attributes"]["aria-label"] = f"The ledger of {name}"
        return table

    def row(self, entry):
        """Return the row of one entry."""
        id = f"ledger-{entry.anchor}"
        link = nodes.reference("", "", nodes.literal("", entry.id), refid=id)
        place = paragraph(link)
        where = paragraph(text(entry.where), kind="where")
        return tag(
            "tr",
            head("row", place, where),
            tag("td", *self.line(entry)),
            tag("td", *self.in_the_book(entry), *self.outcome(entry)),
            ids=[id],
            classes=[
                "ledger-row",
                f"source-{entry.source}",
                f"verdict-{SHORT[entry.verdict]}",
                f"chapter-{entry.chapter}",
            ],
            **{"data-latex": f"{entry.printed} {entry.corrected}"},
        )

    def line(self, entry):
        """Return what is printed, the verdict and what belongs to it."""
        verdict = nodes.strong("", entry.verdict.capitalize())
        found = [as_printed(entry.printed), paragraph(verdict, kind="verdict")]
        found += self.markdown(entry.reason)
        if entry.corrected:
            found += self.markdown("**Corrected:**")
            found.append(as_printed(entry.corrected))
        if entry.assumption:
            found += self.markdown(f"**Assumption:** {entry.assumption}")
        if entry.readings:
            readings = "\n".join(f"1. {each}" for each in entry.readings)
            found += self.markdown(f"**Readings:**\n\n{readings}")
        if entry.shapes:
            found += self.markdown(f"*Shapes:* {entry.shapes}")
        return found

    def in_the_book(self, entry):
        """Return links to the book; `complete_links` fills them in."""
        found = []
        if entry.chapter or entry.equations:
            found.append(paragraph(kind="places"))
            found[-1]["places"] = entry.id
        if entry.names:
            names = paragraph(text("Library: "), kind="places")
            for index, name in enumerate(entry.names):
                names += [text(", ")] if index else []
                names += nodes.literal("", name, library=entry.id)
            found.append(names)
        if is_slip(entry):
            link = nodes.inline("", "", text("Counterexample"))
            link["errata"] = entry.anchor
            found.append(paragraph(link))
        return found

    def outcome(self, entry):
        """Return what came out of the check in this build."""
        if self.faults[entry.id]:
            words = "✗ " + "; ".join(self.faults[entry.id])
        else:
            count = len(entry.mutants)
            altered = f"{count} altered form{'s' if count != 1 else ''}"
            printed = "the printed one and " if entry.literal else ""
            words = f"✓ Right form accepted; {printed}{altered} refused."
            words = words.replace("; 0 altered forms refused", "")
        what = " ".join(entry.check.__doc__.split())
        return [
            paragraph(text(words), kind="outcome"),
            paragraph(text(f"Check: {what}"), kind="what"),
        ]


class Errata(Page):
    """The slips of every source, each with a counterexample that runs."""

    def content_of_the_page(self):
        """Return one section per source, with one section per slip."""
        found = []
        for source, (name, entries) in SOURCES.items():
            slips = [self.slip(entry) for entry in entries if is_slip(entry)]
            words = self.markdown(f"The document: {{cite:t}}`{source}`.")
            section = nodes.section("", nodes.title(name, name), *words, *slips)
            section["ids"] = [source]
            section["names"] = [source]
            found.append(section)
        return found

    def slip(self, entry):
        """Return the section of one slip."""
        title = f"{entry.id}: {entry.where}"
        pair = [
            tag("div", paragraph(nodes.strong("", label)), as_printed(latex))
            for label, latex in (
                ("As printed", entry.printed),
                ("Corrected", entry.corrected),
            )
        ]
        section = nodes.section("", nodes.title(title, title))
        section["ids"] = [f"errata-{entry.anchor}"]
        section += tag("div", *pair, classes=["errata-pair"])
        section += self.markdown(
            f"*{entry.verdict.capitalize()}.* {entry.reason}"
        )
        if entry.counterexample:
            code = entry.counterexample.strip("\n")
            result = output(code).rstrip("\n")
            section += nodes.literal_block(code, code, language="python")
            shown = nodes.literal_block(result, result, language="none")
            shown["classes"] = ["counterexample-output"]
            section += shown
        section += self.markdown(f"In the ledger: `{entry.id}`.")
        return section


def complete_links(app, doctree, docname):
    """Make links of the ids on every page, and fill in those of the rows."""
    env, builder = app.env, app.builder
    if LEDGER not in env.found_docs:
        return
    entries = {entry.id: entry for entry in ENTRIES}

    def link(content, page, anchor=""):
        """Return a link around a node."""
        uri = builder.get_relative_uri(docname, page) + anchor
        node = nodes.reference("", "", content, internal=True)
        node["refuri"] = uri or "#"
        return node

    for literal in list(doctree.findall(nodes.literal)):
        inside = isinstance(literal.parent, (nodes.reference, nodes.title))
        id = literal.astext()
        if id in entries and not inside:
            literal.replace_self(
                link(
                    literal.deepcopy(), LEDGER, f"#ledger-{entries[id].anchor}"
                )
            )
        elif "library" in literal:
            known = env.get_domain("py").objects
            name = f"{LIBRARY}.{id}"
            while name and name not in known:
                name = name.rpartition(".")[0]
            if name:
                place = known[name]
                linked = literal.deepcopy()
                del linked["library"]
                literal.replace_self(
                    link(linked, place.docname, f"#{place.node_id}")
                )
            else:
                logger.warning(f"{literal['library']}: no {id} in {LIBRARY}")

    for inline in list(doctree.findall(nodes.inline)):
        if "chapter" in inline:
            title = env.titles[f"book/{inline['chapter']}"].astext()
            inline.replace_self(text(title))
        elif "errata" in inline:
            anchor = f"#errata-{inline['errata']}"
            inline.replace_self(link(inline.deepcopy(), ERRATA, anchor))

    mathematics = env.get_domain("math")
    for paragraph in doctree.findall(nodes.paragraph):
        if "places" not in paragraph:
            continue
        entry = entries[paragraph["places"]]
        places = {f"book/{entry.chapter}": []} if entry.chapter else {}
        for label in entry.equations:
            if label in mathematics.equations:
                page = mathematics.equations[label][0]
                places.setdefault(page, []).append(label)
            else:
                logger.warning(f"{entry.id}: no equation {label}")
        for page, labels in places.items():
            chapter = link(text(env.titles[page].astext()), page)
            chapter["classes"] = ["place"]
            paragraph += chapter
            for label in labels:
                paragraph += mathematics.resolve_xref(
                    env, docname, builder, "eq", label, paragraph, text(label)
                )
                paragraph += text(" ")


def setup(app):
    """Register the directives and the links."""
    app.add_node(Tag, html=(open_tag, close_tag))
    app.add_directive("ledger", Ledger)
    app.add_directive("errata", Errata)
    app.connect("doctree-resolved", complete_links)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
