"""Formulas of the sources on the page: broken into lines that fit, changes marked."""

import re

import pytest
from ledger.trial import all_entries
from source_latex import LINE, atoms, broken, marked, width

FORMULAS = [
    pytest.param(formula, id=f"{entry.id}-{kind}")
    for entry in all_entries()
    for kind, formula in (("printed", entry.printed), ("corrected", entry.corrected))
    if formula and not formula.startswith(">")
]
PAIRS = [
    pytest.param(entry.printed, entry.corrected, id=entry.id)
    for entry in all_entries()
    if entry.corrected and ">" not in (entry.printed[0], entry.corrected[0])
]


def bare(formula):
    """Leave out what only lays a formula out."""
    return re.sub(r"\\(begin|end)\{aligned\}|\\\\(?![a-zA-Z])|\\quad|[&{}\s]", "", formula)


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_broken_formula_is_the_same_formula(formula):
    assert bare(broken(formula)) == bare(formula)
    assert broken(formula).count("{") == broken(formula).count("}")
    opened, closed = (re.findall(rf"\\{w}(?![a-z])", broken(formula)) for w in ("left", "right"))
    assert len(opened) == len(closed)


@pytest.mark.parametrize("formula", FORMULAS)
def test_lines_are_hardly_wider_than_a_phone(formula):
    inner = re.sub(r"\\(begin|end)\{\w+\}|\\boxed", "", broken(formula))
    lines = re.split(r"\\\\(?![a-zA-Z])", inner)
    assert max(map(width, lines)) < LINE + 7  # what is left the page makes smaller


def test_a_long_formula_is_broken_before_an_operator_and_a_short_one_is_not():
    assert broken("a = b + c") == "a = b + c"
    long = broken("a" * 25 + " = " + "b" * 25 + " + " + "c" * 25)
    assert [line.split()[3] for line in long.split(r"\\")[1:]] == ["=b" + 24 * "b", "+c" + 24 * "c"]
    assert r"\\" not in broken(r"\left(" + "a" * 25 + " = " + "b" * 25 + r"\right)")


@pytest.mark.parametrize(("printed", "corrected"), PAIRS)
def test_what_differs_is_marked_in_both_forms(printed, corrected):
    forms = marked(printed, corrected)
    assert any(r"\class{changed}" in form for form in forms)
    for form, plain in zip(forms, (printed, corrected)):
        assert bare(form.replace(r"\class{changed}", "")) == bare(plain)
        assert form.count("{") == form.count("}")


@pytest.mark.parametrize(
    ("printed", "corrected", "wanted"),
    [
        ("a z_j", "a z_i", (r"a\class{changed}{z_j}", r"a\class{changed}{z_i}")),
        ("f", r"\exp(f)", ("f", r"\class{changed}{\exp(}f\class{changed}{)}")),
        (
            r"\frac{a}{b}",
            r"\frac{a}{c}",
            tuple(rf"\frac{{a}}{{\class{{changed}}{{{x}}}}}" for x in "bc"),
        ),
        ("a", "a", ("a", "a")),
    ],
)
def test_only_what_differs_is_marked(printed, corrected, wanted):
    assert marked(printed, corrected) == wanted


def test_an_atom_has_its_arguments_and_scripts():
    found = atoms(r"\frac{a}{b} W_{ij}^{[k]T} g' \text{if so} \left( x")
    assert [atom.latex for atom in found] == [
        r"\frac{a}{b}", "W_{ij}^{[k]T}", "g'", r"\text{if so}", r"\left(", "x",
    ]  # fmt: skip
