"""Measure nnlab and its peers: ``python -m benchmarks``; see README.md."""

import argparse
import json
import os
import sys
import time
from pathlib import Path

from benchmarks import report
from benchmarks.guard import guard
from benchmarks.measure import ask_each, measure, steering
from benchmarks.workloads import CASES, PEERS

RESULTS = Path(__file__).with_name("results.json")
ENVIRONMENTS = {"free": True, "as found": False}


def arguments():
    """Return what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="at least 5 for a result to keep")
    parser.add_argument("--only", nargs="+", default=[""], metavar="W", help="e.g. W1 W3")
    parser.add_argument("--quick", action="store_true", help="short rounds: a try, no result")
    parser.add_argument("--guard", action="store_true", help="nnlab against plain NumPy, for CI")
    parser.add_argument("--output", type=Path, help="where to write the JSON of a part or a try")
    return parser.parse_args()


def quick(case):
    """Return settings that make a round ten times shorter."""
    settings = {"epochs": max(1, case.epochs // 10)}
    return settings | ({"samples": 6400} if case.data == "digits" else {})


def measure_all(cases, rounds, settings):
    """Return everything that the JSON holds."""
    start = time.monotonic()
    result = {**report.machine(), "rounds": rounds, "removed": steering(os.environ)}
    result |= {"versions": {}, "kernels": {}, "cases": {}, "memory": {}}

    def say(text):
        print(text, end="", file=sys.stderr, flush=True)

    for name, free in ENVIRONMENTS.items():
        about = ask_each(PEERS, "about", free)
        for peer, told in about.items():
            result["versions"] |= told["versions"] | {"python": told["python"]}
            result["kernels"].setdefault(name, {})[peer] = told["kernels"]
        say(f"\n{name}")
        times = measure(cases, PEERS, rounds, free, settings, say)
        result["cases"][name] = {key: report.figures(t) for key, t in times.items()}
    for dtype in ("float32", "float64"):
        key = f"W1 {dtype}, batch 64"
        if key in result["cases"]["free"] and sys.platform == "linux":  # it asks the kernel
            grown = ask_each(PEERS, "memory", case=key)
            result["memory"][dtype] = {peer: round(mb, 1) for peer, mb in grown.items()}
    result["targets"] = {
        name: report.judged(measured) for name, measured in result["cases"].items()
    }
    return result | {"minutes": round((time.monotonic() - start) / 60)}


def main():
    """Run what the command line asks for; return the exit code."""
    options = arguments()
    if options.guard:
        return guard()
    cases = [case for case in CASES if case.key.startswith(tuple(options.only))]
    result = measure_all(cases, options.rounds, quick if options.quick else lambda case: {})
    for name, measured in result["cases"].items():
        memory = result["memory"] if name == "free" else None
        kernels = result["kernels"][name]["nnlab"]
        print(*report.lines(f"{name}; BLAS {kernels}", measured, memory), sep="\n")
    whole = len(cases) == len(CASES) and not options.quick and options.rounds >= 5
    if output := options.output or (RESULTS if whole else None):
        output.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
