"""Sphinx extension: set every formula when the book is built.

No page loads MathJax. Its release 3.2.2, out of sphinx-mathjax-offline, runs
here, in the V8 that mini-racer brings, and draws each formula once as SVG.
Such a drawing has an element for each symbol and carries every outline anew.
So it is written again, as a few lines of text in a font of its own, made of the
outlines that the book uses, and of gaps: a page says where a line begins, and
its letters follow. The font lies inside typeset.css: it is there with the first
line of text, and from the file system, too.

Beside each drawing stands MathML, which is read aloud and not seen.

An equation that continues in another line after "\\\\ &\\quad {}" is set twice,
broken and in one line: the style sheet shows what fits.

What has been set is kept between builds beside Sphinx's own doctrees.
"""

import functools
import hashlib
import io
import json
import os
import re
from base64 import b64encode
from collections import defaultdict
from html import escape
from importlib.util import find_spec
from math import ceil
from pathlib import Path
from xml.etree import ElementTree as ET

from docutils import nodes
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from py_mini_racer import MiniRacer
from sphinx.util.logging import getLogger
from sphinx.util.math import get_node_equation_number

logger = getLogger(__name__)
HERE = Path(__file__).resolve().parent
MATHJAX = Path(
    find_spec("sphinx-mathjax-offline").submodule_search_locations[0],
    "static/mathjax",
)
PARTS = ("loader", "core", "adaptors/liteDOM", "input/tex-full", "output/svg")
PARTS += ("output/svg/fonts/tex", "a11y/assistive-mml")
BEFORE = """
globalThis.console = { log() {}, warn() {}, error() {} };
globalThis.MathJax = { loader: { load: [] }, startup: { ready() {} } };
"""
FIRST = 0xE000  # the private use area: the letters of a font of one's own
GAP = 0xF000  # and gaps: of 1/180 em, of 2/180, and so on; TeX's are of 1/18
WIDEST, LONG = 0xF8FF - GAP, 360  # a gap longer than two em is of two letters
OWN = re.compile("[\ue000-\uf8ff]")
SIZES = {100: "", 70.7: ' class="s"', 50: ' class="ss"'}  # in typeset.css
NUMBER = r"-?\d+\.?\d*"
CONTINUED = re.compile(r"\\\\(\[[^]]*\])?\s*&\s*\\q?quad\s*\{\}")
DESK = 66  # ex, roughly 600 px, beside a number: what is wider stays broken
SPACES, STYLES = ("mspace", "mphantom"), ("mstyle", "mpadded")
READ = ("mathvariant", "notation", "display", "linethickness")
CLASSES = "math notranslate"
FORMULAS = (nodes.math, nodes.math_block)
ROWS = ("math", "mrow", "mtd", "msqrt", "menclose")  # of any length


class Unknown(Exception):
    """A formula that cannot be set, with the reason."""


class MathJax:
    """MathJax in V8, started when the first formula is asked for."""

    def __init__(self, macros):
        self.macros = macros
        self.engine = None

    def __call__(self, function, *arguments):
        """Return what a function of typeset.js returns."""
        if self.engine is None:
            self.engine = MiniRacer()
            scripts = [MATHJAX / f"{part}.js" for part in PARTS]
            scripts = [*scripts, HERE / "typeset.js"]
            texts = [path.read_text(encoding="utf-8") for path in scripts]
            self.engine.eval("\n".join([BEFORE, *texts, "true"]))
            self.engine.call("begin", self.macros)
        return self.engine.call(function, *arguments)

    def close(self):
        """End V8: it would keep Python from ending."""
        if self.engine is not None:
            self.engine.close()
            self.engine = None


@functools.cache
def commands(outline):
    """Return the commands of an outline: a letter, and points as numbers."""
    found, x, y = [], 0, 0
    for letter, rest in re.findall(r"([MLHVQTZ])([^MLHVQTZ]*)", outline):
        numbers = [round(float(each)) for each in re.findall(NUMBER, rest)]
        if letter in "HV":
            point = (numbers[0], y) if letter == "H" else (x, numbers[0])
            letter, points = "L", [point]
        else:
            points = list(zip(numbers[::2], numbers[1::2]))
        if letter == "T":  # the control point is the last one's reflection
            (a, b), curved = found[-1][1][0], found[-1][0] == "Q"
            points.insert(0, (2 * x - a, 2 * y - b) if curved else (x, y))
            letter = "Q"
        found.append((letter, points))
        x, y = points[-1] if points else (x, y)
    return found


def extent(outline):
    """Return the left, lower, right and upper end of an outline."""
    points = [point for _, each in commands(outline) for point in each]
    across, along = zip(*points)
    return min(across), min(along), max(across), max(along)


def units(length):
    """Return a length of MathJax, in thousandths, in hundredths of an em."""
    return round(length / 10)


def wide(gap):
    """Return the width of a gap in thousandths of an em."""
    return round(1000 * gap / 180)


def step(length):
    """Return a height or a depth: lines of text have few different ones."""
    return 15 * ceil(max(length, 0) / 150)


def ex(length):
    """Return hundredths of em as a number of ex, as MathJax sees the two."""
    return round(length / 43.1, 2)


def lines(letters, size, widths):
    """Return lines [x, y, text] of letters (letter, x, y) of a size."""
    found, end = [], 0
    for y, x, letter in sorted((units(-y), x, a) for a, x, y in letters):
        gap = round(18 * (x - end) / size)
        if not found or found[-1][1] != y or not 0 <= gap <= WIDEST:
            gap, end = 0, x
            found.append([units(x), y, ""])
        parts = gap - gap % LONG, gap % LONG
        gaps = "".join(chr(GAP + each) for each in parts if each)
        found[-1][2] += gaps + letter
        end += size / 100 * (wide(gap) + widths[letter])
    return found


def path(boxes, kind=""):
    """Write boxes as one element; the page counts downwards."""
    written = ""
    for box in boxes:
        left, low, right, high = map(units, box)
        width, height = max(right - left, 1), max(high - low, 1)
        written += f"M{left} {-high}h{width}v{height}h{-width}z"
    kind = f' class="{kind}"' if kind else ""
    return f'<path{kind} d="{written}"/>'


class Drawing:
    """MathJax's SVG, gathered by font sizes: symbols, and boxes for lines."""

    def __init__(self, svg, letters, widths):
        self.letters = letters
        self.widths = {letters[each]: widths[each] for each in letters}
        self.texts = defaultdict(list)  # size: (letter, x, y)
        self.boxes, self.changed, self.used = [], [], {}
        if "viewBox" not in svg.attrib:
            raise Unknown(r"the book numbers its equations: no \tag")
        _, high, width, height = map(float, svg.get("viewBox").split())
        self.width, self.height = units(width), step(-high)
        self.depth = step(height + high)
        (picture,) = svg
        for child in picture:
            self.add(child, 0, 0, 1)

    def add(self, element, x, y, size):
        """Add an element and what is in it; the size is that of its letters."""
        transform = element.get("transform", "")
        for name, values in re.findall(r"(\w+)\(([^)]*)\)", transform):
            values = [float(each) for each in re.split("[ ,]+", values)]
            if name == "translate":
                x, y = x + size * values[0], y + size * sum(values[1:])
            elif len(values) == 1:
                size *= values[0]
        kind = element.tag.rpartition("}")[2]
        before = len(self.boxes), {k: len(v) for k, v in self.texts.items()}
        if kind == "path":
            self.symbol(element.get("d"), x, y, size)
        elif kind == "rect":
            self.line(element, x, y, size)
        elif kind == "svg":
            self.stretched(element, x, y, size)
        elif kind == "g":
            for child in element:
                self.add(child, x, y, size)
        else:
            raise Unknown(f"nothing here draws <{kind}>")
        if "changed" in element.get("class", "").split():
            self.mark(*before)

    def symbol(self, outline, x, y, size):
        """Add a letter."""
        if outline:
            letter = self.letters[outline]
            self.used[letter] = outline
            self.texts[round(100 * size, 1)].append((letter, x, y))

    def line(self, rect, x, y, size):
        """Add a line, such as that of a fraction, or a frame."""
        names = ("x", "y", "width", "height", "stroke-width")
        left, low, width, height, stroke = (
            size * float(rect.get(name, 0)) for name in names
        )
        left, low = x + left, y + low
        right, high, half = left + width, low + height, stroke / 2
        if rect.get("fill") != "none":
            self.boxes.append((left, low, right, high))
            return
        for end in (left, right):
            self.boxes.append((end - half, low, end + half, high))
        for end in (low, high):
            self.boxes.append((left, end - half, right, end + half))

    def stretched(self, svg, x, y, size):
        """Add the straight piece of a long bracket, cut to its length."""
        (path,) = svg
        at_x, at_y = (float(svg.get(name)) for name in ("x", "y"))
        view = [float(each) for each in svg.get("viewBox").split()]
        scales = re.findall(NUMBER, path.get("transform", "scale(1,1)"))
        ends = []
        for axis, start in enumerate((at_x, at_y)):
            scale, first = float(scales[axis]), view[axis]
            low, high = extent(path.get("d"))[axis::2]
            low = max(scale * low, first)
            high = min(scale * high, first + view[axis + 2])
            ends.append((start + low - first, start + high - first))
        (left, right), (low, high) = ends
        left, right = x + size * left, x + size * right
        self.boxes.append((left, y + size * low, right, y + size * high))

    def mark(self, boxes, texts):
        """Mark what has been added since as changed."""
        found = self.boxes[boxes:]
        for size, letters in self.texts.items():
            for letter, x, y in letters[texts.get(size, 0) :]:
                ends = (size / 100 * e for e in extent(self.used[letter]))
                left, low, right, high = ends
                found.append((x + left, y + low, x + right, y + high))
        if found:
            left, low, right, high = zip(*found)
            low, high = min(low) - 120, max(high) + 80
            self.changed.append((min(left) - 50, low, max(right) + 50, high))

    def svg(self):
        """Write the drawing."""
        written = []
        if self.changed:
            under = [(a, b, c, b + 70) for a, b, c, _ in self.changed]
            written.append(path(self.changed, "changed"))
            written.append(path(under, "changed-line"))
        for size, letters in self.texts.items():
            kind = SIZES.get(size, f' font-size="{size:g}"')
            for x, y, text in lines(letters, size, self.widths):
                at = (f' y="{y}"' if y else "") + (f' x="{x}"' if x else "")
                written.append(f"<text{kind}{at}>{text}</text>")
        if self.boxes:
            written.append(path(self.boxes))
        view = f"0 {-self.height} {self.width} {self.height + self.depth}"
        style = f"--w:{self.width};--d:{self.depth}"  # typeset.css makes it ex
        return (
            f'<svg class="formula" aria-hidden="true" viewBox="{view}" '
            f'style="{style}">{"".join(written)}</svg>'
        )


def spoken(element, inside="math"):
    """Return MathML for readers: without what is there for the eye only."""
    tag = element.tag.rpartition("}")[2]
    if tag in SPACES:
        return [] if inside in ROWS else [ET.Element("mrow")]
    plain = element.get("data-mjx-texclass", "ORD") == "ORD"
    tag = "mrow" if tag in STYLES else tag
    children = []
    for child in element:
        children += spoken(child, tag)
    if tag == "mrow" and (len(children) == 1 or (plain and inside in ROWS)):
        return children
    if tag == "mtable" and [len(row) for row in children] == [1]:
        cell = list(children[0][0])  # an environment inside another
        if [each.tag for each in cell] == ["mtable"]:
            return cell
    kept = {k: v for k, v in element.attrib.items() if k in READ}
    read = ET.Element(tag, kept)
    read.text = element.text
    read.extend(children)
    return [read]


def font(letters):
    """Return a font in base64, of outlines and widths by their codes."""
    names = {code: f"u{code:X}" for code in letters}
    glyphs = {".notdef": TTGlyphPen(None).glyph()}
    advances = {".notdef": (500, 0)}
    for code, (outline, width) in letters.items():
        pen = TTGlyphPen(None)
        draw = {"M": pen.moveTo, "L": pen.lineTo, "Q": pen.qCurveTo}
        for letter, points in commands(outline):
            if letter == "Z":
                pen.closePath()
            else:
                draw[letter](*points)
        glyphs[names[code]] = pen.glyph()
        left = extent(outline)[0] if outline else 0
        advances[names[code]] = (width, left)
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(list(glyphs))
    builder.setupCharacterMap(names)
    builder.setupGlyf(glyphs)
    builder.setupHorizontalMetrics(advances)
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Formula", "styleName": "Regular"})
    builder.setupOS2(sTypoAscender=800, sTypoDescender=-200)
    builder.setupPost(keepGlyphNames=False)
    builder.updateHead(created=0, modified=0)  # the same in every build
    builder.font.flavor = "woff"
    file = io.BytesIO()
    builder.save(file)
    return b64encode(file.getvalue()).decode()


class Typesetter:
    """Sets formulas and remembers them: the drawing, MathML, the letters."""

    def __init__(self, macros, file=None):
        self.mathjax, self.file = MathJax(macros), file
        self.version = version(macros)
        self.known, self.widths = {}, {}
        if file and file.exists():
            found = json.loads(file.read_text(encoding="utf-8"))
            if found["version"] == self.version:
                self.known, self.widths = found["known"], found["widths"]

    def set(self, tex, display):
        """Return what is remembered of a formula; set it, if it is new."""
        key = f"{'display' if display else 'inline'} {tex}"
        if key not in self.known:
            self.known[key] = self.draw(tex, display)
        return self.known[key]

    def draw(self, tex, display):
        """Set a formula."""
        if re.search(r"\\(eq)?ref\b", tex):
            raise Unknown("a formula cannot refer to another; the text can")
        html, fault = self.mathjax("convert", tex, display)
        if fault:
            raise Unknown(fault)
        if not self.widths:
            self.widths = self.mathjax("outlines")
        svg, mathml = ET.fromstring(html)
        letters = {o: chr(c) for c, o in self.letters.items()}
        drawing = Drawing(svg, letters, self.widths)
        (read,) = spoken(mathml[0], "")
        written = drawing.svg()
        return {
            "svg": written,
            "mathml": ET.tostring(read, encoding="unicode"),
            "width": ex(drawing.width),
            "letters": "".join(sorted(set(OWN.findall(written)))),
        }

    @property
    def letters(self):
        """The outlines of the font by their codes, the same in every build."""
        return dict(enumerate(self.widths, FIRST))

    def inline(self, tex):
        """Return a formula in a line of text as HTML."""
        made = self.set(tex, False)
        return made["svg"] + made["mathml"]

    def display(self, tex):
        """Return an equation as HTML: what is continued, in one line, too."""
        made = self.set(tex, True)
        pictures = made["svg"]
        line = CONTINUED.sub(" ", tex)
        if line != tex and self.set(line, True)["width"] <= DESK:
            wide = self.set(line, True)["svg"]
            pictures = pictures.replace("formula", "formula broken", 1)
            pictures += wide.replace("formula", "formula whole", 1)
        return pictures + made["mathml"]

    def style(self):
        """Return the style sheet, with a font of the letters that are used."""
        used = {ord(c) for made in self.known.values() for c in made["letters"]}
        letters = {c: (o, self.widths[o]) for c, o in self.letters.items()}
        letters |= {GAP + n: ("", wide(n)) for n in range(1, WIDEST)}
        letters = {code: letters[code] for code in sorted(used)}
        data = f"data:font/woff;base64,{font(letters)}"
        face = f'@font-face {{ font-family: Formula; src: url("{data}"); }}\n'
        return (HERE / "typeset.css").read_text(encoding="utf-8") + face

    def close(self):
        """Remember what has been set; end V8, or Python would not end."""
        self.mathjax.close()
        if self.file:
            kept = {"version": self.version, "known": self.known}
            kept["widths"] = self.widths
            self.file.write_text(json.dumps(kept), encoding="utf-8")


def version(macros):
    """Return what changes with the macros and with the code that sets."""
    parts = [
        *(HERE / name for name in ("typeset.py", "typeset.js")),
        *(MATHJAX / f"{part}.js" for part in PARTS),
    ]
    own = hashlib.sha256(json.dumps(macros, sort_keys=True).encode())
    for each in parts:
        own.update(each.read_bytes())
    return own.hexdigest()


def source(node):
    """Return the TeX of an equation, put together as Sphinx does it."""
    tex = node.astext().strip()
    if node["nowrap"]:
        return tex
    parts = [part.strip() for part in tex.split("\n\n") if part.strip()]
    for index, part in enumerate(parts):
        whole = re.fullmatch(r"\\begin\{(\w+)\}.*\\end\{\1\}", part, re.S)
        if r"\\" in part and not whole:
            parts[index] = rf"\begin{{split}}{part}\end{{split}}"
    if len(parts) == 1:
        return parts[0]
    return r"\begin{aligned}" + r" \\ ".join(parts) + r"\end{aligned}"


def written(writer, setting, tex):
    """Return a formula as HTML, or its source where it cannot be set."""
    try:
        return setting(tex)
    except Unknown:  # the reader of the page has been warned by set_formulas
        return f"<code>{escape(tex)}</code>"


def visit_inline(writer, node):
    """Write a formula in a line of text."""
    setting = writer.builder.app.typesetter.inline
    start = writer.starttag(node, "span", "", CLASS=CLASSES)
    html = written(writer, setting, node.astext().strip())
    writer.body.append(f"{start}{html}</span>")
    raise nodes.SkipNode


def visit_display(writer, node):
    """Write an equation, with its number in front."""
    setting = writer.builder.app.typesetter.display
    writer.body.append(writer.starttag(node, "div", CLASS=CLASSES))
    if node["number"] and not node["nowrap"]:
        number = get_node_equation_number(writer, node)
        writer.body.append(f'<span class="eqno">({number})')
        writer.add_permalink_ref(node, "Link to this equation")
        writer.body.append("</span>")
    html = written(writer, setting, source(node))
    writer.body.append(f'<div class="equation">{html}</div></div>\n')
    raise nodes.SkipNode


def begin(app):
    """Take up what earlier builds have set."""
    file = Path(app.doctreedir, "typeset.json")
    app.typesetter = Typesetter(app.config.typeset_macros, file)


def set_formulas(app, doctree):
    """Set the formulas of a page when it is read; warn of those that fail."""
    for node in doctree.findall(lambda node: isinstance(node, FORMULAS)):
        try:
            if isinstance(node, nodes.math_block):
                tex = source(node)
                app.typesetter.display(tex)
            else:
                tex = node.astext().strip()
                app.typesetter.inline(tex)
        except Unknown as fault:
            logger.warning("formula %r: %s", tex, fault, location=node)


def write_style(app, env):
    """Write the style sheet before the pages, which name its checksum."""
    if app.builder.format == "html":
        folder = Path(app.outdir, "_static")
        folder.mkdir(parents=True, exist_ok=True)
        style = app.typesetter.style()
        (folder / "typeset.css").write_text(style, encoding="utf-8")


def write_side_by_side(app, env):
    """Let Sphinx write pages on all cores; its own process only resolves."""
    app.parallel = 1 + os.cpu_count()
    app.typesetter.mathjax.close()  # V8 would not run in a copy of its process


def end(app, exception):
    """Remember what has been set."""
    app.typesetter.close()


def setup(app):
    """Register the renderer of formulas."""
    app.add_html_math_renderer(
        "typeset", (visit_inline, None), (visit_display, None)
    )
    app.add_config_value("typeset_macros", {}, "env")
    app.add_config_value("typeset_version", version({}), "env")
    app.add_css_file("typeset.css")
    app.connect("builder-inited", begin)
    app.connect("doctree-read", set_formulas, priority=900)  # the last
    app.connect("env-updated", write_style)
    app.connect("env-updated", write_side_by_side)
    app.connect("build-finished", end)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
