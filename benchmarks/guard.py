"""The guard: nnlab must not fall behind the plain NumPy loop. Needs NumPy and nnlab only."""

import numpy as np

from benchmarks.measure import measure
from benchmarks.workloads import CASES

GUARDED = ("W1 float32, batch 64", "W1 float64, batch 64", "W2 full batch", "W2 one at a time")
ROUNDS = 9


def smaller(case):
    """Return the settings of a short round."""
    return {"samples": 6400, "epochs": 1} if case.data == "digits" else {"epochs": case.epochs // 8}


def verdict(times):
    """Return (whether nnlab keeps up, the median quotient of the rounds).

    It has fallen behind when it is slower in three of four rounds: the upper quartile is below 1.
    A single median below 1 would be noise where both take the same time.
    """
    quotients = np.divide(times["plain NumPy"], times["nnlab"])
    return bool(np.quantile(quotients, 0.75) >= 1), float(np.median(quotients))


def guard(say=print, rounds=ROUNDS):
    """Measure, once more what has failed, and return the exit code."""
    left = [case for case in CASES if case.key in GUARDED]
    for attempt in (1, 2):
        measured = measure(left, ("nnlab", "plain NumPy"), rounds, quick=smaller)
        failed = []
        for case in left:
            fine, median = verdict(measured[case.key])
            failed += [] if fine else [case]
            say(
                f"{case.key}: plain NumPy takes {median:.2f} times the time of nnlab"
                + ("" if fine else ": nnlab HAS FALLEN BEHIND" + " (trying again)" * (attempt == 1))
            )
        left = failed
        if not left:
            return 0
    return 1
