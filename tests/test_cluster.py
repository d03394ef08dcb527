"""The same sweep on a cluster: run by `pytest -m cluster`, which needs `dask[distributed]`."""

import os

import joblib
import pytest
from test_sweep import POINTS, draw, learn, noted, runs

from nnlab import sweep

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def client():
    """Give a Dask cluster of two local worker processes."""
    from dask.distributed import Client, LocalCluster

    settings = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with LocalCluster(host="127.0.0.1", **settings) as cluster, Client(cluster) as client:
        yield client


def test_results_are_the_same_as_without_a_cluster(client):
    with joblib.parallel_config(backend="dask"):
        assert sweep(learn, POINTS) == sweep(learn, POINTS, n_jobs=1)


def test_a_worker_that_is_killed_loses_nothing(client, tmp_path):
    before = set(client.run(os.getpid).values())
    points = [{"x": x, "folder": str(tmp_path), "fatal": 5} for x in range(20)]
    with joblib.parallel_config(backend="dask"):
        results = sweep(noted, points, store=tmp_path / "store")
    assert results == sweep(draw, [{"x": x} for x in range(20)])
    assert runs(tmp_path)[5] == 2  # the worker that ran it first was killed
    client.wait_for_workers(2)
    assert len(before - set(client.run(os.getpid).values())) == 1
