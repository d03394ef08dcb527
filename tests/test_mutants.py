"""The program that plants errors, and its table of survivors, without a run of it."""

import mutants
import pytest

CODE = """
def f(a, b):
    if a < b and a != 2:
        print(a)
    return -a if b is None else a * b
"""


def test_the_errors_are_those_of_every_kind_one_at_a_time():
    found = dict(mutants.mutants(CODE))
    assert list(found) == [
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
    assert len({*found.values()}) == len(found)
    assert all(code.count("\n") == 3 for code in found.values())


@pytest.mark.filterwarnings("ignore:.*fork")
@pytest.mark.parametrize("notices", [True, False])
def test_an_error_survives_where_no_test_notices_it(tmp_path, notices):
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "test_it.py").write_text(f"def test_it():\n    assert {not notices}\n")
    assert mutants.survives(tmp_path, ["test_it.py"]) != notices


def test_each_file_has_tests_and_each_survivor_is_an_error_that_is_planted():
    assert all(mutants.tests_of(name) for name in mutants.files())
    assert set(mutants.survivors()) <= set(mutants.files())
    for name, what in mutants.reasons():
        code = (mutants.ROOT / name).read_text(encoding="utf-8")
        assert what in dict(mutants.mutants(code)), f"{name}: {what}"
