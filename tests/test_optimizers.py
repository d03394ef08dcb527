"""The optimizers against their closed forms, and who may change which array."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal

from nnlab import GradientDescent, HeavyBall, halving

NUMBERS = st.floats(-10, 10)
GRADIENTS = hnp.array_shapes(min_dims=2, max_dims=2, max_side=6).flatmap(
    lambda shape: hnp.arrays(float, shape, elements=NUMBERS)
)
STEP_SIZES, WEIGHTS = st.floats(1e-3, 2), st.floats(1e-3, 1)
ROUNDING = {"rtol": 1e-11, "atol": 1e-12}
STARTS = pytest.mark.parametrize("start", ["zero", "gradient"])
EVERY = {
    "GradientDescent": lambda: GradientDescent(0.1),
    "HeavyBall": lambda: HeavyBall(0.1, 0.3),
    "HeavyBall from the gradient": lambda: HeavyBall(0.1, 0.3, start="gradient"),
    "HeavyBall.classical": lambda: HeavyBall.classical(0.1, 0.7),
}
every = pytest.mark.parametrize("new", EVERY.values(), ids=EVERY.keys())


def iterates(optimizer, gradients, epochs=None):
    """The parameters after every step from zero, along gradients that are given."""
    theta, found = np.zeros(len(gradients[0])), []
    for r, gradient in enumerate(gradients):
        optimizer.step(theta, gradient, *([] if epochs is None else [epochs[r]]))
        found.append(theta.copy())
    return np.array(found)


def descend(optimizer, curvature, steps):
    """Minimize half the curvature times the squared parameter, from one."""
    theta = np.ones(1)
    for _ in range(steps):
        optimizer.step(theta, curvature * theta)
    return theta[0]


# Gradient descent


@given(GRADIENTS, STEP_SIZES)
def test_gradient_descent_adds_up_the_gradients(gradients, gamma):
    expected = -gamma * np.cumsum(gradients, axis=0)
    assert_allclose(iterates(GradientDescent(gamma), gradients), expected, **ROUNDING)


@given(STEP_SIZES, st.floats(0, 1), st.integers(0, 30))
def test_gradient_descent_on_a_parabola_shrinks_by_a_constant_factor(gamma, curvature, steps):
    factor = 1 - gamma * curvature
    assert_allclose(descend(GradientDescent(gamma), curvature, steps), factor**steps, **ROUNDING)


# The heavy ball


@STARTS
@given(gradients=GRADIENTS, gamma=STEP_SIZES, alpha=WEIGHTS)
def test_the_heavy_ball_is_its_recursion(start, gradients, gamma, alpha):
    theta = np.zeros(gradients.shape[1])
    phi = np.zeros_like(theta) if start == "zero" else gradients[0]
    expected = []
    for gradient in gradients:
        phi = (1 - alpha) * phi + alpha * gradient
        theta = theta - gamma * phi
        expected.append(theta)
    optimizer = HeavyBall(gamma, alpha, start)
    assert_allclose(iterates(optimizer, gradients), expected, **ROUNDING)
    assert_allclose(optimizer.phi, phi, **ROUNDING)


@given(GRADIENTS, STEP_SIZES, st.floats(0, 0.99))
def test_the_classical_parametrization_gives_the_same_iterates(gradients, eta, beta):
    theta, v, expected = np.zeros(gradients.shape[1]), 0, []
    for gradient in gradients:
        v = beta * v + gradient
        theta = theta - eta * v
        expected.append(theta)
    assert_allclose(iterates(HeavyBall.classical(eta, beta), gradients), expected, **ROUNDING)
    converted = HeavyBall(gamma=eta / (1 - beta), alpha=1 - beta)
    assert_allclose(iterates(converted, gradients), expected, **ROUNDING)


@STARTS
@given(gradients=GRADIENTS, gamma=STEP_SIZES)
def test_alpha_one_is_gradient_descent(start, gradients, gamma):
    ball, plain = HeavyBall(gamma, 1, start), GradientDescent(gamma)
    assert_array_equal(iterates(ball, gradients), iterates(plain, gradients))


@given(STEP_SIZES, WEIGHTS, st.floats(0, 1), st.integers(0, 30))
def test_the_heavy_ball_on_a_parabola_is_a_matrix_power(gamma, alpha, curvature, steps):
    one_step = [
        [1 - gamma * alpha * curvature, -gamma * (1 - alpha)],
        [alpha * curvature, 1 - alpha],
    ]
    expected = np.linalg.matrix_power(one_step, steps) @ [1, 0]
    assert_allclose(descend(HeavyBall(gamma, alpha), curvature, steps), expected[0], **ROUNDING)


@given(WEIGHTS, st.integers(1, 50))
def test_the_smoothed_gradient_approaches_a_constant_one(alpha, steps):
    from_zero, from_gradient = HeavyBall(0.1, alpha), HeavyBall(0.1, alpha, "gradient")
    for optimizer in (from_zero, from_gradient):
        iterates(optimizer, np.full((steps, 1), 3.0))
    assert_allclose(from_zero.phi, [3 * (1 - (1 - alpha) ** steps)], **ROUNDING)
    assert_allclose(from_gradient.phi, [3], **ROUNDING)


def test_the_first_step_depends_on_where_the_smoothed_gradient_starts():
    gradients = np.array([[1.0, -2.0]])
    assert_array_equal(iterates(HeavyBall(0.5, 0.25), gradients), [[-0.125, 0.25]])
    assert_array_equal(iterates(HeavyBall(0.5, 0.25, "gradient"), gradients), [[-0.5, 1]])


def test_the_classical_form_keeps_the_start():
    assert HeavyBall.classical(0.5, 0.5).start == "zero"
    assert HeavyBall.classical(0.5, 0.5, start="gradient").start == "gradient"


# Step sizes


@given(st.floats(1e-6, 1e3), st.integers(0, 30))
def test_halving_halves_after_every_epoch(gamma, epoch):
    schedule = halving(gamma)
    assert schedule(0) == gamma
    assert schedule(epoch) == gamma / 2**epoch


@pytest.mark.parametrize("kind", [GradientDescent, lambda gamma: HeavyBall(gamma, 1)])
def test_the_step_size_may_depend_on_the_epoch(kind):
    scheduled = kind(halving(0.8))
    assert [scheduled.step_size(epoch) for epoch in (0, 1, 3)] == [0.8, 0.4, 0.1]
    found = iterates(scheduled, np.ones((3, 1)), epochs=[0, 1, 3])
    assert_allclose(found, [[-0.8], [-1.2], [-1.3]], rtol=1e-15)


def test_a_constant_step_size_ignores_the_epoch_and_epoch_zero_is_assumed():
    assert GradientDescent(2).step_size() == GradientDescent(2).step_size(9) == 2
    assert GradientDescent(halving(0.8)).step_size() == 0.8
    assert_array_equal(iterates(GradientDescent(halving(0.8)), np.ones((2, 1))), [[-0.8], [-1.6]])


def test_the_classical_step_size_may_depend_on_the_epoch():
    optimizer = HeavyBall.classical(halving(0.1), 0.75)
    assert [optimizer.step_size(epoch) for epoch in (0, 1)] == [0.4, 0.2]


# Memory and ownership


@every
@given(gradients=GRADIENTS)
def test_a_step_changes_theta_in_place_and_no_gradient(new, gradients):
    kept, theta = gradients.copy(), np.zeros(gradients.shape[1])
    view, optimizer = theta[:], new()
    for gradient in gradients:
        assert optimizer.step(theta, gradient) is None
    assert_array_equal(gradients, kept)
    assert_array_equal(view, iterates(new(), gradients)[-1])


@every
def test_nothing_is_kept_of_the_callers_arrays(new):
    gradients = np.array([[1.0, 2.0], [3.0, -4.0]])
    expected = iterates(new(), gradients)[-1]
    theta, buffer, optimizer = np.zeros(2), np.empty(2), new()
    for gradient in gradients:  # as in training, one buffer holds every gradient
        buffer[...] = gradient
        optimizer.step(theta, buffer)
        buffer[...] = np.nan
    assert_array_equal(theta, expected)


@every
@given(gradients=GRADIENTS)
def test_reset_forgets_all_earlier_steps(new, gradients):
    optimizer = new()
    first = iterates(optimizer, gradients)
    optimizer.reset()
    assert_array_equal(iterates(optimizer, gradients), first)
    optimizer.reset()
    longer = np.ones((1, gradients.shape[1] + 1))  # another number of parameters
    assert_array_equal(iterates(optimizer, longer), iterates(new(), longer))


def test_the_heavy_ball_remembers_until_it_is_reset():
    optimizer = HeavyBall(1, 0.5)
    once, again = iterates(optimizer, np.ones((1, 1))), iterates(optimizer, np.ones((1, 1)))
    assert (once, again) == ([[-0.5]], [[-0.75]])
    optimizer.reset()
    assert optimizer.phi is None


@given(GRADIENTS, STEP_SIZES, WEIGHTS)
def test_the_smoothed_gradient_can_be_carried_over_to_another_optimizer(gradients, gamma, alpha):
    first, second = HeavyBall(gamma, alpha), HeavyBall(gamma, alpha)
    iterates(first, gradients)
    second.phi = first.phi
    assert_allclose(second.phi, first.phi, **ROUNDING)
    assert_allclose(iterates(second, gradients), iterates(first, gradients), **ROUNDING)


@every
def test_float32_parameters_stay_float32(new):
    theta, gradient = np.zeros(3, np.float32), np.ones(3, np.float32)
    optimizer = new()
    for _ in range(3):
        optimizer.step(theta, gradient)
    expected = iterates(new(), np.ones((3, 3)))[-1]
    assert theta.dtype == getattr(optimizer, "phi", theta).dtype == np.float32
    assert_allclose(theta, expected, rtol=1e-6)


def test_parameters_of_any_shape_can_be_stepped():
    theta = np.zeros((2, 2))
    HeavyBall(1, 1).step(theta, np.eye(2))
    assert_array_equal(theta, -np.eye(2))


def test_optimizers_show_their_parameters():
    assert repr(GradientDescent(0.5)) == "GradientDescent(gamma=0.5)"
    assert repr(GradientDescent(halving(0.5))) == "GradientDescent(gamma=halving(0.5))"
    assert repr(HeavyBall(1, 0.25, "gradient")) == (
        "HeavyBall(gamma=1.0, alpha=0.25, start='gradient')"
    )


@pytest.mark.parametrize("shape", [(150_000,), (2, 70_000)])
@pytest.mark.parametrize("optimizer", [GradientDescent(0.5), HeavyBall(0.5, 0.25)], ids=repr)
def test_a_long_vector_is_updated_piece_by_piece_and_all_of_it(optimizer, shape):
    rng = np.random.default_rng(1)
    theta, gradients = rng.standard_normal(shape), rng.standard_normal((2, *shape))
    start = theta.copy()
    optimizer.reset()
    for gradient in gradients:
        optimizer.step(theta, gradient)
    if isinstance(optimizer, HeavyBall):
        phi = 0.25 * gradients[0], 0.75 * 0.25 * gradients[0] + 0.25 * gradients[1]
    else:
        phi = gradients
    assert_allclose(theta, start - 0.5 * (phi[0] + phi[1]), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("optimizer", [GradientDescent(0.5), HeavyBall(0.5, 0.25)], ids=repr)
def test_a_step_along_a_long_vector_takes_little_more_memory(optimizer):
    theta, gradient = np.zeros((2, 1_000_000))
    optimizer.step(theta, gradient)  # a velocity is kept from now on
    tracemalloc.start()
    optimizer.step(theta, gradient)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < theta.nbytes / 4
