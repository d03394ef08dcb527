"""Pictures in files: what becomes of the HTML of a page."""

import io
import json
import re
from base64 import b64encode
from types import SimpleNamespace

import pictures
import pytest
from PIL import Image


def encoded(kind):
    if kind == "svg+xml":
        content = (
            b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 30 20">' + b" " * 99 + b"</svg>"
        )
    else:
        Image.effect_noise((30, 20), 50).save(file := io.BytesIO(), kind, lossless=True)
        content = file.getvalue()
    return content, f"data:image/{kind};base64,{b64encode(content).decode()}"


@pytest.fixture
def placed(tmp_path):
    """Return a function that gives what becomes of a page's body."""
    Image.new("RGB", (64, 36)).save(tmp_path / "curve.png")
    (tmp_path / "logo.svg").write_text("<svg/>")
    images = {"curve.png": "curve.png", "logo.svg": "logo.svg"}
    builder = SimpleNamespace(format="html", imagedir="_images", images=images)
    app = SimpleNamespace(builder=builder, outdir=tmp_path / "out", srcdir=tmp_path)
    app.outdir.mkdir()

    def placed(body):
        context = {"body": body, "pathto": lambda path, resource: f"../{path}"}
        pictures.to_files(app, "page", "page.html", context, None)
        return context["body"], app.outdir

    return placed


@pytest.mark.parametrize("kind", ["webp", "png", "svg+xml"])
def test_a_picture_inside_the_page_becomes_a_file_beside_it(placed, kind):
    content, source = encoded(kind)
    frames = json.dumps([[source, "a < b"]])
    body, out = placed(f'<img src="{source}" width="30" height="20"><script>{frames}</script>')
    (name, again) = re.findall(r'"\.\./_images/([0-9a-f]{16}\.\w+)"', body)
    assert name == again and name.endswith({"svg+xml": ".svg"}.get(kind, f".{kind}"))
    assert (out / "_images" / name).read_bytes() == content
    assert "base64" not in body
    assert body.count('width="30"') == body.count('loading="lazy"') == 1


def test_equal_pictures_are_one_file_and_others_are_others(placed):
    one, other = encoded("webp")[1], encoded("webp")[1]
    _, out = placed(f'<img src="{one}"><img src="{one}"><img src="{other}">')
    assert len(list((out / "_images").iterdir())) == 2


def test_a_figure_says_how_large_it_is(placed):
    body, _ = placed('<img alt="a &gt; b" src="../_images/curve.png" /> <img src="x.png">')
    assert body == (
        '<img alt="a &gt; b" src="../_images/curve.png" width="64" height="36" loading="lazy" /> '
        '<img src="x.png" loading="lazy">'
    )


@pytest.mark.parametrize(
    "tag", ['<img src="_images/curve.png" width="9"', '<img style="width: 9em" src="curve.png"']
)
def test_a_size_that_is_given_stays(placed, tag):
    assert placed(f"{tag}>")[0] == f'{tag} loading="lazy">'


def test_a_drawing_has_no_pixels(placed):
    assert (
        placed('<img src="_images/logo.svg">')[0] == '<img src="_images/logo.svg" loading="lazy">'
    )
