"""Training: batches, order, what is recorded, when it stops, and what goes wrong loudly."""

import io
import re
import tracemalloc

import matplotlib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from nnlab import (
    GradientDescent,
    HeavyBall,
    History,
    Network,
    accuracy_at_least,
    all_losses_below,
    cross_entropy,
    datasets,
    glorot_uniform,
    halving,
    identity,
    l2,
    no_gain_for,
    quadratic,
    softmax,
    tanh,
    train,
)

M = 7
RNG = np.random.default_rng(3)
X, LABELS = RNG.standard_normal((M, 2)), RNG.integers(2, size=M)
OTHER_X, OTHER_LABELS = RNG.standard_normal((4, 2)), RNG.integers(2, size=4)
OPTIMIZERS = {
    "GradientDescent": lambda: GradientDescent(0.5),
    "HeavyBall": lambda: HeavyBall(0.5, 0.3),
    "halving": lambda: GradientDescent(halving(0.5)),
}


def new_network(**more):
    """The same start every time."""
    more = {"output": softmax, "cost": cross_entropy, "rng": np.random.default_rng(4), **more}
    return Network([2, 3, 2], hidden=tanh, **more)


def new_rng(seed=5):
    return np.random.default_rng(seed)


def batches_seen(m=M, epochs=1, **how):
    """The numbers of the samples in every batch that training took, in its order."""
    seen = []

    def cost(a, y):
        return quadratic(a, y)

    def gradient(a, y):
        seen.append(y[:, 0].copy())  # sample i has the target i
        return quadratic.gradient(a, y)

    cost.gradient = gradient
    network = Network([1, 1], output=identity, cost=cost, rng=new_rng())
    numbers = np.arange(m, dtype=float)
    train(network, np.zeros((m, 1)), numbers, GradientDescent(1e-3), epochs, **how)
    return [batch.astype(int).tolist() for batch in seen]


def plain_loop(network, optimizer, epochs, size, rng=None):
    """Train with nothing but backprop and step; return the mean cost of every epoch."""
    costs = []
    for epoch in range(epochs):
        order, total = np.arange(M) if rng is None else rng.permutation(M), 0
        for start in range(0, M, size):
            batch = order[start : start + size]
            gradient = network.backprop(X[batch], LABELS[batch])
            optimizer.step(network.theta, gradient.theta, epoch)
            total += gradient.cost * len(batch)
        costs.append(total / M)
    return costs


class Stubborn(GradientDescent):
    """Gradient descent that is interrupted after some steps, as by Ctrl-C."""

    def __init__(self, gamma, steps):
        super().__init__(gamma)
        self.steps = steps

    def step(self, theta, gradient, epoch=0):
        if self.steps == 0:
            raise KeyboardInterrupt
        self.steps -= 1
        super().step(theta, gradient, epoch)


# Training is backprop and step


@pytest.mark.parametrize("shuffled", [False, True], ids=["in order", "shuffled"])
@pytest.mark.parametrize("size", [1, 2, 3, 7])
@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS.keys())
def test_training_is_a_plain_loop_of_backprop_and_step(optimizer, size, shuffled):
    by_train, by_loop = new_network(regularizer=l2(0.01)), new_network(regularizer=l2(0.01))
    history = train(by_train, X, LABELS, optimizer(), 4, size, rng=new_rng() if shuffled else None)
    # The full batch is not shuffled, as the mean does not depend on the order.
    rng = new_rng() if shuffled and size < M else None
    costs = plain_loop(by_loop, optimizer(), 4, size, rng)
    assert_allclose(by_train.theta, by_loop.theta, rtol=1e-12)
    assert_allclose(history.cost, costs, rtol=1e-12)


def test_without_a_batch_size_all_samples_are_taken_at_once():
    networks = new_network(), new_network()
    costs = train(networks[0], X, LABELS, GradientDescent(0.5), 3).cost
    assert_allclose(costs, plain_loop(networks[1], GradientDescent(0.5), 3, M), rtol=1e-12)
    assert_allclose(networks[0].theta, networks[1].theta, rtol=1e-12)


def test_parameters_are_updated_in_place_and_data_are_not():
    network, kept = new_network(), (X.copy(), LABELS.copy())
    theta, before = network.theta, network.theta.copy()
    history = train(network, X, LABELS, GradientDescent(0.5), 2, 3, new_rng())
    assert history.network is network and network.theta is theta
    assert not np.any(theta == before)
    assert all(map(np.array_equal, (X, LABELS), kept))


@pytest.mark.parametrize("name", ["GradientDescent", "HeavyBall"])
@pytest.mark.parametrize("size", [3, None])
def test_training_twice_is_training_longer(name, size):
    at_once, in_two, optimizer, rng = new_network(), new_network(), OPTIMIZERS[name](), new_rng()
    once = train(at_once, X, LABELS, OPTIMIZERS[name](), 5, size, new_rng())
    parts = [train(in_two, X, LABELS, optimizer, epochs, size, rng) for epochs in (2, 3)]
    assert_allclose(in_two.theta, at_once.theta, rtol=1e-11)
    assert_allclose(parts[0].cost + parts[1].cost, once.cost, rtol=1e-11)


def test_training_in_float32_stays_in_float32():
    network = new_network(dtype=np.float32)
    history = train(network, X, LABELS, HeavyBall(0.5, 0.3), 3, 2, new_rng())
    assert network.theta.dtype == history.X.dtype == history.Y.dtype == np.float32
    double = new_network()
    train(double, X, LABELS, HeavyBall(0.5, 0.3), 3, 2, new_rng())
    assert_allclose(network.theta, double.theta, rtol=1e-4)


# Batches


@given(st.integers(1, 9), st.data())
def test_every_epoch_takes_every_sample_once(m, data):
    size = data.draw(st.integers(1, m))
    batches = batches_seen(m, epochs=2, batch_size=size, rng=new_rng())
    steps = -(-m // size)
    assert len(batches) == 2 * steps
    for epoch in (batches[:steps], batches[steps:]):
        assert sorted(i for batch in epoch for i in batch) == list(range(m))
        assert [len(batch) for batch in epoch[:-1]] == [size] * (steps - 1)
        assert 1 <= len(epoch[-1]) <= size


def test_without_a_generator_samples_are_taken_in_order():
    in_order = [[0, 1, 2], [3, 4, 5], [6]]
    assert batches_seen(epochs=2, batch_size=3) == in_order * 2


def test_one_sample_at_a_time():
    assert batches_seen(batch_size=1) == [[i] for i in range(M)]


def test_a_generator_shuffles_every_epoch_anew_and_reproducibly():
    batches = batches_seen(epochs=3, batch_size=3, rng=new_rng())
    rng = new_rng()
    expected = [np.split(rng.permutation(M), [3, 6]) for _ in range(3)]
    assert batches == [batch.tolist() for epoch in expected for batch in epoch]
    assert batches[:3] != batches[3:6] != batches[6:]
    assert batches == batches_seen(epochs=3, batch_size=3, rng=new_rng())
    assert batches != batches_seen(epochs=3, batch_size=3, rng=new_rng(6))


@pytest.mark.parametrize("size", [None, M])
def test_the_full_batch_is_not_shuffled(size):
    rng = new_rng()
    assert batches_seen(epochs=2, batch_size=size, rng=rng) == [list(range(M))] * 2
    assert rng.bit_generator.state == new_rng().bit_generator.state


def peak_memory(**how):
    """The most memory that training took at a time, in units of its data."""
    samples, targets = np.ones((1000, 500)), np.ones(1000)
    network = Network([500, 1], rng=new_rng())
    tracemalloc.start()
    history = train(network, samples, targets, GradientDescent(0.1), 1, **how)
    peak = tracemalloc.get_traced_memory()[1] / samples.nbytes
    tracemalloc.stop()
    assert np.shares_memory(history.X, samples) and np.shares_memory(history.Y, targets)
    return peak


def test_the_full_batch_is_not_copied():
    assert peak_memory() < 0.5
    assert peak_memory(batch_size=1000, rng=new_rng()) < 0.5
    assert peak_memory(batch_size=900) < 0.5  # neither are batches in order
    assert peak_memory(batch_size=900, rng=new_rng()) > 0.8  # shuffled ones are: this is measured


# What is recorded


def test_the_cost_is_the_weighted_mean_before_each_update():
    network = new_network()
    history = train(network, X, LABELS, GradientDescent(0.5), 1, 4)
    by_hand = new_network()
    first = by_hand.backprop(X[:4], LABELS[:4])
    by_hand.theta[...] -= 0.5 * first.theta
    second = by_hand.cost(X[4:], LABELS[4:])
    assert_allclose(history.cost, [(4 * first.cost + 3 * second) / 7], rtol=1e-14)


def test_with_full_batches_the_cost_is_the_one_at_the_start_of_the_epoch():
    start, network = new_network(), new_network()
    history = train(network, X, LABELS, GradientDescent(0.5), 1)
    assert_allclose(history.cost, [start.cost(X, LABELS)], rtol=1e-14)
    more = train(network, X, LABELS, GradientDescent(0.5), 5)
    assert np.all(np.diff(history.cost + more.cost) < 0)


def test_step_sizes_are_recorded_and_counted_from_epoch_zero():
    history = train(new_network(), X, LABELS, GradientDescent(halving(0.8)), 3, 2)
    assert history.step_size == [0.8, 0.4, 0.2]
    assert train(new_network(), X, LABELS, HeavyBall(0.3, 0.5), 2).step_size == [0.3, 0.3]


def test_validation_is_measured_after_every_epoch():
    network, again = new_network(), new_network()
    validation = OTHER_X, OTHER_LABELS
    history = train(network, X, LABELS, GradientDescent(0.5), 3, validation=validation)
    for cost, accuracy in zip(history.validation_cost, history.validation_accuracy, strict=True):
        train(again, X, LABELS, GradientDescent(0.5), 1)
        assert_allclose(cost, again.cost(*validation), rtol=1e-12)
        assert accuracy == again.accuracy(*validation)
    assert len(history.validation_cost) == 3


def test_history_looks_at_the_network_as_it_is_now():
    network = new_network()
    history = train(network, X, LABELS, GradientDescent(0.5), 3)
    assert history.epochs == 3 and history.reason == "epochs"
    assert history.validation_cost == history.validation_accuracy == []
    assert_array_equal(history.losses(), network.losses(X, LABELS))
    assert history.accuracy() == network.accuracy(X, LABELS)
    network.theta[...] = 0
    assert_allclose(history.losses(), np.log(2), rtol=1e-15)


# When to stop


def stopped(stop, epochs=500, validation=None):
    """Train until the rule stops it."""
    return train(
        new_network(), X, LABELS, GradientDescent(1.0), epochs, stop=stop, validation=validation
    )


def recorded(cost=(), validation_cost=(), validation_accuracy=()):
    """A history with invented numbers, on data that an untrained network gets half right."""
    network = new_network()
    network.theta[...] = 0
    return History(
        network,
        X[:4],
        np.eye(2)[[0, 1, 0, 1]],
        list(cost),
        [],
        list(validation_cost),
        list(validation_accuracy),
    )


def test_all_losses_below_looks_at_every_sample_after_the_epoch():
    history = stopped(all_losses_below(0.3))
    assert history.reason == "all losses below 0.3"
    assert 1 < history.epochs < 500
    assert history.losses().max() < 0.3
    one_less = stopped(None, history.epochs - 1)
    assert one_less.losses().max() >= 0.3
    assert stopped(all_losses_below(0.3), history.epochs - 1).reason == "epochs"


def test_all_losses_below_wants_them_below_and_not_equal():
    history = recorded()
    highest = history.losses().max()
    assert all_losses_below(highest)(history) is None
    assert all_losses_below(np.nextafter(highest, 1))(history) is not None


def test_accuracy_at_least_looks_at_the_training_data():
    history = stopped(accuracy_at_least(1))
    assert history.reason == "accuracy at least 1"
    assert history.accuracy() == 1
    assert stopped(None, history.epochs - 1).accuracy() < 1


def test_accuracy_at_least_looks_at_the_validation_data_where_there_are_any():
    assert accuracy_at_least(0.5)(recorded()) == "accuracy at least 0.5"
    assert accuracy_at_least(0.51)(recorded()) is None
    assert accuracy_at_least(0.5)(recorded(validation_accuracy=[0.9, 0.4])) is None
    assert accuracy_at_least(0.9)(recorded(validation_accuracy=[0.4, 0.9])) is not None


@pytest.mark.parametrize(
    ("cost", "epochs", "stops"),
    [
        ([5, 4, 3], 1, False),
        ([5, 4, 4], 1, True),
        ([5, 4, 6], 1, True),
        ([5, 4, 6], 2, False),
        ([5, 4, 6, 5], 2, True),
        ([5, 4, 6, 3], 2, False),
        ([5], 1, False),
    ],
)
def test_no_gain_for_counts_the_epochs_since_the_lowest_cost(cost, epochs, stops):
    reason = f"no gain for {epochs} epochs" if stops else None
    assert no_gain_for(epochs)(recorded(cost)) == reason
    assert no_gain_for(epochs)(recorded([9, 8, 7, 6], validation_cost=cost)) == reason


@given(st.lists(st.integers(0, 9), min_size=1, max_size=12), st.integers(1, 5))
def test_no_gain_means_that_the_last_epochs_were_not_below_the_earlier_ones(cost, epochs):
    earlier, last = cost[:-epochs], cost[-epochs:]
    stops = bool(earlier) and min(last) >= min(earlier)
    assert (no_gain_for(epochs)(recorded(cost)) is not None) == stops


@given(st.integers(0, 100), st.floats(0.1, 3), st.floats(0.01, 1))
def test_rules_stop_exactly_when_the_measured_value_has_passed_theirs(seed, threshold, value):
    history = recorded()
    history.network.theta[...] = new_rng(seed).standard_normal(17)
    losses = history.network.losses(history.X, history.Y)
    assert (all_losses_below(threshold)(history) is not None) == bool(np.all(losses < threshold))
    reached = history.network.accuracy(history.X, history.Y) >= value
    assert (accuracy_at_least(value)(history) is not None) == reached


def test_no_gain_for_ends_training():
    history = stopped(no_gain_for(2), validation=(OTHER_X, 1 - OTHER_LABELS))
    lowest = int(np.argmin(history.validation_cost))
    assert history.epochs == lowest + 3
    assert history.reason == "no gain for 2 epochs"


def test_any_function_of_the_history_can_stop():
    asked = []

    def stop(history):
        asked.append((history.epochs, len(history.validation_cost), len(history.step_size)))
        return "enough" if history.epochs == 3 else ""

    history = stopped(stop, validation=(OTHER_X, OTHER_LABELS))
    assert asked == [(1, 1, 1), (2, 2, 2), (3, 3, 3)]
    assert history.reason == "enough" and history.epochs == 3


# Interruptions and failures


def test_an_interruption_returns_what_has_been_trained():
    network, expected = new_network(), new_network()
    history = train(network, X, LABELS, Stubborn(0.5, steps=8), 10, 2)  # 4 steps an epoch
    assert history.reason == "interrupted"
    assert history.epochs == len(history.step_size) == 2
    assert history.network is network
    two_epochs = train(expected, X, LABELS, GradientDescent(0.5), 2, 2)
    assert_allclose(history.cost, two_epochs.cost, rtol=1e-11)
    assert_allclose(network.theta, expected.theta, rtol=1e-11)


def test_steps_of_an_interrupted_epoch_are_kept():
    network, expected = new_network(), new_network()
    history = train(network, X, LABELS, Stubborn(0.5, steps=1), 10, 4)
    train(expected, X[:4], LABELS[:4], GradientDescent(0.5), 1)
    assert history.epochs == 0 and history.reason == "interrupted"
    assert_allclose(network.theta, expected.theta, rtol=1e-11)
    assert train(network, X, LABELS, GradientDescent(0.5), 2).reason == "epochs"


def test_other_failures_of_an_optimizer_are_not_hidden():
    class Broken(GradientDescent):
        def step(self, theta, gradient, epoch=0):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        train(new_network(), X, LABELS, Broken(0.5), 1)


@pytest.mark.parametrize(
    ("gamma", "where"),
    [
        (1e200, r"epoch 2, step 1, with step size gamma = 1e\+200"),
        (lambda epoch: [1e-3, 1e160][epoch], r"epoch 2, step 2, with step size gamma = 1e\+160"),
    ],
)
def test_a_cost_that_becomes_infinite_names_the_step_and_its_size(gamma, where):
    network = Network([1, 1], output=identity, rng=new_rng())
    size = 2 if np.isscalar(gamma) else 1
    with pytest.raises(FloatingPointError, match=f"the cost became inf in {where}"):
        train(network, [[1.0], [2.0]], [1.0, 0.0], GradientDescent(gamma), 9, size)


def test_a_cost_that_is_no_number_is_an_error_too():
    network = new_network()
    network.theta[0] = np.nan
    with pytest.raises(ValueError, match=r"^theta must be finite"):
        train(network, X, LABELS, GradientDescent(0.5), 1)


class Interrupted(GradientDescent):
    """Gradient descent that is interrupted while the second epoch is recorded."""

    def step_size(self, epoch=0):
        if epoch == 1 and len(self.history.validation_cost) == 2:
            raise KeyboardInterrupt
        return super().step_size(epoch)


def test_an_interruption_between_two_records_leaves_lists_of_one_length():
    optimizer = Interrupted(0.5)
    validation = OTHER_X, OTHER_LABELS

    def remember(history):
        optimizer.history = history

    history = train(new_network(), X, LABELS, optimizer, 9, stop=remember, validation=validation)
    lists = history.cost, history.step_size, history.validation_cost, history.validation_accuracy
    assert [len(values) for values in lists] == [1, 1, 1, 1]
    assert history.epochs == 1 and history.reason == "interrupted"


# Validation


@pytest.mark.parametrize("epochs", [1, 40])
def test_the_best_parameters_are_kept_on_request(epochs):
    validation = OTHER_X, 1 - OTHER_LABELS
    settings = {"validation": validation, "rng": None, "batch_size": 2}
    usual, best = new_network(), new_network()
    history = train(usual, X, LABELS, HeavyBall(2.0, 0.3), epochs, **settings)
    kept = train(best, X, LABELS, HeavyBall(2.0, 0.3), epochs, **settings, keep_best=True)
    assert kept.validation_cost == history.validation_cost
    assert best.cost(*validation) == min(history.validation_cost)
    again = new_network()
    lowest = int(np.argmin(history.validation_cost)) + 1
    train(again, X, LABELS, HeavyBall(2.0, 0.3), lowest, **settings)
    assert_array_equal(best.theta, again.theta)
    assert (lowest < epochs) == (epochs > 1)  # the last epoch is not the best one


def test_the_best_parameters_are_kept_also_when_interrupted():
    network, validation = new_network(), (OTHER_X, 1 - OTHER_LABELS)
    history = train(network, X, LABELS, Stubborn(2.0, 7), 9, validation=validation, keep_best=True)
    assert history.reason == "interrupted" and history.epochs == 7
    assert network.cost(*validation) == min(history.validation_cost)


def test_of_equally_good_parameters_the_earliest_are_kept():
    networks = [Network([1, 1], output=identity, bias=False, rng=new_rng()) for _ in range(2)]
    settings = {"validation": ([[0.0]], [1.0]), "keep_best": True}  # at 0 no weight matters
    for network, epochs in zip(networks, (1, 3)):
        train(network, [[1.0]], [5.0], GradientDescent(0.1), epochs, **settings)
    assert_array_equal(networks[0].theta, networks[1].theta)


def test_a_regression_has_a_validation_cost_and_no_accuracy():
    network = Network([2, 1], output=identity, rng=new_rng())
    weights = 150 + 10 * X[:, 0]
    history = train(
        network, X, weights, GradientDescent(0.1), 3, validation=(OTHER_X, 150 + OTHER_X[:, 0])
    )
    assert len(history.validation_cost) == 3 and history.validation_accuracy == []
    with pytest.raises(ValueError, match=r"^Y must be from 0 to 1 for an accuracy"):
        history.accuracy()


# What is shown


def test_nothing_is_printed_unless_asked_for(capfd):
    train(new_network(), X, LABELS, GradientDescent(0.5), 3)
    assert capfd.readouterr() == ("", "")


def test_a_progress_bar_is_shown_on_request(capfd):
    history = train(new_network(), X, LABELS, GradientDescent(0.5), 3, progress=True)
    out, bar = capfd.readouterr()
    assert history.epochs == 3
    assert out == "" and "3/3" in bar and "epoch" in bar


@pytest.fixture
def pyplot():
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    yield plt
    plt.close("all")


def test_the_plot_shows_the_cost_of_every_epoch(pyplot):
    history = train(new_network(), X, LABELS, GradientDescent(0.5), 3)
    ax = history.plot()
    (line,) = ax.lines
    assert_array_equal(line.get_xydata(), np.column_stack([[1, 2, 3], history.cost]))
    assert ax.get_xlabel() == "epoch" and ax.get_ylabel() == "cost"
    assert len(ax.get_legend().get_texts()) == 1
    ax.figure.savefig(io.BytesIO())


def test_the_plot_shows_the_validation_where_there_is_one(pyplot):
    validation = OTHER_X, OTHER_LABELS
    history = train(new_network(), X, LABELS, GradientDescent(0.5), 3, validation=validation)
    given_ax = pyplot.figure().add_subplot()
    assert history.plot(given_ax) is given_ax
    assert len(pyplot.get_fignums()) == 1
    training, after = given_ax.lines
    assert_array_equal(training.get_ydata(), history.cost)
    assert_array_equal(after.get_xydata(), np.column_stack([[1, 2, 3], history.validation_cost]))
    labels = [text.get_text() for text in given_ax.get_legend().get_texts()]
    assert re.search("training", labels[0]) and re.search("validation", labels[1])
    assert training.get_linestyle() != after.get_linestyle()  # not told apart by colour alone


# Learning


def test_two_hidden_layers_of_three_learn_the_easy_xor():
    points, y = datasets.xor_easy()
    network = Network([2, 3, 3, 1], init=glorot_uniform(4.0), rng=np.random.default_rng(1))
    history = train(
        network, points, y, GradientDescent(0.8), 5000, 1, new_rng(), all_losses_below(0.04)
    )
    assert history.reason == "all losses below 0.04"
    assert history.accuracy() == 1


def test_one_epoch_of_digits_reaches_88_percent_on_unseen_ones():
    digits = datasets.mnist()
    train_rows, test_rows = (
        datasets.as_rows(images, np.float32) for images in (digits.train_images, digits.test_images)
    )
    network = Network(
        [784, 200, 10], output=softmax, cost=cross_entropy, rng=new_rng(), dtype=np.float32
    )
    train(network, train_rows, digits.train_labels, GradientDescent(0.1), 1, 32, new_rng())
    assert network.accuracy(test_rows, digits.test_labels) >= 0.88
