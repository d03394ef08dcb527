"""Sweeps: in order, repeatable, without losing what was computed."""

import functools
import os
import re
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import joblib
import numpy as np
import pytest
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
        time.sleep(1)  # the others arrive
        os.kill(os.getpid(), signal.SIGKILL)
    return draw(x, rng)


def runs(folder):
    """How often every point ran."""
    return {int(path.name): len(path.read_text()) for path in folder.glob("[0-9]*")}


def test_results_are_those_of_a_loop_in_order():
    seeds = np.random.SeedSequence(7).spawn(len(POINTS))
    expected = [learn(**p, rng=np.random.default_rng(s)) for p, s in zip(POINTS, seeds)]
    assert sweep(learn, POINTS, seed=7) == expected
    assert sweep(learn, iter(POINTS), seed=8) != expected


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


def reciprocal(x, rng):
    return 1 / x


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_failing_point_is_named_and_does_not_lose_the_others(n_jobs):
    points = [{"x": x} for x in (1, 0, 4)]
    with pytest.warns(UserWarning, match=re.escape("run at {'x': 0} failed: ZeroDivisionError")):
        first, failure, last = sweep(reciprocal, points, n_jobs=n_jobs)
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


def test_a_process_that_dies_loses_only_what_was_not_finished(tmp_path):
    points = [{"x": x, "folder": str(tmp_path), "fatal": 5} for x in range(10)]
    with pytest.raises(TerminatedWorkerError):
        sweep(noted, points, n_jobs=2, store=tmp_path / "store")
    with closing(sqlite3.connect(tmp_path / "store")) as file:
        (stored,) = file.execute("SELECT count(*) FROM results").fetchone()
    assert 4 <= stored < 10
    before = sum(runs(tmp_path).values())
    results = sweep(noted, points, n_jobs=2, store=tmp_path / "store")
    assert results == sweep(draw, [{"x": x} for x in range(10)])
    assert sum(runs(tmp_path).values()) - before == 10 - stored


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
