"""Drawings in the colours of both themes, part by part; whole ones are in test_pictures.py."""

import io
import re
from base64 import b64encode
from xml.etree import ElementTree as ET

import drawings
import numpy as np
import pytest
from PIL import Image


@pytest.fixture(autouse=True)
def no_colours_known():
    """Let every test find its colours anew."""
    drawings.in_the_dark.cache_clear()


# The colours


def oklab(colour):
    """Return lightness and the two axes of hue, over the XYZ of the colour."""
    rgb = np.array(list(bytes.fromhex(colour[1:]))) / 255
    linear = np.where(rgb > 0.04045, ((rgb + 0.055) / 1.055) ** 2.4, rgb / 12.92)
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    to_lms = [[0.81893, 0.36187, -0.12886], [0.03298, 0.92931, 0.03615], [0.0482, 0.26437, 0.63385]]
    to_lab = [[0.21045, 0.79362, -0.00407], [1.978, -2.42859, 0.45059], [0.0259, 0.78277, -0.80868]]
    return to_lab @ np.cbrt(to_lms @ (to_xyz @ linear))


@pytest.mark.parametrize(
    "colour, dark",
    [
        ("#010101", "#cfcfcf"),
        ("#0a0a0a", "#c9c9c9"),
        ("#0b0b0b", "#c8c8c8"),
        ("#7f7f7f", "#a4a4a4"),
        ("#fefefe", "#131313"),
        ("#0072b2", "#59b3f7"),
        ("#d55e00", "#f47b33"),
        ("#009e73", "#3bbb8e"),
        ("#cc79a7", "#d07dab"),
        ("#ddebf2", "#263036"),
        ("#440154", "#e3a1f7"),
        ("#060313", "#cbc7e4"),
        ("#7fd551", "#4da107"),
    ],
)
def test_a_colour_keeps_its_hue_and_its_lightness_is_turned_round(colour, dark):
    assert drawings.in_the_dark(colour) == dark
    light, turned = oklab(colour), oklab(dark)
    wanted = np.interp(light[0], [0, 0.5, 0.78, 0.9, 1], [0.87, 0.75, 0.66, 0.36, 0.18])
    np.testing.assert_allclose(turned, [wanted, *light[1:]], atol=0.004)


@pytest.mark.parametrize(
    "colour, dark", [("#ff0000", "#ff3e2f"), ("#00ff00", "#007200"), ("#fee838", "#482f00")]
)
def test_what_no_screen_can_show_becomes_the_nearest_that_it_can(colour, dark):
    assert drawings.in_the_dark(colour) == dark


def test_paper_and_ink_become_those_of_the_page():
    assert drawings.in_the_dark("#ffffff") == "#121212"
    assert drawings.in_the_dark("#000000") == "#ced6dd"


# A drawing as Matplotlib writes it

CLIPPED = 'clip-path="url(#p1)"'
GROUND = """<g id="patch_2"><path d="M 20 90.5
L 180 90.5
L 180 10
L 20 10
z
" style="fill: #ffffff"/></g>"""
LINE = f'<g id="line2d_1"><path d="M 1 2" {CLIPPED} style="stroke: #D55e00"/></g>'
MESH = f'<g id="QuadMesh_1"><path d="M 20 10" {CLIPPED} style="fill: #00224e"/></g>'
AXIS = f'<g id="matplotlib.axis_1"><path {CLIPPED} style="stroke: #444444"/></g>'


def svg(*axes, behind=""):
    """Return a drawing of 216 by 108 points with these axes, each the text of its parts."""
    groups = "".join(f'<g id="axes_{i}">{parts}</g>\n' for i, parts in enumerate(axes, 1))
    return f"""<?xml version="1.0" encoding="utf-8"?>
<svg xmlns:xlink="http://www.w3.org/1999/xlink" width="216pt" height="108.4pt" viewBox="0 0 216 108"
 xmlns="http://www.w3.org/2000/svg" version="1.1">
 <metadata><rdf xmlns="x">Matplotlib</rdf></metadata>
 <g id="figure_1"><g id="patch_1"><path d="M 0 0" style="fill: #abcdef"/></g>
 {groups}</g>{behind}</svg>""".encode()


def text(x, y, number=1):
    return (
        f'<g id="text_{number}"><!-- a --><g style="fill: #333333" '
        f'transform="translate({x} {y}) scale(0.1 -0.1)"/></g>'
    )


def shown(*axes, behind=""):
    return drawings.in_both_themes(svg(*axes, behind=behind)).decode()


def test_colours_become_variables_with_a_value_for_each_theme():
    made = shown(GROUND + LINE)
    assert re.match(
        r'<svg xmlns="http://www.w3.org/2000/svg" [^>]*viewBox="0 0 216 108" [^>]*id="dark"><style>'
        r":root\{--000000:#000000;--d55e00:#d55e00;--ffffff:#ffffff;fill:var\(--000000\)\}"
        r":root:target\{--000000:#ced6dd;--d55e00:#f47b33;--ffffff:#121212\}</style>",
        made,
    )
    assert re.findall('style="(.*?)"', made) == ["fill: var(--ffffff)", "stroke: var(--d55e00)"]


def test_an_inch_is_a_hundred_pixels():
    assert ' width="300" height="151" ' in shown(GROUND)  # of 216 and 108.4 points


def test_names_remarks_space_and_the_ground_of_the_figure_are_left_out():
    made = shown(GROUND + text(1, 2))
    assert "Matplotlib" not in made and "abcdef" not in made
    assert re.findall(' id="(.*?)"', made) == ["dark"]
    assert "<!--" not in made and "\n" not in made and "> <" not in made
    assert "M 20 90.5 L 180 90.5 L 180 10 L 20 10 z" in made


def test_what_is_used_again_keeps_its_name():
    inside = '<defs><path id="m1" d="M 0 0"/></defs><use xlink:href="#m1" x="1.23456" y="9.87654"/>'
    made = shown(GROUND + inside)
    assert '<path id="m1" d="M 0 0"' in made
    assert re.search('<use xlink:href="#m1" x="1.23" y="9.87"', made)


def test_digits_that_nobody_sees_are_left_out_but_a_small_scale_keeps_them():
    inside = '<path d="M -1.23999 4.5 L 0.004 12.345678" transform="rotate(1.555)"/>'
    inside += '<path d="M 1 2" transform="scale(0.015625)" style="stroke-width: 1.2345"/>'
    made = shown(GROUND + inside)
    assert 'd="M -1.23 4.5 L 0.00 12.34" transform="rotate(1.55)"' in made
    assert 'transform="scale(0.015625)"' in made and "stroke-width: 1.2345" in made


def test_text_in_a_drawing_stays():
    assert "<text>a  b</text>" in shown(GROUND + "<text> a  b </text>")


# Maps


def kept(*parts):
    """Return those colours that stay the same of a map with these parts."""
    made = shown(GROUND + MESH + "".join(parts))
    return set(re.findall(r'style="[^"]*(#\w+)"', made)) - {"#ffffff", "#00224e"}


def test_a_map_keeps_its_colours_with_its_ground_and_what_is_clipped_to_it():
    made = shown(GROUND + MESH + LINE + AXIS)
    assert 'fill: #ffffff"' in made and 'fill: #00224e"' in made and 'stroke: #D55e00"' in made
    assert made.count('fill="#000"') == 3
    assert 'stroke: var(--444444)"' in made
    assert set(re.findall(r"--(\w+):", made)) == {"000000", "444444"}


def test_an_axis_is_beside_the_map_and_so_is_a_frame():
    assert kept(AXIS, '<g id="patch_3"><path style="stroke: #555555"/></g>') == set()


@pytest.mark.parametrize(
    "x, y, on_it",
    [
        (100, 50, True),
        (20.1, 10.1, True),
        (179.9, 90.4, True),
        (20, 50, False),
        (180, 50, False),
        (100, 10, False),
        (100, 90.5, False),
        (200, 100, False),
    ],
)
def test_lettering_keeps_its_colour_where_it_starts_on_the_map(x, y, on_it):
    assert kept(text(x, y)) == ({"#333333"} if on_it else set())


def test_other_parts_may_be_moved_there_without_being_on_the_map():
    moved = '<g id="legend_1"><g transform="translate(100 50)" style="fill: #333333"/></g>'
    assert kept(moved) == set()


def test_an_arrow_without_lettering_is_on_the_map_if_it_is_clipped():
    arrow = '<g id="text_1"><path d="M 1 2" {} style="stroke: #333333"/></g>'
    assert kept(arrow.format(CLIPPED)) == {"#333333"}
    assert kept(arrow.format("")) == set()


@pytest.mark.parametrize(
    "name, style, is_map",
    [
        ("QuadMesh_1", "fill: #00224e", True),
        ("QuadContourSet_1", "fill: #00224e", True),
        ("QuadContourSet_1", "fill: none; stroke: #00224e", False),
        ("PathCollection_1", "fill: #00224e", False),
    ],
)
def test_a_map_has_areas_of_colour_and_not_lines_alone(name, style, is_map):
    made = shown(f'{GROUND}<g id="{name}"><path {CLIPPED} style="{style}"/></g>')
    assert (f'style="{style}"' in made) == is_map


def test_beside_a_map_other_axes_get_the_colours_of_both_themes():
    made = shown(GROUND + MESH, GROUND + LINE)
    assert "stroke: var(--d55e00)" in made and "fill: var(--ffffff)" in made
    assert 'fill: #ffffff"' in made and 'fill: #00224e"' in made


# Images


def image(*shades):
    """Return an image inside a drawing, with a pixel of each shade."""
    picture = Image.new("RGB", (len(shades), 1))
    picture.putdata(shades)
    picture.save(file := io.BytesIO(), "PNG")
    return f'<image xlink:href="data:image/png;base64,{b64encode(file.getvalue()).decode()}"/>'


WHITE, GREY, DARK = (255, 255, 255), (128, 128, 128), (90, 0, 255)


@pytest.mark.parametrize(
    "shades, turned",
    [
        ([WHITE, WHITE, DARK], True),
        ([WHITE, DARK, DARK], False),
        ([(200, 200, 0)], True),
        ([(129, 129, 129)], True),
        ([GREY], False),
        ([DARK], False),
    ],
)
def test_a_light_image_is_shown_as_its_negative_in_the_dark(shades, turned):
    made = shown(GROUND + image(*shades))
    rule = ":root:target image{filter:url(#negative)}</style>"
    assert (rule in made) == ('id="negative"' in made) == turned


def test_the_negative_of_paper_is_dark_and_that_of_ink_light_and_hues_stay():
    values = ET.fromstring(drawings.NEGATIVE)[0].get("values").split()
    matrix = np.array(values, float).reshape(4, 5)
    negative = [(matrix @ [*rgb, 1, 1])[:3] for rgb in ([1, 1, 1], [0, 0, 0], [1, 0, 0])]
    np.testing.assert_allclose(negative[:2], [3 * [0.12], 3 * [0.87]], atol=0.01)
    assert negative[2].argmax() == 0


def test_a_drawing_without_an_image_has_no_filter():
    assert "negative" not in shown(GROUND)
