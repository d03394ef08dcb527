"""The tasks on the built page, in a real Chromium: see test_browser.py."""

import pytest
from browser import new_context
from exercises import forms
from test_tasks import FORMS, SHAPES, SPELLED, plausible, spellings

pytestmark = pytest.mark.browser
THREE = ".task[data-task=sigmoid-three-units]"

# What the page says to each answer of each field of a form.
ANSWERS = """([html, answers]) => {
  const box = document.createElement("div");
  box.innerHTML = html;
  return [...box.querySelectorAll(".task-field")].map((field, k) => answers[k].map((text) => {
    const [right, words] = judge(field, text);
    return [right, words === null ? null : (words.textContent ?? words)];
  }));
}"""
REFUSED = """
  for (const name of ["getItem", "setItem", "removeItem"]) {
    const kept = Storage.prototype[name];
    Storage.prototype[name] = function (key, ...more) {
      if (key.startsWith("nnlab:")) throw new DOMException("refused");
      return kept.call(this, key, ...more);
    };
  }
"""


@pytest.fixture
def context(chromium, home):
    context = new_context(chromium, home)
    yield context
    assert context.faults == []
    context.close()


@pytest.fixture
def page(context, home):
    page = context.new_page()
    page.goto(f"{home}book/sigmoid.html")
    return page


def test_the_page_and_a_kernel_say_the_same(page):
    for reader, table in ("numberIn", SPELLED), ("shapeIn", SHAPES):
        for value, texts in table.items():
            wanted = value if not isinstance(value, tuple) else str(list(value))
            assert page.evaluate(f"(texts) => texts.map({reader})", texts) == [wanted] * len(texts)
    for task in FORMS:
        answers = [[*spellings(field), *plausible(field), "?!"] for field in task.fields]
        said = page.evaluate(ANSWERS, [forms.page_of(task), answers])
        for field, texts, answered in zip(task.fields, answers, said):
            if field.choices:
                texts, answered = texts[:-1], answered[:-1]
            for text, (right, words) in zip(texts, answered):
                meant, markdown = forms.said(field, text)
                assert right == meant, (task.id, text)
                assert (words is None) == (markdown is None), (task.id, text)


def test_a_task_is_solved_wrong_and_right_by_keyboard_and_remembered(context, page):
    box = page.locator(THREE)
    assert page.locator(".task-sum").count() == 0
    for text in ["0,32", "-0.5"]:
        box.locator("input").nth(["0,32", "-0.5"].index(text)).fill(text)
    box.locator("input").nth(1).press("Enter")
    said = box.get_by_role("status")
    assert "unit 1: Right." in said.inner_text()
    assert "unit 2: You multiplied by the output." in said.inner_text()
    assert "unit 3: Write a number" in said.inner_text()
    assert said.locator("svg.formula").count()
    assert not box.locator(".task-answer").evaluate("(fold) => fold.open")
    assert page.locator(".bd-links .current .task-count").inner_text().startswith("0 of ")

    page.keyboard.press("Control+A")
    page.keyboard.type("-1/4")
    page.keyboard.press("Tab")
    page.keyboard.type("0")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert box.locator(".task-answer").evaluate("(fold) => fold.open")
    page.reload()
    assert page.locator(THREE).get_attribute("data-state") == "solved"
    assert page.locator(".bd-links .current .task-count").inner_text().startswith("1 of ")
    assert "All of it stays on your machine." in page.locator(".task-sum").inner_text()
    page.get_by_role("button", name="Forget them").click()
    assert page.locator(".task-count, .task-sum").count() == 0
    assert page.evaluate("tasks.all()") == {}
    assert page.evaluate("Object.keys(localStorage).filter((each) => each.includes('task'))") == []


def test_an_answer_nobody_thought_of_opens_the_hints_by_mouse(page):
    box = page.locator(".task[data-task=sigmoid-zeros]")
    for hints in (1, 2, 2):
        box.locator("input").fill("123")
        box.get_by_role("button", name="Check").click()
        assert box.locator(".task-hint[open]").count() == hints
    assert "Read the hints once more" in box.get_by_role("status").inner_text()


def test_a_check_that_runs_in_the_page_is_remembered(page):
    box = page.locator(".task[data-task=sigmoid-softplus]")
    own, solution = ".cell:not(.tag_solution) .output pre", ".cell.tag_solution .output pre"
    for where, text, state in (
        (own, "Not yet: too large.", "tried"),
        (solution, "Right. Compared: values, again.", "tried"),
        (own, "Right. Compared: values.", "solved"),
    ):
        box.locator(where).last.evaluate("(output, text) => (output.textContent = text)", text)
        page.wait_for_function(
            "([box, state]) => box.dataset.state === state", arg=[box.element_handle(), state]
        )


def test_where_nothing_can_be_stored_a_task_answers_all_the_same(context, home):
    context.add_init_script(REFUSED)
    page = context.new_page()
    page.goto(f"{home}book/sigmoid.html")
    box = page.locator(".task[data-task=sigmoid-zeros]")
    box.locator("input").fill("9900")
    box.get_by_role("button", name="Check").click()
    assert box.get_by_role("status").inner_text() == "Right."


def test_without_javascript_hints_and_answer_unfold(chromium, home):
    context = new_context(chromium, home, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{home}book/sigmoid.html")
    box = page.locator(".task[data-task=sigmoid-zeros]")
    assert not box.get_by_role("button").count()
    box.locator("summary", has_text="Answer").click()
    assert "9900." in box.inner_text()
    context.close()
