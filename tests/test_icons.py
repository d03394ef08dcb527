"""A font of those icons that the pages name, and nothing where there is no font to take them of."""

import io
import re
from base64 import b64decode

import icons
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont
from sphinx_app import application

BARS, MOON, STAR = 0xF0C9, 0xF186, 0xF005
STYLES = (
    '.fa-navicon:before,.fa-bars:before{content:"\\f0c9"}p{content:"\\f111"}'
    '.fa-moon:before{content:"\\f186"}.fa-star-half-stroke:before{content:"\\f005"}'
)


@pytest.fixture
def out(tmp_path):
    """Return a folder with three pages and a theme that has three icons."""
    static = tmp_path / "_static"
    for name in (icons.FONT, icons.STYLES):
        (static / name).parent.mkdir(parents=True)
    (static / icons.STYLES).write_text(STYLES)
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    for corner in ((0, 900), (900, 900), (900, 0)):
        pen.lineTo(corner)
    pen.closePath()
    names = [".notdef", "bars", "moon", "star"]
    font = FontBuilder(1000)
    font.setupGlyphOrder(names)
    font.setupCharacterMap(dict(zip((BARS, MOON, STAR), names[1:])))
    font.setupGlyf(dict.fromkeys(names, pen.glyph()))
    font.setupHorizontalMetrics(dict.fromkeys(names, (900, 0)))
    font.setupHorizontalHeader()
    font.setupPost()
    font.save(static / icons.FONT)
    (tmp_path / "book" / "deep").mkdir(parents=True)
    (tmp_path / "index.html").write_text('<i class="fas fa-bars"></i><i class="fa-unknown"></i>')
    (tmp_path / "book" / "page.html").write_text('<i class="fas fa-moon"></i> alfa-star')
    (tmp_path / "book" / "page.txt").write_text("fa-star-half-stroke")
    return tmp_path


def built(out, exception=None, builder="html"):
    """Return the style sheet after a build, or nothing."""
    application(icons, outdir=out, builder=builder).emit("build-finished", exception)
    style = out / "_static" / "icons.css"
    return style.read_text(encoding="utf-8") if style.exists() else None


def test_icons_are_known_by_each_of_their_names(out):
    assert icons.icons(out / "_static") == {
        "fa-navicon": BARS,
        "fa-bars": BARS,
        "fa-moon": MOON,
        "fa-star-half-stroke": STAR,
    }


def test_the_font_has_the_icons_of_the_pages_in_their_shape(out):
    style = built(out)
    assert '"Font Awesome 6 Free"' in style
    file = re.search('url\\("data:font/woff;base64,([^"]+)"\\) format\\("woff"\\)', style)[1]
    whole = (out / "_static" / icons.FONT).read_bytes()
    small, whole = (TTFont(io.BytesIO(font)) for font in (b64decode(file), whole))
    assert small.flavor == "woff"
    letters = small.getBestCmap()
    assert set(letters) == {BARS, MOON}
    for name in letters.values():
        assert small["glyf"][name] == whole["glyf"]["bars"]


def test_without_the_font_nothing_stands_before_that_of_the_theme(out):
    (out / "_static" / icons.FONT).unlink()
    assert built(out) == ""


@pytest.mark.parametrize("builder, exception", [("latex", None), ("html", ValueError())])
def test_no_font_is_made_for_other_builds_and_broken_ones(out, builder, exception):
    assert built(out, exception, builder) is None


def test_the_style_sheet_comes_behind_that_of_the_theme_and_those_of_the_settings():
    app = application(icons)
    (name,), options = app.add_css_file.call_args
    assert name == "icons.css"
    assert options["priority"] > 800  # where Sphinx has html_css_files
