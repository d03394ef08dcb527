"""The data sets: what they contain, where the digits are looked for, and damaged files."""

import hashlib
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal

from nnlab import datasets

ROOT = Path(__file__).resolve().parents[1]
SEEDS = st.integers(0, 100)

# Points for the network's text


@given(st.integers(1, 200), SEEDS)
def test_linear_points_are_labelled_by_their_side_of_the_diagonal(n, seed):
    X, y = datasets.linear(n, rng=np.random.default_rng(seed))
    assert X.shape == (n, 2) and y.shape == (n,) and y.dtype == float
    assert np.all((X >= 0) & (X < 1))
    assert_array_equal(y, [1.0 if first > second else 0.0 for first, second in X])


def test_linear_points_fill_the_square():
    X, y = datasets.linear(4000, rng=np.random.default_rng(1))
    assert_allclose(X.mean(axis=0), 0.5, atol=0.02)
    assert_allclose(X.var(axis=0), 1 / 12, rtol=0.05)
    assert_allclose(y.mean(), 0.5, atol=0.03)


def test_there_are_a_hundred_linear_points_unless_told_otherwise(rng):
    assert len(datasets.linear(rng=rng)[0]) == 100


def test_xor_easy_is_two_diagonals_of_the_unit_square():
    X, y = datasets.xor_easy()
    assert X.shape == (21, 2) and y.shape == (21,) and y.dtype == float
    rising = {(t, t) for t in range(11)}
    falling = {(t, 10 - t) for t in range(11)} - {(5, 5)}
    tenths = [tuple(point) for point in np.rint(10 * X).astype(int).tolist()]
    assert {point for point, label in zip(tenths, y) if label == 0} == rising
    assert {point for point, label in zip(tenths, y) if label == 1} == falling
    assert_allclose(X, np.array(tenths) / 10, rtol=1e-15)


@given(st.integers(2, 5), st.integers(0, 60), SEEDS)
def test_spirals_have_equal_shares_of_points_in_the_disc(classes, extra, seed):
    n = classes + extra
    X, labels = datasets.spirals(n, classes, rng=np.random.default_rng(seed))
    assert X.shape == (n, 2) and labels.shape == (n,) and labels.dtype.kind == "i"
    counts = np.bincount(labels, minlength=classes)
    assert len(counts) == classes and counts.max() - counts.min() <= 1
    assert np.all(np.linalg.norm(X, axis=1) <= 1 + 1e-12)


@given(st.integers(2, 5), st.integers(2, 20), st.floats(0.1, 3), SEEDS)
def test_spirals_wind_outwards_from_the_origin(classes, per_class, turns, seed):
    rng = np.random.default_rng(seed)
    n = classes * per_class
    X, labels = datasets.spirals(n, classes, turns=turns, noise=1e-9, rng=rng)
    for k in range(classes):
        r = np.linspace(0, 1, per_class)
        angle = 2 * np.pi * (k / classes + turns * r)
        expected = np.column_stack([r * np.cos(angle), r * np.sin(angle)])
        assert_allclose(X[labels == k], expected, rtol=0, atol=1e-7)


def test_the_noise_of_spirals_turns_points_by_a_gaussian_angle():
    noisy, still = (
        datasets.spirals(3000, noise=noise, rng=np.random.default_rng(1))[0]
        for noise in (0.2, 1e-9)
    )
    rows = slice(3, None)  # without the origin, which has no angle
    assert_allclose(np.linalg.norm(noisy, axis=1), np.linalg.norm(still, axis=1), atol=1e-12)
    angles = [np.arctan2(*X[rows].T[::-1]) for X in (noisy, still)]
    turned = np.angle(np.exp(1j * (angles[0] - angles[1])))
    drawn = np.random.default_rng(1).standard_normal(3000)[rows]
    assert_allclose(turned, 0.2 * drawn, atol=1e-6)


def test_there_are_three_spirals_of_three_quarters_of_a_turn_unless_told_otherwise():
    usual = datasets.spirals(rng=np.random.default_rng(1))
    told = datasets.spirals(300, 3, turns=0.75, noise=0.1, rng=np.random.default_rng(1))
    assert all(map(np.array_equal, usual, told))


@pytest.mark.parametrize("draw", [datasets.linear, datasets.spirals])
def test_the_generator_is_the_only_source_of_points(draw):
    first, again, other = (draw(50, rng=np.random.default_rng(seed))[0] for seed in (1, 1, 2))
    assert_array_equal(first, again)
    assert not np.array_equal(first, other)


# The digits


def test_the_digits_are_those_of_mnist():
    digits = datasets.mnist()
    assert digits.train_images.shape == (60000, 28, 28)
    assert digits.test_images.shape == (10000, 28, 28)
    assert digits.train_labels.shape == (60000,) and digits.test_labels.shape == (10000,)
    assert {array.dtype for array in digits} == {np.dtype(np.uint8)}
    assert digits.train_labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert digits.test_labels[:5].tolist() == [7, 2, 1, 0, 4]
    counts = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(digits.train_labels).tolist() == counts
    assert digits.train_images.min() == 0 and digits.train_images.max() == 255


def packed(**arrays):
    """The bytes of a file that holds arrays under names."""
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


CONTENT = packed(
    train_images=np.full((3, 2, 2), 1, np.uint8),
    train_labels=np.array([1, 2, 3], np.uint8),
    test_images=np.full((1, 2, 2), 2, np.uint8),
    test_labels=np.array([4], np.uint8),
)


@pytest.fixture
def places(tmp_path, monkeypatch):
    """Empty places to look in, and a tiny file whose sum is the right one."""
    for name in ("given", "checkout/nnlab", "checkout/book/data", "notebook/data"):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.setattr(datasets, "__file__", str(tmp_path / "checkout/nnlab/lab/datasets.py"))
    monkeypatch.setattr(datasets, "_MNIST_SHA256", hashlib.sha256(CONTENT).hexdigest())
    monkeypatch.chdir(tmp_path / "notebook")
    monkeypatch.delenv("NNLAB_DATA", raising=False)
    return tmp_path


@pytest.mark.parametrize("folder", ["checkout/book/data", "notebook/data"])
def test_digits_are_found_in_the_checkout_and_beside_the_notebook(places, folder):
    (places / folder / "mnist.npz").write_bytes(CONTENT)
    digits = datasets.mnist()
    assert digits.train_labels.tolist() == [1, 2, 3] and digits.test_labels.tolist() == [4]
    assert np.all(digits.train_images == 1) and np.all(digits.test_images == 2)


@pytest.mark.parametrize(
    ("variable", "file"), [("given", "given/mnist.npz"), ("given/digits", "given/digits")]
)
def test_digits_are_found_where_the_variable_says_folder_or_file(
    places, monkeypatch, variable, file
):
    monkeypatch.setenv("NNLAB_DATA", str(places / variable))
    (places / file).write_bytes(CONTENT)
    (places / "checkout/book/data/mnist.npz").write_bytes(b"not asked for")
    assert datasets.mnist().train_labels.tolist() == [1, 2, 3]


def test_the_variable_may_start_at_the_home_folder(places, monkeypatch):
    monkeypatch.setenv("HOME", str(places))
    monkeypatch.setenv("USERPROFILE", str(places))
    monkeypatch.setenv("NNLAB_DATA", "~/given")
    (places / "given/mnist.npz").write_bytes(CONTENT)
    assert datasets.mnist().test_labels.tolist() == [4]


@pytest.mark.parametrize("variable", [None, ""])
def test_a_missing_file_is_an_error_that_says_where_it_was_looked_for(
    places, monkeypatch, variable
):
    if variable is not None:
        monkeypatch.setenv("NNLAB_DATA", variable)
    with pytest.raises(FileNotFoundError, match=r"^NNLAB_DATA is (None|''); there") as error:
        datasets.mnist()
    for path in ("checkout/book/data/mnist.npz", "notebook/data/mnist.npz"):
        assert str(places / path) in str(error.value)


@pytest.mark.parametrize("variable", ["given", "given/nothing.npz", "nothing"])
def test_a_variable_that_names_nothing_is_an_error_even_if_the_digits_are_elsewhere(
    places, monkeypatch, variable
):
    for folder in ("checkout/book/data", "notebook/data"):
        (places / folder / "mnist.npz").write_bytes(CONTENT)
    monkeypatch.setenv("NNLAB_DATA", str(places / variable))
    with pytest.raises(FileNotFoundError, match=r"^NNLAB_DATA is '.+'; there") as error:
        datasets.mnist()
    for path in (places / variable, places / variable / "mnist.npz"):
        assert str(path) in str(error.value)


def test_the_error_for_missing_digits_says_what_a_reader_can_do(places):
    with pytest.raises(FileNotFoundError) as error:
        datasets.mnist()
    file, remedy = "book/data/mnist.npz in this course's repository", "Set the environment variable"
    assert file in str(error.value) and f"{remedy} NNLAB_DATA to that file" in str(error.value)
    assert (ROOT / "book/data/mnist.npz").is_file()


@pytest.mark.parametrize(
    "content",
    [CONTENT[:-1], b"", CONTENT.replace(b"train_labels", b"train_lapels"), CONTENT + b"\0"],
    ids=["truncated", "empty", "altered", "lengthened"],
)
def test_a_damaged_file_is_an_error_that_names_it(places, content):
    path = places / "notebook/data/mnist.npz"
    path.write_bytes(content)
    with pytest.raises(
        ValueError, match=f"truncated or altered: its {len(content)} bytes"
    ) as error:
        datasets.mnist()
    assert str(path) in str(error.value)


# Images as rows


@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=3, max_dims=3, max_side=4)))
def test_images_become_rows_of_numbers_from_zero_to_one(images):
    kept, (m, height, width) = images.copy(), images.shape
    rows = datasets.as_rows(images)
    assert rows.shape == (m, height * width) and rows.dtype == float
    for i, j in np.ndindex(height, width):
        assert_array_equal(rows[:, width * i + j], images[:, i, j] / 255)
    assert_array_equal(images, kept)


@pytest.mark.parametrize("kind", [np.uint8, np.int64, np.float32, float])
def test_rows_have_the_wanted_type_whatever_the_images_have(kind):
    images = np.array([[[0, 255], [51, 102]]], kind)
    assert_allclose(datasets.as_rows(images), [[0, 1, 0.2, 0.4]], rtol=1e-15)
    assert datasets.as_rows(images, np.float32).dtype == np.float32
    assert datasets.as_rows([[[255.0, 255.0]]]).tolist() == [[1, 1]]
