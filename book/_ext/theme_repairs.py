"""Sphinx extension: repairs of the theme.

In the text, a formula keeps its punctuation. In the finished page, scripts
that nothing uses are left out, what a screen reader would stumble over is
mended, and code cells in a row fold as one: each function names one fault.
"""

import re
from pathlib import Path

import previews
from bs4 import BeautifulSoup
from bs4.dammit import EntitySubstitution
from bs4.formatter import HTMLFormatter
from docutils import nodes
from sphinx.jinja2glue import BuiltinTemplateLoader

UNUSED = (
    "fontawesome.js",  # 1.5 MB: the style sheet draws the same icons by itself
    "thebe",  # code run on another host; declares a constant twice
    "kernelName",
    "togglebutton",  # folds boxes; MyST-NB and sphinx-design fold without it
    "toggleHint",
    "toggleOpenOnPrint",
    "sphinx_highlight",  # marks the words of a search that is not there
    "doctools",  # serves that search and that marking only
)
FIRST = (
    "documentation_options",  # a line of the head adds to them
    "sliders",  # colours pictures as they come; sliders do not wait for others
)
TITLES = {  # of buttons: what they show
    "Toggle primary sidebar": "Chapters",
    "Toggle secondary sidebar": "Contents of this page",
    "Fullscreen mode": "Fill the screen",
}
DIALOGS = {
    "pst-search-dialog": "Search",
    "pst-primary-sidebar-modal": "Chapters",
    "pst-secondary-sidebar-modal": "Contents of this page",
}
# Words and signs of code, half of all elements of a chapter, have no colour.
# Others share one: they share a class, and neighbours are one element.
PLAIN = r'<span class="(?:n|nn|o|p|w)">([^<]*)</span>'
COLOURS = {
    "k": "k[cn]|ne|ow",
    "m": "bp|m[fi]|n[bd]",
    "nf": "nc",
    "s": "s[12adei]",
}
NEIGHBOURS = (
    r'<span class="(k|m|s)">[^<]*</span>(?:\s*<span class="\1">[^<]*</span>)+'
)
# What the theme's script measures in each page at once, folds included.
MEASURED = r'\["pre",[^\]]*\]\.join\(", "\)'
ESCAPE = EntitySubstitution.substitute_xml
SWITCHES = ("checked", "defer", "hidden")  # attributes without a value
DARK = "matchMedia('(prefers-color-scheme: dark)').matches"

REFUSED = """<script>
try { localStorage.length; } catch {
  const value = { getItem: () => null, setItem() {}, removeItem() {} };
  for (const name of ["localStorage", "sessionStorage"])
    Object.defineProperty(window, name, { value });
}
</script>"""


def keep_punctuation(app, doctree):
    """Hold a comma, or "-th", in the line of the formula before it."""
    for math in list(doctree.findall(nodes.math)):
        parent = math.parent
        after = math.next_node(descend=False, siblings=True)
        text = after if isinstance(after, nodes.Text) else ""
        mark = re.match(r"(-?th\b)?[^\s\w(\[-]*", text)[0]
        if mark:
            at = parent.index(math)
            line = nodes.inline("", "", math.deepcopy(), nodes.Text(mark))
            line["classes"].append("together")
            parent[at : at + 2] = [line, nodes.Text(text[len(mark) :])]


def light_code(html):
    """Write the colours of code with few elements and few classes."""
    html = re.sub(PLAIN, r"\1", html)
    for one, others in COLOURS.items():
        html = re.sub(
            f'<span class="(?:{others})">', f'<span class="{one}">', html
        )
    return re.sub(
        NEIGHBOURS,
        lambda m: f'<span class="{m[1]}">{re.sub("<[^>]*>", "", m[0])}</span>',
        html,
    )


def drop_unused(page):
    """Leave out scripts and styles that no page uses."""
    for tag in page(["script", "link"]):
        address = tag.get("src") or tag.get("href") or ""
        own = tag.string or ""
        said = address + tag.get("type", "") + (own if len(own) < 1000 else "")
        if any(word in said for word in UNUSED):
            tag.decompose()
    for tag in page(id=["ethical-ad-placement", "jb-print-docs-body"]):
        tag.decompose()  # a place for advertising; title and contents again


def scripts_wait(page):
    """Let scripts run when the page is there, but for those that come first."""
    for script in page.head.select("script[src]"):
        if not any(name in script["src"] for name in FIRST):
            script["defer"] = ""


def theme_of_the_system(page):
    """Begin dark where the system is dark, and light without script."""
    page.html["data-theme"] = "light"
    for script in page.head("script"):
        if script.string and 'getItem("theme") || "auto"' in script.string:
            script.string = script.string.replace(
                'getItem("theme") || "auto"',
                f'getItem("theme") || ({DARK} ? "dark" : "light")',
            )


def where_nothing_is_kept(page):
    """Let no script fail where the browser refuses to keep anything."""
    page.head.insert(0, BeautifulSoup(REFUSED, "html.parser"))


def name_the_controls(page):
    """Give names to what has none, or another than the one that is shown."""
    for tag in page("button", "search-button-field") + page("summary"):
        del tag["aria-label"]  # it hides the text that is shown
    for dialog, name in DIALOGS.items():
        for tag in page("dialog", id=dialog):
            tag["aria-label"] = name
    for icon in page(class_=re.compile("^fa-")):
        icon["aria-hidden"] = "true"
    for button in page("button"):
        if button.get("title") in TITLES:
            button["title"] = TITLES[button["title"]]
        if not button.find_parent("form", class_="task-form"):
            button.attrs.setdefault("type", "button")  # else it sends a form
        if button.get("title") and not button.get_text(strip=True):
            button.attrs.setdefault("aria-label", button["title"])


def landmarks(page):
    """Put everything into a landmark: the sidebar, the button "Back to top"."""
    for sidebar in page(id="pst-primary-sidebar"):
        sidebar["role"] = "complementary"
        sidebar["aria-label"] = "Book"
    for button in page("button", id="pst-back-to-top"):
        page.main.append(button.extract())
    for main in page("main"):
        del main["role"]  # it has that already


def lists(page):
    """Make lists of what looks like one, and of nothing else."""
    for citation in page(role="doc-biblioentry"):
        citation["role"] = "listitem"  # the other role has been withdrawn
    inside = [tag for line in page("dt", "sig") for tag in line(["dl", "dd"])]
    for tag in inside:
        tag["class"] = ["sig-lines" if tag.name == "dl" else "sig-line"]
        tag.name = "span"  # parameters, one a line, are no definitions


def table_heads(page):
    """Where the corner of a table is empty, make the first column heads."""
    for table in page("table"):
        corner = table.find(["th", "td"])
        for head in table.select("thead th"):
            head["scope"] = "col"
        if corner.name == "th" and not corner.get_text(strip=True):
            corner.name = "td"
            del corner["scope"]
            for first in table.select("tbody tr > :first-child"):
                first.name = "th"
                first["scope"] = "row"


def one_fold(page):
    """Make one fold of folded code cells in a row, if only the last shows."""
    for cell in page("div", "cell"):
        after = cell.find_next_sibling()
        folds = [
            each and each.find("details", class_="hide", recursive=False)
            for each in (cell, after)
        ]
        if not all(folds) or "cell" not in after["class"]:
            continue
        whole = all("tag_hide-cell" in each["class"] for each in (cell, after))
        if whole or not cell.find(class_="cell_output"):
            folds[0].summary.decompose()
            folds[1].summary.insert_after(*folds[0].extract().contents)
            cell.decompose()


def chevrons(page):
    """Leave the chevrons of folds to the style sheet: a line for all."""
    for marker in page("span", "sd-summary-state-marker"):
        marker.clear()


def as_html_allows(page):
    """Leave nothing where it must not stand, and no attribute unknown."""
    for line in page.select("summary > p"):
        line.name = "span"
    for inside in page("ul"):
        if inside.parent.name == "p":
            inside.parent.unwrap()
    for field in page(autocorrect=True):
        del field["autocorrect"]


def columns(page):
    """Mark the outputs that stand in columns: the others may be wrapped."""
    for output in page("div", "stream"):
        lines = output.get_text().splitlines()
        if sum(" " * 2 in line.strip() for line in lines) > 1:
            output["class"] += ["columns"]


def sliders_first(page):
    """Put a slider before its code, and tell its shape.

    So nothing moves when a page arrives in pieces, and the keyboard goes
    through it in the order that is seen.
    """
    for figure in page("figure", "explore"):
        output = figure.find_parent("div", "cell_output")
        output.parent.insert(0, output.extract())
        width, height = (int(figure.img[side]) for side in ("width", "height"))
        figure["style"] = f"--shape: {width / height:.4g}"


def contents_later(page):
    """Let book.js begin to follow the reader in the contents, not the page.

    To find the places of all sections, the whole page has to be laid out.
    """
    del page.body["data-bs-spy"]


def boxes_later(app, error):
    """Leave boxes that scroll to book.js, which measures what is shown."""
    script = Path(app.outdir, "_static/scripts/pydata-sphinx-theme.js")
    if not error and script.is_file():
        text = script.read_text(encoding="utf-8")
        text = re.sub(MEASURED, '":not(*)"', text)
        script.write_text(text, encoding="utf-8")


REPAIRS = (
    drop_unused,
    scripts_wait,
    theme_of_the_system,
    where_nothing_is_kept,
    name_the_controls,
    landmarks,
    lists,
    table_heads,
    chevrons,
    as_html_allows,
    columns,
    one_fold,
    sliders_first,
    contents_later,
)


class AsWritten(HTMLFormatter):
    """Attributes in the order in which they were written; no end of <br>."""

    def __init__(self):
        """Escape only what has to be."""
        super().__init__(ESCAPE, void_element_close_prefix="")

    def attributes(self, tag):
        """Yield the pairs of name and value, unsorted."""
        for name, value in tag.attrs.items():
            yield name, None if name in SWITCHES else value


class Templates(BuiltinTemplateLoader):
    """Sphinx's templates, with the repairs made in every finished page."""

    def init(self, builder, theme=None, dirs=None):
        """Remember where the pages go."""
        super().init(builder, theme, dirs)
        self.folder = builder.outdir

    def render(self, template, context):
        """Return the page that a template makes of its context."""
        html = super().render(template, context)
        if "<html" not in html:
            return html
        html = light_code(html)
        page = BeautifulSoup(html, "html.parser")
        for repair in REPAIRS:
            repair(page)
        previews.write(page, context["pagename"], self.folder)
        return page.decode(formatter=AsWritten())


def setup(app):
    """Register the marks and the repairs."""
    app.connect("doctree-read", keep_punctuation)
    app.connect("build-finished", boxes_later)
    app.config.template_bridge = "theme_repairs.Templates"
    return {"parallel_read_safe": True, "parallel_write_safe": True}
