"""The form of a task: a question that is answered by a number or a choice.

On a page the form is HTML, and `book/_static/tasks.js` answers. In a kernel it
is a widget, and `said` answers: both say the same. Without either, hints and
answer unfold.
"""

import os
import re
from html import escape

import ipywidgets
from IPython.display import HTML

from exercises.tasks import FORMS, number_in, shape_in, task_of


def predict(id):
    """Return the form of a task, to be displayed: the last line of a cell.

    Parameters
    ----------
    id : str
        The id of a task whose kind is "predict" or "by hand".

    Raises
    ------
    ValueError
        If there is no such task.
    """
    task = task_of(id)
    if task is None or task.kind not in FORMS:
        raise ValueError(f"there is no form for the id {id!r}")
    page = page_of(task)
    live = "NNLAB_FRAMES" not in os.environ
    return Live(task, page) if live else HTML(page)


# What is said to an answer. The same as in book/_static/tasks.js.


def said(field, text):
    """Return whether an answer is right, and what is said to it, as Markdown.

    None in place of a saying means: look at the next hint.
    """
    if field.choices:
        value = text
    elif isinstance(field.right, tuple):
        value = shape_in(text)
        if value is None:
            return False, "Write a shape as (3, 2) or 3x2, of a vector (3,)."
    else:
        value = number_in(text)
        if value is None:
            return False, "Write a number, such as 0.25, 1/4 or 2.5e-1."
    if hits(field, value, field.right):
        return True, "Right."
    for wrong, words in field.wrong:
        if hits(field, value, read(field, wrong)):
            return False, words
    return False, general(field, value)


def read(field, text):
    """Return what a text means in a field."""
    if field.choices:
        return text
    return (shape_in if isinstance(field.right, tuple) else number_in)(text)


def hits(field, value, goal):
    """Return whether an answer is as near to a goal as the field asks for."""
    if not isinstance(goal, float):
        return value == goal
    return abs(value - goal) <= field.within * (1 + 1e-9)


def general(field, value):
    """Return what is said to an answer that is wrong in a common way."""
    goal = field.right
    if isinstance(goal, tuple):
        if sorted(value) == sorted(goal):
            return "The right lengths. Look at their order."
        if len(value) != len(goal):
            return "Count the axes first: one number for each."
        return None
    if not isinstance(goal, float) or not goal:
        return None
    if hits(field, -value, goal):
        return "The size is right. Look at the sign."
    if field.within and abs(value - goal) <= 0.05 * abs(goal):
        return "Nearly. Keep one more digit."
    for factor, words in ((2, "Twice"), (1 / 2, "Half")):
        if hits(field, value / factor, goal):
            return f"{words} of what is asked for: look for a factor 2."
    return None


# The form as HTML.


def html(text):
    """Return one line of Markdown as HTML: formulas, code, emphasis."""
    written = []
    for piece in re.split(r"(\$[^$]+\$|`[^`]+`)", text):
        inside = escape(piece[1:-1])
        if piece.startswith("$"):
            written.append(f'<span class="math">\\({inside}\\)</span>')
        elif piece.startswith("`"):
            written.append(f"<code>{inside}</code>")
        else:
            for mark, tag in (("**", "strong"), ("*", "em")):
                pair = re.escape(mark) + r"(.+?)" + re.escape(mark)
                piece = re.sub(pair, rf"<{tag}>\1</{tag}>", piece)
            written.append(piece)
    return "".join(written)


def page_of(task):
    """Return the form of a task as HTML."""
    fields = "\n".join(field_of(task, field) for field in task.fields)
    return (
        f'<form class="task-form" data-task="{task.id}" novalidate>\n'
        f'<div class="task-ask" hidden>\n{fields}\n'
        "<button>Check</button>\n</div>\n"
        '<div class="task-said" role="status"></div>\n'
        f"{unfolding(task)}\n</form>"
    )


def unfolding(task):
    """Return hints and answer as folds."""
    folds = [
        (f"Hint {k}" if len(task.hints) > 1 else "Hint", html(hint))
        for k, hint in enumerate(task.hints, 1)
    ]
    many = len(task.fields) > 1
    answers = "; ".join(
        f"{each.label} is {each.text}" if many else each.text
        for each in task.fields
    )
    text = f"<strong>{escape(answers)}.</strong> {html(task.because)}"
    folds.append(("Answer", text))
    inside = "\n".join(
        f'<details class="task-{name.split()[0].lower()}">'
        f"<summary>{name}</summary>\n<p>{text}</p></details>"
        for name, text in folds
    )
    return f'<div class="task-folds">\n{inside}\n</div>'


def field_of(task, field):
    """Return one field as HTML, with what to say to typical answers."""
    label, name = escape(field.label), f"{task.id}-{task.fields.index(field)}"
    sayings = "".join(
        f'<template data-wrong="{escape(wrong)}">{html(words)}</template>'
        for wrong, words in field.wrong
    )
    if field.choices:
        kind, right = "choice", field.right
        inside = f"<legend>{label}</legend>" + "".join(
            f'<label><input type="radio" name="{name}" value="{escape(each)}"> '
            f"{escape(each)}</label>"
            for each in field.choices
        )
    else:
        kind = "shape" if isinstance(field.right, tuple) else "number"
        right = field.right if kind == "number" else list(field.right)
        inside = (
            f'<label>{label} <input name="{name}" size="9" autocomplete="off" '
            'autocapitalize="off" spellcheck="false"></label>'
        )
    tag = "fieldset" if field.choices else "div"
    return (
        f'<{tag} class="task-field" data-kind="{kind}" '
        f'data-answer="{escape(str(right))}" data-within="{field.within:.6g}">'
        f"{inside}{sayings}</{tag}>"
    )


# The form as a widget.


class Live(ipywidgets.VBox):
    """The face in a kernel; what is saved with the notebook is the page's."""

    def __init__(self, task, page):
        self.task, self.page = task, page
        self.fields = [widget_of(field) for field in task.fields]
        self.button = ipywidgets.Button(description="Check")
        self.words = ipywidgets.HTMLMath()
        folds = ipywidgets.HTMLMath(unfolding(task))
        super().__init__([*self.fields, self.button, self.words, folds])
        self.button.on_click(self.answer)

    def answer(self, button=None):
        """Say something to what has been written."""
        lines, solved = [], True
        for field, widget in zip(self.task.fields, self.fields):
            right, words = said(field, widget.value or "")
            solved = solved and right
            words = words or "Not yet. Look at the next hint."
            name = f"{field.label}: " if len(self.fields) > 1 else ""
            lines.append(f"<p>{escape(name)}{html(words)}</p>")
        reason = f"<p>{html(self.task.because)}</p>" if solved else ""
        self.words.value = "".join(lines) + reason

    def _repr_mimebundle_(self, **kwargs):
        bundle = super()._repr_mimebundle_(**kwargs)
        return {**bundle, "text/html": self.page}


def widget_of(field):
    """Return the widget of a field."""
    if field.choices:
        return ipywidgets.RadioButtons(
            options=field.choices, value=None, description=field.label
        )
    return ipywidgets.Text(description=field.label)
