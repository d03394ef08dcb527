"""The initializers: shapes, scales, and the generator as the only source of randomness."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from nnlab import Network, gaussian, glorot_uniform, tanh, zeros

WIDE = [100, 400, 50]
SIZES = st.lists(st.integers(1, 6), min_size=2, max_size=5)
INITIALIZERS = {
    "zeros": zeros,
    "gaussian": gaussian(),
    "gaussian of the matrix": gaussian("matrix"),
    "unit gaussian": gaussian(None),
    "glorot_uniform": glorot_uniform(),
    "glorot_uniform with gain": glorot_uniform(4.0),
}
RANDOM = {name: init for name, init in INITIALIZERS.items() if init is not zeros}


def named(initializers):
    return pytest.mark.parametrize("init", initializers.values(), ids=initializers.keys())


def drawn(init, sizes=WIDE, seed=1):
    return init(sizes, np.random.default_rng(seed))


@named(INITIALIZERS)
@given(sizes=SIZES, seed=st.integers(0, 100))
def test_one_matrix_per_layer_with_a_row_for_every_receiving_unit(init, sizes, seed):
    shapes = [W.shape for W in drawn(init, sizes, seed)]
    assert shapes == list(zip(sizes[1:], sizes[:-1]))


@named(RANDOM)
def test_the_same_generator_gives_the_same_weights_and_another_gives_others(init):
    for W, again, other in zip(drawn(init), drawn(init), drawn(init, seed=2)):
        assert_array_equal(W, again)
        assert not np.any(other == W)


@named(RANDOM)
def test_no_two_layers_are_alike(init):
    first, second = drawn(init, [30, 30, 30])
    assert not np.any(first == second)


@named(RANDOM)
def test_weights_are_centred_at_zero(init):
    for W in drawn(init):
        assert abs(W.mean()) < 4 * W.std() / np.sqrt(W.size)


def test_zeros_are_zero_and_need_no_generator():
    assert all(not W.any() for W in zeros(WIDE))


@given(sizes=SIZES, seed=st.integers(0, 100))
def test_gaussian_weights_are_unit_gaussians_over_the_root_of_the_entries(sizes, seed):
    rng = np.random.default_rng(seed)
    scales = [drawn(gaussian(entries), sizes, seed) for entries in (None, "fan_in", "matrix")]
    for unit, by_row, by_matrix in zip(*scales):
        assert_array_equal(unit, rng.standard_normal(unit.shape))
        assert_allclose(by_row * np.sqrt(unit.shape[1]), unit, rtol=1e-15)
        assert_allclose(by_matrix * np.sqrt(unit.size), unit, rtol=1e-15)


@pytest.mark.parametrize(
    ("entries", "widths"),
    [(None, [1, 1]), ("fan_in", [1 / 10, 1 / 20]), ("matrix", [1 / 200, 1 / 141.4])],
)
def test_gaussian_weights_have_the_stated_standard_deviation(entries, widths):
    for W, width in zip(drawn(gaussian(entries)), widths):
        assert_allclose(W.std(), width, rtol=0.02)


def test_gaussian_counts_the_entries_of_a_row_unless_told_otherwise():
    for W, by_row in zip(drawn(gaussian()), drawn(gaussian("fan_in"))):
        assert_array_equal(W, by_row)


@given(sizes=SIZES, gain=st.floats(0.1, 10), seed=st.integers(0, 100))
def test_glorot_weights_stay_inside_their_limit(sizes, gain, seed):
    for W in drawn(glorot_uniform(gain), sizes, seed):
        assert np.all(abs(W) <= gain * np.sqrt(6 / sum(W.shape)))


def test_glorot_weights_fill_the_interval_evenly():
    for W, limit in zip(drawn(glorot_uniform()), [np.sqrt(6 / 500), np.sqrt(6 / 450)]):
        counts, _ = np.histogram(W, bins=10, range=(-limit, limit))
        assert counts.sum() == W.size
        assert_allclose(counts, W.size / 10, rtol=0.08)


def test_the_gain_scales_glorot_weights_and_is_one_unless_given():
    for W, same, four in zip(*map(drawn, (glorot_uniform(), glorot_uniform(1), glorot_uniform(4)))):
        assert_array_equal(W, same)
        assert_allclose(four, 4 * W, rtol=1e-14)


def test_hidden_units_that_start_at_zero_stay_alike(rng):
    network = Network([2, 3, 1], hidden=tanh, init=zeros, rng=rng)
    X, Y = rng.standard_normal((6, 2)), rng.random(6)
    for _ in range(5):
        network.theta[...] -= network.backprop(X, Y).theta
    assert_array_equal(network.weights[0], np.zeros((3, 2)))
    assert_array_equal(network.weights[1], np.zeros((1, 3)))
    assert network.biases[1] != 0  # only the output's bias has moved
