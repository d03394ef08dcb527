"""The slides of the chapters: by which rule they are made, and in Chromium, ``pytest -m browser``.

On every change the slides of two chapters are looked at, once a week all.
"""

import re
from collections import Counter

import browser
import pytest
from bs4 import BeautifulSoup
from exercises import tasks

from teaching import __main__ as command
from teaching.notebooks import ENDS, chapters, unfolded

slides = pytest.importorskip("teaching.slides")  # nbconvert comes with .ci/requirements.txt

FEW = ["hour", "momentum"]
NAMES = [
    name if name in FEW else pytest.param(name, marks=pytest.mark.weekly) for name in chapters()
]
SIZES = (1280, 720), (1024, 768)

# What is cut off on the slide that is shown, and text below 24 pixels; at the bottom 24 pixels are
# left for the number. Reveal.js makes all of a slide smaller by one factor.
FAULTS = """() => {
  const slide = Reveal.getCurrentSlide(), scale = Reveal.getScale(), found = [];
  const { left, top } = slide.getBoundingClientRect();
  const tell = (what, e) => found.push(`${what}: ${e.outerHTML.slice(0, 120)}`);
  const shown = (e) => !e.closest("aside, .visually-hidden") && e.getBoundingClientRect().width;
  for (const e of slide.querySelectorAll("h1, h2, p, li, img, svg, figure, figure *, .equation")) {
    if (!shown(e) || e.closest("math")) continue;
    const box = e.getBoundingClientRect();
    const [right, bottom] = [box.right - left, box.bottom - top].map((end) => end / scale);
    if (right > 1281 || bottom > 697 || box.left < left - 1 || box.top < top - 1) tell("cut", e);
    if (e.matches(".equation") && e.scrollWidth > e.clientWidth + 1) tell("too wide", e);
  }
  const texts = document.createTreeWalker(slide, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const e = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || e.closest("math, script, svg") || !shown(e)) continue;
    if (parseFloat(getComputedStyle(e).fontSize) < 24) tell("small", e);
  }
  return found;
}"""
DRAWN = "[...Reveal.getCurrentSlide().querySelectorAll('img')].every((i) => i.naturalWidth)"


# The rule.


def test_parts_of_a_paragraph_are_whole_sentences():
    text = "One two. Three $a.b$ four? *Five* six:"
    assert slides.part(text, 5) == "One two. Three $a.b$ four?"
    assert slides.part(text, 4) == "One two."
    assert slides.part(text, 1) == ""
    assert slides.part(text, 5, last=True) == "Three $a.b$ four? *Five* six:"
    assert slides.part("One. **Two.** Three.", 9) == "One."
    assert slides.part("See {numref}`x`. Then.", 9, last=True) == "Then."


def test_blocks_of_a_cell_have_their_kinds_and_texts():
    text = (
        "## Head\n\nText\nand more.\n\n$$\nx\n$$ (eq-x)\n\n"
        ":::{admonition} Predict first\n:class: tip\n\nWhy?\n:::\n\n- a\n- b\n"
    )
    assert list(slides.blocks(text)) == [
        ("heading", "", "## Head"),
        ("paragraph", "", "Text\nand more."),
        ("equation", "eq-x", "$$\nx\n$$ (eq-x)"),
        ("admonition", "Predict first", "Why?\n"),
        ("bullet_list", "", "- a\n- b"),
    ]


def test_reveal_is_pinned_by_its_digest():
    lines = (slides.HERE / "requirements.txt").read_text(encoding="utf-8").splitlines()
    (wanted,) = [line for line in lines if not line.startswith("#")]
    assert re.fullmatch(r"sphinx-revealjs==[\d.]+ --hash=sha256:[0-9a-f]{64}", wanted)


def test_formulas_have_the_unit_of_the_style_sheet():
    style = (slides.HERE / "slides.css").read_text(encoding="utf-8")
    assert re.findall(r"var\(--[wd]\) \* -?([\d.]+)em", style) == [str(slides.UNIT)] * 2


def test_the_command_says_what_slides_need(monkeypatch, tmp_path):
    assert "the built book" not in command.lacking("students")
    monkeypatch.setattr(command, "BUILT", tmp_path / "missing.js")
    assert command.lacking("slides") == ["the built book"]
    monkeypatch.setattr(command, "find_spec", lambda name: None)
    assert command.lacking("slides") == ["nbconvert", "py_mini_racer", "the built book"]


# In the browser.


@pytest.fixture(scope="module", params=NAMES)
def deck(request, home):
    """Make the slides of a chapter; give its name, and the slides as they were made."""
    slides.slides([request.param])
    return slides.Deck(request.param)


@pytest.fixture
def shown(chromium, home, deck):
    """Open the slides, with nothing to be reached but the book's own address."""
    context = browser.new_context(chromium, home)
    page = context.new_page()
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(f"{home}slides/{deck.chapter}.html")
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    browser.settle(page)
    yield page
    assert all(url.startswith((home, "data:", "blob:")) for url in context.requests)
    browser.nothing(context.faults)
    context.close()


@pytest.mark.browser
def test_slides_are_made_by_the_rule(deck):
    kinds = Counter(each.kind for each in deck.slides)
    assert 12 <= len(deck.slides) <= 25
    assert deck.slides[0].kind == "title"
    assert slides.answers(deck.chapter) in deck.slides[0].text
    assert kinds["idea"] == ("**The idea.**" in deck.text)
    text = unfolded(re.split(rf"^## (?:{'|'.join(ENDS)})$", deck.text, flags=re.M)[0])
    boxed = len(re.findall(r"\\boxed", text))
    on_slides = [label for label in deck.key if f"$$ ({label})" in text]
    assert max(boxed, len(on_slides)) <= kinds["equation"] <= boxed + len(on_slides)
    sliders = [each for each in deck.slides if 'class="explore"' in each.picture]
    outputs = [each for outputs in deck.outputs for each in outputs]
    wanted = [o for o in outputs if 'class="explore"' in o.get("data", {}).get("text/html", "")]
    assert len(sliders) == len(wanted) > 0
    assert all(each.picture for each in deck.slides if each.kind == "question")
    asked = [
        task
        for task in tasks.tasks_of(deck.chapter).values()
        if task.kind in tasks.FORMS and f"(task-{task.id})=\n\n**Task: {task.kind}.**" in deck.text
    ]
    assert kinds["task"] == len(asked) > 0


@pytest.mark.browser
def test_answers_stand_in_the_notes_of_the_speaker_alone(deck):
    page = BeautifulSoup(
        (slides.OUT / f"{deck.chapter}.html").read_text(encoding="utf-8"), "html.parser"
    )
    made = page.select("section section")
    assert len(made) == len(deck.slides)
    for section, slide in zip(made, deck.slides):
        notes = [aside.extract().get_text() for aside in section.select("aside.notes")]
        assert len(notes) == bool(slide.notes)
        if slide.kind == "task":
            assert notes
            words = re.split(r"[*`]|\$.*?\$", slide.notes[-1])  # without formulas
            reason = max(words, key=len).strip()
            assert reason in notes[0]
            assert reason not in section.get_text()
    assert not re.search(r"\{\w+\}`|:::|\$", page.get_text())  # all of MyST is written


@pytest.mark.browser
def test_nothing_is_cut_off_and_all_text_can_be_read_from_the_last_row(shown, deck):
    found = []
    for width, height in SIZES:
        shown.set_viewport_size({"width": width, "height": height})
        browser.settle(shown)
        for number in range(shown.evaluate("Reveal.getTotalSlides()")):
            shown.evaluate(f"Reveal.slide({number}, 0, 9)")
            shown.wait_for_function(DRAWN)
            faults = shown.evaluate(FAULTS)
            found += [f"{width}, slide {number + 1}: {each}" for each in faults]
    browser.nothing(found)


@pytest.mark.browser
def test_a_slider_works_and_its_slide_keeps_its_address(shown, deck):
    at = next(k for k, each in enumerate(deck.slides) if 'class="explore"' in each.picture)
    shown.evaluate(f"Reveal.slide({at})")
    figure = shown.locator("section.present section.present figure.explore")
    question = deck.slides[at].kind == "question"
    assert figure.is_visible() != question  # it comes with the next key
    if question:
        shown.keyboard.press("ArrowRight")
    assert figure.is_visible()
    before = figure.locator("img").get_attribute("src")
    track = figure.locator("input").first
    box = track.bounding_box()
    shown.mouse.click(box["x"] + box["width"] - 12, box["y"] + box["height"] / 2)
    after = figure.locator("img").get_attribute("src")
    assert track.input_value() == track.get_attribute("max")
    assert after != before
    shown.evaluate("new Promise((then) => setTimeout(then, 1100))")  # Reveal.js may write 1 s later
    assert shown.url.endswith(f"#/{at}")
    shown.keyboard.press("ArrowRight")
    assert shown.evaluate("Reveal.getIndices().h") == at + 1


@pytest.mark.browser
def test_the_page_for_teachers_leads_to_the_slides(deck):
    page = (slides.HTML / "book" / "teaching.html").read_text(encoding="utf-8")
    links = re.findall(r'href="\.\./(slides/\w+\.html)"', page)
    assert f"slides/{deck.chapter}.html" in links
    assert len(links) == len(set(links))
    assert not [link for link in links if not (slides.HTML / link).exists()]
