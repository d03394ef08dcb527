"""Johansen: the cases of his lines, and the checks longer than a line.

As in the document a sample is a column and there are no biases; a batch has one
column per sample, and its cost is the sum over them.
"""

from functools import cache

import numpy as np
import sympy as sp

import nnlab
from ledger.tools import cached, cases, equal, gradient, jacobian, network_of
from nnlab import sigmoid, tanh


def softmax(z):
    """Softmax of every column, or of a vector."""
    return nnlab.softmax(z.T).T


def weights_and_inputs(rng, sizes, m):
    """Weights {1: W1, 2: W2, ...} and m inputs as columns."""
    W = {
        k + 1: rng.standard_normal((sizes[k + 1], sizes[k]))
        for k in range(len(sizes) - 1)
    }
    return W, rng.standard_normal((sizes[0], m))


def distributions(rng, n, m):
    """Targets: m columns that sum to one, the first of them one-hot."""
    y = rng.dirichlet(np.ones(n), m).T
    y[:, 0] = np.eye(n)[0]
    return y


def forward(W, x, g):
    """Weighted inputs {1: z1, ...} and activations {0: x, 1: ...}."""
    z, alpha = {}, {0: x}
    for k in W:
        z[k] = W[k] @ alpha[k - 1]
        alpha[k] = g[k](z[k])
    return z, alpha


@cached
def layers():
    """Yield one layer, with nnlab's network of it."""
    for rng, sizes, m in cases():
        W, x = weights_and_inputs(rng, sizes[:2], m)
        net = network_of([W[1]], None, tanh, nnlab.identity)
        case = dict(W=W[1], x=x, net=net, rows=range(len(W[1])))
        z = np.einsum("ij,js->is", W[1], x)
        yield dict(case, z=z, cols=range(len(x)))


def all_derivatives(W, x, g, J_of_output):
    """The forward pass; derivatives of the cost by complex steps, dz and dW.

    rest[k] is the cost as a function of layer k's weighted inputs.
    """

    def above(k):
        def cost(z):
            for layer in range(k + 1, len(W) + 1):
                z = W[layer] @ g[layer - 1](z)
            return J_of_output(g[len(W)](z))

        return cost

    def J(W):
        return J_of_output(forward(W, x, g)[1][len(W)])

    def dJ_dW(W, k):
        return gradient(lambda changed: J({**W, k: changed}), W[k])

    z, alpha = forward(W, x, g)
    rest = {k: above(k) for k in W}
    dz = {k: gradient(rest[k], z[k]) for k in W}
    case = dict(W=W, x=x, g=g, z=z, alpha=alpha, J=J, dJ_dW=dJ_dW)
    return dict(case, rest=rest, dz=dz, dW={k: dJ_dW(W, k) for k in W})


@cached
def two_layers():
    """Yield Johansen's network on a batch; lib_... is nnlab's, times m.

    stepped: the weights after nnlab's step of gradient descent, rate 1/4.
    """
    for rng, sizes, m in cases():
        W, x = weights_and_inputs(rng, sizes[:3], m)
        g = {1: (sigmoid, tanh)[m % 2], 2: softmax}
        y = distributions(rng, sizes[2], m)
        case = all_derivatives(W, x, g, lambda a, y=y: -np.sum(y * np.log(a)))
        losses = nnlab.softmax, nnlab.cross_entropy
        net = network_of([*W.values()], None, g[1], *losses)
        back = net.backprop(x.T, y.T)
        other = net.at(net.theta.copy())
        nnlab.GradientDescent(0.25 * m).step(other.theta, back.theta)
        case |= dict(y=y, net=net, slope=g[1].derivative(case["z"][1]))
        case |= dict(
            lib_dz={k: m * back.deltas[k - 1].T for k in W},
            lib_dW={k: m * back.weights[k - 1] for k in W},
            traced=tuple(a.T for a in net.trace(x.T)[1]),
            stepped={k: other.weights[k - 1] for k in W},
        )
        yield case


@cached
def deep():
    """Yield three layers without a softmax, and a cost of no special form."""
    for rng, sizes, _ in cases():
        W, x = weights_and_inputs(rng, sizes, 1)
        c = rng.standard_normal(sizes[-1])
        g = {1: sigmoid, 2: tanh, 3: sigmoid}
        case = all_derivatives(
            W, x[:, 0], g, lambda a, c=c: np.sum(c * np.sin(a))
        )
        z, alpha = case["z"], case["alpha"]
        case["slopes"] = {k: g[k].derivative(z[k]) for k in W}
        case["dz_dW"] = {
            k: jacobian(lambda w, k=k, a=alpha: w @ a[k - 1], W[k]) for k in W
        }
        yield case


@cached
def factors():
    """Yield, for one sample, dJ/dz of the scores and dz/dW of all weights."""
    for case in two_layers():
        W, x, g, y = (case[name] for name in ("W", "x", "g", "y"))
        x, y = x[:, 0], y[:, 0]
        one = all_derivatives(W, x, g, lambda a, y=y: -np.sum(y * np.log(a)))
        one["dz_dW"] = {
            k: jacobian(
                lambda w, k=k, W=W, x=x, g=g: forward({**W, k: w}, x, g)[0][2],
                W[k],
            )
            for k in W
        }
        yield one


def outputs(function, targets=lambda rng, n: rng.uniform(0.2, 1.5, n)):
    """Return cases of (1.6): an activation function with positive outputs."""
    found = []
    for rng, sizes, _ in cases():
        z, y = rng.standard_normal(sizes[0]), targets(rng, sizes[0])
        dJ_dz = gradient(lambda z, y=y: -np.sum(y * np.log(function(z))), z)
        case = dict(z=z, y=y, g=function(z), dg=jacobian(function, z))
        found.append(dict(case, dJ_dz=dJ_dz, nodes=range(len(z))))
    return found


@cache
def softmax_outputs():
    """Yield softmax outputs with targets of any sum; dg[j, i] is dg_j/dz_i."""
    return outputs(softmax)


@cache
def sigmoid_outputs():
    """Yield sigmoid outputs with targets of any sum."""
    return outputs(sigmoid)


@cache
def other_outputs():
    """Yield outputs of a function that is neither, with targets of any sum."""
    return outputs(lambda z: np.exp(z + 0.3 * np.roll(z, 1) ** 2))


@cache
def distribution_outputs():
    """Yield softmax outputs with targets that sum to one."""
    return outputs(
        softmax, lambda rng, n: distributions(rng, n, 2)[:, rng.integers(2)]
    )


def in_symbols(form, n=3):
    """Proved for three classes: SymPy differentiates J.

    With e_j = exp(z_j), d/dz_i is e_i d/de_i.
    """
    e = sp.symbols(f"e1:{n + 1}", positive=True)
    y = sp.symbols(f"y1:{n + 1}")
    g = np.array([e_j / sum(e) for e_j in e])
    dg = np.array([[e_i * sp.diff(g_j, e_i) for e_i in e] for g_j in g])
    J = -sum(y_j * sp.log(g_j) for y_j, g_j in zip(y, g))
    for i in (0, n - 1):
        line = form(np.array(y), g, dg, i)
        assert sp.cancel(line - e[i] * sp.diff(J, e[i])) == 0


def errors_downwards(last, W, slopes):
    """(1.11) from the output layer down to layer 1."""
    delta = {len(W): last}
    for k in range(len(W), 1, -1):
        delta[k - 1] = slopes[k - 1] * (W[k].T @ delta[k])
    return delta


def below_a_layer(g):
    """Return cases of (1.10), line 2, for an activation function."""
    found = []
    for rng, (n, k, *_), _ in cases():
        W, z = rng.standard_normal((n, k)), rng.standard_normal(k)
        c = rng.standard_normal(n)

        def J(z, W=W, c=c):
            return np.sum(c * np.sin(W @ g(z)))

        case = dict(dJ_dz=c * np.cos(W @ g(z)), da_dz=jacobian(g, z), k=k)
        case["dz_da"] = jacobian(lambda a, W=W: W @ a, g(z))
        found.append(dict(case, below=gradient(J, z)))
    return found


@cache
def hidden_tanh():
    """Yield the factors below a layer of tanh, by complex steps."""
    return below_a_layer(tanh)


@cache
def hidden_softmax():
    """Yield the same for a softmax in the hidden layer."""
    return below_a_layer(nnlab.softmax)


# Section 1.2: settings and results.


@cache
def epochs():
    """Yield the rate of each epoch, halved by hand, and nnlab's."""
    network = nnlab.Network([2, 1], rng=np.random.default_rng(1))
    optimizer = nnlab.GradientDescent(nnlab.halving(1e-3))
    used = nnlab.train(network, [[0.0, 1.0]], [1.0], optimizer, 8).step_size
    all_rates = sum(nnlab.halving(1e-3)(epoch) for epoch in range(60))
    found, gamma, so_far = [], 1e-3, 0
    for epoch in range(8):
        so_far += gamma
        case = dict(epoch=epoch, gamma=gamma, used=used[epoch])
        found.append(dict(case, share=so_far / all_rates))
        gamma /= 2
    return found


@cached
def starts():
    """Yield nnlab's random weights of both readings over unit Gaussians."""
    for _, (n, fan_in, *_), _ in cases():

        def draw(entries, sizes=(fan_in, n)):
            rng = np.random.default_rng(1)
            return nnlab.gaussian(entries)(sizes, rng)[0]

        ratios = {
            entries: np.mean(draw(entries) / draw(None))
            for entries in ("fan_in", "matrix")
        }
        yield dict(n=n, fan_in=fan_in, ratios=ratios)


def overfitted(rng, regularizer=None):
    """Train on 100 samples of a noisy rule; return also 1000 new samples."""
    rule = rng.standard_normal(20) / np.sqrt(20)

    def samples(n):
        X = rng.standard_normal((n, 20))
        return X, (X @ rule + 0.3 * rng.standard_normal(n) > 0).astype(int)

    training, validation = samples(100), samples(1000)
    losses = nnlab.softmax, nnlab.cross_entropy
    network = nnlab.Network(
        [20, 20, 2], tanh, *losses, False, rng=rng, regularizer=regularizer
    )
    nnlab.train(network, *training, nnlab.GradientDescent(1.0), 150)
    network.regularizer = None
    return network, validation


@cache
def without_regularizer():
    """Return the cost on new samples of three networks, and their accuracy."""
    found = [overfitted(np.random.default_rng(seed)) for seed in range(3)]
    return [(net.cost(*data), net.accuracy(*data)) for net, data in found]


class Regularizer:
    """A regularizer from its gradient, which is all that training uses."""

    def __init__(self, form, lam):
        self.gradient = lambda W: form(lam, W)

    def __call__(self, W):
        return 0.0


def regularization(form):
    """The cost on new samples, without and with it, of three small networks."""
    W = np.arange(6.0).reshape(2, 3)
    equal(form(0.3, W), nnlab.l2(0.3).gradient(W))
    found = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        network, data = overfitted(rng, Regularizer(form, 0.01))
        found.append((network.cost(*data), network.accuracy(*data)))
    before, after = np.mean(without_regularizer(), axis=0), np.mean(found, 0)
    assert 0.61 < before[0] < 0.75  # measured: 0.68
    assert 0.43 < after[0] < 0.53  # measured: 0.48
    assert abs(after[1] - before[1]) < 0.02  # measured: both 0.82


SIGNAL, KERNEL, PLACES, FILTERS = 12, 3, 10, 6
PATTERNS = np.array([[2, -2, 2], [-2, 2, 2], [2, 2, -2]])


def signals(rng, n):
    """Noise of length 12 with one of three patterns at a random place."""
    y = rng.integers(3, size=n)
    X = 0.5 * rng.standard_normal((n, SIGNAL))
    for x, k, place in zip(X, y, rng.integers(PLACES, size=n)):
        x[place : place + KERNEL] += PATTERNS[k]
    return X, y


def band(kernels):
    """The matrix W of a conv layer: each kernel at every place, else zeros."""
    W = np.zeros((len(kernels), PLACES, SIGNAL), kernels.dtype)
    for place in range(PLACES):
        W[:, place, place : place + KERNEL] = kernels
    return W.reshape(-1, SIGNAL)


def conv_layer(form):
    """Complex steps by the kernels; accuracy with and without, three seeds."""
    accuracies = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        data, new = signals(rng, 60), signals(rng, 600)
        losses = nnlab.softmax, nnlab.cross_entropy
        sizes = [SIGNAL, FILTERS * PLACES, 3]
        plain, conv = (
            nnlab.Network(sizes, tanh, *losses, False, rng=rng) for _ in "12"
        )
        kernels = rng.standard_normal((FILTERS, KERNEL)) / np.sqrt(KERNEL)
        votes = rng.standard_normal((3, FILTERS)) / np.sqrt(FILTERS * PLACES)

        def parameters(kernels, votes):
            last = np.repeat(votes, PLACES, axis=1)  # the same at every place
            return np.concatenate([band(kernels).ravel(), last.ravel()])

        for step in range(100):
            conv.theta = parameters(kernels, votes)
            first, last = conv.backprop(*data).weights
            first = first.reshape(FILTERS, PLACES, SIGNAL)
            windows = [first[:, p, p : p + KERNEL] for p in range(PLACES)]
            by_kernels = form(np.array(windows))
            if step == seed == 0:
                true = gradient(
                    lambda kernels, conv=conv, data=data, votes=votes: np.mean(
                        conv.at(parameters(kernels, votes)).losses(*data)
                    ),
                    kernels,
                )
                equal(by_kernels, true)
            kernels -= 0.1 * by_kernels
            votes -= 0.1 * last.reshape(3, FILTERS, PLACES).sum(axis=2)
        nnlab.train(plain, *data, nnlab.GradientDescent(1.0), 100)
        accuracies.append([plain.accuracy(*new), conv.accuracy(*new)])
    plain, conv = np.mean(accuracies, axis=0)
    assert 0.60 < plain < 0.70  # measured: 0.64
    assert 0.73 < conv < 0.84  # measured: 0.78
