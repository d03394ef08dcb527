"""The figure of the first page and the card for links to it: one sample, forward and back."""

import re
import xml.etree.ElementTree as ET
from types import SimpleNamespace

import first_figure
import numpy as np
import pytest
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


@pytest.fixture(scope="module")
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


def test_the_cover_needs_nothing_else_and_says_what_it_shows(cover):
    assert len(cover.text) < 20_000
    assert not re.search(r"<script|https?:|url\(|href|src=", cover.text)
    assert cover.svg.get("role") == "img"
    assert "gives the output 0.18. The target is 1, the cost 0.34." in cover.svg.get("aria-label")
    assert re.search(r'<button type="button".*>Play again</button>', cover.text, re.S)
