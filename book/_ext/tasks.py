"""Sphinx extension: the tasks of the chapters.

The label "(task-ID)=" or "(slip-ID)=" in front of a question begins a task; the
next code cell, with the form or the place for code, ends it, or the solution
right behind that, a cell with the tag "solution". All of it gets one box.
Formulas in a form are set when the book is built, as all others. The head of
each page lists the tasks of all chapters, for the count in the contents.
"""

import re
from html import unescape
from pathlib import PurePosixPath

from docutils import nodes
from sphinx.util.logging import getLogger

from _ext.ledger_pages import tag
from exercises.tasks import chapters, tasks_of
from ledger.trial import all_entries

logger = getLogger(__name__)
FORMULA = re.compile(r'<span class="math">\\\((.*?)\\\)</span>')


def known():
    """Return the ids of all tasks and slips, by their labels in a page."""
    tasks = [f"task-{id}" for name in chapters() for id in tasks_of(name)]
    slips = [f"slip-{entry.id}" for entry in all_entries()]
    return {nodes.make_id(label): label[5:] for label in tasks + slips}


def is_cell(node):
    """Tell a code cell from all else."""
    return isinstance(node, nodes.container) and "cell" in node["classes"]


def is_solution(node):
    """Tell the cell with the solution from all else."""
    return is_cell(node) and "tag_solution" in node["classes"]


def make_boxes(app, doctree):
    """Put each question and its cell into one box."""
    ids, found = known(), []
    for first in list(doctree.findall(nodes.Element)):
        labels = [each for each in first["ids"] if each in ids]
        labels += [e for e in first["ids"] if e.startswith("task-")]
        if not labels or isinstance(first, nodes.target):
            continue
        section = isinstance(first, nodes.section)
        parent = first if section else first.parent
        start = 1 if section else parent.index(first)
        rest = range(start, len(parent))
        end = next((k for k in rest if is_cell(parent[k])), None)
        if labels[0] not in ids or end is None:
            logger.warning("no task, or no cell: %s", labels[0], location=first)
            continue
        end += any(map(is_solution, parent[end + 1 : end + 2]))
        id = ids[labels[0]]
        attributes = {"data-task": id}
        inside = parent[start : end + 1]
        parent[start : end + 1] = [
            tag("div", *inside, classes=["task"], **attributes)
        ]
        found.append(id)
    app.env.metadata[app.env.docname]["tasks"] = found


def set_formulas(app, doctree):
    """Set the formulas of the forms."""

    def written(found):
        html = app.typesetter.inline(unescape(found[1]))
        return f'<span class="math notranslate">{html}</span>'

    for node in list(doctree.findall(nodes.raw)):
        if 'class="task-form"' in node.astext():
            html = FORMULA.sub(written, node.astext())
            node.replace_self(nodes.raw("", html, format="html"))


def list_tasks(app, pagename, templatename, context, doctree):
    """List the tasks of all chapters in the head of a page."""
    lists = [
        " ".join([f"{PurePosixPath(page).name}:", *data["tasks"]])
        for page, data in sorted(app.env.metadata.items())
        if data.get("tasks")
    ]
    meta = f'<meta name="tasks" content="{"; ".join(lists)}" />\n'
    context["metatags"] = context.get("metatags", "") + meta


def setup(app):
    """Register the boxes, the formulas and the list."""
    app.connect("doctree-read", make_boxes)
    app.connect("doctree-read", set_formulas, priority=800)
    app.connect("html-page-context", list_tasks)
    app.add_css_file("tasks.css")
    app.add_js_file("tasks.js")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
