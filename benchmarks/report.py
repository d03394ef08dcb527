"""From times to figures: medians, quotients, targets; as text and as one JSON."""

import datetime
import os
import platform
from dataclasses import asdict

import numpy as np

from benchmarks.workloads import CEILINGS, LIMIT, MEMORY_LIMIT, STACK, TARGETS

TABLE_MARK = "<!-- The table is written by python -m benchmarks. -->"


def spread(values):
    """Return the median and the quartiles, to four digits."""
    q1, median, q3 = np.quantile(values, [0.25, 0.5, 0.75])
    return {"median": _short(median), "quartiles": [_short(q1), _short(q3)]}


def _short(value):
    return float(f"{value:.4g}")


def quotients(times, under="nnlab"):
    """Return for each name the spread of (its time / the time of `under`), round by round."""
    return {
        name: spread(np.divide(seconds, times[under]))
        for name, seconds in times.items()
        if name != under
    }


def figures(times):
    """Return what is stored of one case: microseconds a step, and times the time of nnlab."""
    under = STACK if STACK in times else "nnlab"
    return {
        "microseconds": {name: spread(1e6 * np.array(t)) for name, t in times.items()},
        "over": under,
        "quotients": quotients(times, under),
    }


def judge(target, measured):
    """Return how a target stands: the case with the smallest median counts."""
    found = {key: measured[key]["quotients"][target.against] for key in target.cases}
    smallest = min(found, key=lambda key: found[key]["median"])
    reached = found[smallest]["median"] >= target.at_least
    return {"smallest": smallest, **found[smallest], "reached": reached}


def judged(measured):
    """Return all targets whose cases were measured, as they stand."""
    return [
        {**asdict(t), **judge(t, measured)}
        for t in TARGETS
        if all(key in measured and t.against in measured[key]["quotients"] for key in t.cases)
    ]


def machine():
    """Return what the numbers depend on; no name of the machine, no path."""
    model = platform.processor() or platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo") as lines:
            names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
        model = names[0] if names else model
    return {
        "date": datetime.date.today().isoformat(),
        "processor": model,
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
    }


def lines(result):
    """Yield the report as lines of text."""
    yield f"\nBLAS of nnlab: {', '.join(result['kernels']['nnlab'])}"
    for key, case in result["cases"].items():
        micro = case["microseconds"][case["over"]]["median"]
        yield f"  {key}: {case['over']} {micro:.4g} microseconds a step"
        for name, q in case["quotients"].items():
            low, high = q["quartiles"]
            share = f", {100 * q['median']:.0f} % of the limit" if name == LIMIT else ""
            share = ", a ceiling" if name in CEILINGS else share
            yield f"    {name:24} {q['median']:7.2f}  [{low:.2f}, {high:.2f}]{share}"
    for dtype, grown in result["memory"].items():
        megabytes = ", ".join(f"{peer} {mb:.0f}" for peer, mb in grown.items())
        yield f"  memory of W1 {dtype}, MB above the data (at most {MEMORY_LIMIT}): {megabytes}"
    yield "  to reach:"
    for t in result["targets"]:
        word = "reached" if t["reached"] else "NOT reached"
        low, high = t["quartiles"]
        yield (
            f"    {t['what']:34} {t['against']:22} at least {t['at_least']:5}: "
            f"{t['median']:6.2f} [{low:.2f}, {high:.2f}] {word} ({t['smallest']})"
        )


def table(targets):
    """Return the targets and how they stand, as a table in Markdown."""
    rows = ["| workload | against | at least | measured | |", "|---|---|---|---|---|"]
    for t in targets:
        low, high = t["quartiles"]
        stands = "reached" if t["reached"] else f"not reached: {t['smallest']}"
        measured = f"{t['median']:.2f} ({low:.2f} to {high:.2f})"
        rows.append(f"| {t['what']} | {t['against']} | {t['at_least']:g} | {measured} | {stands} |")
    return "\n".join(rows)


def with_table(text, targets):
    """Return the text of README.md with this table of targets in place of the one that it has."""
    before, mark, rest = text.partition(TABLE_MARK)
    after = rest[rest.index("\n\n", len("\n\n")) :]
    return f"{before}{mark}\n\n{table(targets)}{after}"
