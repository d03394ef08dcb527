"""What the page "Speed" takes from a small file of results."""

import json
from unittest.mock import Mock

import pytest
import speed_page
from docutils import nodes
from sphinx_page import read

RESULTS = {
    "date": "a Monday",
    "removed": {"A": "1", "B": "2"},
    "kernels": {"nnlab": ["Haswell", "Zen"]},
    "memory": {"float64": {"nnlab": 3.6}},
    "cases": {
        "W1 small": {
            "over": "nnlab",
            "microseconds": {"nnlab": {"median": 999.5}},
            "quotients": {
                "JAX": {"median": 0.914, "quartiles": [0.9, 0.95]},
                "autograd": {"median": 2.0, "quartiles": [1.0, 2.2, 3.0]},
            },
        },
        "W4 64 units": {
            "over": "nnlab",
            "microseconds": {"nnlab": {"median": 9.99}},
            "quotients": {"PyTorch": {"median": 3.0, "quartiles": [3.0, 3.01]}},
        },
    },
}


@pytest.fixture
def results(tmp_path, monkeypatch):
    """Give the function that writes the file of results, with other entries if wanted."""
    monkeypatch.setattr(speed_page, "RESULTS", tmp_path / "results.json")

    def write(**entries):
        speed_page.RESULTS.write_text(json.dumps(RESULTS | entries), encoding="utf-8")
        return speed_page.results()

    return write


def test_four_entries_are_in_the_words_of_the_page(results):
    found = results()
    assert found["date"] == "a Monday"
    assert found["removed"] == "A=1, B=2"
    assert found["kernel"] == "Haswell, Zen"
    assert found["memory"] == "4"
    assert found["spread"] == "60 %"
    assert results(removed={})["removed"] == "none"


def test_a_table_has_a_line_for_each_workload_and_a_column_for_each_library(results):
    results()
    document, app = read("```{speed-table} training\n```", speed_page)
    (table,) = document.findall(nodes.table)
    assert table.parent["classes"] == ["speed"]
    rows = [[entry.astext() for entry in row] for row in table.findall(nodes.row)]
    head = ["workload", *speed_page.TABLES["training"][1].split("|")]
    time = "1.00\N{NO-BREAK SPACE}ms"
    values = {"workload": "W1 small", "nnlab": time, "JAX": "0.91", "autograd": "2.00"}
    assert rows == [head, [values.get(name, "") for name in head]]
    app.env.note_dependency.assert_called_once_with(str(speed_page.RESULTS))


def test_a_sentence_shows_a_figure_and_depends_on_the_file(results):
    results()
    document, app = read("On {speed}`date`: {speed}`W4`, {speed}`W1 / JAX %`.", speed_page)
    assert document.astext() == "On a Monday: 9.99\N{NO-BREAK SPACE}µs, 91 %."
    app.env.note_dependency.assert_called_with(str(speed_page.RESULTS))


def test_the_build_warns_of_a_figure_that_is_not_there(results, monkeypatch):
    results()
    monkeypatch.setattr(speed_page, "logger", Mock())
    document, _ = read("On {speed}`W9` all.", speed_page)
    assert document.astext() == "On  all."
    (call,) = speed_page.logger.warning.call_args_list
    assert call.args[0] % call.args[1:] == "no figure 'W9'"
    assert call.kwargs["location"].endswith(":1")


def test_the_table_of_a_kind_must_be_named():
    document, _ = read("```{speed-table}\n```", speed_page)
    assert not list(document.findall(nodes.table))
    assert "1 argument" in document.astext()
