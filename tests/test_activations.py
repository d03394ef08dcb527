"""The activations: values, properties, tails, derivatives, dtypes."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal

from nnlab import identity, log_softmax, relu, sigmoid, softmax, softmax_jacobian, softmax_jvp, tanh

ELEMENTWISE = [sigmoid, tanh, relu, identity]
EVERY = [*ELEMENTWISE, softmax]
ANALYTIC = [g for g in EVERY if g is not relu]

SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, max_side=4)
ROWS = hnp.array_shapes(min_dims=1, max_dims=3, max_side=4)
VECTORS = st.integers(1, 5)

# What may be left of an exact zero: the reciprocal of the largest finite exponential.
REST = {np.dtype(dtype): 4 * np.finfo(dtype).tiny for dtype in (float, np.float32)}
BOTH_DTYPES = pytest.mark.parametrize("dtype", [np.float64, np.float32])


def named(functions):
    """Run a test once for every function, under its name."""
    return pytest.mark.parametrize("g", functions, ids=lambda g: g.__name__)


def arrays(limit, shape):
    return hnp.arrays(float, shape, elements=st.floats(-limit, limit))


def eighths(shape):
    """Multiples of 1/8, whose sums and differences carry no rounding error."""
    return hnp.arrays(np.int64, shape, elements=st.integers(-200, 200)).map(lambda k: k / 8)


def points_and_vectors(limit):
    """Pairs of arrays of one shape: a point z and a vector v to multiply the Jacobian with."""
    shapes = hnp.array_shapes(min_dims=1, max_dims=2, max_side=4)
    return shapes.flatmap(lambda shape: st.tuples(arrays(limit, shape), arrays(10, shape)))


def complex_step(f, z):
    """The derivative of an analytic elementwise function, exact but for rounding."""
    return np.imag(f(z + 1e-20j)) / 1e-20


def numerical_jacobian(f, z):
    """Column j holds the derivatives with respect to z_j, by the complex step."""
    return np.column_stack([np.imag(f(z + 1e-20j * e)) / 1e-20 for e in np.eye(len(z))])


# Values


def test_values_that_can_be_checked_in_the_head():
    assert_allclose(sigmoid([0, math.log(3), -math.log(3)]), [0.5, 0.75, 0.25], rtol=2e-15)
    assert_allclose(tanh([0, math.log(2), -math.log(2)]), [0, 0.6, -0.6], rtol=2e-15)
    assert_array_equal(relu([-3, 0, 3]), [0, 0, 3])
    assert_array_equal(identity([-3, 0, 3]), [-3, 0, 3])
    scores = np.log([1, 2, 5])
    assert_allclose(softmax(scores), [1 / 8, 2 / 8, 5 / 8], rtol=2e-15)
    assert_allclose(log_softmax(scores), np.log([1 / 8, 2 / 8, 5 / 8]), rtol=2e-15)


def test_derivatives_that_can_be_checked_in_the_head():
    assert_allclose(sigmoid.derivative([0, math.log(3)]), [1 / 4, 3 / 16], rtol=2e-15)
    assert_allclose(tanh.derivative([0, math.log(2)]), [1, 0.64], rtol=2e-15)
    assert_array_equal(relu.derivative([-3, 0, 3]), [0, 0, 1])
    assert_array_equal(identity.derivative([-3, 0, 3]), [1, 1, 1])
    a = np.array([1, 2, 5]) / 8
    by_hand = [
        [7 / 64, -2 / 64, -5 / 64],
        [-2 / 64, 12 / 64, -10 / 64],
        [-5 / 64, -10 / 64, 15 / 64],
    ]
    assert_allclose(softmax_jacobian(np.log(a)), by_hand, rtol=1e-14)


# Properties of the elementwise functions


@given(arrays(1e4, SHAPES))
def test_sigmoid_of_the_opposite_is_one_minus_sigmoid(z):
    assert_allclose(sigmoid(-z), 1 - sigmoid(z), rtol=0, atol=4e-16)


@given(arrays(1e4, SHAPES))
def test_tanh_and_identity_are_odd(z):
    assert_array_equal(tanh(-z), -tanh(z))
    assert_array_equal(identity(-z), -identity(z))


@given(arrays(1e4, SHAPES))
def test_tanh_is_a_stretched_sigmoid(z):
    assert_allclose(tanh(z), 2 * sigmoid(2 * z) - 1, rtol=0, atol=5e-16)


@given(arrays(1e4, SHAPES))
def test_relu_is_the_positive_part(z):
    assert_array_equal(relu(z) - relu(-z), z)
    assert_array_equal(relu(z) + relu(-z), abs(z))


@given(arrays(1e4, SHAPES))
def test_values_stay_in_their_range(z):
    assert np.all((sigmoid(z) >= 0) & (sigmoid(z) <= 1))
    assert np.all(abs(tanh(z)) <= 1)
    assert np.all(relu(z) >= 0)
    assert np.all((sigmoid.derivative(z) >= 0) & (sigmoid.derivative(z) <= 0.25 + 1e-16))
    assert np.all((tanh.derivative(z) >= 0) & (tanh.derivative(z) <= 1 + 4e-16))


@named(ELEMENTWISE)
@given(st.sets(st.integers(-(10**6), 10**6), min_size=2))
def test_elementwise_functions_never_fall(g, numbers):
    z = np.array(sorted(numbers)) / 100  # from -1e4 to 1e4, neighbours at least 0.01 apart
    assert np.all(np.diff(g(z)) >= 0)
    inside = z[abs(z) <= 15]  # where neither tail has been rounded to a constant
    if g is not relu:
        assert np.all(np.diff(g(inside)) > 0)


# Tails and extremes


@BOTH_DTYPES
def test_sigmoid_keeps_its_relative_accuracy_in_the_lower_tail(dtype):
    z = np.linspace(-700 if dtype is np.float64 else -80, 0, 500).astype(dtype)
    exact = [math.exp(x) / (1 + math.exp(x)) for x in z.astype(float)]
    assert_allclose(sigmoid(z), exact, rtol=8 * np.finfo(dtype).eps)
    assert_allclose(sigmoid(-40.0), math.exp(-40) / (1 + math.exp(-40)), rtol=1e-15)


@BOTH_DTYPES
def test_slopes_keep_their_relative_accuracy_in_both_tails(dtype):
    limit = 340 if dtype is np.float64 else 40
    z = np.linspace(-limit, limit, 501).astype(dtype)
    e = np.array([math.exp(-abs(x)) for x in z.astype(float)])
    rtol = 16 * np.finfo(dtype).eps
    assert_allclose(sigmoid.derivative(z), e / (1 + e) ** 2, rtol=rtol)
    assert_allclose(tanh.derivative(z), 4 * e**2 / (1 + e**2) ** 2, rtol=rtol)


@BOTH_DTYPES
@pytest.mark.parametrize("size", [800, 1e4])
def test_extremes_are_exact_and_silent(dtype, size):
    z, rest = np.array([-size, size], dtype), REST[np.dtype(dtype)]
    low, high = sigmoid(z)
    assert 0 <= low <= rest and high == 1
    assert_array_equal(tanh(z), [-1, 1])
    assert_array_equal(relu(z), [0, size])
    assert_array_equal(identity(z), [-size, size])
    for g in (sigmoid, tanh):
        assert np.all((g.derivative(z) >= 0) & (g.derivative(z) <= rest))
        assert_array_equal(g.derivative_from_output(np.round(g(z))), [0, 0])
    assert_array_equal(softmax(z), [0, 1])
    assert_array_equal(softmax(np.append(z, z[1])), [0, 0.5, 0.5])
    assert_array_equal(log_softmax(z), [-2 * size, 0])
    assert_array_equal(softmax_jacobian(z), np.zeros((2, 2)))
    assert_array_equal(softmax_jvp(z, z), [0, 0])


def test_far_out_the_sigmoid_of_complex_numbers_is_finite_too():
    low, high = sigmoid([-1e4 + 1j, 1e4 + 1j])
    assert abs(low) <= REST[np.dtype(float)] and high == 1


@given(arrays(1e4, ROWS))
def test_log_softmax_is_finite_and_never_positive(z):
    assert np.isfinite(log_softmax(z)).all()
    assert np.all(log_softmax(z) <= 0)


# Derivatives


@named([sigmoid, tanh, identity])
@given(arrays(300, SHAPES))
def test_derivatives_agree_with_the_complex_step(g, z):
    assert_allclose(g.derivative(z), complex_step(g, z), rtol=1e-13)


@given(arrays(300, SHAPES))
def test_relu_derivative_is_one_exactly_where_the_input_is_positive(z):
    assert_array_equal(relu.derivative(z), np.where(z > 0, 1.0, 0.0))


@named(ELEMENTWISE)
@given(arrays(1e4, SHAPES))
def test_the_derivative_can_be_had_from_the_output(g, z):
    assert_allclose(g.derivative_from_output(g(z)), g.derivative(z), rtol=0, atol=1e-15)


@named(EVERY)
@given(points_and_vectors(30))
def test_pullback_is_the_transposed_jacobian_times_the_vector(g, pair):
    for z, v in zip(*map(np.atleast_2d, pair)):
        J = np.diag(g.derivative(z)) if g is relu else numerical_jacobian(g, z)
        assert_allclose(g.pullback(z, v), J.T @ v, rtol=1e-13, atol=1e-14)


@named(EVERY)
@given(points_and_vectors(30))
def test_pullback_treats_every_row_by_itself(g, pair):
    z, v = map(np.atleast_2d, pair)
    row_by_row = [g.pullback(*row) for row in zip(z, v)]
    assert_allclose(g.pullback(z, v), row_by_row, rtol=1e-15, atol=1e-15)


@pytest.mark.parametrize("size", [0.0, 1e4])
def test_softmax_stays_analytic_at_large_scores(size):
    z = np.array([size, size - 1, -size])
    J = softmax_jacobian(z)
    assert_allclose(numerical_jacobian(softmax, z), J, rtol=1e-14, atol=1e-300)
    slopes = np.eye(3) - softmax(z)  # d ln g_i / d z_j = 1_{i=j} - a_j
    assert_allclose(numerical_jacobian(log_softmax, z), slopes, rtol=1e-14, atol=1e-300)


# Softmax


@given(arrays(1e4, ROWS))
def test_softmax_gives_probabilities_along_the_last_axis(z):
    a = softmax(z)
    assert np.all(a >= 0)
    assert_allclose(a.sum(axis=-1), 1, rtol=1e-15)


@given(eighths(ROWS), st.integers(-1000, 1000))
def test_softmax_and_its_jacobian_do_not_see_a_shift_of_all_scores(z, c):
    assert_array_equal(softmax(z + c), softmax(z))
    assert_array_equal(log_softmax(z + c), log_softmax(z))
    assert_array_equal(softmax_jacobian(z + c), softmax_jacobian(z))


@given(arrays(50, ROWS))
def test_ratios_of_softmax_are_exponentials_of_differences(z):
    a = softmax(z)
    assert_allclose(a / a[..., :1], np.exp(z - z[..., :1]), rtol=1e-13)


@given(arrays(50, VECTORS), st.randoms(use_true_random=False))
def test_softmax_follows_a_permutation_of_the_scores(z, random):
    order = random.sample(range(len(z)), len(z))
    assert_allclose(softmax(z[order]), softmax(z)[order], rtol=1e-15)


@given(arrays(50, ROWS))
def test_softmax_treats_every_row_by_itself(z):
    rows = z.reshape(-1, z.shape[-1])
    row_by_row = [softmax(row) for row in rows]
    assert_allclose(softmax(z).reshape(rows.shape), row_by_row, rtol=1e-15)


@given(arrays(20, ROWS))
def test_log_softmax_is_the_logarithm_of_softmax(z):
    assert_allclose(log_softmax(z), np.log(softmax(z)), rtol=1e-14, atol=1e-15)


@given(arrays(50, VECTORS))
def test_softmax_of_two_scores_is_the_sigmoid_of_their_difference(z):
    assume(len(z) >= 2)
    assert_allclose(softmax(z[:2])[0], sigmoid(z[0] - z[1]), rtol=1e-13)


def test_a_single_score_has_probability_one_and_no_slope():
    assert_array_equal(softmax([[3.0], [-5.0]]), [[1], [1]])
    assert_array_equal(log_softmax([3.0]), [0])
    assert_array_equal(softmax_jacobian([3.0]), [[0]])


# The Jacobian of the softmax


@given(arrays(1e4, ROWS))
def test_softmax_jacobian_is_symmetric(z):
    J = softmax_jacobian(z)
    assert J.shape == (*z.shape, z.shape[-1])
    assert_array_equal(J, J.swapaxes(-1, -2))


@given(arrays(1e4, ROWS))
def test_rows_of_the_softmax_jacobian_sum_to_zero(z):
    assert_allclose(softmax_jacobian(z).sum(axis=-1), 0, rtol=0, atol=1e-15)


@given(arrays(10, VECTORS))
def test_softmax_jacobian_is_positive_semidefinite_and_its_null_space_is_the_constants(z):
    values, vectors = np.linalg.eigh(softmax_jacobian(z))
    assert abs(values[0]) < 1e-15
    if len(z) > 1:  # the other eigenvalues are at least the smallest probability
        assert values[1] >= softmax(z).min() * (1 - 1e-6)
        assert_allclose(softmax_jvp(z, np.ones_like(z)), 0, rtol=0, atol=1e-15)
        if softmax(z).min() > 1e-6:
            assert_allclose(abs(vectors[:, 0]), len(z) ** -0.5, rtol=1e-6)


@given(arrays(30, VECTORS))
def test_softmax_jacobian_agrees_with_the_complex_step(z):
    assert_allclose(softmax_jacobian(z), numerical_jacobian(softmax, z), rtol=1e-13, atol=1e-15)


@given(points_and_vectors(30))
def test_softmax_jvp_is_the_jacobian_times_the_vector(pair):
    z, v = pair
    by_matrix = np.einsum("...ij,...j->...i", softmax_jacobian(z), v)
    assert_allclose(softmax_jvp(z, v), by_matrix, rtol=1e-14, atol=1e-14)
    assert_array_equal(softmax_jvp(z, v), softmax.pullback(z, v))


# Types and shapes


def _every_call():
    for g in EVERY:
        yield g
        yield lambda z, g=g: g.pullback(z, z)
    for g in ELEMENTWISE:
        yield g.derivative
        yield lambda z, g=g: g.derivative_from_output(g(z))
    yield from (log_softmax, softmax_jacobian, lambda z: softmax_jvp(z, z))


REAL_DTYPES = {"f4": "f4", "f8": "f8", "f2": "f8", "i4": "f8", "i8": "f8", "u1": "f8", "?": "f8"}


@pytest.mark.parametrize(("given_dtype", "kept_dtype"), REAL_DTYPES.items())
def test_float32_stays_and_other_real_numbers_become_float64(given_dtype, kept_dtype):
    z = np.array([[0, 1], [1, 1]], given_dtype)
    assert {call(z).dtype.str[1:] for call in _every_call()} == {kept_dtype}
    assert {g(z[0, 0]).dtype.str[1:] for g in ELEMENTWISE} == {kept_dtype}


@pytest.mark.parametrize("given_dtype", ["c8", "c16"])
def test_complex_numbers_become_complex128(given_dtype):
    z = np.array([0.5, 1 + 1j], given_dtype)
    calls = [*ANALYTIC, *(g.derivative for g in ANALYTIC if g is not softmax), log_softmax]
    assert {call(z).dtype.str[1:] for call in calls} == {"c16"}
    assert softmax_jacobian(z).dtype == softmax_jvp(z, z).dtype == complex


@named(ELEMENTWISE)
@given(st.floats(-50, 50))
def test_a_number_gives_a_number(g, z):
    one = np.array([z])
    assert np.isscalar(g(z)) and g(z) == g(one)[0]
    assert np.isscalar(g.derivative(z)) and g.derivative(z) == g.derivative(one)[0]
    assert g.pullback(z, 3.0) == 3 * g.derivative(z)


@named(EVERY)
def test_no_numbers_give_no_numbers(g):
    empty = np.empty((0, 3))
    assert g(empty).shape == g.pullback(empty, empty).shape == (0, 3)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_far_out_the_sigmoid_and_the_slopes_are_exactly_their_limits(dtype):
    far = np.array([-1e4, 1e4], dtype)
    with np.errstate(all="raise", under="ignore"):
        assert sigmoid(far).tolist() == [0, 1]
        assert sigmoid.derivative(far).tolist() == [0, 0]
        assert tanh.derivative(far).tolist() == [0, 0]


@named(EVERY)
def test_arguments_are_left_alone_and_results_are_new_arrays(g):
    z, v = np.linspace(-2, 2, 6).reshape(2, 3), np.ones((2, 3))
    kept = z.copy()
    slopes = [] if g is softmax else [g.derivative(z), g.derivative_from_output(z)]
    for result in (g(z), g.pullback(z, v), *slopes):
        assert not np.shares_memory(result, z)
        result[...] = 7
    assert_array_equal((z, v), (kept, np.ones((2, 3))))
