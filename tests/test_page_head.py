"""What the head of a page says, and the pages around the book, without a build."""

import json
import re
from base64 import b64decode
from types import SimpleNamespace

import page_head
import pytest
from bs4 import BeautifulSoup
from docutils import nodes
from sphinx.errors import ConfigError
from sphinx_app import application

SITE = "https://example.org/course/"
TITLES = {"book/intro": "Start", "book/a": "A < B"}


def book(baseurl="", root="book/intro", builder="html", **settings):
    """Return an application with a book of two pages."""
    config = SimpleNamespace(
        html_baseurl=baseurl,
        html_title="The course",
        html_theme_options={"repository_url": "", "launch_buttons": {}},
        author="Its authors",
        language="en",
        root_doc=root,
        templates_path=[],
    )
    vars(config).update(settings)
    env = SimpleNamespace(
        titles={page: nodes.title(title, title) for page, title in TITLES.items()},
        toctree_includes={"book/intro": ["book/a"]},
        metadata={"book/intro": {"description": "It begins."}, "book/a": {}},
        docname="book/a",
    )
    app = application(page_head, builder=builder, config=config, env=env)
    app.builder.get_target_uri = "{}.html".format
    return app


def head(app, page, title="A &lt; B", **context):
    """Return what becomes of the context of a page, and its tags as they are read."""
    context |= {"title": title, "pageurl": f"{SITE}{page}.html"}
    app.emit("html-page-context", page, "page.html", context, None)
    found = BeautifulSoup(context["metatags"], "html.parser")
    tags = {tag.get("name") or tag["property"]: tag["content"] for tag in found("meta")}
    data = [json.loads(script.string) for script in found("script", type="application/ld+json")]
    return context, tags, data


@pytest.mark.parametrize(
    ("text", "limit", "wanted"),
    [
        ("One.  Two?\nThree.", 200, "One. Two? Three."),
        ("One two three. Four.", 15, "One two three."),
        ("One two. Four.", 14, "One two. Four."),
        ("One two. Four.", 13, "One two."),
        ("One two. Four.", 8, "One two."),
        ("About e.g. this. Then that.", 20, "About e.g. this."),
        ("One, two three four.", 8, "One…"),
        ("One two three.", 9, "One two…"),
        ("One two three.", 7, "One…"),
        ("One two three four.", 15, "One two three…"),
    ],
)
def test_descriptions_are_whole_sentences_up_to_a_length(text, limit, wanted):
    assert page_head.first_sentences(text, limit) == wanted


def test_a_description_has_at_most_200_letters():
    sentences = ["A" * 99 + ".", "B" * 99 + "."]
    assert page_head.first_sentences(" ".join(sentences)) == sentences[0]
    sentences[1] = sentences[1][1:]
    assert page_head.first_sentences(" ".join(sentences)) == " ".join(sentences)
    assert len(page_head.first_sentences("word " * 100)) <= 200


def test_addresses_get_one_slash_and_unset_ones_stay_empty():
    assert (
        page_head.web_address("html: baseurl", "https://example.org/a") == "https://example.org/a/"
    )
    assert page_head.web_address("html: baseurl", "https://example.org//") == "https://example.org/"
    assert page_head.web_address("html: baseurl", None) == ""


@pytest.mark.parametrize("wrong", ["example.org/course", "ftp://example.org", "https://", 3])
def test_a_wrong_address_is_refused_by_name(wrong):
    with pytest.raises(ConfigError, match=r"html: baseurl .* must be .* got "):
        page_head.web_address("html: baseurl", wrong)


def settings(url):
    """Return the theme's options as they are for a repository at an address."""
    launch = {
        "binderhub_url": "https://mybinder.org",
        "colab_url": "https://colab.research.google.com",
    }
    app = book(html_theme_options={"repository_url": url, "launch_buttons": launch})
    app.emit("config-inited", app.config)
    (folder,) = app.config.templates_path
    assert page_head.HERE.samefile(folder)  # with bare.html
    return app.config.html_theme_options


def test_buttons_follow_the_repository():
    unset, github, gitlab = (
        settings(url)
        for url in ("", "https://github.example.org/a/b.git/", "https://gitlab.example.org/a/b")
    )
    assert unset["launch_buttons"] == {}
    assert all(github["launch_buttons"].values())
    assert gitlab["launch_buttons"]["colab_url"] == ""
    assert gitlab["launch_buttons"]["binderhub_url"]
    for button in page_head.BUTTONS:
        assert (unset[button], github[button]) == (False, True)
    assert github["repository_url"] == "https://github.example.org/a/b"
    assert github["logo"] == {"text": "The course"}


def described(app, *content):
    """Return the description of a page with this content."""
    document = nodes.section("", nodes.title("", "A"), *content)
    app.emit("doctree-read", document)
    return app.env.metadata["book/a"].get("description")


def test_a_page_is_described_by_its_front_matter_or_its_first_sentences():
    label, formula = nodes.strong("", "What you will do."), nodes.math("", r"\tanh{x}")
    first = nodes.paragraph("", "", label, nodes.Text(" Meet "), formula, nodes.Text(" & more."))
    assert described(book(), first, nodes.paragraph("", "Second.")) == "Meet tanhx & more."
    assert described(book(), nodes.literal_block("", "code")) is None
    app = book()
    app.env.metadata["book/a"]["description"] = "Its own words."
    assert described(app, first.deepcopy()) == "Its own words."


@pytest.mark.parametrize("baseurl", ["", SITE])
@pytest.mark.parametrize("language", ["de", None])
def test_pages_say_what_they_are_in_the_words_of_schema_org(baseurl, language):
    def resource(kind, page, name):
        known = {"@type": kind, "name": name}
        return known | ({"url": f"{SITE}{page}.html"} if baseurl else {})

    app = book(baseurl, language=language)
    course = resource("Course", "book/intro", "The course")
    part = resource("LearningResource", "book/a", "A < B")
    author = {"@type": "Organization", "name": "Its authors"}
    shared = {
        "@context": "https://schema.org",
        "inLanguage": language or "en",
        "license": "https://creativecommons.org/licenses/by/4.0/",
        "isAccessibleForFree": True,
    }
    *_, (found,) = head(app, "book/intro")
    about = course | {"author": author, "hasPart": [part], "description": "It begins."}
    assert found == about | shared
    context, _, (found,) = head(app, "book/a")
    about = part | {"isPartOf": course, "description": page_head.SUBTITLE}
    assert found == about | shared
    assert "<" not in re.search("<script.*?>(.*)</script>", context["metatags"])[1]
    assert "ü" in head(book(author="Müller"), "book/intro")[0]["metatags"]


def test_a_page_of_the_book_has_a_description_and_at_an_address_a_preview():
    context, tags, _ = head(book(), "book/a", metatags="<!-- own -->")
    assert context["metatags"].startswith("<!-- own -->\n<meta")
    assert tags == {"description": page_head.SUBTITLE}
    _, tags, _ = head(book(SITE), "book/a", "<em>A</em> &lt; B")
    assert tags == {
        "description": page_head.SUBTITLE,
        "og:type": "website",
        "og:site_name": "The course",
        "og:title": "A < B",
        "og:description": page_head.SUBTITLE,
        "og:url": f"{SITE}book/a.html",
        "og:image": f"{SITE}_static/card.png",
        "og:image:width": "1200",
        "og:image:height": "630",
        "og:image:alt": page_head.SUBTITLE,
        "twitter:card": "summary_large_image",
    }


@pytest.mark.parametrize("page", ["book/intro", "index"])
def test_the_first_page_and_what_leads_to_it_have_one_address_and_title(page):
    context, tags, data = head(book(SITE), page)
    assert context["title"] == tags["og:title"] == page_head.SUBTITLE
    assert context["pageurl"] == tags["og:url"] == f"{SITE}book/intro.html"
    assert tags["description"] == "It begins."
    assert len(data) == (page == "book/intro")
    assert head(book(), page)[0]["pageurl"] == f"{SITE}{page}.html"


@pytest.mark.parametrize("page", page_head.DESCRIPTIONS)
@pytest.mark.parametrize("baseurl", ["", SITE])
def test_machines_do_not_list_the_pages_around_the_book(page, baseurl):
    context, tags, data = head(book(baseurl), page, "Other")
    assert tags == {"description": page_head.DESCRIPTIONS[page], "robots": "noindex"}
    assert context["pageurl"] is None and context["title"] == "Other"
    assert not data


def around(app):
    """Return the pages around the book, as {name: context}."""
    (pages,) = app.emit("html-collect-pages")
    pages = list(pages)
    assert {template for *_, template in pages} <= {"bare.html"}
    return {name: context for name, context, _ in pages}


def test_pages_around_the_book_have_the_logo_and_lead_into_it():
    pages = around(book())
    assert pages["index"]["start"] == "book/intro.html"
    assert pages["404"]["title"] == "Page not found" and pages["404"]["pages"] == []
    for page in pages.values():
        assert b"<svg" in b64decode(page["logo_data"])
    assert around(book(SITE))["404"]["pages"] == [
        ("/course/book/intro.html", "Start"),
        ("/course/book/a.html", "A < B"),
    ]
    assert list(around(book(root="index"))) == ["404"]
    assert around(book(builder="latex")) == {}


def test_at_an_address_there_is_a_map_of_the_pages_of_the_book():
    app = book(SITE)
    app.setup_extension.assert_called_once_with("sphinx_sitemap")
    assert app.config.sitemap_excludes == ["index.html", "404.html", "genindex.html", "search.html"]
    book().setup_extension.assert_not_called()
