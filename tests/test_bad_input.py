"""Bad input: the right kind of error, a message that names the argument, nothing changed."""

from types import SimpleNamespace

import numpy as np
import pytest

import nnlab as nn
from nnlab._validation import finite_real, names_classes

NAN, INF = np.nan, np.inf


@pytest.fixture
def given(problem, rng):
    """A working example, of which every case spoils one argument."""
    optimizer, phi = nn.HeavyBall(0.1, 0.5), np.ones(17)
    optimizer.step(np.zeros(17), phi)
    return SimpleNamespace(optimizer=optimizer, rng=rng, single=nn.Network([2, 1]), **vars(problem))


def spoiled(array, value):
    """A copy with one bad entry."""
    array = np.array(array, float)
    array.flat[1] = value
    return array


def training(given, **changed):
    """Train the working example, but for the arguments that are changed."""
    usual = {"X": given.X, "Y": given.Y, "optimizer": given.optimizer, "epochs": 2}
    nn.train(given.network, **{**usual, **changed})


def checking(given, **changed):
    """Check the gradient of half the squared length, but for the arguments that are changed."""
    theta = given.network.theta
    usual = {"f": lambda t: (t**2).sum() / 2, "gradient": theta, "theta": theta}
    nn.check_gradient(**{**usual, **changed})


def starting_at(*matrices):
    """An initializer that ignores the sizes."""
    return lambda sizes, rng: [np.zeros(shape) for shape in matrices]


FUNCTIONS = {
    "sigmoid of text": (lambda g: nn.sigmoid("0.5"), TypeError, "^z must hold numbers"),
    "tanh of None": (lambda g: nn.tanh(None), TypeError, "^z must hold numbers"),
    "identity of objects": (lambda g: nn.identity([{}]), TypeError, "^z must hold numbers"),
    "relu of complex numbers": (lambda g: nn.relu([1j]), TypeError, "^z must be real"),
    "slope of relu, complex": (lambda g: nn.relu.derivative(1j), TypeError, "^z must be real"),
    "slope from text": (lambda g: nn.tanh.derivative_from_output("1"), TypeError, "^a must hold"),
    "pullback of another shape": (
        lambda g: nn.sigmoid.pullback([1, 2], [1]),
        ValueError,
        r"^v must have the shape of z, \(2,\), got \(1,\)",
    ),
    "pullback of text": (
        lambda g: nn.relu.pullback([1.0], ["1"]),
        TypeError,
        "^v must hold numbers",
    ),
    "softmax of a number": (lambda g: nn.softmax(1.0), ValueError, r"^z must .* got shape \(\)"),
    "softmax of no scores": (lambda g: nn.softmax([[], []]), ValueError, r"^z must .* \(2, 0\)"),
    "log_softmax of a number": (
        lambda g: nn.log_softmax(1.0),
        ValueError,
        "^z must hold at least one",
    ),
    "jacobian of a number": (
        lambda g: nn.softmax_jacobian(1),
        ValueError,
        "^z must hold at least one",
    ),
    "jvp of another shape": (
        lambda g: nn.softmax_jvp([1, 2, 3], [[1, 2, 3]]),
        ValueError,
        r"^v must have the shape of z, \(3,\), got \(1, 3\)",
    ),
    "quadratic of other shapes": (
        lambda g: nn.quadratic([[1, 2]], [1, 2]),
        ValueError,
        r"^y must have the shape of a, \(1, 2\), got \(2,\)",
    ),
    "quadratic of labels": (lambda g: nn.quadratic([[1, 2]], [1]), ValueError, "^y must have"),
    "quadratic of a number": (
        lambda g: nn.quadratic(1, 1),
        ValueError,
        "^a must have at least one",
    ),
    "cost of text": (lambda g: nn.cross_entropy(["a"], [1]), TypeError, "^p must hold numbers"),
    "target of text": (lambda g: nn.quadratic([1.0], ["a"]), TypeError, "^y must hold numbers"),
    "negative probability": (
        lambda g: nn.cross_entropy([-1, 2], 1),
        ValueError,
        "^p must be at least",
    ),
    "negative p for the gradient": (
        lambda g: nn.cross_entropy.gradient([0.5, -0.5], 0),
        ValueError,
        "^p must be at least 0, got -0.5",
    ),
    "negative p for the target": (
        lambda g: nn.cross_entropy.gradient_target([0.5, -0.5]),
        ValueError,
        "^p must be at least 0, got -0.5",
    ),
    "labels too large": (
        lambda g: nn.cross_entropy([[0.5, 0.5]], [2]),
        ValueError,
        "labels must be from 0 to 1, got 2",
    ),
    "negative labels": (
        lambda g: nn.logistic_loss.gradient([[0.5, 0.5]], [-1]),
        ValueError,
        "labels must be from 0 to 1",
    ),
    "labels with a fraction": (
        lambda g: nn.logistic_loss([[1, 2]], [1.0]),
        ValueError,
        "^y must have",
    ),
    "one_hot of a fraction": (
        lambda g: nn.one_hot([0.0], 2),
        TypeError,
        "^labels must be integers",
    ),
    "one_hot out of range": (
        lambda g: nn.one_hot([0, 5], 5),
        ValueError,
        "^labels must be from 0 to 4",
    ),
    "binary cross-entropy of numbers": (
        lambda g: nn.binary_cross_entropy([0.5, 1.5], [0, 1]),
        ValueError,
        "^a must be from 0 to 1, got 1.5",
    ),
    "binary cross-entropy with a target of two": (
        lambda g: nn.binary_cross_entropy.gradient([0.5, 0.5], [0, 2]),
        ValueError,
        "^y must be from 0 to 1, got 2.0",
    ),
    "l2 of zero": (lambda g: nn.l2(0), ValueError, "^lam must be a positive number, got 0"),
    "l2 of text": (lambda g: nn.l2("0.1"), TypeError, "^lam must be a positive number, got '0.1'"),
    "l2 on text": (lambda g: nn.l2(1)("W"), TypeError, "^W must hold numbers"),
    "gaussian of other entries": (lambda g: nn.gaussian("fan_out"), ValueError, "^entries must be"),
    "glorot of a negative gain": (lambda g: nn.glorot_uniform(-1), ValueError, "^gain must be a"),
    "glorot of True": (lambda g: nn.glorot_uniform(True), TypeError, "^gain must be a"),
}

NETWORKS = {
    "one layer": (lambda g: nn.Network([2]), ValueError, "^sizes must name at least"),
    "no width": (lambda g: nn.Network([2, 0, 1]), ValueError, "^sizes .* at least 1, got 0"),
    "half a unit": (lambda g: nn.Network([2, 1.5]), TypeError, "^sizes .* got 1.5"),
    "hidden by name": (lambda g: nn.Network([2, 1], hidden="relu"), TypeError, "^hidden must have"),
    "output of numpy": (
        lambda g: nn.Network([2, 1], output=np.tanh),
        TypeError,
        "^output must have",
    ),
    "cost by name": (
        lambda g: nn.Network([2, 1], cost="l2"),
        TypeError,
        "^cost must have .* gradient",
    ),
    "regularizer as a number": (
        lambda g: nn.Network([2, 1], regularizer=0.1),
        TypeError,
        "^regularizer must have an attribute gradient, got 0.1",
    ),
    "a seed for a generator": (
        lambda g: nn.Network([2, 1], rng=1),
        TypeError,
        "^rng must be a numpy",
    ),
    "integers": (
        lambda g: nn.Network([2, 1], dtype=int),
        TypeError,
        "^dtype must be float64 or float32",
    ),
    "half precision": (
        lambda g: nn.Network([2, 1], dtype="f2"),
        TypeError,
        "^dtype must be float64",
    ),
    "init of another shape": (
        lambda g: nn.Network([2, 1], init=starting_at((2, 1))),
        ValueError,
        r"^init must give \[\(1, 2\)\], got \[\(2, 1\)\]",
    ),
    "init of too few layers": (
        lambda g: nn.Network([2, 1], init=starting_at()),
        ValueError,
        r"^init must give \[\(1, 2\)\], got \[\]",
    ),
    "at other parameters": (
        lambda g: g.network.at(np.zeros(3)),
        ValueError,
        r"^theta must have the shape of network.theta, \(17,\), got \(3,\)",
    ),
    "at text": (lambda g: g.network.at("theta"), TypeError, "^theta must hold numbers"),
    "a number as theta": (
        lambda g: setattr(g.network, "theta", 0),
        ValueError,
        r"^theta must have the shape of network.theta, \(17,\), got \(\)",
    ),
    "NaN as theta": (
        lambda g: setattr(g.network, "theta", np.full(17, np.nan)),
        ValueError,
        "^theta must be finite",
    ),
    "a theta that float32 cannot hold": (
        lambda g: setattr(nn.Network([2, 1], dtype="f4"), "theta", [1, 1e308, 1]),
        ValueError,
        "^theta must be finite",
    ),
    "a start that float32 cannot hold": (
        lambda g: nn.Network([2, 1], init=lambda *_: [np.full((1, 2), 1e308)], dtype="f4"),
        ValueError,
        "^init must be finite",
    ),
    "two softmaxes": (
        lambda g: nn.Network([2, 3], output=nn.softmax, cost=nn.logistic_loss),
        ValueError,
        "^cost=logistic_loss has its own softmax, .* output=identity .* cost=cross_entropy",
    ),
    "one class": (
        lambda g: nn.Network([2, 1], output=nn.softmax, cost=nn.cross_entropy),
        ValueError,
        "^cost=cross_entropy needs an output for each class, got one; .*=binary_cross_entropy",
    ),
    "one score": (
        lambda g: nn.Network([2, 1], output=nn.identity, cost=nn.logistic_loss),
        ValueError,
        "^cost=logistic_loss needs an output for each class",
    ),
    "complex theta": (
        lambda g: setattr(g.network, "theta", np.zeros(17) + 1j),
        TypeError,
        "^theta must be real",
    ),
}

DATA = {
    "X of text": (lambda g: g.network.forward(["a", "b"]), TypeError, "^X must hold numbers"),
    "complex X": (lambda g: g.network.forward([1j, 1]), TypeError, "^X must be real"),
    "too many features": (
        lambda g: g.network.forward(np.zeros((7, 3))),
        ValueError,
        r"^X must have shape \(m, 2\) with m >= 1, got \(7, 3\)",
    ),
    "one vector too long": (
        lambda g: g.network.predict([1, 2, 3]),
        ValueError,
        "^X must have shape",
    ),
    "transposed X": (lambda g: g.network.cost(g.X.T, g.Y), ValueError, "^X must have shape"),
    "a number for X": (lambda g: g.network.trace(1.0), ValueError, "^X must have shape"),
    "an empty batch": (
        lambda g: g.network.cost(g.X[:0], g.Y[:0]),
        ValueError,
        r"^X must have shape \(m, 2\) with m >= 1, got \(0, 2\)",
    ),
    "NaN in X": (lambda g: g.network.cost(spoiled(g.X, NAN), g.Y), ValueError, "^X must be finite"),
    "infinity in X": (
        lambda g: g.network.forward(spoiled(g.X, INF)),
        ValueError,
        "^X must be finite",
    ),
    "a number that float32 cannot hold": (
        lambda g: nn.Network([2, 1], dtype="f4").forward([1, 1e308]),
        ValueError,
        "^X must be finite",
    ),
    "a target that float32 cannot hold": (
        lambda g: nn.Network([2, 1], dtype="f4").cost([[1, 2]], [1e308]),
        ValueError,
        "^Y must be finite",
    ),
    "accuracy of a regression": (
        lambda g: g.single.accuracy(g.X, 150.0 + g.Y),
        ValueError,
        "^Y must be from 0 to 1 for an accuracy; for other numbers see losses",
    ),
    "targets that are no probabilities": (
        lambda g: nn.Network([2, 1], cost=nn.binary_cross_entropy).cost(g.X, 2 * g.Y),
        ValueError,
        "^Y, for binary_cross_entropy, must be from 0 to 1, got 2.0",
    ),
    **{
        f"NaN in theta: {name}": (
            lambda g, name=name: getattr(g.network.at(spoiled(g.network.theta, NAN)), name)(
                *((g.X,) if name in ("forward", "predict", "trace") else (g.X, g.Y))
            ),
            ValueError,
            "^theta must be finite, got NaN",
        )
        for name in ("forward", "predict", "trace", "accuracy", "losses", "cost")
    },
    "infinity in complex theta": (
        lambda g: g.network.at(spoiled(g.network.theta, INF) + 0j).cost(g.X, g.Y),
        ValueError,
        "^theta must be finite",
    ),
    "one vector with a target": (lambda g: g.network.cost([1, 2], [1]), ValueError, "^X must have"),
    "too few labels": (
        lambda g: g.network.cost(g.X, g.Y[:-1]),
        ValueError,
        r"^Y must have shape \(7, 2\) or integer labels of shape \(7,\), got \(6, 2\)",
    ),
    "labels as floats": (
        lambda g: g.network.backprop(g.X, g.Y.astype(float)),
        ValueError,
        r"^Y must have shape \(7, 2\) or integer labels of shape \(7,\), got \(7,\)",
    ),
    "a label out of range": (
        lambda g: g.network.accuracy(g.X, g.Y + 1),
        ValueError,
        "^labels must be from 0 to 1, got 2",
    ),
    "no probabilities": (
        lambda g: g.network.losses(g.X, np.full((7, 2), 0.6)),
        ValueError,
        "^Y must hold rows of probabilities that sum to one",
    ),
    "negative probabilities": (
        lambda g: g.network.losses(g.X, np.tile([1.5, -0.5], (7, 1))),
        ValueError,
        "^Y must hold rows of probabilities",
    ),
    "labels for numbers": (
        lambda g: nn.Network([2, 3]).cost(g.X, g.Y),
        ValueError,
        r"^Y must have shape \(7, 3\), got \(7,\)",
    ),
    "a row of targets": (lambda g: g.single.cost(g.X, [g.Y]), ValueError, r"^Y must .* \(1, 7\)"),
    "one target for all": (lambda g: g.single.cost(g.X, [1.0]), ValueError, r"^Y must .* \(1, 1\)"),
    "a number for Y": (lambda g: g.single.cost(g.X, 1.0), ValueError, r"^Y must .* got \(\)"),
    "NaN in Y": (
        lambda g: g.single.backprop(g.X, spoiled(g.Y, NAN)),
        ValueError,
        "^Y must be finite",
    ),
    "text in Y": (lambda g: g.single.cost(g.X, ["a"] * 7), TypeError, "^Y must hold numbers"),
    "complex Y": (lambda g: g.single.cost(g.X, g.Y + 1j), TypeError, "^Y must be real"),
    "out as an array": (
        lambda g: g.network.backprop(g.X, g.Y, out=np.zeros(17)),
        TypeError,
        "^out must be a Gradient",
    ),
    "out of another network": (
        lambda g: g.network.backprop(g.X, g.Y, out=g.single.backprop(g.X, g.Y)),
        ValueError,
        "^out must have the shapes of this network's parameters",
    ),
    "out of another network with as many parameters": (
        lambda g: g.network.backprop(
            g.X, g.Y, out=nn.Network([16, 1]).backprop(np.ones((1, 16)), [1.0])
        ),
        ValueError,
        "^out must have the shapes of this network's parameters",
    ),
    "out of another precision": (
        lambda g: g.network.backprop(
            g.X, g.Y, out=g.network.at(g.network.theta.astype("f4")).backprop(g.X, g.Y)
        ),
        TypeError,
        "^out must be a Gradient of float64",
    ),
    "NaN in theta": (
        lambda g: g.network.at(spoiled(g.network.theta, NAN)).backprop(g.X, g.Y),
        ValueError,
        "^theta must be finite",
    ),
    "gradient at complex theta": (
        lambda g: g.network.at(g.network.theta + 0j).backprop(g.X, g.Y),
        TypeError,
        "^theta must be real",
    ),
}

OPTIMIZERS = {
    "no step size": (
        lambda g: nn.GradientDescent(0),
        ValueError,
        "^gamma must be a positive number",
    ),
    "a step size of text": (
        lambda g: nn.HeavyBall("0.1", 0.5),
        TypeError,
        "^gamma must be a",
    ),
    "an infinite step size": (lambda g: nn.GradientDescent(INF), ValueError, "^gamma must be a"),
    "a step size of NaN": (lambda g: nn.GradientDescent(NAN), ValueError, "^gamma must be a"),
    "a step size of True": (
        lambda g: nn.GradientDescent(True),
        TypeError,
        "^gamma must be a",
    ),
    "halving a negative one": (lambda g: nn.halving(-1e-3), ValueError, "^gamma must be a"),
    "alpha of zero": (lambda g: nn.HeavyBall(1, 0), ValueError, "^alpha must be a number above 0"),
    "alpha above one": (lambda g: nn.HeavyBall(1, 1.1), ValueError, "^alpha must be .* at most 1"),
    "another start": (lambda g: nn.HeavyBall(1, 0.5, "one"), ValueError, "^start must be .* 'one'"),
    "beta of one": (lambda g: nn.HeavyBall.classical(1, 1), ValueError, "^beta must be .* got 1"),
    "negative beta": (
        lambda g: nn.HeavyBall.classical(1, -0.1),
        ValueError,
        "^beta must be .* -0.1",
    ),
    "beta of text": (
        lambda g: nn.HeavyBall.classical(1, "0.9"),
        TypeError,
        "^beta must be a number at least 0 and below 1, got '0.9'",
    ),
    "beta of NaN": (lambda g: nn.HeavyBall.classical(1, NAN), ValueError, "^beta must be a number"),
    "eta of zero": (lambda g: nn.HeavyBall.classical(0, 0.5), ValueError, "^eta must be a"),
    "a gradient of another shape": (
        lambda g: g.optimizer.step(g.network.theta, np.zeros(3)),
        ValueError,
        r"^gradient must have the shape of theta, \(17,\), got \(3,\)",
    ),
    "a gradient to broadcast": (
        lambda g: nn.GradientDescent(1).step(g.network.theta, np.ones(1)),
        ValueError,
        "^gradient must have the shape of theta",
    ),
    "another network without reset": (
        lambda g: g.optimizer.step(np.zeros(3), np.zeros(3)),
        ValueError,
        r"^theta must have the shape of the theta of earlier steps \(or call reset\(\)\)",
    ),
    "a schedule that turns negative": (
        lambda g: nn.GradientDescent(lambda epoch: 1 - epoch).step(
            g.network.theta, g.network.theta, 2
        ),
        ValueError,
        r"^gamma\(2\) must be a positive number, got -1",
    ),
}

TRAINING = {
    "no epochs": (lambda g: training(g, epochs=0), ValueError, "^epochs must be .* at least 1"),
    "half an epoch": (
        lambda g: training(g, epochs=0.5),
        TypeError,
        "^epochs must be a whole number",
    ),
    "True epochs": (
        lambda g: training(g, epochs=True),
        TypeError,
        "^epochs must be a whole number",
    ),
    "no batch": (
        lambda g: training(g, batch_size=0),
        ValueError,
        "^batch_size .* from 1 to 7, got 0",
    ),
    "too large a batch": (lambda g: training(g, batch_size=8), ValueError, "^batch_size .* got 8"),
    "a share for a batch": (
        lambda g: training(g, batch_size=0.5),
        TypeError,
        "^batch_size must be",
    ),
    "a seed to shuffle": (
        lambda g: training(g, rng=1, batch_size=2),
        TypeError,
        "^rng must be a numpy.random.Generator",
    ),
    "a step size for an optimizer": (
        lambda g: training(g, optimizer=0.1),
        TypeError,
        "^optimizer must have an attribute step, got 0.1",
    ),
    "no optimizer": (
        lambda g: training(g, optimizer=None),
        TypeError,
        "^optimizer must have an attribute step, got None",
    ),
    "an optimizer without step sizes": (
        lambda g: training(g, optimizer=SimpleNamespace(step=g.optimizer.step)),
        TypeError,
        "^optimizer must have an attribute step_size, got namespace",
    ),
    "a threshold for a rule": (lambda g: training(g, stop=0.04), TypeError, "^stop must have"),
    "the class of an optimizer": (
        lambda g: training(g, optimizer=nn.HeavyBall),
        TypeError,
        r"^optimizer must be an instance, such as HeavyBall\(\.\.\.\), got the class",
    ),
    "a rule without its number": (
        lambda g: training(g, stop=nn.no_gain_for),
        TypeError,
        r"^stop must be a rule with its number, such as no_gain_for\(5\), got <function",
    ),
    "validation without targets": (
        lambda g: training(g, validation=g.X),
        TypeError,
        r"^validation must be a pair \(X, Y\), got ndarray$",
    ),
    "validation with a third part": (
        lambda g: training(g, validation=(g.X, g.Y, g.Y)),
        TypeError,
        r"^validation must be a pair \(X, Y\), got tuple$",
    ),
    "the best of nothing": (
        lambda g: training(g, keep_best=True),
        ValueError,
        "^keep_best needs validation data",
    ),
    "bad training data": (
        lambda g: training(g, X=spoiled(g.X, NAN)),
        ValueError,
        "^X must be finite",
    ),
    "bad labels": (lambda g: training(g, Y=g.Y - 1), ValueError, "^labels must be from 0 to 1"),
    "bad validation samples": (
        lambda g: training(g, validation=(g.X[:, :1], g.Y)),
        ValueError,
        "X must have shape",
    ),
    "bad validation targets": (
        lambda g: training(g, validation=(g.X, g.Y[:3])),
        ValueError,
        "Y must have shape",
    ),
    "a schedule without a size": (
        lambda g: training(g, optimizer=nn.GradientDescent(lambda epoch: 0.0)),
        ValueError,
        r"^gamma\(0\) must be a positive number, got 0.0",
    ),
    "losses below zero": (
        lambda g: nn.all_losses_below(0),
        ValueError,
        "^threshold must be a positive",
    ),
    "more than all right": (lambda g: nn.accuracy_at_least(1.01), ValueError, "^value must be a"),
    "accuracy in text": (lambda g: nn.accuracy_at_least("1"), TypeError, "^value must be a number"),
    "no gain for no epochs": (
        lambda g: nn.no_gain_for(0),
        ValueError,
        "^epochs must be .* at least 1",
    ),
}

CHECKING = {
    "another method": (
        lambda g: checking(g, method="forward"),
        ValueError,
        '^method must be "central" or "complex", got \'forward\'',
    ),
    "no step": (lambda g: checking(g, step=0), ValueError, "^step must be a positive number"),
    "a gradient of another shape": (
        lambda g: checking(g, gradient=np.zeros(3)),
        ValueError,
        r"^gradient must have the shape of theta, \(17,\), got \(3,\)",
    ),
    "a gradient with NaN": (
        lambda g: checking(g, gradient=spoiled(g.network.theta, NAN)),
        ValueError,
        "^gradient must be finite",
    ),
    "parameters with infinity": (
        lambda g: checking(g, theta=spoiled(g.network.theta, INF)),
        ValueError,
        "^theta must be finite",
    ),
    "complex parameters": (
        lambda g: checking(g, theta=g.network.theta + 0j),
        TypeError,
        "^theta must be real",
    ),
    "a function without values": (
        lambda g: checking(g, f=lambda t: NAN),
        ValueError,
        "^f, differentiated numerically, must be finite",
    ),
    "no directions": (
        lambda g: checking(g, directions=0, rng=g.rng),
        ValueError,
        "^directions must be a whole number at least 1, got 0",
    ),
    "directions from nowhere": (
        lambda g: checking(g, directions=3),
        TypeError,
        "^rng must be a numpy",
    ),
}

DATASETS = {
    "no linear points": (
        lambda g: nn.datasets.linear(0, rng=g.rng),
        ValueError,
        "^n must be .* got 0",
    ),
    "points from a seed": (
        lambda g: nn.datasets.linear(5, rng=1),
        TypeError,
        "^rng must be a numpy",
    ),
    "one spiral": (
        lambda g: nn.datasets.spirals(classes=1, rng=g.rng),
        ValueError,
        "^classes must be",
    ),
    "fewer points than spirals": (
        lambda g: nn.datasets.spirals(2, rng=g.rng),
        ValueError,
        "^n must be a whole number at least 3, got 2",
    ),
    "no turns": (lambda g: nn.datasets.spirals(turns=0, rng=g.rng), ValueError, "^turns must be"),
    "negative noise": (
        lambda g: nn.datasets.spirals(noise=-1, rng=g.rng),
        ValueError,
        "^noise must be",
    ),
    "spirals from a seed": (
        lambda g: nn.datasets.spirals(rng=1),
        TypeError,
        "^rng must be a numpy",
    ),
    "rows for images": (
        lambda g: nn.datasets.as_rows(np.zeros((2, 4))),
        ValueError,
        r"^images must have shape \(m, height, width\), got \(2, 4\)",
    ),
    "images of text": (
        lambda g: nn.datasets.as_rows([[["a"]]]),
        TypeError,
        "^images must hold numbers",
    ),
    "too bright": (
        lambda g: nn.datasets.as_rows([[[256]]]),
        ValueError,
        "^images must .* 0 to 255",
    ),
    "darker than black": (
        lambda g: nn.datasets.as_rows([[[-1.0]]]),
        ValueError,
        "^images must hold",
    ),
    "grey value NaN": (lambda g: nn.datasets.as_rows([[[NAN]]]), ValueError, "^images must hold"),
}

GROUPS = {
    "functions": FUNCTIONS,
    "networks": NETWORKS,
    "data": DATA,
    "optimizers": OPTIMIZERS,
    "training": TRAINING,
    "checking": CHECKING,
    "datasets": DATASETS,
}
CASES = [
    pytest.param(*case, id=f"{group}: {name}")
    for group, cases in GROUPS.items()
    for name, case in cases.items()
]


@pytest.mark.parametrize(("use", "kind", "message"), CASES)
def test_bad_input_is_refused_by_name_and_changes_nothing(given, use, kind, message):
    watched = [given.network.theta, given.single.theta, given.X, given.Y, given.optimizer.phi]
    kept, state = [array.copy() for array in watched], given.rng.bit_generator.state
    with pytest.raises(kind, match=message):
        use(given)
    assert all(map(np.array_equal, watched, kept))
    assert given.rng.bit_generator.state == state


def test_a_network_without_a_theta_of_numbers_is_not_trained(given):
    given.network.theta[0] = NAN
    with pytest.raises(ValueError, match=r"^theta must be finite"):
        training(given)


def test_the_limits_themselves_are_good_input(given):
    assert nn.HeavyBall(1, 1).alpha == nn.HeavyBall.classical(1, 0).alpha == 1
    training(given, batch_size=len(given.X), epochs=1)
    training(given, batch_size=1, epochs=1)


def test_good_numbers_are_taken_as_they_are_and_not_copied(given):
    for x in (given.X, given.X.astype(np.float32)):
        assert finite_real(x, "X") is x


@pytest.mark.parametrize(
    ("Y", "expected"),
    [([[0], [1]], True), ([[-0.1], [0.5]], False), ([[0.5], [1.1]], False), ([[5, -5]], True)],
)
def test_a_single_number_that_names_a_class_is_from_zero_to_one(Y, expected):
    assert names_classes(np.array(Y)) is expected
