"""The book as EPUB: a chapter is a file, formulas are drawings with MathML beside them."""

import io
import re
import uuid
import zipfile
from base64 import b64decode
from datetime import datetime, timezone
from html import escape

import yaml
from PIL import Image

import nnlab
from editions.chapters import HTML, ROOT, TITLE, relink

NAMES = {"viewbox": "viewBox", "pathlength": "pathLength"}  # XML minds capital letters
SPACES = {"svg": "http://www.w3.org/2000/svg", "math": "http://www.w3.org/1998/Math/MathML"}
KINDS = {"css": "text/css", "woff": "font/woff", "png": "image/png", "svg": "image/svg+xml"}
KINDS["xhtml"] = "application/xhtml+xml"
CONTAINER = """<?xml version="1.0" encoding="utf-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
<rootfile full-path="book.opf" media-type="application/oebps-package+xml"/>
</rootfiles></container>
"""


def xhtml(title, body):
    """Return a whole file."""
    return f"""<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" lang="en">
<head><title>{escape(title)}</title><link rel="stylesheet" href="book.css"/></head>
<body>{body}</body></html>
"""


def as_xml(article):
    """Write in XML what stands in a chapter in HTML."""
    for tag in article(True):
        for name in [name for name in tag.attrs if name in NAMES]:
            tag[NAMES[name]] = tag.attrs.pop(name)
        if tag.name in SPACES:
            tag["xmlns"] = SPACES[tag.name]
        for name in [n for n in tag.attrs if n == "loading" or n.startswith(("data-", "onclick"))]:
            del tag[name]


def pictures(chapters):
    """Return the pictures by their names: WebP, which not all readers know, as PNG, and drawings
    without what EPUB forbids in them: a document type, and a path that leads nowhere.
    """
    found = {}
    for each in chapters:
        for tag in each.article("img"):
            path = (HTML / "book" / tag["src"].partition("?")[0]).resolve()
            name, content = path.name, path.read_bytes()
            if path.suffix == ".webp":
                name, file = f"{path.stem}.png", io.BytesIO()
                Image.open(path).save(file, "png", optimize=True)
                content = file.getvalue()
            elif path.suffix == ".svg":
                content = re.sub(rb"<!DOCTYPE.*?>", b"", content, flags=re.S)
                content = re.sub(rb"<path (?![^>]*\bd=)", b'<path d="" ', content)
            tag["src"] = name
            found[name] = content
    return found


def style():
    """Return the style sheet and the font of the formulas, as two files."""
    typeset = (HTML / "_static" / "typeset.css").read_text(encoding="utf-8")
    formulas, font = re.fullmatch(r'(.*)@font-face.*?base64,([^"]*)".*', typeset, re.S).groups()
    own = (ROOT / "editions" / "epub.css").read_text(encoding="utf-8")
    return {"book.css": formulas + own, "formula.woff": b64decode(font)}


def contents(chapters):
    """Return the table of contents, with the sections of each chapter."""
    rows = ""
    for each in chapters:
        sections = ""
        for head in each.article("h2"):
            anchor = head.find_parent("section")["id"]
            title = escape(head.get_text())
            sections += f'<li><a href="{each.stem}.xhtml#{anchor}">{title}</a></li>\n'
        below = f"<ol>{sections}</ol>" if sections else ""
        rows += f'<li><a href="{each.stem}.xhtml">{escape(each.title)}</a>{below}</li>\n'
    return xhtml(TITLE, f'<nav epub:type="toc"><h1>{TITLE}</h1><ol>{rows}</ol></nav>')


def package(chapters, files):
    """Return the list of what the book consists of, and what it is."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    items, spine = "", ""
    for name, content in files.items():
        properties = [kind for kind in SPACES if name.endswith("xhtml") and f"<{kind}" in content]
        properties = ["mathml" if each == "math" else each for each in properties]
        properties += ["nav"] if name == "contents.xhtml" else []
        known = f' properties="{" ".join(properties)}"' if properties else ""
        kind = KINDS[name.rpartition(".")[2]]
        items += f'<item id="i-{name}" href="{name}" media-type="{kind}"{known}/>\n'
    for each in ["contents", *(each.stem for each in chapters)]:
        spine += f'<itemref idref="i-{each}.xhtml"/>\n'
    built = datetime.fromtimestamp((HTML / "index.html").stat().st_mtime, timezone.utc)
    return f"""<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier id="id">urn:uuid:{uuid.uuid5(uuid.NAMESPACE_DNS, TITLE)}</dc:identifier>
<dc:title>{TITLE}</dc:title>
<dc:language>en</dc:language>
<dc:creator>{config["author"]}</dc:creator>
<dc:rights>CC BY 4.0</dc:rights>
<dc:description>nnlab {nnlab.__version__}</dc:description>
<meta property="dcterms:modified">{built:%Y-%m-%dT%H:%M:%SZ}</meta>
</metadata>
<manifest>
{items}</manifest>
<spine>
{spine}</spine>
</package>
"""


def make(chapters, path):
    """Write the chapters into a file."""
    relink(chapters, lambda stem, anchor: f"{stem}.xhtml" + (f"#{anchor}" if anchor else ""))
    files = style() | pictures(chapters) | {"contents.xhtml": contents(chapters)}
    for each in chapters:
        as_xml(each.article)
        files[f"{each.stem}.xhtml"] = xhtml(each.title, each.article)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        archive.writestr("META-INF/container.xml", CONTAINER)
        archive.writestr("book.opf", package(chapters, files))
        for name, content in files.items():
            archive.writestr(name, content)
