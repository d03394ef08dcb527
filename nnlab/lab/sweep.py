"""Many independent runs, on one processor or on many machines, through joblib."""

import pickle
import sqlite3
import traceback
import warnings
from contextlib import closing
from dataclasses import dataclass

import numpy as np

from nnlab._validation import has_attribute


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

    point: dict
    error: str


def sweep(run, points, seed=0, n_jobs=None, store=None, progress=False):
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
        place and its parameters, not by the code of `run`. Failures are tried again.
    progress : bool, optional
        Whether to show a progress bar (tqdm).

    Returns
    -------
    list
        One result per point, in the order of `points`. A point that raised an exception has a
        `Failure` in its place, and a warning names it; the other points are not affected.

    Raises
    ------
    TypeError
        If `run` is no function, or a point no dict.

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
    keys = [joblib.hash((name, seed, *job)) if store else job[0] for job in enumerate(points)]
    with closing(sqlite3.connect(store or ":memory:")) as file:
        file.execute("CREATE TABLE IF NOT EXISTS results (key TEXT PRIMARY KEY, result BLOB)")
        rows = file.execute("SELECT * FROM results")
        done = {key: pickle.loads(result) for key, result in rows}
        jobs = [job for job in zip(keys, points, seeds) if job[0] not in done]
        one_by_one = joblib.parallel.get_active_backend()[0].supports_return_generator
        return_as = "generator_unordered" if one_by_one else "list"
        parallel = joblib.Parallel(n_jobs, return_as=return_as, batch_size=1)
        outcomes = parallel(joblib.delayed(_outcome)(run, *job) for job in jobs)
        for key, outcome in tqdm(outcomes, "sweep", len(jobs), disable=not progress):
            done[key] = outcome
            if not isinstance(outcome, Failure):
                with file:
                    file.execute("INSERT INTO results VALUES (?, ?)", (key, pickle.dumps(outcome)))
    results = [done[key] for key in keys]
    failures = [result for result in results if isinstance(result, Failure)]
    for failure in failures:
        error = failure.error.splitlines()[-1]
        warnings.warn(f"the run at {failure.point} failed: {error}", stacklevel=2)
    return results


def _outcome(run, key, point, seed):
    """Run one point; return its key with the result, or with what went wrong."""
    from threadpoolctl import threadpool_limits

    try:
        with threadpool_limits(1):
            return key, run(**point, rng=np.random.default_rng(seed))
    except Exception:
        return key, Failure(point, traceback.format_exc())
