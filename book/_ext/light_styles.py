"""Sphinx extension: of foreign style sheets, pages load what they can use.

The theme comes with the whole of Bootstrap, 390 kB that a browser has to read
before it draws the first letter. A rule stays if every class and id that it
names is a word of some page or script. Own style sheets are left alone.
"""

import re
from itertools import groupby, pairwise
from pathlib import Path

import tinycss2

SHEETS = (
    "styles/*.css",
    "basic.css",
    "mystnb*.css",
    "sphinx-design*.css",
)
MADE = "bs-"  # Bootstrap puts the names of its tooltips together
INSIDE = ("container", "media", "supports")


def words(out):
    """Return what may be a class or an id in the pages of a folder."""
    found = set()
    for path in [*out.rglob("*.html"), *out.rglob("*.js")]:
        found.update(re.findall(r"[\w-]+", path.read_text("utf-8")))
    return found


def named(selector):
    """Yield classes and ids that must be there; those in brackets need not."""
    for before, token in pairwise([None, *selector]):
        if token.type == "hash" or (before == "." and token.type == "ident"):
            yield token.value


def used(prelude, known):
    """Return those of the selectors of a rule that can fit."""
    lists = groupby(prelude, lambda token: token == ",")
    selectors = [list(tokens) for comma, tokens in lists if not comma]
    return ",".join(
        tinycss2.serialize(selector)
        for selector in selectors
        if all(n in known or n.startswith(MADE) for n in named(selector))
    )


def lighter(rules, known):
    """Yield the rules that are used, without white space around them."""
    for rule in rules:
        if rule.type == "qualified-rule":
            kept = used(rule.prelude, known)
            if kept:
                yield f"{kept}{{{tinycss2.serialize(rule.content)}}}"
        elif rule.type == "at-rule" and rule.lower_at_keyword in INSIDE:
            inner = tinycss2.parse_rule_list(rule.content, True, True)
            kept = "".join(lighter(inner, known))
            head = rule.at_keyword + tinycss2.serialize(rule.prelude)
            if kept:
                yield f"@{head}{{{kept}}}"
        else:
            yield rule.serialize()


def light(style, known):
    """Return a style sheet without the rules that nothing can use."""
    rules = tinycss2.parse_stylesheet(style, True, True)
    style = "".join(lighter(rules, known))
    return re.sub(r"[^\0-\x7f]", lambda m: rf"\{ord(m[0]):06x}", style)


def write(app, exception):
    """Lighten the style sheets when all pages and scripts are there."""
    if app.builder.name != "html" or exception:
        return
    out = Path(app.outdir)
    known = words(out)
    for sheet in SHEETS:
        for path in (out / "_static").glob(sheet):
            style = light(path.read_text(encoding="utf-8"), known)
            path.write_text(style, encoding="utf-8")


def setup(app):
    """Lighten when the icons have been found, before a visit is kept."""
    app.connect("build-finished", write, priority=700)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
