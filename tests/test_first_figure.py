"""The figure of the first page and the card for links to it: one sample, forward and back."""

import re
import xml.etree.ElementTree as ET
from types import SimpleNamespace

import first_figure
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from page_head import SUBTITLE
from PIL import Image
from sphinx_app import application, placed

from nnlab import Network, sigmoid


def test_the_numbers_of_the_cover_are_those_of_the_equations():
    shown = first_figure.numbers()
    W, b = shown.network.weights, shown.network.biases
    a = [np.array([1.0, 0.5])]
    for layer in range(3):
        a.append(sigmoid(W[layer] @ a[layer] + b[layer]))
    delta = (a[3] - 1) * a[3] * (1 - a[3])
    for layer in (2, 1, 0):
        np.testing.assert_allclose(shown.deltas[layer], delta, rtol=1e-12)
        np.testing.assert_allclose(shown.activations[layer + 1], a[layer + 1], rtol=1e-12)
        delta = W[layer].T @ delta * a[layer] * (1 - a[layer])
    np.testing.assert_allclose(shown.cost, (1 - a[3][0]) ** 2 / 2, rtol=1e-12)
    assert 0 < shown.error < 1e-7


def test_a_wrong_gradient_stops_the_cover(monkeypatch):
    backprop = Network.backprop

    def planted(self, X, Y):
        gradient = backprop(self, X, Y)
        gradient.theta[3] *= 1.0001
        return gradient

    monkeypatch.setattr(Network, "backprop", planted)
    with pytest.raises(ValueError, match="gradient is wrong: relative error"):
        first_figure.numbers()


@pytest.fixture
def cover():
    """Return the figure that the directive puts on its page: its SVG, and the whole as text."""
    (raw,) = placed(application(first_figure), "cover")
    assert raw["format"] == "html"
    (svg,) = re.findall(r"<svg.*</svg>", raw.astext(), re.S)
    return SimpleNamespace(text=raw.astext(), svg=ET.fromstring(svg))


def test_the_cover_shows_these_numbers(cover):
    shown = first_figure.numbers()
    expected = [f"{v:.2f}" for a in shown.activations for v in a]
    expected += [f"{v:.3f}".replace("-", "\N{MINUS SIGN}") for d in shown.deltas for v in d]
    expected += ["y = 1", f"C = {shown.cost:.2f}", "\N{CHECK MARK} 25 of 25"]
    assert sorted(each.text for each in cover.svg.iter("text")) == sorted(expected)
    assert shown.network.theta.size == 25


def test_the_lines_of_the_cover_are_as_wide_as_what_they_carry(cover):
    shown = first_figure.numbers()
    W = shown.network.weights
    forward = [(w * a).ravel() for w, a in zip(W, shown.activations)]
    backward = [(W[i] * shown.deltas[i][:, None]).ravel() for i in (2, 1)]
    for kind, carried in (("forward", forward), ("backward", backward)):
        carried = np.abs(np.concatenate(carried))
        lines = [path for path in cover.svg.iter("path") if path.get("class") == kind]
        widths = [float(line.get("stroke-width")) for line in lines]
        expected = np.maximum(0.5, 7 * carried / carried.max())
        np.testing.assert_allclose(widths, expected, atol=0.0051)
        for line in lines:  # forward is to the right, backward to the left
            x = [float(point.split(",")[0]) for point in re.split("[MC ]", line.get("d"))[1:]]
            assert x == sorted(x, reverse=kind == "backward")


def test_the_cover_stops_within_five_seconds_and_moves_only_if_wanted(cover):
    style = re.search("<style>(.*)</style>", cover.text, re.S)[1]
    wanted = "@media screen and (prefers-reduced-motion: no-preference) {"
    before, moving = style.split(wanted)
    moving, after = moving.split("\n}", 1)
    assert "animation" not in before + after
    assert "infinite" not in style
    lasting = max(float(each) for each in re.findall(r": ([\d.]+)s ", moving))
    starts = [float(each) for each in re.findall(r"--start: ([\d.]+)s", cover.text)]
    assert 0 < lasting < 1
    assert 4 < max(starts) + lasting <= 5


def test_the_cover_tells_its_story_in_order(cover):
    groups = list(cover.svg.iter("g"))
    starts = [float(re.search("--start: (.*)s", each.get("style"))[1]) for each in groups]
    lines = [t for t, each in zip(starts, groups) if each.get("class") == "draw"]
    *activations, d1, d2, d3, known, right = [
        t for t, each in zip(starts, groups) if each.get("class") == "show"
    ]
    forward = [activations[0]]
    for line, activation in zip(lines[:3], activations[1:]):
        forward += [line, activation]
    story = [*forward, known, d3, lines[3], d2, lines[4], d1, right]
    assert story == sorted(set(story)) and story[0] == 0


def points(elements, x, y):
    return [(float(each.get(x)), float(each.get(y))) for each in elements]


def test_the_layers_stand_in_columns_around_one_height_apart_from_each_other(cover):
    _, _, width, height = map(float, cover.svg.get("viewBox").split())
    circles = list(cover.svg.iter("circle"))
    radius = float(circles[0].get("r"))
    centres = points(circles, "cx", "cy")
    columns = sorted({x for x, _ in centres})
    assert [sum(x == column for x, _ in centres) for column in columns] == [2, 3, 3, 1]
    assert columns[0] == width - columns[-1] > radius
    np.testing.assert_allclose(np.diff(columns), columns[1] - columns[0])
    middle = centres[-1][1]
    for column in columns:
        heights = [y for x, y in centres if x == column]
        assert np.mean(heights) == middle and heights == sorted(heights)
        assert radius < heights[0] and heights[-1] < height - radius
        if len(heights) > 1:
            assert 3 * radius < np.diff(heights).min() == np.diff(heights).max() < 5 * radius


def test_numbers_stand_in_their_units_errors_below_and_what_is_known_above(cover):
    circles = list(cover.svg.iter("circle"))
    radius = float(circles[0].get("r"))
    centres = points(circles, "cx", "cy")
    texts = list(cover.svg.iter("text"))
    places = points(texts, "x", "y")
    for (x, y), centre in zip(places[:9], centres):
        assert x == centre[0] and 3 < y - centre[1] < 9  # the line on which digits stand
    errors = [place for each, place in zip(texts, places) if "backward" in each.get("class")]
    for (x, y), centre in zip(errors, centres[2:]):
        assert x == centre[0] and radius + 13 < y - centre[1] < 2 * radius
    (x, middle), output = centres[-1], places[-3:]
    assert [each.text[0] for each in texts[-3:]] == ["y", "C", "\N{CHECK MARK}"]
    assert [place[0] for place in output] == [x] * 3
    target, cost, right = (y for _, y in output)
    assert 17 < target + 17 < cost < middle - radius < errors[-1][1] + 17 < right < 285


def test_lines_leave_and_enter_units_straight_forward_above_and_back_below(cover):
    centres = points(cover.svg.iter("circle"), "cx", "cy")
    beside = {"forward": set(), "backward": set()}
    for line in cover.svg.iter("path"):
        places = [tuple(map(float, p.split(","))) for p in re.split("[MC ]", line.get("d"))[1:]]
        (x0, y0), first, second, (x1, y1) = places
        assert first == pytest.approx(((x0 + x1) / 2, y0), abs=0.01)
        assert second == pytest.approx(((x0 + x1) / 2, y1), abs=0.01)
        for end in (places[0], places[-1]):
            beside[line.get("class")].add(
                min((end[1] - y for x, y in centres if x == end[0]), key=abs)
            )
    (above,), (below,) = beside["forward"], beside["backward"]
    assert -10 < above == -below < 0


def test_the_cover_needs_nothing_else_and_says_what_it_shows(cover):
    assert len(cover.text) < 20_000
    assert not re.search(r"<script|https?:|url\(|href|src=", cover.text)
    assert cover.svg.get("role") == "img"
    shown = first_figure.numbers()
    first, (last,) = shown.deltas[0], shown.deltas[-1]
    assert cover.svg.get("aria-label") == (
        "A network with layers of 2, 3, 3 and 1 units. The input (1, 0.5) runs forward through "
        "lines as wide as the signals they carry, and gives the output 0.18. The target is 1, the "
        f"cost 0.34. Then the errors delta run back: −{-last:.3f} at the output, and in the first "
        f"layer between {min(abs(first)):.3f} and {max(abs(first)):.3f} in size."
    )
    assert re.search(r'<button type="button".*>Play again</button>', cover.text, re.S)


def test_the_first_page_is_read_again_in_every_build():
    app = application(first_figure, config=SimpleNamespace(root_doc="book/intro"))
    assert app.emit("env-get-outdated", None, [], [], []) == [["book/intro"]]


# The card


@pytest.fixture
def drawn(tmp_path, monkeypatch):
    """Return a function that gives the card after a build: as Matplotlib has it, and its file."""
    figures = []
    (tmp_path / "_static").mkdir()

    def noted(**options):
        figures.append(Figure(**options))
        return figures[-1]

    monkeypatch.setattr(first_figure, "Figure", noted)

    def drawn(address="https://example.org", exception=None, builder="html"):
        config = SimpleNamespace(html_baseurl=address, html_title="Backpropagation, checked")
        app = application(first_figure, outdir=tmp_path, config=config, builder=builder)
        app.emit("build-finished", exception)
        file = tmp_path / "_static" / "card.png"
        return (*figures, file) if file.exists() else figures

    return drawn


def test_the_card_is_a_picture_with_all_that_it_says_inside(drawn):
    card, file = drawn()
    with Image.open(file) as picture:
        assert picture.size == (1200, 630) and picture.format == "PNG"
    (axes,) = card.axes
    assert not axes.axison
    title, subtitle = card.texts
    assert [title.get_text(), subtitle.get_text()] == ["Backpropagation, checked", SUBTITLE]
    assert title.get_size() > subtitle.get_size() > 20
    boxes = [each.get_window_extent() for each in (title, subtitle, axes)]
    for box in boxes:
        assert box.x0 > 0 and box.y0 > 0 and box.x1 < 1200 and box.y1 < 630
    assert boxes[0].y0 > boxes[1].y1 and boxes[1].y0 > boxes[2].y1
    assert boxes[0].x0 == pytest.approx(boxes[1].x0, abs=5)


def test_the_network_on_the_card_is_that_of_the_cover(drawn):
    card, _ = drawn()
    (axes,) = card.axes
    shown = first_figure.numbers()
    centres = [place for column in first_figure.places([2, 3, 3, 1]) for place in column]
    assert [(*line.get_xdata(), *line.get_ydata()) for line in axes.lines] == centres
    assert [text.get_position() for text in axes.texts] == centres
    numbers = [f"{v:.2f}" for layer in shown.activations for v in layer]
    assert [text.get_text() for text in axes.texts] == numbers
    carried = [(kind, line) for kind, layer in first_figure.lines(shown) for line in layer]
    for patch, (kind, (start, end, width)) in zip(axes.patches, carried, strict=True):
        assert to_hex(patch.get_edgecolor()) == first_figure.COLOURS[kind]
        assert patch.get_linewidth() == width and not patch.get_fill()
        np.testing.assert_array_equal(patch.get_path().vertices[[0, -1]], [start, end])
    (x0, y0), (x1, y1) = axes.transData.transform([(0, 0), (480, 285)])
    assert (x1 - x0) / 480 == pytest.approx((y0 - y1) / 285)
    assert (x0, y1) == pytest.approx(axes.bbox.p0, abs=2) and y0 > y1
    assert (x1, y0) == pytest.approx(axes.bbox.p1, abs=2)


def test_lines_end_behind_the_units_and_numbers_stand_before_them(drawn):
    card, _ = drawn()
    (axes,) = card.axes
    orders = [[each.zorder for each in kind] for kind in (axes.patches, axes.lines, axes.texts)]
    assert max(orders[0]) < min(orders[1]) <= max(orders[1]) < min(orders[2])


@pytest.mark.parametrize(
    "options", [{"address": ""}, {"exception": ValueError()}, {"builder": "latex"}]
)
def test_there_is_a_card_only_for_a_whole_site_that_has_an_address(drawn, options):
    assert not drawn(**options)
