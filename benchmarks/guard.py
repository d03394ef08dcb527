"""The guard: nnlab must not fall behind the plain NumPy loop. Needs NumPy and nnlab only.

It holds on any machine, slow or busy: nothing but quotients of two times counts, which are times of
one process (not of the clock), follow each other within hundredths of a second, and are taken so
often that chance does not decide.
"""

import numpy as np

from benchmarks.measure import Child
from benchmarks.workloads import CASES, LOOP

GUARDED = ("W1 float32, batch 64", "W2 full batch", "W2 one at a time", "W3")
ROUNDS = 61


def smaller(case):
    """Return the settings of a turn of some hundredths of a second."""
    if case.data == "digits":
        return {"samples": 2560, "epochs": 1}
    return {"epochs": max(1, case.epochs // 8)}


def verdict(times):
    """Return (whether nnlab keeps up, the median quotient of the rounds).

    It has fallen behind when it is slower in more than three of four rounds. Were the two equally
    fast, each round would be a toss of a coin, and that many of 61 come up once in 20,000 runs.
    """
    quotients = np.divide(times[LOOP], times["nnlab"])
    return bool(np.quantile(quotients, 0.75) >= 1), float(np.median(quotients))


def guard(say=print, rounds=ROUNDS):
    """Measure, and return the exit code."""
    keeps_up = []
    for case in (case for case in CASES if case.key in GUARDED):
        with Child("nnlab") as child:
            settings = {"case": case.key, "quick": smaller(case), "rounds": rounds}
            fine, median = verdict(child.ask("side by side", **settings))
        behind = "" if fine else ": nnlab HAS FALLEN BEHIND"
        say(f"{case.key}: {LOOP} takes {median:.2f} times the time of nnlab{behind}")
        keeps_up.append(fine)
    return 0 if all(keeps_up) else 1
