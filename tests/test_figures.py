"""The figures: what they show is what is written down, and curves are those that labels name."""

import ast
import re
from math import isclose, isnan

import figures
import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest

from nnlab import sigmoid

NAMES = sorted(path.stem for path in figures.FOLDER.glob("*.txt"))
NUMBER = r"(?<![\w#.])-?\d+(?:\.\d+)?(?:e[+-]\d+)?|\bnan\b"
NOT_HERE = {  # what is behind their figures is asserted in them
    "lab_convolution": "minutes of training",
    "lab_digits": "minutes of training",
    "lab_spirals": "some runs are chaotic, and their curves depend on the machine",
    "lab_xor": "minutes of training, some of it chaotic",
}
# At the edge of divergence a run depends on the machine's last digits: its points are not compared.
CHAOTIC = "line 'plain descent' ", "line 'plain, best' #0072b2 - None, 240:"


def written(name):
    return figures.FOLDER.joinpath(f"{name}.txt").read_text(encoding="utf-8").splitlines()


def alike(one, other):
    """Say whether two lines agree: their words, and their numbers up to what machines change.

    Small numbers are errors of rounding, or nearly; they agree within a factor of ten.
    """

    def near(a, b):
        small = max(abs(a), abs(b)) < 1e-3
        return isclose(a, b, rel_tol=0.9 if small else 0.02, abs_tol=1e-9) or (
            isnan(a) and isnan(b)
        )

    values = ([float(each) for each in re.findall(NUMBER, line)] for line in (one, other))
    same_words = re.sub(NUMBER, "#", one) == re.sub(NUMBER, "#", other)
    chaotic = other.strip().startswith(CHAOTIC)
    return same_words and (chaotic or all(map(near, *values)))


@pytest.fixture(autouse=True)
def drawn_nowhere():
    before = plt.get_backend()
    plt.switch_backend("agg")
    yield
    plt.close("all")
    plt.switch_backend(before)


def first_difference(name, change=None):
    """Return the first line that the figures do not show as written; the code may be changed."""
    notebook = nbformat.read(figures.ROOT / f"book/{name}.ipynb", as_version=4)
    if change:
        cell, right, wrong = change
        (changed,) = (each for each in notebook.cells if each.id == cell)
        assert right in changed.source
        changed.source = changed.source.replace(right, wrong, 1)
    wanted = iter(written(name))
    for line in figures.shown_by(notebook):
        if not alike(line, next(wanted, "")):
            return line
    return next(wanted, None)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", NAMES)
def test_the_figures_show_what_is_written_down(name):
    assert first_difference(name) is None, f"look, then: python tests/figures.py {name}"


def test_every_chapter_is_written_down_or_has_a_reason():
    assert sorted([*NAMES, *NOT_HERE]) == sorted(p.stem for p in figures.ROOT.glob("book/*.ipynb"))


# Curves by their labels: the points that are written down lie on the function that a label names.
CURVES = {
    r"$\sigma(z)$": lambda z: 1 / (1 + np.exp(-z)),
    r"$\sigma'(z)$": lambda z: 1 / (2 + np.exp(z) + np.exp(-z)),
    r"right: $\sigma'(z)$": lambda z: 1 / (2 + np.exp(z) + np.exp(-z)),
    r"central diff.": lambda z: 1 / (2 + np.exp(z) + np.exp(-z)),
    r"wrong: $\sigma'(a)$": lambda z: 1 / (2 + np.exp(sigmoid(z)) + np.exp(-sigmoid(z))),
    r"wrong: $s(z)$": lambda z: z * (1 - z),
    r"tangent $1/2 + z/4$": lambda z: 1 / 2 + z / 4,
    r"$\tanh(z)$": np.tanh,
    r"$\tanh'(z)$": lambda z: np.cosh(z) ** -2,
    r"u exp(|z|)": lambda z: np.minimum(2.0**-53 * np.exp(np.abs(z)), 1),
    r"$a_1$": lambda z: 1 / (1 + 2 + np.exp(z)),
    r"$a_2$": lambda z: 2 / (1 + 2 + np.exp(z)),
    r"$a_3$": lambda z: np.exp(z) / (1 + 2 + np.exp(z)),
    r"entropy H(q) = 0.61": lambda p: -0.3 * np.log(0.3) - 0.7 * np.log(0.7) + 0 * p,
    r"$a - y$": lambda z: 1 / (1 + np.exp(-z)) - 1,
    r"$(a - y)\,\sigma'(z)$": lambda z: (sigmoid(z) - 1) / (2 + np.exp(z) + np.exp(-z)),
    r"path by path": lambda layers: layers * 3**layers,
    r"in a sweep": lambda layers: 9 * layers - 3,
}


def test_curves_are_those_that_their_labels_name():
    drawn = {}
    for line in (line for name in NAMES for line in written(name)):
        if found := re.match(r"    line ('.*?'|\".*?\") #\w+ \S+ \S+, \d+: (.*)", line):
            points = np.reshape([float(each) for each in found[2].split()], (-1, 2))
            drawn.setdefault(ast.literal_eval(found[1]), []).append(points.T)
    assert set(CURVES) <= set(drawn)
    for label, curve in CURVES.items():
        for x, y in drawn[label]:
            assert np.allclose(y, curve(x), rtol=0.02, atol=0.002), label


ERRORS = {  # in code that only draws: (chapter, cell, what stands there, what is planted)
    "scaled": ("sigmoid", "cell-003", "curve * (1 - curve)", "2 * curve * (1 - curve)"),
    "number in a title": ("sigmoid", "cell-044", "ratio at 0 is 4", "ratio at 0 is 2"),
    "label": ("sigmoid", "cell-044", 'label=f"{name}(z)$"', 'label=f"{name}\'(z)$"'),
    "curves swapped": ("networks", "cell-068", 'found[:, 1], "--"', 'found[:, 0], "--"'),
    "log of one axis": ("graphs", "cell-021", "below.semilogy(range", "below.plot(range"),
    "axes' names": ("networks", "cell-004", 'xlabel="$x_1$"', 'xlabel="$x_2$"'),
    "moved in x": ("softmax", "cell-030", "axes.plot(z3, curve", "axes.plot(z3 + 0.1, curve"),
    "off by one": ("graphs", "cell-021", "line[layers - 1]", "line[layers - 2]"),
    "colour": ("hour", "cell-005", "middle, color=UP)", "middle, color=BACK)"),
    "order of bars": ("cross_entropy", "cell-036", "(p, y, p - y)", "(y, p, p - y)"),
    "number of an index": ("softmax", "cell-030", "$a_{i + 1}$", "$a_{i}$"),
    "marks": ("networks", "cell-028", "yticks=[0, 0.5, 1]", "yticks=[0, 0.4, 1]"),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ERRORS)
def test_an_error_that_is_planted_in_a_drawing_is_seen(kind):
    name, *change = ERRORS[kind]
    assert first_difference(name, change) is not None
