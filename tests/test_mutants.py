"""The program that plants errors, and its table of survivors, without a run of it."""

import ast
import json

import mutants
import pytest

CODE = """
def f(a, b):
    if a < b and a != 2:
        print(a)
        return None
    return -a if b is None else a * b

class P(Protocol):
    def f(self, a=1): ...
"""


def test_the_errors_are_those_of_every_kind_one_at_a_time():
    found = list(mutants.mutants(CODE))
    assert [what for what, _, _ in found] == [
        "f: `if a < b and a != 2` -> `if not (a < b and a != 2)`",
        "f: `a < b and a != 2` -> `a < b or a != 2`",
        "f: `a < b` -> `a <= b`",
        "f: `a != 2` -> `a == 2`",
        "f: `2` -> `3`",
        "f: `print(a)` -> `None`",
        "f: `return -a if b is None else a * b` -> `return None`",
        "f: `-a if b is None else a * b` -> `-a if not b is None else a * b`",
        "f: `b is None` -> `b is not None`",
        "f: `-a` -> `+a`",
        "f: `a * b` -> `a / b`",
    ]
    assert len({code for _, code, _ in found}) == len(found)
    assert {code.count("\n") for _, code, _ in found} == {ast.unparse(ast.parse(CODE)).count("\n")}
    assert [lines[0] for _, _, lines in found] == [3] * 5 + [4] + [6] * 5


@pytest.mark.filterwarnings("ignore:.*fork")
@pytest.mark.parametrize("notices", [True, False])
def test_an_error_survives_where_no_test_notices_it(tmp_path, notices):
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "test_it.py").write_text(f"def test_it():\n    assert {not notices}\n")
    assert mutants.survives(tmp_path, ["test_it.py"]) != notices


@pytest.mark.filterwarnings("ignore:.*fork")
def test_only_what_reaches_a_line_runs_and_the_quickest_first(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]\npythonpath = ['.']\n")
    (tmp_path / "it.py").write_text("def f():\n    return 1\n\n\ndef g():\n    return 2\n")
    (tmp_path / "test_it.py").write_text(
        "import time\nimport it\nimport pytest\n\n\n"
        "@pytest.mark.parametrize('seconds, f', [(0, it.g), (0.3, it.f), (0, it.f)])\n"
        "def test(seconds, f, request):\n"
        "    time.sleep(seconds)\n"
        "    with open('order', 'a') as order:\n"
        "        print(f'{f.__name__}{seconds}', file=order)\n    f()\n"
    )
    (tmp_path / "conftest.py").write_text("import it\n")
    notes, order = tmp_path / "notes", tmp_path / "order"
    assert mutants.survives(tmp_path, ["test_it.py"], mutants.Survey(["it.py"], notes))
    assert order.read_text().split() == ["g0", "f0.3", "f0"]
    reached, seconds = json.loads(notes.read_text())
    assert len(mutants.reaching([1], reached["it.py"], seconds)) == 3
    tests = mutants.reaching([2], reached["it.py"], seconds)
    assert mutants.survives(tmp_path, ["test_it.py"], mutants.Only(tests))
    assert order.read_text().split()[3:] == ["f0", "f0.3"]


def test_each_file_has_tests_and_each_survivor_is_an_error_that_is_planted():
    assert all(mutants.tests_of(name) for name in mutants.files())
    assert set(mutants.survivors()) <= set(mutants.files())
    excused = mutants.reasons()
    for name in {name for name, _ in excused}:
        code = (mutants.ROOT / name).read_text(encoding="utf-8")
        planted = {what for what, _, _ in mutants.mutants(code)}
        planted |= {f"{what.partition(': `')[0]}: *" for what in planted}
        assert {what for each, what in excused if each == name} <= planted, name


def test_a_row_with_a_star_excuses_all_errors_of_its_function_and_no_others(tmp_path, monkeypatch):
    table = tmp_path / "tests/survivors.md"
    table.parent.mkdir()
    table.write_text("# T\n\n## a.py\n\n| f: * | as good |\n| g: `1` -> `2` | a reason |\n")
    monkeypatch.setattr(mutants, "ROOT", tmp_path)
    excused = {
        (name, what): mutants.reason(name, what, mutants.reasons())
        for name in ("a.py", "b.py")
        for what in ("f: `1` -> `2`", "f: `a: b` -> `a`", "f.g: `1` -> `2`", "g: `1` -> `2`")
    }
    assert {each: why for each, why in excused.items() if why} == {
        ("a.py", "f: `1` -> `2`"): "as good",
        ("a.py", "f: `a: b` -> `a`"): "as good",
        ("a.py", "g: `1` -> `2`"): "a reason",
    }
