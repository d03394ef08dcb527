"""Sphinx extension: the figure of the first page, and the card for links to it.

The directive ``cover`` is the figure; the card is drawn if the book has an
address. Both show one sample on its way through a network 2-3-3-1: the
activations forward, the deltas back. Every number and every line width is
computed by nnlab. The motion is CSS: no script, no library, and it ends after
5 seconds.
"""

from itertools import chain, pairwise
from types import SimpleNamespace

import numpy as np
from docutils import nodes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from page_head import SUBTITLE
from sphinx.util.docutils import SphinxDirective

from nnlab import Network, check_gradient

X, Y = np.array([[1.0, 0.5]]), np.array([[1.0]])
WIDTH, HEIGHT, RADIUS = 480, 285, 26
COLOURS = {"forward": "#0072b2", "backward": "#b34e00"}


def numbers():
    """Send the sample through the network and back, and check the gradient."""
    rng = np.random.default_rng(32)  # a start whose numbers are easy to see
    network = Network([2, 3, 3, 1], rng=rng)
    network.theta[...] = rng.normal(0, 1.2, network.theta.size)
    _, a = network.trace(X)
    gradient = network.backprop(X, Y)

    def cost(theta):
        return network.at(theta).cost(X, Y)

    error = check_gradient(cost, gradient.theta, network.theta)
    if error > 1e-7:
        raise ValueError(f"the gradient is wrong: relative error {error:.1e}")
    return SimpleNamespace(
        network=network,
        activations=[layer[0] for layer in a],
        deltas=[layer[0] for layer in gradient.deltas],
        cost=gradient.cost,
        error=error,
    )


def places(sizes):
    """Return where the units are: for each layer a list of points (x, y)."""
    columns = np.linspace(45, WIDTH - 45, len(sizes))
    return [
        [(x, 130 + 92 * (i - (n - 1) / 2)) for i in range(n)]
        for x, n in zip(columns, sizes)
    ]


def lines(shown):
    """Return the lines, gap by gap in the order in which the signal runs.

    Each entry is (kind, [(start, end, width), ...]). A line carries w a
    forward and w delta backward. The widest line of either kind has 7 units,
    the others are in proportion, and none is thinner than 0.5.
    """
    a, deltas, W = shown.activations, shown.deltas, shown.network.weights
    gaps = list(pairwise(places(shown.network.sizes)))
    forward = [w * before for w, before in zip(W, a)]
    # The deltas stop at the first layer: the input has none.
    backward = [w * after[:, None] for w, after in zip(W[1:], deltas[1:])]
    return [
        *_drawn("forward", gaps, forward, shift=-4),
        *_drawn("backward", gaps[1:], backward, shift=4)[::-1],
    ]


def _drawn(kind, gaps, carried, shift):
    """Place and scale the lines of one kind, `shift` beside the centres."""
    largest = max(np.abs(layer).max() for layer in carried)
    drawn = []
    for (left, right), layer in zip(gaps, carried):
        found = []
        for (i, j), value in np.ndenumerate(layer):
            ends = [(x, y + shift) for x, y in (left[j], right[i])]
            if kind == "backward":
                ends.reverse()
            found.append((*ends, max(0.5, 7 * abs(value) / largest)))
        drawn.append((kind, found))
    return drawn


def bend(start, end):
    """Return the four points of the curve from one unit to the other."""
    (x0, y0), (x1, y1) = start, end
    middle = (x0 + x1) / 2
    return [start, (middle, y0), (middle, y1), end]


def decimals(value, digits):
    """Write a number with a true minus sign."""
    return f"{value:.{digits}f}".replace("-", "−")


def alternative(shown):
    """Say in words what the figure shows."""
    first, *_, last = shown.deltas
    small, large = np.abs(first).min(), np.abs(first).max()
    return (
        "A network with layers of 2, 3, 3 and 1 units. The input (1, 0.5) runs"
        " forward through lines as wide as the signals they carry, and gives "
        f"the output {decimals(shown.activations[-1][0], 2)}. The target is 1,"
        f" the cost {decimals(shown.cost, 2)}. Then the errors delta run back:"
        f" {decimals(last[0], 3)} at the output, and in the first layer "
        f"between {decimals(small, 3)} and {decimals(large, 3)} in size."
    )


STYLE = """
.cover {
  --forward: #0072b2; --backward: #b34e00; --right: #00745a;
  max-width: 38rem; margin: 1.5rem auto; text-align: center;
}
.cover svg { display: block; width: 100%; height: auto; }
.cover path { fill: none; stroke-dasharray: 1 1; }
.cover circle {
  fill: var(--pst-color-background, white);
  stroke: currentColor; stroke-width: 1.5;
}
.cover text { fill: currentColor; font-size: 18px; text-anchor: middle; }
.cover text.small { font-size: 17px; }
.cover path.forward { stroke: var(--forward); }
.cover path.backward { stroke: var(--backward); }
.cover text.backward { fill: var(--backward); }
.cover text.right { fill: var(--right); }
.cover figcaption { text-wrap: balance; }
.cover b { font-weight: 600; }
.cover b.forward { color: var(--forward); }
.cover b.backward { color: var(--backward); }
.cover button { color: inherit; border-color: currentColor; margin: 0.5rem; }
@media screen {
  html[data-theme="dark"] .cover {
    --forward: #56b4e9; --backward: #f0a050; --right: #4cc9a0;
  }
}
@media screen and (prefers-reduced-motion: no-preference) {
  .cover g { animation: 0.45s ease-in-out var(--start) both; }
  .cover .draw { animation-name: none; }
  .cover .draw path { animation: cover-draw 0.5s linear var(--start) both; }
  .cover .show { animation-name: cover-show; }
}
@keyframes cover-draw { from { stroke-dashoffset: 1; } }
@keyframes cover-show { from { opacity: 0; } }
@media print, (prefers-reduced-motion: reduce) {
  .cover button { display: none; }
}
@media print {
  .cover { color: black; break-inside: avoid; }
  .cover circle { fill: white; }
}
"""
STARTS = [0.2, 0.9, 1.6, 2.8, 3.5]  # seconds, for each layer of lines
AGAIN = (
    "this.closest('figure').getAnimations({subtree: true})"
    ".forEach(motion => { motion.cancel(); motion.play(); })"
)


def group(kind, start, content):
    """Put SVG elements together that appear at the same time (seconds)."""
    return (
        f'<g class="{kind}" style="--start: {start:.1f}s">'
        + "".join(content)
        + "</g>\n"
    )


def text(x, y, content, kind=""):
    """Write one short text at a point."""
    return f'<text class="{kind}" x="{x:g}" y="{y:g}">{content}</text>'


def figure(shown):
    """Draw the figure as HTML: the SVG, its style, a button and a caption."""
    points = places(shown.network.sizes)
    parts = []
    for start, (kind, layer) in zip(STARTS, lines(shown)):
        paths = []
        for begin, end, width in layer:
            first, *rest = (f"{x:g},{y:g}" for x, y in bend(begin, end))
            paths.append(
                f'<path class="{kind}" d="M{first}C{" ".join(rest)}" '
                f'pathLength="1" stroke-width="{width:.2f}"/>'
            )
        parts.append(group("draw", start, paths))
    for x, y in chain(*points):
        parts.append(f'<circle cx="{x:g}" cy="{y:g}" r="{RADIUS}"/>\n')
    for layer, a in enumerate(shown.activations):
        values = [
            text(x, y + 6, decimals(v, 2))
            for (x, y), v in zip(points[layer], a)
        ]
        parts.append(group("show", 0.7 * layer, values))
    for layer, delta in enumerate(shown.deltas, 1):
        values = [
            text(x, y + 42, decimals(v, 3), "small backward")
            for (x, y), v in zip(points[layer], delta)
        ]
        parts.append(group("show", 2.5 + 0.7 * (3 - layer), values))
    x, y = points[-1][0]
    target = text(x, y - 60, f"y = {Y[0, 0]:g}", "small")
    cost = text(x, y - 38, f"C = {decimals(shown.cost, 2)}", "small")
    parts.append(group("show", 2.4, [target, cost]))
    n = shown.network.theta.size
    right = text(x, y + 98, f"✓ {n} of {n}", "small right")
    parts.append(group("show", 4.3, [right]))
    return f"""<figure class="cover">
<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img"
aria-label="{alternative(shown)}">
<style>{STYLE}</style>
{"".join(parts)}</svg>
<figcaption>One sample runs <b class="forward">forward</b>, the error δ runs
<b class="backward">back</b>; a line is as wide as the signal it carries. The
numbers are computed by <code>nnlab</code>, and all {n} derivatives agree with
central differences.<br>
<button type="button" class="pst-js-only btn btn-sm btn-outline-secondary"
onclick="{AGAIN}">Play again</button></figcaption>
</figure>"""


def card(shown, title, subtitle, path):
    """Draw the picture for links to the book, 1200 x 630 pixels, as a PNG."""
    picture = Figure(figsize=(12, 6.3), dpi=100, facecolor="white")
    picture.text(0.06, 0.86, title, size=42, weight="bold", va="center")
    picture.text(0.06, 0.75, subtitle, size=25, color="#48566b", va="center")
    axes = picture.add_axes((0.16, 0.03, 0.68, 0.66))
    axes.set(xlim=(0, WIDTH), ylim=(HEIGHT, 0), aspect="equal")
    axes.set_axis_off()
    codes = [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4]
    for kind, layer in lines(shown):
        for start, end, width in layer:
            curve = Path(bend(start, end), codes)
            look = {"edgecolor": COLOURS[kind], "linewidth": width}
            axes.add_patch(PathPatch(curve, fill=False, **look))
    points = places(shown.network.sizes)
    for (x, y), value in zip(chain(*points), chain(*shown.activations)):
        axes.plot(x, y, "o", ms=55, mfc="white", mec="black")
        label = decimals(value, 2)
        axes.text(x, y, label, size=17, ha="center", va="center")
    picture.savefig(path)


def draw_card(app, exception):
    """Draw the picture for links to the book, if it has an address."""
    if app.config.html_baseurl and not exception and app.builder.name == "html":
        path = f"{app.outdir}/_static/card.png"
        card(numbers(), app.config.html_title, SUBTITLE, path)


class Cover(SphinxDirective):
    """The figure of the first page, computed when the page is read."""

    def run(self):
        """Return the figure as HTML."""
        return [nodes.raw("", figure(numbers()), format="html")]


def first_page(app, env, added, changed, removed):
    """Read the first page again in every build: nnlab may have changed."""
    return [app.config.root_doc]


def setup(app):
    """Register the figure and the card."""
    app.connect("build-finished", draw_card)
    app.connect("env-get-outdated", first_page)
    app.add_directive("cover", Cover)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
