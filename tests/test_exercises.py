"""The exercises "Find the slip": what the checker answers, and that the chapters use it rightly."""

import functools
import math
import re
import types
import warnings
from pathlib import Path

import exercises
import nbformat
import numpy as np
import pytest
from exercises import feedback, tasks
from ledger import INCOMPLETE
from ledger.trial import all_entries

ROOT = Path(__file__).resolve().parents[1]
answer = feedback.answer


def found(cells):
    """Return the exercises among cells: {id: the cells from its label to the next heading}."""
    exercise, current = {}, None
    for cell in cells:
        if cell.cell_type == "markdown":
            label = re.match(r"\(slip-(.+)\)=\n", cell.source)
            if label or re.match(r"(\(.*\)=\s+)?#", cell.source):
                current = exercise.setdefault(label[1], []) if label else None
        if current is not None:
            current.append(cell)
    return exercise


CHAPTERS = {
    path.stem: nbformat.read(path, as_version=4).cells
    for path in sorted((ROOT / "book").glob("*.ipynb"))
}
EXERCISES = [
    pytest.param(chapter, id, cells, id=id)
    for chapter, all_cells in CHAPTERS.items()
    for id, cells in found(all_cells).items()
]
each_exercise = pytest.mark.parametrize(("chapter", "id", "cells"), EXERCISES)


def text_of(cells):
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def plain(latex):
    """Leave out white space, line breaks and what marks text and formulas."""
    return re.sub(r"\\text|\\quad|\\\\|[\s${}&]", "", latex)


# The chapters.


def test_the_book_has_at_least_ten_exercises_each_once():
    ids = [param.values[1] for param in EXERCISES]
    assert len(ids) == len(set(ids)) >= 10
    for chapter, cells in CHAPTERS.items():
        checked = {
            id
            for cell in cells
            if cell.cell_type == "code"
            for id in re.findall(r'\bcheck\("([^"]*)"', cell.source)
            if not tasks.task_of(id)
        }
        assert checked == {p.values[1] for p in EXERCISES if p.values[0] == chapter}


ENDS = ["The common mistake", "Summary", "Questions", "Find the slip", "In five notations"]
ENDS.append("Fine print")


@pytest.mark.parametrize(
    "chapter",
    ["networks", "sigmoid", "softmax", "cross_entropy", "delta_recursion", "graphs", "momentum"],
)
def test_the_chapters_end_alike(chapter):
    heads = re.findall(r"^## (.*)$", text_of(CHAPTERS[chapter]), flags=re.M)
    with_a_slip = chapter in {param.values[0] for param in EXERCISES}
    ends = [head for head in ENDS if with_a_slip or head != "Find the slip"]
    assert heads[-len(ends) :] == ends


@each_exercise
def test_an_exercise_belongs_to_its_chapter_and_shows_the_printed_line(chapter, id, cells):
    entry = feedback.slip(id)
    assert entry.chapter == chapter
    text = text_of(cells)
    assert "Find what is wrong and prove it." in text
    assert re.search(rf"^\*Printed in .*cite:p.*id `{re.escape(id)}`\.\*$", text, flags=re.M)
    assert plain(entry.printed.lstrip("> ")) in plain(text)


@each_exercise
def test_an_exercise_has_hints_a_cell_to_write_in_and_a_folded_solution(chapter, id, cells):
    titles = re.findall(r"^:::\{dropdown\} (.*)$", text_of(cells), flags=re.M)
    hints = titles[:-1]
    assert titles[-1] == "Solution" and 2 <= len(hints) <= 3
    assert hints == [f"Hint {k}" for k in range(1, len(hints) + 1)]
    yours, solution = (cell for cell in cells if cell.cell_type == "code")
    assert "return ...  # your" in yours.source and '"""' in yours.source
    assert f'check("{id}", ' in yours.source
    assert yours.outputs[0].text.startswith("Not written yet")
    assert solution.metadata.tags == ["hide-cell"]
    assert solution.outputs[0].text.startswith("Right.")
    assert "\nThis is the printed form itself: " in solution.outputs[0].text


# The checker.


@each_exercise
def test_the_right_form_is_accepted_and_the_printed_one_is_named(chapter, id, cells):
    entry = feedback.slip(id)
    assert answer(id, entry.right).startswith("Right. Compared: ")
    assert answer(id, entry.literal).startswith("This is the printed form itself: ")
    altered = next(iter(entry.altered.values()))
    assert answer(id, altered).startswith("Not yet: ")


def by_loops(f, w, x):
    for function, weights in zip(f, w):
        x = function(weights, x)
    return x


def from_the_end(f, w, x):
    return f[-1](w[-1], from_the_end(f[:-1], w[:-1], x)) if f else x


# For each slip two more right forms, written in another way.
DIFFERENTLY = {
    "johnson-3-mle-q": [
        lambda y, j, k: np.eye(k)[y[j] - 1],
        lambda y, j, k: np.where(np.arange(1, k + 1) == y[j], 1.0, 0.0),
    ],
    "domke-3-l": [
        lambda y, f: np.log(np.sum(np.exp(f - f[y]))),
        lambda y, f: -np.log(np.exp(f[y]) / np.exp(f).sum()),
    ],
    "zheng-loss": [
        lambda Y, T: 0.5 * ((T - Y) ** 2).sum(),
        lambda Y, T: np.linalg.norm(Y - T) ** 2 / 2,
    ],
    "dmml-4b": [
        lambda w, b, a, lv, j: (w[lv] @ a[lv - 1] + b[lv])[j],
        lambda w, b, a, lv, j: b[lv][j] + np.dot(w[lv][j], a[lv - 1]),
    ],
    "johansen-1.10": [
        lambda g, z, delta, W, i: (g.derivative(z) * (W.T @ delta))[i],
        lambda g, z, delta, W, i: np.dot(W[:, i], delta) * g.derivative(z)[i],
    ],
    "johansen-1.18": [
        lambda W, gamma, slope, W2, delta, x: W - gamma * (slope * (W2["t"].T @ delta)) @ x.T,
        lambda W, gamma, slope, W2, delta, x: (
            W - gamma * np.einsum("is,ks,is->ik", slope, x, W2["t"].T @ delta)
        ),
    ],
    "zheng-2b": [
        lambda dL_dy, slope, z: np.outer(z, dL_dy * slope),
        lambda dL_dy, slope, z: z[:, None] * (slope * dL_dy)[None, :],
    ],
    "zheng-2c": [
        lambda dL_dy, y, z: np.outer(z, dL_dy * y * (1 - y)),
        lambda dL_dy, y, z: (np.outer(dL_dy * (y - y**2), z)).T,
    ],
    "zheng-4p": [lambda d: 1.0 * d["Y tilde"], lambda d: d.get("Y tilde")],
    "johansen-1.1": [
        lambda W, alpha, i: W[i] @ alpha,
        lambda W, alpha, i: (W @ alpha)[i],
    ],
    "johnson-1-rec": [by_loops, from_the_end],
    "johnson-2-dxp": [
        lambda J, X, Y, dY, i: dY[:, i] @ J(X[:, i]),
        lambda J, X, Y, dY, i: np.einsum("kl,l->k", J(X[:, i]), dY[:, i]),
    ],
}
# And what a result can be like that is nearly right.
SPOILED = [np.negative, lambda x: 2 * x, lambda x: x / 3, lambda x: x + x**2, np.cos, np.exp]


@each_exercise
def test_right_forms_are_accepted_and_six_wrong_ones_refused(chapter, id, cells):
    entry = feedback.slip(id)
    for form in [entry.right, *DIFFERENTLY[id]]:
        assert answer(id, form).startswith("Right. ")
    wrong = [lambda *given, f=change: f(np.asarray(entry.right(*given))) for change in SPOILED]
    wrong += [form for how, form in entry.altered.items() if how not in entry.equivalent]
    for form in [entry.literal, *wrong[:9]]:
        assert not answer(id, form).startswith("Right. ")


RIGHT = {
    id: feedback.slip(id).right
    for id in ("zheng-2b", "zheng-loss", "zheng-4p", "johansen-1.10", "domke-3-l", "johnson-2-dxp")
}


def but(id, change):
    """Return the right form of an entry with its result changed."""
    return lambda *arguments: change(np.asarray(RIGHT[id](*arguments)))


def first_row_right(dW):
    return np.concatenate([dW[:1], dW[1:] + 1])


def first_column_right(dW):
    return first_row_right(dW.T).T


@pytest.mark.parametrize(
    ("id", "form", "words"),
    [
        ("zheng-2b", lambda a, b, z: ..., "Not written yet: "),
        ("zheng-2b", lambda a, b, z: None, "Not finished: the function returns nothing"),
        ("zheng-2b", but("zheng-2b", np.transpose), "Not yet: the transpose of what is wanted."),
        ("zheng-2b", but("zheng-2b", lambda dW: -dW), "the opposite sign of what is wanted"),
        ("zheng-2b", but("zheng-2b", lambda dW: dW / 4), "too small by the factor 4."),
        ("zheng-2b", but("zheng-2b", lambda dW: -3 * dW), "factor 3, and of the opposite sign"),
        ("zheng-2b", but("zheng-2b", np.ravel), "got the shape (9,), wanted the shape (3, 3)."),
        ("zheng-2b", but("zheng-2b", np.sum), "got a single number, wanted the shape (3, 3)."),
        ("zheng-2b", but("zheng-2b", first_row_right), "right in row 0 only"),
        ("zheng-2b", but("zheng-2b", first_column_right), "right in column 0 only"),
        ("zheng-2b", but("zheng-2b", lambda dW: np.roll(dW, 1, 1)), "shifted along axis 1."),
        ("zheng-2b", lambda dL, s, z: np.diag(dL * s * z), "right on the diagonal only."),
        ("zheng-2b", lambda dL, s, z: np.outer(z, dL * np.roll(s, 1)), "wrong index."),
        ("zheng-2b", lambda dL, s, z: np.outer(z, dL), "looks like a missing factor."),
        (
            "zheng-2b",
            but("zheng-2b", lambda dW: dW + dW[0] ** 2),
            "9 of 9 entries are wrong; the first",
        ),
        ("zheng-2b", but("zheng-2b", str), "the result, of the type str, is not what is wanted."),
        ("zheng-2b", lambda a, b, z: 1 / 0, "stops with ZeroDivisionError: division by zero."),
        ("zheng-2b", lambda a, b: a, "the function has to take 3 arguments."),
        ("zheng-2b", lambda a, b, z: z[9], "Tried with dL_dy (3,), slope (3,), z (3,)."),
        ("zheng-2b", lambda a, b, z: [[0.0], [0.0, 1.0]], "of the type list"),
        ("zheng-loss", but("zheng-loss", lambda L: 2 * L), "printed form itself: too large by"),
        ("zheng-loss", but("zheng-loss", lambda L: L + 1), "got 1.898, wanted 0.898."),
        ("domke-3-l", lambda y, f: -f[y] + np.log(np.sum(-f)), "not a number (nan)"),
        ("johnson-2-dxp", but("johnson-2-dxp", lambda dx: dx + dx[0]), "a summand, not a factor"),
        ("johnson-2-dxp", lambda J, X, Y, dY, i: J(X[:, 0]) @ dY[:, 0], "tries."),
        ("zheng-4p", lambda d: d["Y"], "factor"),
        (
            "johansen-1.10",
            but("johansen-1.10", lambda error: 2 * error),
            "too large by the factor 2",
        ),
    ],
)
def test_the_answer_names_the_direction(id, form, words):
    assert words in answer(id, form)


def test_the_shape_of_a_transpose_is_named():
    def form(W, V, b, x, dL_df):
        return feedback.slip("domke-4.5-w").right(W, V, b, x, dL_df).T

    assert "got the shape (3, 4), wanted (4, 3): the transpose" in answer("domke-4.5-w", form)


def test_check_prints_the_answer_in_narrow_lines_and_returns_nothing(capsys):
    assert exercises.check("zheng-2b", lambda a, b, z: z[9] + len("a" * 200)) is None
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Not yet: the code stops in the line ")
    assert "Tried with dL_dy (3,), slope (3,), z (3,)." in lines
    assert max(map(len, lines)) <= 76


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (1, 1.0),
        ([1, 2], (1, 2)),
        (True, 1),
        ([1, (2, 3)], (1.0, [2, 3])),
        (np.array([np.ones(2), np.ones(3)], dtype=object), [[1, 1], [1, 1, 1]]),
        ({"a": 1, "b": [2, 3]}, {"b": np.array([2, 3]), "a": 1}),
        ([np.nan, np.inf, 1 + 1e-10], [np.nan, np.inf, 1]),
        (1e6 + 1e-4, 1e6),
    ],
)
def test_results_are_the_same_whatever_they_are_made_of(a, b):
    assert feedback.same(a, b) is True


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (1, 1 + 1e-8),
        ([1, 2], [1, 2, 3]),
        (1, [1, 1]),
        ([1, (2, 3)], (1.0, [2, 4])),
        ([1, (2, 3), 4], (1.0, [2, 3])),
        ([5, 6], (1.0, [2, 3])),
        (5, (1.0, [2, 3])),
        ({"a": 1}, {"b": 1}),
        ({"a": 1, "b": 1}, {"a": 1}),
        ({"a": 1, "b": 1}, {"a": 1, "b": 2}),
        ([1], {0: 1}),
        ("1", 1),
        (1, "1"),
        ("1", "1"),
        ([np.inf, 1], [-np.inf, 1]),
        ([np.inf, 1], [1, np.inf]),
        ([np.nan, 1], [1, 1]),
        ([1, 1], [np.nan, 1]),
    ],
)
def test_results_that_differ_are_not_the_same(a, b):
    assert feedback.same(a, b) is False


SQUARE, CUBE = np.array([[1.0, 2], [4, 8]]), np.arange(1.0, 9).reshape(2, 2, 2) ** 2
ROWS = np.array([[1.0, 2, 4], [8, 16, 32], [64, 128, 256]])


@pytest.mark.parametrize(
    ("got", "wanted", "words"),
    [
        ([1], {"a": 1}, "a dictionary with the keys ['a'] is asked for."),
        ({"b": 1}, {"a": 1}, "a dictionary with the keys ['a'] is asked for."),
        ({"a": 1, "b": 7}, {"a": 1, "b": 2}, "at the key 'b', too large by the factor 3.5."),
        ((1, [2, 3]), (1, [2, 3, 4]), "in result 2, got the shape (2,), wanted the shape (3,)."),
        ((7, [2, 3]), (1, [2, 3]), "in result 1, too large by the factor 7."),
        ((1, [2, 3], 4), (1, [2, 3]), "the function has to return 2 things, in order."),
        (np.ones(2), (1, [2, 3]), "the function has to return 2 things, in order."),
        ("one", 1, "the result, of the type str, is not what is wanted."),
        (1, "one", "the result, of the type int, is not what is wanted."),
        (ROWS[:2].T, ROWS[:2], "got the shape (3, 2), wanted (2, 3): the transpose of what"),
        (SQUARE.T, SQUARE, "the transpose of what is wanted."),
        (CUBE.T, CUBE, "4 of 8 entries are wrong; the first is [0, 0, 1], got 25, wanted 4."),
        (CUBE[:1].T, CUBE[:1], "got the shape (2, 2, 1), wanted the shape (1, 2, 2)."),
        ([1, np.nan], [1, 2], "the result is not a number (nan), as after the log of one below 0."),
        (-SQUARE, SQUARE, "the opposite sign of what is wanted."),
        (SQUARE / -4, SQUARE, "too small by the factor 4, and of the opposite sign."),
        (SQUARE * 1.2345, SQUARE, "too large by the factor 1.23."),
        ([0, 5], [0, 0], "right in entry 0 only (counted from 0)."),
        ([0, 0], [0, 5], "right in entry 0 only (counted from 0)."),
        (6, 6 * 12, "too small by the factor 12."),
        (6, 6 * 13, "got 6, wanted 78."),
        (1.2345, 1, "got 1.234, wanted 1."),
        (3e-10, 3, "got 3e-10, wanted 3."),
        ([[1, 5, 7]], [[1, 2, 3]], "2 of 3 entries are wrong; the first is [0, 1], got 5, wanted"),
        (np.diag([1, 16, 256]), ROWS, "right on the diagonal only."),
        (ROWS + [[0], [3], [1]], ROWS, "right in row 0 only (counted from 0)."),
        (ROWS + [[0, 3, 0]], ROWS, "right in column 0 and 2 only (counted from 0)."),
        (ROWS[[2, 0, 1]], ROWS, "the right numbers, but shifted along axis 0."),
        (ROWS[:, [1, 2, 0]], ROWS, "the right numbers, but shifted along axis 1."),
        (ROWS[0, [1, 2, 0]], ROWS[0], "the right numbers, but shifted along axis 0."),
        ([1, 1, 2], [1, 2, 1], "right in entry 0 only (counted from 0)."),
        ([1, 9, 4, 4], [1, 2, 3, 4], "right in entry 0 and 3 only (counted from 0)."),
        (SQUARE + 0.5, SQUARE, "every entry is too large by 0.5: a summand, not a factor."),
        (SQUARE - 2, SQUARE, "every entry is too small by 2: a summand, not a factor."),
        (CUBE + 1.5e-9 * (CUBE == 1), CUBE / CUBE.max() + 1, "8 of 8 entries are wrong; the first"),
        (1 + 1.5e-9 * np.eye(8).reshape(8, 4, 2), np.ones((8, 4, 2)), "8 of 64 entries are wrong"),
        (1e9 + np.array([[[0.5, 3]]]), 1e9 + np.zeros((1, 1, 2)), "1 of 2 entries are wrong"),
    ],
)
def test_the_first_difference_is_said_in_words(got, wanted, words):
    said = feedback.compared(got, wanted)
    assert said.startswith(words) and (not words.endswith(".") or said == words)


def test_arguments_are_shown_as_code():
    call = feedback.Call(None, {"x": np.ones(3), "k": 2, "g": np.tanh, "c": np.ones(()), "r": 0.5})
    assert feedback.shapes(call) == "\nTried with x (3,), k = 2, g = tanh."
    assert feedback.shapes(feedback.Call(None, {"r": 0.5})) == ""
    given = {1: np.array([0.12345, 2 + 1j]), "f": np.tanh, "s": np.float64(0.5), "t": (1,)}
    assert feedback.as_code(given) == "{1: np.array([0.123, 2. ]), 'f': tanh, 's': 0.5, 't': (1,)}"
    assert "..." not in feedback.as_code(np.ones(99)) and "..." in feedback.as_code(np.ones(100))
    assert [feedback.digits(each) for each in (-0.0, 1 + 1e-12j, 12345.0)] == [
        "0",
        "1",
        "1.234e+04",
    ]


def test_the_arguments_of_the_first_wrong_call_are_shown_if_they_are_few():
    entry = types.SimpleNamespace(right=len)
    calls = [feedback.Call(len, {"x": "a" * n}, result) for n, result in ((7, 7), (393, 0))]
    assert feedback.again(entry, calls) == f"To see it yourself:\nx = '{'a' * 393}'"
    calls = [feedback.Call(len, {"x": "a" * 394}, 0)]
    assert feedback.again(entry, calls) == ""
    assert feedback.again(types.SimpleNamespace(right=int), [feedback.Call(int, {}, 1)]) == ""


def test_complex_steps_go_through_forms_of_real_numbers():
    through = feedback.real_only(math.exp)
    assert through(1 + 0.5j) == pytest.approx(math.e * (1 + 0.5j), rel=1e-9)
    given = {"a": [1, 2 + 3j], "b": (4j, "text")}
    assert feedback.largest_imaginary(given["a"]) == 3
    assert feedback.largest_imaginary([given["b"][:1], []]) == 4
    assert feedback.real_part(given, 10) == {"a": [1, 32], "b": (40, "text")}
    assert feedback.largest_imaginary([]) == feedback.largest_imaginary(7.0) == 0
    assert type(feedback.real_only(lambda: 7)()) is int


def test_where_the_code_stops_is_said_if_it_can_be_said():
    def bare(dL_dy, slope, z):
        raise KeyError

    assert "stops in the line `raise KeyError` with KeyError.\n" in answer("zheng-2b", bare)
    assert "the code stops: index 9 is asked" in answer("zheng-2b", eval("lambda a, b, z: z[9]"))
    assert "the code stops with KeyError." in answer("zheng-2b", functools.partial(bare))


def test_a_form_may_warn():
    def careless(*arguments):
        warnings.warn("It may be slow.", stacklevel=1)
        return RIGHT["zheng-2b"](*arguments)

    assert answer("zheng-2b", careless).startswith("Right.")


def test_a_form_cannot_spoil_its_arguments():
    def spoil(dL_dy, slope, z):
        right = np.outer(z, dL_dy * slope)
        for array in (dL_dy, slope, z):
            array[...] = 0
        return right + 1

    first = answer("zheng-2b", spoil)
    assert "by 1: a summand" in first and answer("zheng-2b", spoil) == first
    assert answer("zheng-2b", RIGHT["zheng-2b"]).startswith("Right.")


@pytest.mark.parametrize("id", ["zheng-99", "nobody-1", "zheng", "", None])
def test_an_unknown_id_is_refused(id):
    with pytest.raises(ValueError, match=r"^id .* is not in the ledger$"):
        exercises.check(id, abs)


def test_a_line_without_a_slip_is_refused():
    with pytest.raises(ValueError, match=r"^id 'zheng-1' is no slip: correct$"):
        exercises.check("zheng-1", abs)
    without = next(e.id for e in all_entries() if e.verdict == INCOMPLETE and not e.literal)
    with pytest.raises(ValueError, match=r"is no slip: incomplete or ambiguous$"):
        exercises.check(without, abs)


def test_something_that_is_no_function_is_refused():
    with pytest.raises(TypeError, match=r"^form must be a function, not 3\.0$"):
        exercises.check("zheng-2b", 3.0)
