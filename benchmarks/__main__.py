"""Measure nnlab and its peers: ``python -m benchmarks``; see README.md."""

import argparse
import hashlib
import json
import os
import sys
import time
from pathlib import Path

from benchmarks import report
from benchmarks.guard import guard
from benchmarks.measure import ask_each, measure, steering
from benchmarks.workloads import CASES, CEILINGS, PEERS

RESULTS = Path(__file__).with_name("results.json")
KEPT = RESULTS.with_name(".cache") / "kept.json"  # of a run that was interrupted
README = RESULTS.with_name("README.md")


def arguments():
    """Return what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="at least 5 for a result to keep")
    parser.add_argument("--only", nargs="+", default=[""], metavar="W", help="e.g. W1 W3")
    parser.add_argument("--without", nargs="+", default=[], choices=PEERS, metavar="PEER")
    parser.add_argument("--quick", action="store_true", help="short rounds: a try, no result")
    parser.add_argument("--guard", action="store_true", help="nnlab against plain NumPy, for CI")
    parser.add_argument("--output", type=Path, help="where to write the JSON of a part or a try")
    return parser.parse_args()


def quick(case):
    """Return settings that make a round ten times shorter."""
    settings = {"epochs": max(1, case.epochs // 10)}
    return settings | ({"samples": 6400} if case.data == "digits" and not case.kernels else {})


def code():
    """Return a sum over the code of nnlab and of the benchmarks."""
    patterns = "nnlab/**/*.py", "benchmarks/*.py", "benchmarks/peers/*.py"
    files = [file for pattern in patterns for file in sorted(RESULTS.parents[1].glob(pattern))]
    return hashlib.sha256(b"".join(map(Path.read_bytes, files))).hexdigest()


def measure_all(cases, peers, rounds, settings):
    """Return everything that the JSON holds."""
    start = time.monotonic()
    result = {**report.machine(), "rounds": rounds, "removed": steering(os.environ)}
    result |= {"versions": {}, "kernels": {}}

    def say(text):
        print(text, end="", file=sys.stderr, flush=True)

    for peer, told in ask_each(peers, "about").items():
        result["versions"] |= told["versions"] | {"python": told["python"]}
        result["kernels"][peer] = told["kernels"]
    of = [code(), rounds, peers, settings is quick]
    kept = json.loads(KEPT.read_text()) if KEPT.exists() else {}

    def keep(times):
        KEPT.parent.mkdir(exist_ok=True)
        KEPT.write_text(json.dumps({"of": of, "times": times}))

    earlier = kept["times"] if kept.get("of") == of else {}
    times = measure(cases, peers, rounds, settings, say, earlier, keep)
    result["cases"] = {key: report.figures(t) for key, t in times.items()}
    result["memory"] = {}
    for dtype in ("float32", "float64"):
        key = f"W1 {dtype}, batch 64"
        if key in result["cases"] and sys.platform == "linux":  # it asks the kernel
            libraries = [peer for peer in peers if peer not in CEILINGS]
            grown = ask_each(libraries, "memory", case=key)
            result["memory"][dtype] = {peer: round(mb, 1) for peer, mb in grown.items()}
    result["targets"] = report.judged(result["cases"])
    KEPT.unlink()  # all is measured
    return result | {"minutes": round((time.monotonic() - start) / 60)}


def main():
    """Run what the command line asks for; return the exit code."""
    options = arguments()
    if options.guard:
        return guard()
    cases = [case for case in CASES if case.key.startswith(tuple(options.only))]
    peers = [peer for peer in PEERS if peer not in options.without]
    settings = quick if options.quick else lambda case: {}
    result = measure_all(cases, peers, options.rounds, settings)
    print(*report.lines(result), sep="\n")
    whole = len(cases) == len(CASES) and len(peers) == len(PEERS)
    keep = whole and not options.quick and options.rounds >= 5
    if output := options.output or (RESULTS if keep else None):
        output.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    if output == RESULTS:
        text = README.read_text(encoding="utf-8")
        README.write_text(report.with_table(text, result["targets"]), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
