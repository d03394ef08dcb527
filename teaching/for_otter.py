"""Assignments for otter-grader: a master notebook for each chapter.

`otter assign CHAPTER.ipynb dist` makes of it what students get, and the grader; `otter run -a
dist/autograder/CHAPTER-autograder_*.zip HANDED_IN.ipynb` grades, with this folder on PYTHONPATH.
"""

import json
import shutil

import nbformat

from teaching import OUT, ROOT
from teaching.graded import graded, head, notebook

FILES = "teaching/outside.py", "teaching/otter_plugin.py", "book/exercises/tools.py"


def raw(text):
    """Return a cell that tells otter what follows."""
    return nbformat.v4.new_raw_cell(text)


def test_cell(test):
    """Return a test."""
    config = f"name: {test.name}\npoints: {test.points}\nhidden: {json.dumps(test.hidden)}"
    head = f'""" # BEGIN TEST CONFIG\n{config}\n""" # END TEST CONFIG\n'
    return nbformat.v4.new_code_cell(head + test.code)


def master(chapter):
    """Return the notebook from which otter makes an assignment."""
    tasks = graded(chapter)
    text, setup = head(chapter, tasks)
    plugin = {"otter_plugin.Outside": {"functions": [task.function for task in tasks]}}
    files = [path.rpartition("/")[2] for path in FILES]
    config = {"name": chapter, "plugins": [plugin], "autograder_files": files}
    config |= {"export_cell": False, "generate": {"pdf": False, "show_hidden": False}}
    cells = [raw(f"# ASSIGNMENT CONFIG\n{json.dumps(config, indent=2)}")]
    cells += [nbformat.v4.new_markdown_cell(text), nbformat.v4.new_code_cell(setup)]
    for task in tasks:
        solution = f"# BEGIN SOLUTION NO PROMPT\n{task.solution}\n# END SOLUTION"
        cells += [
            raw(f"# BEGIN QUESTION\nname: {task.id}"),
            nbformat.v4.new_markdown_cell(task.text),
            raw("# BEGIN SOLUTION"),
            nbformat.v4.new_code_cell(f"{task.given}\n\n\n{solution}"),
            raw("# END SOLUTION"),
            raw("# BEGIN TESTS"),
            *map(test_cell, task.tests),
            raw("# END TESTS"),
            raw("# END QUESTION"),
        ]
    return notebook(cells)


def otter(names):
    """Write a master notebook for each chapter, beside what grading needs."""
    folder = OUT / "otter"
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        nbformat.write(master(name), folder / f"{name}.ipynb")
    for path in FILES:
        shutil.copy(ROOT / path, folder)
