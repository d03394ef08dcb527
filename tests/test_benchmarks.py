"""The benchmarks' arithmetic and honesty, with NumPy only; what is measured is in benchmarks/."""

import contextlib
import functools
import io
import json
import math
import subprocess
import sys
import tarfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import speed_page

import nnlab
from benchmarks import guard, measure, report, run
from benchmarks.peers import earlier, plain_numpy, products
from benchmarks.task import Task, check, compare
from benchmarks.workloads import (
    CASES,
    CEILINGS,
    COMMIT,
    EARLIER,
    LIMIT,
    NEW,
    PEERS,
    STACK,
    TARGETS,
    Target,
)

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
RESULTS = json.loads((ROOT / "benchmarks" / "results.json").read_text(encoding="utf-8"))
BY_KEY = {case.key: case for case in CASES}


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


def test_the_orders_of_many_epochs_at_once_are_those_of_the_batches():
    task = task_of("W1 float64, batch 64", (7, 5, 4), labels=4)
    for rng in (None, 3):
        generators = [rng and np.random.default_rng(rng) for _ in range(2)]
        batches = [rows for _ in range(2) for rows in task.batches(generators[0])]
        expected = [np.arange(12)[rows] for rows in batches]
        assert np.array_equal(task.orders(2, generators[1]), expected)


@pytest.fixture
def history(tmp_path, monkeypatch):
    """Stand in for git: its archive has a library of another kind, under the name of ours."""
    asked, archive = [], io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as file:
        for name, line in (("__init__", "from nnlab.old import answer"), ("old", "answer = 41")):
            entry = tarfile.TarInfo(f"nnlab/{name}.py")
            entry.size = len(line)
            file.addfile(entry, io.BytesIO(line.encode()))

    def git(command, cwd, **settings):
        asked.append((command, cwd))
        return SimpleNamespace(stdout=archive.getvalue())

    monkeypatch.setattr(earlier, "CACHE", tmp_path)
    monkeypatch.setattr(subprocess, "run", git)
    return asked


def test_the_library_of_an_earlier_commit_is_imported_beside_the_present_one(history):
    for _ in range(2):
        old = earlier.imported(earlier.unpacked())
        assert old.answer == 41
        assert not hasattr(nnlab, "answer")
        assert sys.modules["nnlab"] is nnlab
        assert "nnlab.old" not in sys.modules
    assert history == [(["git", "archive", COMMIT, "nnlab"], ROOT)]  # unpacked once


NO_COMMIT = subprocess.CalledProcessError(128, "git", stderr=b"fatal: not a valid object name")


@pytest.mark.parametrize(
    "error, said", [(NO_COMMIT, "not a valid object"), (FileNotFoundError("no git"), "no git")]
)
def test_a_copy_without_history_is_an_error_that_says_what_to_do(history, monkeypatch, error, said):
    def git(*command, **settings):
        raise error

    monkeypatch.setattr(subprocess, "run", git)
    with pytest.raises(RuntimeError, match=f"nnlab of commit {COMMIT} cannot .*{said}") as raised:
        earlier.unpacked()
    for remedy in ("git fetch --unshallow", f"--without '{EARLIER}'"):
        assert remedy in str(raised.value)
    assert not list(earlier.CACHE.iterdir())


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


def times(slower, rounds=guard.ROUNDS):
    """Return made-up rounds; in so many of them nnlab takes a tenth longer, in the others less."""
    ratio = np.where(np.arange(rounds) < slower, 1.1, 0.9)
    return {"nnlab": ratio.tolist(), "plain NumPy": [1.0] * rounds}


@pytest.mark.parametrize("slower, fine", [(0, True), (45, True), (46, False), (61, False)])
def test_the_guard_fails_where_nnlab_is_slower_in_more_than_three_of_four_rounds(slower, fine):
    assert guard.verdict(times(slower))[0] == fine


def test_the_guard_is_not_deceived_by_a_machine_that_is_slow_for_a_while():
    slow = np.where(np.arange(61) // 20 % 2, 7.0, 1.0)  # for nnlab and the plain loop alike
    slow_nnlab = slow * np.random.default_rng(1).permutation(np.repeat([1, 9], [46, 15]))
    assert guard.verdict({"nnlab": slow_nnlab, "plain NumPy": 1.2 * slow})[0]
    assert not guard.verdict({"nnlab": 1.2 * slow_nnlab, "plain NumPy": slow})[0]


def test_were_both_equally_fast_the_guard_would_fail_once_in_twenty_thousand_runs():
    below = 1 + max(k for k in range(guard.ROUNDS + 1) if guard.verdict(times(k))[0])
    tosses = sum(math.comb(guard.ROUNDS, k) for k in range(below, guard.ROUNDS + 1))
    assert tosses / 2**guard.ROUNDS < 1 / 20_000


@pytest.mark.parametrize("slower, code", [({}, 0), ({"W3": 61}, 1)])
def test_the_guard_names_the_workload_that_has_fallen_behind(monkeypatch, slower, code):
    class Child:
        def __init__(self, peer):
            assert peer == "nnlab"

        __enter__ = __exit__ = lambda self, *exception: self

        def ask(self, what, case, quick, rounds):
            assert (what, rounds) == ("side by side", guard.ROUNDS)
            assert replace(BY_KEY[case], **quick).epochs * BY_KEY[case].steps > 0
            return times(slower.get(case, 0))

    monkeypatch.setattr(guard, "Child", Child)
    said = []
    assert guard.guard(say=said.append) == code
    assert [line.partition(":")[0] for line in said] == list(guard.GUARDED)
    assert ["FALLEN BEHIND" in line for line in said] == [key in slower for key in guard.GUARDED]


def test_side_by_side_each_round_has_both_and_its_order_changes(monkeypatch):
    calls = []

    def noted(train, case, members=1):
        name = train.__module__.rpartition(".")[2]
        return lambda: calls.append(name) or len(calls)

    monkeypatch.setattr(run, "training", noted)
    found = run.side_by_side(replace(BY_KEY["W2 full batch"], epochs=1), 2)
    assert calls == ["library", "plain_numpy", "plain_numpy", "library", "library", "plain_numpy"]
    assert found == {"nnlab": [4, 5], "plain NumPy": [3, 6]}  # without the first round


def test_an_interrupted_run_goes_on_with_the_first_workload_that_is_not_finished(monkeypatch):
    cases = [BY_KEY[key] for key in ("W2 full batch", "W2 one at a time", "W3", "W5")]
    measured, finished = [], {}

    def in_turns(children, chosen, rounds, quick, say):
        measured.extend(case.key for case in chosen)
        if "W5" in measured and len(measured) == 4:
            raise KeyboardInterrupt
        return {case.key: {"nnlab": [1.0]} for case in chosen}

    monkeypatch.setattr(measure, "in_turns", in_turns)
    monkeypatch.setattr(measure, "Child", lambda peer: contextlib.nullcontext())
    settings = (["nnlab"], 1, dict, lambda text: None)
    with pytest.raises(KeyboardInterrupt):
        measure.measure(cases, *settings, None, finished.update)
    assert set(finished) == {"W2 full batch", "W2 one at a time", "W3"}
    found = measure.measure(cases, *settings, finished)
    assert list(found) == [case.key for case in cases]
    assert measured == [case.key for case in cases] + ["W5"]


def test_variables_that_choose_kernels_are_removed_and_one_thread_is_set(monkeypatch):
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Nehalem")
    monkeypatch.setenv("MKL_ENABLE_INSTRUCTIONS", "SSE4_2")
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    monkeypatch.setenv("HARMLESS", "stays")
    left = measure.environment()
    assert not {"OPENBLAS_CORETYPE", "MKL_ENABLE_INSTRUCTIONS"} & set(left)
    assert left["OMP_NUM_THREADS"] == left["OPENBLAS_NUM_THREADS"] == "1"
    assert left["HARMLESS"] == "stays"


def test_the_stored_results_are_those_of_these_workloads_and_targets():
    assert RESULTS["rounds"] >= 5
    cases = RESULTS["cases"]
    assert list(cases) == list(BY_KEY), "run python -m benchmarks again"
    for key, case in cases.items():
        more = {"train": {LIMIT}, "gradient": {NEW, LIMIT}, "stack": {STACK}}[BY_KEY[key].kind]
        if BY_KEY[key].kernels:
            more = {NEW}
        assert set(case["microseconds"]) == {*BY_KEY[key].peers, *more}
    expected = json.loads(json.dumps(report.judged(cases)))
    assert RESULTS["targets"] == expected, "run python -m benchmarks again"
    assert len(expected) == len(TARGETS)
    assert set(RESULTS["kernels"]) == set(PEERS)
    for dtype in ("float32", "float64"):
        assert set(RESULTS["memory"][dtype]) == {*PEERS} - {*CEILINGS}


def test_the_stored_results_name_no_machine_and_no_path():
    stored = json.dumps({**RESULTS, "cases": {}, "targets": {}})
    assert "/home" not in stored
    assert "\\\\" not in stored
    assert "." not in RESULTS["processor"].split(" ")[0]


def test_every_target_has_cases_and_every_case_a_key_of_its_own():
    workloads = {f"W{n}" for n in range(1, 7 if hasattr(nnlab, "Convolution") else 6)}
    assert all(target.cases for target in TARGETS)
    assert len(BY_KEY) == len(CASES)
    assert {case.key[:2] for case in CASES} == workloads
    assert {key[:2] for target in TARGETS for key in target.cases} == workloads


def test_no_workload_of_training_or_gradients_may_fall_behind_the_earlier_commit():
    (target,) = (t for t in TARGETS if t.against == EARLIER and t.at_least < 1)
    assert set(target.cases) == {key for key in BY_KEY if key[:2] in ("W1", "W2", "W3", "W4")}
    assert COMMIT in EARLIER


def test_ceilings_are_measured_wherever_a_network_is_trained_and_have_no_target():
    trained = [case for case in CASES if case.kind == "train"]
    assert trained and all({*CEILINGS} <= {*case.peers} for case in trained)
    assert not {target.against for target in TARGETS} & {*CEILINGS}


def test_the_readme_has_the_table_of_the_stored_targets():
    assert report.with_table(README, RESULTS["targets"]) == README, "run python -m benchmarks again"
    changed = [{**RESULTS["targets"][0], "at_least": 77}, *RESULTS["targets"][1:]]
    other = report.with_table(README, changed)
    assert other != README and report.with_table(other, RESULTS["targets"]) == README
    for target in RESULTS["targets"]:
        what = f"| {target['what']} | {target['against']} | {target['at_least']:g} "
        (row,) = [line for line in README.splitlines() if line.startswith(what)]
        assert f"| {target['median']:.2f} (" in row
        assert ("not reached" in row) != target["reached"]


def test_the_tables_of_the_page_are_the_stored_figures():
    cases, shown = RESULTS["cases"], {}
    for kind in speed_page.TABLES:
        head, _, *rows = speed_page.table(speed_page.results(), kind)
        _, *columns = head.strip("|").split("|")
        for row in rows:
            key, *cells = row.strip("|").split("|")
            shown.setdefault(key, {}).update(zip(columns, cells))
    assert set(shown) == {case.key for case in CASES} - {"W5"}  # the stack is in a sentence
    for key, found in shown.items():
        assert found.pop("nnlab") == speed_page.duration(cases[key])
        stored = {peer: f"{each['median']:.2f}" for peer, each in cases[key]["quotients"].items()}
        stored.pop(EARLIER, None)  # of which the README tells
        assert {peer: each for peer, each in found.items() if each} == stored


def test_a_sentence_of_the_page_shows_the_stored_figures():
    result, cases = speed_page.results(), RESULTS["cases"]
    shown = functools.partial(speed_page.figure, result)
    w3 = cases["W3"]["quotients"]["PyTorch"]
    assert shown("W3 / PyTorch") == f"{w3['median']:.1f}"
    assert shown("rounds") == str(RESULTS["rounds"])
    assert shown("W5") == speed_page.duration({**cases["W5"], "over": "nnlab.Stack"})
    assert shown("memory") == f"{RESULTS['memory']['float64']['nnlab']:.0f}"
    assert shown("kernel") == ", ".join(RESULTS["kernels"]["nnlab"])
    assert all(f"{name}={value}" in shown("removed") for name, value in RESULTS["removed"].items())
    spread = (w3["quartiles"][1] - w3["quartiles"][0]) / w3["median"]
    assert 100 * spread <= float(shown("spread").removesuffix(" %")) < 100
    for missing in ("W3 / Fortran", "W7", "W7 / PyTorch"):
        with pytest.raises(KeyError):
            shown(missing)


def test_several_quotients_are_shown_by_the_smallest_and_the_largest():
    quotients = [{"quotients": {"JAX": {"median": x}}} for x in (1.24, 0.91, 3.0)]
    result = {"cases": dict(zip(["W1 a", "W1 b", "W2"], quotients))}
    assert speed_page.figure(result, "W1 / JAX") == "0.9 to 1.2"
    assert speed_page.figure(result, "W2 / JAX") == "3.0"
    assert speed_page.figure(result, "W1; W2 / JAX") == "0.9 to 3.0"
    assert speed_page.figure(result, "W1 / JAX %") == "91 %"


def test_the_page_is_for_readers_and_the_targets_are_in_the_readme():
    page = (ROOT / "book" / "speed.md").read_text(encoding="utf-8")
    first, second = (
        page.partition("\n# Speed\n")[2].split("## What is measured")[0].split("```")[:2]
    )
    assert "{speed}`W1; W2; W3 / PyTorch`" in first and second == "{speed-table} peers\n"
    assert COMMIT not in page and "to be reached" not in page


def test_what_the_page_says_of_pytorch_and_scikit_learn_is_so():
    trained = [RESULTS["cases"][case.key]["quotients"] for case in CASES if case.kind == "train"]
    for peer in ("PyTorch", "scikit-learn"):
        assert min(quotients[peer]["median"] for quotients in trained) > 1


@pytest.mark.parametrize(
    "time, shown",
    [
        (1.547, "1.55 µs"),
        (10, "10.0 µs"),
        (331.7, "332 µs"),
        (999.7, "1.00 ms"),
        (19570, "19.6 ms"),
    ],
)
def test_times_have_three_digits_and_a_unit(time, shown):
    case = {"over": "nnlab", "microseconds": {"nnlab": {"median": time}}}
    assert speed_page.duration(case).replace("\N{NO-BREAK SPACE}", " ") == shown


def test_the_harness_needs_none_of_the_peers():
    modules = "__main__ guard measure report run task workloads peers.library peers.plain_numpy"
    code = "import sys; sys.modules.update(dict.fromkeys({}))\nimport {}".format(
        ["autograd", "jax", "numba", "scipy", "sklearn", "torch"],
        ", ".join(f"benchmarks.{name}" for name in modules.split()),
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
