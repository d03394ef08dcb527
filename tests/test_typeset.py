"""The formulas of the book: how they are set, drawn, read aloud and remembered."""

import base64
import io
import re
from unittest.mock import Mock
from xml.etree import ElementTree as ET

import pytest
import typeset
from docutils import nodes
from fontTools.ttLib import TTFont


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


@pytest.mark.parametrize("tex", [r"\frac{a", r"\nonsense", r"\eqref{eq-x}", r"\text{鄭}", "a & b"])
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


def test_a_reflected_control_point_continues_the_curve():
    assert typeset.commands("M0 0Q10 20 20 20T40 0H5V7Z")[2:] == [
        ("Q", [(30, 20), (40, 0)]),
        ("L", [(5, 0)]),
        ("L", [(5, 7)]),
        ("Z", []),
    ]


def block(tex, nowrap=False):
    return nodes.math_block(tex, tex, nowrap=nowrap, number=None, label=None)


def test_lines_and_paragraphs_of_an_equation_are_put_together():
    assert typeset.source(block("a = b")) == "a = b"
    assert typeset.source(block(r"a \\ b")) == r"\begin{split}a \\ b\end{split}"
    aligned = r"\begin{aligned} a &= b \\ &= c \end{aligned}"
    assert typeset.source(block(aligned)) == aligned
    assert typeset.source(block("a\n\nb")) == r"\begin{aligned}a \\ b\end{aligned}"
    assert typeset.source(block(r"a \\ b", nowrap=True)) == r"a \\ b"


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
