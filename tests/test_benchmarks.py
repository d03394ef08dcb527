"""The benchmarks' arithmetic and honesty, with NumPy only; what is measured is in benchmarks/."""

import importlib.util
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import guard, measure, report
from benchmarks.peers import plain_numpy, products
from benchmarks.task import Task, check, compare
from benchmarks.workloads import CASES, LIMIT, NEW, PEERS, STACK, TARGETS, Target

ROOT = Path(__file__).resolve().parents[1]
RESULTS = json.loads((ROOT / "benchmarks" / "results.json").read_text(encoding="utf-8"))
BY_KEY = {case.key: case for case in CASES}


def speed_page():
    """Import the page's extension."""
    path = ROOT / "book" / "_ext" / "speed_page.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def small(key, sizes):
    """Return a case on made-up data, with smaller layers."""
    return replace(BY_KEY[key], sizes=sizes, samples=12, batch=6, data="noise")


def task_of(key, sizes, labels=None):
    """Return a small task; `labels` is the number of classes."""
    task = Task.of(small(key, sizes))
    return replace(task, Y=np.arange(12) % labels) if labels else task


TASKS = {
    "W1 float64, batch 64": ((7, 5, 4), 4),
    "W1 float32, batch 64": ((7, 5, 4), 4),
    "W2 full batch": ((2, 3, 3, 1), None),
    "W3": ((2, 5, 3), 3),
}


@pytest.mark.parametrize("key", TASKS)
def test_the_plain_loop_computes_the_gradient_of_nnlab(key):
    task = task_of(key, *TASKS[key])
    weights, biases = task.network.weights, task.network.biases
    cost, *found = plain_numpy.gradient_of(task.case, weights, biases, task.X, task.targets)
    tolerance = 1e-12 if task.case.dtype == "float64" else 1e-5
    expected = task.network.backprop(task.X, task.Y)
    np.testing.assert_allclose(task.flat(*found), expected.theta, rtol=0, atol=tolerance)
    assert abs(cost - expected.cost) < tolerance
    assert np.abs(expected.theta).max() > 100 * tolerance


@pytest.mark.parametrize("key", TASKS)
def test_the_plain_loop_trains_as_nnlab_does(key):
    check(task_of(key, *TASKS[key]), plain_numpy)


@pytest.mark.parametrize("slip", [{"eta": 0.011}, {"beta": 0.91}, {"batch": 5}])
def test_a_peer_with_another_setting_is_refused(slip):
    task = task_of("W1 float64, batch 64", (7, 5, 4), labels=4)

    class Slipped:
        __name__ = "slipped"

        @staticmethod
        def trainer(task):
            return plain_numpy.trainer(replace(task, case=replace(task.case, **slip)))

    with pytest.raises(ValueError, match="slipped computes something else than nnlab"):
        check(task, Slipped())


def test_numbers_that_agree_up_to_rounding_pass_and_nan_does_not():
    case = BY_KEY["W1 float64, batch 64"]
    compare(case, plain_numpy, 1.0, 1.0 + 1e-7)
    for wrong in (1.0 + 1e-5, np.nan):
        with pytest.raises(ValueError):
            compare(case, plain_numpy, 1.0, wrong)


def test_the_limit_does_the_products_of_a_gradient_and_no_other(monkeypatch):
    done, dot = [], np.dot

    def noted(left, right, out):
        done.append((*left.shape, right.shape[1]))
        return dot(left, right, out=out)

    compute = products.products(task_of("W2 full batch", (2, 3, 4, 1)))
    monkeypatch.setattr(np, "dot", noted)
    compute()
    # Batches of 6. Forward W a, backward W^T delta but not to the input, derivatives delta a^T.
    assert done[:3] == [(3, 2, 6), (4, 3, 6), (1, 4, 6)]
    assert done[3:5] == [(4, 1, 6), (3, 4, 6)]
    assert done[5:] == [(3, 6, 2), (4, 6, 3), (1, 6, 4)]


def test_figures_are_medians_and_quartiles_of_the_quotients_within_rounds():
    # Rounds of 1, 2 and 4 seconds for nnlab, 3, 8 and 10 for another: quotients 3, 4 and 2.5.
    # Their median is 3; the quartiles lie halfway to the neighbours, 2.75 and 3.5. The quotient
    # of the medians would be 8 / 2 = 4.
    case = report.figures({"nnlab": [1, 2, 4], "PyTorch": [3, 8, 10]})
    assert case["quotients"] == {"PyTorch": {"median": 3.0, "quartiles": [2.75, 3.5]}}
    assert case["microseconds"]["nnlab"] == {"median": 2e6, "quartiles": [1.5e6, 3e6]}


def test_the_worst_case_decides_whether_a_target_is_reached():
    measured = {
        "A": report.figures({"nnlab": [1, 1, 1], "JAX": [2, 2, 2]}),
        "B": report.figures({"nnlab": [2, 2, 2], "JAX": [3, 3, 3]}),  # 1.5
    }
    for least, reached in ((1.4, True), (1.5, True), (1.6, False)):
        found = report.judge(Target("A and B", "JAX", least, ("A", "B")), measured)
        assert (found["smallest"], found["median"], found["reached"]) == ("B", 1.5, reached)


def test_a_stack_is_compared_with_one_network_alone():
    # 2 microseconds a network and step in the stack, 30 alone: 15 times.
    case = report.figures({"nnlab": [30e-6] * 3, STACK: [2e-6] * 3})
    assert case["quotients"]["nnlab"]["median"] == 15
    assert case["over"] == STACK


def times(quotient):
    """Return made-up rounds, one of them disturbed."""
    return {"nnlab": [1.0, 1.0, 1.0, 9.0, 1.0], "plain NumPy": [quotient] * 5}


@pytest.mark.parametrize("quotient, fine", [(0.5, False), (0.99, False), (1.0, True), (2.0, True)])
def test_the_guard_fails_where_nnlab_is_slower_in_three_of_four_rounds(quotient, fine):
    assert guard.verdict(times(quotient)) == (fine, quotient)


@pytest.mark.parametrize("attempts, code", [([1.5], 0), ([0.8, 1.2], 0), ([0.8, 0.9], 1)])
def test_the_guard_measures_again_before_it_fails(monkeypatch, attempts, code):
    left, said = iter(attempts), []

    def measured(cases, *_, **__):
        quotient = next(left)
        return {case.key: times(quotient) for case in cases}

    monkeypatch.setattr(guard, "measure", measured)
    assert guard.guard(say=said.append) == code
    assert not list(left)
    assert len(said) == len(guard.GUARDED) * len(attempts)
    assert ("FALLEN BEHIND" in said[-1]) == bool(code)
    assert set(guard.GUARDED) <= set(BY_KEY)
    assert guard.ROUNDS >= 7


def test_variables_that_choose_kernels_are_removed_and_one_thread_is_set(monkeypatch):
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Nehalem")
    monkeypatch.setenv("MKL_ENABLE_INSTRUCTIONS", "SSE4_2")
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    monkeypatch.setenv("HARMLESS", "stays")
    free, found = measure.environment(free=True), measure.environment(free=False)
    assert not {"OPENBLAS_CORETYPE", "MKL_ENABLE_INSTRUCTIONS"} & set(free)
    assert found["OPENBLAS_CORETYPE"] == "Nehalem"
    for each in (free, found):
        assert each["OMP_NUM_THREADS"] == each["OPENBLAS_NUM_THREADS"] == "1"
        assert each["HARMLESS"] == "stays"


def test_the_stored_results_are_those_of_these_workloads_and_targets():
    assert RESULTS["rounds"] >= 5
    measured_as = {"train": (*PEERS, LIMIT), "gradient": ("nnlab", NEW, "PyTorch", LIMIT)}
    measured_as["stack"] = "nnlab", STACK
    for name in ("free", "as found"):
        cases = RESULTS["cases"][name]
        assert list(cases) == list(BY_KEY), "run python -m benchmarks again"
        for key, case in cases.items():
            assert set(case["microseconds"]) == set(measured_as[BY_KEY[key].kind])
        expected = json.loads(json.dumps(report.judged(cases)))
        assert RESULTS["targets"][name] == expected, "run python -m benchmarks again"
        assert len(expected) == len(TARGETS)
        assert set(RESULTS["kernels"][name]) == set(PEERS)
    assert set(RESULTS["memory"]) == {"float32", "float64"}


def test_the_stored_results_name_no_machine_and_no_path():
    stored = json.dumps({**RESULTS, "cases": {}, "targets": {}})
    assert "/home" not in stored
    assert "\\\\" not in stored
    assert "." not in RESULTS["processor"].split(" ")[0]


def test_every_target_has_cases_and_every_case_a_key_of_its_own():
    assert all(target.cases for target in TARGETS)
    assert len(BY_KEY) == len(CASES)
    assert {case.key[:2] for case in CASES} == {"W1", "W2", "W3", "W4", "W5"}


def test_the_page_shows_the_stored_figures():
    page = speed_page()
    rows = page.targets_table(RESULTS)[2:]
    assert len(rows) == len(TARGETS)
    for row, target in zip(rows, RESULTS["targets"]["free"]):
        assert f"| {target['what']} | {target['against']} | {target['at_least']:g} |" in row
        assert f"{target['median']:.2f}" in row
        assert ("not reached" in row) != target["reached"]
    tables = [page.cases_table(RESULTS, kind)[2:] for kind in ("training", "gradient")]
    assert sum(map(len, tables)) == len(CASES) - 1  # all but the stack, which is in a sentence
    picture = page.plot(RESULTS)
    assert picture.count("<circle") == 5 * len(page.DRAWN)
    w3 = RESULTS["cases"]["free"]["W3"]["quotients"]["PyTorch"]["median"]
    assert f"PyTorch {w3:.1f}" in picture
    assert page.figure(RESULTS, "W3 / PyTorch") == f"{w3:.1f}"
    with pytest.raises(KeyError):
        page.figure(RESULTS, "W3 / Fortran")


@pytest.mark.parametrize(
    "microseconds, shown", [(1.547, "1.55 µs"), (331.7, "332 µs"), (19570.0, "19.6 ms")]
)
def test_times_have_three_digits_and_a_unit(microseconds, shown):
    assert speed_page().duration(microseconds) == shown


def test_the_harness_needs_none_of_the_peers():
    modules = "__main__ guard measure report run task workloads peers.library peers.plain_numpy"
    code = "import sys; sys.modules.update(dict.fromkeys({}))\nimport {}".format(
        ["autograd", "jax", "sklearn", "threadpoolctl", "torch"],
        ", ".join(f"benchmarks.{name}" for name in modules.split()),
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
