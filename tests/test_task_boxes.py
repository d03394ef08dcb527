"""The tasks in the pages: their boxes, the formulas of their forms, and the list of all."""

from unittest.mock import Mock, call

import pytest
from _ext import tasks
from _ext.ledger_pages import Tag
from docutils import nodes


def question(*ids):
    return nodes.paragraph("", "What?", ids=list(ids))


def cell(*classes):
    return nodes.container("", classes=["cell", *classes])


@pytest.fixture
def boxed(monkeypatch):
    """Return the function that makes the boxes of a page: what is in it, ids and warnings."""
    monkeypatch.setattr(tasks, "known", lambda: {"task-a": "a", "task-b": "b", "slip-c-2": "c.2"})
    warning = Mock()
    monkeypatch.setattr(tasks.logger, "warning", warning)

    def boxed(*children):
        app = Mock()
        app.env.docname, app.env.metadata = "page", {"page": {}}
        document = nodes.document(None, None, "", *children)
        tasks.make_boxes(app, document)
        said = [each.args[1] for each in warning.call_args_list]
        return document, app.env.metadata["page"]["tasks"], said

    return boxed


def kinds(parent):
    """Return the tags of what is in a node, with those of what is in its boxes."""
    return [
        (each["attributes"]["data-task"], kinds(each)) if isinstance(each, Tag) else each.tagname
        for each in parent
    ]


def test_a_box_goes_from_the_label_to_the_next_cell(boxed):
    other = nodes.container("", classes=["other"])
    document, ids, said = boxed(cell(), question("task-a"), other, cell(), cell(), nodes.note())
    assert kinds(document) == [
        "container",
        ("a", ["paragraph", "container", "container"]),
        "container",
        "note",
    ]
    (box,) = document.findall(Tag)
    assert (box["name"], box["classes"]) == ("div", ["task"])
    assert (ids, said) == (["a"], [])


def test_a_solution_right_behind_the_cell_is_in_the_box(boxed):
    solution = cell("tag_solution")
    between = nodes.note()
    document, ids, _ = boxed(
        question("task-b"), between, cell(), solution, question("task-a"), cell()
    )
    assert kinds(document) == [
        ("b", ["paragraph", "note", "container", "container"]),
        ("a", ["paragraph", "container"]),
    ]
    assert ids == ["b", "a"]
    for apart in (nodes.note(classes=["tag_solution"]), nodes.note()):
        document, _, _ = boxed(question("task-a"), cell(), apart, cell("tag_solution"))
        assert kinds(document) == [("a", ["paragraph", "container"]), "note", "container"]


def test_a_solution_can_be_the_only_cell_of_a_task(boxed):
    document, _, _ = boxed(question("task-a"), cell("tag_solution"), nodes.note())
    assert kinds(document) == [("a", ["paragraph", "container"]), "note"]


def test_the_heading_of_a_section_that_is_a_task_stays_above_its_box(boxed):
    section = nodes.section("", nodes.title(), nodes.note(), cell(), nodes.note(), ids=["slip-c-2"])
    document, ids, said = boxed(section)
    assert kinds(document[0]) == ["title", ("c.2", ["note", "container"]), "note"]
    assert (ids, said) == (["c.2"], [])


def test_a_label_without_a_task_or_without_a_cell_is_warned_of(boxed):
    document, ids, said = boxed(
        question("task-other"), cell(), nodes.container("", classes=["other"]), question("task-a")
    )
    assert said == ["task-other", "task-a"]
    assert kinds(document) == ["paragraph", "container", "container", "paragraph"]
    assert ids == []


def test_other_labels_and_the_targets_of_labels_begin_no_task(boxed):
    target = nodes.target("", "", ids=["task-a"])
    document, ids, said = boxed(target, question("a", "slip-d"), cell())
    assert kinds(document) == ["target", "paragraph", "container"]
    assert (ids, said) == ([], [])


def test_tasks_of_chapters_and_slips_of_the_ledger_are_known():
    known = tasks.known()
    assert known["task-sigmoid-softplus"] == "sigmoid-softplus"
    assert known["slip-zheng-2-1b"] == "zheng-2.1b"


def test_the_formulas_of_a_form_are_set():
    form = '<form class="task-form">a <span class="math">\\(b &lt; c\\)</span> d</form>'
    other = '<p><span class="math">\\(b\\)</span></p>'
    document = nodes.document(None, None)
    document += [nodes.raw("", each, format="html") for each in (form, other)]
    app = Mock()
    app.typesetter.inline = "<svg>{}</svg>".format
    tasks.set_formulas(app, document)
    assert [each.astext() for each in document] == [
        '<form class="task-form">a <span class="math notranslate"><svg>b < c</svg></span> d</form>',
        other,
    ]
    assert all(isinstance(each, nodes.raw) and each["format"] == "html" for each in document)


@pytest.mark.parametrize("before", [{}, {"metatags": "<meta />"}])
def test_every_page_lists_the_tasks_of_all_chapters(before):
    app = Mock()
    app.env.metadata = {
        "book/b": {"tasks": ["b-1"]},
        "book/a": {"tasks": ["a-1", "a-2"]},
        "book/c": {"tasks": []},
        "index": {},
    }
    context = {**before}
    tasks.list_tasks(app, "index", "page.html", context, None)
    meta = '<meta name="tasks" content="a: a-1 a-2; b: b-1" />\n'
    assert context["metatags"] == before.get("metatags", "") + meta


def test_boxes_are_made_before_the_formulas_of_forms_are_set():
    app = Mock()
    assert tasks.setup(app) == {"parallel_read_safe": True, "parallel_write_safe": True}
    *before, page = app.connect.call_args_list
    assert [each.args for each in before] == [
        ("doctree-read", tasks.make_boxes),
        ("doctree-read", tasks.set_formulas),
    ]
    assert [each.kwargs.get("priority", 500) < 900 for each in before] == [True, True]
    assert page == call("html-page-context", tasks.list_tasks)
    app.add_css_file.assert_called_once_with("tasks.css")
    app.add_js_file.assert_called_once_with("tasks.js")
