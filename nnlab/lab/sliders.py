"""Sliders: one figure function, two faces.

In a kernel the figure is drawn anew while a slider is dragged. A published page has no kernel:
there the frames, drawn beforehand by the same function, are shown one at a time by a few lines of
JavaScript (``book/_static/sliders.js``).

Left out on purpose: other controls than sliders, and more than two of them.
"""

import base64
import io
import itertools
import json
import os
import traceback
import unicodedata
from collections.abc import Callable, Mapping
from contextlib import suppress
from html import escape
from typing import Any

import ipywidgets
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import HTML
from matplotlib.figure import Figure

from nnlab._validation import finite_real, require

Frame = tuple[str, str, float, float]  # the picture's address, what is to be seen, width, height


def explore(draw: Callable[..., Figure], /, *, alt: Any, names: Any = (), **values: Any) -> object:
    """Show a figure with a slider for each of its one or two parameters.

    In a live notebook the figure is drawn anew while the sliders are dragged, which have nineteen
    more values between any two. Where the environment variable ``NNLAB_FRAMES`` is ``all``, as in
    the build of the book, every frame is drawn beforehand, and the output is a figure with native
    sliders that needs no kernel. Where it is ``texts``, as in the tests of the notebooks, the
    output is the same, but only the first frame is drawn.

    Parameters
    ----------
    draw : function
        ``draw(**parameters)`` returns a new Matplotlib figure, and does nothing else.
    alt : str or function
        What is to be seen: a text, to which each frame's values are added, or a function
        ``alt(**parameters)`` that returns one frame's text.
    names : dict of str, optional
        What the letters stand for: with ``{"chi": "gain"}`` the slider is called gain χ.
    **values : sequences of int or float
        For each parameter its values, rising; at most 100 frames in all. The first of them is shown
        first. In the label ``alpha`` becomes α and ``w_11`` becomes w₁₁. Integers stay integers
        while a slider is dragged.

    Returns
    -------
    object
        To be displayed: the last line of a cell.

    Raises
    ------
    TypeError
        If `draw` returns no figure, `alt` gives no text, or a value is no real number.
    ValueError
        If there are no parameters or more than two, too many frames, or values that do not rise.

    Notes
    -----
    The pictures are WebP without loss at 200 dots per inch, shown at 100: sharp on a screen with
    twice the usual density. They take 20 to 50 kB each, about half as much as PNG. The frames of a
    page are SVG, 5 to 20 kB each compressed, unless there is very much to draw: then it helps to
    give the part that is large ``rasterized=True``.
    An exception of `draw` while a slider is dragged is shown below the picture.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> def draw(slope):
    ...     figure, ax = plt.subplots()
    ...     ax.plot([0, 1], [0, slope])
    ...     return figure
    >>> slider = explore(draw, alt="A line through the origin", slope=[1, 2, 3])
    """
    require(1 <= len(values) <= 2, "explore", "have one or two parameters", list(values))
    values = {name: _rising(given, name) for name, given in values.items()}
    grid = [dict(zip(values, point)) for point in itertools.product(*values.values())]
    require(len(grid) <= 100, "the values", "make at most 100 frames", len(grid))
    labels = {name: f"{dict(names).get(name, '')} {_symbol(name)}".strip() for name in values}
    others: Any = {"all": _frame, "texts": _undrawn}.get(os.environ.get("NNLAB_FRAMES", ""))
    first = _frame(draw, alt, grid[0])
    frames: list[Any] = [first, *(others(draw, alt, point) for point in grid[1:] if others)]
    page = _page(frames, values, labels)
    sliders = {} if others else {name: _slider(_symbol(name), values[name]) for name in values}
    return HTML(page) if others else _Live(draw, alt, sliders, first, page)  # type: ignore[no-untyped-call]


def _rising(given: Any, name: str) -> Any:
    """Return a parameter's values as a list of rising integers or floats."""
    values = np.asarray(given)
    if values.ndim != 1 or not len(values) or (np.diff(finite_real(values, name)) <= 0).any():
        raise ValueError(f"{name} must be a sequence of rising numbers, got {given!r}")
    return values.tolist()


def _symbol(name: str) -> str:
    """Return what a parameter's name stands for: alpha is α, w_11 is w₁₁."""
    letter, _, index = name.partition("_")
    with suppress(KeyError):
        letter = unicodedata.lookup(f"GREEK SMALL LETTER {letter}")
    return letter + index.translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def _number(value: float) -> str:
    """Write a value as it stands beside its slider."""
    return f"{value:.4g}".replace("-", "−")


def _text(alt: Any, parameters: Mapping[str, float]) -> str:
    """Return what is to be seen in one frame."""
    here = ", ".join(f"{_symbol(name)} = {_number(value)}" for name, value in parameters.items())
    text = alt(**parameters) if callable(alt) else alt
    is_text = isinstance(text, str) and text.strip()
    require(is_text, "alt", f"be a text, or give one for {here}", text, TypeError)
    return text if callable(alt) else f"{text} ({here})"


def _frame(draw: Callable[..., Figure], alt: Any, parameters: Mapping[str, float]) -> Frame:
    """Draw one frame; return its picture as an address, what is to be seen, and its size."""
    opened = plt.get_fignums()
    try:
        figure = draw(**parameters)
        require(isinstance(figure, Figure), "draw", "return a Matplotlib figure", figure, TypeError)
        return _picture(figure), _text(alt, parameters), *(100 * figure.get_size_inches())
    finally:
        for number in set(plt.get_fignums()) - set(opened):
            plt.close(number)


def _picture(figure: Figure) -> str:
    """Return a figure as an address: for a page as SVG, unless it has very much to draw."""
    svg, webp, layout = io.BytesIO(), io.BytesIO(), figure.get_layout_engine()
    if os.environ.get("NNLAB_FRAMES") == "all":
        figure.savefig(svg, format="svg", dpi=200, metadata={"Date": None})
        figure.set_layout_engine(layout or "none")  # None would become that of the style
    little = 0 < svg.tell() < 200_000
    if not little:
        figure.savefig(webp, format="webp", dpi=200, pil_kwargs={"lossless": True})
    kind, file = ("svg+xml", svg) if little else ("webp", webp)
    return f"data:image/{kind};base64,{base64.b64encode(file.getvalue()).decode()}"


def _undrawn(draw: Callable[..., Figure], alt: Any, parameters: dict[str, Any]) -> tuple[str, str]:
    """Return the same without the picture."""
    return "data:image/webp;base64,AA", _text(alt, parameters)


def _image(source: str, text: str, width: float, height: float) -> str:
    """Write a frame as HTML."""
    return f'<img src="{source}" alt="{escape(text)}" width="{width:.0f}" height="{height:.0f}">'


def _page(frames: list[Frame], values: Mapping[str, list[Any]], labels: Mapping[str, str]) -> str:
    """Return the figure with native sliders; the script holds every frame's picture and text."""
    sliders = "\n".join(_native_slider(name, labels[name], v) for name, v in values.items())
    name = escape(", ".join(labels.values()))
    data = json.dumps([frame[:2] for frame in frames], ensure_ascii=False).replace("<", r"\u003c")
    return (
        f'<figure class="explore" aria-label="Figure to explore: {name}">\n{_image(*frames[0])}\n'
        f'<div class="explore-sliders" hidden>\n{sliders}\n</div>\n'
        f'<script type="application/json">{data}</script>\n</figure>'
    )


def _native_slider(name: str, label: str, values: list[Any]) -> str:
    """Write a slider that needs no kernel: a step goes from one of the values to the next.

    For who wants to go between them: ``data-values`` are all the values, of which the first and
    the last are the ends; between neighbours ``data-scale``, log or linear, says how.
    """
    numbers = " ".join(map(_number, values))
    scale = "log" if 0 < 10 * values[0] <= values[-1] else "linear"
    return (
        f'<label><span>{escape(label)}</span> <input type="range" name="{escape(name)}" min="0" '
        f'max="{len(values) - 1}" value="0" data-values="{numbers}" data-scale="{scale}"></label> '
        f"<output>{_number(values[0])}</output>"
    )


def _slider(symbol: str, values: list[Any]) -> Any:
    """Return the widget with the same scale: from value to value in twenty steps."""
    way = np.interp(np.arange(20 * len(values) - 19) / 20, range(len(values)), values)
    way = np.rint(way).astype(int) if isinstance(values[0], int) else way
    steps = {_number(value): value for value in way.tolist()}
    return ipywidgets.SelectionSlider(options=steps.items(), description=symbol)


class _Live(ipywidgets.VBox):  # type: ignore[misc]
    """The face in a kernel; what is saved with the notebook shows the first frame."""

    def __init__(self, draw: Any, alt: Any, sliders: Any, first: Frame, page: str) -> None:
        self.draw, self.alt, self.sliders, self.page = draw, alt, sliders, page
        self.picture, self.error = ipywidgets.HTML(_image(*first)), ipywidgets.HTML()
        super().__init__([*self.sliders.values(), self.picture, self.error])
        for slider in self.sliders.values():
            slider.observe(self._redraw, "value")

    def _redraw(self, change: object) -> None:
        parameters = {name: slider.value for name, slider in self.sliders.items()}
        try:
            self.picture.value = _image(*_frame(self.draw, self.alt, parameters))
            self.error.value = ""
        except Exception:
            self.error.value = f"<pre>{escape(traceback.format_exc())}</pre>"

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        return {**super()._repr_mimebundle_(**kwargs), "text/html": self.page}
