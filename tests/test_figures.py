"""The figures: what they show is what is written down, and curves are those that labels name."""

import ast
import re
from math import isclose, isnan

import figures
import known_results
import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from awake.kernel import stored

from nnlab import sigmoid

NAMES = sorted(path.stem for path in figures.FOLDER.glob("*.txt"))
NUMBER = r"(?<![\w#.])-?\d+(?:\.\d+)?(?:e[+-]\d+)?|\bnan\b"
# At the edge of divergence a run depends on the machine's last digits: its points are not compared.
CHAOTIC = "line 'plain descent' ", "line 'plain, best' #0072b2 - None, 240:"


def written(name):
    return figures.FOLDER.joinpath(f"{name}.txt").read_text(encoding="utf-8").splitlines()


def exact(line):
    """Return what has to be the same to the letter: texts but for decimals, counts of points."""
    return re.findall(r"'.*?'|\".*?\"|, \d+:", re.sub(r"\d*\.\d+", "#", line))


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
    same_words = same_words and exact(one) == exact(other)
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
    for line in figures.shown_by(notebook, known_results.OF.get(name)):
        if not alike(line, next(wanted, "")):
            return line
    return next(wanted, None)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", NAMES)
def test_the_figures_show_what_is_written_down(name):
    assert first_difference(name) is None, f"look, then: python tests/figures.py {name}"


@pytest.mark.parametrize("name", known_results.OF)
def test_known_results_have_names_of_their_laboratory(name):
    notebook = nbformat.read(figures.ROOT / f"book/{name}.ipynb", as_version=4)
    code = (compile(c.source, c.id, "exec") for c in notebook.cells if c.cell_type == "code")
    assert {*known_results.OF[name]} <= {each for cell in code for each in stored(cell)}


def test_every_chapter_is_written_down():
    assert sorted(path.stem for path in figures.ROOT.glob("book/*.ipynb")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_is_written_down(name):
    notebook = nbformat.read(figures.ROOT / f"book/{name}.ipynb", as_version=4)
    drawn = {c.id for c in notebook.cells if re.search(r"image/png|class=.{1,2}explore", str(c))}
    assert {line.split()[0] for line in written(name) if not line.startswith(" ")} == drawn


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
    # of laboratories, by the rules of `known_results.py`
    r"average, $\gamma = 2$": lambda r: 10 * np.exp(-0.008 * r),
    r"sum, $\gamma = 2/300$": lambda r: 10 * np.exp(-0.008 * r),
    r"sum, $\gamma = 2$": lambda r: 10 * np.exp(0.01 * r),
    r"average, $\gamma = 2/300$": lambda r: 10 * np.exp(-0.004 * 2 / 300 * r),
    r"$\alpha = 0.1$, $\gamma$ kept": lambda r: 10 * 0.00999 ** (r / 292),
    r"plain, $\gamma = 0.5$": lambda time: 0.5 / 2 * (0.8 + 1.6 * time / 800),
    r"plain, $\gamma = 2.8$": lambda time: np.sqrt(2) * (0.8 + 1.6 * time / 848.5),
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
    "quartiles": ("lab_xor", "cell-023", "[24, 49, 74]", "[24, 50, 74]"),
    "order of rows": ("lab_xor", "cell-024", "height, q = -j", "height, q = j - 4"),
    "count beside a row": ("lab_xor", "cell-024", "np.isfinite(row).sum()", "len(row)"),
    "look of a row": ("lab_xor", "cell-025", '"marker": "o", "mfc": "white"', '"marker": "o"'),
    "region transposed": ("lab_xor", "cell-039", "(79, 79)", "(79, 79).T"),
    "regions' colours": (
        "lab_xor",
        "cell-039",
        '"C4", "0.88", "0.95", "C5"',
        '"C5", "0.95", "0.88", "C4"',
    ),
    "points' filling": ("lab_xor", "cell-039", "{1 - label}", "{label}"),
    "wrong start": ("lab_xor", "cell-040", "draw_region(ax, end[start]", "draw_region(ax, end[33]"),
    "classes swapped": ("lab_xor", "cell-048", "losses[:, y == label]", "losses[:, y != label]"),
    "line at another epoch": ("lab_xor", "cell-048", "axvline(epoch", "axvline(epoch + 1"),
    "late where early": ("lab_xor", "cell-055", "late = median == limit", "late = median != limit"),
    "arrival off by one": ("lab_xor", "cell-060", "{there[0]}", "{there[0] + 1}"),
    "styles swapped": ("lab_xor", "cell-074", '"C0o-", "C1s-", "C0o--"', '"C1s-", "C0o-", "C0o--"'),
    "log of y": ("lab_xor", "cell-074", 'set(yscale="log", ', "set("),
    "scaled in x": ("lab_spirals", "cell-015", "r, losses[r]", "2 * r, losses[r]"),
    "map's star": ("lab_spirals", "cell-023", "row.argmin() + 0.5", "row.argmin()"),
    "map turned": ("lab_spirals", "cell-023", "shown, **colors", "shown[::-1], **colors"),
    "map's scale": ("lab_spirals", "cell-023", "LogNorm(50, 700)", "LogNorm(50, 900)"),
    "end of a curve": ("lab_spirals", "cell-031", "cost[-1], style", "cost[0], style"),
    "wrong run": ("lab_spirals", "cell-031", '0.1, 16.0, "C1--"', '0.1, 2 * root, "C1--"'),
    "title of a legend": ("lab_spirals", "cell-043", r'title=r"$\alpha$"', r'title=r"$\gamma$"'),
    "limit": ("lab_spirals", "cell-042", "4 / alpha - 2", "4 / alpha - 1"),
    "level of a line": ("lab_spirals", "cell-052", "axhline(1,", "axhline(2,"),
    "time": ("lab_spirals", "cell-052", "walk[1] * walk[2]", "walk[2]"),
    "classes of the plane": ("lab_spirals", "cell-061", "labels == k", "labels == 2 - k"),
    "plane transposed": ("lab_spirals", "cell-061", "(len(side), -1)", "(len(side), -1).T"),
    "number in two titles": ("lab_spirals", "cell-061", "right {right:", "right {1 - right:"),
    "markers of arrivals": ("lab_spirals", "cell-066", "markers[k], color", "markers[0], color"),
    "errors for accuracies": ("lab_digits", "cell-021", "100 * (1 - np", "100 * (0 + np"),
    "blocks by number": ("lab_digits", "cell-021", "{b + 1}", "{b}"),
    "axes swapped": ("lab_digits", "cell-046", "plot(*REPORT,", "plot(*REPORT[::-1],"),
    "colour by size": ("lab_digits", "cell-046", "(0, 0.9, ", "(0.9, 0, "),
    "inset": ("lab_digits", "cell-045", "for row in ALL]", "for row in LARGE]"),
    "image transposed": ("lab_digits", "cell-052", "imshow(grid,", "imshow(grid.T,"),
    "numbers transposed": ("lab_digits", "cell-052", "ax.text(j, i, f", "ax.text(i, j, f"),
    "upside down": ("lab_digits", "cell-052", 'origin="lower", ', ""),
    "units' pictures": ("lab_digits", "cell-062", "reshape(28, 28)", "reshape(28, 28).T"),
    "order of units": ("lab_digits", "cell-062", "argsort()[:-7:-1]", "argsort()[-6:]"),
    "frame off by one": ("lab_digits", "cell-063", "states[quarter]", "states[quarter - 1]"),
    "progress": (
        "lab_digits",
        "cell-063",
        "values[: quarter + 1], style",
        "values[quarter::-1], style",
    ),
    "mistakes": ("lab_digits", "cell-069", "(truth, answer), answer", "(answer, truth), answer"),
    "names in a title": (
        "lab_digits",
        "cell-073",
        "{truth[k]}, not {answer[k]}",
        "{answer[k]}, not {truth[k]}",
    ),
    "best for worst": ("lab_digits", "cell-073", "argsort()[:10]", "argsort()[-10:]"),
    "points of two kinds": (
        "lab_digits",
        "cell-078",
        "effects[hidden, lam][k]",
        "effects[hidden, lam][1 - k]",
    ),
    "maps in another order": ("lab_convolution", "cell-004", "argsort()[:-4:-1]", "argsort()[-3:]"),
    "picture mirrored": (
        "lab_convolution",
        "cell-004",
        "x.reshape(28, 28), *",
        "x.reshape(28, 28)[:, ::-1], *",
    ),
    "answers swapped": (
        "lab_convolution",
        "cell-004",
        "dense.predict(x), conv.predict(x)",
        "conv.predict(x), dense.predict(x)",
    ),
    "places of weights": ("lab_convolution", "cell-011", "(6, 6), 3)", "(6, 6), 3)[::-1]"),
    "width of a bar": ("lab_convolution", "cell-040", "2 * error[name]", "error[name]"),
    "colour of a group": (
        "lab_convolution",
        "cell-040",
        '"C0o" if "layer" not in',
        '"C0o" if "layer" in',
    ),
    "kernel beside its map": (
        "lab_convolution",
        "cell-051",
        "imshow(maps[k]",
        "imshow(maps[k - 1]",
    ),
    "places of pictures": ("lab_digits", "cell-062", "0.27 * (k % 3)", "0.27 * (k // 3)"),
    "another epoch": ("lab_xor", "cell-049", "losses[epoch] >=", "losses[0] >="),
    "with for without": ("lab_xor", "cell-066", "'with' if bias", "'with' if not bias"),
    "number of a kernel": ("lab_convolution", "cell-051", "{k + 1}", "{k}"),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ERRORS)
def test_an_error_that_is_planted_in_a_drawing_is_seen(kind):
    name, *change = ERRORS[kind]
    assert first_difference(name, change) is not None
