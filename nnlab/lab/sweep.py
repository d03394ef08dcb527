"""Many independent runs, on one processor or on many machines, through joblib."""

import os
import pickle
import signal
import sqlite3
import threading
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from nnlab._validation import has_attribute

Point = dict[str, Any]
_THIS_PROCESS = os.urandom(8)


@dataclass
class Failure:
    """What `sweep` returns for a point whose run raised an exception.

    Attributes
    ----------
    point : dict
        The parameters of the run.
    error : str
        The traceback; its last line says what was wrong.
    """

    point: Point
    error: str


def sweep(
    run: Callable[..., Any],
    points: Iterable[Point],
    seed: int = 0,
    n_jobs: int | None = None,
    store: str | Path | None = None,
    progress: bool = False,
) -> list[Any]:
    """Run a function at many points, in parallel, and return the results in order.

    Point i gets its own random generator, spawned from `seed`, and one BLAS thread. So the results
    do not depend on the number of workers, nor on the machine that computes a point.

    Parameters
    ----------
    run : function
        ``run(**point, rng=rng)`` returns the result of one point, anything that can be pickled.
    points : iterable of dict
        The parameters of each run.
    seed : int, optional
        Where all points' generators come from.
    n_jobs : int, optional
        The number of worker processes, -1 for one per core. If not given, what
        ``joblib.parallel_config`` says around the call, and without it 1: no extra process.
    store : path, optional
        A file (SQLite) that keeps every result as soon as it is there. A sweep that was
        interrupted goes on from it; a point is known again by the name of `run`, `seed`, its
        place and its parameters, not by the code of `run`. Failures are tried again. Several
        sweeps may use one store at the same time.
    progress : bool, optional
        Whether to show a progress bar (tqdm).

    Returns
    -------
    list
        One result per point, in the order of `points`. A point that raised an exception, or whose
        result cannot be pickled, has a `Failure` in its place, and a warning names it; the other
        points are not affected.

    Raises
    ------
    TypeError
        If `run` is no function, or a point no dict.
    OSError
        If the store is damaged, full, or another program's file; it stays as it was.
    KeyboardInterrupt
        On Ctrl-C, also where `run` goes on after it, as `nnlab.train` does: what an interrupted
        run returns is not kept. The store has what was finished.

    Notes
    -----
    On a cluster nothing changes but the surroundings: with a ``dask.distributed.Client``, or after
    ``ray.util.joblib.register_ray()``,

    >>> import joblib
    >>> with joblib.parallel_config(backend="threading", n_jobs=2):  # or "dask", or "ray"
    ...     sweep(lambda x, rng: x**2, [{"x": 2}, {"x": 3}])
    [4, 9]

    When a worker dies, Dask gives its points to others; local processes end the sweep with an error
    of joblib, and the `store` has what was finished. Ray hands the results over together, at the
    end. Open a `store` only if you trust it: it holds pickles.

    Examples
    --------
    >>> def run(gamma, rng):
    ...     network = Network([2, 1], rng=rng)
    ...     return train(network, [[0.0, 1.0]], [1.0], GradientDescent(gamma), 9).cost[-1]
    >>> slow, fast = sweep(run, [{"gamma": 0.1}, {"gamma": 10.0}])
    >>> fast < slow
    True
    """
    import joblib
    from tqdm.auto import tqdm

    has_attribute(run, "__call__", "run")
    points = list(points)
    for point in points:
        has_attribute(point, "keys", "each of points")
    seeds = np.random.SeedSequence(seed).spawn(len(points))
    name = getattr(run, "__qualname__", run)
    known = {joblib.hash((name, seed, i, p)) if store else i: p for i, p in enumerate(points)}
    with threadpool_limits(1), _opened(store) as file:
        stored = dict(file.execute("SELECT key, result FROM results"))
        done = {key: _read(stored.get(key), point) for key, point in known.items()}
        jobs = [job for job in zip(known, points, seeds) if isinstance(done[job[0]], Failure)]
        one_by_one = joblib.parallel.get_active_backend()[0].supports_return_generator
        return_as = "generator_unordered" if one_by_one else "list"
        parallel = joblib.Parallel(n_jobs, return_as=return_as, batch_size=1)
        outcomes = parallel(joblib.delayed(_outcome)(run, _THIS_PROCESS, *job) for job in jobs)
        for key, outcome in tqdm(outcomes, "sweep", len(jobs), disable=not progress):
            done[key] = _read(outcome, known[key])
            if not isinstance(done[key], Failure):
                file.execute("INSERT OR REPLACE INTO results VALUES (?, ?)", (key, outcome))
    for result in done.values():
        if isinstance(result, Failure):
            error = result.error.splitlines()[-1]
            warnings.warn(f"the run at {result.point} failed: {error}", stacklevel=2)
    return list(done.values())


@contextmanager
def _opened(store: str | Path | None) -> Iterator[sqlite3.Connection]:
    """Open a store, a new one or that of an earlier sweep; say why it cannot be used."""
    try:
        with closing(sqlite3.connect(store or ":memory:", timeout=60, isolation_level=None)) as db:
            if db.execute("SELECT * FROM sqlite_master").fetchone() is None:  # a new one
                db.execute("CREATE TABLE IF NOT EXISTS results (key PRIMARY KEY, result BLOB)")
            yield db
    except sqlite3.Error as error:
        wanted = "a new file or one that a sweep has written, with room left on its disk"
        raise OSError(f"store must be {wanted}, got {str(store)!r}: {error}") from error


def _read(outcome: Any, point: Point) -> Any:
    """Return what was pickled, or a `Failure` where there is nothing that can be read."""
    try:
        return outcome if isinstance(outcome, Failure) else pickle.loads(outcome)
    except Exception:
        return Failure(point, traceback.format_exc())


def _outcome(run: Any, home: bytes, key: Any, point: Point, seed: Any) -> tuple[Any, Any]:
    """Run one point; return its key with the pickled result, or with what went wrong."""
    import cloudpickle  # type: ignore[import-untyped]

    try:
        # Where the sweep runs its own limit holds for all threads: they would take back limits of
        # theirs in any order, and the wrong one last.
        with threadpool_limits(None if home == _THIS_PROCESS else 1), _interrupts_passed_on():
            return key, cloudpickle.dumps(run(**point, rng=np.random.default_rng(seed)))
    except Exception:
        return key, Failure(point, traceback.format_exc())


@contextmanager
def _interrupts_passed_on() -> Iterator[None]:
    """Raise `KeyboardInterrupt` at the end if one came: a run may have gone on, as `train` does."""
    usual, interrupts = signal.getsignal(signal.SIGINT), list[Any]()
    if not callable(usual) or threading.current_thread() is not threading.main_thread():
        yield  # none comes
        return

    def note(*about: Any) -> None:
        interrupts.append(about)
        usual(*about)

    signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)
        if interrupts:
            raise KeyboardInterrupt
