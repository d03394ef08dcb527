"""The command ``python -m editions``, after ``jupyter-book build .``."""

import json

from editions import epub, pdf
from editions.chapters import HTML, TITLE, book


def main():
    """Make both editions, and have the menu of every page offer them."""
    stem = TITLE.lower().replace(",", "").replace(" ", "-")
    for name, make in {"PDF": pdf.make, "EPUB": epub.make}.items():
        path = HTML / f"{stem}.{name.lower()}"
        make(book(), path)
        print(f"{name}: {path.stat().st_size / 1e6:.1f} MB in {path}")
    menu = HTML / "_static" / "editions.js"
    made = {"PDF": f"{stem}.pdf", "EPUB": f"{stem}.epub"}
    line, rest = menu.read_text(encoding="utf-8").split("\n", 1)
    assert line.startswith("const editions = {")
    menu.write_text(f"const editions = {json.dumps(made)};\n{rest}", encoding="utf-8")


if __name__ == "__main__":
    main()
