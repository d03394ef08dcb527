"""The ledger: every line of the five sources has a row, and every row a check that can fail.

``ledger_ids.txt`` holds the ids that links rely on, in the order of the documents.
"""

import dataclasses
import importlib.util
import inspect
import json
import re
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import nnlab

ROOT = Path(__file__).resolve().parents[1]
BOOK = ROOT / "book"
sys.path.insert(0, str(BOOK))
from ledger import ASSUMES, CLAIM, CORRECT, INCOMPLETE, VERDICTS, WRONG, Entry  # noqa: E402
from ledger.tools import cases, equal  # noqa: E402
from ledger.trial import ENTRIES, SOURCES, faults, output, wrong_forms  # noqa: E402

sys.path.remove(str(BOOK))

IDS = (ROOT / "tests" / "ledger_ids.txt").read_text(encoding="utf-8").split()
ALTERATIONS = {"transpose dropped", "index shifted", "sign flipped", "factor lost"}
SLIPS = [entry for entry in ENTRIES if entry.counterexample]

each_entry = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)


def markdown(notebook):
    """Return the text of a notebook."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")


CHAPTERS = {path.stem: markdown(path) for path in sorted(BOOK.glob("*.ipynb"))}
LABELS = {label for text in CHAPTERS.values() for label in re.findall(r"\((eq-[\w-]+)\)", text)}


def in_nnlab(dotted):
    """Return whether nnlab has a name; attributes set by __init__ count as names."""
    found = nnlab
    for part in dotted.split("."):
        if inspect.isclass(found) and not hasattr(found, part):
            return re.search(rf"\bself\.{part}\b|^    {part}:", inspect.getsource(found), re.M)
        found = getattr(found, part, None)
    return found is not None


def gaps(entry):
    """Return what is missing from an entry, or contradicts its verdict, as sentences."""
    wanted = {
        "a known verdict": entry.verdict in VERDICTS,
        "a known source": entry.source in SOURCES,
        "a place": bool(entry.where),
        "a printed form": bool(entry.printed),
        "a reason": bool(entry.reason),
        "a docstring of its check": bool(entry.check.__doc__),
        "a corrected form, only if wrong or incomplete": (
            bool(entry.corrected) == (entry.verdict in (WRONG, INCOMPLETE))
        ),
        "an assumption, only if it assumes one": (
            bool(entry.assumption) == (entry.verdict == ASSUMES)
        ),
        "two readings, only if incomplete": (
            len(entry.readings) >= 2 if entry.verdict == INCOMPLETE else not entry.readings
        ),
        "a literal form, if wrong, and none if right": (
            entry.literal is not None
            if entry.verdict == WRONG
            else entry.literal is None or entry.verdict == INCOMPLETE
        ),
        "a counterexample, if wrong, and none without a literal form": (
            bool(entry.counterexample)
            if entry.verdict == WRONG
            else not entry.counterexample or entry.literal is not None
        ),
        "two altered forms": len(entry.mutants) >= 2 or entry.verdict == CLAIM,
        "one altered form": len(entry.mutants) >= 1,
        "known names for what was altered": (
            {name.partition(":")[0] for name in entry.mutants} <= ALTERATIONS
        ),
        "labels that the chapters have": set(entry.equations) <= LABELS,
        "names that nnlab has": all(map(in_nnlab, entry.names)),
        "a chapter that exists": entry.chapter in {"", *CHAPTERS},
        "paired dollar signs": all(
            text.count("$") % 2 == 0
            for text in (entry.reason, entry.shapes, entry.assumption, *entry.readings)
        ),
        "short lines in the counterexample": all(
            len(line) <= 76 for line in entry.counterexample.splitlines()
        )
        and len(entry.counterexample.splitlines()) <= 8,
    }
    return [f"{entry.id} needs {what}" for what, there in wanted.items() if not there]


def missing(ids, entries):
    """Return what is wrong with the list of entries: ids left out, out of order or twice."""
    found = [entry.id for entry in entries]
    twice = [f"{id} twice" for id, count in Counter(found).items() if count > 1]
    left_out = [f"{id} is left out" for id in ids if id not in found]
    in_order = [id for id in found if id in set(ids)] == list(ids)
    return twice + left_out + ([] if in_order or twice or left_out else ["out of order"])


def test_every_line_of_the_sources_has_a_row_in_order():
    assert len(IDS) == len(set(IDS)) > 130
    assert missing(IDS, ENTRIES) == []
    for source, (_, entries) in SOURCES.items():
        assert {entry.source for entry in entries} == {source}


def test_every_verdict_occurs():
    assert {entry.verdict for entry in ENTRIES} == set(VERDICTS)


def test_rows_have_anchors_of_their_own():
    assert len({entry.anchor for entry in ENTRIES}) == len(ENTRIES)
    assert all(re.fullmatch(r"[A-Za-z][\w-]*", entry.anchor) for entry in ENTRIES)


def test_no_line_is_listed_twice():
    printed = Counter((entry.source, entry.where, entry.printed) for entry in ENTRIES)
    assert [line for line, count in printed.items() if count > 1] == []


@each_entry
def test_entry_is_complete(entry):
    assert gaps(entry) == []


@each_entry
def test_check_accepts_the_right_form_and_refuses_every_other(entry):
    assert faults(entry) == []


@pytest.mark.parametrize("entry", SLIPS, ids=lambda entry: entry.id)
def test_counterexample_runs_and_prints_the_same_twice(entry):
    printed = output(entry.counterexample)
    assert len(printed.split()) >= 2
    assert "int64" not in printed and "nan" not in printed
    assert output(entry.counterexample) == printed


@pytest.mark.parametrize("name", CHAPTERS)
def test_ids_named_in_a_chapter_exist(name):
    ids = {entry.id for entry in ENTRIES}
    named = re.findall(rf"`((?:{'|'.join(SOURCES)})-[^`\s]+)`", CHAPTERS[name])
    assert set(named) <= ids
    for line in re.findall(r"\*Source: .*?\bids? (`[^*]*)\*", CHAPTERS[name], re.DOTALL):
        assert set(re.findall(r"`((?!eq-)[^`\s]*-[^`\s]*)`", line)) <= ids


def test_the_wrong_lines_are_named_in_the_chapter_that_treats_them():
    fixed = [e for e in ENTRIES if e.verdict == WRONG and e.id in IDS and e.chapter]
    assert [e.id for e in fixed if f"`{e.id}`" not in CHAPTERS[e.chapter]] == []


# The machinery itself: what it must report. The entry is the product of a matrix and a vector.


def product(form):
    """W x against the sum over the columns, written out."""
    for rng, sizes, _ in cases():
        W, x = rng.standard_normal(sizes[:2]), rng.standard_normal(sizes[1])
        equal(form(W, x), sum(W[:, j] * x[j] for j in range(len(x))))


GOOD = Entry(
    "zheng-test",
    "nowhere",
    "z = W x",
    WRONG,
    "For this test.",
    product,
    lambda W, x: W @ x,
    literal=lambda W, x: x @ W,
    mutants={
        "transpose dropped": lambda W, x: W.T @ x,
        "sign flipped": lambda W, x: -W @ x,
    },
    corrected="z = W x",
    counterexample="print('two words')",
)


def altered(**fields):
    return dataclasses.replace(GOOD, **fields)


def documented(check):
    check.__doc__ = "For this test."
    return check


def test_a_good_entry_is_not_reported():
    assert gaps(GOOD) == faults(GOOD) == []
    assert GOOD.passes() and not GOOD.passes(GOOD.literal)


def test_a_check_that_accepts_everything_is_reported():
    found = faults(altered(check=documented(lambda form: None)))
    assert len(found) == len(wrong_forms(GOOD)) == 3
    assert all("zheng-test" in fault and "accepted" in fault for fault in found)


def test_a_check_that_refuses_everything_is_reported():
    def refuse(form):
        raise AssertionError

    (found,) = faults(altered(check=documented(refuse)))
    assert "the right form is refused" in found


def test_a_check_of_symmetric_cases_only_is_reported():
    def symmetric(form):
        W = np.array([[2.0, 1.0], [1.0, 3.0]])
        equal(form(W, np.array([1.0, 2.0])), [4, 7])

    found = faults(altered(check=documented(symmetric)))
    assert len(found) == 2
    assert any("transpose dropped" in fault for fault in found)


@pytest.mark.parametrize("factor", [1 + 1e-6, 1 - 1e-6, 0.5])
def test_a_right_form_that_is_slightly_off_is_reported(factor):
    assert len(faults(altered(right=lambda W, x: factor * (W @ x)))) == 1


def test_an_altered_form_that_equals_the_right_one_is_reported():
    same = altered(mutants={**GOOD.mutants, "factor lost": lambda W, x: W @ x})
    (found,) = faults(same)
    assert "factor lost" in found


def test_an_altered_form_that_does_not_run_is_reported():
    (found,) = faults(altered(mutants={"sign flipped": lambda W, x: no_such_name}))  # noqa: F821
    assert "does not run" in found


@pytest.mark.parametrize(
    "fields",
    [
        {"verdict": "fine"},
        {"verdict": CORRECT},
        {"verdict": ASSUMES},
        {"verdict": INCOMPLETE},
        {"reason": ""},
        {"reason": "$x"},
        {"corrected": ""},
        {"literal": None},
        {"counterexample": ""},
        {"counterexample": "x = 1\n" * 9},
        {"assumption": "Something."},
        {"readings": ("One.", "Two.")},
        {"mutants": {}},
        {"mutants": {"sign flipped": abs}},
        {"mutants": {"sign flipped": abs, "something else": abs}},
        {"equations": ("eq-no-such-label",)},
        {"names": ("no_such_name",)},
        {"names": ("Network.no_such_method",)},
        {"chapter": "no_such_chapter"},
        {"check": lambda form: None},
        {"id": "nobody-1"},
    ],
    ids=str,
)
def test_an_entry_that_is_not_complete_is_reported(fields):
    assert gaps(altered(**fields)) != []


def test_a_list_with_an_entry_missing_twice_or_out_of_order_is_reported():
    assert missing(IDS, ENTRIES[1:]) == [f"{ENTRIES[0].id} is left out"]
    assert missing(IDS, [*ENTRIES, ENTRIES[0]]) == [f"{ENTRIES[0].id} twice"]
    assert missing(IDS, ENTRIES[::-1]) == ["out of order"]


def test_the_build_warns_of_a_failed_check_and_marks_the_row(monkeypatch):
    path = BOOK / "_ext" / "ledger_pages.py"
    monkeypatch.setattr(sys, "path", list(sys.path))
    spec = importlib.util.spec_from_file_location("ledger_pages", path)
    pages = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(pages)
    said = []
    monkeypatch.setattr(pages.logger, "warning", lambda text, **_: said.append(text))
    accepts_all = altered(check=documented(lambda form: None))
    monkeypatch.setattr(pages, "ENTRIES", [GOOD, accepts_all])
    found = pages.try_all(None)
    assert found == {"zheng-test": faults(accepts_all)}
    assert said == faults(accepts_all)
