"""What links lead to, for other pages to show beside the link.

Beside each page with equations, lines of the ledger, symbols or documents lies
a script with them, in _static/previews. reading.js loads it when such a link
on another page is hovered, focused or tapped. page.py calls `write`.
"""

import json
from copy import copy
from pathlib import Path

KINDS = "div.math[id], tr.ledger-row, tr[id^=symbol-], div.citation"
LEFT_OUT = ".headerlink, details"


def of(page):
    """Return the HTML of what a finished page has to show, by ids."""
    found = {}
    for element in page.select(KINDS):
        shown = copy(element)
        for each in shown.select(LEFT_OUT):
            each.decompose()
        del shown["id"]
        found[element["id"]] = shown.decode()
    return found


def write(page, name, folder):
    """Write the script of a page, if there is something to show."""
    found = of(page)
    if found:
        file = Path(folder, "_static", "previews", f"{name}.js")
        file.parent.mkdir(parents=True, exist_ok=True)
        shown = json.dumps(found, ensure_ascii=False)
        script = f'bookPreviews["{name}"] = {shown};\n'
        file.write_text(script, encoding="utf-8")
