"""Measure the cells in pages whose Python is awake.

Usage: ``PYTHONPATH=.:book:book/_ext python tests/slow_cells.py [page ...]``.

Runs all pages, or those named, in Chromium, and writes the cells that took more than a quarter of
a minute into book/awake/slow.json, with their seconds. The book has to be built, and nothing else
should run on the machine.
"""

import json
import sys

import browser
import python_in_page
from test_awake import CHAPTERS, opened

FILE = python_in_page.AWAKE / "slow.json"
SECONDS = "all => all.map((t) => [t.dataset.cell - 1, Number(t.dataset.took)])"


def measured(chromium, home, name):
    """Return the seconds of the slow cells of a page, by their key."""
    cells = python_in_page.code_cells(str(browser.ROOT / name.replace(".html", ".ipynb")))
    with opened(chromium, home, name) as page:
        page.wake().press("Run all")
        page.rest()
        took = page.page.locator(".cell-tools").evaluate_all(SECONDS)
        print(name, page.said(), f"{sum(seconds for _, seconds in took):.0f} s", flush=True)
    return {
        python_in_page.key(cells[k]["code"]): round(seconds) for k, seconds in took if seconds > 15
    }


def main(names):
    """Measure the pages and write the file."""
    slow = {}
    with browser.start_chromium() as chromium, browser.serve_book() as home:
        for name in names:
            slow |= measured(chromium, home, name)
    FILE.write_text(json.dumps(slow, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main([f"book/{name}.html" for name in sys.argv[1:]] or CHAPTERS)
