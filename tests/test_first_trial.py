"""The line on trial on the first page: its numbers, and what a reader without scripts sees."""

import json

import numpy as np
import pytest
from _ext import first_trial
from _ext.ledger_pages import Tag
from docutils import nodes
from ledger.trial import entries_of
from sphinx_app import application, placed

from nnlab import sigmoid


@pytest.mark.parametrize("z", [[1.0, -0.5], [0.5, 2.0], [-1.3, 0.0], [2.0, -1.0]])
def test_the_printed_line_fails_and_the_corrected_one_does_not(z):
    measured, printed, corrected = first_trial.numbers(np.array(z))
    y = sigmoid(z[1] - z[0])  # of output 2, whose target is 0
    assert corrected == pytest.approx(y * y * (1 - y) * z[0], rel=1e-12)
    assert printed == pytest.approx(y * y * (1 - y) * z[1], rel=1e-12)
    assert measured == pytest.approx(corrected, abs=1e-9)
    assert abs(measured - printed) > 1e-3


def test_where_both_inputs_are_alike_the_printed_line_holds():
    measured, printed, _ = first_trial.numbers(np.array([0.7, 0.7]))
    assert measured == pytest.approx(printed, abs=1e-9)


def test_numbers_have_a_true_minus_sign_and_zero_has_none():
    assert [first_trial.words(x) for x in (-0.1234, 0.0, -0.0001)] == ["−0.123", "0.000", "0.000"]


@pytest.fixture
def form():
    """Return what the directive puts on the page."""
    app = application(first_trial)
    (form,) = placed(app, "trial")
    app.env.note_reread.assert_called_once()  # nnlab and the ledger may have changed
    return form


def tags(node, name):
    return [each for each in node.findall(Tag) if each["name"] == name]


def test_the_sliders_start_where_the_printed_line_holds_by_luck(form):
    controls = [each["attributes"] for each in tags(form, "input")]
    assert [float(each["value"]) for each in controls] == [1, 1]
    for each in controls:
        assert float(each["min"]) == -2 and float(each["max"]) == 2
    (inputs,) = (each for each in tags(form, "div") if "trial-inputs" in each["classes"])
    assert inputs.astext().split() == ["z₁", "1.0", "z₂", "1.0"]


def test_the_rows_show_the_two_lines_of_the_ledger_with_their_numbers(form):
    (entry,) = (each for each in entries_of("zheng") if each.id == "zheng-2b")
    rows = [each for each in tags(form, "div") if "trial-row" in each["classes"]]
    assert [row["classes"][1] for row in rows] == ["measured", "printed", "corrected"]
    assert [tags(row, "output")[0].astext() for row in rows] == 3 * ["0.125"]
    first, *ends = (next(row.findall(nodes.math_block)).astext() for row in rows)
    assert first == r"\frac{\partial L}{\partial w_{ij}}"
    assert entry.printed.endswith(f"= {ends[0]}") and entry.corrected.endswith(f"= {ends[1]}")
    labels = [next(row.findall(nodes.paragraph)).astext() for row in rows]
    assert labels == ["measured", "as printed: Zheng (2b)", "corrected"]


def test_the_script_gets_the_numbers_that_are_used_here(form):
    given = form["attributes"]
    assert json.loads(given["data-weights"]) == first_trial.WEIGHTS.tolist()
    assert json.loads(given["data-target"]) == first_trial.TARGET.tolist()
