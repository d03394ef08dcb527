"""Sphinx extension: what stands in the margin of an equation.

A paragraph "*Source: ...*" below an equation becomes a chip, such as
"Zheng 2a", in the colour of its verdict. The card, which opens on hover, tap
or key, holds the line as printed, the words of the paragraph, and links to the
ledger. A check, a paragraph with a label "check-...", puts its mark at each
equation of the page that it names; if it names none, at the head of its
section. A second mark at the same place says "again". The code of cells with
the tag "check" is folded.
"""

import re
from itertools import chain

from docutils import nodes
from sphinx import addnodes
from sphinx.util.logging import getLogger

from _ext.ledger_pages import SHORT, display, paragraph, tag, text
from ledger import SOURCES
from ledger.trial import all_entries

logger = getLogger(__name__)
PROMPTS = "Show the code of the check", "Hide the code of the check"
SEVERE = [  # a chip has the colour of the first that one of its lines has
    *("wrong", "refuted", "incomplete", "misstated", "assumes"),
    *("correct", "confirmed", "setting", "unchecked"),
]


def is_margin(node):
    """Tell the strips of this module from all else."""
    return isinstance(node, nodes.Element) and "beside" in node["classes"]


def margin_of(node):
    """Return the strip below an equation or a heading; make one if needed."""
    if is_margin(node):
        return node
    after = node.next_node(descend=False, siblings=True)
    if not is_margin(after):
        after = tag("div", classes=["beside"])
        node.parent.insert(node.parent.index(node) + 1, after)
    return after


def margin_before(node):
    """Return the strip in front of a paragraph: that of its equation."""
    parent, at = node.parent, node.parent.index(node)
    before = parent[at - 1] if at else None
    if isinstance(before, nodes.math_block) or is_margin(before):
        return margin_of(before)
    parent.insert(at, tag("div", classes=["beside"]))
    return parent[at]


def head_of(node):
    """Return the heading of the section in which a node stands."""
    while not isinstance(node, nodes.section):
        node = node.parent
    return node[0]


def targets(node):
    """Return what the references in a paragraph lead to."""
    return [n.get("reftarget") for n in node.findall(addnodes.pending_xref)]


def quoted(words):
    """Return a quotation of a source, with its formulas."""
    found = paragraph(kind="quoted")
    for index, part in enumerate(words.removeprefix("> ").split("$")):
        found += nodes.math(part, part) if index % 2 else text(part)
    return found


def label(sources, ids):
    """Return the words of a chip: "Zheng 2a, 2b", or only the name.

    An id like zheng-0 or zheng-r1 has no number that the source prints.
    """
    found = []
    for source in sources:
        ends = [id.partition("-")[2] for id in ids if id.startswith(source)]
        numbers = [re.match(r"[1-9][^-]*", end) for end in ends]
        numbers = list(dict.fromkeys(each[0] for each in numbers if each))
        more = " …" if len(numbers) > 2 else ""
        name = SOURCES[source].split()[0]
        found.append(f"{name} {', '.join(numbers[:2])}{more}".strip())
    return " · ".join(found)


def says_more(words):
    """Tell whether a line goes on after the ids, which name its place."""
    *_, last, end = [None, None, *words.children]
    return not (isinstance(last, nodes.literal) and end.astext() == ".")


def chip(sources, entries, words):
    """Return the chip of a line about sources, with its card."""
    printed = []
    for entry in entries:
        where = f"{SOURCES[entry.source]}, {entry.where}: "
        ledger = nodes.literal("", entry.id)  # becomes a link
        verdict = nodes.strong("", entry.verdict)
        line = [text(where), verdict, text(", "), ledger]
        if not printed:
            line.append(text(" in the ledger of all lines"))
        printed += [
            paragraph(*line, kind="where"),
            quoted(entry.printed)
            if entry.printed.startswith("> ")
            else display(entry.printed),
        ]
    verdicts = [SHORT[entry.verdict] for entry in entries]
    worst = min(verdicts, key=SEVERE.index, default="correct")
    shown = label(sources, [entry.id for entry in entries])
    hidden = nodes.inline("", ": what is printed", classes=["visually-hidden"])
    said = [words] if says_more(words) or not entries else []
    return tag(
        "details",
        tag("summary", text(shown), hidden),
        tag("div", *printed, *said, classes=["as-printed"]),
        classes=["chip", f"verdict-{worst}"],
    )


def make_chips(app, doctree):
    """Make a chip of each line about a source."""
    known = {entry.id: entry for entry in all_entries()}
    for line in list(doctree.findall(nodes.emphasis)):
        if not line.astext().startswith("Source: "):
            continue
        ids = dict.fromkeys(n.astext() for n in line.findall(nodes.literal))
        entries = [known[id] for id in ids if id in known]
        cited = targets(line), (entry.source for entry in entries)
        sources = dict.fromkeys(chain(*cited))
        sources = [source for source in sources if source in SOURCES]
        if not sources:
            logger.warning("this line names none of the sources", location=line)
            continue
        begin = next(line.findall(nodes.Text))
        begin.parent.replace(begin, nodes.Text(begin.removeprefix("Source: ")))
        said = line.parent
        said.remove(line)
        made = chip(sources, entries, paragraph(*line.children, kind="said"))
        margin_before(said).append(made)
        if not said.astext().strip():
            said.parent.remove(said)


def mark_equations(app, doctree):
    """Put the mark of each check at the equations that it names."""
    blocks = {n.get("label"): n for n in doctree.findall(nodes.math_block)}
    for check in list(doctree.findall(nodes.paragraph)):
        if not any(id.startswith("check-") for id in check["ids"]):
            continue
        check["classes"].append("check")
        named = dict.fromkeys(targets(check))
        found = [blocks[each] for each in named if each in blocks]
        for node in found or [head_of(check)]:
            hidden = nodes.inline(
                "", ": go to the check", classes=["visually-hidden"]
            )
            margin = margin_of(node)
            words = "again" if len(margin) else "machine-checked"
            mark = nodes.reference("", words, hidden, internal=True)
            mark["refid"] = check["ids"][0]
            mark["classes"] = ["machine-checked"]
            margin.append(paragraph(mark))


def fold_checks(app, doctree):
    """Show of the cells of a check only what they print."""
    for cell in doctree.findall(nodes.container):
        if "tag_check" in cell["classes"]:
            cell["hide_mode"] = "input"
            cell["prompt_show"], cell["prompt_hide"] = PROMPTS


def setup(app):
    """Register the marks and the chips."""
    app.connect("doctree-read", mark_equations)
    app.connect("doctree-read", make_chips)
    app.connect("doctree-read", fold_checks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
