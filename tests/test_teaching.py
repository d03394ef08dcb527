"""What is made for teachers. What needs teaching/requirements.txt has the marker `teaching`."""

import ast
import builtins
import inspect
import json
import os
import re
import subprocess
import sys
import warnings
import zipfile
from contextlib import suppress
from functools import cache
from xml.etree import ElementTree

import nbformat
import numpy as np
import pytest
from exercises import tasks, tools
from nbclient import NotebookClient
from test_exercises import CHAPTERS

import nnlab
import teaching
from nnlab import sigmoid, softmax, tanh
from teaching import __main__ as command
from teaching import for_nbgrader, for_otter, notebooks, outside, quiz
from teaching.graded import description, given_as, graded, other_cases
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
    """Return all that stands in a part of a notebook's file, metadata and keys included.

    Only names of cells are left out: many are drawn at random, and one may hold any number.
    """
    if isinstance(part, dict):
        pairs = [pair for pair in part.items() if pair[0] != "id"]
        return [text for pair in pairs for each in pair for text in strings(each)]
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
    found += re.findall(r"exercises|`check`|\bledger\b|\{dropdown\} (?:Answer|Solution)", whole)
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
            solved = "**Answer.**" if kind == "instructor" else "**To fill in**"
            if task.fields:
                assert texts[at + 1].startswith(solved)
            else:
                assert texts[at + 1].startswith("def ")
                assert (body(texts[at + 2]) in answers(name)) == (kind == "instructor")


@pytest.mark.wheel  # of `.ci/run` the piece `downloads`, which runs every notebook elsewhere
@pytest.mark.weekly
@pytest.mark.parametrize("kind", ["students", "instructor"])
@pytest.mark.parametrize("name", NAMES)
def test_every_notebook_runs_to_its_end_with_its_tasks_as_they_are(made, name, kind):
    notebook = nbformat.read(made / kind / f"{name}.ipynb", as_version=4)
    place = {"metadata": {"path": str(made / kind)}}
    NotebookClient(notebook, timeout=1800, resources=place).execute()
    assert all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code")


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
    assert "quiz needs no_such_package: see teaching/README.md" in capsys.readouterr().err


# Assignments.

GRADED = {each.id: each for name in NAMES for each in graded(name)}
each_graded = pytest.mark.parametrize("task", GRADED.values(), ids=GRADED)
SCOPE = {"np": np, "sigmoid": sigmoid, "softmax": softmax, "tanh": tanh}
SCOPE |= {name: getattr(outside, name) for name in ("agree", "fits", "products", "pure")}


def marks(task, function):
    """Return the names of the tests that a function passes, and the points it gets."""
    passed = {}
    for test in task.tests:
        with suppress(Exception), warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            exec(test.code, {**SCOPE, task.function: function})
            passed[test.name] = test.points
    return passed.keys(), sum(passed.values())


def full(task):
    """Return the points of a task."""
    return sum(test.points for test in task.tests)


def test_every_task_that_asks_for_code_is_graded_or_left_out_with_a_reason():
    asked = {t.id for n in NAMES for t in tasks.tasks_of(n).values() if t.kind in tasks.CODE}
    about = description()
    assert {*about} == asked
    assert {id for id in about if not about[id].get("left_out")} == {*GRADED}
    for id, task in GRADED.items():
        assert (tasks.task_of(id).products is None) == ("cost" not in task.points)
        assert min(task.points.values()) > 0 and {"value", "shape"} <= {*task.points}


def test_documents_name_what_is_made_and_how_much_is_graded():
    guide = (teaching.ROOT / "teaching" / "README.md").read_text(encoding="utf-8")
    table = guide.partition("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, flags=re.M) == [*command.KINDS]
    page = (teaching.ROOT / "book" / "teaching.md").read_text(encoding="utf-8")
    assert f"{len(GRADED)} of the tasks that ask for code" in page


@each_graded
def test_what_counts_is_tried_with_other_numbers_than_the_books(task):
    book = {given_as(case) for case in tasks.task_of(task.id).given()}
    others = {given_as(case) for case in other_cases(tasks.task_of(task.id))}
    assert len(others) == len(book) and not others & book
    for test in task.tests:
        assert test.hidden == (test.points > 0)
        assert any(case in test.code for case in (others if test.hidden else book))
    assert "wanted" not in next(task.tests).code


@each_graded
def test_right_forms_get_full_marks_and_wrong_ones_lose_some(task, monkeypatch):
    monkeypatch.setitem(SCOPE, "products", tools.products_of)
    entry = tasks.task_of(task.id)
    for form in entry.rights:
        passed, points = marks(task, form)
        if points < full(task):  # for what the arguments become, or for the cost
            assert {test.name for test in task.tests} - passed <= {"purity", "cost"}
    exec(task.solution, scope := {**SCOPE, **vars(nnlab), "sigma_prime": sigmoid.derivative})
    assert marks(task, scope[task.function])[1] == full(task)
    wrong = [form for form, _ in entry.wrong] + [entry.literal] * (entry.kind == "find the bug")
    for form in wrong:
        assert marks(task, form)[1] < full(task)
    assert not marks(task, lambda *given: ...)[1]


# Hand-ins that cheat, each in its way, for `sigmoid-softplus`.

CHEATS = {
    "imports the checkers": """
from exercises.tasks import task_of
softplus_pullback = task_of("sigmoid-softplus").right
""",
    "imports what grades": """
import outside
outside.agree = lambda got, wanted: True
""",
    "reads the tests": """
import re
from pathlib import Path
def softplus_pullback(z, v):
    for path in [*Path("..").glob("**/*.ipynb"), *Path(".").glob("**/*")]:
        for wanted in re.findall(r"wanted = (.*)", path.read_text()):
            return eval(wanted)
""",
    "overwrites the tests": """
import builtins
import numpy as np
def agree(got, wanted): return True
fits = pure = agree
def products(function, given): return 0
np.allclose = np.testing.assert_allclose = np.array_equal = lambda *a, **k: True
np.shape = lambda a: (3,)
builtins.all = lambda values: True
def softplus_pullback(z, v): return 0 * z + 1j
""",
    "is equal to everything": """
class Anything:
    dtype, shape, ndim, size = float, (3,), 1, 3
    __array_ufunc__ = None
    def __eq__(self, other): return True
    def __len__(self): return 3
    def __getattr__(self, name): return self
    def __call__(self, *given, **named): return self
def softplus_pullback(z, v): return Anything()
""",
    "is an array equal to everything": """
import numpy as np
class Anything(np.ndarray):
    def __array_function__(self, *given, **named): return True
    def __array_ufunc__(self, *given, **named): return True
    def __eq__(self, other): return True
def softplus_pullback(z, v): return np.full(z.size + 1, 0.5).view(Anything)
""",
    "prints full marks": """
import json, os, sys
def softplus_pullback(z, v):
    print("Total Score: 12.000 / 12.000")
    for stream in (sys.stdout, sys.__stdout__):
        print(json.dumps({"result": {"numbers": 1, "shape": [], "type": "float64"}}), file=stream)
    os._exit(0)
""",
    "never ends": """
def softplus_pullback(z, v):
    while True: pass
""",
}


@pytest.fixture
def handed_in(monkeypatch):
    """Give the function that hands in a program for a task and returns its points."""

    def hand_in(task, *cells):
        monkeypatch.setattr(outside, "PROGRAM", [task.setup, *cells])
        return marks(task, outside.HandedIn(task.function))[1]

    return hand_in


SETUP = "import numpy as np\nfrom nnlab import sigmoid, softmax, tanh"


@pytest.mark.parametrize("code", CHEATS.values(), ids=CHEATS)
def test_a_hand_in_that_cheats_gets_nothing(handed_in, monkeypatch, code):
    task = GRADED["sigmoid-softplus"]
    if code == CHEATS["never ends"]:
        monkeypatch.setattr(outside, "SECONDS", 1)
    assert handed_in(task, SETUP, task.given, code) == 0


BESIDE = """
import json, sys
import numpy as np
from nnlab import sigmoid, softmax, tanh
from outside import agree, fits, pure
hand_in, *tests = json.load(sys.stdin)
exec(hand_in)
for test in tests:
    try:
        exec(test)
    except Exception:
        continue
    print("passed")
"""


@pytest.mark.parametrize("name", ["imports the checkers", "overwrites the tests"])
def test_it_would_get_marks_if_it_ran_beside_the_tests(name):
    tests = [test.code for test in GRADED["sigmoid-softplus"].tests if test.points]
    places = [teaching.ROOT / "teaching", teaching.ROOT / "book", teaching.ROOT]
    done = subprocess.run(
        [sys.executable, "-c", BESIDE],
        input=json.dumps([CHEATS[name], *tests]),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, places))},
        capture_output=True,
        text=True,
    )
    assert done.stdout.count("passed") >= 5, done.stderr


def test_a_hand_in_that_is_right_gets_full_marks_outside(handed_in):
    for id in ("sigmoid-softplus", "hour-columns", "networks-layer"):
        assert handed_in(GRADED[id], SETUP, GRADED[id].solution) == full(GRADED[id])


def test_a_hand_in_is_told_why_it_stops(handed_in):
    task, given = GRADED["sigmoid-softplus"], [np.ones(2), np.ones(2)]
    handed_in(task, "%matplotlib inline\n1 / 0", "def softplus_pullback(z):\n    return z")
    with pytest.raises(RuntimeError, match=r"TypeError: .* takes 1 positional argument"):
        outside.HandedIn(task.function)(*given)
    with pytest.raises(RuntimeError, match="no function nothing; a cell stops with ZeroDivision"):
        outside.HandedIn("nothing")(*given)


def test_numbers_survive_the_way_from_one_process_to_the_other():
    sent = {"a": np.array([[1.5, np.inf]]), "b": [np.arange(3), 2, True], 1: sigmoid}
    back = outside.decoded(json.loads(json.dumps(outside.encoded(sent))))
    assert back[1] is sigmoid and back.pop(1) and sent.pop(1)
    assert outside.agree(back, sent)
    assert back["b"][0].dtype == sent["b"][0].dtype and back["a"].shape == (1, 2)
    for nothing in (None, ..., object(), "text", 1j):
        with pytest.raises((TypeError, AttributeError)):
            outside.encoded([nothing])


# What needs teaching/requirements.txt.

needs_graders = pytest.mark.teaching
CHAPTER = "sigmoid"
IMPURE = """def softplus_pullback(z, v):
    v *= sigmoid(z)
    return v"""
LOST = {"sigmoid-softplus": 1, "sigmoid-message-down": 4}  # purity; all but the shape
TOTAL = sum(full(task) for task in graded(CHAPTER))
HAND_INS = {  # the code for each task, and the points it deserves
    "right": ({task.id: task.solution for task in graded(CHAPTER)}, TOTAL),
    "wrong": ({"sigmoid-softplus": IMPURE}, TOTAL - sum(LOST.values())),
    "cheating": (
        {
            "sigmoid-softplus": CHEATS["overwrites the tests"] + CHEATS["is equal to everything"],
            "sigmoid-message-down": """
import sys
from pathlib import Path
for folder in (".", "..", "../..", "../source", "tests"):
    sys.path.append(folder)
print("Total Score: 12.000 / 12.000 (100.000%)")
try:
    from exercises.tasks import task_of
    delta_below = task_of("sigmoid-message-down").right
except ImportError:
    found = [path.read_text() for path in Path("..").rglob("*.ipynb")]
    exec("delta_below = lambda *given: np.array(" + found[0].split("wanted = ")[1] + ")")
""",
        },
        0,
    ),
}


def run(*command, folder, **more):
    """Run a command of the graders; return what it says."""
    program = [sys.executable, "-m", *command]
    environment = {**os.environ, "PYTHONPATH": "", "HOME": str(folder)} | more
    done = subprocess.run(program, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def filled_in(path, code):
    """Return a student's notebook with code for its tasks."""
    notebook = nbformat.read(path, as_version=4)
    for task in graded(CHAPTER):
        (cell,) = [each for each in notebook.cells if each.source.startswith(task.given)]
        cell.source = code.get(task.id, cell.source)
    return notebook


@pytest.fixture(scope="module")
def assignments(tmp_path_factory):
    """Give the folder with what the command makes for graders and platforms."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("assignments")
        for module in (for_nbgrader, for_otter, quiz, command):
            patch.setattr(module, "OUT", folder)
        patch.setattr(sys, "argv", ["teaching", "nbgrader", "otter", "quiz"])
        command.main()
    return folder


@needs_graders
def test_a_students_notebook_runs_outside_of_the_repository(made):
    notebook = nbformat.read(made / "students" / "graphs.ipynb", as_version=4)
    place = {"metadata": {"path": str(made / "students")}}
    NotebookClient(notebook, timeout=600, resources=place).execute()
    assert any(cell.get("outputs") for cell in notebook.cells)


@needs_graders
def test_nbgrader_makes_grades_and_answers(assignments):
    from nbgrader.api import Gradebook

    course = assignments / "nbgrader"
    run("nbgrader", "generate_assignment", CHAPTER, folder=course)
    released = course / "release" / CHAPTER / f"{CHAPTER}.ipynb"
    assert not left(released.read_text(encoding="utf-8"), CHAPTER)
    assert "wanted =" not in released.read_text(encoding="utf-8")
    for student, (code, _) in HAND_INS.items():
        path = course / "submitted" / student / CHAPTER / f"{CHAPTER}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(filled_in(released, code), path)
    run("nbgrader", "autograde", CHAPTER, folder=course)
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        found = {each.student.id: each for each in book.assignment_submissions(CHAPTER)}
        scores = {name: each.score for name, each in found.items()}
        assert {each.max_score for each in found.values()} == {TOTAL}
    assert scores == {name: points for name, (_, points) in HAND_INS.items()}
    run("nbgrader", "generate_feedback", CHAPTER, folder=course)
    pages = {
        path.parts[-3]: path.read_text(encoding="utf-8")
        for path in course.rglob("feedback/*/*/*.html")
    }
    assert {*pages} == {*HAND_INS}
    assert f"Score: {TOTAL}.0 / {TOTAL}.0" in pages["right"]


@pytest.mark.parametrize("make", [for_nbgrader.assignment, for_otter.master])
def test_a_course_that_is_made_again_is_the_same(make):
    assert make(CHAPTER) == make(CHAPTER)


@needs_graders
@pytest.mark.parametrize("name", NAMES)
def test_no_answer_is_left_in_what_nbgrader_releases(name):
    from nbgrader.preprocessors import ClearHiddenTests, ClearSolutions

    made = for_nbgrader.assignment(name)
    assert left(json.dumps(made), name)
    for clear in ClearSolutions(code_stub={"python": ""}), ClearHiddenTests():
        made, _ = clear.preprocess(made, {})
    assert not left(json.dumps(made), name)
    assert "wanted" not in json.dumps(made)


@needs_graders
def test_a_cell_that_claims_to_be_a_test_is_not_run_where_the_tests_run(assignments):
    about = {"grade": True, "locked": True, "solution": False, "points": 100, "schema_version": 3}
    forged = nbformat.v4.new_code_cell("import outside\noutside.agree = None")
    forged.metadata["nbgrader"] = {**about, "cell_type": "code", "task": False}
    notebook = nbformat.v4.new_notebook(cells=[forged])
    for_nbgrader.outside(notebook, {"nbgrader": {"notebook": CHAPTER}})
    assert notebook.cells[1].source.startswith("%%outside\n")


@pytest.fixture(scope="module")
def otters(assignments):
    """Give the folder with what otter has made of a master notebook."""
    folder = assignments / "otter"
    run("otter", "assign", f"{CHAPTER}.ipynb", "dist", folder=folder, PYTHONPATH=str(folder))
    return folder


@needs_graders
def test_otter_makes_a_notebook_without_answers(otters):
    text = (otters / "dist" / "student" / f"{CHAPTER}.ipynb").read_text(encoding="utf-8")
    assert not left(text, CHAPTER)
    assert "wanted =" not in text


@needs_graders
@pytest.mark.parametrize("student", HAND_INS)
def test_otter_grades(otters, student):
    code, points = HAND_INS[student]
    path = otters / student / f"{CHAPTER}.ipynb"
    path.parent.mkdir()
    nbformat.write(filled_in(otters / "dist" / "student" / f"{CHAPTER}.ipynb", code), path)
    (grader,) = otters.glob("dist/autograder/*.zip")
    command = ["otter", "run", "-a", str(grader), "-o", str(path.parent), str(path)]
    run(*command, folder=otters, PYTHONPATH=str(otters))
    results = json.loads((path.parent / "results.json").read_text(encoding="utf-8"))
    scores = [(test["score"], test["max_score"]) for test in results["tests"] if "score" in test]
    assert tuple(map(sum, zip(*scores))) == (points, TOTAL)


# Quizzes.


def elements(parent, name):
    """Return the elements below one, whatever their namespace."""
    return [each for each in parent.iter() if each.tag.rpartition("}")[2] == name]


def read_quiz(path):
    """Return a quiz: for each title the texts of its choices, and what counts as right."""
    with zipfile.ZipFile(path) as archive:
        names = {name for name in archive.namelist() if not name.endswith("/")}
        manifest = ElementTree.fromstring(archive.read("imsmanifest.xml"))
        named = {file.get("href") for file in elements(manifest, "file")}
        assert named == names - {"imsmanifest.xml"}
        parsed = [ElementTree.fromstring(archive.read(name)) for name in sorted(named)]
    items = [item for tree in parsed for item in elements(tree, "item")]
    assert len({item.get("ident") for item in items}) == len(items)
    found = {}
    for item in items:
        choices = {
            label.get("ident"): "".join(elements(label, "mattext")[0].itertext())
            for label in elements(item, "response_label")
            if elements(label, "mattext")
        }
        (right,) = [
            condition
            for condition in elements(item, "respcondition")
            if any(each.text == "100" for each in elements(condition, "setvar"))
        ]
        values = {
            kind: [each.text for each in elements(right, kind)]
            for kind in ("varequal", "vargte", "varlte")
        }
        found[item.get("title")] = (choices, values)
    return found


@needs_graders
@pytest.mark.parametrize("name", NAMES)
def test_a_quiz_marks_as_right_what_the_task_does(assignments, name):
    found = read_quiz(assignments / "quiz" / f"{name}.zip")
    left_out = {id for id, about in quiz.description().items() if "left_out" in about}
    for task in tasks.tasks_of(name).values():
        for number, field in enumerate(task.fields, start=1):
            many = f" ({number} of {len(task.fields)})" if len(task.fields) > 1 else ""
            assert (f"{task.id}{many}" in found) == (task.id not in left_out)
            if task.id in left_out:
                continue
            choices, values = found.pop(f"{task.id}{many}")
            if field.choices:
                (chosen,) = values["varequal"]
                assert re.sub(r"<.*?>", "", choices[chosen]) == field.right
                assert len(choices) == len(field.choices)
            elif isinstance(field.right, tuple):
                assert {tasks.shape_in(text) for text in values["varequal"]} == {field.right}
            elif field.within:
                (low,), (high,) = values["vargte"], values["varlte"]
                assert float(low) <= field.right <= float(high)
                for bound, way in ((low, -1), (high, 1)):
                    assert abs(float(bound) - field.right - way * field.within) < 6e-5
            else:
                assert {float(text) for text in values["varequal"]} == {field.right}
    assert not found


def test_what_a_quiz_needs_or_leaves_out_is_said_of_questions():
    questions = {t.id for n in NAMES for t in tasks.tasks_of(n).values() if t.fields}
    assert {*quiz.description()} <= questions
    assert all(len(about) == 1 for about in quiz.description().values())
