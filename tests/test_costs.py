"""The costs per sample, both partial derivatives, the forms of a target, and the regularizer."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal

from nnlab import (
    Network,
    binary_cross_entropy,
    cross_entropy,
    l2,
    logistic_loss,
    one_hot,
    quadratic,
    softmax,
)
from nnlab.costs import binary_logistic_loss

COSTS = [quadratic, cross_entropy, logistic_loss]
OF_CLASSES = [cross_entropy, logistic_loss]

SHAPES = hnp.array_shapes(min_dims=1, max_dims=3, max_side=4)
SCORES = st.floats(-30, 30)
WEIGHTS = hnp.arrays(float, hnp.array_shapes(min_dims=2, max_dims=2, max_side=4), elements=SCORES)


def named(costs):
    """Run a test once for every cost, under its name."""
    return pytest.mark.parametrize("cost", costs, ids=lambda cost: cost.__name__)


@st.composite
def outputs_and_targets(draw, elements=SCORES):
    """Two arrays of one shape that every cost accepts: positive outputs, and targets."""
    shape = draw(SHAPES)
    model = np.exp(draw(hnp.arrays(float, shape, elements=st.floats(-5, 5))))
    return model, draw(hnp.arrays(float, shape, elements=st.floats(0, 3)))


@st.composite
def scores_and_labels(draw):
    """Scores (..., n), and the labels (...) of the true classes."""
    scores = draw(hnp.arrays(float, SHAPES, elements=SCORES))
    classes = st.integers(0, scores.shape[-1] - 1)
    return scores, draw(hnp.arrays(np.int64, scores.shape[:-1], elements=classes))


def complex_step_gradient(f, x):
    """Derivatives of a sum of costs with respect to every entry of `x`."""
    steps = np.eye(x.size).reshape(x.size, *x.shape) * 1e-20j
    return np.reshape([np.imag(np.sum(f(x + step))) / 1e-20 for step in steps], x.shape)


# Values


def test_values_that_can_be_checked_in_the_head():
    assert quadratic([1, 3], [4, -1]) == (9 + 16) / 2
    assert_array_equal(quadratic.gradient([1, 3], [4, -1]), [-3, 4])
    assert_allclose(cross_entropy([1 / 8, 1 / 2], [1, 2]), 5 * math.log(2), rtol=2e-15)
    assert_array_equal(cross_entropy.gradient([1 / 8, 1 / 2], [1, 2]), [-8, -4])
    assert_allclose(cross_entropy.gradient_target([1 / 8, 1]), [math.log(8), 0], rtol=2e-15)
    assert_allclose(logistic_loss([0, math.log(3)], 0), math.log(4), rtol=2e-15)
    assert_allclose(logistic_loss.gradient([0, math.log(3)], 0), [-3 / 4, 3 / 4], rtol=2e-15)


@pytest.mark.parametrize("n", [1, 2, 10])
def test_a_guess_among_n_classes_costs_the_logarithm_of_n(n):
    assert_allclose(cross_entropy(np.full(n, 1 / n), n - 1), math.log(n), rtol=2e-15)
    assert_allclose(logistic_loss(np.full(n, 7.0), n - 1), math.log(n), rtol=2e-15)


@named(COSTS)
@given(outputs_and_targets())
def test_every_sample_has_a_cost_of_its_own(cost, pair):
    model, target = pair
    costs, gradients = cost(model, target), cost.gradient(model, target)
    assert costs.shape == model.shape[:-1] and gradients.shape == model.shape
    for i in np.ndindex(costs.shape):
        assert_allclose(costs[i], cost(model[i], target[i]), rtol=1e-14, atol=1e-14)
        assert_allclose(gradients[i], cost.gradient(model[i], target[i]), rtol=1e-15)


@given(outputs_and_targets())
def test_quadratic_is_half_the_squared_distance_either_way(pair):
    a, y = pair
    assert_allclose(2 * quadratic(a, y), np.linalg.norm(a - y, axis=-1) ** 2, rtol=1e-14)
    assert_array_equal(quadratic(a, y), quadratic(y, a))
    assert_array_equal(quadratic(a, a), np.zeros(a.shape[:-1]))


@given(outputs_and_targets())
def test_cross_entropy_is_least_where_the_model_is_the_target(pair):
    p, q = pair
    p, q = p / p.sum(axis=-1, keepdims=True), softmax(q)
    assert np.all(cross_entropy(p, q) >= cross_entropy(q, q) - 1e-14)


@given(outputs_and_targets())
def test_cross_entropy_is_linear_in_the_target(pair):
    p, q = pair
    by_gradient = np.sum(q * cross_entropy.gradient_target(p), axis=-1)
    assert_allclose(cross_entropy(p, q), by_gradient, rtol=1e-14, atol=1e-13)
    assert_allclose(cross_entropy(p, 2 * q), 2 * cross_entropy(p, q), rtol=1e-14, atol=1e-13)


@given(scores_and_labels())
def test_logistic_loss_is_cross_entropy_behind_a_softmax(pair):
    f, y = pair
    by_cross_entropy = cross_entropy(softmax(f), y)
    assert_allclose(logistic_loss(f, y), by_cross_entropy, rtol=1e-12, atol=1e-15)


@given(scores_and_labels())
def test_logistic_gradient_is_softmax_minus_the_unit_vector(pair):
    f, y = pair
    gradient = logistic_loss.gradient(f, y)
    assert_array_equal(gradient, softmax(f) - one_hot(y, f.shape[-1]))
    assert_allclose(gradient.sum(axis=-1), 0, rtol=0, atol=1e-15)


@given(scores_and_labels())
def test_logistic_loss_is_positive_and_falls_with_the_score_of_the_label(pair):
    f, y = pair
    unit = one_hot(y, f.shape[-1])
    assert np.all(logistic_loss(f, y) >= 0)
    assert np.all(logistic_loss(f + unit, y) <= logistic_loss(f, y))


# The binary cross-entropy


@st.composite
def answers(draw, low=0.01):
    """Answers to yes-or-no questions, and targets between no and yes."""
    shape = draw(SHAPES)
    return (
        draw(hnp.arrays(float, shape, elements=st.floats(low, 1 - low))),
        draw(hnp.arrays(float, shape, elements=st.floats(0, 1))),
    )


def test_binary_values_that_can_be_checked_in_the_head():
    assert_allclose(binary_cross_entropy([0.25, 0.5], [1, 0]), 3 * math.log(2), rtol=2e-15)
    assert_allclose(binary_cross_entropy.gradient([0.25, 0.5], [1, 0]), [-4, 2], rtol=2e-15)


@given(answers())
def test_the_binary_cross_entropy_is_the_one_of_two_classes_for_each_output(pair):
    a, y = pair
    p, q = np.stack([a, 1 - a], axis=-1), np.stack([y, 1 - y], axis=-1)
    assert_allclose(binary_cross_entropy(a, y), cross_entropy(p, q).sum(axis=-1), rtol=1e-13)
    assert_allclose(binary_cross_entropy(1 - a, 1 - y), binary_cross_entropy(a, y), rtol=1e-12)


@given(answers())
def test_the_binary_gradient_agrees_with_the_complex_step_and_the_formula(pair):
    a, y = pair
    gradient = binary_cross_entropy.gradient(a, y)
    numerical = complex_step_gradient(lambda model: binary_cross_entropy(model, y), a)
    assert_allclose(gradient, numerical, rtol=1e-12, atol=1e-13)
    assert_allclose(gradient, (a - y) / (a * (1 - a)), rtol=1e-12, atol=1e-13)


def test_certain_answers_cost_nothing_when_right_and_infinity_when_wrong():
    assert_array_equal(
        binary_cross_entropy([[1.0, 0.0], [1.0, 0.0]], [[1, 0], [1, 1]]), [0, np.inf]
    )
    assert not np.signbit(binary_cross_entropy([1.0, 0.0], [1.0, 0.0]))
    assert_array_equal(binary_cross_entropy.gradient([1.0, 0.0], [1, 0]), [-1, 1])
    assert_array_equal(binary_cross_entropy.gradient([1.0, 0.0], [0, 1]), [np.inf, -np.inf])


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_behind_sigmoids_the_binary_cross_entropy_is_exact_at_extreme_scores(dtype):
    network = Network([1, 2], cost=binary_cross_entropy, bias=False, dtype=dtype)
    network.theta[...] = [1e4, -1e4]
    X, Y = [[1.0], [-1.0], [0.0]], [[1, 0], [1, 0], [0, 1]]
    assert_allclose(
        network.losses(X, Y), [0, 2e4, 2 * math.log(2)], rtol=1e-7 if dtype is np.float32 else 1e-15
    )
    gradient = network.backprop(X, Y)
    assert_array_equal(3 * gradient.deltas[0], [[0, 0], [-1, 1], [0.5, -0.5]])
    small = network.at(np.array([-30.0, 30.0], dtype)).losses([[1.0]], [[0, 1]])
    assert_allclose(small, 2 * math.exp(-30), rtol=1e-6)


# Derivatives


@named(COSTS)
@given(outputs_and_targets())
def test_gradients_agree_with_the_complex_step(cost, pair):
    model, target = pair
    numerical = complex_step_gradient(lambda m: cost(m, target), model)
    assert_allclose(cost.gradient(model, target), numerical, rtol=1e-13, atol=1e-14)


@given(outputs_and_targets())
def test_the_gradient_for_the_target_agrees_with_the_complex_step(pair):
    p, q = pair
    numerical = complex_step_gradient(lambda target: cross_entropy(p, target), q)
    assert_allclose(cross_entropy.gradient_target(p), numerical, rtol=1e-13, atol=1e-14)


# Targets


@named(OF_CLASSES)
@given(scores_and_labels())
def test_a_label_is_its_unit_vector(cost, pair):
    scores, labels = pair
    model, unit = softmax(scores), one_hot(labels, scores.shape[-1])
    assert_array_equal(cost(model, labels), cost(model, unit))
    assert_array_equal(cost.gradient(model, labels), cost.gradient(model, unit))


@named(OF_CLASSES)
@pytest.mark.parametrize("label", [2, np.uint8(2), np.int32(2)])
def test_one_label_goes_with_one_vector(cost, label):
    model = [0.2, 0.3, 0.5]
    assert cost(model, label) == cost(model, [0, 0, 1])
    assert_array_equal(cost.gradient(model, label), cost.gradient(model, [0, 0, 1]))


@named([quadratic, binary_cross_entropy, binary_logistic_loss])
def test_labels_are_for_the_costs_of_classes_only(cost):
    assert not hasattr(cost, "of_classes") and all(cost.of_classes for cost in OF_CLASSES)
    for f in (cost, cost.gradient):
        with pytest.raises(
            ValueError, match=r"^y must have the shape of [af], \(1, 2\), got \(1,\)"
        ):
            f([[0.5, 0.25]], [1])


@given(outputs_and_targets())
def test_logistic_loss_takes_rows_that_do_not_sum_to_one(pair):
    f, y = pair
    assert_allclose(logistic_loss(f, y), cross_entropy(softmax(f), y), rtol=1e-12, atol=1e-12)
    by_formula = y.sum(axis=-1, keepdims=True) * softmax(f) - y
    assert_allclose(logistic_loss.gradient(f, y), by_formula, rtol=1e-14, atol=1e-14)


# Zeros and extremes


def test_zero_times_the_logarithm_of_zero_is_zero():
    assert cross_entropy([0.0, 1.0], [0.0, 1.0]) == 0
    assert cross_entropy([0.0, 0.25, 0.75], [0, 1, 0]) == math.log(4)
    assert_array_equal(cross_entropy.gradient([0.0, 0.5], [0.0, 1.0]), [0, -2])


def test_an_impossible_event_that_happens_costs_infinity_silently():
    assert cross_entropy([0.0, 1.0], [0.5, 0.5]) == math.inf
    assert_array_equal(cross_entropy([[0.0, 1.0], [0.5, 0.5]], [0, 0]), [math.inf, math.log(2)])
    assert_array_equal(cross_entropy.gradient([0.0, 1.0], 0), [-math.inf, 0])
    assert_array_equal(cross_entropy.gradient_target([0.0, 1.0]), [math.inf, 0])


@named(OF_CLASSES)
def test_a_perfect_answer_costs_zero_and_not_minus_zero(cost):
    value = cost([[1.0, 0.0]] if cost is cross_entropy else [[1e4, -1e4]], [0])
    assert_array_equal(value, [0])
    assert not np.signbit(value).any()


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_logistic_loss_is_exact_at_extreme_scores(dtype):
    scores = np.array([1e4, -1e4, 1e4], dtype)
    assert logistic_loss(scores[:2], 0) == 0
    assert logistic_loss(scores[:2], 1) == 2e4
    assert_array_equal(logistic_loss.gradient(scores[:2], 1), [1, -1])
    assert_array_equal(logistic_loss.gradient(scores, 0), [-0.5, 0, 0.5])


# Types, and arguments left alone


@named(COSTS)
@pytest.mark.parametrize(("given_dtype", "kept"), [("f4", "f4"), ("f8", "f8"), ("i8", "f8")])
def test_float32_stays_and_integers_become_float64(cost, given_dtype, kept):
    model, target = np.array([[1, 2], [3, 1]], given_dtype), np.array([[1, 0], [0, 1]], given_dtype)
    assert cost(model, target).dtype.str[1:] == kept
    assert cost.gradient(model, target).dtype.str[1:] == kept
    if cost is not quadratic:
        assert cost(model, [0, 1]).dtype.str[1:] == kept
        assert cost.gradient(model, [0, 1]).dtype.str[1:] == kept
    assert cross_entropy.gradient_target(model).dtype.str[1:] == kept


@named(COSTS)
def test_the_more_precise_of_two_types_is_kept(cost):
    pair = np.array([[1, 2], [3, 1]]), np.array([[1, 0], [0, 1]])
    for kinds in ("fd", "df"):
        model, target = (array.astype(kind) for array, kind in zip(pair, kinds))
        assert cost(model, target).dtype == cost.gradient(model, target).dtype == float


@named(COSTS)
@given(outputs_and_targets())
def test_costs_change_neither_argument(cost, pair):
    model, target = pair
    kept = model.copy(), target.copy()
    results = cost(model, target), cost.gradient(model, target)
    assert_array_equal((model, target), kept)
    assert not any(np.shares_memory(result, array) for result in results for array in pair)


# Unit vectors


@given(scores_and_labels())
def test_one_hot_has_a_one_at_every_label_and_zeros_elsewhere(pair):
    scores, labels = pair
    unit = one_hot(labels, scores.shape[-1])
    assert unit.shape == scores.shape
    assert_array_equal(np.sort(unit)[..., :-1], 0)
    assert_array_equal(unit.sum(axis=-1), 1)
    assert_array_equal(unit.argmax(axis=-1), labels)


def test_one_hot_has_the_wanted_type():
    assert one_hot([0, 2], 3).dtype == float
    assert one_hot([0, 2], 3, np.float32).dtype == np.float32
    assert one_hot(np.empty(0, int), 3).shape == (0, 3)


# The regularizer


@given(WEIGHTS, st.floats(1e-3, 1e3))
def test_l2_is_half_lambda_times_the_squared_weights(W, lam):
    R = l2(lam)
    assert isinstance(R(W), float)
    assert_allclose(R(W), lam / 2 * sum(w * w for w in W.flat), rtol=1e-14)
    assert_allclose(R.gradient(W), complex_step_gradient(R, W), rtol=1e-14, atol=1e-300)


def test_l2_keeps_the_type_and_the_weights():
    W = np.array([[1, 3]], np.float32)
    assert l2(0.1).gradient(W).dtype == np.float32
    assert l2(0.1).gradient([[1, 3]]).dtype == float
    assert_array_equal(W, [[1, 3]])


def test_two_regularizers_do_not_share_their_factor():
    weak, strong = l2(0.5), l2(2)
    assert (weak([[2.0]]), strong([[2.0]])) == (1, 4)
    assert (weak.gradient([[2.0]]), strong.gradient([[2.0]])) == ([[1]], [[4]])


def test_l2_shows_its_factor():
    assert repr(l2(0.5)) == "l2(0.5)"
