"""What the figures show, in words and numbers, taken from their own artists.

    python tests/figures.py sigmoid softmax

runs the code of these chapters and writes what each figure shows to `tests/figures/sigmoid.txt`
and so on; without names, all. Read the difference before you commit it, as you would look at the
picture: a curve is told by its label, its look and five of its points. Of a slider, the first, the
middle and the last frame are drawn.
"""

import contextlib
import io
import itertools
import os
import sys
from pathlib import Path
from unittest import mock

import matplotlib.pyplot as plt
import nbformat
import numpy as np
from matplotlib.colors import to_hex
from matplotlib.ticker import FixedLocator

ROOT = Path(__file__).resolve().parents[1]
FOLDER = Path(__file__).with_suffix("")


def short(*values):
    """Return numbers in three digits."""
    return " ".join(f"{value:.3g}" for each in values for value in np.ravel(each))


def some(points):
    """Return five of the points: the ends, and three between."""
    points = np.asarray(points, float)
    return points[np.unique(np.linspace(0, len(points) - 1, min(5, len(points))).astype(int))]


def looks(colour):
    """Return a colour by its name for the web, or "none"."""
    return to_hex(colour) if len(np.atleast_1d(colour)) and colour is not None else "none"


def words(text):
    return repr(text.get_text() if hasattr(text, "get_text") else text)


def told(artist):
    """Return what one artist of the axes shows, or None."""
    kind = type(artist).__name__
    if hasattr(artist, "get_xydata"):
        points = artist.get_xydata()
        look = looks(artist.get_color()), artist.get_linestyle(), artist.get_marker()
        label = "" if artist.get_label().startswith("_") else words(artist.get_label())
        return f"line {label} {' '.join(map(str, look))}, {len(points)}: {short(some(points))}"
    if kind == "Annotation":
        hue = looks(artist.arrow_patch.get_edgecolor()) if artist.arrow_patch else ""
        return f"arrow {words(artist)} {hue}: {short(artist.xy)} from {short(artist.xyann)}"
    if kind == "Text" and artist.get_text():
        return f"text {words(artist)} {looks(artist.get_color())}: {short(artist.get_position())}"
    if hasattr(artist, "get_array") and artist.get_array() is not None:
        values = np.ma.filled(np.ma.asarray(artist.get_array(), float), np.nan)
        size = "×".join(map(str, values.shape))
        shown = some(np.sort(values.ravel()))
        corners = [values.ravel()[0], values.ravel()[-1]]
        return f"{kind} {artist.get_cmap().name}, {size}: {short(shown)} ends {short(corners)}"
    if hasattr(artist, "get_paths") and artist.get_paths():
        points = np.concatenate([path.vertices for path in artist.get_paths()])
        hues = {looks(each) for each in artist.get_facecolor()}
        return f"{kind} {' '.join(sorted(hues))}, {len(points)}: {short(some(points))}"
    if hasattr(artist, "get_bbox") and kind == "Rectangle":
        hues = looks(artist.get_facecolor()), looks(artist.get_edgecolor())
        return f"box {' '.join(hues)}: {short(artist.get_bbox().get_points())}"
    return None


def figure_told(figure):
    """Yield what a figure shows, line by line."""
    for artist in figure.texts:
        yield f"  {words(artist)}"
    for ax in figure.axes:
        for each in (ax, *ax.child_axes):
            named = " | ".join(words(t) for t in (each.title, each.xaxis.label, each.yaxis.label))
            scales = f"{each.get_xscale()} {each.get_yscale()}"
            yield f"  axes {named} | {scales} | {short(*each.get_xlim(), *each.get_ylim())}"
            for axis in (each.xaxis, each.yaxis):
                if isinstance(axis.get_major_locator(), FixedLocator):
                    places = axis.get_majorticklocs()
                    marks = axis.get_major_formatter().format_ticks(places)
                    yield f"    marks {' '.join(map(repr, marks))}: {short(places)}"
            inside = [*each.lines, *each.collections, *each.images, *each.patches, *each.texts]
            yield from (f"    {line}" for line in map(told, inside) if line)
            if legend := each.get_legend():
                yield f"    legend {' '.join(map(words, legend.get_texts()))}"


def frames(draw, values):
    """Return the first, the middle and the last frame of a slider, with what they are called."""
    found = list(itertools.product(*values.values()))
    for place in sorted({0, len(found) // 2, len(found) - 1}):
        chosen = dict(zip(values, found[place]))
        yield ", ".join(f"{key} = {value:g}" for key, value in chosen.items()), draw(**chosen)


@contextlib.contextmanager
def inside(folder):
    """Work in a folder (`contextlib.chdir` of Python 3.11)."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def shown_by(notebook):
    """Run a notebook's code; yield what each of its figures shows, line by line."""
    names, sliders = {"__name__": "__main__", "display": print}, []

    def explore(draw, *, alt, names=(), **values):
        sliders.append((draw, values))

    with (
        mock.patch("nnlab.explore", explore),
        inside(ROOT / "book"),
        contextlib.redirect_stdout(io.StringIO()),
        plt.rc_context(),
    ):
        for cell in notebook.cells:
            if cell.cell_type != "code" or cell.id == "install":
                continue
            exec(compile(cell.source, cell.id, "exec"), names)
            drawn = [("", plt.figure(number)) for number in plt.get_fignums()]
            for name, figure in [*drawn, *(each for one in sliders for each in frames(*one))]:
                yield f"{cell.id} {name}".strip()
                yield from figure_told(figure)
            plt.close("all")
            sliders.clear()


def portrait(name):
    """Return what the figures of a chapter show."""
    notebook = nbformat.read(ROOT / f"book/{name}.ipynb", as_version=4)
    return "\n".join(shown_by(notebook)) + "\n"


if __name__ == "__main__":
    plt.switch_backend("agg")
    FOLDER.mkdir(exist_ok=True)
    for each in sys.argv[1:] or sorted(path.stem for path in ROOT.glob("book/*.ipynb")):
        FOLDER.joinpath(f"{each}.txt").write_text(portrait(each), encoding="utf-8")
