"""Sphinx extension: what the page "Speed" takes from benchmarks/results.json.

``speed-targets``
    A directive: the table of what was to be reached, and how it stands.
``speed-plot``
    A directive: the picture of the quotients. It is an SVG whose colours
    follow the page.
``speed-cases``
    A directive: the table of all measurements of a kind, its argument:
    ``training`` or ``gradient``.
``speed``
    A role: one figure inside a sentence. {speed}`rounds` is an entry of the
    file, {speed}`W3` the time of a step, {speed}`W3 / PyTorch` a quotient,
    {speed}`W1 ... / matrix products alone %` a share, {speed}`reached` and
    {speed}`targets` count the targets, {speed}`memory` is in MB,
    {speed}`kernel free` and {speed}`removed` say what the products ran on.
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
    *("PyTorch", "JAX", "autograd", "matrix products alone"),
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


def quotient(found):
    """Write a median, and the quartiles in brackets."""
    low, high = found["quartiles"]
    return f"{found['median']:.2f} ({low:.2f} to {high:.2f})"


def duration(microseconds):
    """Write a time in a fitting unit."""
    if microseconds < 1000:
        return f"{short(microseconds)} µs"
    return f"{short(microseconds / 1000)} ms"


def figure(result, name):
    """Return what the role shows; KeyError if there is no such figure."""
    targets = result["targets"]["free"]
    if name == "reached":
        return str(sum(t["reached"] for t in targets))
    if name == "targets":
        return str(len(targets))
    if name == "removed":
        removed = result["removed"].items()
        return ", ".join(f"{k}={v}" for k, v in removed) or "none"
    if name.startswith("kernel "):
        return ", ".join(result["kernels"][name[len("kernel ") :]]["nnlab"])
    if name == "memory":
        return f"{result['memory']['float64']['nnlab']:.0f}"
    if name in result:
        return str(result[name])
    case, _, against = name.partition(" / ")
    measured = result["cases"]["free"][case]
    if against.endswith(" %"):
        share = measured["quotients"][against.removesuffix(" %")]["median"]
        return f"{100 * share:.0f} %"
    if against:
        return f"{measured['quotients'][against]['median']:.1f}"
    return duration(measured["microseconds"][measured["over"]]["median"])


def targets_table(result):
    """Return the targets as a table in Markdown."""
    lines = [
        "| workload | against | at least | measured | as found |",
        "|---|---|---|---|---|",
    ]
    found = result["targets"]["as found"]
    for target, elsewhere in zip(result["targets"]["free"], found):
        mark = "✓" if target["reached"] else "✗ not reached:"
        lines.append(
            f"| {target['what']} | {target['against']} "
            f"| {target['at_least']:g} | {mark} {quotient(target)} "
            f"| {elsewhere['median']:.2f} |"
        )
    return lines


def cases_table(result, kind):
    """Return the measurements of a kind as a table in Markdown."""
    cases = {
        key: case
        for key, case in result["cases"]["free"].items()
        if key.startswith("W4") == (kind == "gradient")
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
        found = [case["quotients"][name]["median"] for name in columns]
        cells = [
            key.removeprefix("W4 "),
            time.replace(" ", "&nbsp;"),
            *(f"{value:.2f}" for value in found),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def rows(result):
    """Return what is drawn: (case, [(peer, quotient, target or None)])."""
    wanted = {
        (case, target["against"]): target["at_least"]
        for target in result["targets"]["free"]
        for case in target["cases"]
    }
    return [
        (
            case,
            [(peer, found[peer], wanted.get((case, peer))) for peer in PEERS],
        )
        for case in DRAWN
        for found in [result["cases"]["free"][case]["quotients"]]
    ]


def alternative(drawn):
    """Say in words what the picture shows."""
    parts = []
    for case, peers in drawn:
        said = ", ".join(f"{p} {q['median']:.1f}" for p, q, _ in peers)
        parts.append(f"{case}: {said}")
    return (
        "Time of the peers as a multiple of the time of nnlab. "
        + "; ".join(parts)
        + "."
    )


STYLE = """
.speed { --dot: #0072b2; --aim: #b34e00; max-width: 38rem;
  margin: 1.5rem auto; }
.speed svg { display: block; width: 100%; height: auto; }
.speed text { fill: currentColor; font-size: 18px; paint-order: stroke;
  stroke: var(--pst-color-background, white); stroke-width: 5px; }
.speed text.title { font-size: 20px; font-weight: 600; }
.speed text.case { font-weight: 600; }
.speed .axis { stroke: currentColor; stroke-opacity: 0.25; }
.speed .one { stroke: currentColor; stroke-width: 1.5; }
.speed .dot { fill: var(--dot); stroke: var(--dot); stroke-width: 3; }
.speed .aim { fill: none; stroke: var(--aim); stroke-width: 3; }
@media screen {
  html[data-theme="dark"] .speed { --dot: #56b4e9; --aim: #f0a050; }
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
    values = [q["quartiles"] for _, peers in drawn for _, q, _ in peers]
    low = 0.9 * min(0.5, *(each[0] for each in values))
    high = 1.1 * max(each[1] for each in values)

    def place(value):
        """Return where on the axis a quotient is."""
        share = math.log(value / low) / math.log(high / low)
        return LEFT + share * (RIGHT - LEFT)

    parts, y = [], 62
    for case, peers in drawn:
        parts.append(text(0, y, case, "case"))
        for peer, found, aim in peers:
            y += ROW
            start, end = map(place, found["quartiles"])
            x = place(found["median"])
            parts.append(text(LEFT - 12, y + 6, peer, anchor="end"))
            parts.append(f'<path class="dot" d="M{start:.1f},{y}H{end:.1f}"/>')
            parts.append(f'<circle class="dot" cx="{x:.1f}" cy="{y}" r="5"/>')
            if aim:
                at = f"M{place(aim):.1f},{y - 11}v22"
                parts.append(f'<path class="aim" d="{at}"/>')
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
Upright marks: what was to be reached.</figcaption>
</figure>"""


class Speed(SphinxDirective):
    """What the three directives share: the page depends on the file."""

    def run(self):
        """Return the content, and have the page made anew with the file."""
        self.env.note_dependency(str(RESULTS))
        return self.content_of(results())

    def table(self, lines):
        """Return the nodes of a table that is written in Markdown."""
        parent = nodes.Element()
        found = StringList(lines, source=RESULTS.name)
        self.state.nested_parse(found, self.content_offset, parent)
        return parent.children


class Targets(Speed):
    """The table of what was to be reached."""

    def content_of(self, result):
        """Return the table."""
        return self.table(targets_table(result))


class Cases(Speed):
    """The table of all measurements of a kind."""

    required_arguments = 1

    def content_of(self, result):
        """Return the table."""
        return self.table(cases_table(result, self.arguments[0]))


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
    app.add_directive("speed-targets", Targets)
    app.add_directive("speed-plot", Plot)
    app.add_directive("speed-cases", Cases)
    app.add_role("speed", Figure())
    return {"parallel_read_safe": True, "parallel_write_safe": True}
