"""Numbers in sentences, and where each of them is computed.

Whole numbers to twenty, a half, a third and a quarter are words of the language, and are not looked
for. Any other number of a text is placed if it stands, rounded to the digits that the text shows,
in what the cells of its section print, in their code (without what only draws), in the section's
displayed equations, in a section beside it, or in one whose equation is named. One of three digits
or more may also stand elsewhere in the chapter, or in a chapter that is linked. Numbers in an
equation between numbers have their place if it holds, and none if not. Those of the sources'
sections and equations are compared with the ledger. What has no place is named, unless
tests/prose.md tells what gives it.
"""

import ast
import math
import re
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from pathlib import Path

import nbformat

PAGES = "intro", "speed", "errata", "formulas", "notation", "accessibility", "equations"
BOOK = Path(__file__).resolve().parents[1] / "book"
WORDS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
WORDS = {word: n for n, word in enumerate((WORDS + " fifteen sixteen").split())}
WORDS |= {"twenty": 20, "thirty": 30, "fifty": 50, "hundred": 100, "thousand": 1000}
PLAIN = r"\d{1,3}(?:(?:,|_|\{,\})\d{3})+|\d+(?:\.\d+)?(?:e[+-]?\d+)?"
FRACTION = r"\\[td]?frac\s*(?:\{(\d+)\}|(\d))\s*(?:\{(\d+)\}|(\d))"
POWER = rf"(?:({PLAIN})\s*\\(?:cdot|times)\s*)?(?<!\d)10\^(?:\{{(-?\d+)\}}|(\d))"
SOURCES = r"Johansen|Zheng|Domke|Johnson|DMML"


NUMBERED = r"[Ss]ections? [\d.]+(?: (?:and|to) [\d.]+)?|\(\d\.\d+\)"


ABOUT = r"(about|near|nearly|some|roughly|around|almost|\\approx|\\pm)\W+([\w.]+ (and|to|or) )?\W*$"


@dataclass(frozen=True)
class Number:
    """A number as it stands in a text, and one unit of its last digit."""

    shown: str
    value: float
    unit: float
    start: int
    percent: bool = False
    about: bool = False

    @property
    def specific(self):
        """Say whether it has three digits that count, so that it hardly stands there by chance."""
        digits = re.sub(r"[,_{}]|e.*", "", self.shown)
        digits = digits if "." in digits else digits.rstrip("0")
        return self.value >= 1000 or len(digits.replace(".", "").lstrip("0")) >= 3

    @property
    def ordinary(self):
        """Say whether it is a word of the language or of a formula: 1, twelve, a third."""
        if self.shown[0] == "\\":
            return self.value in (1 / 2, 1 / 3, 1 / 4)
        return self.value <= 20 and self.value % 1 == 0 and "." not in self.shown

    def is_(self, other):
        """Say whether another number is this one, rounded to the digits of this one."""
        values = (other, 100 * other) if self.percent else (other,)
        rounded = self.specific or self.about
        near = max(1e-9 * self.value, 0.5000001 * self.unit * rounded)
        return any(abs(abs(value) - self.value) <= near for value in values)


def number(shown, start=0, after="", before=""):
    """Return a number that is written with digits."""
    plain = re.sub(r"[,_{}]", "", shown)
    decimals = len(plain.partition(".")[2].partition("e")[0])
    unit = 0.0 if "e" in plain else 10.0**-decimals
    percent = re.match(
        r"(?: (?:to|and|or) [\d.]+)?(?:\\,)?\\?\s?(%|percent|of a hundred|of 100)", after
    )
    return Number(shown, float(plain), unit, start, bool(percent), bool(re.search(ABOUT, before)))


def numbers(text):
    """Return the numbers of a text in Markdown, without indices, exponents and names."""
    found = []

    def take(pattern, make, text):
        def blank(match):
            found.append(make(match))
            return " " * len(match[0])

        return re.sub(pattern, blank, text)

    def fraction(m):
        value = int(m[1] or m[2]) / max(int(m[3] or m[4]), 1)
        return Number(m[0], value, 1e-4, m.start(), about=True)

    def power(m):
        return Number(m[0], float(f"{m[1] or 1}e{m[2] or m[3]}"), 0.0, m.start())

    text = re.sub("`[^`]*`", lambda code: " " * len(code[0]), text)
    text = take(FRACTION, fraction, text)
    text = take(POWER, power, text)
    text = re.sub(r"[_^](\{[^{}]*\}|\w)", lambda m: " " * len(m[0]), text)
    whole = rf"(?<![\w.])(?:{PLAIN})(?![\w])"
    text = take(
        whole, lambda m: number(m[0], m.start(), m.string[m.end() :], m.string[: m.start()]), text
    )
    word = rf"(?<![\w\\-])(?:{'|'.join(WORDS)})(?![\w])"
    take(f"(?i:{word})", lambda m: Number(m[0], WORDS[m[0].lower()], 0.0, m.start()), text)
    return sorted(found, key=lambda each: each.start)


def in_text(text):
    found = [float(re.sub(r"[,_{}]", "", each)) for each in re.findall(PLAIN, text)]
    return found + [int(a) / int(b) for a, b in re.findall(r"(\d+)/([1-9]\d*)", text)]


class Constants(ast.NodeVisitor):
    """Collect the numbers of a program, without those that only choose, format or draw."""

    def __init__(self, code):
        self.found = []
        self.visit(ast.parse(code))

    def visit_FunctionDef(self, node):
        if not node.name.startswith(("draw", "describe")):
            self.generic_visit(node)

    def visit_Subscript(self, node):
        self.visit(node.value)

    def visit_FormattedValue(self, node):
        self.visit(node.value)

    def visit_Compare(self, node):
        words = (each.value for each in ast.walk(node) if isinstance(each, ast.Constant))
        self.found += in_text(" ".join(each for each in words if isinstance(each, str)))
        self.generic_visit(node)

    def visit_Constant(self, node):
        if isinstance(node.value, int | float) and not isinstance(node.value, bool):
            self.found.append(float(node.value))

    def visit_Call(self, node):
        match node:
            case ast.Call(
                func=ast.Attribute(attr="Rational"), args=[ast.Constant(a), ast.Constant(b)]
            ):
                self.found.append(a / b)
        self.generic_visit(node)

    def visit_BinOp(self, node):
        try:
            value = eval(compile(ast.Expression(node), "", "eval"), {"__builtins__": {}})
            self.found.append(float(value))
        except (NameError, TypeError, ValueError, ArithmeticError):
            pass
        self.generic_visit(node)


@dataclass
class Section:
    """The texts and cells from a heading to the next."""

    texts: list = field(default_factory=list)
    cells: list = field(default_factory=list)

    @property
    def text(self):
        return "\n\n".join(text for _, text in self.texts)


def printed(cell):
    """Return what a cell prints or shows as text."""
    data = [output.get("data", {}) for output in cell.outputs]
    texts = [output.get("text", "") for output in cell.outputs]
    return "\n".join(texts + [each.get("text/plain", "") for each in data])


def sections(cells):
    """Return the sections of a notebook."""
    found = [Section()]
    for cell in cells:
        if cell.cell_type == "code":
            found[-1].cells.append(cell)
            continue
        for part in re.split(r"(?m)^(?=#{1,4} )", cell.source):
            if part.startswith("#"):
                found.append(Section())
            found[-1].texts.append((cell.id, part))
    return found


DISPLAYED = r"\$\$(.*?)\$\$"


def pool(section):
    """Return the numbers that the cells and the equations of a section have."""
    found = [each.value for eq in re.findall(DISPLAYED, section.text, re.S) for each in numbers(eq)]
    for cell in section.cells:
        found += in_text(printed(cell)) + Constants(cell.source).found
    return found


def sentences(text):
    """Return the sentences of a text, without addresses, equations and what directs."""
    text = re.sub(r"^```(python|bash).*?^```", "", text, flags=re.M | re.S)
    text = re.sub(DISPLAYED + r"( \(eq-[\w-]+\))?", " ", text, flags=re.S)
    text = re.sub(r"^(\s*)(\*\*)?\d+\.(\*\*)? ", r"\1", text, flags=re.M)
    text = re.sub(r"^(\([\w.-]+\)=|:[\w-]+:.*)$", "", text, flags=re.M)
    text = re.sub(r"^(?:[:`]{3,}(?:\{[\w-]+\})?|#+)(.*)$", r"\n\1\n\n", text, flags=re.M)
    text = re.sub(r"\]\([^)]*\)", "]", text)
    text = re.sub(r"(\{[\w:]+\})`[^`]*`|<[^>]*>|&\w+;", " ", text)
    ids = rf"(?i:{SOURCES})-"
    text = re.sub("`([^`]*)`", lambda m: m[0] if re.match(ids, m[1]) else " ", text)
    parts = re.split(r"(?<=[.?!:])\**\s+(?=[A-Z*$(])|\n\s*\n|\n[-|] ", text)
    return [" ".join(part.split()) for part in parts if part.strip()]


def evaluated(formula):
    """Return the value of a formula that has only numbers, or None."""
    formula = re.sub(FRACTION, lambda m: f"({m[1] or m[2]}/{m[3] or m[4]})", formula)
    for latex, python in (
        (r"\\[td]?frac\{([^{}]*)\}\{([^{}]*)\}", r"((\1)/(\2))"),
        (r"\\(cdot|times)", "*"),
        (r"\\sqrt\{([^{}]*)\}|\\sqrt(\d)", r"sqrt(\1\2)"),
        (r"\\(ln|exp|tanh)\b", r"\1"),
        (r"\bln\s+([\d.]+)", r"ln(\1)"),
        (r"\\[,;: ]|\\(big|Big)[lr]?|\\(left|right)|\{,\}|(?<=\d),(?=\d{3})", ""),
        (r"\^", "**"),
        (r"(?<=[\d)])\s*\(", "*("),
        (r"[{]", "("),
        (r"[}]", ")"),
        (r"\\?%", "/100"),
    ):
        formula = re.sub(latex, python, formula)
    if not re.fullmatch(r"(?:[\d\s.+\-*/()]|sqrt|ln|exp|tanh)+", formula):
        return None
    names = {"sqrt": math.sqrt, "ln": math.log, "exp": math.exp, "tanh": math.tanh}
    try:
        return float(eval(formula, {"__builtins__": {}}, names))
    except (SyntaxError, TypeError, ZeroDivisionError, ValueError, OverflowError):
        return None


def worked_out(sentence):
    """Return the places in a sentence that stand in equations between numbers that hold, and in
    those that do not. Each side is right to the digits that it shows.
    """
    true, false = set(), set()
    for formula in re.finditer(r"\$([^$]*)\$", sentence):
        sides, start = [], formula.start(1)
        for part in re.split(r"(=|\\approx|\\le\b|\\ge\b|[<>])", formula[1]):
            sides.append((range(start, start + len(part)), part, evaluated(part.strip(" .,"))))
            start += len(part)
        for (here, left, a), (_, sign, _), (there, right, b) in zip(
            sides[::2], sides[1::2], sides[2::2]
        ):
            if a is None or b is None or left.strip() == right.strip():
                continue
            shown = numbers(right) if len(numbers(right)) == 1 else numbers(left)
            unit = shown[0].unit if len(shown) == 1 else 0.0
            rounded = sign == r"\approx" or unit < 1
            near = max(1e-9 * abs(b), 0.51 * unit * rounded, 0.06 * abs(b) * ("10^" in right))
            holds = {"<": a < b, ">": a > b, r"\le": a <= b + near, r"\ge": a >= b - near}
            holds |= dict.fromkeys(["=", r"\approx"], abs(a - b) <= near)
            (true if holds[sign] else false).update(here, there)
    return true, false


@cache
def tasks(name):
    """Return the numbers of each task of a chapter, out of the file that has its answers."""
    path = BOOK / "exercises" / f"{name}.md"
    heads = re.split(r"(?m)^## ", path.read_text(encoding="utf-8"))[1:] if path.exists() else []
    return {each.partition(":")[0]: [n.value for n in numbers(each)] for each in heads}


def constants(*paths):
    """Return the numbers of programs and stored results."""
    texts = {path: path.read_text(encoding="utf-8") for path in paths if path.exists()}
    found = (Constants(t).found if p.suffix == ".py" else in_text(t) for p, t in texts.items())
    return [each for one in found for each in one]


@cache
def chapter(name):
    """Return the sections of a chapter or a page, the numbers of each, and labels of equations."""
    if (BOOK / f"{name}.md").exists():
        text = (BOOK / f"{name}.md").read_text(encoding="utf-8")
        parts = sections([nbformat.v4.new_markdown_cell(text.split("---\n", 2)[-1], id="page")])
        beside = [*BOOK.parent.glob("benchmarks/[a-z]*.*")] if name == "speed" else []
    else:
        parts = sections(nbformat.read(BOOK / f"{name}.ipynb", as_version=4).cells)
        beside = [BOOK / "studies" / f"{name.removeprefix('lab_')}.py"]
    pools, labels, settings = [pool(part) for part in parts], {}, constants(*beside)
    for place, (part, own) in enumerate(zip(parts, pools)):
        labels |= dict.fromkeys(re.findall(r"\((eq-[\w-]+)\)", part.text), place)
        own += settings
        for task in re.findall(r"\(task-([\w-]+)\)=", part.text):
            own += tasks(name)[task]
    return parts, pools, labels


@cache
def numbering(*names):
    """Return how sources number what they print, by the ids and places of the ledger's lines."""
    found = set()
    for name in names:
        path = BOOK / "ledger" / f"{name.lower().partition('-')[0]}.md"
        heads = re.findall(r"^## (.*)$", path.read_text(encoding="utf-8"), flags=re.M)
        heads = [head for head in heads if head.split(",")[0] == name or "-" not in name]
        found |= {*re.findall(r"\d+(?:\.\d+)?", " ".join(heads))}
    return found


@dataclass
class Reader:
    """What a sentence of one section can refer to: numbers near, one section away, and far."""

    near: set
    beside: set
    far: set

    def without_place(self, sentence, sources):
        """Return the numbers of a sentence that have no place."""
        true, false = worked_out(sentence)
        ids = re.findall("`([^`]*)`", sentence)
        spans = [range(*each.span()) for each in re.finditer(NUMBERED, sentence)]

        def placed(each):
            if each.start in false:
                return False
            if "." in each.shown and any(each.start in span for span in spans):
                return each.shown in numbering(*(ids or sources))
            known = self.far if each.specific else self.beside
            return each.start in true or each.ordinary or any(map(each.is_, self.near | known))

        return [each for each in numbers(sentence) if not placed(each)]


def readings(name):
    """Yield (cell's id, sentence, its Reader, sources that it may mean) for a chapter or page."""
    parts, pools, labels = chapter(name)
    for place, (part, own) in enumerate(zip(parts, pools)):
        named = [labels[each] for each in re.findall(r"`(eq-[\w-]+)`", part.text) if each in labels]
        linked = [chapter(each)[1] for each in re.findall(r"\((\w+)\.ipynb", part.text)]
        reader = Reader(
            {*own, *chain(*(pools[each] for each in named))},
            {*chain(*pools[max(0, place - 1) : place + 2])},
            {*chain(*pools, *chain(*linked))},
        )
        sources = []
        for cell_id, text in part.texts:
            for sentence in sentences(text):
                sources = sources[-1:] + re.findall(SOURCES, sentence)
                yield cell_id, sentence, reader, sources


@cache
def excused():
    """Return the table of numbers without a place: {(page, number as shown): what gives it}."""
    text = Path(__file__).with_suffix(".md").read_text(encoding="utf-8")
    found = {}
    for page, shown, given in re.findall(
        r"^\| (?!page)(\w+) \| (.+?) \| (.+?) \|$", text, flags=re.M
    ):
        found |= {(page, each): given for each in shown.split("; ")}
    return found


def given_by(given):
    """Return the values of a row: those of its program, if it is one, or None."""
    if not re.fullmatch("`[^`]+`", given):
        return None
    names = {"sqrt": math.sqrt, "log": math.log, "exp": math.exp}
    values = eval(given.strip("`"), {"__builtins__": {}}, names)
    return values if isinstance(values, tuple) else (values,)


def unplaced(name, sentence, reader, sources):
    """Return the numbers of a sentence, as shown, that neither have a place nor are excused.

    An equation between numbers that does not hold is never excused.
    """
    table, false = excused(), worked_out(sentence)[1]
    found = reader.without_place(sentence, sources)
    rows = {each: {(name, each.shown), ("any", each.shown)} & set(table) for each in found}
    return [each.shown for each in found if each.start in false or not rows[each]]
