"""Sliders: the face on the page, the face in a kernel, and the errors."""

import base64
import html
import io
import json
import re

import ipywidgets
import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from nnlab import explore


def draw(**parameters):
    figure, ax = plt.subplots(figsize=(3, 2), dpi=60)
    ax.plot([0, 1], [0, sum(parameters.values())])
    ax.set(ylim=(-10, 60))
    return figure


def draw_much(alpha):
    figure = draw(alpha=alpha)
    figure.axes[0].scatter(*np.random.default_rng(1).uniform(size=(2, 3000)))
    return figure


def steep(alpha):
    return f"A line of slope {alpha:.2f}"


@pytest.fixture
def page(monkeypatch):
    """Return a function that gives the HTML of explore(...) on a page."""
    monkeypatch.setenv("NNLAB_FRAMES", "all")
    return lambda *args, **kwargs: explore(*args, **kwargs)._repr_html_()


@pytest.fixture
def live(monkeypatch):
    """Return explore itself, as in a kernel of a reader."""
    monkeypatch.delenv("NNLAB_FRAMES", raising=False)
    return explore


def frames(page):
    (data,) = re.findall(r'<script type="application/json">(.*)</script>', page)
    return json.loads(data)


def picture(source):
    kind, data = source.split(",")
    assert kind == "data:image/webp;base64"
    return Image.open(io.BytesIO(base64.b64decode(data)))


def lines(source):
    """Return an SVG without the names of its parts."""
    kind, data = source.split(",")
    assert kind == "data:image/svg+xml;base64"
    return re.sub(r'(id="|#)[^"]*', "", base64.b64decode(data).decode())


def attributes(page, tag):
    """Return the attributes of every such tag."""
    found = re.findall(rf"<{tag} ([^>]*)>", page)
    return [
        {k: html.unescape(v) for k, v in re.findall(r'([\w-]+)="(.*?)"', text)} for text in found
    ]


def test_the_page_has_a_frame_for_every_value(page):
    shown = page(draw, alt=steep, alpha=[0, 0.5, 1])
    assert [text for _, text in frames(shown)] == [steep(0), steep(0.5), steep(1)]
    assert len({source for source, _ in frames(shown)}) == 3
    assert {re.search('viewBox="(.*?)"', lines(source))[1] for source, _ in frames(shown)} == {
        "0 0 216 144"  # points
    }


def test_a_drawing_with_very_many_points_is_a_picture_of_twice_as_many_pixels(page):
    shown = page(draw_much, alt=steep, alpha=[0, 25, 50])
    assert {picture(source).size for source, _ in frames(shown)} == {(600, 400)}
    assert len({source for source, _ in frames(shown)}) == 3


def test_an_image_is_a_part_of_the_drawing(page):
    def draw_image(alpha):
        figure = draw(alpha=alpha)
        figure.axes[0].imshow([[0, alpha], [1, 2]])
        figure.axes[0].set(ylim=(1.5, -0.5))
        return figure

    ((source, _),) = frames(page(draw_image, alt=steep, alpha=[1]))
    image = re.search('<image [^>]*base64,([^"]*)"', lines(source))[1]
    with Image.open(io.BytesIO(base64.b64decode(image))) as part:
        assert max(part.size) > 150  # of the 400 pixels that the figure has at 200 to the inch


@pytest.mark.parametrize("drawn", [draw, draw_much])
def test_the_first_frame_is_shown_at_its_size(page, drawn):
    shown = page(drawn, alt=steep, alpha=[0, 0.5, 1])
    (image,) = attributes(shown, "img")
    assert [image["src"], image["alt"]] == frames(shown)[0]
    assert (image["width"], image["height"]) == ("300", "200")


def test_frames_show_what_draw_draws_with_each_value(page):
    (source, _), (other, _) = frames(page(draw, alt=steep, alpha=[0, 50]))
    figure = draw(alpha=50)
    figure.savefig(buffer := io.StringIO(), format="svg", metadata={"Date": None})
    plt.close(figure)
    assert lines(other) == re.sub(r'(id="|#)[^"]*', "", buffer.getvalue())
    assert lines(source) != lines(other)
    (source, _), (other, _) = frames(page(draw_much, alt=steep, alpha=[0, 50]))
    figure = draw_much(alpha=50)
    figure.savefig(buffer := io.BytesIO(), format="png", dpi=200)
    plt.close(figure)
    assert np.array_equal(picture(other).convert("RGB"), Image.open(buffer).convert("RGB"))
    assert not np.array_equal(picture(source).convert("RGB"), picture(other).convert("RGB"))


def test_two_parameters_make_a_grid_whose_last_one_runs_fastest(page):
    shown = page(draw, alt="A line", alpha=[1, 2], w_12=[-0.5, 0.25, 1e-5 + 0.5])
    expected = [f"A line (α = {a}, w₁₂ = {w})" for a in "12" for w in ("−0.5", "0.25", "0.5")]
    assert [text for _, text in frames(shown)] == expected
    first, second = attributes(shown, "input")
    assert (first["name"], first["max"], first["data-values"]) == ("alpha", "1", "1 2")
    assert (second["name"], second["max"], second["data-values"]) == ("w_12", "2", "−0.5 0.25 0.5")


def test_labels_show_symbols_and_outputs_the_first_values(page):
    shown = page(draw, alt="A line", gamma=[-2, 0], k=[0.001, 3])
    assert re.findall("<label><span>(.*?)</span>", shown) == ["γ", "k"]
    assert re.findall("<output>(.*?)</output>", shown) == ["−2", "0.001"]


def test_names_say_what_the_letters_stand_for(page):
    shown = page(draw, alt="A line", names={"chi": "gain"}, chi=[1, 2], step=[0, 1])
    assert re.findall("<label><span>(.*?)</span>", shown) == ["gain χ", "step"]
    (figure,) = attributes(shown, "figure")
    assert figure["aria-label"] == "Figure to explore: gain χ, step"


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        ([0.03, 0.1, 1.6], "log"),
        ([1, 10], "log"),
        ([1, 9], "linear"),
        ([0, 9], "linear"),
        ([-9, 9], "linear"),
    ],
)
def test_a_slider_says_whether_its_scale_is_logarithmic(page, values, scale):
    (slider,) = attributes(page(draw, alt="A line", gamma=values), "input")
    assert slider["data-scale"] == scale


def test_alternative_texts_may_hold_any_character(page):
    def awkward(alpha):
        return f'a < b & "c" </script> {alpha}'

    shown = page(draw, alt=awkward, alpha=[1, 2])
    assert [text for _, text in frames(shown)] == [awkward(1), awkward(2)]
    (image,) = re.findall(r'alt="(.*?)"', shown)
    assert html.unescape(image) == awkward(1)


def test_without_the_variable_only_the_first_frame_is_drawn(live):
    drawn = []

    def counted(alpha):
        drawn.append(alpha)
        return draw(alpha=alpha)

    slider = live(counted, alt=steep, alpha=np.linspace(0, 1, 11))
    assert drawn == [0.0]
    bundle = slider._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain", "application/vnd.jupyter.widget-view+json"}
    assert [text for _, text in frames(bundle["text/html"])] == [steep(0)]


def test_a_live_slider_draws_any_value_anew(live):
    box = live(draw, alt=steep, alpha=[0.1, 0.5, 2])
    (before,) = attributes(box.picture.value, "img")
    slider = box.sliders["alpha"]
    assert isinstance(slider, ipywidgets.SelectionSlider)
    assert (slider.value, slider.description) == (0.1, "α")
    slider.index = 3
    (after,) = attributes(box.picture.value, "img")
    assert (before["alt"], after["alt"]) == (steep(0.1), steep(0.16))
    assert picture(after["src"]).size == (600, 400)
    assert before["src"] != after["src"]
    assert slider.continuous_update


@pytest.mark.parametrize("values", [[0.03, 0.1, 0.16, 1.6], [-1e-6, 1e-6], [-300.0, 700.0, 750]])
def test_a_live_slider_has_the_scale_of_the_page_with_twenty_steps_between_neighbours(live, values):
    options = live(draw, alt="A line", alpha=values).sliders["alpha"].options
    assert [value for _, value in options[::20]] == values
    between = np.array([value for _, value in options[:21]])
    assert np.diff(between) == pytest.approx((values[1] - values[0]) / 20)


def test_a_live_slider_may_have_a_single_value(live):
    assert live(draw, alt="A line", alpha=[3]).sliders["alpha"].options == (("3", 3),)


def test_a_hundred_frames_are_not_too_many(live):
    assert len(live(draw, alt="A line", alpha=range(10), k=range(10)).sliders) == 2


def test_live_sliders_of_whole_numbers_go_from_each_to_the_next(live):
    options = live(draw, alt="A line", k=[1, 10, 20]).sliders["k"].options
    assert options == tuple((str(k), k) for k in range(1, 21))


def test_names_are_written_as_text_also_where_they_look_like_html(live, page, monkeypatch):
    awkward = '<b onclick="x">&amp;'
    shown = page(lambda **values: draw(alpha=1), alt="A line", **{awkward: [1, 2]})
    assert "<b" not in re.sub("<script.*", "", shown)
    (label,) = re.findall("<label><span>(.*?)</span>", shown)
    (slider,) = attributes(shown, "input")
    assert html.unescape(label) == slider["name"] == awkward
    assert frames(shown)[0][1] == f"A line ({awkward} = 1)"
    monkeypatch.delenv("NNLAB_FRAMES")
    box = live(lambda **values: draw(alpha=1), alt="A line", **{awkward: [1, 2]})
    assert not box.sliders[awkward].description_allow_html
    assert "<b" not in box.picture.value


def test_both_live_sliders_draw(live):
    box = live(draw, alt="A line", alpha=[1, 2], k=[0.0, 1.0])
    box.sliders["alpha"].value = 2
    box.sliders["k"].index = 10
    assert 'alt="A line (α = 2, k = 0.5)"' in box.picture.value


def test_an_exception_of_draw_is_shown_in_place_until_the_next_picture(live):
    def fails_above_one(alpha):
        figure = draw(alpha=alpha)
        if alpha > 1:
            raise ArithmeticError("alpha < 1 & no more")
        return figure

    box = live(fails_above_one, alt=steep, alpha=[0, 0.5, 2])
    box.sliders["alpha"].value = 2
    assert "ArithmeticError: alpha &lt; 1 &amp; no more" in box.error.value
    assert "fails_above_one" in box.error.value
    assert not plt.get_fignums()
    box.sliders["alpha"].value = 0.5
    assert box.error.value == ""
    assert steep(0.5) in box.picture.value


def test_no_figure_stays_open_but_those_of_others(live):
    mine = plt.figure()
    box = live(draw, alt=steep, alpha=[0, 0.5, 1])
    box.sliders["alpha"].index = 7
    assert plt.get_fignums() == [mine.number]
    plt.close(mine)


def counted():
    """Return draw with the list of the values that it is called with."""
    drawn = []

    def draw_and_note(alpha):
        drawn.append(alpha)
        return draw(alpha=alpha)

    return draw_and_note, drawn


def test_one_picture_is_drawn_before_a_live_slider_moves_and_one_for_each_move(live):
    draw_and_note, drawn = counted()
    box = live(draw_and_note, alt=steep, alpha=np.linspace(0, 1, 40))
    assert drawn == [0]
    box.sliders["alpha"].index = 7
    assert drawn == [0, pytest.approx(7 / 20 / 39)]


def test_with_texts_only_the_first_picture_is_drawn_and_all_texts_are_there(page, monkeypatch):
    draw_and_note, drawn = counted()
    whole = frames(page(draw_and_note, alt=steep, alpha=[0, 0.5, 1]))
    assert drawn == [0, 0.5, 1]
    drawn.clear()
    monkeypatch.setenv("NNLAB_FRAMES", "texts")
    short = frames(explore(draw_and_note, alt=steep, alpha=[0, 0.5, 1]).data)
    assert drawn == [0]
    assert picture(short[0][0]).size == (600, 400)
    assert [text for _, text in short] == [text for _, text in whole]
    assert {source for source, _ in short[1:]} == {"data:image/webp;base64,AA"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, r"explore must have one or two parameters, got \[\]"),
        ({"a": [1], "b": [1], "c": [1]}, r"one or two parameters, got \['a', 'b', 'c'\]"),
        ({"alpha": range(101)}, "at most 100 frames, got 101"),
        ({"alpha": range(17), "k": range(6)}, "at most 100 frames, got 102"),
        ({"alpha": []}, r"alpha must be a sequence of rising numbers, got \[\]"),
        ({"alpha": 3}, "alpha must be a sequence of rising numbers, got 3"),
        ({"alpha": [1, 1]}, r"alpha must be a sequence of rising numbers, got \[1, 1\]"),
        ({"alpha": [2, 1]}, "alpha must be a sequence of rising numbers"),
        ({"alpha": [[1, 2]]}, "alpha must be a sequence of rising numbers"),
        ({"alpha": [1, np.nan]}, "alpha must be finite"),
    ],
)
def test_unusable_values_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        explore(draw, alt="A line", **arguments)


def test_values_must_be_numbers():
    with pytest.raises(TypeError, match="alpha must hold numbers"):
        explore(draw, alt="A line", alpha=["a", "b"])


@pytest.mark.parametrize("alt", ["", " ", None, 3, lambda alpha: "", lambda alpha: None])
def test_an_alternative_text_is_needed(alt):
    with pytest.raises(TypeError, match="alt must be a text, or give one for α = 1, got"):
        explore(draw, alt=alt, alpha=[1, 2])
    assert not plt.get_fignums()


def test_alt_cannot_be_left_out():
    with pytest.raises(TypeError, match="alt"):
        explore(draw, alpha=[1, 2])


def test_draw_must_return_a_figure():
    with pytest.raises(TypeError, match="draw must return a Matplotlib figure, got None"):
        explore(lambda alpha: None, alt="A line", alpha=[1, 2])


def test_an_exception_of_draw_in_the_first_picture_is_passed_on():
    with pytest.raises(ZeroDivisionError):
        explore(lambda alpha: 1 / alpha, alt="A line", alpha=[0, 1])


def test_a_name_that_is_missing_is_still_an_error():
    import nnlab

    assert "explore" in dir(nnlab)
    with pytest.raises(AttributeError, match="no attribute 'explorer'"):
        nnlab.explorer  # noqa: B018


def test_a_figure_without_a_layout_of_its_own_stays_without_where_it_is_drawn_twice(page):

    def draw(a):
        figure, ax = plt.subplots(layout="none")
        figure.colorbar(ax.scatter(*np.ones((2, 5000)), c=np.linspace(0, a, 5000)))
        return figure  # very much to draw: first as SVG, then as WebP

    with plt.rc_context({"figure.constrained_layout.use": True}):
        shown = page(draw, alt=lambda a: f"two times two squares, {a}", a=[1, 2])
    (first, _), _ = frames(shown)
    assert first.startswith("data:image/webp")
