"""Drawings: Matplotlib's SVG for a page, in the colours of both themes.

A drawing shows the light theme's colours; where "#dark" stands behind its
address, the dark one's (book/_static/sliders.js puts it there). This works in
every browser, and from a file. Nothing is drawn twice: all colours are
variables, with two values.

What a picture is about keeps its colours: dark images, such as light ink on
black, and maps, with their ground and what lies on them. A light image is
turned dark.

What only an editor of drawings needs is left out: names of parts, remarks, and
digits behind a hundredth of a point.
"""

import io
import re
from base64 import b64decode
from functools import cache
from xml.etree import ElementTree

import numpy as np
from PIL import Image, ImageStat

SVG = "{http://www.w3.org/2000/svg}"
LINK = "{http://www.w3.org/1999/xlink}href"
ElementTree.register_namespace("", SVG[1:-1])
ElementTree.register_namespace("xlink", LINK[1:-5])

COLOUR = re.compile(r"#[0-9a-f]{6}\b", re.IGNORECASE)
LONG_NUMBER = re.compile(r"(-?\d+\.\d{2})\d+")

# Lightness (Oklab) in the light theme and in the dark: black lettering becomes
# that of the page, full colours a little lighter, tints of white dark tints.
LIGHT, DARK = [0, 0.5, 0.78, 0.9, 1], [0.87, 0.75, 0.66, 0.36, 0.18]
TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)

# A negative of the same hues, from dark grey to light grey.
NEGATIVE = """\
<filter xmlns="http://www.w3.org/2000/svg" id="negative" \
color-interpolation-filters="sRGB"><feColorMatrix values="\
0.42 -1.06 -0.11 0 0.87  -0.32 -0.32 -0.11 0 0.87  \
-0.32 -1.06 0.63 0 0.87  0 0 0 1 0"/></filter>"""


@cache
def in_the_dark(colour):
    """Return the colour that stands for another in the dark theme."""
    if colour == "#ffffff":
        return "#121212"  # the ground of the page
    if colour == "#000000":
        return "#ced6dd"  # its lettering
    rgb = np.array(list(bytes.fromhex(colour[1:]))) / 255
    linear = np.where(
        rgb > 0.04045, ((rgb + 0.055) / 1.055) ** 2.4, rgb / 12.92
    )
    lab = TO_LAB @ np.cbrt(TO_LMS @ linear)
    lab[0] = np.interp(lab[0], LIGHT, DARK)
    linear = np.linalg.solve(TO_LMS, np.linalg.solve(TO_LAB, lab) ** 3)
    linear = linear.clip(0, 1)
    rgb = np.where(
        linear > 0.0031308, 1.055 * linear ** (1 / 2.4) - 0.055, 12.92 * linear
    )
    return "#" + bytes(np.rint(255 * rgb).astype(int).tolist()).hex()


def is_light(image):
    """Return whether an image of a drawing is a light one."""
    file = io.BytesIO(b64decode(image.get(LINK).partition(",")[2]))
    with Image.open(file) as picture:
        return ImageStat.Stat(picture.convert("L")).mean[0] > 128


def is_map(axes):
    """Return whether these axes hold areas of colour that mean something."""
    return any(
        part.get("id", "").startswith(("QuadContourSet", "QuadMesh"))
        and "fill: #" in ElementTree.tostring(part, "unicode")
        for part in axes.iter(f"{SVG}g")
    )


def box(axes):
    """Return the left, right, upper and lower end of the ground of axes."""
    path = axes.find(f"{SVG}g/{SVG}path").get("d")
    ends = re.findall(r"[ML] (\S+) (\S+)", path)
    x, y = zip(*[map(float, end) for end in ends])
    return min(x), max(x), min(y), max(y)


def on_the_map(part, left, right, top, bottom):
    """Return whether a part of axes lies on their map, not beside it."""
    if part.get("id", "").startswith("matplotlib.axis"):
        return False
    text = ElementTree.tostring(part, "unicode")
    place = re.search(r"translate\((\S+) (\S+)\)", text)
    if part.get("id", "").startswith("text") and place:
        x, y = map(float, place.groups())
        return left < x < right and top < y < bottom
    return "clip-path=" in text


def kept_parts(root):
    """Return the parts of a drawing that look the same in the dark."""
    kept = set()
    for axes in root.iter(f"{SVG}g"):
        if axes.get("id", "").startswith("axes_") and is_map(axes):
            ends = box(axes)
            for part in axes:
                if part is axes[0] or on_the_map(part, *ends):
                    part.set("fill", "#000")  # of lettering that says nothing
                    kept.update(part.iter())
    return kept


def tidy(root):
    """Leave out what only an editor needs."""
    for metadata in root.findall(f"{SVG}metadata"):
        root.remove(metadata)
    for part in root.iter():
        part.text, part.tail = (part.text or "").strip(), ""
        if part.tag == f"{SVG}g":
            part.attrib.pop("id", None)
        for name in {"d", "x", "y", "transform"} & set(part.attrib):
            value = " ".join(part.get(name).split())
            if "scale(0.0" not in value:
                part.set(name, LONG_NUMBER.sub(r"\1", value))


def in_both_themes(svg):
    """Return a drawing of Matplotlib as it stands beside a page."""
    root = ElementTree.fromstring(svg)
    colours = {"#000000"}

    def variable(match):
        colours.add(match[0].lower())
        return f"var(--{match[0][1:].lower()})"

    figure = root.find(f"{SVG}g")
    figure.remove(figure.find(f"{SVG}g[@id='patch_1']"))  # the ground
    for part in set(root.iter()) - kept_parts(root):
        if "style" in part.attrib:
            part.set("style", COLOUR.sub(variable, part.get("style")))
    tidy(root)
    for side in ("width", "height"):  # a hundred pixels to an inch
        points = float(root.get(side).removesuffix("pt"))
        root.set(side, f"{points * 100 / 72:.0f}")
    root.set("id", "dark")
    light = ";".join(f"--{c[1:]}:{c}" for c in sorted(colours))
    dark = ";".join(f"--{c[1:]}:{in_the_dark(c)}" for c in sorted(colours))
    rules = f":root{{{light};fill:var(--000000)}}:root:target{{{dark}}}"
    image = root.find(f".//{SVG}image")
    if image is not None and is_light(image):
        root.insert(0, ElementTree.fromstring(NEGATIVE))
        rules += ":root:target image{filter:url(#negative)}"
    sheet = ElementTree.Element(f"{SVG}style")
    sheet.text = rules
    root.insert(0, sheet)
    return ElementTree.tostring(root)
