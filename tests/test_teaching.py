"""What is made for teachers. What needs teaching/requirements.txt runs by `pytest -m teaching`."""

import ast
import builtins
import inspect
import json
import os
import re
import subprocess
import sys
from functools import cache

import nbformat
import pytest
from exercises import tasks
from test_exercises import CHAPTERS

import teaching
from teaching import __main__ as command
from teaching import notebooks
from teaching.notebooks import body, solutions, squeezed, tags

NAMES = notebooks.chapters()


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Give the folder with the students' and the instructors' notebooks."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("teaching")
        patch.setattr(notebooks, "OUT", folder)
        patch.setattr(command, "OUT", folder)
        patch.setattr(sys, "argv", ["teaching", "students", "instructor"])
        command.main()
    return folder


def strings(part):
    """Return all that stands in a part of a notebook's file, metadata and keys included."""
    if isinstance(part, dict):
        return [text for pair in part.items() for each in pair for text in strings(each)]
    if isinstance(part, list):
        joined = ["".join(part)] if all(isinstance(each, str) for each in part) else []
        return joined + [text for each in part for text in strings(each)]
    return [part] if isinstance(part, str) else []


@cache
def answers(chapter):
    """Return the texts that answer the tasks of a chapter, squeezed."""
    found = solutions(chapter)
    for task in tasks.tasks_of(chapter).values():
        found |= {squeezed(text) for text in (task.because, *task.hints)}
        for form in task.rights:
            if not isinstance(form.tree, ast.Lambda):
                found.add(body(inspect.getsource(form)))
            elif len(code := squeezed(ast.unparse(form.tree.body))) > 12:
                found.add(code)
        for field in task.fields:
            found |= {squeezed(words) for _, words in field.wrong}
    return found - {""}


def left(file, chapter):
    """Return the answers that a student's file holds."""
    content = json.loads(file)
    whole = "\n".join(strings(content))
    dense = squeezed(whole)
    found = [each for each in answers(chapter) if each in dense]
    found += re.findall(notebooks.numbers_of(chapter), whole)
    found += re.findall(r"exercises|\bledger\b|\{dropdown\} (?:Answer|Solution)", whole)
    return found + [str(cell["outputs"]) for cell in content["cells"] if cell.get("outputs")]


@pytest.mark.parametrize("name", NAMES)
def test_no_answer_is_left_in_a_students_notebook(made, name):
    assert not left((made / "students" / f"{name}.ipynb").read_text(encoding="utf-8"), name)


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_that_is_left_would_be_found(name):
    solved = [cell for cell in CHAPTERS[name] if "solution" in tags(cell)]
    solved = [cell for cell in solved if "check(" in cell.source]
    questions = [task for task in tasks.tasks_of(name).values() if task.fields]
    assert solved and questions
    cells = [nbformat.v4.new_markdown_cell(task.because) for task in questions]
    cells += [nbformat.v4.new_markdown_cell(notebooks.answered(task)) for task in questions]
    cells += [nbformat.v4.new_markdown_cell("", metadata={"a": cell.source}) for cell in solved]
    cells += [nbformat.v4.new_code_cell(cell.source.split("\n\n\n")[0]) for cell in solved]
    cells += [nbformat.v4.new_code_cell("1 + 1", outputs=solved[0].outputs)]
    for cell in cells:
        assert left(json.dumps(nbformat.v4.new_notebook(cells=[cell])), name), cell
    assert not left(json.dumps(nbformat.v4.new_notebook()), name)


def undefined(cells):
    """Return the names that code uses and nothing in it defines."""
    tree = ast.parse("\n\n".join(cell.source for cell in cells if cell.cell_type == "code"))
    used, defined = set(), {*dir(builtins)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else defined).add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            defined.add(node.name)
        elif isinstance(node, ast.arg):
            defined.add(node.arg)
        elif isinstance(node, ast.alias):
            defined.add(node.asname or node.name.partition(".")[0])
        elif isinstance(node, ast.ExceptHandler):
            defined.add(node.name)
    return used - defined


@pytest.mark.parametrize("name", NAMES)
def test_notebooks_use_nothing_that_was_left_out_and_have_every_task(made, name):
    for kind in ("students", "instructor"):
        notebook = nbformat.read(made / kind / f"{name}.ipynb", as_version=4)
        nbformat.validate(notebook)
        assert not undefined(notebook.cells)
        texts = [cell.source for cell in notebook.cells]
        for task in tasks.tasks_of(name).values():
            (at,) = [k for k, text in enumerate(texts) if text.startswith(f"(task-{task.id})=")]
            solved = "**Answer.**" if kind == "instructor" else "**Your answer**"
            if task.fields:
                assert texts[at + 1].startswith(solved)
            else:
                assert texts[at + 1].startswith("def ")
                assert (body(texts[at + 2]) in answers(name)) == (kind == "instructor")


def test_a_student_can_import_no_answer(made):
    program = """
import importlib, sys
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except ImportError:
        print("no", name)
    else:
        print("yes", name)
"""
    names = ["nnlab", "studies.digits", "exercises", "exercises.tasks", "exercises.sigmoid"]
    names += ["ledger", "teaching", "teaching.notebooks", "book.exercises.tasks"]
    tried = subprocess.run(
        [sys.executable, "-c", program, *names],
        cwd=made / "students",
        env={**os.environ, "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    found = dict(reversed(line.split()) for line in tried.stdout.splitlines())
    assert found == {name: "yes" if name in names[:2] else "no" for name in names}


def test_the_command_refuses_what_it_does_not_know(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["teaching", "students", "sigmod"])
    with pytest.raises(SystemExit):
        command.main()
    assert "neither a kind nor a chapter: sigmod" in capsys.readouterr().err


def test_the_command_says_what_it_lacks(monkeypatch, capsys):
    monkeypatch.setitem(command.KINDS, "quiz", ("quiz", "no_such_package"))
    monkeypatch.setattr(sys, "argv", ["teaching", "quiz"])
    with pytest.raises(SystemExit):
        command.main()
    assert "pip install -r teaching/requirements.txt" in capsys.readouterr().err
    assert (teaching.ROOT / "teaching").is_dir()
