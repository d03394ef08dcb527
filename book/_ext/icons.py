"""Sphinx extension: of the theme's icons, pages load those that they show.

The theme's font of icons has 157 kB, for a dozen buttons. Their icons are put
into a font of their own, under the same name: a browser takes it first, and the
whole font only for an icon that is not there. It stands in a style sheet, since
Firefox loads no font beside a page that is opened from a folder.
"""

import io
import re
from base64 import b64encode
from pathlib import Path

from fontTools.subset import Options, Subsetter, load_font, save_font

FONT = "vendor/fontawesome/webfonts/fa-solid-900.ttf"
STYLES = "styles/pydata-sphinx-theme.css"
FACE = """@font-face {{
  font-display: block;
  font-family: "Font Awesome 6 Free";
  font-style: normal;
  font-weight: 900;
  src: url("data:font/woff;base64,{}") format("woff");
}}
"""
RULE = r'((?:\.fa-[\w-]+:before,?)+)\{content:"\\([0-9a-f]+)"\}'


def icons(static):
    """Return the code of each icon, by its name."""
    found = {}
    styles = (static / STYLES).read_text(encoding="utf-8")
    for names, code in re.findall(RULE, styles):
        found |= dict.fromkeys(re.findall(r"fa-[\w-]+", names), int(code, 16))
    return found


def subset(file, codes):
    """Return a font that has these letters of another one, in base64."""
    options = Options(flavor="woff", layout_features=[])
    only, kept = Subsetter(options), io.BytesIO()
    only.populate(unicodes=codes)
    with load_font(str(file), options) as font:
        only.subset(font)
        save_font(font, kept, options)
    return b64encode(kept.getvalue()).decode()


def write_style(app, exception):
    """Write the style sheet with the icons that the pages name."""
    if app.builder.name != "html" or exception:
        return
    out = Path(app.outdir)
    static = out / "_static"
    shown = set()
    for page in [*out.glob("*.html"), *out.glob("book/*.html")]:
        shown |= set(re.findall(r"\bfa-[\w-]+", page.read_text("utf-8")))
    codes = [code for name, code in icons(static).items() if name in shown]
    style = ""  # a newer theme has the font as WOFF2 only: the whole, then
    if (static / FONT).exists():
        style = FACE.format(subset(static / FONT, codes))
    (static / "icons.css").write_text(style, encoding="utf-8")


def setup(app):
    """Write the style sheet when all pages have been written."""
    app.add_css_file("icons.css", priority=900)  # after the theme
    app.connect("build-finished", write_style)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
