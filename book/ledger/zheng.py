"""Zheng (鄭余玄): the cases of the report, and the checks longer than a line.

As in the report a layer is a row and W leads from rows to columns, so that W is
the transpose of nnlab's. L is half the squared error where a loss is needed.
"""

from functools import cache
from itertools import pairwise

import numpy as np

import nnlab
from ledger.tools import cached, cases, equal, gradient, jacobian, network_of
from nnlab import datasets, quadratic, sigmoid

START = nnlab.glorot_uniform(4.0)  # zheng-init


def s(y):
    """Zheng's s: the slope of the sigmoid as a function of its output."""
    return y * (1 - y)


def slope_at(y):
    """The slope of the sigmoid where its argument is y, by a complex step."""
    return np.imag(sigmoid(y + 1e-20j)) / 1e-20


@cache
def numbers():
    """Yield many arguments, and many values between 0 and 1."""
    return [dict(y=np.linspace(-6, 6, 25), a=np.linspace(0.02, 0.98, 25))]


def without_biases(weights):
    """Return nnlab's network with Zheng's matrices, transposed, as weights."""
    return network_of([W.T for W in weights], None)


@cache
def blocks():
    """Yield blocks Z -> Y = sigma(ZW) of one row, all derivatives of a loss.

    Z is the output of a sigmoid, the loss any function of Y. d stands for the
    derivative of L, t for a tilde; dy_dw and the like are Jacobians. All are
    complex steps and use no formula of the report.
    """
    found = []
    for rng, sizes, _ in cases():
        for n, m in pairwise(sizes):
            Zt = rng.standard_normal((1, n))
            W, c = rng.standard_normal((n, m)), rng.standard_normal((1, m))
            found.append(block(Zt, W, c))
    assert {np.sign(b["n"] - b["m"]) for b in found} == {-1, 0, 1}
    return sorted(found, key=lambda b: b["n"] != b["m"])  # square ones first


def block(Zt, W, c):
    """Return one block."""
    n, m = W.shape
    Z, Yt = sigmoid(Zt), sigmoid(Zt) @ W
    Y = sigmoid(Yt)
    z, yt = Z[0], Yt[0]

    def of_Y(Y):
        return np.sum(c * np.sin(Y))

    def of_W(W):
        return of_Y(sigmoid(Z @ W))

    def of_Z(Z):
        return of_Y(sigmoid(Z @ W))

    return dict(
        **dict(n=n, m=m, Z=Z, Zt=Zt, W=W, Yt=Yt, Y=Y, of_W=of_W),
        dW=gradient(of_W, W),
        dZ=gradient(of_Z, Z),
        dY=gradient(of_Y, Y),
        dZt=gradient(lambda Zt: of_Z(sigmoid(Zt)), Zt),
        dYt=gradient(lambda Yt: of_Y(sigmoid(Yt)), Yt),
        dy_dw=jacobian(lambda W: sigmoid(z @ W), W),
        dyt_dw=jacobian(lambda W: z @ W, W),
        dy_dyt=jacobian(sigmoid, yt),
        dy_dz=jacobian(lambda z: sigmoid(z @ W), z),
        dyt_dz=jacobian(lambda z: z @ W, z),
        slopes=jacobian(sigmoid, Zt[0]),
        T=np.cos(np.arange(m))[None, :],
        net=without_biases([W]),
    )


@cached
def batches():
    """Yield a block with many rows, dZ by complex steps and dW by nnlab."""
    for rng, (n, k, *_), m in cases():
        W, Z = rng.standard_normal((n, k)), rng.random((m, n))
        T, net = rng.random((m, k)), without_biases([W])
        dZ = gradient(
            lambda Z, W=W, T=T: np.sum((sigmoid(Z @ W) - T) ** 2) / 2, Z
        )
        case = dict(W=W, Z=Z, T=T, Y=sigmoid(Z @ W), m=m, net=net, dZ=dZ)
        yield dict(case, dW=m * net.backprop(Z, T).weights[0].T)


def recursion(weights, X, T):
    """Return dL/dW of every block, by (4) and (5), summed over the rows."""
    layers = [X]
    for W in weights:
        layers.append(sigmoid(layers[-1] @ W))
    return from_activations(weights, layers, T)


def from_activations(weights, layers, T):
    """Return dL/dW of every block from the activations of all layers."""
    error = (layers[-1] - T) * s(layers[-1])  # dL/dY~ of the last block
    found = [layers[-2].T @ error]  # (5a), over the samples
    for k in range(len(weights) - 1, 0, -1):
        error = (error @ weights[k].T) * s(layers[k])  # (5b)
        found = [layers[k - 1].T @ error] + found
    return tuple(found)


@cached
def depths():
    """Yield networks of 1 to 7 blocks, with nnlab's gradient summed over rows.

    first is the derivative by the first matrix, by complex steps.
    """
    for depth in range(1, 8):
        rng, m = np.random.default_rng(depth), 1 + depth % 3
        sizes = (2, 3, 3, 2, 2, 1, 4, 2)[: depth + 1]
        weights = [rng.standard_normal(shape) for shape in pairwise(sizes)]
        X, T = rng.random((m, sizes[0])), rng.random((m, sizes[-1]))

        def loss(first, weights=weights, X=X, T=T):
            Y = sigmoid(X @ first)
            for W in weights[1:]:
                Y = sigmoid(Y @ W)
            return quadratic(Y, T).sum()

        network = without_biases(weights)
        back = network.backprop(X, T)
        case = dict(weights=weights, X=X, T=T, sizes=sizes, depth=depth)
        case["dW"] = tuple(m * dW.T for dW in back.weights)
        case["layers"] = network.trace(X)[1]
        yield dict(case, first=gradient(loss, weights[0]))


def ends_of_the_recursion(form):
    """Slopes and transposed products, counted; nnlab's gradient comes out."""
    for case in depths():
        weights, layers, T = (case[k] for k in ("weights", "layers", "T"))
        slopes, products, found = 0, 0, []
        error = layers[-1] - T  # the loss begins
        for W, Y, Z in zip(weights[::-1], layers[::-1], layers[-2::-1]):
            error, slopes = error * s(Y), slopes + 1
            found.insert(0, Z.T @ error)
            if Z is not layers[0]:
                error, products = error @ W.T, products + 1
        equal(tuple(found), case["dW"])
        assert form(case["depth"]) == (slopes, products)


def three_tasks(sizes, rng, X, T, steps, rate):
    """Initialize; forward and backward pass, update. Return nnlab's theta."""
    weights = [W.T for W in START(sizes, rng)]
    for _ in range(steps):
        found = recursion(weights, X, T)
        weights = [W - rate * dW for W, dW in zip(weights, found)]
    return np.concatenate([W.T.ravel() for W in weights])


@cached
def trainings():
    """Yield what nnlab's training makes of a start in five epochs."""
    for case in depths()[2:]:
        sizes, X, T, m = *(case[k] for k in ("sizes", "X", "T")), len(case["X"])
        rng = np.random.default_rng(0)
        network = nnlab.Network(sizes, bias=False, init=START, rng=rng)
        optimizer = nnlab.GradientDescent(0.8 * m)  # nnlab takes the mean
        nnlab.train(network, X, T, optimizer, 5)
        yield dict(case, theta=network.theta)


@cached
def draws():
    """Yield widths, and nnlab's many weights between them."""
    for n_in, n_out in [(2, 3), (3, 3), (3, 1), (784, 200)]:
        rng, count = np.random.default_rng(1), 1 + 20_000 // (n_in * n_out)
        W = np.abs([START([n_in, n_out], rng)[0] for _ in range(count)])
        case = dict(n_in=n_in, n_out=n_out, largest=W.max())
        yield dict(case, above_one=np.mean(W > 1))


@cache
def slopes_at_zero():
    """Yield the slope at zero of tanh and of the sigmoid, with some widths."""
    return [
        dict(n_in=n_in, n_out=n_out, slope=np.imag(g(1e-20j)) / 1e-20)
        for g in (nnlab.tanh, sigmoid)
        for n_in, n_out in [(2, 3), (3, 1), (20, 50)]
    ]


# Section 3


def report(seed):
    """Return the report's network, 2-3-3-1, at a random start."""
    rng = np.random.default_rng(seed)
    return nnlab.Network([2, 3, 3, 1], bias=False, init=START, rng=rng)


@cached
def linear_points():
    """Yield 100 points with labels; how many a network of one unit gets."""
    for seed in range(3):
        X, y = datasets.linear(100, rng=np.random.default_rng(seed))
        network = network_of([np.array([[40.0, -40.0]])], None)
        yield dict(X=X, y=y, correct=network.accuracy(X, y))


@cache
def five_epochs():
    """Yield the step divided by the gradient in five epochs on XOR easy."""
    X, y = datasets.xor_easy()
    network, optimizer, found = report(1), nnlab.GradientDescent(0.8), []
    for epoch in range(5):
        before, g = network.theta.copy(), network.backprop(X, y).theta
        nnlab.train(network, X, y, optimizer, 1)
        rate = (before - network.theta) @ g / (g @ g)
        found.append(dict(epoch=epoch, rate=rate))
    return found


@cache
def trained():
    """Yield a run on XOR easy until all losses are below 0.04, at two rates."""
    (X, y), runs = datasets.xor_easy(), {}
    for rate in (0.2, 0.8):
        network, optimizer = report(0), nnlab.GradientDescent(rate * len(X))
        stop = nnlab.all_losses_below(0.04)
        history = nnlab.train(network, X, y, optimizer, 3000, stop=stop)
        runs[rate] = history.epochs
    error = np.abs(network.forward(X)[:, 0] - y).max()
    mean = history.losses().mean()
    return [dict(error=error, mean=mean, slow=runs[0.2], fast=runs[0.8])]


def one_step(weights, X, T):
    """Move all weights at the rate 0.8 along the gradient of the sum."""
    found = recursion(weights, X, T)
    return tuple(W - 0.8 * dW for W, dW in zip(weights, found))


@cached
def experiments():
    """Yield both inputs of section 3: a step of nnlab, then six trainings."""
    linear = datasets.linear(100, rng=np.random.default_rng(1))
    for X, y in (datasets.xor_easy(), linear):
        optimizer = nnlab.GradientDescent(0.8 * len(X))
        stop, epochs = nnlab.all_losses_below(0.04), []
        for seed in range(3):
            network = report(seed)
            weights = [W.T.copy() for W in network.weights]
            nnlab.train(network, X, y, optimizer, 1)
            after = tuple(W.T.copy() for W in network.weights)
            history = nnlab.train(network, X, y, optimizer, 1500, stop=stop)
            if history.reason != "epochs":
                assert history.accuracy() == 1
                epochs.append(history.epochs)
        case = dict(weights=weights, X=X, T=y[:, None], after=after)
        yield dict(case, epochs=epochs)


# Section 4


def chain(x, w, u, v):
    """Return the output of three equal hidden units per layer."""
    return sigmoid(3 * v * sigmoid(3 * u * sigmoid(x @ w)))


@cached
def from_zeros():
    """Yield networks trained from zero weights, and what a unit of each is."""
    linear = datasets.linear(100, rng=np.random.default_rng(1))
    for X, y in (datasets.xor_easy(), linear):
        network = nnlab.Network([2, 3, 3, 1], bias=False, init=nnlab.zeros)
        nnlab.train(network, X, y, nnlab.GradientDescent(0.8), 300)
        w, u, v = (W[0] for W in network.weights)
        assert abs(v[0]) > 0.01 and abs(u[0]) > 1e-4  # they have moved
        case = dict(X=X, network=network, w=w, u=u[0], v=v[0])
        case |= dict(outputs=network.forward(X)[:, 0])
        yield dict(case, worst=network.losses(X, y).max())


@cache
def any_chain():
    """Yield chains with any weights, and inputs far apart."""
    rng = np.random.default_rng(2)
    return [
        dict(x=10 * rng.standard_normal((20, 2)), w=w, u=u[0], v=v[0])
        for w, u, v in zip(*rng.standard_normal((3, 50, 2)))
    ]


@cached
def one_direction():
    """Yield the factor of nnlab's error after five steps, for a curvature."""
    for gamma in (0.1, 0.8, 1.5):
        for curvature in (0.3, 1.0, 4.0):
            theta = np.array([1.0])
            for _ in range(5):
                optimizer = nnlab.GradientDescent(gamma)
                optimizer.step(theta, curvature * theta)
            yield dict(gamma=gamma, curvature=curvature, theta=theta[0])
