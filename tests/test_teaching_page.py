"""The page for teachers: its plans, tables and answers agree with the chapters and their tasks."""

import re
from itertools import pairwise
from math import exp, isclose, log

import nbformat
import numpy as np
import pytest
import sympy as sp
from exercises import tasks
from test_exercises import ROOT

PAGE = (ROOT / "book" / "teaching.md").read_text(encoding="utf-8")
INTRO = (ROOT / "book" / "intro.md").read_text(encoding="utf-8")
MINUTES = {
    name: int(minutes)
    for name, minutes in re.findall(
        r"^\| \[.+\]\((\w+)\.ipynb\) \|.*\| (\d+)&nbsp;min", INTRO, re.M
    )
}
SOURCES = {
    path.stem: "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)
    for path in (ROOT / "book").glob("*.ipynb")
}
LABELS = {
    label
    for text in SOURCES.values()
    for label in re.findall(r"^\(((?:task|slip)-.+)\)=$", text, flags=re.M)
}
HEADS = {name: set(re.findall(r"^#+ (.+)$", text, flags=re.M)) for name, text in SOURCES.items()}
PLANS = [
    part
    for part in re.split(r"^#+ ", PAGE, flags=re.M)
    if part.startswith(("A single afternoon", "Session"))
]
each_plan = pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.splitlines()[0])


def section(title):
    """Return what stands under a heading of the second level."""
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def read_in(text):
    """Return the minutes of the chapters that a text gives minutes to."""
    said = re.findall(r"\((\w+)\.ipynb\)(?:,| \()\s*(\d+) min", text)
    assert all(MINUTES[name] == int(minutes) for name, minutes in said), said
    return {name for name, _ in said}


# The plans.


def test_there_is_a_plan_for_an_afternoon_and_one_for_eight_sessions():
    heads = [plan.splitlines()[0] for plan in PLANS]
    assert heads[0] == "A single afternoon"
    assert [re.match(r"Session (\d): ", head)[1] for head in heads[1:]] == list("12345678")


@each_plan
def test_a_plan_tells_aims_reading_minutes_and_what_goes_wrong(plan):
    for part in ("**Aims.**", "**Read before.**", "**What goes wrong, and what to say**"):
        assert part in plan
    assert "**Homework.**" in plan or plan.startswith("A single afternoon")
    assert plan.count("\n| they write | say |\n") == 1


@each_plan
def test_the_minutes_of_a_plan_follow_each_other_to_its_end(plan):
    times = [tuple(map(int, each)) for each in re.findall(r"^\| (\d+)–(\d+) \|", plan, re.M)]
    assert times[0][0] == 0
    assert all(end == start for (_, end), (start, _) in pairwise(times))
    assert times[-1][1] == (180 if plan.startswith("A single") else 90)
    assert all(start < end for start, end in times)


@each_plan
def test_reading_takes_the_minutes_of_the_first_page(plan):
    reading = plan.split("**Read before.**")[1].split("\n\n")[0]
    assert read_in(reading) == set(re.findall(r"\((\w+)\.ipynb\)", reading))


def test_the_weeks_read_what_their_sessions_read_and_every_chapter_is_read():
    rows = re.findall(r"^\| (\d) \| \[.+?\)\s\| (.+) \| (\d+) \| (\d+) \|$", PAGE, flags=re.M)
    assert len(rows) == 4
    all_read = set()
    for week, chapters, minutes, with_tasks in rows:
        names = re.findall(r"\((\w+)\.ipynb\)", chapters)
        sessions = PLANS[2 * int(week) - 1 : 2 * int(week) + 1]
        assert set().union(*map(read_in, sessions)) == set(names)
        assert int(minutes) == sum(MINUTES[name] for name in names)
        assert int(with_tasks) == 2 * int(minutes)  # as the first page says
        all_read |= set(names)
    assert "about twice as long" in INTRO
    assert {name for name in MINUTES if not name.startswith("lab_")} <= all_read


@each_plan
def test_what_students_write_is_a_wrong_answer_that_the_task_knows(plan):
    rows = re.findall(r"^\| `(.+)` in \[(.+)\]\(#task-(.+?)\) \| (.+) \|$", plan, flags=re.M)
    assert len(rows) >= 6 or plan.startswith("Session 1:")
    assert len(rows) == len(re.findall(r"^\| `", plan, flags=re.M)) >= 4
    for wrong, name, task, _ in rows:
        assert name == task
        file = (tasks.FOLDER / f"{task.partition('-')[0]}.md").read_text(encoding="utf-8")
        text = file.split(f"\n## {task}: ")[1].split("\n## ")[0]
        assert f"\n- wrong {wrong}: " in text or f"\n- wrong: `{wrong}`" in text, (wrong, task)


@each_plan
def test_a_plan_uses_tasks_of_what_has_been_read(plan):
    at = PLANS.index(plan)
    read = {"hour"} | set().union(*map(read_in, PLANS[1 : at + 1]))
    asked = set(re.findall(r"\(#task-(\w+)-", plan))
    assert asked
    assert asked <= (read if at else {"hour"})


# The tasks and the aims.


def test_links_to_tasks_name_tasks_that_exist_by_their_ids():
    links = re.findall(r"\[([^\]]+)\]\(#(task|slip)-([^)]+)\)", PAGE)
    assert not [link for link in links if link[0] != link[2]]
    assert not {f"{kind}-{name}" for _, kind, name in links} - LABELS


def test_each_task_stands_once_in_the_table_of_aims():
    table = section("Which tasks measure which aim")
    listed = re.findall(r"\(#((?:task|slip)-[^)]+)\)", table)
    assert sorted(listed) == sorted(LABELS)
    assert f"All {len(LABELS)} tasks of the book are open" in PAGE


def test_bugs_and_slips_measure_the_aim_of_finding_errors():
    *_, checks, _ = re.findall(r"^\| .+$", section("Which tasks measure which aim"), flags=re.M)
    every = [task for name in tasks.chapters() for task in tasks.tasks_of(name).values()]
    wanted = {f"task-{task.id}" for task in every if task.kind == "find the bug"}
    wanted |= {label for label in LABELS if label.startswith("slip-")}
    listed = set(re.findall(r"\(#((?:task|slip)-[^)]+)\)", checks))
    assert wanted <= listed
    assert "find a planted error" in checks


def test_the_aims_are_those_of_the_paper():
    paper = (ROOT / "paper.md").read_text(encoding="utf-8")
    aims = paper.split("\n# Learning aims\n")[1].split("\n# ")[0]
    aims = [" ".join(each.split()) for each in re.findall(r"^- (.+?)[;.]$", aims, re.M | re.S)]
    table = section("Which tasks measure which aim")
    listed = re.findall(r"^\| (.+?) \| \[", table, flags=re.M)
    assert listed == [re.sub(r" \[@\w+\]", "", each) for each in aims] + ["*practice*"]


# The test of what students need.


def test_answers_to_what_students_need_are_right_and_say_what_to_read():
    text = section("Are they ready? Ten questions")
    answers = re.findall(r"\{dropdown\} Answer (\d+)\n(.*?)\n:::", text, flags=re.S)
    assert [number for number, _ in answers] == re.findall(r"^\*\*(\d+)\.\*\*", text, re.M)
    assert 8 <= len(answers) <= 12
    said = [answer for _, answer in answers]
    assert all("*To read:* " in answer for answer in said)
    for answer in said:
        where = answer.split("*To read:*")[1]
        for head in re.findall(r'"(.+?)"', where):
            chapters = re.findall(r"\((\w+)\.ipynb\)", where)
            assert any(head in HEADS[name] for name in chapters), head
    x, y = sp.symbols("x y")
    assert sp.diff((3 * x**2 + 1) ** 5, x) - 30 * x * (3 * x**2 + 1) ** 4 == 0
    assert "$30x\\,(3x^2 + 1)^4$" in said[0]
    by_u, by_v = 3 * x * sp.diff(x**2, x), x**2 * sp.diff(3 * x, x)
    assert (by_u, by_v, by_u + by_v) == (6 * x**2, 3 * x**2, sp.diff(x**2 * 3 * x, x))
    assert re.findall(r"(\d)x\^2", said[1])[-3:] == ["6", "3", "9"]
    assert sp.diff(x**2 * y + y**3, y) == x**2 + 3 * y**2
    W, v, A = np.ones((4, 3)), np.ones(3), np.ones((5, 3))
    assert [(W @ v).shape, (W.T @ W).shape, (W @ W.T).shape] == [(4,), (3, 3), (4, 4)]
    assert "4 entries, $3 \\times 3$, and $4 \\times 4$" in said[3]
    u, v = np.arange(4.0), np.array([3.0, 5.0, 7.0])
    assert np.outer(u, v).shape == (4, 3)
    assert np.outer(u, v)[1, 2] == u[1] * v[2]
    M = np.arange(12.0).reshape(4, 3)
    assert np.array_equal([sum(M[j, k] * u[j] for j in range(4)) for k in range(3)], M.T @ u)
    assert np.array_equal(A + np.arange(3), A + np.arange(3)[None, :])
    with pytest.raises(ValueError, match="broadcast"):
        A + np.arange(5)
    assert f"`{(np.ones((5, 1)) - np.ones(5)).shape}`" in said[7]
    assert f"`{A.sum(axis=0).shape}` and `{A.sum(axis=1, keepdims=True).shape}`" in said[8]
    assert isclose(log(exp(3) / 2), 3 - log(2))
    assert -log(0.01) > -log(0.6)
    assert said[9].startswith("$3 - \\ln 2$. Larger")


# The rubric.


def test_sample_answers_have_a_level_of_the_rubric_and_say_that_they_are_made_up():
    text = section("A rubric, with sample answers")
    levels = re.findall(r"^\| (\d) \| [\w, ]+ \| .+ \|$", text, flags=re.M)
    assert levels == list("4321")
    prompts = re.split(r"^### ", text, flags=re.M)[1:]
    assert [prompt[0] for prompt in prompts] == list("ABC")
    given = []
    for prompt in prompts:
        answers = re.findall(
            r"^::::\{dropdown\} Answer (\w)\d\n> .+?\n\n\*\*Level (\d)\.\*\* \w.+?\n::::$",
            prompt,
            flags=re.M | re.S,
        )
        assert 2 <= len(answers) <= 3
        assert {letter for letter, _ in answers} == {prompt[0]}
        assert len({level for _, level in answers}) == len(answers)
        given += [level for _, level in answers]
    assert set(given) == set(levels)
    assert "**The answers below are made up**" in text
    assert "Nobody has taught from these plans yet" in PAGE


# That it is found, and costs a learner nothing.


def test_the_page_is_linked_from_where_teachers_begin():
    assert "(teaching.md)" in INTRO
    assert "(book/teaching.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert "(../book/teaching.md)" in (ROOT / "docs" / "jose.md").read_text(encoding="utf-8")
