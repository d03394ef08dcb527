"""Sphinx extension: the tasks of the chapters.

The label "(task-ID)=" or "(slip-ID)=" in front of a question begins a task; its
end is the next code cell, with the form or the place for code. Both get one
box. Formulas in a form are set when the book is built, as all others. The head
of each page lists the tasks of all chapters, for the count in the contents.
"""

import json
import re
from html import escape, unescape

from docutils import nodes

LABEL = re.compile(r"(?:task|slip)-(.+)")
FORMULA = re.compile(r'<span class="math">\\\((.*?)\\\)</span>')


def labels(doctree):
    """Yield the targets that begin a task, each with the task's id."""
    for target in list(doctree.findall(nodes.target)):
        found = LABEL.fullmatch(target.get("refid", ""))
        if found:
            yield target, found[1]


def is_cell(node):
    """Tell a code cell from all else."""
    return isinstance(node, nodes.container) and "cell" in node["classes"]


def boxes(app, doctree):
    """Put each question and its cell into one box."""
    for target, id in labels(doctree):
        first = target.next_node(descend=False, siblings=True)
        if isinstance(first, nodes.section) or first is None:
            continue  # a slip has a heading of its own
        parent, start = first.parent, first.parent.index(first)
        end = next(
            (k for k in range(start, len(parent)) if is_cell(parent[k])), None
        )
        if end is None:
            continue
        inside = parent[start : end + 1]
        before = nodes.raw("", f'<div class="task" data-task="{id}">', format="html")
        after = nodes.raw("", "</div>", format="html")
        parent[start : end + 1] = [before, *inside, after]


def formulas(app, doctree):
    """Set the formulas of the forms."""

    def written(found):
        tex = unescape(found[1])
        html = app.typesetter.inline(tex)
        return f'<span class="math notranslate nohighlight">{html}</span>'

    for node in doctree.findall(nodes.raw):
        if 'class="task-form"' in node.astext():
            node.children = [nodes.Text(FORMULA.sub(written, node.astext()))]
