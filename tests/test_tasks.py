"""The tasks: their files, where they stand in the chapters, and what is said to answers."""

import re
from collections import Counter

import ipywidgets
import numpy as np
import pytest
from bs4 import BeautifulSoup
from exercises import check, feedback, forms, predict, tasks, tools
from exercises.feedback import answer
from test_exercises import CHAPTERS, EXERCISES, ROOT

import nnlab
from nnlab import sigmoid

TASKS = [task for name in tasks.chapters() for task in tasks.tasks_of(name).values()]
each_task = pytest.mark.parametrize("task", TASKS, ids=lambda task: task.id)
FORMS = [task for task in TASKS if task.kind in tasks.FORMS]
CODE = [task for task in TASKS if task.kind in tasks.CODE]
each_form = pytest.mark.parametrize("task", FORMS, ids=lambda task: task.id)
each_code = pytest.mark.parametrize("task", CODE, ids=lambda task: task.id)


def place(task):
    """Return the number of the cell with a task's question."""
    label = f"(task-{task.id})=\n"
    (at,) = [k for k, c in enumerate(CHAPTERS[task.chapter]) if c.source.startswith(label)]
    return at


# The chapters.


def test_every_task_of_a_notebook_has_a_section_in_its_file():
    labels = {
        label
        for cells in CHAPTERS.values()
        for cell in cells
        for label in re.findall(r"^\(task-(.*)\)=$", cell.source, flags=re.M)
    }
    assert labels == {task.id for task in TASKS}
    assert len(labels) == len(TASKS)


@each_task
def test_a_task_is_asked_in_its_chapter(task):
    question, cell, *more = CHAPTERS[task.chapter][place(task) :]
    assert re.search(rf"^\*\*Task: {task.kind}( ★)?\.\*\*", question.source, flags=re.M)
    if task.kind in tasks.FORMS:
        assert cell.source == f'predict("{task.id}")'
        assert cell.metadata.tags == ["remove-input"]
        return
    assert f'check("{task.id}", ' in cell.source
    unsolved = "Not written yet" if task.kind == "build" else "This is the program as given"
    assert cell.outputs[0].text.startswith(unsolved)
    assert f'check("{task.id}", ' in more[0].source
    assert more[0].metadata.tags == ["hide-cell", "solution"]
    assert more[0].metadata.mystnb.code_prompt_show == "Solution"
    assert more[0].outputs[0].text.startswith("Right.")


@each_form
def test_a_task_is_not_answered_before_it_is_asked(task):
    before = CHAPTERS[task.chapter][: place(task)]
    said = "\n".join(
        f"{cell.source}\n{[o.get('text', '') for o in cell.get('outputs', ())]}" for cell in before
    )
    for field in task.fields:
        if not field.choices and len(field.text) > 3 and not isinstance(field.right, tuple):
            assert not re.search(rf"(?<![\d.]){re.escape(field.text)}(?!\d)", said)


@each_code
def test_a_solution_does_not_stand_above(task):
    above = CHAPTERS[task.chapter][: place(task)]
    code = {"".join(cell.source.split()) for cell in above if cell.cell_type == "code"}
    solution = CHAPTERS[task.chapter][place(task) + 2].source
    body = "".join(solution.partition("\n")[2].partition("\n\n\n")[0].split())
    assert body and not any(body in each for each in code)


@each_code
def test_the_chapter_shows_what_is_said_to_its_programs(task, capsys):
    chapter = {"sigma": sigmoid, "sigma_prime": sigmoid.derivative}
    at = place(task)
    for cell in CHAPTERS[task.chapter][at + 1 : at + 3]:
        names = {"np": np, "check": check, **vars(nnlab), **chapter}
        exec(cell.source.partition("\njudge(")[0], names)
        assert cell.outputs[0].text.startswith(capsys.readouterr().out)


# What is said to the answers in a form.

SPELLED = {0.25: ["0.25", "0,25", "1/4", "2.5e-1", " +.25 ", "25 %", "2.5·10^-1", "≈ 0.25"]}
SPELLED |= {-3.0: ["-3", "−3", "–3.0", "-3,0", "-6/2"], 1200.0: ["1200", "1.2e3", "1 200"]}
SPELLED |= {None: ["", "three", "1/0", "1/2/3", "0.2.5", "--1", "3x2", "(3, 2)"]}
SHAPES = {(3, 2): ["(3, 2)", "3x2", "3 × 2", "[3,2]", "3*2", " 3 2 "], (4,): ["(4,)", "4", "(4)"]}
SHAPES |= {(): ["()"], None: ["", "three", "3.5", "(a, b)"]}


def test_numbers_and_shapes_are_read_in_many_spellings():
    for reader, table in (tasks.number_in, SPELLED), (tasks.shape_in, SHAPES):
        for value, texts in table.items():
            for text in texts:
                assert reader(text) == value, text


def spellings(field):
    """Return the right answer of a field in three spellings."""
    if field.choices:
        return [field.right]
    if isinstance(field.right, tuple):
        return [field.text, "×".join(map(str, field.right)) or "[ ]", f" {field.text}"]
    return [field.text, f"{2 * field.right!r}/2", f"{field.right:.12e}".replace(".", ",")]


def plausible(field):
    """Return wrong answers to a field."""
    if field.choices:
        return [each for each in field.choices if each != field.right]
    listed = [wrong for wrong, _ in field.wrong]
    if isinstance(field.right, tuple):
        right = list(field.right)
        shapes = [right[::-1], [*right, 1], right[:-1], [*right, *right], [9, *right], [7, 7, 7]]
        return listed + [str(tuple(s)) for s in shapes if tuple(s) != field.right]
    x = field.right
    numbers = [-x, 2 * x, x / 2, 1 + x, x - 1, 10 * x, 1.04 * x, x + 0.5, 7, -2, 3]
    return listed + [f"{each:.9g}" for each in numbers if abs(each - x) > field.within]


@each_form
def test_right_answers_are_accepted_and_wrong_ones_led_on(task):
    assert task.because and task.hints
    for field in task.fields:
        for text in spellings(field):
            assert forms.said(field, text) == (True, "Right."), text
        wrong = plausible(field)
        assert len(set(wrong)) >= (1 if field.choices else 6)
        for text in wrong:
            right, words = forms.said(field, text)
            assert not right
            assert words is None or len(words.split()) > 2
        if field.choices:
            assert {wrong for wrong, _ in field.wrong} <= {*field.choices} - {field.right}
        for text, words in field.wrong:
            assert forms.said(field, text) == (False, words), text


@pytest.mark.parametrize(
    ("answer", "text", "words"),
    [
        ("0.25", "-0.25", "Look at the sign."),
        ("0.25", "0.5", "Twice"),
        ("0.25", "0.125", "Half"),
        ("0.25", "0.26", "Nearly."),
        ("100.0", "105", "Nearly."),
        ("0.25", "a lot", "Write a number"),
        ("0.25", "7", None),
        ("7", "7.1", None),
        ("0", "7", None),
        ("(3, 2)", "(2, 3)", "their order"),
        ("(3, 2)", "(6,)", "Count the axes"),
        ("(3, 2)", "(3, 3)", None),
        ("(3, 2)", "three", "Write a shape"),
        ("rises | *falls*", "rises", None),
    ],
)
def test_what_is_said_to_a_wrong_answer(answer, text, words):
    right, said = forms.said(tasks.a_field("", answer), text)
    assert not right
    assert said == words if words is None else words in said


def test_a_field_has_a_label_and_is_near_enough_within_a_hundredth():
    texts = ["0.25", "-3", "(3, 2)", "rises | *falls*"]
    labels = [tasks.a_field("", text).label for text in texts]
    assert labels == ["Your answer", "Your answer", "The shape", "Your choice"]
    assert {tasks.a_field("of z", text).label for text in texts} == {"of z"}
    assert [tasks.a_field("", text).within for text in texts] == [0.0025, 0, 0, 0]


def test_an_answer_may_be_off_by_what_is_allowed():
    field = tasks.Field("", "0.3", 0.3, within=0.1)
    assert [forms.said(field, text)[0] for text in ("0.2", "0.4", "0.401")] == [True, True, False]


def test_formulas_and_emphasis_become_html():
    assert forms.html("$a < b$ *and* **so** `x<y`") == (
        '<span class="math">\\(a &lt; b\\)</span> <em>and</em> <strong>so</strong> '
        "<code>x&lt;y</code>"
    )


@each_form
def test_the_page_has_the_fields_and_folds_of_the_task(task):
    form = BeautifulSoup(forms.page_of(task), "html.parser").form
    assert form["data-task"] == task.id
    for field, shown in zip(task.fields, form.select(".task-field"), strict=True):
        shape = isinstance(field.right, tuple)
        kind = "choice" if field.choices else "shape" if shape else "number"
        assert (shown["data-kind"], shown.name == "fieldset") == (kind, kind == "choice")
        assert shown["data-answer"] == str(list(field.right) if shape else field.right)
        assert float(shown["data-within"]) == pytest.approx(field.within, rel=1e-5)
        assert [each["value"] for each in shown.select("[type=radio]")] == [*field.choices]
        assert [each["data-wrong"] for each in shown.select("template")] == [
            wrong for wrong, _ in field.wrong
        ]
        assert shown.text.startswith(field.label)
    folds = {fold.summary.text: fold.p.text for fold in form.select(".task-folds > details")}
    hints = [f"Hint {k}" for k, _ in enumerate(task.hints, 1)] if task.hints[1:] else ["Hint"]
    assert [*folds] == [*hints, "Answer"]
    answers = [f"{each.label} is {each.text}" for each in task.fields]
    answers = answers if answers[1:] else [task.fields[0].text]
    assert folds["Answer"].startswith("; ".join(answers) + ".")


@pytest.mark.parametrize("id", ["sigmoid-softplus", "sigmoid-nothing", "nothing", "zheng-2b", None])
def test_there_is_no_form_for_what_is_no_question(id):
    with pytest.raises(ValueError, match=f"there is no form for the id {id!r}"):
        predict(id)


def test_a_form_is_refused_by_check():
    with pytest.raises(ValueError, match="is answered by a form"):
        answer("sigmoid-zeros", abs)


def test_in_a_kernel_the_form_is_a_widget(monkeypatch):
    monkeypatch.delenv("NNLAB_FRAMES", raising=False)
    live = predict("sigmoid-three-units")
    bundle = live._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert bundle["text/html"].startswith('<form class="task-form"')
    for widget, text in zip(live.fields, ["0,32", "-0.5", "7"]):
        widget.value = text
    live.button.click()
    said = re.findall(r"<p>(.*?)</p>", live.words.value)
    assert said[0] == "unit 1: Right."
    assert said[1].startswith("unit 2: You multiplied by the output.")
    assert said[2:] == ["unit 3: Not yet. Look at the next hint."]
    for widget, text in zip(live.fields, ["8/25", "-1/4", "0"]):
        widget.value = text
    live.button.click()
    assert "Each unit multiplies its own message" in live.words.value


@each_form
def test_in_a_kernel_the_label_stands_before_what_is_said_if_there_are_several(task):
    live = forms.Live(task, "")
    live.answer()
    said = re.findall(r"<p>(.*?)</p>", live.words.value)
    for field, words in zip(task.fields, said, strict=True):
        assert words.startswith(f"{field.label}: ") == (len(task.fields) > 1)


def test_a_choice_is_a_widget_with_buttons():
    widget = forms.widget_of(tasks.a_field("It", "rises | *falls*"))
    assert isinstance(widget, ipywidgets.RadioButtons) and widget.value is None


def test_the_examples_in_contributing_are_whole_tasks():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    text = text.partition("\n## Adding a task\n")[2].partition("\n## Adding a line")[0]
    for section in re.findall(r"```\n\s*## (.*?)```", text, flags=re.DOTALL):
        names = {"np": np, **vars(tools), "sigmoid": sigmoid}
        example = tasks.task(re.sub(r"^   ", "", section, flags=re.M), names)
        original = tasks.task_of(example.id)
        assert example.kind == original.kind and len(section.splitlines()) <= 10
        assert example.because or example.compared == original.compared


# What is said to a function.


@each_code
def test_a_checker_accepts_three_right_functions_and_refuses_six_wrong_ones(task):
    for form in task.rights:
        assert answer(task.id, form).startswith("Right. Compared: ")
    assert len(task.rights) >= 3 and task.right is task.rights[0]
    refused = 0
    for form in [*(form for form, _ in task.wrong), *task.altered.values()]:
        refused += not answer(task.id, form).startswith("Right. ")
    assert refused >= 6
    for form, words in task.wrong:
        said = answer(task.id, form)
        assert said.startswith("Not yet: ") and words.replace("$", "") in said
    if task.kind == "find the bug":
        assert answer(task.id, task.literal).startswith("This is the program as given itself: ")


# What an answer says is compared, and how much of it each case has.
COMPARED = [
    ("cross_entropy-from-scores", "three batches", lambda Z, t: Z.shape, [(3, 4), (4, 2), (2, 3)]),
    ("cross_entropy-from-scores", "several hundred", lambda Z, t: abs(Z).max() > 700, [0, 0, 1]),
    (
        "cross_entropy-slow",
        "one to four samples",
        lambda W, X, *_: X.shape + W.shape,
        [(4, 2, 3, 2), (3, 3, 2, 3), (1, 3, 3, 3)],
    ),
    ("cross_entropy-slow", "two steps", lambda *case: case[-1], [2, 2, 2]),
    (
        "delta_recursion-errors",
        "one, two and three layers",
        lambda W, slope, last: [*map(len, slope), len(last)],
        [[3, 2, 4], [2, 3], [3, 3, 3, 3]],
    ),
    ("delta_recursion-gradient", "one to three samples", lambda *case: len(case[4]), [2, 3, 1]),
    (
        "delta_recursion-gradient",
        "three networks of different widths",
        lambda W1, b1, W2, *_: W1.shape + W2.shape,
        [(2, 3, 4, 2), (4, 2, 2, 4), (3, 3, 3, 3)],
    ),
    ("graphs-node", "several hundred", lambda A, v: abs(A).max() > 700, [0, 0, 1]),
    ("graphs-node", "three columns", lambda A, v: len(A), [3, 2, 4]),
    ("graphs-skip", "one to four units", lambda x, W, v: len(x), [2, 1, 4]),
    ("graphs-pool", "three tries", lambda x, v: len(v), [4, 4, 4]),
    (
        "hour-columns",
        "two and three layers",
        lambda W, b, X, Y: [len(X), *map(len, b.values())],
        [[2, 2, 1], [3, 2, 4], [4, 3, 2, 2]],
    ),
    ("hour-columns", "two to four samples", lambda W, b, X, Y: X.shape[1], [3, 4, 2]),
    (
        "hour-order",
        "two starts",
        lambda W, *_: W[1].shape + W[2].shape,
        [(2, 2, 2, 2), (4, 3, 3, 4)],
    ),
    ("lab_convolution-stride", "one to three kernels", lambda W, *_: len(W), [2, 1, 3]),
    (
        "lab_convolution-stride",
        "pictures of three sizes",
        lambda W, a, delta: a.shape,
        [(5, 7), (3, 5), (7, 5)],
    ),
    (
        "lab_convolution-down",
        "pictures of three sizes",
        lambda W, delta: W.shape + delta.shape,
        [(3, 3, 3, 4), (2, 2, 2, 2), (3, 3, 1, 2)],
    ),
    (
        "lab_digits-schedule",
        "beginning, inside and at the end",
        lambda *case: case[1] % case[2],
        [0, 3, 0, 1, 3, 0],
    ),
    ("lab_spirals-curvature", "one to three parameters", lambda *case: len(case[1]), [2, 3, 1]),
    ("lab_xor-median", "eight, seven and six starts", len, [8, 7, 6]),
    ("lab_xor-median", "some of which never arrive", lambda e: sum(np.isinf(e)), [2, 2, 4]),
    ("momentum-mixed", "three steps", lambda *case: case[-1], [3, 3, 3]),
    ("momentum-mixed", "one to three directions", lambda A, *_: len(A), [2, 3, 1]),
    ("momentum-loop", "two or three epochs", lambda *case: case[-1], [2, 3, 2]),
    (
        "momentum-loop",
        "full and smaller",
        lambda w, X, *case: (*X.shape, case[-2]),
        [(5, 2, 2), (4, 3, 2), (3, 1, 4)],
    ),
    ("networks-layer", "one to four samples", lambda A, *_: len(A), [4, 1, 3]),
    (
        "networks-layer",
        "three activation functions",
        lambda *case: case[-1].__name__,
        ["sigmoid", "tanh", "softmax"],
    ),
    ("networks-mean-gradient", "two to four samples", lambda G, *_: len(G), [2, 4, 3]),
    (
        "networks-mean-gradient",
        "matrices of three shapes",
        lambda G, W, lam: W.shape,
        [(3, 2), (2, 2), (1, 3)],
    ),
    ("softmax-gain", "two to six classes", lambda a, *_: len(a), [3, 2, 6]),
    ("softmax-gain", "three gains", lambda a, v, chi: chi, [2, 0.5, 3]),
    ("softmax-axis", "one to four samples", lambda Z: Z.shape, [(4, 3), (3, 3), (1, 2), (2, 4)]),
    ("softmax-axis", "a thousand lower", lambda Z: np.ptp(Z) // 990, [0, 0, 0, 1]),
]


@pytest.mark.parametrize(("id", "words", "counted", "found"), COMPARED)
def test_what_is_compared_is_what_the_answer_says(id, words, counted, found):
    task = tasks.task_of(id)
    assert words in task.compared
    assert [counted(*case.values()) for case in task.given()] == found


SOFTPLUS = tasks.task_of("sigmoid-softplus").right


def spoiling(z, v):
    v *= SOFTPLUS(z, np.ones_like(v))
    return v


@pytest.mark.parametrize(
    ("form", "words"),
    [
        (lambda z, v: (..., ...), "Not written yet: "),
        (lambda z, v: ... if z.size == 3 else z[9], "Not written yet: put your code in the place"),
        (lambda z, v: None if z.size == 3 else z[9], "Not finished: "),
        (lambda z, v: SOFTPLUS(z, v) + 1, "every entry is too large by 1: a summand, not a factor"),
        (lambda z, v: 2 * SOFTPLUS(z, v), "too large by the factor 2"),
        (lambda z, v: SOFTPLUS(z, np.ones_like(v)), "These are the slopes."),
        (
            lambda z, v: SOFTPLUS(z, v) * np.ones(7),
            "two shapes do not fit entry by entry: (3,) and",
        ),
        (
            lambda z, v: z @ np.ones((5, 3)),
            "on its right has 5 rows, what stands on its left has 3",
        ),
        (lambda z, v: z.dot(np.ones((5, 3))), "its left has 3 columns, what stands on its right"),
        (lambda z, v: z @ 3.0, "`@` stands beside a single number"),
        (lambda z, v: z[5], "index 5 is asked for, where there are 3 entries"),
        (lambda z, v: SOFTPLUS(z), "your function calls another one without 'v'"),
        (lambda z: z, "the function has to take 2 arguments."),
        (lambda z, v: z[5], "in the line `(lambda z, v: z[5]"),
        (lambda z, v: SOFTPLUS(z, v) * (z.size == 3), "Right in 2 of 3 tries."),
        (lambda z, v: z, "\nTo see it yourself:\nz = np.array(["),
        (spoiling, "the function writes into its argument v"),
        (
            lambda z, v: np.diag(SOFTPLUS(z, np.ones_like(v))) @ v,
            "where 6 are enough.\nTried with z (3,), v (3,).",
        ),
    ],
)
def test_the_answer_to_a_function_leads_on(form, words):
    assert words in answer("sigmoid-softplus", form)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("factor lost: `a` for `a * b`", "a missing factor"),
        ("factor lost: `a` for `a + b`", "a missing summand"),
        ("factor lost: `z` for `sigmoid(z)`", "a missing sigmoid"),
        ("sign flipped: `a` for `-a`", "a wrong sign"),
        ("sign flipped: `a + b` for `a - b`", "a wrong sign"),
    ],
)
def test_what_a_function_looks_like_is_said(name, words):
    assert feedback.kind_of(name) == words


def test_a_missing_summand_is_told_from_a_missing_factor():
    said = answer("dmml-4b", lambda w, b, a, lv, j: w[lv][j] @ a[lv - 1])
    assert "It looks like a missing summand." in said


def test_products_are_counted_however_they_are_written():
    W, x = np.ones((3, 4)), np.ones(4)
    forms = [
        (lambda W, x: W @ x, 12),
        (lambda W, x: W.dot(x), 12),
        (lambda W, x: np.einsum("ij,j->i", W, x), 12),
        (lambda W, x: np.sum(W * x, axis=1), 12),
        (lambda W, x: np.outer(x, x), 16),
        (lambda W, x: np.vdot(x, x) + np.inner(x, x), 8),
        (lambda W, x: np.exp(W) + 1, 0),
        (lambda W, x: np.concatenate([2 * x, x]), 4),
    ]
    for form, products in forms:
        assert tools.products_of(form, [W, x]) == products


def test_products_are_counted_in_all_arrays_and_afterwards_too():
    W, v, t = np.ones((3, 4)), np.ones((5, 4)), np.ones((2, 3, 4))
    forms = [
        (lambda W, v, t: np.outer(W @ W.T, v), 36 + 9 * 20),
        (lambda W, v, t: np.einsum("ij, kj->ik", W, v), 60),
        (lambda W, v, t: np.tensordot(W, v.T, 1), 60),
        (lambda W, v, t: np.vdot(v[0], [1.0] * 4), 4),
        (lambda W, v, t: np.vdot(W, W) / 2 + W[0, 0] * W[0, 1], 12),
        (lambda W, v, t: W / 2 - W * v[0], 24),
        (lambda W, v, t: v[0] @ v[0], 4),
        (lambda W, v, t: np.multiply(W, W, out=np.empty((3, 4))), 12),
        (lambda W, v, t: np.multiply(W, W, out=W) * 3, 24),
        (lambda W, v, t: np.sum(t @ W.T), 72),
        (lambda W, v, t: np.concatenate([W, v]) / 2, 32),
        (lambda W, v, t: np.tanh(W).sum(axis=0) / 3, 4),
    ]
    for form, products in forms:
        assert tools.products_of(form, [W.copy(), v, t]) == products
    assert tools.products_of(forms[0][0], [W, v, t]) == forms[0][1]  # counted anew


def test_the_numbers_of_the_cases_are_easy_to_type(rng):
    numbers = tools.short(rng, 100, 100)
    assert numbers.shape == (100, 100)
    assert np.array_equal(numbers, numbers.round(1))
    assert not {-1, 0, 1} & {*numbers.flat}
    assert abs(numbers.mean()) < 0.1 and 1.4 < numbers.std() < 1.6


def test_the_cases_of_arrays_have_three_sizes_and_different_numbers():
    cases = list(tools.arrays(A="ijm")())
    assert [case["A"].shape for case in cases] == [(3, 2, 4), (2, 4, 1), (3, 3, 3)]
    assert len({case["A"].flat[0] for case in cases}) == 3


def test_a_slip_may_be_corrected_by_functions_that_take_no_complex_numbers():
    import math

    def loss(Y, T):
        return np.linalg.norm(Y - T) ** 2 / 2

    assert answer("zheng-loss", loss).startswith("Right. ")
    assert not answer("zheng-loss", lambda Y, T: np.linalg.norm(Y - T)).startswith("Right. ")
    right = "domke-3-l"
    assert answer(right, lambda y, f: -f[y] + math.log(sum(map(math.exp, f)))).startswith("Right.")


# How many there are.

WANTED = {"hour": 8, "networks": 9, "sigmoid": 7, "softmax": 7, "cross_entropy": 9}
WANTED |= {"delta_recursion": 13, "graphs": 9, "momentum": 7}
WANTED |= {"lab_xor": 4, "lab_spirals": 5, "lab_digits": 5, "lab_convolution": 5}


def test_there_are_enough_tasks_of_each_kind():
    slips = Counter(param.values[0] for param in EXERCISES)
    found = Counter(task.chapter for task in TASKS) + slips
    for chapter, count in WANTED.items():
        assert found[chapter] >= count, chapter
    assert {*found} == {*WANTED} == {*CHAPTERS} and found.total() >= 60
    kinds = Counter(task.kind for task in TASKS)
    assert {*kinds} == {*tasks.KINDS} and min(kinds.values()) >= 10 <= slips.total()
    for chapter in WANTED:
        assert len({task.kind for task in TASKS if task.chapter == chapter}) >= 2, chapter
