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


@pytest.mark.parametrize(
    ("formula", "line", "lines"),
    [
        ("a=b", 2.5, None),
        ("a=b", 2.4, ["& a", "=b"]),
        ("a=b", 2.45, None),
        ("a=b+c", 3, ["& a=b", "+c"]),
        ("a+b+c", 4.4, None),
        ("a+b=c+d", 5, ["& a+b", "=c+d"]),
        (r"a=b \quad c=d+e", 6, ["& a=b", "c=d+e"]),
        (r"a=b+c \qquad d", 4.5, ["& a=b+c", "d"]),
        ("(a=b)+(c=d)+e", 4, ["& (a=b)", "+(c=d)", "+e"]),
        (r"\left(a=b\right)+\left(c=d\right)", 4, [r"& \left(a=b\right)", r"+\left(c=d\right)"]),
        (r"\ln\ln \quad\log \quad\log", 6, [r"& \ln\ln\quad\log", r"\log"]),
        (r"-a \odot b", 2.5, [r"& -a", r"\odot b"]),
    ],
)
def test_a_line_is_broken_between_formulas_then_at_relations_then_at_sums(formula, line, lines):
    if lines is None:
        assert broken(formula, line) == formula
    else:
        rows = r" \\ & \quad {} ".join(lines)
        assert broken(formula, line) == rf"\begin{{aligned}} {rows} \end{{aligned}}"


@pytest.mark.parametrize(
    ("formula", "line", "wanted"),
    [
        (
            r"\begin{aligned} a &= b + c \\ d &= e \end{aligned}",
            4,
            r"\begin{aligned} a&=b \\ & \quad {} +c \\ d&=e \end{aligned}",
        ),
        (r"\boxed{a=b}", 3.5, r"\boxed{a=b}"),
        (r"\boxed{a=b}", 3.4, r"\boxed{\begin{aligned} & a \\ & \quad {} =b \end{aligned}}"),
        (r"\boxed{a} = b", 4, r"\boxed{a} = b"),
        (
            r"f = \begin{cases} a & b \\ c & d \end{cases} + 1",
            100,
            r"\begin{aligned} &f =  \\ &\begin{cases} a & b \\ c & d \end{cases} + 1 \end{aligned}",
        ),
    ],
)
def test_lines_frames_and_cases_stay_what_they_are(formula, line, wanted):
    assert broken(formula, line) == wanted


@pytest.mark.parametrize(
    ("formula", "drawn"),
    [
        ("ab", 0.96),
        (r"\frac{a}{b}", 0.97),
        (r"\frac{abcd}{b}", 2.35),
        (r"\frac{a}{bcde}", 2.29),
        (r"\sqrt{ab}", 1.81),
        (r"\boxed{a+b}", 2.71),
        (r"\overset{abcd}{=}", 1.35),
        (r"\class{changed}{abcd}", 1.91),
        (r"{ab}c", 1.39),
        ("W_{ij}^{kT}", 2.05),
        ("W_{ijk}^T", 1.93),
        ("W_i^{jkT}", 2.34),
        ("g'", 0.75),
        (r"\text{if so}", 1.73),
        (r"\begin{aligned}a&=b\end{aligned}", 2.29),
        (r"\left(a\right)", 1.31),
        (r"\sum", 1.44),
        (r"a\,b", 1.12),
        (r"a\quad b", 1.96),
        (r"a\qquad b", 2.96),
        (r"\log x", 2.02),
        ("a=b", 2.29),
        (r"a\leq b", 2.29),
        ("(il)", 1.42),
    ],
)
def test_the_width_is_roughly_that_of_the_drawing_in_em(formula, drawn):
    assert 0.65 < width(formula) / drawn < 1.4


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
        ("a b", "c", (r"\class{changed}{ab}", r"\class{changed}{c}")),
        (
            r"\boxed{a+b}",
            r"\boxed{a+c}",
            tuple(rf"\boxed{{a+\class{{changed}}{{{x}}}}}" for x in "bc"),
        ),
        (
            r"\frac{a}{b}^2",
            r"\frac{a}{c}^2",
            tuple(rf"\class{{changed}}{{\frac{{a}}{{{x}}}^2}}" for x in "bc"),
        ),
        (
            r"\frac{a}{b}",
            r"\boxed{a}",
            (r"\class{changed}{\frac{a}{b}}", r"\class{changed}{\boxed{a}}"),
        ),
        (r"\sqrt{a}", r"\sqrt{b}", tuple(rf"\class{{changed}}{{\sqrt{{{x}}}}}" for x in "ab")),
        ("{a}", "{b}", tuple(rf"\class{{changed}}{{{{{x}}}}}" for x in "ab")),
        (
            r"a & b \\ \left( \alpha c \right)",
            "d",
            (
                r"\class{changed}{a}&\class{changed}{b}\\\left(\class{changed}{\alpha c}\right)",
                r"\class{changed}{d}",
            ),
        ),
        (
            r"\begin{aligned} a \quad b \end{aligned}",
            "d",
            (
                r"\begin{aligned}\class{changed}{a}\quad\class{changed}{b}\end{aligned}",
                r"\class{changed}{d}",
            ),
        ),
        (
            "y" + "x" * 250,
            "z" + "x" * 250,
            tuple(rf"\class{{changed}}{{{y}}}" + "x" * 250 for y in "yz"),
        ),
    ],
)
def test_only_what_differs_is_marked(printed, corrected, wanted):
    assert marked(printed, corrected) == wanted


def test_an_atom_has_its_arguments_and_scripts():
    found = atoms(r"\frac{a}{b} W_{ij}^{[k]T} g' \text{if so} \left( x")
    assert [atom.latex for atom in found] == [
        r"\frac{a}{b}", "W_{ij}^{[k]T}", "g'", r"\text{if so}", r"\left(", "x",
    ]  # fmt: skip
    (fraction,) = atoms(r"\frac1n")
    assert (fraction.latex, fraction.arguments) == (r"\frac{1}{n}", ["1", "n"])
