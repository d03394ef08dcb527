"""Sphinx extension: the head of every page, and the pages around the book.

Two settings in _config.yml say where the book lives. Both are empty until it
has a home; then what needs them is absent, without a warning.

``html: baseurl``
    The address of the pages. Switches on canonical links, sitemap.xml, and
    the tags and the picture for links to the book.
``repository: url``
    The address of the repository. Switches on the buttons for Binder, Colab,
    the source and reports. book/execute.py reads it, too.

Always there: a title and a description for every page, the same as JSON-LD in
the words of schema.org for machines, the redirection from index.html, and the
page for addresses that do not exist (404.html).
"""

import html
import json
import re
from base64 import b64encode
from pathlib import Path
from urllib.parse import urlsplit

from docutils import nodes
from sphinx.errors import ConfigError

HERE = Path(__file__).resolve().parent
SUBTITLE = "A course whose every equation runs"
LICENCE = "https://creativecommons.org/licenses/by/4.0/"  # of LICENSE-TEXT
NOT_FOUND = "Page not found"
# Pages that are not made from a file of their own.
DESCRIPTIONS = {
    "404": "There is no page at this address.",
    "genindex": "The names of the library and where they are described.",
    "search": "Search the pages of the course.",
}
BUTTONS = (
    "use_repository_button",
    "use_issues_button",
    "use_edit_page_button",
)


def web_address(setting, value):
    """Return an address with one slash at its end, or "" if it is unset."""
    if not value:
        return ""
    parts = urlsplit(str(value))
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ConfigError(
            f"{setting} in _config.yml must be empty or a whole address that "
            f"starts with https://, got {value!r}"
        )
    return str(value).rstrip("/") + "/"


def complete_settings(app, config):
    """Derive the theme's settings from the two addresses."""
    config.html_baseurl = web_address("html: baseurl", config.html_baseurl)
    options = config.html_theme_options
    repository = web_address("repository: url", options.get("repository_url"))
    options["repository_url"] = repository.rstrip("/").removesuffix(".git")
    options.update(dict.fromkeys(BUTTONS, bool(repository)))
    if not repository:
        options["launch_buttons"] = {}
    elif "github" not in urlsplit(repository).netloc:
        options["launch_buttons"]["colab_url"] = ""  # it reads GitHub only
    options["logo"] = {"text": config.html_title}
    config.templates_path.append(str(HERE))


def first_sentences(text, limit=200):
    """Return as many whole sentences as fit, at least (a part of) one."""
    text = " ".join(text.split())
    first, *rest = re.split(r"(?<=[.?!]) (?=[^a-z])", text)
    for sentence in rest:
        if len(first) + 1 + len(sentence) > limit:
            break
        first += " " + sentence
    if len(first) > limit:
        first = first[: limit - 1].rsplit(" ", 1)[0].rstrip(",;:") + "…"
    return first


def describe(app, doctree):
    """Remember a page's description: its front matter's or first sentences.

    A bold label in front, such as "What you will do.", is left out.
    """
    about = app.env.metadata[app.env.docname]
    paragraph = next(doctree.findall(nodes.paragraph), None)
    if "description" not in about and paragraph is not None:
        text = paragraph.astext().strip()
        for label in paragraph.findall(nodes.strong):
            text = text.removeprefix(label.astext())
        text = re.sub(r"[\\{}]", "", text)  # of a formula such as \tanh
        about["description"] = first_sentences(text)


def tag(kind, name, content):
    """Write one <meta> element."""
    return f'<meta {kind}="{name}" content="{html.escape(content)}" />\n'


def linked_data(app, page, description):
    """Write what a page is as JSON-LD: the course, or a part of it."""
    config, env, root = app.config, app.env, app.config.root_doc

    def resource(kind, page):
        name = config.html_title if page == root else env.titles[page].astext()
        known = {"@type": kind, "name": name}
        if config.html_baseurl:
            uri = app.builder.get_target_uri(page)
            known["url"] = config.html_baseurl + uri
        return known

    course = resource("Course", root)
    parts = env.toctree_includes.get(root, [])
    if page == root:
        about = course | {
            "author": {"@type": "Organization", "name": config.author},
            "hasPart": [resource("LearningResource", part) for part in parts],
        }
    else:
        about = resource("LearningResource", page)
        about["isPartOf"] = course
    about = {"@context": "https://schema.org"} | about
    about |= {
        "description": description,
        "inLanguage": config.language or "en",
        "license": LICENCE,
        "isAccessibleForFree": True,
    }
    text = json.dumps(about, ensure_ascii=False).replace("<", r"\u003c")
    return f'<script type="application/ld+json">{text}</script>\n'


def complete_head(app, pagename, templatename, context, doctree):
    """Give a page its description and, at a known address, link previews."""
    config, root = app.config, app.config.root_doc
    page = root if pagename == "index" else pagename
    about = app.env.metadata.get(page, {}).get("description", "")
    about = about or DESCRIPTIONS.get(page, SUBTITLE)
    if page == root:
        context["title"] = SUBTITLE  # the book's own title follows it
        if config.html_baseurl:
            uri = app.builder.get_target_uri(root)
            context["pageurl"] = config.html_baseurl + uri
    tags = tag("name", "description", about)
    if pagename in app.env.titles:
        tags += linked_data(app, page, about)
    if page in DESCRIPTIONS:
        tags += tag("name", "robots", "noindex")
        context["pageurl"] = None
    elif config.html_baseurl:
        tags += tag("property", "og:type", "website")
        tags += tag("property", "og:site_name", config.html_title)
        title = re.sub("<[^>]+>", "", context["title"])
        tags += tag("property", "og:title", html.unescape(title))
        tags += tag("property", "og:description", about)
        tags += tag("property", "og:url", context["pageurl"])
        picture = config.html_baseurl + "_static/card.png"
        tags += tag("property", "og:image", picture)
        tags += tag("property", "og:image:width", "1200")
        tags += tag("property", "og:image:height", "630")
        tags += tag("property", "og:image:alt", SUBTITLE)
        tags += tag("name", "twitter:card", "summary_large_image")
    context["metatags"] = context.get("metatags", "") + "\n" + tags


def contents(app):
    """List the pages, with addresses that work from any folder."""
    folder = urlsplit(app.config.html_baseurl).path
    root = app.config.root_doc
    return [
        (
            folder + app.builder.get_target_uri(page),
            app.env.titles[page].astext(),
        )
        for page in [root, *app.env.toctree_includes.get(root, [])]
    ]


def pages_around(app):
    """Yield index.html, which leads to the first page, and 404.html.

    Both stand alone, with their style and logo inside: 404.html is shown for
    addresses in any folder, where a relative link to a file would break.
    """
    if app.builder.name != "html":
        return
    logo = (HERE.parent / "_static" / "logo.svg").read_bytes()
    context = {"logo_data": b64encode(logo).decode()}
    root = app.config.root_doc
    if root != "index":
        start = app.builder.get_target_uri(root)
        yield "index", context | {"start": start}, "bare.html"
    pages = contents(app) if app.config.html_baseurl else []
    yield "404", context | {"title": NOT_FOUND, "pages": pages}, "bare.html"


def setup(app):
    """Register what is above, and the sitemap if there is an address."""
    app.connect("config-inited", complete_settings)
    app.connect("doctree-read", describe)
    app.connect("html-page-context", complete_head)
    app.connect("html-collect-pages", pages_around)
    if app.config.html_baseurl:
        app.setup_extension("sphinx_sitemap")
        app.config.sitemap_url_scheme = "{link}"
        unlisted = [f"{page}.html" for page in ("index", *DESCRIPTIONS)]
        app.config.sitemap_excludes = unlisted
    return {"parallel_read_safe": True, "parallel_write_safe": True}
