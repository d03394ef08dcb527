"""The formulas of the book: how they are set, drawn, read aloud and remembered."""

import base64
import io
import os
import re
from html import escape
from unittest.mock import Mock
from xml.etree import ElementTree as ET

import pytest
import typeset
from docutils import nodes
from fontTools.ttLib import TTFont
from sphinx.events import EventManager


def test_an_outline_is_read_in_absolute_points():
    assert typeset.commands("M5 -3L1.6 2T4 4Z") == [
        ("M", [(5, -3)]),
        ("L", [(2, 2)]),
        ("Q", [(2, 2), (4, 4)]),
        ("Z", []),
    ]
    assert typeset.extent("M0 5L10 -3Q20 30 7 7Z") == (0, -3, 20, 30)


def test_a_reflected_control_point_continues_the_curve():
    assert typeset.commands("M0 0Q10 20 20 20T40 0H5V7Z")[2:] == [
        ("Q", [(30, 20), (40, 0)]),
        ("L", [(5, 0)]),
        ("L", [(5, 7)]),
        ("Z", []),
    ]


@pytest.mark.parametrize(
    ("size", "letters", "wanted"),
    [
        (100, [("a", 0, 0), ("b", 500, 0)], [(0, 0, "ab", [])]),
        (100, [("b", 600, 0), ("a", 0, 0)], [(0, 0, "ab", [18])]),
        (50, [("a", 10, -30), ("b", 310, -30)], [(1, 3, "ab", [18])]),
        (100, [("a", 0, 0), ("b", 400, 0)], [(0, 0, "a", []), (40, 0, "b", [])]),
        (100, [("a", 0, 0), ("b", 0, 100)], [(0, -10, "b", []), (0, 0, "a", [])]),
        (100, [("a", 0, 0), ("a", 2500, 0)], [(0, 0, "aa", [360])]),
        (100, [("a", 0, 0), ("a", 2722, 0)], [(0, 0, "aa", [360, 40])]),
        (100, [("a", 0, 0), ("a", 0 + 500 + 2303 * 100 / 18, 0)], [(0, 0, "aa", [2160, 143])]),
        (
            100,
            [("a", 0, 0), ("a", 0 + 500 + 2304 * 100 / 18, 0)],
            [(0, 0, "a", []), (1330, 0, "a", [])],
        ),
        (100, [("a", 0, 0), ("b", 600, 0), ("a", 850, 0)], [(0, 0, "aba", [18])]),
    ],
)
def test_letters_with_gaps_between_them_are_lines(size, letters, wanted):
    found = typeset.lines(letters, size, {"a": 500, "b": 250})
    gaps = [[ord(sign) - typeset.GAP for sign in text if sign not in "ab"] for *_, text in found]
    texts = ["".join(sign for sign in text if sign in "ab") for *_, text in found]
    assert [(x, y, *rest) for (x, y, _), *rest in zip(found, texts, gaps)] == wanted


def test_lengths_are_rounded_for_the_page():
    assert [typeset.step(each) for each in (-5, 0, 1, 150, 151)] == [0, 0, 15, 15, 30]
    assert [typeset.units(each) for each in (-14, 14, 16)] == [-1, 1, 2]
    assert [typeset.wide(each) for each in (1, 18, 180)] == [6, 100, 1000]
    assert [typeset.ex(each) for each in (43.1, 60)] == [1, 1.39]


SQUARE, BAR = "M0 0H500V700H0Z", "M50 0H150V400H50Z"


def drawn(body, view="0 -750 1000 900"):
    """Return what is drawn of a picture of MathJax, with two letters."""
    picture = ET.fromstring(f'<svg viewBox="{view}"><g transform="scale(1,-1)">{body}</g></svg>')
    return typeset.Drawing(picture, {SQUARE: "a", BAR: "b"}, {SQUARE: 500, BAR: 250})


def test_a_letter_stands_where_its_groups_are_moved_and_scaled_to():
    drawing = drawn(
        f'<g transform="translate(100,-20) scale(0.707)"><path d="{SQUARE}"/>'
        f'<g transform="translate(1000)"><path d="{BAR}"/></g><path d=""/></g>'
        f'<path d="{BAR}"/>'
    )
    assert drawing.texts == {70.7: [("a", 100, -20), ("b", 807, -20)], 100: [("b", 0, 0)]}
    assert (drawing.width, drawing.height, drawing.depth) == (100, 75, 15)


MOVED = '<g transform="translate(10,30) scale(0.5)">'


@pytest.mark.parametrize(
    ("body", "boxes"),
    [
        ('<rect width="300" height="60" x="120" y="220"/>', [(120, 220, 420, 280)]),
        (MOVED + '<rect width="300" height="60" y="-20"/></g>', [(10, 20, 160, 50)]),
        (
            '<rect fill="none" stroke-width="20" width="300" height="60" x="100" y="200"/>',
            [(90, 200, 110, 260), (390, 200, 410, 260), (100, 190, 400, 210), (100, 250, 400, 270)],
        ),
    ],
)
def test_lines_are_boxes_and_frames_are_four(body, boxes):
    assert drawn(body).boxes == boxes


@pytest.mark.parametrize(
    ("view", "transform", "box"),
    [
        ("0 100 875 600", 'transform="scale(1,2)"', (70, -300, 170, 300)),
        ("60 100 60 200", "", (20, -300, 80, -100)),
        ("40 0 875 600", 'transform="scale(2,1)"', (80, -300, 280, 100)),
    ],
)
def test_a_long_bracket_is_a_box_cut_to_its_length(view, transform, box):
    body = f'<svg x="20" y="-300" viewBox="{view}"><path d="{BAR}" {transform}/></svg>'
    assert drawn(body).boxes == [box]
    left, low, right, high = box
    moved = (10 + left / 2, 30 + low / 2, 10 + right / 2, 30 + high / 2)
    assert drawn(f"{MOVED}{body}</g>").boxes == [moved]


def test_what_cannot_be_drawn_is_said():
    with pytest.raises(typeset.Unknown, match="<text>"):
        drawn("<text>a</text>")


def corners(path):
    """Return the boxes of an element as (left, upper, right, lower)."""
    found = re.findall(r"M(-?\d+) (-?\d+)h(\d+)v(\d+)h-\3z", path.get("d"))
    assert path.get("d").count("M") == len(found)
    numbers = [map(int, box) for box in found]
    return [(left, up, left + wide, up + high) for left, up, wide, high in numbers]


@pytest.mark.parametrize(("scale", "box"), [("1", (-5, -78, 55, 12)), ("0.5", (-5, -43, 30, 12))])
def test_a_changed_letter_alone_is_marked_as_large_as_it_is(scale, box):
    body = f'<g class="changed"><g transform="scale({scale})"><path d="{SQUARE}"/></g></g>'
    mark, *_ = ET.fromstring(drawn(body).svg())
    assert corners(mark) == [box]


def test_a_script_of_a_script_is_of_the_size_that_has_a_class():
    scaled = '<g transform="scale(0.707)">'
    drawing = drawn(f'{scaled}{scaled}<path d="{SQUARE}"/></g></g>')
    assert 'class="ss"' in drawing.svg()


def test_a_thin_line_is_not_lost():
    box = ET.fromstring(typeset.path([(0, 0, 4, 4)]))
    assert corners(box) == [(0, 0, 1, 1)]


def test_the_mark_of_a_correction_is_around_what_was_added_in_it_and_nothing_else():
    drawing = drawn(
        f'<path d="{SQUARE}"/><rect width="5000" height="60"/>'
        '<g transform="translate(600,100)"><g class="changed other">'
        f'<path d="{BAR}"/><g transform="translate(300,0) scale(0.5)"><path d="{SQUARE}"/></g>'
        '<rect width="10" height="30" x="600" y="-40"/></g></g><g class="changed"/>'
    )
    mark, under, *texts, line = ET.fromstring(drawing.svg())
    assert [mark.get("class"), under.get("class"), line.get("class")] == [
        "changed", "changed-line", None,
    ]  # fmt: skip
    assert corners(mark) == [(60, -58, 126, 6)]
    assert corners(under) == [(60, -1, 126, 6)]
    assert corners(line) == [(0, -6, 500, 0), (120, -9, 121, -6)]
    assert [each.tag for each in texts] == ["text"] * 3


def test_a_drawing_says_how_large_it_is_and_where_each_line_of_text_begins():
    drawing = drawn(
        f'<path d="{SQUARE}"/><g transform="translate(600,200) scale(0.707)"><path d="{BAR}"/></g>'
        f'<g transform="translate(0,-300) scale(0.5)"><path d="{BAR}"/></g>'
        f'<g transform="translate(900,0) scale(1.44)"><path d="{BAR}"/></g>'
    )
    svg = ET.fromstring(drawing.svg())
    assert svg.get("viewBox") == "0 -75 100 90"
    assert svg.get("style") == "--w:100;--d:15"
    found = [(each.text, *map(each.get, ("class", "font-size", "x", "y"))) for each in svg]
    assert found == [
        ("a", None, None, None, None),
        ("b", "s", None, "60", "-20"),
        ("b", "ss", None, None, "30"),
        ("b", None, "144", "90", None),
    ]


TABLE = "<mtable><mtr><mtd><mi>a</mi></mtd></mtr></mtable>"


@pytest.mark.parametrize(
    ("body", "read"),
    [
        ("<mrow><mi>a</mi><mi>b</mi></mrow>", "<mi>a</mi><mi>b</mi>"),
        ("<mrow><mi>a</mi></mrow>", "<mi>a</mi>"),
        ("<mrow />", ""),
        (
            '<mrow data-mjx-texclass="INNER"><mi>a</mi><mi>b</mi></mrow>',
            "<mrow><mi>a</mi><mi>b</mi></mrow>",
        ),
        ('<mrow data-mjx-texclass="INNER"><mi>a</mi></mrow>', "<mi>a</mi>"),
        (
            "<msup><mi>a</mi><mrow><mi>b</mi><mspace /><mi>c</mi></mrow></msup>",
            "<msup><mi>a</mi><mrow><mi>b</mi><mi>c</mi></mrow></msup>",
        ),
        ("<msub><mi>a</mi><mspace /></msub>", "<msub><mi>a</mi><mrow /></msub>"),
        ("<mstyle><mi>a</mi><mphantom><mi>b</mi></mphantom></mstyle>", "<mi>a</mi>"),
        (
            '<mi mathvariant="bold" data-mjx-texclass="ORD" class="x">a</mi>',
            '<mi mathvariant="bold">a</mi>',
        ),
        (f"<mtable><mtr><mtd>{TABLE}</mtd></mtr></mtable>", TABLE),
        *[
            (kept, kept)
            for kept in (
                f"<mtable><mtr><mtd>{TABLE}</mtd><mtd /></mtr></mtable>",
                f"<mtable><mtr><mtd>{TABLE}</mtd></mtr><mtr><mtd /></mtr></mtable>",
                f"<mtable><mtr><mtd>{TABLE}<mi>b</mi></mtd></mtr></mtable>",
                f"<menclose>{TABLE}</menclose>",
                "<mtable />",
            )
        ],
    ],
)
def test_what_is_there_for_the_eye_only_is_not_read_aloud(body, read):
    (found,) = typeset.spoken(ET.fromstring(f"<math>{body}</math>"))
    wanted = f"<math>{read}</math>" if read else "<math />"
    assert ET.tostring(found, encoding="unicode") == wanted


def test_the_font_is_the_same_whenever_it_is_made(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")  # the clock, for fontTools
    data = typeset.font({0xE000: (SQUARE, 500), 0xF012: ("", 100)})
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "2000000000")
    assert typeset.font({0xE000: (SQUARE, 500), 0xF012: ("", 100)}) == data


def test_the_font_has_its_letters_with_their_widths_and_no_more():
    data = typeset.font({0xE000: (SQUARE, 500), 0xF012: ("", 100)})
    font = TTFont(io.BytesIO(base64.b64decode(data)))
    assert font.flavor == "woff" and font["head"].unitsPerEm == 1000
    assert font.getBestCmap().keys() == {0xE000, 0xF012}
    widths = font["hmtx"].metrics
    assert widths[".notdef"] == (500, 0)
    assert [widths[font.getBestCmap()[code]] for code in (0xE000, 0xF012)] == [(500, 0), (100, 0)]
    assert (font["hhea"].ascent, font["hhea"].descent) == (800, -200)
    assert (font["OS/2"].sTypoAscender, font["OS/2"].sTypoDescender) == (800, -200)
    assert font["post"].formatType == 3  # no names of letters, which nobody reads
    assert font["name"].getDebugName(1) == "Formula"


def block(tex, nowrap=False):
    return nodes.math_block(tex, tex, nowrap=nowrap, number=None, label=None)


def test_lines_and_paragraphs_of_an_equation_are_put_together():
    assert typeset.source(block("a = b")) == "a = b"
    assert typeset.source(block(r"a \\ b")) == r"\begin{split}a \\ b\end{split}"
    aligned = r"\begin{aligned} a &= b \\ &= c \end{aligned}"
    assert typeset.source(block(aligned)) == aligned
    assert typeset.source(block("a\n\nb")) == r"\begin{aligned}a \\ b\end{aligned}"
    assert typeset.source(block(r"a \\ b", nowrap=True)) == r"a \\ b"


def test_paragraphs_of_an_equation_may_lie_apart_and_have_lines_of_their_own():
    assert typeset.source(block(" a\n\n\n\nb ")) == r"\begin{aligned}a \\ b\end{aligned}"
    assert typeset.source(block("\\begin{cases}\na \\\\ b\n\\end{cases}\n\nb \\\\ c")) == (
        "\\begin{aligned}\\begin{cases}\na \\\\ b\n\\end{cases} \\\\ "
        r"\begin{split}b \\ c\end{split}\end{aligned}"
    )


class Engine:
    """V8 with MathJax that sets each formula as the same two letters, or says what is wrong."""

    started, running = 0, 0

    def __init__(self):
        Engine.started, Engine.running = Engine.started + 1, Engine.running + 1
        self.loaded = self.macros = None

    def eval(self, script):
        self.loaded = script.endswith("true")

    def call(self, function, *arguments):
        assert self.loaded
        if function == "begin":
            (self.macros,) = arguments
            return None
        if function == "outlines":
            return {SQUARE: 500}
        if "wrong" in arguments[0]:
            return "", "nothing of that name"
        read = f"<math><mi>{escape(str([*self.macros, *arguments]), False)}</mi></math>"
        letter = f'<path d="{SQUARE}"/>'
        both = f'<g>{letter}<g transform="translate(506)">{letter}</g></g>'
        picture = f'<svg viewBox="0 -700 500 700">{both}</svg>'
        return f"<p>{picture}<span>{read}</span></p>", ""

    def close(self):
        Engine.running -= 1


@pytest.fixture
def engine(monkeypatch):
    monkeypatch.setattr(Engine, "started", 0)
    monkeypatch.setattr(Engine, "running", 0)
    monkeypatch.setattr(typeset, "MiniRacer", Engine)
    return Engine


@pytest.fixture
def app(tmp_path, engine):
    """Sphinx with the events of a build, whose pages are HTML."""
    app = Mock(outdir=tmp_path / "out", doctreedir=tmp_path, pdb=False)
    app.builder.format, app.config.typeset_macros = "html", {"half": "1/2"}
    app.events = EventManager(app)
    app.connect = lambda event, function, priority=500: app.events.connect(
        event, function, priority
    )
    app.result = typeset.setup(app)
    app.events.emit("builder-inited")
    return app


def test_mathjax_is_started_when_it_is_needed_and_again_after_its_end(engine):
    mathjax = typeset.MathJax({})
    mathjax.close()
    assert engine.started == 0
    assert mathjax("outlines") == mathjax("outlines") == {SQUARE: 500}
    assert (engine.started, engine.running) == (1, 1)
    mathjax.close()
    mathjax.close()
    assert engine.running == 0
    assert mathjax("outlines") and (engine.started, engine.running) == (2, 1)


def test_an_inline_formula_and_a_display_are_set_each_once(engine):
    setter = typeset.Typesetter({"half": "1/2"})
    for _ in range(2):
        assert setter.inline("a").endswith("<math><mi>['half', 'a', False]</mi></math>")
        assert setter.display("a").endswith("<math><mi>['half', 'a', True]</mi></math>")
    assert len(setter.known) == 2
    assert setter.set("a", False)["width"] == 1.16
    assert setter.set("a", False)["letters"] == chr(typeset.FIRST) + chr(typeset.GAP + 1)


def test_a_continued_equation_is_a_display_in_one_line_too(engine):
    setter = typeset.Typesetter({})
    html = setter.display(r"a\\ &\quad {}b")
    assert html.count("<svg") == 2 and html.count("<math") == 1
    assert list(setter.known) == [r"display a\\ &\quad {}b", "display a b"]


@pytest.mark.parametrize("tex", [r"\ref{a}", r"\eqref{a}", "wrong"])
def test_a_formula_that_cannot_be_set_is_not_remembered(engine, tex):
    setter = typeset.Typesetter({})
    with pytest.raises(typeset.Unknown, match=r"nothing of that name|cannot refer to another"):
        setter.inline(tex)
    assert not setter.known
    assert setter.inline(r"\reference")


def test_macros_and_the_code_that_sets_make_another_version(monkeypatch, tmp_path):
    version = typeset.version({"a": "b", "c": "d"})
    assert typeset.version({"c": "d", "a": "b"}) == version != typeset.version({"a": "b"})
    for name in ("typeset.py", "typeset.js"):
        (tmp_path / name).write_bytes((typeset.HERE / name).read_bytes())
    monkeypatch.setattr(typeset, "HERE", tmp_path)
    assert typeset.version({"a": "b", "c": "d"}) == version
    (tmp_path / "typeset.js").write_text("other")
    assert typeset.version({"a": "b", "c": "d"}) != version


def test_the_formulas_of_a_page_are_set_when_all_else_has_read_it(app, monkeypatch):
    said = []
    monkeypatch.setattr(typeset.logger, "warning", lambda text, *parts, **_: said.append(parts))
    doctree = nodes.document(None, None)
    app.connect("doctree-read", lambda app, doctree: doctree.append(nodes.math("", " a ")), 800)
    doctree += [block("b"), block("wrong"), nodes.math("", " wrong "), nodes.paragraph("", "c")]
    app.events.emit("doctree-read", doctree)
    assert list(app.typesetter.known) == ["display b", "inline a"]
    assert [(tex, str(fault)) for tex, fault in said] == [("wrong", "nothing of that name")] * 2


def test_the_style_sheet_is_written_before_the_pages_and_what_is_set_remembered(app, engine):
    app.typesetter.inline("a")
    for _ in range(2):
        app.events.emit("env-updated", None)
        style = (app.outdir / "_static" / "typeset.css").read_text(encoding="utf-8")
        assert style == app.typesetter.style() and "svg.formula" in style
        assert engine.running == 0
    assert app.parallel == 1 + os.cpu_count()
    app.typesetter.inline("b")
    app.events.emit("build-finished", None)
    assert engine.running == 0
    known = app.typesetter.known
    app.events.emit("builder-inited")
    assert app.typesetter.known == known and len(known) == 2


def test_there_is_no_style_sheet_without_pages(app):
    app.builder.format = "latex"
    app.events.emit("env-updated", None)
    assert not app.outdir.exists()


def test_sphinx_reads_in_one_process_and_writes_in_many_with_this_renderer(app):
    assert app.result == {"parallel_read_safe": False, "parallel_write_safe": True}
    app.add_css_file.assert_called_once_with("typeset.css")
    app.add_config_value.assert_any_call("typeset_macros", {}, "env")
    (name, *visitors), _ = app.add_html_math_renderer.call_args
    assert name == "typeset" and [leave for _, leave in visitors] == [None, None]


class Writer:
    """Sphinx's writer of HTML, in which equations are numbered in one row."""

    docnames = ()

    def __init__(self, app):
        self.body, self.builder = [], app.builder
        app.builder.app, app.builder.config.numfig = app, False

    def starttag(self, node, tag, suffix="\n", CLASS=""):
        return f'<{tag} class="{CLASS}">'

    def add_permalink_ref(self, node, title):
        self.body.append(f'<a title="{title}">#</a>')


def page_of(app, node):
    """Return what is written for a node."""
    app.typesetter.inline = app.typesetter.display = Mock(side_effect=seen)
    (_, (inline, _), (display, _)), _ = app.add_html_math_renderer.call_args
    writer = Writer(app)
    with pytest.raises(nodes.SkipNode):
        (display if isinstance(node, nodes.math_block) else inline)(writer, node)
    return "".join(writer.body)


def seen(tex):
    if tex == "a < wrong":
        raise typeset.Unknown("nothing of that name")
    return f"<svg>{tex}</svg>"


def test_a_formula_in_a_line_is_written_or_its_source_where_it_cannot_be_set(app):
    start = '<span class="math notranslate">'
    assert page_of(app, nodes.math("", " a ")) == f"{start}<svg>a</svg></span>"
    assert page_of(app, nodes.math("", "a < wrong")) == f"{start}<code>a &lt; wrong</code></span>"


@pytest.mark.parametrize(
    ("number", "nowrap", "written"),
    [
        (7, False, '<span class="eqno">(7)<a title="Link to this equation">#</a></span>'),
        (None, False, ""),
        (7, True, ""),
    ],
)
def test_an_equation_is_written_with_its_number_in_front(app, number, nowrap, written):
    node = block("a", nowrap)
    node["number"] = number
    equation = '<div class="equation"><svg>a</svg></div></div>\n'
    assert page_of(app, node) == f'<div class="math notranslate">{written}{equation}'


@pytest.fixture(scope="module")
def setter():
    setter = typeset.Typesetter({"half": r"\tfrac12", "of": [r"#1(#2)", 2]})
    yield setter
    setter.close()


def parts(html):
    """Return the drawings and the MathML of a formula."""
    *drawings, mathml = ET.fromstring(f"<p>{html}</p>")
    assert {each.tag for each in drawings} == {"svg"}
    return drawings, mathml


def standing(line, x, size, widths):
    """Yield the letters of a line of text, and where they stand."""
    for letter in line:
        if letter in widths:
            yield letter, x
        x += size / 1000 * widths.get(letter, typeset.wide(ord(letter) - typeset.GAP))


def text(setter, drawing):
    """Return the letters of a drawing, as (size, outline, x, y), from above to below."""
    sizes = {"s": 70.7, "ss": 50, None: 100}
    widths = {chr(code): setter.widths[outline] for code, outline in setter.letters.items()}
    found = []
    for each in drawing.iter("text"):
        size = float(each.get("font-size", sizes[each.get("class")]))
        x, y = (int(each.get(name, 0)) for name in "xy")
        line = standing(each.text, x, size, widths)
        found += [(size, setter.letters[ord(letter)], x, y) for letter, x in line]
    return sorted(found, key=lambda letter: (-letter[0], letter[3], letter[2]))


def test_scripts_are_smaller_and_stand_above_and_below(setter):
    (drawing,), mathml = parts(setter.inline(r"\delta_j^l"))
    (delta, above, below) = text(setter, drawing)
    assert [delta[0], above[0], below[0]] == [100, 70.7, 70.7]
    assert delta[2:] == (0, 0)
    assert above[2] == below[2] > 40
    assert above[3] < 0 < below[3]
    assert ET.tostring(mathml, encoding="unicode") == (
        "<math><msubsup><mi>δ</mi><mi>j</mi><mi>l</mi></msubsup></math>"
    )
    assert drawing.get("aria-hidden") == "true"


def test_a_drawing_has_an_element_for_each_line(setter):
    (drawing,), _ = parts(setter.display(r"\delta^l = (W^{l+1})^T \delta^{l+1} \odot f'(z^l)"))
    assert [each.tag for each in drawing] == ["text", "text"]


@pytest.mark.parametrize("size", [144, 100, 70.7, 50])
def test_letters_stand_where_they_are_put(rng, size):
    widths = {"a": 529, "b": 429, "c": 0}
    close, far = rng.uniform(0, 100, 300).cumsum(), rng.uniform(0, 1e5, 300)
    put = [(rng.choice([*"abc"]), x, y) for y, xs in ((362, close), (0, far)) for x in xs]
    put = sorted(put, key=lambda letter: (-letter[2], letter[1]))
    found = [
        (letter, x, y)
        for start, y, line in typeset.lines(put, size, widths)
        for letter, x in standing(line, start, size, widths)
    ]
    for (letter, x, y), (asked, at_x, at_y) in zip(found, put, strict=True):
        assert (letter, y) == (asked, round(-at_y / 10))
        assert abs(10 * x - at_x) < 5 + size / 30  # half a unit where a line begins; half a gap


def test_letters_that_follow_each_other_are_one_line(setter):
    (drawing,), _ = parts(setter.inline(r"f(x, y) = \sin x + 12.5\,z"))
    (line,) = drawing
    assert not line.attrib and len(text(setter, drawing)) == len("f(x,y)=sinx+12.5z")


def boxes(drawing):
    """Return the boxes of a drawing as (left, upper, width, height)."""
    d = drawing.findall("path")[-1].get("d")
    assert re.fullmatch(r"(M-?\d+ -?\d+h\d+v\d+h-\d+z)+", d)
    return [tuple(map(int, box)) for box in re.findall(r"M(-?\d+) (-?\d+)h(\d+)v(\d+)", d)]


def test_fractions_roots_and_frames_have_their_lines(setter):
    (drawing,), _ = parts(setter.display(r"\frac{a}{b}"))
    ((_, up, width, thick),) = boxes(drawing)
    assert up < -20 and 50 < width < 90 and thick == 6
    (drawing,), mathml = parts(setter.display(r"\boxed{\sqrt{x}}"))
    assert len(boxes(drawing)) == 5
    assert mathml.find("menclose").get("notation") == "box"


def test_a_long_bracket_reaches_from_its_upper_to_its_lower_end(setter):
    rows = r" \\ ".join("abcdef")
    (drawing,), _ = parts(setter.display(rf"\left(\begin{{matrix}}{rows}\end{{matrix}}\right)"))
    view = [float(each) for each in drawing.get("viewBox").split()]
    left, right = boxes(drawing)
    assert left[1] == right[1] and left[3] == right[3] > 0.4 * view[3]
    by_column = sorted(text(setter, drawing), key=lambda letter: letter[2])
    for (_, up, _, height), ends in ((left, by_column[:2]), (right, by_column[-2:])):
        for letter in ends:  # they touch the straight piece
            low, high = (each / 10 for each in typeset.extent(letter[1])[1::2])
            assert letter[3] - high <= up + height + 1 and letter[3] - low >= up - 1


def test_what_a_correction_changes_is_marked_behind_its_letters(setter):
    (drawing,), _ = parts(setter.display(r"x + \class{changed}{y^2} = z"))
    (mark, line, *_) = drawing
    assert [mark.get("class"), line.get("class")] == ["changed", "changed-line"]
    left, up, width, height = map(int, re.findall(r"-?\d+", mark.get("d"))[:4])
    inside = [
        left < x < left + width and up < y < up + height for *_, x, y in text(setter, drawing)
    ]
    assert sum(inside) == 2
    (plain,), _ = parts(setter.display("x + y^2 = z"))
    assert text(setter, plain) == text(setter, drawing)


def test_macros_of_the_configuration_are_known(setter):
    assert text(setter, parts(setter.inline(r"\half \of{f}{x}"))[0][0]) == text(
        setter, parts(setter.inline(r"\tfrac12 f(x)"))[0][0]
    )


@pytest.mark.parametrize(
    "tex", [r"\frac{a", r"\nonsense", r"\eqref{eq-x}", r"\text{鄭}", "a & b", r"a \tag{1}"]
)
def test_what_cannot_be_set_is_said(setter, tex):
    with pytest.raises(typeset.Unknown, match=r"\w"):
        setter.display(tex)


@pytest.mark.parametrize(
    "tex, read",
    [
        (r"a\,b \quad c", "<mi>a</mi><mi>b</mi><mi>c</mi>"),
        (r"a^{b}", "<msup><mi>a</mi><mi>b</mi></msup>"),
        (r"a^{\,b}", "<msup><mi>a</mi><mi>b</mi></msup>"),
        (r"\mathbf{a}", '<mi mathvariant="bold">a</mi>'),
        (r"{a+b}c", "<mi>a</mi><mo>+</mo><mi>b</mi><mi>c</mi>"),
        (r"\left(a\right)b", "<mrow><mo>(</mo><mi>a</mi><mo>)</mo></mrow><mi>b</mi>"),
        (r"a^{\phantom{b}}", "<msup><mi>a</mi><mrow /></msup>"),
        (r"\binom{a}{b}", '<mfrac linethickness="0"><mi>a</mi><mi>b</mi></mfrac>'),
    ],
)
def test_what_is_read_aloud_has_all_that_is_said_and_no_more(setter, tex, read):
    _, mathml = parts(setter.inline(tex))
    assert read in ET.tostring(mathml, encoding="unicode")


def test_the_font_has_the_outlines_that_are_used_and_no_others():
    setter = typeset.Typesetter({})
    setter.inline("a + a^a = 1")
    setter.close()
    (data,) = re.findall(r"base64,([^\"]+)", setter.style())
    font = TTFont(io.BytesIO(base64.b64decode(data)))
    codes = font.getBestCmap()
    gaps = {code: codes.pop(code) for code in set(codes) - set(setter.letters)}
    assert len(codes) == 4 and len(gaps) >= 2
    for code, name in gaps.items():
        assert font["hmtx"][name] == (typeset.wide(code - typeset.GAP), 0)
    assert font["head"].unitsPerEm == 1000
    for code, name in codes.items():
        glyph, outline = font["glyf"][name], setter.letters[code]
        assert (glyph.xMin, glyph.yMin, glyph.xMax, glyph.yMax) == ends(glyph)
        assert font["hmtx"][name] == (setter.widths[outline], glyph.xMin)
        left, low, right, high = typeset.extent(outline)  # of the control points
        assert left <= glyph.xMin <= glyph.xMax <= right
        assert low <= glyph.yMin <= glyph.yMax <= high
    assert setter.style() == setter.style()


def ends(glyph):
    """Return the ends of a glyph's points."""
    xs, ys = zip(*glyph.coordinates)
    return min(xs), min(ys), max(xs), max(ys)


def test_a_continued_equation_is_set_in_one_line_too_where_that_fits(setter):
    lines = r"\begin{aligned} a &= b \\[1ex] &\quad {} + c \end{aligned}"
    drawings, mathml = parts(setter.display(lines))
    assert [each.get("class") for each in drawings] == ["formula broken", "formula whole"]
    heights = [float(each.get("viewBox").split()[3]) for each in drawings]
    assert heights[1] < heights[0] / 1.5
    assert "".join(mathml.itertext()) == "a=b+c"
    wide = lines.replace("c", "+".join("abcdefghijklmnopqrstuvwxyz"))
    assert len(parts(setter.display(wide))[0]) == 1
    lists = r"\begin{aligned} a &= b \\ c &= d \end{aligned}"
    assert len(parts(setter.display(lists))[0]) == 1


def test_an_equal_formula_is_set_once_and_remembered_between_builds(tmp_path, monkeypatch):
    file = tmp_path / "typeset.json"
    first = typeset.Typesetter({}, file)
    html, style = first.inline("a^2"), None
    assert first.inline("a^2") == html and len(first.known) == 1
    style = first.style()
    first.close()
    monkeypatch.setattr(typeset, "MiniRacer", None)  # it cannot start
    again = typeset.Typesetter({}, file)
    assert again.inline("a^2") == html
    assert again.style() == style
    again.close()
    other = typeset.Typesetter({"x": "y"}, file)  # other macros: all anew
    with pytest.raises(TypeError):
        other.inline("a^2")


def test_other_code_that_sets_lets_every_page_be_read_again():
    """Only what is read is set; the font has the letters of what has been set."""
    app = Mock()
    typeset.setup(app)
    app.add_config_value.assert_any_call("typeset_version", typeset.version({}), "env")
