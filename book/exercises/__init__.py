"""The tasks of the book: questions that answer.

``predict("sigmoid-kink")`` shows a form for a number, a shape or a choice.
``check("sigmoid-from-output", function)`` tries a function on numbers, and says
whether it is right; if it is not, in which direction it is off.

The tasks of a chapter stand in one file, `sigmoid.md` for instance; what their
Python needs beyond a line is in `sigmoid.py`. CONTRIBUTING says how to add one.
The slips of the sources are tasks, too: theirs are the ledger's entries.
"""

import re
import textwrap

from exercises.feedback import answer
from exercises.forms import predict

__all__ = ["check", "predict"]


def check(id, form):
    """Print whether a function is right, and in which direction it is off.

    Parameters
    ----------
    id : str
        The id of a task, such as "sigmoid-from-output", or of a slip in the
        ledger, such as "zheng-2b".
    form : function
        What the reader wrote. Its arguments are those in the chapter.

    Raises
    ------
    ValueError
        If `id` is unknown, or the line with this id has no slip.
    TypeError
        If `form` is not a function.
    """
    for line in answer(id, form).splitlines():
        kept = re.sub(r"(?<=[,=]) (?=\d)| (?==|\()", "\xa0", line)
        print(textwrap.fill(kept, 76).replace("\xa0", " "))
