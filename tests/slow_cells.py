"""Measure the cells in pages whose Python is awake.

Usage: ``PYTHONPATH=.:book:book/_ext python tests/slow_cells.py [page ...]``.

Runs all pages, or those named, in Chromium, and writes the cells that took more than a quarter of
a minute into book/awake/slow.json, with their seconds; cells of other pages stay there. Counted is
the processor time of the page's process, so that other work on the machine matters little. The book
has to be built.
"""

import json
import sys

import browser
import python_in_page
from test_awake import CHAPTERS, opened

FILE = python_in_page.AWAKE / "slow.json"
SLOW = 15  # seconds


def used(devtools):
    """Return the processor time of all pages, in seconds."""
    processes = devtools.send("SystemInfo.getProcessInfo")["processInfo"]
    return sum(each["cpuTime"] for each in processes if each["type"] == "renderer")


def measured(chromium, home, name):
    """Return the seconds of the cells of a page, by their key."""
    cells = python_in_page.code_cells(str(browser.ROOT / name.replace(".html", ".ipynb")))
    devtools = chromium.new_browser_cdp_session()
    seconds = {}
    with opened(chromium, home, name) as page:
        page.wake()
        for tools in page.page.locator(".cell-tools").all():
            before, number = used(devtools), int(tools.get_attribute("data-cell"))
            page.editor(number).evaluate("e => e.closest('details')?.setAttribute('open', '')")
            page.begin(number)
            page.rest()
            seconds[python_in_page.key(cells[number - 1]["code"])] = used(devtools) - before
        states = page.states()
        assert set(states) == {"done"}, states
    print(name, f"{sum(seconds.values()):.0f} s", flush=True)
    return seconds


def main(names):
    """Measure the pages and write the file."""
    slow = json.loads(FILE.read_text(encoding="utf-8"))
    with browser.start_chromium() as chromium, browser.serve_book() as home:
        for name in names:
            for key, seconds in measured(chromium, home, name).items():
                slow.pop(key, None)
                slow |= {key: round(seconds)} if seconds > SLOW else {}
    FILE.write_text(json.dumps(slow, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main([f"book/{name}.html" for name in sys.argv[1:]] or CHAPTERS)
