"""The chapters of the built book, made ready for paper: everything open, nothing to press."""

import re
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote

import yaml
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parents[1]
HTML = ROOT / "_build" / "html"
TITLE = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["title"]
# What is of no use on paper. An equation is set as for a narrow page.
LEFT_OUT = (
    "script, template, noscript, button, form.ledger-filter, a.headerlink, .ledger-try, "
    "svg.formula.whole, .sd-summary-state-marker, .sd-summary-icon"
)


def open_folds(soup):
    """Open what is folded. Of folded code only solutions stay; what code shows stays, too."""
    for fold in soup("details"):
        title = fold.summary
        if "hide" in fold["class"] if fold.has_attr("class") else False:
            if title.get_text(strip=True).startswith("Solution"):
                for twice in title.select(".expanded"):
                    twice.decompose()
            else:
                fold.decompose()
                continue
        fold.name, title.name = "div", "p"
        fold["class"] = ["fold", *(c for c in fold.get("class", []) if c == "chip")]
        title["class"] = ["fold-title"]


def still_sliders(soup):
    """Show a slider's first picture, and say where the slider stands."""
    for sliders in soup.select(".explore-sliders"):
        names = [each.get_text(strip=True) for each in sliders("label")]
        values = [each.get_text(strip=True) for each in sliders("output")]
        said = ", ".join(f"{name} = {value}" for name, value in zip(names, values))
        sliders.clear()
        sliders.attrs = {"class": "setting"}
        sliders.name = "p"
        sliders.string = f"{said}. On the page this can be moved."


def plain(soup):
    """Make text of what a reader would fill in, and name the tabs in front of each."""
    names = {"form": "div", "fieldset": "div", "legend": "p", "label": "span", "output": "span"}
    for tag in soup(list(names)):
        tag.name = names[tag.name]
        del tag["for"], tag["novalidate"]
    for tag in soup.select(".task-ask"):
        del tag["hidden"]
    for tag in soup("input"):
        tag.decompose()
    for cell in soup.select("div.cell"):
        if not cell.get_text(strip=True) and not cell.find("img"):
            cell.decompose()


def chapter(name):
    """Return a page of the book: its name, title and content."""
    page = BeautifulSoup((HTML / f"{name}.html").read_text(encoding="utf-8"), "html.parser")
    article = page.select_one("article.bd-article")
    for tag in article.select(LEFT_OUT):
        tag.decompose()
    for change in (open_folds, still_sliders, plain):
        change(article)
    title = article.h1.get_text()
    return SimpleNamespace(name=name, stem=name.rpartition("/")[2], title=title, article=article)


def book(names=None):
    """Return all chapters in the order of the contents, or those with the given names."""
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    parts = [each["file"] for part in contents["parts"] for each in part["chapters"]]
    return [chapter(name) for name in names or [contents["root"], *parts]]


def relink(chapters, place):
    """Let links lead to the other chapters; `place(stem, anchor)` is the address of a place.

    Links out of the book stay; those to what is not in it become text, and those to what has been
    left out lead to its chapter.
    """
    ids = {each.stem: {tag["id"] for tag in each.article.select("[id]")} for each in chapters}
    for each in chapters:
        for link in each.article.select("a[href]"):
            address, _, anchor = link["href"].partition("#")
            stem = re.sub(r"\.html$", "", address) if address else each.stem
            if stem in ids:
                link["href"] = place(stem, anchor if unquote(anchor) in ids[stem] else "")
            elif not address.startswith("http"):
                link.unwrap()
