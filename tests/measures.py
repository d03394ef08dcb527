"""How much a chapter asks of its reader: measured on the built page.

    python tests/measures.py book/sigmoid

prints the figures of one page, or of all of them, and the sentences that name a source.
"""

import re
import sys
from functools import cached_property
from pathlib import Path

from bs4 import BeautifulSoup, NavigableString

HTML = Path(__file__).resolve().parents[1] / "_build" / "html"
CHAPTERS = ["networks", "sigmoid", "softmax", "cross_entropy", "delta_recursion", "graphs"]
CHAPTERS = [f"book/{name}" for name in [*CHAPTERS, "momentum"]]
ASIDE = (
    "details, pre, math, script, style, figure.explore, .math, .cell_output, .highlight, "
    ".headerlink, .visually-hidden, .beside, .section-number, #references, .prev-next-area"
)
SOURCES = r"Johansen|DMML|[Tt]he slides|Zheng|Domke|Johnson"
FIGURES = "img, figure, svg:not(.formula)"


class Reading:
    """The text of a page that a reader sees without opening anything.

    Words in folds, code, outputs and formulas are not counted.
    """

    def __init__(self, name):
        html = (HTML / f"{name}.html").read_text(encoding="utf-8")
        self.article = BeautifulSoup(html, "html.parser").select_one("article")

    @cached_property
    def blocks(self):
        """Return the texts of paragraphs, items, cells and heads, and None for each figure."""
        hidden = {id(each) for each in self.article.select(ASIDE)}
        found, last = [], None

        def walk(node):
            nonlocal last
            for child in node.children:
                if isinstance(child, NavigableString):
                    block = child.find_parent(["p", "li", "td", "th", "dt", "h1", "h2", "h3", "h4"])
                    if block is not last or not found or found[-1] is None:
                        found.append("")
                    found[-1] += str(child)
                    last = block
                    continue
                closed = child.name == "details" and not child.has_attr("open")
                figure = child.name in ("img", "figure", "svg")
                if id(child) not in hidden and not figure:
                    walk(child)
                elif not closed and (figure or child.select_one(FIGURES)):
                    found.append(None)
                elif closed and "chip" not in child.get("class", []):
                    summary = child.find("summary")
                    shown = summary.select_one(".collapsed") or summary  # not ".expanded" as well
                    found.append(shown.get_text())

        walk(self.article)
        return [text and " ".join(text.split()) for text in found]

    @cached_property
    def words(self):
        """Count the words."""
        return sum(len(words(text)) for text in self.blocks if text)

    @cached_property
    def words_before_a_figure(self):
        """Count the words in front of the first figure or slider."""
        first = self.blocks.index(None) if None in self.blocks else len(self.blocks)
        return sum(len(words(text)) for text in self.blocks[:first])

    @cached_property
    def about_sources(self):
        """Return the sentences that name a source."""
        sentences = [s for text in self.blocks if text for s in re.split(r"(?<=[.?!:]) ", text)]
        return [sentence for sentence in sentences if re.search(SOURCES, sentence)]

    @cached_property
    def provenance(self):
        """Return the share of the words that stand in such sentences."""
        return sum(len(words(sentence)) for sentence in self.about_sources) / self.words


def words(text):
    """Return what a reader counts as words: something with a letter or a digit."""
    return re.findall(r"\S*\w\S*", text)


if __name__ == "__main__":
    for name in sys.argv[1:] or CHAPTERS:
        page = Reading(name)
        print(
            f"{name}: {page.words} words unfolded, first figure after "
            f"{page.words_before_a_figure}, provenance {page.provenance:.1%}"
        )
        if sys.argv[1:]:
            print(*(f"  - {sentence}" for sentence in page.about_sources), sep="\n")
