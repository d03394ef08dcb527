"""The parent: one process per peer, one core, and rounds in which they take turns."""

import json
import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL", "BLIS", "NUMEXPR")}
ONE_THREAD["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
# Variables that choose kernels, or blocks inside them: taken away, so that the libraries choose.
STEERING = ("OPENBLAS_", "GOTO_", "MKL_", "BLIS_", "NPY_", "ATEN_", "DNNL_", "ONEDNN_")
STEERING += ("OMP_", "KMP_", "XLA_", "JAX_")


def steering(environment):
    """Return the variables that would choose for the libraries, threads apart."""
    return {
        name: value
        for name, value in sorted(environment.items())
        if name.startswith(STEERING) and name not in ONE_THREAD
    }


def environment():
    """Return a child's environment: free of what chooses kernels; one thread."""
    left_out = steering(os.environ)
    return {k: v for k, v in os.environ.items() if k not in left_out} | ONE_THREAD


class Child:
    """A process that measures one peer."""

    def __init__(self, peer):
        core = str(max(os.sched_getaffinity(0))) if hasattr(os, "sched_getaffinity") else "any"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.run", peer, core],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment(),
            cwd=Path(__file__).resolve().parents[1],
            text=True,
        )

    def ask(self, what, **more):
        """Send a request and wait for the answer."""
        self.process.stdin.write(json.dumps({"ask": what, **more}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("a process of the benchmark has ended, see its message above")
        return json.loads(line)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.process.stdin.close()
        self.process.wait()


def in_turns(children, cases, rounds, quick, say):
    """Return {case: {name: seconds a step, one for each round}}; the first round warms up."""
    times = {}
    for turn in range(rounds + 1):
        for case in cases:
            of_case = times.setdefault(case.key, {})
            peers = [peer for peer in children if peer in case.peers]
            for place in range(len(peers)):
                peer = peers[(place + turn) % len(peers)]  # in another order each time
                answer = children[peer].ask("time", case=case.key, quick=quick(case))
                for name, seconds in answer.items() if turn else ():
                    of_case.setdefault(name, []).append(seconds)
        say(".")
    return times


def measure(cases, peers, rounds, quick, say=print, kept=None, keep=lambda times: None):
    """Measure the cases, group by group; see `in_turns`.

    What is in `kept`, from an interrupted run, is not measured again. `keep` is called with all
    times whenever a group is finished.
    """
    times = dict(kept or {})
    for group in dict.fromkeys(case.group for case in cases):
        chosen = [case for case in cases if case.group == group and case.key not in times]
        taking_part = [peer for peer in peers if any(peer in case.peers for case in chosen)]
        say(f"\n{group} ")
        with ExitStack() as running:
            children = {peer: running.enter_context(Child(peer)) for peer in taking_part}
            times |= in_turns(children, chosen, rounds, quick, say) if chosen else {}
        keep(times)
    return {case.key: times[case.key] for case in cases}


def ask_each(peers, what, **more):
    """Return {peer: answer}, each from a fresh process."""
    answers = {}
    for peer in peers:
        with Child(peer) as child:
            answers[peer] = child.ask(what, **more)
    return answers
