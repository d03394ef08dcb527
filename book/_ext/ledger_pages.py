"""Sphinx extension: the pages made from book/ledger, and the links to them.

``ledger``
    A directive: the filter, the summary and the tables of all entries. Every
    check runs, unless nothing that it can use has changed since the last
    build. One that accepts or refuses what it should not is a warning with the
    entry's id, in every build.
``mended``
    A directive: which document's line mends which other document's slip.
``errata``
    A directive: every slip with its correction and its counterexample, which
    runs, too.

On every page an entry's id in code type, such as `zheng-2.1b`, becomes a link
to its row. The rows lead back to the equations, chapters and names.
"""

import pickle
import re
from difflib import SequenceMatcher
from pathlib import Path

import source_latex
from docutils import nodes
from docutils.statemachine import StringList
from run_notebooks import surroundings
from sphinx.util.docutils import SphinxDirective
from sphinx.util.logging import getLogger

from ledger import (
    ASSUMES,
    CONFIRMED,
    CORRECT,
    INCOMPLETE,
    MISSTATED,
    REFUTED,
    SETTING,
    SOURCES,
    UNCHECKED,
    WRONG,
)
from ledger.trial import all_entries, entries_of, output, program, trial

logger = getLogger(__name__)
LEDGER, ERRATA, LIBRARY = "book/equations", "book/errata", "nnlab"
SHORT = {  # the verdicts as classes
    CORRECT: "correct",
    ASSUMES: "assumes",
    INCOMPLETE: "incomplete",
    WRONG: "wrong",
    SETTING: "setting",
    CONFIRMED: "confirmed",
    MISSTATED: "misstated",
    REFUTED: "refuted",
    UNCHECKED: "unchecked",
}
PARTS = {  # of the errata
    WRONG: ("wrong", "Wrong as printed"),
    INCOMPLETE: ("misread", "Could be misread"),
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
    return tag("th", *content, scope=scope)


def paragraph(*content, kind=""):
    """Return a paragraph of nodes."""
    return nodes.paragraph("", "", *content, classes=[kind] if kind else [])


def display(formula):
    """Return a formula of a source as a display, in lines that fit."""
    formula = source_latex.broken(formula)
    node = nodes.math_block(formula, formula)
    node["nowrap"] = node["number"] = node["label"] = None
    return node


def words_marked(before, after):
    """Return two quotations in Markdown with the words that differ in bold."""
    pattern = r"\$[^$]*\$\S*|\S+"
    sides = [re.findall(pattern, text[2:]) for text in (before, after)]
    found = [], []
    for kind, *at in SequenceMatcher(None, *sides, False).get_opcodes():
        for side, (start, end) in enumerate((at[:2], at[2:])):
            words = " ".join(sides[side][start:end])
            if words and kind != "equal":
                words = f"**{words}**"
            found[side].append(words)
    return ["> " + " ".join(filter(None, words)) for words in found]


def number_of(entries):
    """Return how many lines these are, in words that fit the number."""
    return f"{len(entries)} line{'s' * (len(entries) != 1)}"


def place(entry):
    """Return where a line stands; a number bears the name of its document."""
    name = SOURCES[entry.source]
    return f"{name} {entry.where}" if entry.where[0] == "(" else entry.where


def kept_trials(folder, entries):
    """Try entries; return {id: what came out}, from a file if it is known.

    The file is named after a digest of all that a check can use.
    """
    kept = folder / f"trials-{surroundings()}.pickle"
    if not kept.exists():
        folder.mkdir(exist_ok=True)
        for old in folder.glob("trials-*"):
            old.unlink()
        trials = {entry.id: trial(entry) for entry in entries}
        kept.write_bytes(pickle.dumps(trials))
    return pickle.loads(kept.read_bytes())


def warn(trials, location):
    """Warn of what is wrong with a check."""
    for found in trials:
        for fault in found.faults:
            logger.warning(fault, location=location)


def table_of(heads, rows, name):
    """Return a table of numbers or links, with heads of columns and rows."""
    head_row = tag("tr", *(head("col", text(each)) for each in heads))
    body = tag("tbody")
    for first, *cells in rows:
        cells = [tag("td", *each) for each in cells]
        body += tag("tr", head("row", *first), *cells)
    table = tag("table", tag("thead", head_row), body, classes=["table"])
    table["attributes"]["aria-label"] = name
    classes = ["pst-scrollable-table-container", "counts"]
    return tag("div", table, classes=classes)


class Page(SphinxDirective):
    """What the directives share."""

    def markdown(self, source):
        """Return the nodes of a piece of Markdown."""
        parent = nodes.Element()
        lines = StringList(source.splitlines(), source="book/ledger")
        self.state.nested_parse(lines, self.content_offset, parent)
        return parent.children

    def line(self, printed):
        """Return a line of a source: a display, or a quotation."""
        if not printed.startswith(">"):
            return [display(printed)]
        return self.markdown(printed)

    def both(self, entry):
        """Return the printed and the corrected line, what differs marked."""
        before, after = entry.printed, entry.corrected
        quoted = before.startswith(">"), after.startswith(">")
        if quoted == (True, True):
            before, after = words_marked(before, after)
        elif quoted == (False, False):
            before, after = source_latex.marked(before, after)
        return self.line(before), self.line(after)

    def run(self):
        """Return the page's content, and have it made again in each build."""
        self.env.note_reread()
        return self.content_of_the_page()


class Ledger(Page):
    """The ledger: a filter, a summary, and a table for each source."""

    def content_of_the_page(self):
        """Try every entry, warn of faulty checks, and show all entries."""
        folder = Path(self.env.app.outdir).parent / "executed"
        self.trials = kept_trials(folder, all_entries())
        warn(self.trials.values(), self.get_location())
        return [
            *self.summary(),
            self.filter(),
            *(
                nodes.section(
                    "",
                    nodes.title(name, name),
                    *self.markdown(f"The document: {{cite:t}}`{source}`."),
                    self.table(name, entries_of(source)),
                    ids=[source],
                    names=[source],
                )
                for source, name in SOURCES.items()
            ),
        ]

    def summary(self):
        """Count the entries by verdict and source."""
        lists = [*map(entries_of, SOURCES), all_entries()]
        rows = []
        for verdict in SHORT:
            counts = [sum(e.verdict == verdict for e in list) for list in lists]
            cells = ([text(str(count or "–"))] for count in counts)
            rows.append([[text(verdict)], *cells])
        cells = ([text(str(len(list)))] for list in lists)
        rows.append([[text("all")], *cells])
        heads = ["verdict", *SOURCES.values(), "all"]
        trials = [self.trials[e.id] for e in all_entries() if e.lines]
        good = sum(not found.faults for found in trials)
        refused = sum(found.refused for found in trials)
        equivalent = sum(found.of for found in trials) - refused
        words = (
            f"Of {len(all_entries())} lines {len(trials)} have a check; the "
            "others cannot be checked here. In this build "
            f"**{good} of {len(trials)}** checks accepted the right form, "
            "refused the printed one where it is wrong, and refused "
            f"**{refused:,}** altered forms. Another {equivalent} altered "
            "forms were accepted: they are right as well, and each is listed "
            "with its reason."
        )
        name = "Entries by verdict and source"
        return [*self.markdown(words), table_of(heads, rows, name)]

    def filter(self):
        """Return the form that book.js brings to life."""

        def choice(kind, every, options):
            first = tag("option", text(f"all {every}"), value="")
            label = nodes.inline("", kind, classes=["visually-hidden"])
            return tag(
                "label", label, tag("select", first, *options, name=kind)
            )

        def options(names):
            return [
                tag("option", text(name), value=value)
                for value, name in names.items()
            ]

        chapters = sorted({e.chapter for e in all_entries()} - {""})
        verdicts = {short: verdict for verdict, short in SHORT.items()}
        titles = [
            tag("option", nodes.inline(chapter=chapter), value=chapter)
            for chapter in chapters
        ]
        return tag(
            "form",
            tag(
                "label",
                nodes.inline("", "Search", classes=["visually-hidden"]),
                tag(
                    "input",
                    type="search",
                    name="words",
                    placeholder="words, ids or LaTeX",
                ),
            ),
            choice("source", "sources", options(SOURCES)),
            choice("verdict", "verdicts", options(verdicts)),
            choice("chapter", "chapters", titles),
            tag("button", text("Show all"), type="reset"),
            tag("p", role="status"),
            classes=["ledger-filter"],
            **{"aria-label": "Filter the ledger", "hidden": "hidden"},
        )

    def table(self, name, entries):
        """Return the table of one source."""
        heads = ("Line", "As printed", "Verdict and score")
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
        where = paragraph(text(place(entry)), kind="where")
        verdict = nodes.strong("", entry.verdict.capitalize())
        return tag(
            "tr",
            head("row", paragraph(link), where),
            tag("td", *self.line(entry.printed), self.more(entry)),
            tag("td", paragraph(verdict, kind="verdict"), *self.score(entry)),
            ids=[id],
            classes=[
                "ledger-row",
                f"source-{entry.source}",
                f"verdict-{SHORT[entry.verdict]}",
                f"chapter-{entry.chapter}",
            ],
            **{"data-latex": f"{entry.printed} {entry.corrected}"},
        )

    def more(self, entry):
        """Return what is folded: the reason and all that belongs to it."""
        found = [tag("summary", text("Why, where in the book, which check"))]
        found += self.markdown(entry.reason)
        if entry.corrected:
            found += [*self.markdown("**Corrected:**"), *self.both(entry)[1]]
        if entry.mended:
            lines = ", ".join(f"`{id}`" for id in entry.mended)
            found += self.markdown(f"**It is right in:** {lines}")
        if entry.assuming:
            found += self.markdown(f"**Assumption:** {entry.assuming}")
        if entry.readings:
            readings = "\n".join(f"1. {each}" for each in entry.readings)
            found += self.markdown(f"**Readings:**\n\n{readings}")
        if entry.shapes:
            found += self.markdown(f"*Shapes:* {entry.shapes}")
        found += self.in_the_book(entry)
        for code, words in entry.lines:
            found += [paragraph(text(f"Check: {words}"), kind="what")]
            found += [paragraph(nodes.literal("", code), kind="what")]
        for how, why in entry.equivalent.items():
            found += self.markdown(f"Right as well, {how}: {why}.")
        if entry.right:
            found += [self.to_try(entry)]
        return tag("details", *found)

    def to_try(self, entry):
        """Return the form as a program that can be copied, edited and run."""
        code = program(entry)
        block = nodes.literal_block(code, code, language="none")
        words = (
            "Try to fool this check: run it in the folder book, then edit it."
        )
        return tag(
            "div",
            paragraph(text(words), kind="what"),
            block,
            classes=["ledger-try"],
            **{"data-entry": entry.id, "data-arguments": entry.arguments},
        )

    def in_the_book(self, entry):
        """Return links to the book; `complete_links` fills them in."""
        found = [paragraph(text("In the book: "), kind="places")]
        found[-1]["places"] = entry.id
        if entry.names:
            names = paragraph(text("In the library: "), kind="places")
            for index, name in enumerate(entry.names):
                names += [text(", ")] if index else []
                names += nodes.literal("", name, library=entry.id)
            found.append(names)
        return found

    def score(self, entry):
        """Return what came out of the check in this build, in few words."""
        found, result = [], self.trials[entry.id]
        if result.faults:
            words = "✗ " + "; ".join(result.faults)
            found.append(paragraph(text(words), kind="outcome"))
        elif entry.lines:
            words = f"✓ {result.refused} of {result.of} altered forms refused"
            if entry.literal:
                words += ", and the printed one"
            found.append(paragraph(text(words), kind="outcome"))
        if entry.verdict in PARTS:
            link = nodes.inline("", "", text("In the errata"))
            link["errata"] = entry.anchor
            found.append(paragraph(link))
        return found


class Mended(Page):
    """Which document's line mends which other document's slip."""

    def content_of_the_page(self):
        """Return a table: slips by rows, what mends them by columns."""
        rows = []
        for source, name in SOURCES.items():
            slips = [e for e in entries_of(source) if e.verdict in PARTS]
            cells = [self.links(slips, mender) for mender in SOURCES]
            rows.append([[text(f"{name}: {number_of(slips)}")], *cells])
        heads = ["slips of", *(f"by {name}" for name in SOURCES.values())]
        return [table_of(heads, rows, "Whose line mends whose slip")]

    def links(self, slips, mender):
        """Return links to the slips that a document mends, by their ids."""
        found = []
        for entry in slips:
            if mender in {id.partition("-")[0] for id in entry.mended}:
                short = entry.id.partition("-")[2]
                target = f"ledger-{entry.anchor}"
                found += [text(" · ")] if found else []
                found.append(nodes.reference("", short, refid=target))
        return [paragraph(*(found or [text("–")]))]


class Errata(Page):
    """The slips of every source, each with a counterexample that runs."""

    def content_of_the_page(self):
        """Return a table of counts, then two parts, by source."""
        found = [self.counts()]
        for verdict, (kind, title) in PARTS.items():
            part = nodes.section("", nodes.title(title, title))
            part["ids"] = part["names"] = [kind]
            for source, name in SOURCES.items():
                slips = [
                    self.slip(entry)
                    for entry in entries_of(source)
                    if entry.verdict == verdict
                ]
                words = [f"The document: {{cite:t}}`{source}`."]
                if not slips:
                    words.append("Nothing here.")
                title = f"{name}: {number_of(slips)}"
                section = nodes.section(
                    "",
                    nodes.title(title, title),
                    *self.markdown(" ".join(words)),
                    *slips,
                )
                section["ids"] = section["names"] = [f"{kind}-{source}"]
                section["classes"] = ["errata-part", f"source-{source}"]
                part += section
            found.append(part)
        return found

    def counts(self):
        """Count the slips of each source; a button prints those of one."""
        rows = []
        for source, name in SOURCES.items():
            given = [entry.verdict for entry in entries_of(source)]
            cells = []
            for verdict, (kind, _) in PARTS.items():
                count = str(given.count(verdict))
                link = nodes.reference("", count, refid=f"{kind}-{source}")
                cells.append([nodes.inline("", "", link)])
            button = tag(
                "button",
                text("Print"),
                type="button",
                hidden="hidden",
                classes=["print-part"],
                **{
                    "data-source": source,
                    "aria-label": f"Print the part of {name}",
                },
            )
            lines = [text(str(len(given)))]
            rows.append([[text(name)], *cells, lines, [button]])
        heads = ["document", "wrong", "misread", "of lines", "for its author"]
        return table_of(heads, rows, "Slips of each document")

    def slip(self, entry):
        """Return the section of one slip."""
        title = f"{entry.id}: {place(entry)}"
        labels = "As printed", "Corrected"
        pair = [
            tag("div", paragraph(nodes.strong("", label)), *line)
            for label, line in zip(labels, self.both(entry))
        ]
        section = nodes.section("", nodes.title(title, title))
        section["ids"] = [f"errata-{entry.anchor}"]
        section += tag("div", *pair, classes=["errata-pair"])
        section += self.markdown(entry.reason)
        if entry.readings:
            readings = "\n".join(f"1. {each}" for each in entry.readings)
            section += self.markdown(f"Possible readings:\n\n{readings}")
        if entry.counterexample:
            code = entry.counterexample.strip("\n")
            result = output(code).rstrip("\n")
            section += nodes.literal_block(code, code, language="python")
            shown = nodes.literal_block(result, result, language="none")
            shown["classes"] = ["counterexample-output"]
            section += shown
        found = f"In the ledger: `{entry.id}`."
        if entry.mended:
            lines = ", ".join(f"`{id}`" for id in entry.mended)
            found += f" Right in {lines}."
        section += self.markdown(found)
        return section


def complete_links(app, doctree, docname):
    """Make links of the ids on every page, and fill in those of the rows."""
    env, builder = app.env, app.builder
    if LEDGER not in env.found_docs:
        return
    entries = {entry.id: entry for entry in all_entries()}

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
            if f"{LIBRARY}.lab.{id}" in known:
                name = f"{LIBRARY}.lab.{id}"
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
                equation = mathematics.resolve_xref(
                    env, docname, builder, "eq", label, paragraph, text(label)
                )
                equation.insert(0, text("book "))
                paragraph += [text(", "), equation]
            paragraph += text(" ")


def setup(app):
    """Register the directives and the links."""
    app.add_node(Tag, html=(open_tag, close_tag))
    app.add_directive("ledger", Ledger)
    app.add_directive("mended", Mended)
    app.add_directive("errata", Errata)
    app.connect("doctree-resolved", complete_links)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
