"""What is kept of a page for others to show beside their links to it."""

import json

import previews
from bs4 import BeautifulSoup


def test_previews_are_kept_without_what_is_folded_and_without_ids():
    page = BeautifulSoup(
        '<div class="math" id="equation-a">(1)<a class="headerlink">#</a> x</div>'
        '<table><tr class="ledger-row" id="ledger-b"><td>y<details>why</details></td></tr></table>'
        '<div class="math">z</div>',
        "html.parser",
    )
    assert previews.of(page) == {
        "equation-a": '<div class="math">(1) x</div>',
        "ledger-b": '<tr class="ledger-row"><td>y</td></tr>',
    }
    assert page.select_one("#ledger-b details")


def kept(folder):
    """Return the scripts in the folder of previews, by names."""
    files = sorted((folder / "_static").rglob("*"))
    return {file.name: file.read_text(encoding="utf-8") for file in files if file.is_file()}


def test_a_page_that_has_something_to_show_gets_a_script(tmp_path):
    for name in ("book/delta", "book/cost", "book/delta"):  # again in a later build
        page = BeautifulSoup(f'<div class="math" id="a">δ of {name}</div>', "html.parser")
        previews.write(page, name, tmp_path)
    previews.write(BeautifulSoup("<p>δ</p>", "html.parser"), "book/intro", tmp_path)
    assert list(kept(tmp_path)) == ["cost.js", "delta.js"]
    start, _, shown = kept(tmp_path)["delta.js"].partition(" = ")
    assert start == 'bookPreviews["book/delta"]'
    assert json.loads(shown.removesuffix(";\n")) == {"a": '<div class="math">δ of book/delta</div>'}
    assert "δ" in shown  # a third of the bytes of its code
