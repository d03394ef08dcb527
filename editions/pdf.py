"""The book as PDF: Chromium prints all chapters as one page."""

import io
import shutil
from html import escape

from playwright.sync_api import sync_playwright
from pypdf import PdfReader

from editions.chapters import HTML, ROOT, TITLE, relink

PROGRAMS = ["chromium", "chromium-browser", "google-chrome"]
FOOT = """<div style="font: 8pt sans-serif; width: 100%; text-align: center">
<span class="pageNumber"></span></div>"""
# Pictures are fetched when they come near: here all are near.
FETCH_ALL = """async () => {
  const pictures = [...document.images];
  pictures.forEach((each) => { each.loading = "eager"; });
  await Promise.all(pictures.map((each) => each.decode()));
  await document.fonts.ready;
}"""


def place(stem, anchor):
    """Return the link to a place in a chapter of the one page."""
    return f"#{stem}--{anchor}" if anchor else f"#{stem}"


def row(chapter):
    """Return the line of the contents that leads to a chapter, up to its number."""
    return f'<a href="#{chapter.stem}">{escape(chapter.title)}</a><span>'


def joined(chapters):
    """Return all chapters as one page, with their contents in front."""
    relink(chapters, place)
    rows, articles = "", ""
    for each in chapters:
        for tag in each.article.select("[id]"):
            tag["id"] = f"{each.stem}--{tag['id']}"
        each.article["id"] = each.stem
        rows += f"<li>{row(each)}</span></li>\n"
        articles += str(each.article)
    page = (HTML / f"{chapters[0].name}.html").read_text(encoding="utf-8")
    styles = "".join(line for line in page.splitlines() if 'rel="stylesheet"' in line)
    own = (ROOT / "editions" / "pdf.css").read_text(encoding="utf-8")
    return f"""<!DOCTYPE html>
<html lang="en" data-theme="light">
<head><meta charset="utf-8"><title>{TITLE}</title>{styles}<style>{own}</style></head>
<body><main class="bd-main"><div class="front"><p class="title">{TITLE}</p>
<p>A course whose every equation runs</p><ol>{rows}</ol></div>{articles}</main></body></html>"""


def printed(chromium, text):
    """Return a page as PDF."""
    path = HTML / "book" / "joined.html"  # where the links of the pages hold
    path.write_text(text, encoding="utf-8")
    page = chromium.new_page()
    page.set_default_timeout(0)
    page.goto(path.as_uri())
    path.unlink()
    page.evaluate(FETCH_ALL)
    made = page.pdf(
        format="A4",
        margin={"top": "18mm", "bottom": "20mm", "left": "20mm", "right": "20mm"},
        display_header_footer=True,
        header_template="<span></span>",
        footer_template=FOOT,
        outline=True,
        tagged=True,
    )
    page.close()
    return made


def both_times(chromium, chapters):
    """Return the PDF of chapters. It is printed twice: the contents need the page numbers."""
    text = joined(chapters)
    reader = PdfReader(io.BytesIO(printed(chromium, text)))
    found = reader.named_destinations
    for each in chapters:
        number = reader.get_destination_page_number(found[f"/{each.stem}"]) + 1
        text = text.replace(row(each), f"{row(each)}{number}", 1)
    return printed(chromium, text)


def make(chapters, path):
    """Print the chapters into a file."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        raise SystemExit("The PDF is printed by Chromium: it is not on PATH.")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=["--disable-gpu"])
        path.write_bytes(both_times(chromium, chapters))
        chromium.close()
