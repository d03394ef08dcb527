"""Sweeps: in order, repeatable, without losing what was computed."""

import functools
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import joblib
import numpy as np
import pytest
from joblib.externals.loky import get_reusable_executor
from joblib.externals.loky.process_executor import TerminatedWorkerError
from threadpoolctl import threadpool_info, threadpool_limits

from nnlab import Failure, GradientDescent, Network, datasets, sweep, train

POINTS = [{"gamma": gamma, "epochs": epochs} for gamma in (0.5, 2.0, 8.0) for epochs in (1, 3)]


def learn(gamma, epochs, rng):
    """A real run: the cost after some epochs."""
    X, y = datasets.xor_easy()
    return train(Network([2, 3, 1], rng=rng), X, y, GradientDescent(gamma), epochs).cost[-1]


def draw(x, rng):
    return x, rng.random()


def noted(x, folder, rng, fatal=None):
    """Leave a file that tells how often this point ran; end the process once, if asked to."""
    path = Path(folder) / str(x)
    path.write_text(f"{path.read_text() if path.exists() else ''}x")
    if x == fatal and path.read_text() == "x":
        wait_for(4, Path(folder) / "store")  # the points before it, all but the other worker's
        os.kill(os.getpid(), signal.SIGKILL)
    return draw(x, rng)


def stored(store):
    """How many results a store has."""
    with closing(sqlite3.connect(store)) as file:
        return file.execute("SELECT count(*) FROM results").fetchone()[0]


def wait_for(count, store):
    """Whether so many results were stored within a minute."""
    return any(stored(store) >= count or time.sleep(0.01) for _ in range(6000))


def runs(folder):
    """How often every point ran."""
    return {int(path.name): len(path.read_text()) for path in folder.glob("[0-9]*")}


def test_results_are_those_of_a_loop_in_order():
    seeds = np.random.SeedSequence(7).spawn(len(POINTS))
    expected = [learn(**p, rng=np.random.default_rng(s)) for p, s in zip(POINTS, seeds)]
    assert sweep(learn, POINTS, seed=7) == expected
    assert sweep(learn, iter(POINTS), seed=8) != expected
    assert sweep(learn, POINTS) == sweep(learn, POINTS, seed=0)


@pytest.mark.parametrize("n_jobs", [2, 3])
def test_results_do_not_depend_on_the_number_of_workers(n_jobs):
    assert sweep(learn, POINTS, n_jobs=n_jobs) == sweep(learn, POINTS)


@pytest.mark.parametrize("backend", ["loky", "threading", "multiprocessing"])
def test_results_do_not_depend_on_the_backend(backend):
    with joblib.parallel_config(backend=backend, n_jobs=2):
        assert sweep(learn, POINTS) == sweep(learn, POINTS, n_jobs=1)


def test_every_point_has_a_generator_of_its_own_which_more_points_do_not_change():
    few, many = sweep(draw, [{"x": 1}] * 3), sweep(draw, [{"x": 1}] * 5)
    assert len(set(many)) == 5
    assert many[:3] == few


def test_no_points_no_results():
    assert sweep(learn, []) == []


def test_every_point_has_one_blas_thread():
    def threads(rng):
        return {library["num_threads"] for library in threadpool_info()}

    with threadpool_limits(2):
        assert sweep(threads, [{}]) == [{1}]
    with joblib.parallel_config("loky", n_jobs=2, inner_max_num_threads=2):
        assert sweep(threads, [{}, {}]) == [{1}, {1}]


@pytest.mark.parametrize("backend", ["loky", "threading", "multiprocessing"])
def test_the_threads_of_blas_are_the_same_after_a_sweep_on_any_backend(backend):
    def threads():
        return [library["num_threads"] for library in threadpool_info()]

    with threadpool_limits(2):
        before = threads()
        with joblib.parallel_config(backend=backend, n_jobs=2):
            inside = sweep(most_threads, [{"x": x} for x in range(60)])
        assert threads() == before
    assert set(inside) == {1}


def most_threads(x, rng):
    time.sleep(0.001)  # let the other worker begin or end
    libraries = [library for library in threadpool_info() if library["user_api"] == "blas"]
    return max(library["num_threads"] for library in libraries)


def reciprocal(x, rng):
    return 1 / x


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_failing_point_is_named_and_does_not_lose_the_others(n_jobs):
    points = [{"x": x} for x in (1, 0, 4)]
    message = re.escape("run at {'x': 0} failed: ZeroDivisionError")
    with pytest.warns(UserWarning, match=message) as warned:
        first, failure, last = sweep(reciprocal, points, n_jobs=n_jobs)
    assert [warning.filename for warning in warned] == [__file__]  # where `sweep` was called
    assert (first, last) == (1.0, 0.25)
    assert isinstance(failure, Failure)
    assert failure.point == {"x": 0}
    assert "in reciprocal" in failure.error


def test_a_failing_point_is_tried_again_by_the_next_sweep(tmp_path):
    def unlucky_once(x, rng):
        if not (tmp_path / "tried").exists():
            (tmp_path / "tried").touch()
            raise OSError("not yet")
        return x

    points = [{"x": 1}, {"x": 2}]
    with pytest.warns(UserWarning, match="not yet"):
        first = sweep(unlucky_once, points, store=tmp_path / "store")
    assert [type(result) for result in first] == [Failure, int]
    assert sweep(unlucky_once, points, store=tmp_path / "store") == [1, 2]


def test_an_interrupted_sweep_goes_on_from_what_it_had(tmp_path):
    stop = {"at": 3}

    def until(x, rng):
        if x == stop["at"]:
            raise KeyboardInterrupt
        return noted(x, tmp_path, rng)

    points = [{"x": x} for x in range(6)]
    with pytest.raises(KeyboardInterrupt):
        sweep(until, points, store=tmp_path / "store")
    assert runs(tmp_path) == {0: 1, 1: 1, 2: 1}
    stop["at"] = None
    assert sweep(until, points, store=tmp_path / "store") == sweep(draw, points)
    assert set(runs(tmp_path).values()) == {1}


def interrupted_once(x, folder, rng):
    """Train for four epochs; Ctrl-C comes in the second one of point 1, the first time."""

    def stop(history):
        if x == 1 and history.epochs == 2 and not (Path(folder) / "came").exists():
            (Path(folder) / "came").touch()
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.1)  # not before it has arrived

    X, y = datasets.xor_easy()
    network = Network([2, 3, 1], rng=rng)
    epochs = train(network, X, y, GradientDescent(0.5), 4, stop=stop).epochs
    (Path(folder) / str(x)).write_text("x" * epochs)
    return epochs


@pytest.fixture
def interruptible():
    """Let Ctrl-C interrupt, here and in new workers, also where the tests run in the background."""
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)
    get_reusable_executor().shutdown()
    yield signal.default_int_handler
    signal.signal(signal.SIGINT, usual)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_training_that_ctrl_c_has_cut_short_is_not_kept(tmp_path, n_jobs, interruptible):
    points = [{"x": x, "folder": str(tmp_path)} for x in range(4)]
    again = functools.partial(sweep, interrupted_once, points, n_jobs=n_jobs)
    with pytest.raises(KeyboardInterrupt):
        again(store=tmp_path / "store")
    assert (tmp_path / "came").exists() and runs(tmp_path)[1] == 2  # it did cut it short
    assert again(store=tmp_path / "store") == [4, 4, 4, 4]
    assert signal.getsignal(signal.SIGINT) is interruptible


def test_ctrl_c_stays_ignored_where_it_is_ignored():
    usual = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert sweep(ctrl_c, [{}]) == ["went on"]
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, usual)


def ctrl_c(rng):
    signal.raise_signal(signal.SIGINT)
    return "went on"


def test_a_sweep_may_run_in_any_thread():
    found = []
    thread = threading.Thread(target=lambda: found.extend(sweep(draw, [{"x": 1}], n_jobs=1)))
    thread.start()
    thread.join()
    assert found == sweep(draw, [{"x": 1}])


def test_a_process_that_dies_loses_only_what_was_not_finished(tmp_path):
    points = [{"x": x, "folder": str(tmp_path), "fatal": 5} for x in range(10)]
    with pytest.raises(TerminatedWorkerError):
        sweep(noted, points, n_jobs=2, store=tmp_path / "store")
    kept = stored(tmp_path / "store")
    assert 4 <= kept < 10
    before = sum(runs(tmp_path).values())
    results = sweep(noted, points, n_jobs=2, store=tmp_path / "store")
    assert results == sweep(draw, [{"x": x} for x in range(10)])
    assert sum(runs(tmp_path).values()) - before == 10 - kept


def test_a_store_knows_a_point_by_name_seed_place_and_parameters(tmp_path):
    points = [{"x": x, "folder": str(tmp_path)} for x in (1, 2)]
    remember = functools.partial(sweep, store=tmp_path / "store")
    first = remember(noted, points)
    assert remember(noted, points, n_jobs=2) == first
    assert runs(tmp_path) == {1: 1, 2: 1}
    assert remember(noted, points, seed=1) != first
    assert remember(noted, points[::-1]) != first[::-1]  # other places, other generators
    assert remember(noted, points + points)[:2] == first
    assert remember(draw, [{"x": 1}]) == sweep(draw, [{"x": 1}])
    assert runs(tmp_path) == {1: 4, 2: 4}


def test_a_result_is_stored_as_soon_as_it_is_there(tmp_path):
    def last_waits(x, rng):
        return x < 3 or wait_for(3, tmp_path / "store")

    points = [{"x": x} for x in range(4)]
    assert sweep(last_waits, points, n_jobs=2, store=tmp_path / "store") == [True] * 4


def test_two_sweeps_may_share_a_store_and_compute_the_same_point(tmp_path):
    both = {"other": None}

    def run(x, rng):
        if not both["other"]:  # the other one starts now, and is done first
            both["other"] = "running"
            both["other"] = sweep(run, points, store=tmp_path / "store")
        return draw(x, rng)

    points = [{"x": 1}, {"x": 2}]
    assert sweep(run, points, store=tmp_path / "store") == both["other"] == sweep(draw, points)


class Unreadable(Exception):
    def __init__(self, wanted, got):
        super().__init__(f"{wanted}, not {got}")


def awkward(kind, rng):
    """Return what cannot be pickled, or not be read again, or something good."""
    results = {"lock": threading.Lock, "exception": lambda: Unreadable(1, 2), "good": lambda: 3}
    return results[kind]()


@pytest.mark.parametrize("with_store", [False, True])
@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize("kind", ["lock", "exception"])
def test_a_result_that_cannot_be_pickled_does_not_lose_the_others(
    tmp_path, kind, n_jobs, with_store
):
    points = [{"kind": "good"}, {"kind": kind}, {"kind": "good"}]
    store = tmp_path / "store" if with_store else None
    with pytest.warns(UserWarning, match=f"{kind}.* failed: TypeError"):
        first, failure, last = sweep(awkward, points, n_jobs=n_jobs, store=store)
    assert (first, last) == (3, 3)
    assert isinstance(failure, Failure)
    assert failure.point == {"kind": kind}


def test_results_of_a_class_from_a_notebook_are_of_that_class():
    program = """
from nnlab import sweep
class Result: pass
def run(rng): return Result()
for n_jobs in 1, 2:
    print([isinstance(result, Result) for result in sweep(run, [{}, {}], n_jobs=n_jobs)])
"""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == 2 * "[True, True]\n"


def damage(path, kind):
    """Make a file that is no store, or none any more."""
    if kind == "text":
        path.write_text("epoch, cost\n" * 1000)
    elif kind == "folder":
        path.mkdir()
    elif kind in ("truncated", "overwritten"):
        sweep(draw, [{"x": "x" * 3000}] * 20, store=path)
        content = path.read_bytes()
        half = len(content) // 2
        rest = b"" if kind == "truncated" else b"?" * half
        path.write_bytes(content[:half] + rest)
    else:
        with closing(sqlite3.connect(path)) as file, file:
            file.execute(f"CREATE TABLE {kind} (name TEXT)")


@pytest.mark.parametrize(
    "kind", ["text", "folder", "addresses", "results", "truncated", "overwritten"]
)
def test_a_file_that_is_no_store_is_refused_and_stays_as_it_was(tmp_path, kind):
    path, ran = tmp_path / "store", []
    damage(path, kind)
    before = path.is_dir() or path.read_bytes()
    message = "store must be a new file or one that a sweep has written.*got '.*store': "
    with pytest.raises(OSError, match=message):
        sweep(lambda x, rng: ran.append(x), [{"x": 1}], store=path)
    assert (path.is_dir() or path.read_bytes()) == before
    assert os.listdir(tmp_path) == ["store"]
    assert not ran


@pytest.mark.filterwarnings("ignore:.* tasks .*:UserWarning")  # joblib's, if some are under way
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_store_that_is_full_is_an_error_and_keeps_what_it_has(tmp_path, monkeypatch, n_jobs):
    connect, path = sqlite3.connect, tmp_path / "store"

    def small_disk(*args, **kwargs):
        file = connect(*args, **kwargs)
        file.execute("PRAGMA max_page_count = 20")
        return file

    points = [{"x": f"{x} {'x' * 5000}"} for x in range(20)]
    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", small_disk)
        with pytest.raises(OSError, match=r"with room left on its disk, got .* is full"):
            sweep(draw, points, n_jobs=n_jobs, store=path)
    assert 5 < stored(path) < 20
    assert sweep(draw, points, store=path) == sweep(draw, points)


def test_a_stored_result_that_can_no_longer_be_read_is_computed_again(tmp_path):
    points = [{"x": 1}, {"x": 2}]
    first = sweep(draw, points, store=tmp_path / "store")
    with closing(sqlite3.connect(tmp_path / "store")) as file, file:
        file.execute("UPDATE results SET result = 'nonsense' WHERE rowid = 1")
    assert sweep(draw, points, store=tmp_path / "store") == first


def test_progress_is_shown_on_request_only(capsys):
    sweep(draw, [{"x": 1}, {"x": 2}])
    assert capsys.readouterr().err == ""
    sweep(draw, [{"x": 1}, {"x": 2}], progress=True)
    assert "2/2" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((3, [{}]), "run must have an attribute __call__, got 3"),
        ((draw, [{"x": 1}, 2]), "each of points must have an attribute keys, got 2"),
        ((draw, {"x": [1, 2]}), "each of points must have an attribute keys, got 'x'"),
    ],
)
def test_what_is_no_sweep_is_refused(arguments, message):
    with pytest.raises(TypeError, match=message):
        sweep(*arguments)
