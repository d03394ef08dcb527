"""Sphinx extension: pictures stand in files beside the page.

The frames of a slider (nnlab.explore) come inside the HTML of their notebook,
in base64. Here each becomes a file, named after its content. The page shows the
first; the others are fetched by sliders.js when the reader comes near.

Drawings get the colours of both themes (drawings.py).

Every picture says how large it is, so that nothing shifts when it arrives, and
is fetched when it is about to be seen.
"""

import hashlib
import re
from base64 import b64decode
from pathlib import Path

from drawings import in_both_themes
from PIL import Image

INSIDE = re.compile(
    r"data:image/(webp|svg|png)(?:\+xml)?;base64,([\w+/=]{99,})"
)
IMAGE = re.compile(r"<img (?=[^>]*src=\"([^\"]+)\")[^>]*?(?=\s*/?>)")


def size(path):
    """Return the size of a picture as attributes; "" if it has none."""
    if path.suffix == ".svg":
        found = re.match(
            rb"<svg[^>]*( width=\"\d+\") (height=\"\d+\")", path.read_bytes()
        )
        return " ".join(map(bytes.decode, found.groups())) if found else ""
    with Image.open(path) as image:
        return f' width="{image.width}" height="{image.height}"'


def to_files(app, pagename, templatename, context, doctree):
    """Put the pictures of a page into files, and say how large they are."""
    if app.builder.format != "html" or "body" not in context:
        return
    folder = Path(app.outdir, app.builder.imagedir)
    known = {
        name: Path(app.srcdir, p) for p, name in app.builder.images.items()
    }

    def write(content, kind):
        content = in_both_themes(content) if kind == "svg" else content
        name = f"{hashlib.sha256(content).hexdigest()[:16]}.{kind}"
        folder.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
        return folder / name, context["pathto"](
            f"{app.builder.imagedir}/{name}", resource=True
        )

    def to_file(match):
        return write(b64decode(match[2]), match[1])[1]

    def tell_size(match):
        tag, path = match[0], known.get(match[1].rpartition("/")[2])
        if (
            path
            and path.suffix == ".svg"
            and b"Matplotlib" in path.read_bytes()
        ):
            path, address = write(path.read_bytes(), "svg")
            tag = tag.replace(match[1], address)
        if path and not re.search(r"\s(width|style)=", tag):
            tag += size(path)
        return f'{tag} loading="lazy"'

    body = INSIDE.sub(to_file, context["body"])
    context["body"] = IMAGE.sub(tell_size, body)


def setup(app):
    """Register what is above."""
    app.connect("html-page-context", to_files)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
