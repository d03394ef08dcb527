"""Sphinx extension: one style sheet for all pages, with what they can use.

A browser draws no letter before it has the last of a dozen style sheets: here
they are put into one. The theme comes with the whole of Bootstrap, 390 kB. Of
what is foreign a rule stays if every class and id that it names is a word of
some page or script.
"""

import re
from hashlib import sha256
from itertools import groupby, pairwise
from pathlib import Path, PurePosixPath
from posixpath import normpath

import tinycss2

ONE = "style.css"
LINK = r'<link [^>]*href="([./]*_static/)([^"?]+\.css)[^>]*>\s*'
FOREIGN = (
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
            inner = tinycss2.parse_rule_list(rule.content, skip_whitespace=True)
            kept = "".join(lighter(inner, known))
            head = rule.at_keyword + tinycss2.serialize(rule.prelude)
            if kept:
                yield f"@{head}{{{kept}}}"
        else:
            yield rule.serialize()


def light(style, known):
    """Return a style sheet without the rules that nothing can use."""
    rules = tinycss2.parse_stylesheet(style, True, True)
    return "".join(lighter(rules, known))


def sheet(static, name, known):
    """Return a style sheet as a part of one that lies in the folder."""
    folder = PurePosixPath(name).parent
    style = (static / name).read_text(encoding="utf-8")

    def at(found):
        return found[1] + normpath(folder / found[2])

    def whole(found):
        return sheet(static, normpath(folder / found[1]), known)

    style = style.replace('@charset "UTF-8";', "")
    style = re.sub(r"""(url\(["']?)(?!["']|data:)([^"')]+)""", at, style)
    if any(PurePosixPath(name).match(each) for each in FOREIGN):
        style = light(style, known)
    return re.sub(r'@import "(.+?)";', whole, style) + "\n"


def with_one(page, digest):
    """Return a page that loads the one style sheet in the place of all."""
    first = re.search(LINK, page)
    if not first:
        return page
    link = f'<link rel="stylesheet" href="{first[1]}{ONE}?v={digest}">\n'
    at = first.start()
    return page[:at] + link + re.sub(LINK, "", page[at:])


def write(app, exception):
    """Write the style sheet when all pages and scripts are there."""
    if app.builder.name != "html" or exception:
        return
    out = Path(app.outdir)
    pages = {page: page.read_text("utf-8") for page in out.rglob("*.html")}
    names = {}
    for page in pages.values():
        names |= dict.fromkeys(name for _, name in re.findall(LINK, page))
    names.pop(ONE, None)  # pages that are not written again have it
    if not names:
        return
    known = words(out)
    style = "".join(sheet(out / "_static", name, known) for name in names)
    style = re.sub(r"[^\0-\x7f]", lambda m: rf"\{ord(m[0]):x} ", style)
    (out / "_static" / ONE).write_text(style, encoding="utf-8")
    digest = sha256(style.encode()).hexdigest()[:8]
    for path, page in pages.items():
        path.write_text(with_one(page, digest), encoding="utf-8")


def setup(app):
    """Write it when the icons have been found, before a visit is kept."""
    app.connect("build-finished", write, priority=700)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
