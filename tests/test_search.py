"""The search, the previews of links, and what helps to read on, in open pages."""

import re

import pytest
from browser import HTML, new_context, nothing, settle, violations

in_browser = pytest.mark.browser

# The search


@pytest.fixture(scope="module")
def from_file(chromium, home):
    """Give a page of the book from the file system, with the search open."""
    folder = HTML.as_uri() + "/"
    context = new_context(chromium, folder)
    page = context.new_page()
    page.goto(folder + "book/hour.html")
    settle(page)
    assert not [each for each in context.requests if "sections.js" in each]
    page.locator(".search-button__button").locator("visible=true").first.click()
    page.wait_for_selector(".found-sections")
    yield page
    nothing(context.faults)
    context.close()


@in_browser
@pytest.mark.parametrize(
    ("question", "address"),
    [
        ("softmax jacobian", "softmax.html"),
        ("Jacobian softmax", "softmax.html"),
        ("delta", "delta_recursion.html"),
        ("δ", "delta_recursion.html"),
        ("zheng-2.1b", "equations.html#ledger-zheng-2-1b"),
        ("zheng-2b", "errata.html#errata-zheng-2b"),
        ("learning rate", "lab_xor.html#the-learning-rate"),
        ("gradint", "momentum.html"),
        ("γ", "notation.html#symbol-gamma"),
        ("softmax_jacobian", "api.html#nnlab.softmax_jacobian"),
        ("sigmo", "sigmoid.html"),
    ],
)
def test_a_question_leads_to_the_right_place_first(from_file, question, address):
    page = from_file
    page.locator("dialog input[name=q]").fill(question)
    first = page.locator(".found-sections a").first
    assert first.get_attribute("href") == f"{HTML.as_uri()}/book/{address}"
    found = page.locator(".found-sections li").all()
    assert 0 < len(found) <= 20
    number = len(found) if len(found) < 20 else r"\d+"
    said = page.locator(".found-sections [role=status]").inner_text()
    assert re.match(rf"{number} places? found", said)
    assert page.locator(".found-sections mark").count() > 0
    text = page.locator(".found-sections").inner_text()
    assert not re.search("[\ue000-\uf8ff\u2061-\u2064]", text)


@in_browser
def test_results_are_reached_by_the_arrow_keys_and_an_empty_list_is_announced(from_file):
    page = from_file
    field = page.locator("dialog input[name=q]")
    field.fill("qqqq")
    assert page.locator(".found-sections li").count() == 0
    assert page.locator(".found-sections [role=status]").inner_text() == "No places found"
    field.fill("momentum")
    links = page.locator(".found-sections a")
    for key, focused in [
        ("ArrowDown", links.nth(0)),
        ("ArrowDown", links.nth(1)),
        ("ArrowUp", links.nth(0)),
        ("ArrowUp", field),
    ]:
        page.keyboard.press(key)
        assert focused.evaluate("each => each === document.activeElement")


@in_browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_open_search_is_accessible(opened, theme):
    page = opened("book/speed.html", 390, color_scheme=theme)
    page.locator(".search-button__button").locator("visible=true").first.click()
    page.locator("dialog input[name=q]").fill("gradient")
    page.wait_for_selector(".found-sections li")
    assert page.evaluate("document.documentElement.dataset.theme") == theme
    nothing(violations(page))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    box = page.locator(".found-sections").bounding_box()
    assert box["y"] + box["height"] <= 900


@in_browser
def test_the_same_search_fills_the_page_of_all_results(opened):
    page = opened("book/speed.html")
    page.locator(".search-button__button").locator("visible=true").first.click()
    page.keyboard.type("softmax jacobian")
    page.keyboard.press("Enter")
    page.wait_for_selector("#search-results li")
    assert "search.html?q=softmax" in page.url
    link = page.locator("#search-results a").first
    assert link.inner_text() == "The softmax and its Jacobian"
    scripts = page.evaluate("[...document.scripts].map((script) => script.src).join()")
    assert "search.js" in scripts
    assert "searchtools" not in scripts


# Previews


LINKS = {
    "equation of this page": 'a[href^="#equation-"]:not(.headerlink)',
    "equation of another page": 'a[href*="networks.html#equation-"]',
    "document": 'a[href*="references.html#"]',
    "ledger": 'a[href*="#ledger-"]',
    "symbol": "a.symbol",
}


def first_link(page, kind):
    """Return the first link of a kind that stands in the text, not in a chip or a fold."""
    folds = "document.querySelectorAll('article details:not(.chip)')"
    page.evaluate(f"{folds}.forEach((fold) => {{ fold.open = true }})")
    link = page.locator(f"article {LINKS[kind]}:not(details.chip a)").locator("visible=true").first
    link.scroll_into_view_if_needed()
    return link


@in_browser
@pytest.mark.parametrize("kind", LINKS)
def test_a_link_shows_what_it_leads_to_for_mouse_and_keyboard(opened, kind):
    page = opened("book/delta_recursion.html")
    link, preview = first_link(page, kind), page.locator(".preview")
    link.hover()
    preview.wait_for()
    box = preview.bounding_box()
    assert box["width"] > 40 and box["height"] > 25
    preview.hover()  # it stays while the mouse is on it
    page.wait_for_timeout(400)
    assert preview.is_visible()
    page.keyboard.press("Escape")
    assert preview.count() == 0
    page.mouse.move(0, 0)
    page.wait_for_timeout(400)
    link.evaluate("link => link.focus({ focusVisible: true })")
    preview.wait_for()
    assert link.get_attribute("aria-describedby") == "preview"
    assert len(preview.inner_text()) > 3 or preview.locator("math").count()
    assert preview.locator("[id], a").count() == 0
    page.locator("h1").click()
    preview.wait_for(state="detached")


@in_browser
def test_a_finger_sees_the_preview_first_and_goes_there_second(opened):
    page = opened("book/delta_recursion.html", 390, has_touch=True, is_mobile=True)
    link, preview = first_link(page, "symbol"), page.locator(".preview")
    link.tap()
    preview.wait_for()
    assert "delta_recursion.html" in page.url
    box = preview.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390
    nothing(violations(page))
    preview.get_by_role("link", name="Go there").tap()
    page.wait_for_url("**/notation.html#symbol-*")


@in_browser
def test_every_symbol_leads_to_a_row_of_the_table(opened):
    rows = opened("book/notation.html").locator("tr[id]")
    rows = rows.evaluate_all("rows => rows.map((row) => row.id)")
    links = opened("book/momentum.html").locator("a.symbol")
    anchors = links.evaluate_all("links => links.map((link) => link.hash.slice(1))")
    assert {"symbol-alpha", "symbol-gamma"} <= set(anchors) <= set(rows)
    assert len(set(anchors)) == len(anchors)


# Reading on


@in_browser
def test_the_arrow_keys_turn_the_page_and_leave_what_needs_them_alone(opened):
    page = opened("book/equations.html")
    page.wait_for_load_state("networkidle")
    for busy in ("form.ledger-filter input", ".search-button__button"):
        page.locator(busy).locator("visible=true").first.focus()
        page.keyboard.press("ArrowRight")
    page.locator("h1").click()
    page.keyboard.press("Alt+Shift+ArrowRight")
    settle(page)
    assert "equations.html" in page.url
    page.keyboard.press("ArrowLeft")
    page.wait_for_url("**/notation.html", wait_until="networkidle")
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**/equations.html", wait_until="networkidle")


@in_browser
def test_the_place_and_the_ticks_are_kept_in_the_browser_until_they_are_forgotten(opened, home):
    page = opened("book/intro.html")
    assert page.locator("p.continue").count() == 0
    page.goto(f"{home}book/softmax.html#what-it-costs", wait_until="networkidle")
    page.get_by_role("checkbox", name="I am done with this chapter").check()
    done = page.locator(".bd-docs-nav a:has(.done)")
    assert re.search(r"The softmax and its Jacobian\s*✓\s*done", done.text_content())
    page.goto(f"{home}book/intro.html")
    link = page.locator("p.continue a")
    assert link.inner_text().startswith("Continue: The softmax and its Jacobian › ")
    assert done.count() == 1
    stored = page.evaluate("Object.keys(localStorage).filter((name) => name.startsWith('nnlab:'))")
    assert sorted(stored) == ["nnlab:done/book/softmax.html", "nnlab:place"]
    link.click()
    page.wait_for_url("**/softmax.html#*", wait_until="networkidle")
    page.goto(f"{home}book/intro.html")
    page.get_by_role("button", name="Forget all of it").click()
    assert done.count() == 0 and link.count() == 0
    page.reload()
    assert page.locator("p.continue").count() == 0


@in_browser
def test_nothing_fails_where_the_browser_keeps_nothing(chromium, home):
    context = new_context(chromium, home)
    context.add_init_script("""for (const name of ["localStorage", "sessionStorage"])
      Object.defineProperty(window, name, {configurable: true,
        get() { throw new DOMException("refused", "SecurityError"); }});""")
    page = context.new_page()
    for name in ("book/intro.html", "book/softmax.html", "404.html", "book/softmax.html"):
        page.goto(home + name, wait_until="networkidle")
        settle(page)
    page.get_by_role("checkbox", name="I am done with this chapter").check()
    assert page.locator(".bd-docs-nav .done").count() == 1
    nothing(context.faults)
    context.close()


@in_browser
@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_the_first_screen_says_what_this_is_and_where_to_start(opened, width, height):
    page = opened("book/intro.html", width)
    page.set_viewport_size({"width": width, "height": height})
    settle(page)
    for selector in (
        "h1",
        "h1 + p",
        "form.trial",
        ".start-here a >> nth=0",
        ".start-here a >> nth=1",
    ):
        box = page.locator(selector).bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= height, selector
    assert page.locator(".start-here a").all_inner_texts() == ["Start: one hour", "The chapters"]
