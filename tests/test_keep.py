"""Keep and load: files, copies and pickles of networks, gradients, optimizers and histories."""

import copy
import pickle
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from nnlab import (
    Convolution,
    Dense,
    GradientDescent,
    HeavyBall,
    History,
    Network,
    Stack,
    binary_cross_entropy,
    cross_entropy,
    halving,
    identity,
    l2,
    logistic_loss,
    relu,
    softmax,
    tanh,
    train,
)

DUPLICATES = pytest.mark.parametrize(
    "duplicate",
    [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))],
    ids=["copy", "deepcopy", "pickle"],
)
NETWORKS = {
    "usual": lambda: Network([2, 3, 1]),
    "no bias, float32": lambda: Network([2, 3, 1], bias=False, dtype=np.float32),
    "classes, l2": lambda: Network(
        [2, 3, 3], relu, softmax, cost=cross_entropy, regularizer=l2(0.1)
    ),
    "scores": lambda: Network([2, 3, 3], tanh, identity, logistic_loss),
    "binary": lambda: Network([2, 3], cost=binary_cross_entropy),
    "layers": lambda: Network(
        [Convolution(2, (1, 2), (1, 3), tanh), Dense(4, 2, softmax, bias=False)],
        cost=cross_entropy,
        regularizer=l2(2),
    ),
}


@pytest.mark.parametrize("kind", NETWORKS)
def test_a_saved_network_comes_back_as_it_was(kind, tmp_path, rng):
    network = NETWORKS[kind]()
    network.theta[...] = rng.standard_normal(network.theta.size)
    network.save(tmp_path / "network.npz")
    loaded = Network.load(str(tmp_path / "network.npz"))
    assert repr(loaded) == repr(network)
    assert loaded.theta.dtype == network.theta.dtype
    assert_array_equal(loaded.theta, network.theta)
    X = rng.standard_normal((5, network.sizes[0]))
    Y = np.eye(3)[:, : network.sizes[-1]][[0, 1, 1, 0, 1]]
    assert_array_equal(loaded.backprop(X, Y).theta, network.backprop(X, Y).theta)
    assert loaded.cost(X, Y) == network.cost(X, Y)


def test_the_file_needs_no_pickle(tmp_path):
    network = NETWORKS["layers"]()
    network.save(tmp_path / "network.npz")
    with np.load(tmp_path / "network.npz", allow_pickle=False) as saved:
        assert_array_equal(saved["theta"], network.theta)
        assert "Convolution" in saved["structure"].item()


def own(z):
    return z


own.pullback = own.gradient = lambda z, v=None: v


class Own(Dense):
    """A layer that nnlab does not have."""


@pytest.mark.parametrize(
    "network",
    [
        lambda: Network([2, 3, 1], hidden=own),
        lambda: Network([2, 3, 1], cost=own),
        lambda: Network([2, 3, 1], regularizer=own),
        lambda: Network([Own(2, 1)]),
    ],
    ids=["activation", "cost", "regularizer", "layer"],
)
def test_what_cannot_be_named_is_refused_with_the_remedy(network, tmp_path):
    with pytest.raises(TypeError, match=r"^only what nnlab has .*[Oo]wn.*; .* with numpy.save"):
        network().save(tmp_path / "network.npz")
    assert not (tmp_path / "network.npz").exists()


def test_files_of_something_else_are_refused(tmp_path):
    np.savez(tmp_path / "other.npz", theta=np.zeros(3))
    with pytest.raises(ValueError, match=r"^file must be one that Network.save wrote, got .*other"):
        Network.load(tmp_path / "other.npz")
    with pytest.raises(FileNotFoundError):
        Network.load(tmp_path / "nothing.npz")


def test_a_pickle_in_a_file_is_refused_and_not_run(tmp_path):
    class Trap:
        def __reduce__(self):
            return Path.touch, (tmp_path / "ran",)

    np.savez(tmp_path / "trap.npz", theta=np.zeros(3), structure=np.array(Trap(), object))
    with pytest.raises(ValueError, match="pickle"):
        Network.load(tmp_path / "trap.npz")
    assert not (tmp_path / "ran").exists()


def test_a_stack_is_saved_member_by_member(tmp_path):
    stack = Stack(Network([2, 1]) for _ in range(3))
    with pytest.raises(TypeError, match=r"^a stack is saved member by member"):
        stack.save(tmp_path / "stack.npz")
    stack[1].save(tmp_path / "member.npz")
    assert_array_equal(Network.load(tmp_path / "member.npz").theta, stack.theta[1])


@DUPLICATES
def test_networks_with_a_regularizer_can_be_copied(duplicate, problem):
    twin = duplicate(problem.network)
    assert twin.cost(problem.X, problem.Y) == problem.network.cost(problem.X, problem.Y)
    assert repr(twin.regularizer) == "l2(0.1)"


@DUPLICATES
@pytest.mark.parametrize(
    "optimizer",
    [
        GradientDescent(halving(0.5)),
        HeavyBall(0.5, 0.3),
        HeavyBall.classical(halving(0.5), 0.75),
    ],
    ids=repr,
)
def test_optimizers_can_be_copied(duplicate, optimizer):
    optimizer.step(np.zeros(2), np.ones(2))
    twin = duplicate(optimizer)
    assert [twin.step_size(e) for e in range(3)] == [optimizer.step_size(e) for e in range(3)]
    theta = np.zeros((2, 2))
    for which, row in zip((optimizer, twin), theta):
        copy.deepcopy(which).step(row, np.array([1.0, 2.0]), 1)
    assert_array_equal(theta[0], theta[1])


@DUPLICATES
def test_a_copied_gradient_can_be_used_again(duplicate, problem):
    network, X, Y = problem.network, problem.X, problem.Y
    first = network.backprop(X, Y)
    deltas = [delta.copy() for delta in first.deltas]
    twin = duplicate(first)
    assert twin.cost == first.cost
    assert all(map(np.array_equal, twin.deltas, deltas))
    expected = network.backprop(X[:3], Y[:3])
    again = network.backprop(X, Y)
    for m in (7, 3):  # as many samples as before, and another number
        assert network.backprop(X[:m], Y[:m], out=twin) is twin
        assert_array_equal(twin.theta, (again if m == 7 else expected).theta)
        assert all(np.shares_memory(part, twin.theta) for part in twin.weights + twin.biases)


@DUPLICATES
def test_a_copied_history_does_not_carry_the_data(duplicate, problem):
    history = train(problem.network, problem.X, problem.Y, GradientDescent(0.5), 3)
    twin = duplicate(history)
    assert twin.X is None and twin.Y is None and history.X is not None
    assert twin.cost == history.cost and twin.reason == "epochs"
    assert_array_equal(twin.network.theta, problem.network.theta)
    assert len(pickle.dumps(history)) < 3000
    with pytest.raises(ValueError, match=r"does not carry the data; .* history.network.losses"):
        twin.losses()


def test_a_history_is_shown_in_one_line(problem):
    history = train(problem.network, problem.X, problem.Y, GradientDescent(0.5), 3)
    assert repr(history) == f"History(3 epochs, cost {history.cost[-1]:.4g}, reason='epochs')"
    assert repr(History(problem.network, problem.X, problem.Y)) == "History(0 epochs, reason='')"
    stack = Stack(Network([2, 1]) for _ in range(3))
    together = train(stack, problem.X, problem.Y, GradientDescent(0.5), 2)
    assert repr(together) == "History(2 epochs, reason='epochs')"


@pytest.mark.parametrize("name", ["cost_function", "hidden", "output", "layers", "sizes", "bias"])
def test_the_structure_of_a_network_cannot_be_changed(name, problem):
    with pytest.raises(AttributeError, match=f"^{name} of a network cannot be changed; make a new"):
        setattr(problem.network, name, tanh)


def test_the_regularizer_may_be_changed_and_is_obeyed(problem):
    network, X, Y = problem.network, problem.X, problem.Y
    before = network.backprop(X, Y)
    network.regularizer = None
    after = network.backprop(X, Y, out=copy.deepcopy(before))
    assert network.cost(X, Y) < before.cost
    assert_array_equal(after.deltas[0], before.deltas[0])
    assert not np.array_equal(after.theta, before.theta)


def test_views_cannot_be_replaced_by_other_arrays(problem):
    with pytest.raises(TypeError):
        problem.network.weights[0] = np.zeros((3, 2))
    with pytest.raises(TypeError):
        problem.network.backprop(problem.X, problem.Y).biases[0] = np.zeros(3)


def test_a_file_like_name_without_suffix_is_kept(tmp_path):
    Network([2, 1]).save(tmp_path / "network")
    assert repr(Network.load(tmp_path / "network")).startswith("Network([2, 1]")
    assert (tmp_path / "network").read_bytes()[:2] == b"PK"
