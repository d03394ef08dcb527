"""Sphinx extension: what the page "Speed" takes from benchmarks/results.json.

``speed-plot``
    A directive: the picture of the quotients. It is an SVG whose colours
    follow the page.
``speed-cases``
    A directive: the table of all measurements of a kind, its argument:
    ``training`` or ``gradient``.
``speed``
    A role: one figure inside a sentence. {speed}`rounds` is an entry of the
    file, {speed}`W3` the time of a step, {speed}`W3 / PyTorch` a quotient,
    {speed}`W1; W3 / JAX` the smallest and the largest of several,
    {speed}`W1 ... / matrix products alone %` a share, {speed}`memory` is in
    MB, {speed}`kernel` and {speed}`removed` say what the products ran on.
"""

import json
import math
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective, SphinxRole
from sphinx.util.logging import getLogger

logger = getLogger(__name__)
RESULTS = Path(__file__).resolve().parents[2] / "benchmarks" / "results.json"
PEERS = ("plain NumPy", "scikit-learn", "PyTorch", "JAX", "autograd")
IN_ORDER = "scikit-learn, in order"
COLUMNS = (
    *("nnlab, new arrays", "plain NumPy", "scikit-learn", IN_ORDER),
    *("PyTorch", "JAX", "autograd"),
    *("numba loop", "JAX, one scan", "matrix products alone"),
)
DRAWN = (  # in the picture
    "W1 float32, batch 64",
    "W1 float64, batch 64",
    "W2 full batch",
    "W2 one at a time",
    "W3",
)
LEFT, RIGHT, WIDTH, ROW = 150, 455, 480, 27


def results():
    """Read the file."""
    return json.loads(RESULTS.read_text(encoding="utf-8"))


def short(value):
    """Write a number with three digits, two from 10 on."""
    return f"{value:.{max(0, 2 - math.floor(math.log10(value)))}f}"


def duration(microseconds):
    """Write a time in a fitting unit."""
    if microseconds < 1000:
        return f"{short(microseconds)} µs"
    return f"{short(microseconds / 1000)} ms"


def span(values):
    """Write a number, or the smallest and the largest of several."""
    low, high = f"{min(values):.1f}", f"{max(values):.1f}"
    return low if low == high else f"{low} to {high}"


def figure(result, name):
    """Return what the role shows; KeyError if there is no such figure."""
    if name == "removed":
        removed = result["removed"].items()
        return ", ".join(f"{k}={v}" for k, v in removed) or "none"
    if name == "kernel":
        return ", ".join(result["kernels"]["nnlab"])
    if name == "memory":
        return f"{result['memory']['float64']['nnlab']:.0f}"
    if name in result:
        return str(result[name])
    case, _, against = name.partition(" / ")
    cases = result["cases"]
    beginnings = tuple(case.split("; "))
    measured = [cases[key] for key in cases if key.startswith(beginnings)]
    if not measured:
        raise KeyError(name)
    if not against:
        (single,) = measured
        return duration(single["microseconds"][single["over"]]["median"])
    peer = against.removesuffix(" %")
    found = [each["quotients"][peer]["median"] for each in measured]
    return f"{100 * min(found):.0f} %" if peer != against else span(found)


def cases_table(result, kind):
    """Return the measurements of a kind as a table in Markdown."""
    cases = {
        key: case
        for key, case in result["cases"].items()
        if key.startswith(("W4", "W6")) == (kind == "gradient")
        and case["over"] == "nnlab"  # the stack has a sentence to itself
    }
    names = {name for case in cases.values() for name in case["quotients"]}
    columns = [name for name in COLUMNS if name in names]
    lines = [
        "| workload | nnlab | " + " | ".join(columns) + " |",
        "|---" * (len(columns) + 2) + "|",
    ]
    for key, case in cases.items():
        time = duration(case["microseconds"]["nnlab"]["median"])
        found = [case["quotients"].get(name) for name in columns]
        cells = [
            key.removeprefix("W4 "),
            time.replace(" ", "&nbsp;"),
            *(f"{each['median']:.2f}" if each else "" for each in found),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def rows(result):
    """Return what is drawn: (case, [(peer, quotient)])."""
    quotients = {case: result["cases"][case]["quotients"] for case in DRAWN}
    return [
        (case, [(peer, found[peer]) for peer in PEERS])
        for case, found in quotients.items()
    ]


def alternative(drawn):
    """Say in words what the picture shows."""
    parts = []
    for case, peers in drawn:
        said = ", ".join(f"{p} {q['median']:.1f}" for p, q in peers)
        parts.append(f"{case}: {said}")
    return (
        "Time of the peers as a multiple of the time of nnlab. "
        + "; ".join(parts)
        + "."
    )


STYLE = """
.speed { --dot: #0072b2; max-width: 38rem;
  margin: 1.5rem auto; }
.speed svg { display: block; width: 100%; height: auto; }
.speed text { fill: currentColor; font-size: 18px; paint-order: stroke;
  stroke: var(--pst-color-background, white); stroke-width: 5px; }
.speed text.title { font-size: 20px; font-weight: 600; }
.speed text.case { font-weight: 600; }
.speed .axis { stroke: currentColor; stroke-opacity: 0.25; }
.speed .one { stroke: currentColor; stroke-width: 1.5; }
.speed .dot { fill: var(--dot); stroke: var(--dot); stroke-width: 3; }
@media screen {
  html[data-theme="dark"] .speed { --dot: #56b4e9; }
}
@media print { .speed { color: black; break-inside: avoid; } }
"""


def text(x, y, content, kind="", anchor="start"):
    """Write one line of text at a point."""
    return (
        f'<text class="{kind}" x="{x:g}" y="{y:g}" '
        f'text-anchor="{anchor}">{content}</text>'
    )


def plot(result):
    """Draw the quotients as HTML: an SVG with a logarithmic axis."""
    drawn = rows(result)
    values = [q["quartiles"] for _, peers in drawn for _, q in peers]
    low = 0.9 * min(0.5, *(each[0] for each in values))
    high = 1.1 * max(each[1] for each in values)

    def place(value):
        """Return where on the axis a quotient is."""
        share = math.log(value / low) / math.log(high / low)
        return LEFT + share * (RIGHT - LEFT)

    parts, y = [], 62
    for case, peers in drawn:
        parts.append(text(0, y, case, "case"))
        for peer, found in peers:
            y += ROW
            start, end = map(place, found["quartiles"])
            x = place(found["median"])
            parts.append(text(LEFT - 12, y + 6, peer, anchor="end"))
            parts.append(f'<path class="dot" d="M{start:.1f},{y}H{end:.1f}"/>')
            parts.append(f'<circle class="dot" cx="{x:.1f}" cy="{y}" r="5"/>')
        y += 1.6 * ROW
    bottom = y - ROW
    lines = []
    for tick in (0.25, 0.5, 1, 2, 4, 8, 16, 32):
        if low <= tick <= high:
            x, kind = place(tick), "one" if tick == 1 else "axis"
            lines.append(f'<path class="{kind}" d="M{x:.1f},40V{bottom}"/>')
            lines.append(text(x, bottom + 22, f"{tick:g}", anchor="middle"))
    middle = (LEFT + RIGHT) / 2
    lines.append(text(0, 20, "Time of the peer / time of nnlab", "title"))
    lines.append(
        text(middle, bottom + 46, "quotient, logarithmic", "", "middle")
    )
    content = "\n".join([*lines, *parts])
    return f"""<figure class="speed">
<style>{STYLE}</style>
<svg viewBox="0 0 {WIDTH} {bottom + 56:g}" role="img"
aria-label="{alternative(drawn)}">
{content}</svg>
<figcaption>Right of 1, nnlab is faster. Dots: medians, with their quartiles.
</figcaption>
</figure>"""


class Speed(SphinxDirective):
    """What the two directives share: the page depends on the file."""

    def run(self):
        """Return the content, and have the page made anew with the file."""
        self.env.note_dependency(str(RESULTS))
        return self.content_of(results())


class Cases(Speed):
    """The table of all measurements of a kind."""

    required_arguments = 1

    def content_of(self, result):
        """Return the nodes of the table, which is written in Markdown."""
        parent, lines = nodes.Element(), cases_table(result, self.arguments[0])
        found = StringList(lines, source=RESULTS.name)
        self.state.nested_parse(found, self.content_offset, parent)
        return parent.children


class Plot(Speed):
    """The picture."""

    def content_of(self, result):
        """Return the picture as HTML."""
        return [nodes.raw("", plot(result), format="html")]


class Figure(SphinxRole):
    """One figure inside a sentence."""

    def run(self):
        """Return the figure, or warn that there is none of this name."""
        self.env.note_dependency(str(RESULTS))
        try:
            return [nodes.Text(figure(results(), self.text))], []
        except KeyError:
            place = self.get_location()
            logger.warning("no figure %r", self.text, location=place)
            return [], []


def setup(app):
    """Register the directives and the role."""
    app.add_directive("speed-plot", Plot)
    app.add_directive("speed-cases", Cases)
    app.add_role("speed", Figure())
    return {"parallel_read_safe": True, "parallel_write_safe": True}
