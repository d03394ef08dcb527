"""The ledger: the lines of the five sources, each with a verdict and a check.

One module per source, in the order of the document; each holds its entries'
data and checks together. `ledger.trial.ENTRIES` has all of them.

An entry's check is a function of a *form*: a formula, written as a function. It
compares the form with something that does not use it (a difference quotient, a
complex step, `nnlab`, another line of the same document) over random shapes,
and raises an error if they differ. So the same check can prove the right form,
reject the printed one where that is wrong, and reject mutants of the right one:
a transpose dropped, an index shifted, a sign flipped, a factor lost.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

CORRECT = "correct"
ASSUMES = "correct under an unstated assumption"
INCOMPLETE = "incomplete or ambiguous"
WRONG = "wrong as printed"
CLAIM = "setting or claim"
VERDICTS = (CORRECT, ASSUMES, INCOMPLETE, WRONG, CLAIM)


@dataclass(frozen=True)
class Entry:
    """One equation, definition or claim of a source.

    Attributes
    ----------
    id : str
        The fixed name, such as "zheng-2b"; the source is the part before the
        first hyphen.
    where : str
        Where it stands in the document, such as "(2b)" or "section 3".
    printed : str
        LaTeX as printed, without dollar signs, or for a claim a short quotation
        or summary.
    verdict : str
        One of `VERDICTS`.
    reason : str
        One to four sentences of Markdown: what the line says, and why the
        verdict.
    check : function
        ``check(form)`` raises an error if the form is not right; its docstring
        says what is compared with what.
    right : function
        The right form.
    literal : function or None
        The printed form, taken literally, where it is wrong or incomplete: the
        check refuses it.
    mutants : dict
        Altered forms that the check refuses, {what was altered: form}.
    shapes : str
        Shapes of the quantities, in the book's notation, LaTeX or words.
    corrected : str
        LaTeX of the right form in the source's own notation, for a wrong or
        incomplete line.
    assumption : str
        The assumption under which the line is right, where one is needed.
    readings : tuple of str
        For an ambiguous line every reading; the one that the rest of the
        document needs first.
    equations : tuple of str
        Labels of the book's equations that it becomes.
    names : tuple of str
        Names in `nnlab` that implement it, such as "Network.backprop".
    chapter : str
        The notebook that treats it, such as "softmax".
    counterexample : str
        For a line that fails as printed: a few lines of Python that show it
        with small numbers.
    """

    id: str
    where: str
    printed: str
    verdict: str
    reason: str
    check: Callable
    right: Callable
    literal: Callable | None = None
    mutants: dict = field(default_factory=dict)
    shapes: str = ""
    corrected: str = ""
    assumption: str = ""
    readings: tuple = ()
    equations: tuple = ()
    names: tuple = ()
    chapter: str = ""
    counterexample: str = ""

    @property
    def source(self):
        """The document's short name, such as "zheng"."""
        return self.id.partition("-")[0]

    @property
    def anchor(self):
        """The id without dots, which mean something else to scripts."""
        return self.id.replace(".", "-")

    def passes(self, form=None):
        """Return whether the check accepts a form, by default the right one."""
        try:
            self.check(self.right if form is None else form)
        except Exception:
            return False
        return True


class Source(list):
    """The entries of one document, in its order."""

    def entry(self, id, where, printed, verdict, reason, **data):
        """Return a decorator that makes an entry of a check."""

        def register(check):
            self.append(
                Entry(id, where, printed, verdict, reason, check, **data)
            )
            return check

        return register
