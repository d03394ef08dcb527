"""The questions of a chapter as a quiz for learning platforms, in QTI, by way of text2qti.

Each answer of a form is a question: a choice, a number within bounds, or a shape or zero in several
spellings. The sayings to wrong choices and the reason come along as feedback. Formulas are pictures
that Canvas draws; other platforms show their LaTeX.
"""

import re

import yaml
from exercises.tasks import tasks_of

from teaching import OUT, ROOT
from teaching.graded import question_of
from teaching.notebooks import source

# What text2qti says of every quiz, and what is true of these.
LICENCE = "Private (Copyrighted) - http://en.wikipedia.org/wiki/Copyright", "CC BY 4.0"


def description():
    """Return what questions need, and which are left out."""
    return yaml.safe_load((ROOT / "teaching" / "quiz.yml").read_text(encoding="utf-8"))


def asked(chapter):
    """Yield the questions of a chapter: the task, and its text in one line."""
    about = description()
    for cell in source(chapter).cells:
        label = re.match(r"\(task-(.*)\)=", cell.source)
        task = tasks_of(chapter)[label[1]] if label else None
        said = about.get(task.id, {}) if task else {}
        if task and task.fields and "left_out" not in said:
            text = question_of(cell.source, said.get("context", ""))
            text = re.sub(r"\*\*Task: .*?\.\*\*|\(eq-.*?\)$", "", text, flags=re.M)
            text = re.sub(r"\$\$\s*(.*?)\s*\$\$", r"$\1$", text, flags=re.S)
            yield task, " ".join(text.split())


def spellings(shape):
    """Return the ways in which a shape may be typed."""
    lengths = [str(each) for each in shape]
    inside = [", ".join(lengths), ",".join(lengths)]
    if len(lengths) == 1:
        return [f"({lengths[0]},)", f"({lengths[0]})", lengths[0]]
    return [f"({each})" for each in inside] + inside + [x.join(lengths) for x in ("x", " x ", "×")]


def answer(field):
    """Return the lines that say which answers are right."""
    if field.choices:
        said = dict(field.wrong)
        lines = []
        for letter, each in zip("abcdefgh", field.choices):
            lines.append(f"{'*' if each == field.right else ''}{letter}) {each}")
            lines += [f"... {said[each]}"] if each in said else []
        return lines
    if isinstance(field.right, tuple):
        return [f"*   {each}" for each in spellings(field.right)]
    if not field.right:  # text2qti takes no number so near to zero
        return ["*   0", "*   0.0", "*   0.00"]
    if field.within:
        return [f"=   {field.right:.9g} +- {field.within:.9g}"]
    return [f"=   {field.right:.0f}"]


def text_of(chapter):
    """Return a quiz as text2qti reads it."""
    title = re.search(r"^# (.*)$", source(chapter).cells[0].source, flags=re.M)[1]
    lines = [f"Quiz title: {title.replace('$', '')}"]
    for task, text in asked(chapter):
        for number, field in enumerate(task.fields, start=1):
            many = f" ({number} of {len(task.fields)})" if len(task.fields) > 1 else ""
            lines += ["", f"Title: {task.id}{many}", f"1.  {text} **{field.label}:**"]
            lines += [f"+   {task.because}", f"-   {task.hints[0]}", *answer(field)]
    return "\n".join(lines) + "\n"


def quiz(names):
    """Write the quiz of each chapter as a file to be imported."""
    from text2qti.config import Config
    from text2qti.qti import QTI
    from text2qti.quiz import Quiz

    folder = OUT / "quiz"
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        made = QTI(Quiz(text_of(name), config=Config(), source_name=name))
        made.imsmanifest_xml = made.imsmanifest_xml.replace(*LICENCE)
        made.save(folder / f"{name}.zip")
