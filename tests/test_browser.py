"""What the built book promises, seen by a real browser: ``pytest -m browser``.

A plain ``pytest`` leaves these tests out: they need Chromium and the tools in .ci/requirements.txt,
and take minutes. Where one of the two is missing they are skipped; with NNLAB_CI=1, as in .ci/run,
that is a failure. The book in _build/html is used, and built first if it is older than its sources.

Each page is loaded once, and all that is asked is asked of this one load, in the light and then in
the dark; the tests run page by page. What is asked of one page of its kind on every change is asked
of every page by ``pytest -m weekly``.

Nothing here looks at a clock: what has to come soon has to come before something else.
"""

import base64
import functools
import gzip
import html
import io
import json
import re
from types import SimpleNamespace
from urllib.parse import unquote, urldefrag

import measures
import nbformat
import numpy as np
import pytest
import yaml
from _ext import first_trial
from browser import HTML, ROOT, new_context, nothing, settle, violations
from bs4 import BeautifulSoup
from fontTools.ttLib import TTFont
from ledger.trial import all_entries
from PIL import Image

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("home")]

TOC = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
FILES = [TOC["root"], *(each["file"] for part in TOC["parts"] for each in part["chapters"])]
CHAPTERS = [f"{name}.html" for name in FILES if (ROOT / f"{name}.ipynb").exists()]
OTHERS = [f"{name}.html" for name in FILES if f"{name}.html" not in CHAPTERS]
PAGES = [*CHAPTERS, *OTHERS, "genindex.html", "search.html", "404.html"]
# One page of each kind: the others are built of the same parts.
KINDS = ["book/intro", "book/sigmoid", "book/lab_xor", "book/errata", "book/api", "book/speed"]
KINDS = [*(f"{name}.html" for name in KINDS), "search.html"]
WIDTHS = [1280, 360]


def of_pages(argument, names, daily=None):
    """Return the decorator that runs a test for pages: for all but those in `daily` once a week.

    The test takes the page as it was `seen`, or only its `name`.

    The names are the first ones of PAGES: so pytest knows equal pages and can go page by page.
    """
    weekly = [] if daily is None else sorted(set(names) - set(daily))
    marks = {name: [pytest.mark.weekly] for name in weekly}
    values = [pytest.param(name, id=name, marks=marks.get(name, [])) for name in names]
    return pytest.mark.parametrize(argument, values, indirect=argument != "name")


each_page = of_pages("seen", PAGES)
each_chapter = of_pages("seen", CHAPTERS)
each_theme = pytest.mark.parametrize("theme", ["light", "dark"])
each_width = pytest.mark.parametrize("width", WIDTHS)

# What a page says of itself once it is loaded.
NOTE = """() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const figures = all("article img").filter((img) => img.naturalWidth > 1);
  return {
    address: location.href,
    theme: document.documentElement.dataset.theme,
    cookies: document.cookie,
    ids: all("[id]").map((e) => e.id),
    links: all("a[href]").map((a) => a.href),
    icons: all("link[rel~=icon]").map((l) => l.href),
    scripts: all("script").map((s) => s.src || s.type || s.textContent.slice(0, 300)),
    marks: all("a.machine-checked").map((a) => a.hash.slice(1)),
    chips: all("details.chip").map((chip) => ({
      name: chip.firstElementChild.textContent,
      words: chip.querySelector(".where, .said")?.textContent,
      ledger: chip.querySelector("a[href*=ledger-]")?.hash})),
    // What is folded has a height for the browser, but not for the reader.
    code: all(".cell_input").filter((code) => !code.closest("details:not([open])"))
      .reduce((sum, code) => sum + code.offsetHeight, 0)
      / (document.querySelector("article")?.offsetHeight ?? 1),
    elements: all("*").length,
    math: all(".math").length,
    mathUnread: all(".math").filter((m) => m.querySelectorAll("math").length != 1).length,
    mathUnset: all(".math").filter((m) => !m.querySelector("svg.formula")).length,
    tex: all("main :is(p, li, td, th, h1, h2, h3, figcaption, .math)")
      .map((e) => e.cloneNode(true))
      .filter((e) => (e.querySelectorAll("code, pre").forEach((c) => c.remove()),
        /\\\\[a-zA-Z([]/.test(e.textContent))).map((e) => e.textContent.slice(0, 100)),
    images: all("img").map((img) => ({
      alt: img.getAttribute("alt"), figure: figures.includes(img), source: img.src.slice(0, 80),
      broken: img.naturalWidth == 0})),
    drawings: all("svg").filter((svg) => !svg.closest("[aria-hidden=true], [aria-label]")
      && !svg.querySelector("title")).map((svg) => svg.outerHTML.slice(0, 100)),
  };
}"""

# How formulas and figures stand out from the page, in a theme.
CONTRAST = """async (theme) => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  document.documentElement.dataset.theme = theme;
  await new Promise(requestAnimationFrame); // drawings change their colours
  await Promise.all(all("article img").map((img) => img.decode().catch(() => {})));
  const paint = document.createElement("canvas").getContext("2d", {willReadFrequently: true});

  // The background behind an element: that of the nearest ancestor which has one.
  function background(element) {
    const colour = element ? getComputedStyle(element).backgroundColor : "white";
    return colour == "rgba(0, 0, 0, 0)" ? background(element.parentElement) : colour;
  }
  function luminance(pixel) {
    const [r, g, b] = [...pixel].slice(0, 3).map((c) => c / 255)
      .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }
  function contrast(one, other) {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  }
  function pixel(colour) {
    paint.fillStyle = colour;
    paint.fillRect(0, 0, 1, 1);
    return paint.getImageData(0, 0, 1, 1).data;
  }
  // The largest contrast between the corner of a picture, as it is shown, and the rest of it.
  function legible(picture) {
    const [width, height] = [paint.canvas.width = 300, paint.canvas.height = 200];
    paint.fillStyle = background(picture);
    paint.fillRect(0, 0, width, height);
    paint.drawImage(picture, 0, 0, width, height);
    const data = paint.getImageData(0, 0, width, height).data;
    let best = 0;
    for (let i = 0; i < data.length; i += 4)
      best = Math.max(best, contrast(data.slice(0, 3), data.slice(i, i + 3)));
    return best;
  }

  // The corner of a picture, as it is shown.
  function ground(picture) {
    paint.fillStyle = background(picture);
    paint.fillRect(0, 0, 1, 1);
    paint.drawImage(picture, 0, 0, 4, 4, 0, 0, 1, 1);
    return paint.getImageData(0, 0, 1, 1).data;
  }

  const contrasts = {
    math: Math.min(21, ...all("article svg.formula")
      .map((m) => contrast(pixel(getComputedStyle(m).fill), pixel(background(m))))),
    figures: all("article img").filter((img) => img.naturalWidth > 1)
      .map((img) => [img.alt, legible(img)]),
    grounds: all("article img").filter((img) => img.naturalWidth > 1)
      .map((img) => [img.alt, luminance(ground(img))]),
  };
  document.documentElement.dataset.theme = "light";
  return contrasts;
}"""

# What does not fit into the width of the window, and the boxes that scroll.
LAYOUT = """() => {
  const style = (element) => getComputedStyle(element);
  const name = (element) =>
    `${element.tagName} ${element.className}: ${element.textContent.trim().slice(0, 40)}`;
  const root = document.documentElement;
  const overflow = root.scrollWidth - root.clientWidth;
  // Pictures that are shown in another shape than they have.
  const bent = [...document.querySelectorAll("article img")].filter((img) =>
    img.naturalWidth > 1 && img.clientWidth > 1 && Math.abs(
      img.clientHeight - img.clientWidth * img.naturalHeight / img.naturalWidth) > 2)
    .map((img) => img.src.slice(-40));
  // What is there for screen readers only is clipped to one pixel: it is not cut.
  const hide = document.head.appendChild(document.createElement("style"));
  hide.textContent = "math, .visually-hidden { display: none !important }";
  const wide = [...document.querySelectorAll("body, body *")].filter((element) =>
    element.clientWidth > 1 && element.scrollWidth > element.clientWidth + 1
    && !element.closest("svg")
    && element.checkVisibility({visibilityProperty: true}));
  const scrolling = wide.filter((e) => ["auto", "scroll"].includes(style(e).overflowX));
  const kinds = new Set();
  for (const each of scrolling) {
    const kind = `${each.tagName} ${each.className} ${each.parentElement.className}`;
    each.toggleAttribute("data-try", !kinds.has(kind));
    kinds.add(kind);
  }
  const note = {
    overflow, bent,
    cut: wide.filter((e) => ["hidden", "clip"].includes(style(e).overflowX)).map(name),
    unreachable: scrolling.filter((e) => e.tabIndex < 0).map(name),
    scrolling: scrolling.length,
  };
  hide.remove();
  return note;
}"""

# How far a letter of a formula stands from where the widths of the font put it, at most, in units
# of the drawings, where the reader asks for wider spaces in the text; and the number of letters.
ASTRAY = """(widths) => {
  const wider = document.createElement("style");
  wider.textContent = "* { letter-spacing: 0.12em !important; word-spacing: 0.16em !important }";
  document.head.append(wider);
  const astray = [];
  for (const line of document.querySelectorAll("svg.formula text")) {
    if (!line.getClientRects().length) continue;
    const [size, start] = [parseFloat(getComputedStyle(line).fontSize), line.getAttribute("x")];
    [...line.textContent].reduce((x, letter, i) => {
      astray.push(Math.abs(line.getStartPositionOfChar(i).x - x));
      return x + size * widths[letter];
    }, Number(start));
  }
  wider.remove();
  return [Math.max(...astray), astray.length];
}"""

# What spares axe most of its work. Code has thousands of coloured words: of those with the same
# classes all the way up one is looked at, the others become plain text. Formulas have still more
# boxes: their contrast is measured above, and what is read aloud stands beside them.
THIN = """() => {
  document.querySelectorAll("svg.formula").forEach((formula) => formula.replaceChildren());
  const seen = new Set();
  for (const word of document.querySelectorAll("pre span")) {
    let path = "";
    for (let element = word; element; element = element.parentElement)
      path += `${element.tagName}.${element.className} `;
    if (seen.has(path)) word.replaceWith(...word.childNodes);
    seen.add(path);
  }
  document.querySelectorAll("pre").forEach((block) => block.normalize());
}"""

# Whether a box scrolls within so many pictures of the screen: browsers glide.
MOVES = """async (box) => {
  for (let frames = 0; box.scrollLeft == 0 && frames < 300; frames++)
    await new Promise(requestAnimationFrame);
  return box.scrollLeft > 0;
}"""

# What comes first while a page is read. A slider is tried as soon as it can be seen.
ORDER = """
window.came = [];
const observer = new MutationObserver(() => {
  const slider = document.querySelector(".explore-sliders:not([hidden]) input");
  if (slider) {
    observer.disconnect();
    came.push(document.readyState, "slider");
    const picture = slider.closest("figure").querySelector("img");
    const [text, value] = [picture.alt, slider.value];
    for (const each of [value == 0 ? 1 : 0, value]) {
      slider.value = each;
      slider.dispatchEvent(new Event("input", {bubbles: true}));
      if (picture.alt != text) came.push("answer");
    }
  }
});
observer.observe(document, {subtree: true, childList: true, attributeFilter: ["hidden"]});
"""

# The sum of all shifts of the page's content.
SHIFT = """window.shift = 0;
new PerformanceObserver((list) => list.getEntries().forEach((each) => {
  if (!each.hadRecentInput) shift += each.value;
})).observe({type: "layout-shift", buffered: true});
"""

# What is fetched when it is about to be seen, now.
FETCH_ALL = """async () => {
  const pictures = [...document.images];
  pictures.forEach((each) => { each.loading = "eager"; });
  await Promise.all(pictures.map((each) => each.decode().catch(() => {})));
}"""

OPEN_ALL = "document.querySelectorAll('details').forEach((each) => { each.open = true })"


def does_not_scroll(page):
    """Return the kinds of boxes that do not scroll when an arrow key is pressed in them."""
    stuck = []
    for box in page.query_selector_all("[data-try]"):
        box.evaluate("box => { box.scrollLeft = 0; box.focus() }")
        page.keyboard.press("ArrowRight")
        if not box.evaluate(MOVES):
            stuck.append(box.evaluate("box => box.outerHTML.slice(0, 200)"))
    return stuck


def resize(page, width):
    """Give a page's window another width."""
    page.set_viewport_size({"width": width, "height": 800})
    settle(page)


@pytest.fixture(scope="module")
def seen(request, chromium, home):
    """Give an open page, on a touch screen, its sliders where the address has put them.

    It is noted what there is to see in both themes and at both widths.
    """
    name, figures = request.param, sliders(request.param)
    context = new_context(chromium, home, has_touch=True, color_scheme="light")
    context.add_init_script(ORDER)
    page = context.new_page()
    part = "#" + "&".join(address(each, centre(each)) for each in figures) if figures else ""
    page.goto(home + name + ("?q=gradient" if name == "search.html" else part))
    settle(page)
    if name == "search.html":
        page.wait_for_selector("#search-results li")
    requests = list(context.requests)
    page.evaluate(FETCH_ALL)
    seen = SimpleNamespace(**page.evaluate(NOTE), name=name, page=page)
    seen.faults, seen.requests = list(context.faults), requests
    seen.cookies_stored, seen.came = context.cookies(), page.evaluate("came")
    seen.figures = list(zip(figures, page.locator("figure.explore").all(), strict=True))
    seen.at_first = [shown(here) for _, here in seen.figures]
    page.evaluate(OPEN_ALL)
    seen.contrast = {theme: page.evaluate(CONTRAST, theme) for theme in ("dark", "light")}
    seen.layout = {}
    for width in WIDTHS:
        resize(page, width)
        seen.layout[width] = page.evaluate(LAYOUT)
        seen.layout[width]["stuck"] = does_not_scroll(page)
    resize(page, WIDTHS[0])
    yield seen
    context.close()


def test_no_page_is_left_out():
    found = (path.relative_to(HTML).as_posix() for path in HTML.rglob("*.html"))
    pages = {name for name in found if not name.startswith(("_", "slides/"))}
    assert pages == {"index.html", *PAGES}
    assert len(CHAPTERS) >= 6
    assert set(KINDS) < set(PAGES)


def test_the_address_of_the_site_leads_to_the_first_page(chromium, home):
    context = new_context(chromium, home)
    page = context.new_page()
    page.goto(home)
    page.wait_for_url(f"{home}{TOC['root']}.html")
    nothing(context.faults)
    context.close()


def test_a_missing_page_says_so_and_leads_back(chromium, home):
    context = new_context(chromium, home)
    page = context.new_page()
    assert page.goto(f"{home}book/no_such_page").status == 404
    assert "not found" in page.inner_text("h1").lower()
    page.click("a >> nth=-1")
    page.wait_for_url(f"{home}{TOC['root']}.html")
    context.close()


@of_pages("name", PAGES[: len(FILES)], daily=KINDS)
def test_on_a_phone_nothing_shifts_and_a_link_leads_to_its_place(chromium, home, name):
    """The last equation is asked for: everything in front of it has to have its size at once."""
    context = new_context(chromium, home, has_touch=True, is_mobile=True)
    context.add_init_script(SHIFT)
    page = context.new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(home + name)
    settle(page)
    assert page.evaluate("shift") <= 0.01
    places = [each for each in anchors(HTML / name) if each.startswith("equation-")]
    for place in [*places[:1], *places[-1:]]:
        page.goto("about:blank")
        page.goto(f"{home}{name}#{place}")
        settle(page)
        top, padding = page.evaluate(
            """(place) => {
          const root = document.documentElement;
          const end = root.scrollHeight - root.clientHeight - root.scrollTop < 1;
          const top = document.getElementById(place).getBoundingClientRect().top;
          return [top, end ? top : parseFloat(getComputedStyle(root).scrollPaddingTop)];
        }""",
            place,
        )
        assert abs(top - padding) <= 10
    nothing(context.faults)
    context.close()


PLACES = """[...document.querySelectorAll("article > section > :is(h1, p, form)")].map((e) => {
  const { top, left, height, width } = e.getBoundingClientRect();
  return [top, left, height, width].map(Math.round);
})"""


@of_pages("name", PAGES[: len(FILES)], daily=["book/intro.html", "book/hour.html"])
def test_what_has_come_of_a_page_stays_in_its_place(chromium, home, name):
    """A page is broken off at its first buttons, equations and cells: what is above is right."""
    text = (HTML / name).read_text(encoding="utf-8")
    ends = [m.start() for m in re.finditer(r'<div class="(start-here|admonition|cell|math)', text)]
    context = new_context(chromium, home, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.set_viewport_size({"width": 390, "height": 844})

    def places(text):
        page.route(home + name, lambda route: route.fulfill(body=text, content_type="text/html"))
        page.goto(home + name)
        settle(page)
        return page.evaluate(PLACES)

    whole = places(text)
    for end in ends[:5]:
        come = places(text[:end])[:-1]  # the last may be broken itself
        assert come == whole[: len(come)]
    context.close()


@functools.cache
def anchors(path):
    """Return the names of the places in a page, in the order of its source."""
    text = path.read_text(encoding="utf-8")
    return dict.fromkeys(map(html.unescape, re.findall(r'\sid="([^"]+)"', text)))


@each_page
def test_page_loads_without_a_fault(seen):
    nothing(seen.faults)
    assert seen.theme == "light"
    assert seen.mathUnset == 0
    nothing(seen.tex)
    nothing([image for image in seen.images if image["broken"]])


@each_page
def test_page_needs_nobody_and_watches_nobody(seen):
    assert not [
        each
        for each in seen.scripts
        if re.search(r"require(\.min)?\.js|embed-amd|widget-view|html-manager|MathJax", each, re.I)
    ]
    assert seen.cookies == ""
    nothing(seen.cookies_stored)
    assert seen.icons


@each_chapter
def test_letters_of_formulas_stand_where_they_were_set(seen):
    style = (HTML / "_static" / "typeset.css").read_text(encoding="utf-8")
    (data,) = re.findall(r"base64,([^\"]+)", style)
    font = TTFont(io.BytesIO(base64.b64decode(data)))
    names = font.getBestCmap().items()
    widths = {chr(code): font["hmtx"][name][0] / 1000 for code, name in names}
    astray, letters = seen.page.evaluate(ASTRAY, widths)
    assert astray < 0.5 and letters > 100


@each_page
def test_page_has_few_elements(seen):
    assert seen.elements <= 30_000


@each_page
def test_ids_are_unique(seen):
    assert sorted(seen.ids) == sorted(set(seen.ids))


@each_page
def test_links_and_anchors_inside_the_site_exist(seen, home):
    broken = []
    for link in seen.links:
        address, anchor = urldefrag(link)
        if not address.startswith(home):
            continue
        target = unquote(address.removeprefix(home).split("?")[0])
        target = HTML / (target + "index.html" if target.endswith("/") or not target else target)
        if not target.is_file() or (anchor and unquote(anchor) not in anchors(target)):
            broken.append(link)
    nothing(broken)


@each_page
def test_pictures_and_mathematics_can_be_read_aloud(seen):
    assert seen.mathUnread == 0
    nothing(seen.drawings)
    for image in seen.images:
        assert image["alt"] is not None, image
        assert not re.search(r"\.(png|svg|webp|jpe?g)\b|_images", image["alt"]), image
        assert not image["figure"] or len(image["alt"].split()) >= 5, image


@each_page
@each_width
def test_nothing_overflows_or_is_cut(seen, width):
    assert seen.layout[width]["overflow"] <= 0
    nothing(seen.layout[width]["cut"])
    nothing(seen.layout[width]["bent"])


@each_page
@each_width
def test_what_scrolls_can_be_scrolled_by_keyboard(seen, width):
    nothing(seen.layout[width]["unreachable"])
    nothing(seen.layout[width]["stuck"])


@each_chapter
def test_there_are_boxes_that_scroll_on_a_phone(seen):
    assert seen.layout[360]["scrolling"] > 0


@each_chapter
def test_in_the_dark_no_picture_stands_on_a_white_card(seen):
    nothing([ground for ground in seen.contrast["dark"]["grounds"] if ground[1] > 0.05])


@each_page
@each_theme
def test_equations_and_figures_stand_out_from_the_page(seen, theme):
    assert seen.contrast[theme]["math"] >= 4.5
    nothing([figure for figure in seen.contrast[theme]["figures"] if figure[1] < 4.5])


@each_chapter
def test_every_check_has_marks_that_lead_to_it(seen):
    checks = {each for each in seen.ids if each.startswith("check-")}
    assert checks
    assert set(seen.marks) == checks


@of_pages("name", sorted(f"{name}.html" for name in measures.CHAPTERS))
def test_a_chapter_can_be_read_in_three_quarters_of_an_hour(name):
    page = measures.Reading(name.removesuffix(".html"))
    assert page.words <= 4000
    assert page.words_before_a_figure < 500
    assert page.provenance <= 0.08


@of_pages("seen", sorted(f"{name}.html" for name in measures.CHAPTERS))
def test_code_takes_a_fifth_of_the_page_at_most(seen):
    assert seen.code <= 0.20


@of_pages("seen", sorted(f"{name}.html" for name in measures.CHAPTERS))
def test_each_line_about_a_source_is_a_chip_with_a_card(seen):
    notebook = nbformat.read(ROOT / seen.name.replace(".html", ".ipynb"), as_version=4)
    text = "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
    assert len(seen.chips) == text.count("*Source: ")
    nothing([chip for chip in seen.chips if not chip["name"] or not chip["words"]])
    assert all(chip["ledger"] for chip in seen.chips)


def test_a_link_to_what_is_folded_opens_the_fold(opened):
    page = opened("book/delta_recursion.html")
    folded = page.locator("details:not(.chip) div.math[id]").first
    name = folded.get_attribute("id")
    assert not folded.is_visible()
    page = opened(f"book/delta_recursion.html#{name}")
    assert page.locator(f"#{name}").is_visible()
    assert 0 <= page.locator(f"#{name}").bounding_box()["y"] < 800
    opened("book/delta_recursion.html#%")


def test_nothing_is_laid_out_before_somebody_wants_to_see_it(opened):
    page = opened("book/delta_recursion.html")
    assert page.locator("pre").count() > 50
    assert page.locator("pre[tabindex='-1']").count() == 0  # so the theme marks what it measured
    follows = "() => bootstrap.ScrollSpy.getInstance(document.body) !== null"
    assert not page.evaluate(follows)
    page.evaluate("scrollBy(0, 3000)")  # a wheel might turn the list of chapters
    page.wait_for_function(follows)
    page.wait_for_selector(".page-toc .nav-link.active")


@pytest.mark.parametrize("hover", [True, False])
def test_the_card_of_a_chip_opens_and_closes(opened, hover):
    page = opened("book/delta_recursion.html", has_touch=not hover, is_mobile=not hover)
    chip = page.locator("details.chip").first
    summary, card = chip.locator("summary"), chip.locator(".as-printed")
    assert not card.is_visible()
    summary.hover() if hover else summary.tap()
    assert card.is_visible()
    page.mouse.move(0, 0) if hover else summary.tap()
    assert not card.is_visible()
    summary.focus()
    page.keyboard.press("Enter")
    assert card.is_visible()
    page.keyboard.press("Escape")
    assert not card.is_visible()


@each_chapter
def test_notebook_can_be_downloaded(seen, home):
    links = [link for link in seen.links if link.endswith(".ipynb")]
    assert links
    for link in links:
        notebook = nbformat.read(HTML / link.removeprefix(home), as_version=4)
        nbformat.validate(notebook)
        assert notebook.cells


# Sliders


@functools.cache
def sliders(name):
    """Return the figures with sliders of a page, as they stand in its source."""
    page = BeautifulSoup((HTML / name).read_text(encoding="utf-8"), "html.parser")
    found = []
    for source in page.select("figure.explore"):
        inputs = source("input")
        values = [each["data-values"].split() for each in inputs]
        found.append(
            SimpleNamespace(
                data=source.script.string,
                frames=json.loads(source.script.string),
                symbols=[each.parent.span.string for each in inputs],
                names=[each["name"] for each in inputs],
                values=values,
                shape=[len(each) for each in values],
                width=int(source.img["width"]),
            )
        )
    return found


def expected(figure, position):
    """Return what is to be seen with the sliders at a position; the last one runs fastest."""
    source, text = figure.frames[np.ravel_multi_index(position, figure.shape)]
    values = [values[k] for values, k in zip(figure.values, position)]
    return {"source": source, "text": text, "values": values, "spoken": values, "decoded": True}


def shown(figure):
    """Return what a figure of the open page shows."""
    return figure.evaluate("""async (figure) => {
      const [picture] = figure.getElementsByTagName("img");
      picture.scrollIntoView(); // it is fetched when it is near
      await picture.decode();
      return {
        source: picture.getAttribute("src").replace("#dark", ""), // of a drawing in the dark
        text: picture.alt, decoded: picture.naturalWidth > 1,
        values: [...figure.querySelectorAll("output")].map((o) => o.value),
        spoken: [...figure.querySelectorAll("input")].map((i) => i.getAttribute("aria-valuetext")),
      }}""")


def number(text):
    return float(text.replace("−", "-"))


def centre(figure):
    """Return the position in the middle of all sliders."""
    return [n // 2 for n in figure.shape]


def address(figure, position):
    """Return the part of the address that stands for a position."""
    pairs = zip(figure.names, figure.values, position)
    return "&".join(f"{name}={number(values[k]):.12g}" for name, values, k in pairs)


def point(slider, k):
    """Return the place on the screen of a slider's position."""
    slider.scroll_into_view_if_needed()
    box, last = slider.bounding_box(), int(slider.get_attribute("max"))
    thumb = 16
    return box["x"] + thumb / 2 + (box["width"] - thumb) * k / last, box["y"] + box["height"] / 2


@pytest.fixture
def at_start(seen):
    """Give a chapter's page and its figures, every slider at its first value."""
    for slider in seen.page.locator("figure.explore input").all():
        slider.press("Home")
    return seen.page, seen.figures


def pixels(file):
    """Return what tells one frame from another."""
    if file.suffix == ".svg":
        return re.sub(rb'(id="|#)[^"]*', b"", file.read_bytes())
    with Image.open(file) as image:
        return image.convert("RGB").tobytes()


def size(file):
    """Return the size at which a frame is shown."""
    if file.suffix == ".svg":
        points = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', file.read_text(encoding="utf-8"))
        return tuple(round(float(each) * 100 / 72) for each in points.groups())
    with Image.open(file) as image:
        return tuple(each // 2 for each in image.size)


@pytest.mark.parametrize("name", CHAPTERS)
def test_chapter_has_sliders_and_their_frames_differ(name):
    figures = sliders(name)
    assert figures
    names = [each for figure in figures for each in figure.names]
    assert len(names) == len(set(names))
    for figure in figures:
        assert len(figure.names) in (1, 2)
        assert len(figure.frames) == np.prod(figure.shape) <= 100
        files = [HTML / "book" / source for source, _ in figure.frames]
        assert sum(map(packed, files)) <= 1_000_000  # 64 of momentum; most have a tenth
        assert len({pixels(file) for file in files}) == len(files)
        widths, heights = zip(*map(size, files))
        assert set(widths) == {figure.width}
        assert len(set(heights)) == 1
        texts = [text for _, text in figure.frames]
        assert len(set(texts)) == len(texts)
        assert min(len(text.split()) for text in texts) >= 5


@each_chapter
def test_sliders_answer_as_soon_as_the_page_has_been_read(seen):
    assert seen.came == ["interactive", "slider", "answer"]


@each_chapter
def test_the_address_restores_the_position(seen):
    page = seen.page
    for (figure, _), at_first in zip(seen.figures, seen.at_first):
        assert at_first == expected(figure, centre(figure))
    for figure, here in seen.figures:
        for share, step in ((0.4, 0), (0.6, 1)):
            position = centre(figure)
            goals = [
                (1 - share) * number(values[k - 1]) + share * number(values[k])
                for values, k in zip(figure.values, position)
            ]
            hash = "&".join(f"{each}={goal}" for each, goal in zip(figure.names, goals))
            page.evaluate("hash => { location.hash = hash }", hash)
            nearest = [k - 1 + step for k in position]
            page.wait_for_function("hash => location.hash == '#' + hash", arg=hash)
            assert shown(here) == expected(figure, nearest)


@each_chapter
def test_sliders_move_by_keyboard(at_start):
    for figure, here in at_start[1]:
        position = [0] * len(figure.names)
        for axis, slider in enumerate(here.get_by_role("slider").all()):
            last = figure.shape[axis] - 1
            keys = ["End", "ArrowLeft", "Home", *["ArrowRight"] * last]
            for key, k in zip(keys, [last, last - 1, 0, *range(1, last + 1)]):
                slider.press(key)
                position[axis] = k
                assert shown(here) == expected(figure, position), f"{key}: {position}"


@each_chapter
@pytest.mark.parametrize("device", ["mouse", "finger"])
def test_sliders_move_by_mouse_and_by_touch(at_start, device):
    page, figures = at_start
    for figure, here in figures:
        position = [0] * len(figure.names)
        for axis, slider in enumerate(here.get_by_role("slider").all()):
            position[axis] = k = figure.shape[axis] * 2 // 3
            start, end = point(slider, 0), point(slider, k)
            if device == "finger":
                page.touchscreen.tap(*end)
            else:
                page.mouse.move(*start)
                page.mouse.down()
                page.mouse.move(*end, steps=4)
                assert shown(here) == expected(figure, position), "before the button is released"
                page.mouse.up()
            assert shown(here) == expected(figure, position)
            assert page.url.partition("#")[2] == address(figure, position)


@each_chapter
def test_sliders_are_labelled_by_their_symbols(at_start):
    for figure, here in at_start[1]:
        for symbol in figure.symbols:
            assert symbol
            assert here.get_by_role("slider", name=symbol, exact=True).count() == 1


@each_chapter
def test_a_slider_has_ends_marks_and_buttons_that_step_and_play(at_start):
    page, figures = at_start
    for figure, here in figures:
        place = [0] * len(figure.names)
        for axis, slider in enumerate(here.get_by_role("slider").all()):
            name, values = figure.symbols[axis], figure.values[axis]
            row = here.locator(".explore-steps").nth(axis)
            assert row.locator("span").all_inner_texts() == [values[0], values[-1]]
            assert row.evaluate("e => getComputedStyle(e).getPropertyValue('--steps')") == str(
                len(values) - 1
            )
            here.get_by_role("button", name=f"{name}, one step on", exact=True).click()
            place[axis] = 1
            assert shown(here) == expected(figure, place)
            assert page.url.partition("#")[2] == address(figure, place)
            here.get_by_role("button", name=f"{name}, one step back", exact=True).click()
            slider.press("End")
            here.get_by_role("button", name=f"Play {name}", exact=True).click()  # from the start
            here.get_by_role("button", name=f"Pause {name}", exact=True).click()
            place[axis] = int(slider.input_value())
            assert place[axis] < len(values) - 1
            assert shown(here) == expected(figure, place)
            slider.press("Home")
            place[axis] = 0


def test_a_slider_plays_to_its_end_and_what_is_seen_is_said_once(opened):
    page = opened("book/delta_recursion.html")
    here = page.locator("figure.explore").first
    page.evaluate("""() => {
      window.said = [];
      const region = document.querySelector("figure.explore [aria-live=polite]");
      new MutationObserver(() => said.push(region.textContent)).observe(region, {childList: true});
    }""")
    here.get_by_role("button", name="Play").click()
    page.wait_for_function("said.length > 0")
    assert here.get_by_role("slider").input_value() == "6"
    assert here.get_by_role("button", name="Play").is_visible()
    assert page.evaluate("said") == [here.locator("img").get_attribute("alt")]


def test_frames_are_fetched_when_near_and_drawn_when_somebody_reaches_for_them(opened):
    page = opened("book/momentum.html")
    here, figure = page.locator("figure.explore").first, sliders("book/momentum.html")[0]
    here.scroll_into_view_if_needed()
    page.wait_for_function(
        """(sources) => {
          const fetched = performance.getEntriesByType("resource")
            .filter((each) => each.initiatorType == "fetch").map((each) => each.name);
          return sources.every((source) => fetched.includes(new URL(source, document.URL).href));
        }""",
        arg=[source for source, _ in figure.frames],
    )
    assert here.evaluate("figure => figure.kept") is None
    here.get_by_role("slider").first.hover()
    assert here.evaluate("figure => figure.kept.length") == len(figure.frames)


def test_nothing_plays_where_the_reader_wants_less_motion(opened):
    page = opened("book/delta_recursion.html", reduced_motion="reduce")
    here = page.locator("figure.explore").first
    assert not here.locator(".explore-play").is_visible()
    here.get_by_role("button", name="one step on").click()
    assert here.get_by_role("slider").input_value() == "1"


# A question, its picture and its sliders, and how far the first is from the last.
UNITS = """() => [...document.querySelectorAll("figure.explore")].map((figure) => {
  let asked = figure.closest(".cell"); // what others it takes is folded
  while (asked.matches(".cell")) asked = asked.previousElementSibling;
  const box = (e) => e.getBoundingClientRect();
  return {
    name: figure.querySelector("input").name,
    asked: asked.matches(".admonition"),
    height: box(figure).bottom - box(asked).top};
})"""


@each_chapter
def test_question_picture_and_slider_are_one_unit(seen):
    page = seen.page
    for width, height in ((1440, 900), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        settle(page)
        for unit in page.evaluate(UNITS):
            assert unit["asked"], unit
            # The two sliders of momentum fit on a phone, but not together with the header.
            header = 0 if unit["name"] == "alpha" and width < 500 else 60
            assert unit["height"] <= height - header, unit
    resize(page, WIDTHS[0])


DRAWN = """[...document.querySelectorAll("article img[src*='.svg']")].map((img) =>
  [decodeURI(img.src.split("#")[0].split("/").pop()), img.clientWidth])"""


@each_chapter
def test_letters_in_drawings_are_ten_pixels_high_on_a_phone(seen):
    page = seen.page
    page.set_viewport_size({"width": 390, "height": 844})
    settle(page)
    page.evaluate(OPEN_ALL)
    for name, width in page.evaluate(DRAWN):
        drawing = (HTML / "_images" / name).read_text(encoding="utf-8")
        (whole,) = re.findall(r'viewBox="0 0 ([\d.]+)', drawing)
        sizes = re.findall(r"scale\(([\d.]+) -\1\)", drawing)  # of letters, drawn 100 high
        assert 100 * min(map(float, sizes)) * width / float(whole) > 9.95, (name, width, whole)
    resize(page, WIDTHS[0])


@of_pages("name", CHAPTERS, daily=CHAPTERS[:1])
def test_without_javascript_the_first_frame_is_shown(chromium, home, name):
    context = new_context(chromium, home, java_script_enabled=False)
    page = context.new_page()
    page.goto(home + name)
    for figure, here in zip(sliders(name), page.locator("figure.explore").all(), strict=True):
        picture = here.locator("img")
        assert picture.is_visible()
        assert [picture.get_attribute("src"), picture.get_attribute("alt")] == figure.frames[0]
        assert not any(slider.is_visible() for slider in here.locator("input").all())
    context.close()


@of_pages("seen", CHAPTERS, daily=KINDS)
def test_print_shows_the_current_frame_and_opens_what_is_folded(at_start):
    page, figures = at_start
    for _, here in figures:
        here.get_by_role("slider").first.press("ArrowRight")
    page.emulate_media(media="print")
    # The last listener: it notes what all the others have made of the page.
    page.evaluate("""() => addEventListener("beforeprint", () => {
      const all = (selector) => [...document.querySelectorAll(selector)];
      const visible = (e) => e.checkVisibility({visibilityProperty: true});
      window.printed = {
        navigation: all("#pst-primary-sidebar, #pst-secondary-sidebar, .bd-header, "
          + ".bd-header-article, .prev-next-area").filter(visible).map((e) => e.className),
        figures: all("figure.explore").map((f) => f.querySelector("img"))
          .map((img) => [visible(img), img.getAttribute("src"), img.alt]),
        sliders: all("figure.explore input").filter(visible).length,
        hidden: all("article img, article details > :not(summary)")
          .filter((e) => !visible(e)).map((e) => e.outerHTML.slice(0, 200)),
      };
    }, {once: true})""")
    pdf = page.pdf()
    printed = page.evaluate("window.printed")
    page.emulate_media(media="screen")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) > 1
    nothing(printed["navigation"])
    nothing(printed["hidden"])
    frame = [figure.frames[np.prod(figure.shape[1:], dtype=int)] for figure, _ in figures]
    assert printed["figures"] == [[True, source, text] for source, text in frame]


# Weight and speed


def packed(path):
    """Return the size of a file as a server sends it: compressed, if that helps."""
    content = path.read_bytes()
    return min(len(content), len(gzip.compress(content, 6)))


@each_chapter
def test_a_slider_stands_before_its_code_and_its_shape_is_told(seen):
    # else the picture moves what stands below when a page arrives in pieces
    page = BeautifulSoup((HTML / seen.name).read_text(encoding="utf-8"), "html.parser")
    figures = page("figure", "explore")
    assert len(figures) == len(sliders(seen.name))
    for figure in figures:
        width, height = int(figure.img["width"]), int(figure.img["height"])
        assert figure["style"] == f"--shape: {width / height:.4g}"
        cell = figure.find_parent("div", "cell")
        assert "cell_output" in cell.find(True)["class"] and cell.find("pre")


@each_chapter
def test_chapter_is_light(seen, home):
    addresses = [urldefrag(a)[0].split("?")[0] for a in seen.requests if a.startswith(home)]
    paths = [HTML / unquote(a.removeprefix(home)) for a in addresses]
    frames = {source[3:] for figure in sliders(seen.name) for source, _ in figure.frames}
    paths = [path for path in paths if str(path.relative_to(HTML)) not in frames]
    assert not any("fontawesome" in address for address in addresses)
    assert packed(HTML / seen.name) <= 130_000
    assert "base64" not in (HTML / seen.name).read_text(encoding="utf-8")
    assert 5 < len(paths) <= 32
    assert sum(map(packed, paths)) <= 450_000


# The first page


def test_the_line_on_trial_holds_by_luck_and_fails_when_an_input_is_dragged(opened):
    page = opened("book/intro.html")
    inputs = page.locator("form.trial input")
    for z, verdict in [
        (first_trial.START, "✓ holds"),
        ([1.0, 1.1], "✗ fails"),
        ([-2, 2], "✗ fails"),
    ]:
        for i in (0, 1):
            inputs.nth(i).fill(str(z[i]))
        values = page.locator(".trial-row output").all_inner_texts()
        assert values == [first_trial.words(x) for x in first_trial.numbers(np.array(z))]
        rows = page.locator(".trial-row").all()
        assert [row.get_attribute("data-holds") for row in rows] == [None, verdict, "✓ holds"]


# The ledger and the errata


def rows_shown(page):
    """Return the ids of the ledger's rows that are shown, and what the filter says."""
    ids = page.evaluate(
        """[...document.querySelectorAll("tr.ledger-row")]
          .filter((row) => row.offsetHeight).map((row) => row.id)"""
    )
    return ids, page.locator("form.ledger-filter [role=status]").inner_text()


def test_the_filter_of_the_ledger_shows_what_was_asked_for(opened):
    page = opened("book/equations.html")
    form = page.locator("form.ledger-filter")
    everything, said = rows_shown(page)
    assert said == f"{len(everything)} of {len(everything)} lines shown"
    chosen = {"source": "zheng", "verdict": "wrong"}
    for name, value in chosen.items():
        form.locator(f"select[name={name}]").select_option(value)
    ids, said = rows_shown(page)
    wrong = [e for e in all_entries() if e.source == "zheng" and e.verdict == "wrong as printed"]
    assert ids == [f"ledger-{entry.anchor}" for entry in wrong]
    assert said == f"{len(wrong)} of {len(everything)} lines shown"
    form.get_by_role("searchbox").fill("SIGMA'")  # LaTeX, in any case
    ids, _ = rows_shown(page)
    assert ids == [f"ledger-{e.anchor}" for e in wrong if "sigma'" in e.printed + e.corrected]
    assert ids
    form.get_by_role("searchbox").fill("no such word")
    assert rows_shown(page) == ([], f"0 of {len(everything)} lines shown")
    page.evaluate("location.hash = '#ledger-dmml-1b'")  # a link to a row that is filtered away
    page.wait_for_function("!document.querySelector('#ledger-dmml-1b').closest('[hidden]')")
    assert page.locator("#ledger-dmml-1b details").first.get_attribute("open") is not None
    assert rows_shown(page)[0] == everything


def test_the_colour_of_a_row_is_that_of_its_verdict(opened):
    page = opened("book/equations.html")
    colours = {
        tuple(colour)
        for colour in page.evaluate(
            """[...document.querySelectorAll("tr.ledger-row")].map((row) => [
              row.className.match(/verdict-(\\w+)/)[1],
              getComputedStyle(row.querySelector(".verdict strong")).color,
            ])"""
        )
    }
    of = dict(colours)
    assert len(of) == len(colours)  # one colour for each verdict
    assert len({of["correct"], of["incomplete"], of["wrong"], of["setting"]}) == 4
    assert of["confirmed"] == of["correct"] and of["refuted"] == of["wrong"]


@pytest.mark.parametrize("width", [1440, 1280, 390])
def test_the_filter_stays_in_sight(opened, width):
    page = opened("book/equations.html", width)
    page.locator("#ledger-zheng-5b").scroll_into_view_if_needed()
    box = page.locator("form.ledger-filter").bounding_box()
    assert 0 <= box["y"] < 250


def test_one_part_of_the_errata_is_printed_for_its_author(opened):
    page = opened("book/errata.html")
    page.evaluate("window.print = () => { document.body.dataset.asked = 'yes' }")
    page.get_by_role("button", name="Print the part of Zheng").click()
    assert page.locator("body").get_attribute("data-asked") == "yes"
    page.emulate_media(media="print")
    parts = page.evaluate(
        """[...document.querySelectorAll(".errata-part")]
          .map((part) => [part.className.match(/source-(\\w+)/)[1], part.offsetHeight > 0])"""
    )
    assert {source for source, there in parts if there} == {"zheng"}
    assert len(parts) > 5
    page.emulate_media(media="screen")
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.locator("body").get_attribute("data-print") is None


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_differs_in_a_formula_is_behind_it_in_another_colour(opened, theme):
    page = opened("book/errata.html")
    page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
    fills = """name => [...document.querySelectorAll(`.errata-pair svg.formula .${name}`)]
      .map((path) => getComputedStyle(path).fill + getComputedStyle(path.parentElement).fill)"""
    for name in ("changed", "changed-line"):
        (colours,) = set(page.evaluate(fills, name))
        mark, letters = re.findall(r"rgb\([^)]*\)", colours)
        assert mark != letters


@pytest.mark.parametrize("width", [1440, 1280, 390])
def test_no_formula_of_the_errata_is_cut(opened, width):
    page = opened("book/errata.html", width)
    cut = """[...document.querySelectorAll(".errata-pair div.math")]
      .filter((box) => box.scrollWidth > box.clientWidth + 1)
      .map((box) => box.closest("section").id)"""
    page.wait_for_function(f"!({cut}).length")


def test_the_button_for_the_colours_says_which_are_on(opened):
    button = opened("book/hour.html").locator("button.theme-switch-button:visible")
    names = ["Colours: as the system has them", "Colours: light", "Colours: dark"]
    heard = []
    for _ in range(3):
        heard.append(button.get_attribute("aria-label"))
        button.click()
    assert sorted(heard) == sorted(names)


# From the file system


@of_pages("name", PAGES, daily=KINDS)
def test_page_opens_from_the_file_system_in_the_theme_that_was_chosen(chromium, name):
    folder = HTML.as_uri() + "/"
    context = new_context(chromium, folder)
    context.add_init_script(
        "if (location.protocol == 'file:') localStorage.mode = localStorage.theme = 'dark'"
    )
    page = context.new_page()
    page.goto(folder + name)
    settle(page)
    nothing(context.faults)
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    for figure, here in zip(sliders(name), page.locator("figure.explore").all(), strict=True):
        here.get_by_role("slider").first.press("End")
        assert shown(here) == expected(figure, [figure.shape[0] - 1, *[0] * len(figure.shape[1:])])
        assert here.locator("img").get_attribute("src").endswith((".svg#dark", ".webp"))
    context.close()


def test_the_index_leads_to_the_first_page_from_the_file_system(chromium):
    folder = HTML.as_uri() + "/"
    context = new_context(chromium, folder)
    page = context.new_page()
    page.goto(folder + "index.html")
    page.wait_for_url(f"{folder}{TOC['root']}.html")
    nothing(context.faults)
    context.close()


# Accessibility. These tests come last: they thin the page out.


def accessible(seen, width, theme):
    """Assert that axe-core finds nothing in a page."""
    seen.page.evaluate(OPEN_ALL)
    seen.page.evaluate(THIN)
    seen.page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
    resize(seen.page, width)
    nothing(violations(seen.page))


@each_page
def test_page_is_accessible(seen):
    accessible(seen, 1280, "light")


@of_pages("seen", PAGES, daily=KINDS)
def test_page_is_accessible_on_a_phone(seen):
    accessible(seen, 360, "light")


@of_pages("seen", PAGES, daily=KINDS)
def test_page_is_accessible_in_the_dark(seen):
    accessible(seen, 1280, "dark")
