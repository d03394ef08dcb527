"""A stack of networks: every member is the network it was made of."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from nnlab import (
    Convolution,
    GradientDescent,
    HeavyBall,
    Network,
    Stack,
    accuracy_at_least,
    all_losses_below,
    check_gradient,
    cross_entropy,
    datasets,
    identity,
    l2,
    logistic_loss,
    no_gain_for,
    quadratic,
    relu,
    softmax,
    tanh,
    train,
)

KINDS = {
    "sigmoid, quadratic": {"sizes": [3, 4, 4, 2]},
    "without biases": {"sizes": [3, 4, 2], "bias": False},
    "one layer, one output": {"sizes": [3, 1]},
    "float32": {"sizes": [3, 4, 2], "dtype": np.float32},
    "softmax with cross-entropy": {
        "sizes": [3, 4, 5, 2],
        "hidden": tanh,
        "output": softmax,
        "cost": cross_entropy,
    },
    "softmax with quadratic": {"sizes": [3, 4, 2], "output": softmax, "cost": quadratic},
    "logistic": {"sizes": [3, 4, 2], "hidden": relu, "output": identity, "cost": logistic_loss},
}
M = 7
X = np.random.default_rng(2).standard_normal((M, 3))


def networks(kind, count=5):
    rng = np.random.default_rng(1)
    return [Network(**KINDS[kind], rng=rng) for _ in range(count)]


def targets(network):
    """Labels where the cost knows them, numbers between 0 and 1 elsewhere."""
    rng = np.random.default_rng(3)
    if network.cost_function is quadratic:
        return rng.random((M, network.sizes[-1]))
    return rng.integers(2, size=M)


def close(found, expected):
    """The same up to a few roundings: other matrix products may sum in another order."""
    rtol = 1e-5 if np.asarray(found).dtype == np.float32 else 1e-12
    assert_allclose(found, expected, rtol=rtol, atol=rtol / 10)


@pytest.mark.parametrize("kind", KINDS)
def test_every_method_gives_what_the_members_give(kind):
    members = networks(kind)
    stack, Y = Stack(members), targets(members[0])
    close(stack.forward(X), [n.forward(X) for n in members])
    close(stack.forward(X[0]), [n.forward(X[0]) for n in members])
    close(stack.losses(X, Y), [n.losses(X, Y) for n in members])
    close(stack.cost(X, Y), [n.cost(X, Y) for n in members])
    close(stack.accuracy(X, Y), [n.accuracy(X, Y) for n in members])
    assert_array_equal(stack.predict(X), [n.predict(X) for n in members])


@pytest.mark.parametrize("kind", KINDS)
def test_the_gradients_are_those_of_the_members(kind):
    members = networks(kind)
    stack, Y = Stack(members), targets(members[0])
    found, expected = stack.backprop(X, Y), [n.backprop(X, Y) for n in members]
    close(found.cost, [g.cost for g in expected])
    close(found.theta, [g.theta for g in expected])
    for layer, deltas in enumerate(found.deltas):
        close(deltas, [g.deltas[layer] for g in expected])
    for layer, dW in enumerate(found.weights):
        close(dW, [g.weights[layer] for g in expected])
    assert stack.backprop(X, Y, out=found) is found


@pytest.mark.parametrize("kind", ["sigmoid, quadratic", "softmax with cross-entropy"])
def test_the_gradient_passes_the_complex_step(kind):
    stack = Stack(networks(kind, 3))
    Y = targets(stack)
    gradient = stack.backprop(X, Y).theta
    error = check_gradient(lambda t: stack.at(t).cost(X, Y).sum(), gradient, stack.theta, "complex")
    assert error < 1e-12


@pytest.mark.parametrize("batch_size", [None, 1, 3])
@pytest.mark.parametrize("optimizer", [GradientDescent(0.5), HeavyBall(0.5, 0.3)], ids=repr)
@pytest.mark.parametrize("kind", KINDS)
def test_training_is_that_of_the_members_alone(kind, optimizer, batch_size):
    members = networks(kind)
    stack, Y = Stack(members), targets(members[0])
    settings = {"optimizer": optimizer, "epochs": 4, "batch_size": batch_size}
    optimizer.reset()
    together = train(stack, X, Y, **settings, rng=np.random.default_rng(5))
    for r, network in enumerate(members):
        optimizer.reset()
        alone = train(network, X, Y, **settings, rng=np.random.default_rng(5))
        close(stack.theta[r], network.theta)
        close(np.array(together.cost)[:, r], alone.cost)
        close(together.losses()[r], alone.losses())


@pytest.mark.parametrize("members", [1, 2, 3, 7])
@pytest.mark.parametrize("batch_size", [1, 2, 3, 5, 7])
def test_any_number_of_members_goes_with_any_size_of_batches(members, batch_size):
    alone = networks("sigmoid, quadratic", members)
    stack, Y = Stack(alone), targets(alone[0])
    together = train(stack, X, Y, GradientDescent(0.5), 2, batch_size)
    for r, network in enumerate(alone):
        close(
            np.array(together.cost)[:, r],
            train(network, X, Y, GradientDescent(0.5), 2, batch_size).cost,
        )
        close(stack.theta[r], network.theta)


def test_no_gain_for_waits_for_the_last_member():
    history = train(
        Stack(networks("one layer, one output", 2)), X, X[:, 0], GradientDescent(0.1), 1
    )
    history.cost[:] = map(np.array, [[5, 5], [4, 4], [4, 3], [6, 4], [4, 2], [7, 3]])
    assert [no_gain_for(epochs)(history) is not None for epochs in (1, 2, 3)] == [
        True,
        False,
        False,
    ]


def test_a_stack_keeps_the_best_of_each_member():
    alone = networks("logistic", 3)
    stack, Y = Stack(alone), targets(alone[0])
    settings = {"epochs": 15, "validation": (X[:3], 1 - Y[:3]), "keep_best": True}
    together = train(stack, X, Y, GradientDescent(2.0), **settings)
    best = np.min(together.validation_cost, axis=0)
    close(stack.cost(X[:3], 1 - Y[:3]), best)
    for network, lowest in zip(alone, best):
        train(network, X, Y, GradientDescent(2.0), **settings)
        close(network.cost(X[:3], 1 - Y[:3]), lowest)


def test_functions_of_ones_own_work_in_a_stack():
    def own(z):
        return np.tanh(z)

    def cost(a, y):
        return quadratic(a, y)

    own.pullback, cost.gradient = tanh.pullback, quadratic.gradient
    rng = np.random.default_rng(1)
    members = [Network([3, 4, 2], hidden=own, cost=cost, rng=rng) for _ in range(3)]
    Y = np.random.default_rng(3).random((M, 2))
    found = Stack(members).backprop(X, Y)
    close(found.theta, [network.backprop(X, Y).theta for network in members])
    close(found.cost, [network.backprop(X, Y).cost for network in members])


def test_members_and_smaller_stacks():
    members = networks("sigmoid, quadratic")
    stack = Stack(iter(members))
    assert len(stack) == 5 == len(list(stack))
    assert type(stack[1]) is Network
    assert_array_equal(stack[1].theta, members[1].theta)
    stack[1].theta += 1  # a member shares its parameters with the stack, not with the network
    assert_array_equal(stack.theta[1], members[1].theta + 1)
    assert_array_equal(stack[1:3].theta, stack.theta[1:3])
    assert_array_equal(stack[stack.theta[:, 0] > 0].theta, stack.theta[stack.theta[:, 0] > 0])
    assert type(stack[:1]) is Stack
    with pytest.raises(IndexError):
        stack[5]


def test_validation_and_ready_stop_rules_wait_for_all_members():
    points, labels = datasets.xor_easy()
    rng = np.random.default_rng(1)
    stack = Stack(Network([2, 3, 3, 1], rng=rng) for _ in range(4))
    rules = all_losses_below(0.2), accuracy_at_least(0.3), no_gain_for(5)
    for rule in rules:
        alone = [train(n, points, labels, GradientDescent(3), 40, stop=rule) for n in copies(stack)]
        together = train(
            Stack(copies(stack)),
            points,
            labels,
            GradientDescent(3),
            40,
            stop=rule,
            validation=(points, labels),
        )
        assert np.shape(together.validation_cost) == (together.epochs, 4)
        assert np.shape(together.validation_accuracy) == (together.epochs, 4)
        if rule is rules[0]:  # a loss may rise again: the slowest member sets the least
            assert together.epochs >= max(history.epochs for history in alone)


def copies(stack):
    return [network.at(network.theta.copy()) for network in stack]


def test_a_member_that_diverges_is_reported():
    rng = np.random.default_rng(1)
    stack = Stack(Network([3, 2], output=identity, rng=rng) for _ in range(3))
    stack.theta[1] = 1e200
    with pytest.raises(FloatingPointError, match="the cost became inf in epoch 1, step 1"):
        train(stack, X, np.zeros((M, 2)), GradientDescent(1.0), 3)


@pytest.mark.parametrize(
    ("members", "error", "message"),
    [
        ([], ValueError, r"networks must hold at least one Network, got \[\]"),
        ([Network([2, 1]), "x"], TypeError, "networks must hold Networks, got 'x'"),
        ([Network([2, 1]), Network([3, 1])], ValueError, "networks must be alike"),
        ([Network([2, 1]), Network([2, 1], output=tanh)], ValueError, "networks must be alike"),
        ([Network([2, 1]), Network([2, 1], dtype="f4")], ValueError, "networks must be alike"),
        ([Network([2, 1], regularizer=l2(1))], ValueError, "alike and unregularized"),
        ([Network([Convolution(1, 1, (1, 2))])], TypeError, "must be made of Dense layers"),
    ],
)
def test_members_that_do_not_fit_are_refused(members, error, message):
    with pytest.raises(error, match=message):
        Stack(members)


def test_the_text_of_a_stack():
    assert repr(Stack(networks("one layer, one output"))) == (
        "Stack of 5 x Network([3, 1], hidden=sigmoid, output=sigmoid, cost=quadratic)"
    )
