"""Sphinx extension: the texts that search.js looks through.

Sphinx's own index leads to pages only, knows no Greek letter and no part of a
word. Here the book is written as a list of its sections, the lines of the
ledger, the symbols and the names of the library, each with its text. The file
_static/sections.js is a script, so that it can be read from the file system,
too; a page loads it when its search field is first used.

A formula is written as on a line of text, out of its MathML: δ^l = ∂C/∂z^l.
What is taught in a notebook counts more than what a page of reference lists.
"""

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

from docutils import nodes
from sphinx import addnodes
from typeset import Unknown, source

from _ext.ledger_pages import Tag

UNREAD = (
    nodes.literal_block,
    nodes.doctest_block,
    nodes.raw,
    nodes.image,
    nodes.comment,
    nodes.title,  # it has a place of its own
    addnodes.desc_signature,
    addnodes.index,
)
CONTROLS = ("form", "summary", "button")
BESIDE = {  # classes of what stands beside the text
    "visually-hidden",
    "cell_output",
    "machine-checked",
    "chip",
    "places",
    "ledger-try",
}
SIGNS = "=≠≈≤≥<>∈→⟶⟺↦∝+−±⋅×⊙"
TAUGHT, LISTED = 1, 0.6
TIDY = (  # in one line: signs of a font or unseen, functions, punctuation
    ("\u2061(?=\\w)", " "),
    ("[\u2061-\u2064\ue000-\uf8ff]", ""),
    (r"\s+", " "),
    (r" (?=[,.;:!?)])", ""),
    (r"\( ", "("),
)


def group(text):
    """Return a part of a formula, in brackets if it is a long one."""
    plain = r"[^\W_]*|\W|\[[^]]*\]|\([^)]*\)"
    return text if re.fullmatch(plain, text) else f"({text})"


def fraction(*parts):
    """Return a fraction, with brackets around sums and fractions."""
    return "/".join(
        f"({each})" if re.search(r"[\s/+−]", each) else each for each in parts
    )


def line(element):
    """Return MathML as a line of text."""
    kind = element.tag.rpartition("}")[2]
    parts = [line(child) for child in element]
    if kind == "mo" and element.text in tuple(SIGNS):
        return f" {element.text} "
    if kind == "mo" and element.text == ",":
        return ", "
    if not parts:
        return element.text or ""
    if kind == "mfrac":
        return fraction(*parts)
    if kind in ("msqrt", "mroot"):
        return f"√({parts[0]})"
    if kind in ("msup", "mover") and parts[1] in ("′", "~", "^", "¯", "→"):
        return parts[0] + parts[1].replace("~", "").replace("^", "")
    if kind in ("msup", "mover"):
        return f"{parts[0]}^{group(parts[1])}"
    if kind in ("msub", "munder"):
        return f"{parts[0]}_{group(parts[1])}"
    if kind in ("msubsup", "munderover"):
        return f"{parts[0]}_{group(parts[1])}^{group(parts[2])}"
    return (" " if kind in ("mtable", "mtr") else "").join(parts)


def is_own(node):
    """Tell what is found by itself: more than a part of the text around it."""
    if isinstance(node, addnodes.desc):
        return bool(node[0]["ids"])
    row = isinstance(node, nodes.row) or (
        isinstance(node, Tag) and node["name"] == "tr"
    )
    return isinstance(node, nodes.section) or (row and bool(node["ids"]))


class Reader:
    """Reads a page: what can be found there, and its words."""

    def __init__(self, mathml, numbers):
        self.mathml = mathml  # of TeX, set as a display or not
        self.numbers = numbers  # of equations, by their labels

    def words(self, node):
        """Return the text of a node as pieces, without what is its own."""
        if isinstance(node, nodes.math):
            yield self.formula(node.astext().strip(), False)
        elif isinstance(node, nodes.math_block):
            number = self.numbers.get(node.get("label"), "")
            yield f" {number} {self.formula(source(node), True)} "
        elif isinstance(node, addnodes.pending_xref) and self.is_label(node):
            yield self.numbers.get(node["reftarget"], "")
        elif isinstance(node, nodes.Text):
            yield node.astext()
        elif not self.unread(node):
            for child in node.children:
                if not is_own(child):
                    yield from self.words(child)
            if not isinstance(node, nodes.Inline):
                yield " "

    def is_label(self, node):
        """Tell whether a reference is a label yet, to become a number."""
        return node["refdomain"] in ("math", "cite")

    def unread(self, node):
        """Tell what is not text: code, controls, what stands beside it."""
        if isinstance(node, Tag) and node["name"] in CONTROLS:
            return True
        return isinstance(node, UNREAD) or BESIDE & set(node["classes"])

    def formula(self, tex, display):
        """Return a formula as a line of text; as TeX, if it cannot be set."""
        try:
            return line(ET.fromstring(self.mathml(tex, display)))
        except Unknown:
            return tex

    def text(self, *parts):
        """Return the text of nodes in one line."""
        found = "".join(word for part in parts for word in self.words(part))
        for pattern, replacement in TIDY:
            found = re.sub(pattern, replacement, found)
        return found.strip()

    def title(self, node):
        """Return what a thing of its own is called, and the rest of it."""
        if isinstance(node, nodes.section):
            return self.text(*node[0].children), [node]
        if isinstance(node, addnodes.desc):
            return node[0].get("fullname", ""), [node]
        return ": ".join(map(self.text, node[0])), node.children[1:]

    def read(self, doctree):
        """Return anchor, title and text of all that can be found in a page."""
        found = []
        for node in doctree.findall(is_own):
            at = node[0] if isinstance(node, addnodes.desc) else node
            title, parts = self.title(node)
            found.append([at["ids"][0], title, self.text(*parts)])
        found[0][0] = ""  # the title of the page: its beginning
        return found


def numbers(env):
    """Return the numbers of all equations by their labels, as (5.3)."""
    found = {}
    for label, (page, number) in env.get_domain("math").equations.items():
        given = env.toc_fignumbers.get(page, {}).get("displaymath", {})
        given = given.get(f"equation-{label}", (number,))
        found[label] = f"({'.'.join(map(str, given))})"
    return found


def write(app, exception):
    """Write what is found in all pages, one page a line."""
    if exception or app.builder.name != "html":
        return
    env, pages = app.env, []
    mathml = lambda *tex: app.typesetter.set(*tex)["mathml"]  # noqa: E731
    reader = Reader(mathml, numbers(env))
    for name in sorted(env.found_docs):
        weight = TAUGHT if env.doc2path(name).endswith(".ipynb") else LISTED
        address = app.builder.get_target_uri(name)
        page = [address, weight, reader.read(env.get_doctree(name))]
        pages.append(json.dumps(page, ensure_ascii=False))
    script = "const bookSections = [\n" + ",\n".join(pages) + "\n];\n"
    path = Path(app.outdir, "_static", "sections.js")
    path.write_text(script, encoding="utf-8")


def no_other_search(app):
    """Leave out Sphinx's search: its index and its page."""
    app.builder.search = False


def page_of_its_own(app):
    """Yield the page that shows all results."""
    if app.builder.name == "html":
        yield "search", {}, "search.html"


def setup(app):
    """Register the file, and the page in place of Sphinx's."""
    app.connect("builder-inited", no_other_search)
    app.connect("html-collect-pages", page_of_its_own)
    app.connect("build-finished", write, priority=100)  # typeset ends itself
    return {"parallel_read_safe": True, "parallel_write_safe": True}
