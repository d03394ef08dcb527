"""Formulas of the sources for the page: broken into lines, changes marked.

A formula is read as a list of atoms: a letter, a command with its arguments, a
group, each with its scripts. That is enough to find the places where a line may
be broken, and the atoms in which two formulas differ.
"""

import re
from difflib import SequenceMatcher
from typing import NamedTuple

ONE = ("text", "mathbf", "mathbb", "mathrm", "mathcal", "operatorname", "bar")
ONE += ("widetilde", "tilde", "hat", "boxed", "begin", "end", "sqrt")
ARGUMENTS = dict.fromkeys(ONE, 1)
ARGUMENTS |= dict.fromkeys(("frac", "tfrac", "overset", "class"), 2)
OPERATORS = ("odot", "otimes", "times", "circ", "leftarrow", "rightarrow")
OPERATORS += ("Rightarrow", "quad", "qquad", "approx", "hookrightarrow")
BREAKS = {"=", "+", "-", *(f"\\{name}" for name in OPERATORS)}
SPACES = {r"\quad", r"\qquad"}
SIGNS = {"=", r"\leftarrow", r"\rightarrow", r"\Rightarrow", r"\approx"}
FUNCTIONS = (r"\log", r"\ln", r"\exp", r"\tanh", r"\arg", r"\min", r"\dots")
BRACKETS = {"(": 1, ")": -1, r"\left": 1, r"\right": -1}
NARROW = set("()[]|.,;:!'il")
LINE = 19.0  # em, which a phone has room for


class Atom(NamedTuple):
    """A piece of a formula: its LaTeX, its name, its arguments, its width."""

    latex: str
    name: str
    arguments: list
    width: float  # in em, roughly


def atoms(latex):
    """Return the atoms of a formula."""
    words = r"\\(?:text|begin|end)\{[^{}]*\}"
    pattern = words + r"|\\[a-zA-Z]+|\\.|\S"
    tokens = re.findall(pattern, latex.replace("\n", " "))
    found = []
    while tokens:
        found.append(scripted(tokens))
    return found


def scripted(tokens):
    """Take an atom with its scripts and primes from the front of the list."""
    base = single(tokens)
    latex, scripts = base.latex, 0.0
    while tokens and tokens[0] in ("^", "_", "'"):
        mark = tokens.pop(0)
        latex += mark
        if mark != "'":
            script = single(tokens)
            latex += script.latex
            scripts = max(scripts, 0.7 * script.width)
    return base._replace(latex=latex, width=base.width + scripts)


def single(tokens):
    """Take an atom without scripts from the front of the list."""
    token = tokens.pop(0)
    if token == "{":
        inner, depth = [], 1
        while depth and tokens:
            inner.append(tokens.pop(0))
            depth += {"{": 1, "}": -1}.get(inner[-1], 0)
        content = joined(inner[:-1])
        return Atom("{" + content + "}", "{", [content], width(content))
    if words := re.fullmatch(r"\\(text|begin|end)\{(.*)\}", token):
        size = 0.47 * len(words[2]) if words[1] == "text" else 0.0
        return Atom(token, rf"\{words[1]}", [], size)
    name = token.lstrip("\\")
    if token in (r"\left", r"\right"):
        return Atom(token + tokens.pop(0), token, [], 0.5)
    count = ARGUMENTS.get(name, 0) if token.startswith("\\") else 0
    arguments = [single(tokens) for _ in range(count)]
    if count:
        latex = token + "".join(
            a.latex if a.name == "{" else "{" + a.latex + "}" for a in arguments
        )
        shown = arguments if "frac" in name else arguments[-1:]
        size = max(a.width for a in shown)
        contents = [
            a.arguments[0] if a.name == "{" else a.latex for a in arguments
        ]
        return Atom(latex, token, contents, size + 0.25)
    return Atom(token, token, [], own_width(token))


def own_width(token):
    """Return roughly the width of one symbol, in em."""
    if token in ("&", r"\\", r"\,", r"\!"):
        return 0.0
    if token in (r"\quad", r"\qquad"):
        return 1.0 + (token == r"\qquad")
    if token in BREAKS or token in (r"\leq", r"\neq", r"\in", r"\sim"):
        return 1.3
    if token in FUNCTIONS:
        return 0.5 * len(token)
    return 0.35 if token in NARROW else 1.1 if token == r"\sum" else 0.6


def joined(tokens):
    """Return tokens as LaTeX again."""
    text = ""
    for token in tokens:
        if re.search(r"\\[a-zA-Z]+$", text) and token[0].isalpha():
            text += " "
        text += token
    return text


def width(latex):
    """Return roughly the width of a formula, in em."""
    return sum(atom.width for atom in atoms(latex))


def broken(latex, line=LINE):
    """Return a formula in lines that are no wider, if it can be broken."""
    whole = atoms(latex)
    if len(whole) == 1 and whole[0].name == r"\boxed":
        return rf"\boxed{{{broken(whole[0].arguments[0], line - 1)}}}"
    if r"\begin{cases}" in latex:
        head, cases, rest = latex.partition(r"\begin{cases}")
        return rf"\begin{{aligned}} &{head} \\ &{cases}{rest} \end{{aligned}}"
    inner = re.sub(r"\\(begin|end)\{aligned\}", "", latex)
    rows = []
    for row in re.split(r"\\\\(?![a-zA-Z])", inner):
        rows += pieces(atoms(row), line)
    if len(rows) == 1:
        return latex
    lines = r" \\ ".join(rows)
    return rf"\begin{{aligned}} {lines} \end{{aligned}}"


def pieces(row, line):
    """Return the lines of one row: where a break helps, before an operator."""
    lines = []
    for number, atoms_of_line in enumerate(shorter(row, line)):
        aligned = any(a.name == "&" for a in atoms_of_line)
        if number and atoms_of_line[0].name in SPACES:
            atoms_of_line = atoms_of_line[1:]
        text = joined([a.latex for a in atoms_of_line if a.name != "&"])
        if not number and aligned:
            text = joined([a.latex for a in atoms_of_line])
        else:
            text = ("& " if not number else r"& \quad {} ") + text
        lines.append(text)
    return lines


def shorter(row, line, levels=(SPACES, SIGNS, BREAKS)):
    """Return a row in lines: broken between formulas, else before =, else +."""
    if sum(atom.width for atom in row) <= line or not levels:
        return [row]
    lines = [[]]
    for part in parts(row, levels[0]):
        size, more = (sum(atom.width for atom in p) for p in (lines[-1], part))
        if size < line / 4 or size + more <= line:
            lines[-1] += part
        else:
            lines.append(part)
    return [each for one in lines for each in shorter(one, line, levels[1:])]


def parts(row, names):
    """Return a row cut before each of these names that is in no bracket."""
    found, depth = [[]], 0
    for atom in row:
        if found[-1] and depth == 0 and atom.name in names:
            found.append([])
        depth += BRACKETS.get(atom.name, 0)
        found[-1].append(atom)
    return found


def marked(printed, corrected):
    """Return both formulas with what differs marked."""
    one, other = atoms(printed), atoms(corrected)
    names = [[a.latex for a in side] for side in (one, other)]
    results = [], []
    for kind, a, b, c, d in SequenceMatcher(None, *names, False).get_opcodes():
        before, after = one[a:b], other[c:d]
        if kind == "equal":
            pairs = [a.latex for a in before], [a.latex for a in after]
        elif same_command(before, after):
            inner = [
                marked(*pair)
                for pair in zip(before[0].arguments, after[0].arguments)
            ]
            name = before[0].name
            pairs = [
                [name + "".join("{" + part[side] + "}" for part in inner)]
                for side in (0, 1)
            ]
        else:
            pairs = mark(before), mark(after)
        for result, texts in zip(results, pairs):
            result += texts
    return joined(results[0]), joined(results[1])


def same_command(before, after):
    """Whether both are one command, so that its arguments can be compared."""
    if len(before) != 1 or len(after) != 1:
        return False
    (one,), (other,) = before, after
    plain = all(a.latex.endswith("}") and a.arguments for a in (one, other))
    known = one.name in (r"\frac", r"\boxed")
    return plain and known and one.name == other.name


def mark(changed):
    """Return the LaTeX of changed atoms, each run of them marked."""
    found, run = [], []
    for atom in [*changed, None]:
        fixed = atom is None or atom.name in (
            *("&", r"\\", r"\left", r"\right", r"\begin", r"\end", r"\quad"),
        )
        if not fixed:
            run.append(atom.latex)
            continue
        if run:
            found.append(rf"\class{{changed}}{{{joined(run)}}}")
        run = []
        if atom is not None:
            found.append(atom.latex)
    return found
