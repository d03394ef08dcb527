"""What the figures show, in words and numbers, taken from their own artists.

    PYTHONPATH=.:book:book/_ext python tests/figures.py sigmoid softmax

runs the code of these chapters and writes what each figure shows to `tests/figures/sigmoid.txt`
and so on; without names, all. Read the difference before you commit it, as you would look at the
picture: a curve is told by its label, its look and five of its points. Of a slider, the first, the
middle and the last frame are drawn.

Of a laboratory only the cells run that its figures need, and what would train for long is replaced
by the known results in `tests/known_results.py`.
"""

import ast
import contextlib
import io
import itertools
import os
import sys
from pathlib import Path
from unittest import mock

import known_results
import matplotlib.pyplot as plt
import nbformat
import numpy as np
from awake.kernel import stored, taken
from matplotlib.colors import to_hex
from matplotlib.contour import ContourSet
from matplotlib.ticker import FixedLocator

import nnlab

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


def hues(artist):
    """Return the colours of a collection, each once: of its faces, or else of its edges."""
    colours = artist.get_facecolor() if len(artist.get_facecolor()) else artist.get_edgecolor()
    return " ".join(dict.fromkeys(map(looks, colours)))


def told(artist):
    """Return what one artist of the axes shows, or None."""
    kind = type(artist).__name__
    if hasattr(artist, "get_xydata"):
        points = artist.get_xydata()
        look = looks(artist.get_color()), artist.get_linestyle(), artist.get_marker()
        inside = looks(artist.get_markerfacecolor())
        if artist.get_marker() != "None" and inside != look[0]:
            look += (inside,)
        label = "" if artist.get_label().startswith("_") else words(artist.get_label())
        return f"line {label} {' '.join(map(str, look))}, {len(points)}: {short(some(points))}"
    if kind == "Annotation":
        hue = looks(artist.arrow_patch.get_edgecolor()) if artist.arrow_patch else ""
        return f"arrow {words(artist)} {hue}: {short(artist.xy)} from {short(artist.xyann)}"
    if kind == "Text" and artist.get_text():
        return f"text {words(artist)} {looks(artist.get_color())}: {short(artist.get_position())}"
    if isinstance(artist, ContourSet):
        levels = (p.vertices.mean(axis=0) for p in artist.get_paths() if len(p.vertices))
        return f"{kind} {hues(artist)}, {short(artist.levels)}: {short(*levels)}"
    if hasattr(artist, "get_array") and artist.get_array() is not None:
        values = np.ma.filled(np.ma.asarray(artist.get_array(), float), np.nan)
        size = "×".join(map(str, values.shape))
        shown = some(np.sort(values.ravel()))
        line = some(values[len(values) // 3]) if values.ndim > 1 else some(values)
        scale = f"{artist.get_cmap().name} {type(artist.norm).__name__} {short(*artist.get_clim())}"
        return f"{kind} {scale}, {size}: {short(shown)} line {short(line)}"
    if hasattr(artist, "get_paths") and artist.get_paths():
        points = np.concatenate([path.vertices for path in artist.get_paths()])
        return f"{kind} {hues(artist)}, {len(points)}: {short(some(points))}"
    if hasattr(artist, "get_bbox") and kind == "Rectangle":
        look = looks(artist.get_facecolor()), looks(artist.get_edgecolor())
        return f"box {' '.join(look)}: {short(artist.get_bbox().get_points())}"
    return None


def legend_told(legend):
    """Return what stands in a legend."""
    texts = (text for text in (legend.get_title(), *legend.get_texts()) if text.get_text())
    return f"legend {' '.join(map(words, texts))}"


def figure_told(figure):
    """Yield what a figure shows, line by line."""
    for artist in figure.texts:
        yield f"  {words(artist)}"
    yield from (f"  {legend_told(legend)}" for legend in figure.legends)
    for ax in figure.axes:
        for each in (ax, *ax.child_axes):
            named = " | ".join(words(t) for t in (each.title, each.xaxis.label, each.yaxis.label))
            scales = f"{each.get_xscale()} {each.get_yscale()}"
            limits = short(*each.get_xlim(), *each.get_ylim())
            yield f"  axes {named} | {scales} | {limits} | {short(*each.get_position().bounds)}"
            for axis in (each.xaxis, each.yaxis):
                if isinstance(axis.get_major_locator(), FixedLocator):
                    places = axis.get_majorticklocs()
                    marks = axis.get_major_formatter().format_ticks(places)
                    yield f"    marks {' '.join(map(repr, marks))}: {short(places)}"
            inside = [*each.lines, *each.collections, *each.images, *each.patches, *each.texts]
            yield from (f"    {line}" for line in map(told, inside) if line)
            if legend := each.get_legend():
                yield f"    {legend_told(legend)}"


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


def needed(cells, known):
    """Return the cells that draw, and those that set what these take and what is not known."""
    wanted, found = set(), []
    for cell in reversed(cells):
        code = compile(cell.source, cell.id, "exec")
        draws = {"show", "explore"} & {*code.co_names}
        if draws or wanted & stored(code):
            wanted = wanted - stored(code) | taken(code) - {*known}
            found.append(cell)
    return found[::-1]


def shown_by(notebook, known=None):
    """Run a notebook's code; yield what each of its figures shows, line by line.

    With known results only what the figures need is run, and the results stand there under their
    names, those of the library in it, too.
    """
    names, sliders = {"__name__": "__main__", "display": print}, []

    def explore(draw, *, alt, names=(), **values):
        sliders.append((draw, values))

    cells = [c for c in notebook.cells if c.cell_type == "code" and c.id != "install"]
    replaced = {name: known[name] for name in {*(known or ())} & {*nnlab.__all__}}
    with (
        mock.patch.multiple("nnlab", explore=explore, **replaced),
        inside(ROOT / "book"),
        contextlib.redirect_stdout(io.StringIO()),
        plt.rc_context(),
    ):
        for cell in cells if known is None else needed(cells, known):
            for step in ast.parse(cell.source).body:
                names |= known or {}
                exec(compile(ast.Module([step], []), cell.id, "exec"), names)
            drawn = [("", plt.figure(number)) for number in plt.get_fignums()]
            for name, figure in [*drawn, *(each for one in sliders for each in frames(*one))]:
                yield f"{cell.id} {name}".strip()
                yield from figure_told(figure)
            plt.close("all")
            sliders.clear()


def portrait(name):
    """Return what the figures of a chapter show."""
    notebook = nbformat.read(ROOT / f"book/{name}.ipynb", as_version=4)
    return "\n".join(shown_by(notebook, known_results.OF.get(name))) + "\n"


if __name__ == "__main__":
    plt.switch_backend("agg")
    FOLDER.mkdir(exist_ok=True)
    for each in sys.argv[1:] or sorted(path.stem for path in ROOT.glob("book/*.ipynb")):
        FOLDER.joinpath(f"{each}.txt").write_text(portrait(each), encoding="utf-8")
