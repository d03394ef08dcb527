"""Sphinx extension: of the theme's icons, pages load those that they show.

The theme's font of icons has 157 kB, for a dozen buttons. Their icons are put
into a font of their own, which book.css names after the theme's: a browser
takes it first, and the whole font only for an icon that it does not have.
"""

import re
from pathlib import Path

from fontTools.subset import Options, Subsetter, load_font, save_font

FONT = "vendor/fontawesome/webfonts/fa-solid-900.ttf"
STYLES = "styles/pydata-sphinx-theme.css"
RULE = r'((?:\.fa-[\w-]+:before,?)+)\{content:"\\([0-9a-f]+)"\}'


def icons(static):
    """Return the code of each icon, by its name."""
    found = {}
    styles = (static / STYLES).read_text(encoding="utf-8")
    for names, code in re.findall(RULE, styles):
        found |= dict.fromkeys(re.findall(r"fa-[\w-]+", names), int(code, 16))
    return found


def write_font(app, exception):
    """Write the font of the icons that the pages name."""
    if app.builder.name != "html" or exception:
        return
    out = Path(app.outdir)
    static = out / "_static"
    shown = set()
    for page in [*out.glob("*.html"), *out.glob("book/*.html")]:
        shown |= set(re.findall(r"\bfa-[\w-]+", page.read_text("utf-8")))
    codes = [code for name, code in icons(static).items() if name in shown]
    options = Options(flavor="woff", layout_features=[], notdef_outline=True)
    font, subset = load_font(str(static / FONT), options), Subsetter(options)
    subset.populate(unicodes=codes)
    subset.subset(font)
    save_font(font, str(static / "icons.woff"), options)


def setup(app):
    """Write the font when all pages have been written."""
    app.connect("build-finished", write_font)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
