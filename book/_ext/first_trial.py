"""Sphinx extension: a line of a source on trial, on the first page.

The directive ``trial`` shows Zheng's (2b) as printed and as corrected, and the
numbers that both give for one weight, beside the slope that is measured by
moving the weight. Two sliders change the inputs; book.js computes what is
computed here for the place where they start.
"""

import json

import numpy as np
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from _ext.ledger_pages import display, paragraph, tag, text
from ledger.trial import entries_of
from nnlab import Network

WEIGHTS = np.array([[0.5, -1.0], [1.5, 1.0]])  # as Zheng has them: row i sends
TARGET = np.array([1.0, 0.0])
START = [1.0, 1.0]  # here the printed line holds, by luck
SENDER, RECEIVER = 0, 1  # the weight from input 1 to output 2


def numbers(z):
    """Return the slope for the weight: measured, as printed, as corrected."""
    layer = Network([2, 2], bias=False)
    layer.weights[0][...] = WEIGHTS.T
    y = layer.forward(z)
    theta = layer.theta.copy()
    step = np.zeros((2, 2))
    step[RECEIVER, SENDER] = 1e-5
    moved = theta + step.ravel(), theta - step.ravel()
    up, down = (layer.at(t).cost([z], [TARGET]) for t in moved)
    error, output = y[RECEIVER] - TARGET[RECEIVER], y[RECEIVER]
    slope = error * output * (1 - output)
    return (up - down) / 2e-5, slope * z[RECEIVER], slope * z[SENDER]


def words(value):
    """Return a number with three decimals, and a minus sign that is one."""
    shown = f"{value:.3f}"
    return (shown if float(shown) else "0.000").replace("-", "−")


def slider(index):
    """Return a slider for an input."""
    name = f"z{'₁₂'[index]}"
    control = tag(
        "input",
        type="range",
        min="-2",
        max="2",
        step="0.1",
        value=str(START[index]),
    )
    shown = tag("output", text(words(START[index])[:-2]))
    return tag("div", tag("label", nodes.inline("", name), control), shown)


def row(label, formula, value, kind):
    """Return one line of the trial: what it is, its formula, its number."""
    return tag(
        "div",
        paragraph(text(label), kind="label"),
        formula,
        tag("output", text(value)),
        classes=["trial-row", kind],
    )


class Trial(SphinxDirective):
    """The line, the two sliders, and the numbers."""

    def run(self):
        """Return the nodes."""
        self.env.note_reread()
        (entry,) = (e for e in entries_of("zheng") if e.id == "zheng-2b")
        ends = [f.rpartition("=")[2] for f in (entry.printed, entry.corrected)]
        left = r"\frac{\partial L}{\partial w_{ij}}"
        measured, printed, right = map(words, numbers(np.array(START)))
        claim, mended = (display(end.strip()) for end in ends)
        made = tag(
            "form",
            paragraph(
                text("How does the loss react to the weight from input "),
                nodes.math("", "i = 1"),
                text(" to output "),
                nodes.math("", "j = 2"),
                text("? A lab report prints an answer. Drag an input."),
            ),
            tag("div", slider(0), slider(1), classes=["trial-inputs"]),
            row(
                "measured",
                display(left),
                measured,
                "measured",
            ),
            row("as printed: Zheng (2b)", claim, printed, "printed"),
            row("corrected", mended, right, "corrected"),
            classes=["trial"],
            **{
                "aria-label": "A line on trial",
                "data-weights": json.dumps(WEIGHTS.tolist()),
                "data-target": json.dumps(TARGET.tolist()),
            },
        )
        return [made]


def setup(app):
    """Register the directive."""
    app.add_directive("trial", Trial)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
