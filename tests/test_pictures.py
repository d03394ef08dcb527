"""Pictures in files: what becomes of the HTML of a page, and of the colours of a drawing."""

import io
import json
import re
from base64 import b64encode

import drawings
import matplotlib.pyplot as plt
import numpy as np
import pictures
import pytest
from PIL import Image
from sphinx_app import application


def drawn(draw=lambda ax: ax.plot([0, 1], color="#0072b2")):
    """Return an SVG of Matplotlib, 300 by 200 pixels on a page."""
    figure, ax = plt.subplots(figsize=(3, 2), facecolor="white")
    draw(ax)
    with plt.rc_context({"svg.hashsalt": "book"}):
        figure.savefig(file := io.BytesIO(), format="svg", metadata={"Date": None})
    plt.close(figure)
    return file.getvalue()


def encoded(kind):
    if kind == "svg+xml":
        content = drawn()
    else:
        Image.effect_noise((30, 20), 50).save(file := io.BytesIO(), kind, lossless=True)
        content = file.getvalue()
    return content, f"data:image/{kind};base64,{b64encode(content).decode()}"


@pytest.fixture
def placed(tmp_path):
    """Return a function that gives what becomes of a page's body."""
    Image.new("RGB", (64, 36)).save(tmp_path / "curve.png")
    (tmp_path / "logo.svg").write_text("<svg/>")
    (tmp_path / "line.svg").write_bytes(drawn())
    images = {name: name for name in ("curve.png", "logo.svg", "line.svg")}
    (tmp_path / "out").mkdir()

    def placed(body, builder="html"):
        app = application(pictures, builder=builder, outdir=tmp_path / "out", srcdir=tmp_path)
        app.builder.imagedir, app.builder.images = "_images", images
        context = {"pathto": lambda path, resource=False: f"../{path}{'' if resource else '.html'}"}
        context |= {"body": body} if body else {}
        app.emit("html-page-context", "page", "page.html", context, None)
        return context.get("body"), app.outdir

    return placed


@pytest.mark.parametrize("kind", ["webp", "png", "svg+xml"])
def test_a_picture_inside_the_page_becomes_a_file_beside_it(placed, kind):
    content, source = encoded(kind)
    frames = json.dumps([[source, "a < b"]])
    body, out = placed(f'<img src="{source}" width="30" height="20"><script>{frames}</script>')
    (name, again) = re.findall(r'"\.\./_images/([0-9a-f]{16}\.\w+)"', body)
    assert name == again and name.endswith({"svg+xml": ".svg"}.get(kind, f".{kind}"))
    shown = drawings.in_both_themes(content) if kind == "svg+xml" else content
    assert (out / "_images" / name).read_bytes() == shown
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


@pytest.mark.parametrize("body, builder", [(None, "html"), ('<img src="x.png">', "latex")])
def test_pages_without_a_body_and_other_books_are_left_alone(placed, body, builder):
    assert placed(body, builder)[0] == body


def test_a_drawing_has_no_pixels(placed):
    assert (
        placed('<img src="_images/logo.svg">')[0] == '<img src="_images/logo.svg" loading="lazy">'
    )


def test_a_figure_that_is_a_drawing_gets_its_colours_and_its_size(placed):
    body, out = placed('<img src="../_images/line.svg" alt="a">')
    address = re.fullmatch(
        r'<img src="\.\./(_images/\w{16}\.svg)" alt="a" width="300" height="200" loading="lazy">',
        body,
    )[1]
    assert (out / address).read_bytes() == drawings.in_both_themes(drawn())


# The colours of both themes


def colours(svg):
    """Return the values of the variables of a drawing in the light, and in the dark."""
    style = re.search(rb"<style>(.*?)</style>", svg)[1].decode()
    light, dark = style.partition(":root:target")[::2]
    return [dict(re.findall("--(\\w{6}):(#\\w{6})", part)) for part in (light, dark)]


def luminance(colour):
    rgb = np.array(list(bytes.fromhex(colour[1:]))) / 255
    linear = np.where(rgb > 0.04045, ((rgb + 0.055) / 1.055) ** 2.4, rgb / 12.92)
    return linear @ [0.2126, 0.7152, 0.0722]


def contrast(one, other):
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def test_every_colour_of_a_drawing_has_a_value_for_each_theme():
    svg = drawings.in_both_themes(drawn())
    light, dark = colours(svg)
    assert light == {colour[1:]: colour for colour in light.values()}
    assert {"000000", "ffffff", "0072b2"} <= set(light) == set(dark)
    assert dark["000000"] == "#ced6dd" and dark["ffffff"] == "#121212"
    assert not re.search(rb'style="[^"]*#', svg)
    assert b'id="dark"' in svg  # what "#dark" behind the address leads to


def test_a_drawing_has_no_ground_of_its_own_and_nothing_for_editors():
    svg = drawings.in_both_themes(drawn())
    axes = re.search(rb'<path d="M ([^"]*)"', svg)[1]  # the first thing drawn
    assert not axes.startswith(b"0 144")
    assert b"metadata" not in svg and b"<!--" not in svg
    assert len(svg) < 0.85 * len(drawn())


def test_lines_and_lettering_stand_out_in_the_dark_as_in_the_light():
    with plt.style.context("nnlab.book"):
        lines = [c.lower() for c in plt.rcParams["axes.prop_cycle"].by_key()["color"]]
    for colour in ["#000000", "#666666", *(c if c[0] == "#" else f"#{c}" for c in lines)]:
        assert contrast(drawings.in_the_dark(colour), "#121212") > 4.5, colour
    for tint in ("#f2f2f2", "#ffe680", "#ddebf2"):  # black lettering stands on them
        assert contrast(drawings.in_the_dark("#000000"), drawings.in_the_dark(tint)) > 4.5, tint


def test_a_map_and_what_lies_on_it_keep_their_colours():
    def draw(ax):
        ax.contourf([[0, 1], [1, 2]], cmap="cividis")
        ax.plot([0, 1], color="#d55e00")
        ax.text(0.5, 0.5, "on it")
        ax.set(title="above it")

    svg = drawings.in_both_themes(drawn(draw))
    assert "d55e00" not in colours(svg)[0]
    assert b"#d55e00" in svg and b'fill="#000"' in svg
    assert b"fill:var(--000000)" in svg  # the title


@pytest.mark.parametrize(("ink", "turned"), [(0, True), (1, False)])
def test_a_light_image_is_turned_dark_and_a_dark_one_stays(ink, turned):
    image = np.full((9, 9), 1 - ink)
    svg = drawings.in_both_themes(drawn(lambda ax: ax.imshow(image, "gray", vmin=0, vmax=1)))
    assert (b"url(#negative)" in svg) == turned
    assert (b"feColorMatrix" in svg) == turned
