"""Sphinx extension: the symbols of the one table, and the links to them.

Each row of the first table in book/notation has an id. Where a chapter first
uses a symbol in its text, the symbol is a link to its row. A single Latin
letter is none: it may serve one section only.
"""

import re

from docutils import nodes

NOTATION = "book/notation"
SAID = ": what it means"
NOT_IN = (nodes.reference, nodes.title, nodes.table)


def plain(tex):
    """Return TeX without what makes no difference: braces and spaces."""
    return re.sub(r"[\s{}]", "", tex)


def rows(doctree):
    """Yield each row of the table with its symbols, as TeX."""
    for row in next(doctree.findall(nodes.tbody)).findall(nodes.row):
        yield row, [math.astext() for math in row[0].findall(nodes.math)]


def name_rows(app, doctree):
    """Give ids to the rows: symbol-delta-l is that of delta^l."""
    if app.env.docname == NOTATION:
        for row, symbols in rows(doctree):
            words = re.sub(r"[^A-Za-z0-9]+", "-", symbols[0]).strip("-")
            row["ids"].append(f"symbol-{words}")


def in_text(math):
    """Tell whether a formula stands in the text, in no fold and no link."""
    while not isinstance(math, nodes.section):
        math = math.parent
        folded = math.get("design_component") == "dropdown"
        if folded or isinstance(math, NOT_IN) or "chip" in math["classes"]:
            return False
    return True


def link_symbols(app, doctree, docname):
    """Make a link of each symbol where a chapter first uses it."""
    env = app.env
    taught = env.doc2path(docname).endswith(".ipynb")
    if not taught or NOTATION not in env.found_docs:
        return
    table = {
        plain(symbol): row["ids"][0]
        for row, symbols in rows(env.get_doctree(NOTATION))
        for symbol in symbols
        if not re.fullmatch("[A-Za-z]", symbol)
    }
    page = app.builder.get_relative_uri(docname, NOTATION)
    for math in list(doctree.findall(nodes.math)):
        symbol = plain(math.astext())
        if symbol in table and in_text(math):
            anchor = table[symbol]
            table = {s: row for s, row in table.items() if row != anchor}
            link = nodes.reference("", "", internal=True)
            link["refuri"] = f"{page}#{anchor}"
            link["classes"].append("symbol")
            math.replace_self(link)
            hidden = nodes.inline("", SAID, classes=["visually-hidden"])
            link += [math, hidden]


def setup(app):
    """Register the ids and the links."""
    app.connect("doctree-read", name_rows)
    app.connect("doctree-resolved", link_symbols)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
