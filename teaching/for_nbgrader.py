"""Assignments for nbgrader: a course folder, from which `nbgrader` makes what students get.

In it, `nbgrader generate_assignment CHAPTER` takes out the solutions and the hidden tests,
`nbgrader autograde CHAPTER` puts them back and grades what lies in `submitted/STUDENT/CHAPTER`,
`nbgrader generate_feedback CHAPTER` writes a page for each student.
"""

import nbformat

from teaching import OUT, ROOT
from teaching.graded import graded, head, notebook
from teaching.outside import first_cell, put_outside

CONFIG = f"""\
import sys

from nbgrader.converters import Autograde

sys.path.insert(0, {str(ROOT)!r})
from teaching.for_nbgrader import outside

c = get_config()
c.CourseDirectory.course_id = "backpropagation"
c.ClearSolutions.code_stub = {{"python": ""}}  # the cell has what students begin with
c.Autograde.autograde_preprocessors = [outside, *Autograde.autograde_preprocessors.default()]
"""


def cell(name, code, points=None, locked=True):
    """Return a code cell with the metadata of nbgrader; with points it is a test."""
    about = {"grade_id": name, "locked": locked, "solution": not locked, "schema_version": 3}
    about |= {"grade": points is not None, "task": False, "cell_type": "code"}
    about |= {} if points is None else {"points": points}
    return nbformat.v4.new_code_cell(code, metadata={"nbgrader": about})


def test_cell(task, test):
    """Return a test, hidden if it is."""
    code = test.code
    if test.hidden:
        code = f"### BEGIN HIDDEN TESTS\n{code}\n### END HIDDEN TESTS"
    return cell(f"{task.id}-{test.name}", f"# {task.id}, {test.name}\n{code}", test.points)


def assignment(chapter):
    """Return the source of an assignment."""
    tasks = graded(chapter)
    text, setup = head(chapter, tasks)
    cells = [nbformat.v4.new_markdown_cell(text), cell("setup", setup)]
    for task in tasks:
        solution = f"### BEGIN SOLUTION\n{task.solution}\n### END SOLUTION"
        cells.append(nbformat.v4.new_markdown_cell(task.text))
        cells.append(cell(task.id, f"{task.given}\n\n\n{solution}", locked=False))
        cells += [test_cell(task, test) for test in task.tests]
    return notebook(cells)


def nbgrader(names):
    """Write the course folder, with an assignment for each chapter."""
    folder = OUT / "nbgrader"
    for name in names:
        path = folder / "source" / name / f"{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(assignment(name), path)
    (folder / "nbgrader_config.py").write_text(CONFIG, encoding="utf-8")


def is_test(cell):
    """Return whether a cell is a test, which nbgrader has written over what was handed in."""
    about = cell.metadata.get("nbgrader", {})
    return about.get("grade_id") and about.get("grade") and not about.get("solution")


def outside(notebook, resources):
    """Have a hand-in run outside: nbgrader calls this before it runs the cells."""
    for each in notebook.cells:
        if not is_test(each):
            put_outside(each)
    functions = [task.function for task in graded(resources["nbgrader"]["notebook"])]
    notebook.cells.insert(0, nbformat.v4.new_code_cell(first_cell(functions)))
    return notebook, resources
