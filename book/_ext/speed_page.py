"""Sphinx extension: what the page "Speed" takes from benchmarks/results.json.

``speed-table``
    A directive: a table of measurements, its argument: ``peers``, ``training``
    or ``gradient``.
``speed``
    A role: one figure inside a sentence. {speed}`rounds` is an entry of the
    file, {speed}`W3` the time of a step, {speed}`W3 / PyTorch` a quotient,
    {speed}`W1; W3 / JAX` the smallest and the largest of several,
    {speed}`W1 ... / matrix products alone %` a share.
"""

import json
from itertools import chain
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective, SphinxRole
from sphinx.util.logging import getLogger

logger = getLogger(__name__)
RESULTS = Path(__file__).resolve().parents[2] / "benchmarks" / "results.json"
TABLES = {  # the workloads by their beginnings, and the columns
    "peers": (
        ("W1 float32, batch 64", "W1 float64, batch 64", "W2", "W3"),
        "plain NumPy|scikit-learn|PyTorch|JAX",
    ),
    "training": (
        ("W1", "W2", "W3"),
        "nnlab|plain NumPy|scikit-learn|scikit-learn, in order|PyTorch|JAX|"
        "autograd|numba loop|JAX, one scan|matrix products alone",
    ),
    "gradient": (
        ("W4", "W6"),
        "nnlab|nnlab, new arrays|PyTorch|matrix products alone",
    ),
}


def results():
    """Return the file, and four entries in the words of the page."""
    result = json.loads(RESULTS.read_text(encoding="utf-8"))
    removed = (f"{name}={value}" for name, value in result["removed"].items())
    memory = result["memory"]["float64"]["nnlab"]
    measured = (each["quotients"].values() for each in result["cases"].values())
    spread = max(
        (each["quartiles"][1] - each["quartiles"][0]) / each["median"]
        for each in chain(*measured)
    )
    return result | {
        "removed": ", ".join(removed) or "none",
        "kernel": ", ".join(result["kernels"]["nnlab"]),
        "memory": f"{memory:.0f}",
        "spread": f"{100 * spread:.0f} %",
    }


def duration(case):
    """Return the time of a step, with three digits and a fitting unit."""
    time = case["microseconds"][case["over"]]["median"]
    time, unit = (time, "µs") if time < 999.5 else (time / 1000, "ms")
    return f"{time:#.3g}".rstrip(".") + f"\N{NO-BREAK SPACE}{unit}"


def figure(result, name):
    """Return what the role shows; KeyError if there is no such figure."""
    if name in result:
        return str(result[name])
    beginnings, _, peer = name.partition(" / ")
    cases = result["cases"]
    found = [
        cases[k] for k in cases if k.startswith((*beginnings.split("; "),))
    ]
    if not found:
        raise KeyError(name)
    if not peer:
        (single,) = found
        return duration(single)
    share = peer.endswith(" %")
    peer = peer.removesuffix(" %")
    medians = sorted(case["quotients"][peer]["median"] for case in found)
    if share:
        return f"{100 * medians[0]:.0f} %"
    ends = dict.fromkeys(f"{median:.1f}" for median in medians)
    return " to ".join([*ends][:: max(1, len(ends) - 1)])


def table(result, kind):
    """Return a table in Markdown: a line for each workload."""
    beginnings, columns = TABLES[kind]
    lines = [
        f"|workload|{columns}|",
        "|---|" + "---:|" * (columns.count("|") + 1),
    ]
    for key, case in result["cases"].items():
        if key.startswith(beginnings):
            shown = {
                peer: f"{quotient['median']:.2f}"
                for peer, quotient in case["quotients"].items()
            }
            shown["nnlab"] = duration(case)
            cells = [shown.get(name, "") for name in columns.split("|")]
            lines.append("|".join(["", key, *cells, ""]))
    return lines


class Table(SphinxDirective):
    """A table of measurements."""

    required_arguments = 1

    def run(self):
        """Return the nodes of the table, and note what they depend on."""
        self.env.note_dependency(str(RESULTS))
        made = nodes.container(classes=["speed"])
        lines = StringList(table(results(), self.arguments[0]), RESULTS.name)
        self.state.nested_parse(lines, self.content_offset, made)
        return [made]


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
    """Register the directive and the role."""
    app.add_directive("speed-table", Table)
    app.add_role("speed", Figure())
    return {"parallel_read_safe": True, "parallel_write_safe": True}
