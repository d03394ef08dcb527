"""The ledger: every line of the five sources has a row, and every row a check that can fail.

``ledger_ids.txt`` holds the ids that links rely on, in the order of the documents.
"""

import dataclasses
import inspect
import json
import re
from collections import Counter
from pathlib import Path

import ledger_pages
import numpy as np
import pytest
from ledger import (
    ASSUMES,
    CLAIMS,
    CORRECT,
    INCOMPLETE,
    SOURCES,
    UNCHECKED,
    VERDICTS,
    WRONG,
    altered,
    dmml,
    entry,
    tools,
)
from ledger.trial import all_entries, entries_of, judge, output, program, refusal, trial

import nnlab

ROOT = Path(__file__).resolve().parents[1]
BOOK = ROOT / "book"
ENTRIES = all_entries()
IDS = (ROOT / "tests" / "ledger_ids.txt").read_text(encoding="utf-8").split()
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
    prose = (entry.reason, entry.shapes, entry.assuming, *entry.readings)
    wanted = {
        "a known verdict": entry.verdict in VERDICTS,
        "a known source": entry.source in SOURCES,
        "a place": bool(entry.where),
        "a printed form": bool(entry.printed),
        "a reason": bool(entry.reason),
        "a check, unless it cannot be checked": (
            bool(entry.lines) == bool(entry.right) == (entry.verdict != UNCHECKED)
        ),
        "words for each line of its check": all(words for _, words in entry.lines),
        "a corrected form, only if wrong or incomplete": (
            bool(entry.corrected) == (entry.verdict in (WRONG, INCOMPLETE))
        ),
        "an assumption, only if it assumes one": (
            bool(entry.assuming) == (entry.verdict == ASSUMES)
        ),
        "two readings, only if incomplete": (
            len(entry.readings) >= 2 if entry.verdict == INCOMPLETE else not entry.readings
        ),
        "a literal form, if wrong, and none if right": (
            entry.literal is not None
            if entry.verdict == WRONG
            else entry.literal is None or entry.verdict == INCOMPLETE
        ),
        "a counterexample, if there is a literal form": (
            bool(entry.counterexample) == (entry.literal is not None)
        ),
        "an altered form": entry.verdict == UNCHECKED or bool(entry.altered),
        "labels that the chapters have": set(entry.equations) <= LABELS,
        "names that nnlab has": all(map(in_nnlab, entry.names)),
        "a chapter that exists": entry.chapter in CHAPTERS,
        "paired dollar signs": all(text.count("$") % 2 == 0 for text in prose),
        "short lines in the counterexample": all(
            len(line) <= 76 for line in entry.counterexample.splitlines()
        )
        and len(entry.counterexample.splitlines()) <= 12,
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
    for source in SOURCES:
        assert {entry.source for entry in entries_of(source)} == {source}


def test_every_verdict_occurs():
    assert {entry.verdict for entry in ENTRIES} == set(VERDICTS)


def test_rows_have_anchors_of_their_own():
    assert len({entry.anchor for entry in ENTRIES}) == len(ENTRIES)
    assert all(re.fullmatch(r"[A-Za-z][\w-]*", entry.anchor) for entry in ENTRIES)


def test_no_two_slips_are_called_right_by_each_other_only():
    mended = {entry.id: set(entry.mended) for entry in ENTRIES if entry.mended}
    alone = [{id, *by} for id, by in mended.items() if len(by) == 1]
    assert [pair for pair in alone if alone.count(pair) > 1] == []


def test_no_line_is_listed_twice():
    printed = Counter((entry.source, entry.where, entry.printed) for entry in ENTRIES)
    assert [line for line, count in printed.items() if count > 1] == []


@each_entry
def test_entry_is_complete(entry):
    assert gaps(entry) == []


@each_entry
def test_check_accepts_the_right_form_and_refuses_all_that_are_not_listed(entry):
    assert trial(entry).faults == []


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


def test_more_than_two_thousand_altered_forms_are_judged_and_few_are_equivalent():
    trials = [trial(entry) for entry in ENTRIES]
    assert sum(t.refused for t in trials) > 2000
    assert sum(t.of - t.refused for t in trials) < 30
    assert all(why for entry in ENTRIES for why in entry.equivalent.values())


def test_the_ledger_is_short():
    files = (file for kind in ("md", "py") for file in BOOK.glob(f"ledger/*.{kind}"))
    lines = [len(file.read_text(encoding="utf-8").splitlines()) for file in files]
    assert 1000 < sum(lines) <= 4300


# The machinery itself: what it must report. The entry is the product of a matrix and a vector.

GOOD_ENTRY = """\
zheng-test, nowhere: wrong as printed
$$z = x W$$
becomes $$z = W x$$
For this test.
- right(W, x): `W @ x`
- literal: `x @ W`
- check: `products: form(W, x) == sum(W[:, j] * x[j] for j in range(len(x)))` The columns.
- book: networks eq-networks-layer Network
```python
print("two words")
```
"""


def products():
    for rng, sizes, _ in tools.cases():
        yield {"W": rng.standard_normal(sizes[:2]), "x": rng.standard_normal(sizes[1])}


def symmetric():
    yield {"W": np.array([[2.0, 1.0], [1.0, 3.0]]), "x": np.array([1.0, 2.0])}


def accept(form):
    """Accept every form."""


def refuse(form):
    """Refuse every form."""
    raise AssertionError


def read(text=GOOD_ENTRY, old="", new=""):
    """Return the entry of a section, with something in it replaced."""
    assert old in text
    return entry(text.replace(old, new), {**vars(tools), **globals()})


GOOD = read()
LINE = GOOD_ENTRY.splitlines()[6].removeprefix("- check: ")


def test_a_section_becomes_an_entry():
    assert (GOOD.id, GOOD.where, GOOD.verdict) == ("zheng-test", "nowhere", WRONG)
    assert (GOOD.printed, GOOD.corrected, GOOD.reason) == ("z = x W", "z = W x", "For this test.")
    assert (GOOD.chapter, GOOD.names) == ("networks", ("Network",))
    assert GOOD.equations == ("eq-networks-layer",)
    assert GOOD.counterexample == 'print("two words")\n'
    assert GOOD.right(np.eye(2), np.ones(2)).tolist() == [1, 1]
    assert [words for _, words in GOOD.lines] == ["The columns."]


def test_a_good_entry_is_not_reported():
    assert gaps(GOOD) == trial(GOOD).faults == []
    assert GOOD.accepts(GOOD.right) and not GOOD.accepts(GOOD.literal)
    assert trial(GOOD).refused == trial(GOOD).of == len(GOOD.altered) == 5


def test_a_check_that_accepts_everything_is_reported():
    found = trial(read(old=LINE, new="`accept`")).faults
    assert len(found) == 6 and all("zheng-test" in fault for fault in found)


def test_a_check_that_refuses_everything_is_reported():
    (found,) = trial(read(old=LINE, new="`refuse`")).faults
    assert "the right form is refused" in found


def test_a_check_of_symmetric_cases_only_is_reported():
    found = trial(read(old="`products: ", new="`symmetric: ")).faults
    assert len(found) == 3  # W x, x W and W^T x are the same here
    assert any("transpose dropped" in fault for fault in found)


@pytest.mark.parametrize("factor", ["1.000001", "0.999999", "0.5"])
def test_a_right_form_that_is_slightly_off_is_reported(factor):
    found = trial(read(old="`W @ x`", new=f"`{factor} * (W @ x)`")).faults
    assert any("the right form is refused" in fault for fault in found)


def test_an_altered_form_that_is_right_has_to_be_listed_with_its_reason():
    once_more = GOOD_ENTRY.replace("`W @ x`", "`1 * (W @ x)`")
    (found,) = trial(read(once_more)).faults
    assert "factor lost: `W @ x` for `1 * (W @ x)`" in found
    line = "- same: factor lost: `W @ x` for `1 * (W @ x)` since it is one\n- book"
    assert trial(read(once_more, "- book", line)).faults == []
    (found,) = trial(read(old="- book", new=line)).faults
    assert "listed as equivalent" in found


def test_an_altered_form_that_does_not_run_is_not_counted():
    clumsy = read(old="`W @ x`", new="`(lambda: W)() @ x`")
    assert trial(clumsy).faults == []
    assert all(isinstance(refusal(clumsy, f), Exception) for f in clumsy.altered.values())


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("a * b", ["factor lost: `b` for `a * b`", "factor lost: `a` for `a * b`"]),
        ("a - b", ["sign flipped: `a + b` for `a - b`", "names exchanged: `a` and `b`"]),
        ("np.exp(a) + b", ["factor lost: `a` for `np.exp(a)`", "factor lost: `b`"]),
        ("a @ b", ["transpose dropped: `a.T @ b` for `a @ b`"]),
        ("a.T @ b", ["transpose dropped: `a` for `a.T`"]),
        ("a[i, j]", ["names exchanged: `i` and `j`", "index shifted: `a[i - 1, j]`"]),
        ("sum(a[k] for k in range(b))", ["`range(0 + 1, b)`", "`range(0, b - 1)`"]),
        ("np.sum(a) ** 2", ["`np.mean(a)`", "factor lost: `np.sum(a)`", "number changed: `3`"]),
        ("a if i < j else b", ["sign flipped: `i > j`", "factor lost: `a`"]),
        ("np.outer(a, b + i)", ["transpose dropped: `np.outer(b + i, a)`"]),
        ("[a, b]", ["sign flipped: `[-a, b]`", "sign flipped: `[a, -b]`"]),
        ('np.einsum("ij,j->ij", a, b)', ["'ij,j->ji'", "'jj,j->ij'"]),
        ("a['Y tilde']", ["factor lost: `a['Y']`"]),
        ("a[j] + b[i]", ["index shifted: `a[i]` for `a[j]`", "index shifted: `a[j - 1]`"]),
    ],
)
def test_each_kind_of_slip_is_derived(code, wanted):
    form = altered.form(code, "a, b, i, j", vars(tools))
    found = list(altered.forms(form))
    assert all(any(each in how for how in found) for each in wanted), found


@pytest.mark.parametrize("code", ["a + b", "a * b", "hadamard(a, b)"])
def test_the_same_formula_in_another_order_is_no_altered_form(code):
    found = altered.forms(altered.form(code, "a, b", vars(tools)))
    assert found and not any("names exchanged" in how for how in found)


def test_a_function_of_several_lines_has_altered_forms_too():
    form = altered.form("three_steps", "", {"three_steps": three_steps, "np": np})
    found = altered.forms(form)
    how = "factor lost: `np.tanh(path[-1])` for `rate * np.tanh(path[-1])`"
    assert len(found) >= 8 and found[how](2.0, 0.5) == three_steps(2.0, 1.0)


def three_steps(x, rate):
    path = [x]
    for _ in range(3):
        path.append(path[-1] - rate * np.tanh(path[-1]))
    return path


@pytest.mark.parametrize("line", ["fails", "check"])
def test_an_assumption_that_is_not_needed_is_reported(line):
    needless = read(old="- book", new=f"- {line}: {LINE}\n- book")
    assert needless.accepts(needless.right) == (line == "check")


def test_equal_compares_the_items_of_dictionaries_and_tuples():
    tools.equal({1: [1.0], 2: (2, [3, 4])}, {2: (2, [3, 4]), 1: [1.0]})
    for wrong in ({1: [1.0]}, {1: [1.0], 2: (2, [3, 5])}, {1: [1.0], 2: (2,)}, [1.0]):
        with pytest.raises(AssertionError):
            tools.equal(wrong, {2: (2, [3, 4]), 1: [1.0]})


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (0, 1.1e-9),
        ([1, 100], [1, 100 + 1.1e-7]),
        (True, False),
        ([1], 1),
        ([[1]], [1]),
        (1, {1: 1}),
    ],
)
def test_equal_is_relative_to_the_largest_entry_and_to_one(a, b):
    with pytest.raises(AssertionError):
        tools.equal(a, b)


def test_equal_accepts_what_is_near_enough():
    tools.equal([True, 2], [1, 2], tolerance=0)
    tools.equal([0, 100], [0.9e-7, 100])
    tools.equal([], [])
    tools.equal([0.1], [0], tolerance=0.2)


def test_the_cases_begin_with_a_batch_of_one_a_square_network_and_a_single_output():
    found = list(tools.cases(40))
    assert [(sizes, m) for _, sizes, m in found[:3]] == [
        ((3, 4, 2, 5), 1),
        ((3, 3, 3, 3), 4),
        ((2, 5, 3, 1), 7),
    ]
    others = [sizes for _, sizes, m in found[3:] if m == 5]
    assert {len(sizes) for sizes in others} == {4} and len(set(others)) > 30
    assert {n for sizes in others for n in sizes} == {2, 3, 4, 5, 6}
    assert len({rng.random() for rng, _, _ in found}) == 40
    assert len(list(tools.cases())) == 6


def test_derivatives_are_those_by_each_entry():
    x = np.array([[1.0, 2, 3], [4, 5, 6]])
    np.testing.assert_allclose(tools.gradient(lambda x: (x**3).sum(), x), 3 * x**2, rtol=1e-14)
    found = tools.jacobian(lambda x: x @ x[0] ** 2, x)
    wanted = np.einsum("ik,l->ikl", np.eye(2), x[0] ** 2)
    wanted[:, 0] += 2 * x * x[0]
    np.testing.assert_allclose(found, wanted, rtol=1e-14)


def test_a_network_has_the_given_matrices_and_vectors(rng):
    W, b = [rng.normal(size=s) for s in ((3, 2), (4, 3), (1, 4))], [*map(np.arange, (3, 4, 1))]
    for biases in b, None:
        network = tools.network_of(W, biases)
        assert all(map(np.array_equal, network.weights, W))
        assert biases is None or all(map(np.array_equal, network.biases, biases))


def test_judge_says_what_a_check_says(capsys):
    (right,) = [entry.right for entry in ENTRIES if entry.id == "zheng-2b"]
    judge("zheng-2b", right)
    judge("zheng-2b", lambda *arguments: np.negative(right(*arguments)))
    judge("zheng-2b", lambda *arguments: 1 / 0)
    accepted, wrong, error = capsys.readouterr().out.splitlines()
    assert accepted == "zheng-2b accepted"
    assert wrong.startswith("zheng-2b refused: AssertionError: differs by ")
    assert error == "zheng-2b refused: ZeroDivisionError: division by zero"


@pytest.mark.parametrize("entry", [e for e in ENTRIES if e.right], ids=lambda entry: entry.id)
def test_the_program_to_be_edited_is_accepted_as_it_is(entry):
    assert output(program(entry)) == f"{entry.id} accepted\n"


def test_an_entry_without_a_form_has_nothing_to_try():
    (unchecked, *_) = [entry for entry in ENTRIES if entry.verdict == UNCHECKED]
    assert trial(unchecked) == ([], 0, 0)
    assert unchecked.altered == {} and unchecked.accepts(None)


@pytest.mark.parametrize(
    "fields",
    [
        {"verdict": "fine"},
        {"verdict": CORRECT},
        {"verdict": ASSUMES},
        {"verdict": INCOMPLETE},
        *({"verdict": verdict} for verdict in CLAIMS),
        {"reason": ""},
        {"reason": "$x"},
        {"corrected": ""},
        {"literal": None},
        {"counterexample": ""},
        {"counterexample": "x = 1\n" * 13},
        {"assuming": "Something."},
        {"readings": ("One.", "Two.")},
        {"lines": ()},
        {"lines": (("accept", ""),)},
        {"right": None},
        {"equations": ("eq-no-such-label",)},
        {"names": ("no_such_name",)},
        {"names": ("Network.no_such_method",)},
        {"chapter": "no_such_chapter"},
        {"id": "nobody-1"},
    ],
    ids=str,
)
def test_an_entry_that_is_not_complete_is_reported(fields):
    assert gaps(dataclasses.replace(GOOD, **fields)) != []


def test_a_list_with_an_entry_missing_twice_or_out_of_order_is_reported():
    assert missing(IDS, ENTRIES[1:]) == [f"{ENTRIES[0].id} is left out"]
    assert missing(IDS, [*ENTRIES, ENTRIES[0]]) == [f"{ENTRIES[0].id} twice"]
    assert missing(IDS, ENTRIES[::-1]) == ["out of order"]


def test_the_build_warns_of_a_failed_check(monkeypatch):
    said = []
    monkeypatch.setattr(ledger_pages.logger, "warning", lambda text, **_: said.append(text))
    accepts_all = read(old=LINE, new="`accept`")
    ledger_pages.warn([trial(GOOD)], None)
    assert said == []
    ledger_pages.warn([trial(GOOD), trial(accepts_all)], None)
    assert said == trial(accepts_all).faults != []


def test_checks_run_again_where_something_that_they_can_use_has_changed(monkeypatch, tmp_path):
    tried, state = [], ["before"]
    monkeypatch.setattr(ledger_pages, "surroundings", lambda: state[0])
    monkeypatch.setattr(ledger_pages, "trial", lambda entry: tried.append(entry) or trial(entry))
    for wanted in 1, 1:
        assert ledger_pages.kept_trials(tmp_path, [GOOD]) == {GOOD.id: trial(GOOD)}
        assert len(tried) == wanted
    state[0] = "after"
    ledger_pages.kept_trials(tmp_path, [GOOD])
    assert len(tried) == 2 and len(list(tmp_path.iterdir())) == 1


def test_the_example_in_contributing_is_a_whole_entry_of_ten_lines():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    text = text.partition("## Adding a line to the ledger")[2]
    (section,) = re.findall(r"```\n## (.*?)```", text, flags=re.DOTALL)
    example = entry(section, {**vars(nnlab), **vars(tools), **vars(dmml)})
    assert len(section.splitlines()) <= 10
    assert gaps(example) == trial(example).faults == []
    assert trial(example).refused >= 5
