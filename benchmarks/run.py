"""One peer in a process of its own: ``python -m benchmarks.run PEER CORE``.

It reads one request a line, as JSON, and answers with one line of JSON. The first request for a
case loads the data, compares the peer's mathematics with that of nnlab and warms up.
"""

import functools
import importlib
import json
import os
import platform
import sys
from dataclasses import replace
from importlib import metadata
from time import process_time as clock  # of this process: what else the machine does is left out
from types import SimpleNamespace

import numpy as np

from benchmarks.peers import library, products
from benchmarks.task import Task, check, compare
from benchmarks.workloads import CASES, IN_ORDER, LIMIT, LOOP, NUMBA, PEERS, SCAN, STACK

BY_KEY = {case.key: case for case in CASES}


def seconds(function, repeats):
    """Return the time of one call."""
    start = clock()
    for _ in range(repeats):
        function()
    return (clock() - start) / repeats


def module(name):
    """Import a peer."""
    return importlib.import_module(f"benchmarks.peers.{PEERS[name]}")


@functools.cache
def prepare(name, case):
    """Check the peer and warm it up; return functions by name, each gives seconds a step."""
    peer, task = module(name), Task.of(case)
    timed = (gradients if case.kind == "gradient" else trainings)(name, peer, task)
    if name == "nnlab" and case.kind != "stack" and not case.kernels:
        step = products.products(task)
        repeats = case.epochs if case.kind == "gradient" else -(-case.epochs * case.steps // 3)
        timed[LIMIT] = lambda: seconds(step, repeats)
    return timed


def gradients(name, peer, task):
    """Compare each way to compute the gradient with `Network.backprop`."""
    case, timed = task.case, {}
    expected = task.network.backprop(task.X, task.Y).theta
    for label, compute in peer.gradient(task).items():
        compare(case, peer, expected, getattr(compute, "flat", compute)())
        timed[label] = lambda compute=compute: seconds(compute, case.epochs)
    return timed


def trainings(name, peer, task):
    """Compare the peer's training with that of nnlab, and a stack with one network alone."""
    case = task.case
    check(task, peer)
    as_it_comes = getattr(peer, "as_it_comes", lambda case: case)
    timed = {name: training(peer.trainer(task)[0], as_it_comes(case))}
    if case.kind == "stack":
        check(task, SimpleNamespace(__name__=STACK, trainer=library.together))
        timed[STACK] = training(library.together(task)[0], case, library.MEMBERS)
    return timed


def training(train, case, members=1):
    """Return a function that trains for a round; an epoch's order is another one each time."""
    rng, steps = np.random.default_rng(4), case.steps * case.epochs * members
    return lambda: seconds(lambda: train(case.epochs, rng if case.shuffle else None), 1) / steps


def side_by_side(case, rounds):
    """Return seconds a step of nnlab and of the plain loop, in turns, here in one process.

    A turn takes some hundredths of a second: what slows the machine down lasts longer than one,
    or is over before it can meet the same one of the two in most rounds.
    """
    timed = {
        name: training(module(name).trainer(Task.of(case))[0], case) for name in ("nnlab", LOOP)
    }
    times = {name: [] for name in timed}
    for turn in range(rounds + 1):
        for name in sorted(timed, reverse=turn % 2):
            times[name].append(timed[name]())
    return {name: seconds[1:] for name, seconds in times.items()}  # the first round warms up


def status(field):
    """Return a number of megabytes from the kernel's account of this process (Linux)."""
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith(field)) / 1000


def memory(name, case):
    """Return by how many MB the process grows while the peer trains an epoch on all digits."""
    train, _ = module(name).trainer(Task.of(replace(case, samples=60_000)))
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")  # the highest mark starts anew
    before = status("VmRSS")
    train(1, np.random.default_rng(4))
    return status("VmHWM") - before


def about(name):
    """Return the versions, and the kernels of the linear algebra that are in use."""
    module(name)
    packages = {"scikit-learn": "scikit-learn", IN_ORDER: "scikit-learn", "PyTorch": "torch"}
    packages |= {"JAX": "jax", SCAN: "jax", "autograd": "autograd", NUMBA: "numba"}
    package = packages.get(name, "numpy")
    kernels = set()
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        pass
    else:
        for found in threadpool_info():
            if found["user_api"] == "blas":
                words = (found["internal_api"], found["version"], found.get("architecture"))
                kernels.add(" ".join(filter(None, words)))
    if name == "PyTorch":
        import torch

        kernels.add(f"torch {torch.backends.cpu.get_cpu_capability()}")
        kernels |= {"MKL, linked into torch"} if torch.backends.mkl.is_available() else set()
    return {"versions": {package: metadata.version(package)}, "kernels": sorted(kernels)}


def answer(name, request):
    """Do what is asked."""
    if request["ask"] == "about":
        return about(name) | {"python": platform.python_version()}
    case = BY_KEY[request["case"]]
    case = replace(case, **request.get("quick", {}))
    if request["ask"] == "memory":
        return memory(name, case)
    if request["ask"] == "side by side":
        return side_by_side(case, request["rounds"])
    return {label: measure() for label, measure in prepare(name, case).items()}


def main():
    """Answer until there are no more requests; what libraries print goes to stderr."""
    name, core = sys.argv[1:]
    if core != "any":
        os.sched_setaffinity(0, {int(core)})
    channel = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    for line in sys.stdin:
        channel.write(json.dumps(answer(name, json.loads(line))) + "\n")


if __name__ == "__main__":
    main()
