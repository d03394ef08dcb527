"""The gradient checker, tested as a smoke detector is: with planted errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal

from nnlab import check_gradient, relu

METHODS = pytest.mark.parametrize("method", ["central", "complex"])
WAYS = pytest.mark.parametrize("directions", [None, 20], ids=["every entry", "directions"])
NOISE = {"central": 1e-8, "complex": 1e-14}  # what the methods make of a right gradient


def cubic(theta):
    return (theta**3).sum()


def cubic_gradient(theta):
    return 3 * theta**2


def check(problem, gradient, method, directions=None):
    """Check a network's gradient, given as a flat array."""
    network = problem.network
    return check_gradient(
        lambda theta: network.at(theta).cost(problem.X, problem.Y),
        gradient,
        network.theta,
        method,
        directions=directions,
        rng=np.random.default_rng(2),
    )


# Right gradients


@WAYS
@METHODS
def test_a_right_gradient_passes(problem, method, directions):
    gradient = problem.network.backprop(problem.X, problem.Y).theta
    assert check(problem, gradient, method, directions) < NOISE[method]


@METHODS
@given(hnp.arrays(float, (2, 3), elements=st.floats(0.5, 3)))
def test_right_gradients_of_parameters_in_any_shape_pass(method, theta):
    assert check_gradient(cubic, cubic_gradient(theta), theta, method) < NOISE[method]
    assert check_gradient(cubic, cubic_gradient, theta, method) < NOISE[method]


# Planted errors


def scaled(arrays, factor):
    for array in arrays:
        array *= factor


ERRORS = {
    "one layer 0.05 % too large": lambda g, network: scaled(g.weights[:1], 1.0005),
    "the last layer 0.05 % too small": lambda g, network: scaled(g.weights[-1:], 0.9995),
    "the biases of one layer 0.05 % too large": lambda g, network: scaled(g.biases[:1], 1.0005),
    "all 0.05 % too large": lambda g, network: scaled([g.theta], 1.0005),
    "wrong sign": lambda g, network: scaled([g.theta], -1),
    "wrong sign of one layer": lambda g, network: scaled(g.weights[:1], -1),
    "wrong sign of one bias": lambda g, network: scaled([g.biases[0][1:2]], -1),
    "lost factor 1/m": lambda g, network: scaled([g.theta], 7),
    "forgotten biases": lambda g, network: scaled(g.biases, 0),
    "regularized biases": lambda g, network: g.biases[0].__iadd__(0.1 * network.biases[0]),
    "forgotten regularizer": lambda g, network: g.weights[0].__isub__(0.1 * network.weights[0]),
    "transposed weights": lambda g, network: g.weights[1].put(range(6), g.weights[1].T.copy()),
}


@WAYS
@METHODS
@pytest.mark.parametrize("plant", ERRORS.values(), ids=ERRORS.keys())
def test_a_planted_error_is_found(problem, plant, method, directions):
    gradient = problem.network.backprop(problem.X, problem.Y)
    right = gradient.theta.copy()
    plant(gradient, problem.network)
    assert not np.array_equal(gradient.theta, right)
    assert check(problem, gradient.theta, method, directions) > 1e-5


@WAYS
@METHODS
@pytest.mark.parametrize("entry", range(17))
def test_half_a_thousandth_in_any_single_entry_is_found(problem, entry, method, directions):
    gradient = problem.network.backprop(problem.X, problem.Y).theta
    gradient[entry] *= 1.0005
    assert check(problem, gradient, method, directions) > 100 * NOISE[method]


# The number that is returned


@METHODS
def test_the_error_is_relative_to_the_larger_of_the_two_derivatives(method):
    theta = np.array([1.0, 2.0, 3.0])
    for factor, expected in [(1.0005, 0.0005 / 1.0005), (0.9995, 0.0005), (-1, 2), (7, 6 / 7)]:
        gradient = cubic_gradient(theta) * [1, factor, 1]
        found = check_gradient(cubic, gradient, theta, method)
        assert_allclose(found, expected, rtol=1e-5)


@METHODS
def test_derivatives_below_a_thousandth_of_the_length_count_as_a_thousandth(method):
    slopes = np.array([3.0, 4.0, 1e-5])  # a vector of length 5
    found = check_gradient(lambda t: slopes @ t, slopes * [1, 1, 3], np.zeros(3), method)
    assert_allclose(found, 2e-5 / 5e-3, rtol=1e-4)


@METHODS
def test_zero_for_zero_is_no_error_and_zero_for_something_is_a_whole_one(method):
    theta = np.array([1.0, 2.0])
    assert check_gradient(lambda t: 0 * t[0], [0, 0], theta, method) == 0
    assert check_gradient(cubic, [0, 0], theta, method) == 1
    assert check_gradient(lambda t: 0 * t[0], [0, 1], theta, method) == 1


@METHODS
def test_no_parameters_have_no_error(method):
    assert check_gradient(cubic, [], [], method) == 0


def test_central_differences_err_by_the_square_of_the_step():
    # ((t + h)^3 - (t - h)^3) / 2h = 3 t^2 + h^2
    for h in (0.1, 0.2):
        error = check_gradient(cubic, [3.0], [1.0], step=h)
        assert_allclose(error, h**2 / (3 + h**2), rtol=1e-10)


def test_the_complex_step_errs_by_the_square_of_the_step():
    # Im (t + ih)^3 / h = 3 t^2 - h^2
    for h in (0.1, 0.2):
        error = check_gradient(cubic, [3.0], [1.0], "complex", step=h)
        assert_allclose(error, h**2 / 3, rtol=1e-10)


def test_the_complex_step_does_not_approve_of_what_it_cannot_differentiate(problem):
    def absolute(theta):
        return abs(theta).sum()  # the derivatives are 1, but the complex step loses them

    assert check_gradient(absolute, [1.0, 1.0], [2.0, 3.0]) < NOISE["central"]
    assert check_gradient(absolute, [1.0, 1.0], [2.0, 3.0], "complex") == 1
    with pytest.raises(TypeError, match="relu"):
        check_gradient(lambda t: relu(t).sum(), [1.0], [2.0], "complex")


# Where and how often the function is asked


class Watched:
    """The cubic, remembering where it was asked."""

    def __init__(self):
        self.places = []

    def __call__(self, theta):
        self.places.append(theta)
        return cubic(theta)


@pytest.mark.parametrize(("method", "step", "times"), [("central", 1e-5, 2), ("complex", 1e-20, 1)])
@pytest.mark.parametrize("count", [None, 4])
def test_every_axis_or_so_many_unit_directions_are_tried(method, step, times, count, rng):
    f, theta = Watched(), np.array([0.0, 0.0, 0.0])
    check_gradient(f, cubic_gradient, theta, method, directions=count, rng=rng)
    ways = np.array([abs(place) / step for place in f.places])
    assert len(ways) == times * (count or 3)
    assert_allclose(np.linalg.norm(ways, axis=1), 1, rtol=1e-12)
    if count is None:
        assert_allclose(ways, np.repeat(np.eye(3), times, axis=0), rtol=1e-12)
    else:
        assert len(np.unique(ways.round(9), axis=0)) == count


def test_directions_come_from_the_generator():
    wrong, theta = [3.0, 12.0, 26.0], [1.0, 2.0, 3.0]
    errors = [
        check_gradient(cubic, wrong, theta, directions=2, rng=np.random.default_rng(seed))
        for seed in (1, 1, 2)
    ]
    assert errors[0] == errors[1] != errors[2]


def test_nothing_that_was_given_is_changed():
    def greedy(theta):
        theta *= 2  # a function that spoils its argument
        return cubic_gradient(theta / 2)

    theta, gradient = np.array([1.0, 2.0]), np.array([3.0, 12.0])
    check_gradient(cubic, gradient, theta)
    assert check_gradient(cubic, greedy, theta) < NOISE["central"]
    assert_array_equal(theta, [1, 2])
    assert_array_equal(gradient, [3, 12])


def test_integers_and_lists_are_parameters_too():
    assert check_gradient(cubic, [3, 12], [1, 2]) < NOISE["central"]
    assert isinstance(check_gradient(cubic, [3, 12], [1, 2]), float)


def test_a_function_of_many_values_is_refused():
    theta = np.array([1.0, 2.0])
    with pytest.raises(ValueError, match=r"^f\(theta\), over all directions, must have the shape"):
        check_gradient(lambda t: (t**2).sum(keepdims=True), 2 * theta, theta)


# Gradients of any size


@METHODS
@pytest.mark.parametrize("size", [1e-12, 1e-3, 1e12])
def test_an_error_is_relative_to_the_gradient_however_small_that_is(method, size):
    theta = np.array([1.0, 2.0, 3.0])

    def f(t):
        return size * cubic(t)

    right = size * cubic_gradient(theta)
    assert check_gradient(f, right, theta, method) < NOISE[method]
    assert_allclose(check_gradient(f, 1.01 * right, theta, method), 0.01 / 1.01, rtol=1e-4)
    assert_allclose(check_gradient(f, -right, theta, method), 2, rtol=1e-4)


@METHODS
def test_an_entry_is_compared_whatever_its_sign(method):
    theta = np.array([1.0, 1.0])
    for signs in ([-1, -1], [1, -1], [-1, 1]):
        error = check_gradient(
            lambda t, s=signs: (s * t**2).sum(), 2.02 * np.array(signs), theta, method
        )
        assert_allclose(error, 0.02 / 2.02, rtol=1e-4)


def test_a_few_directions_need_no_matrix_of_all_parameters():
    theta = np.linspace(-1, 1, 1_000_000)  # a unit vector for each would take 8 TB

    def cost(t):
        return (t**2).sum()

    along = {"directions": 2, "rng": np.random.default_rng(0)}
    assert check_gradient(cost, 2 * theta, theta, "complex", **along) < 1e-12
