"""Johnson: the cases of his lines, and the checks longer than a line."""

from functools import cache, reduce

import numpy as np
import sympy as sp

from ledger.tools import cached, cases, equal, gradient, jacobian
from nnlab import (
    Network,
    cross_entropy,
    identity,
    l2,
    logistic_loss,
    relu,
    sigmoid,
    softmax,
)

# Section 1: a network as a composition of layers.


def layer(n):
    """Return f_i(w_i, a) = sigma(W a + b); w_i holds W row by row, then b."""

    def f(w, a):
        W, b = w[:-n].reshape(n, -1), w[-n:]
        return sigmoid(W @ a + b)

    return f


def by_layers(net, parts):
    """Return nnlab's gradient, or its parameters, as Johnson's w_i."""
    pairs = zip(parts.weights, parts.biases)
    return tuple(np.concatenate([W.ravel(), b]) for W, b in pairs)


def backward(f, w, a, v):
    """Return dJ/dw_1, ..., dJ/dw_k; v is the derivative by a_k."""
    found = ()
    for i in range(len(f), 0, -1):
        by_w = jacobian(lambda u, i=i: f[i - 1](u, a[i - 1]), w[i - 1])
        by_a = jacobian(lambda u, i=i: f[i - 1](w[i - 1], u), a[i - 1])
        found, v = (by_w.T @ v, *found), by_a.T @ v
    return found


@cached
def networks(depths=(2, 3, 1)):
    """Yield a network with 1 to 3 layers, its f_i and w_i, an input and data.

    activations: a_0 to a_k by nnlab's trace; output: its forward pass.
    """
    for rng, sizes, m in cases():
        for k in depths:
            net = Network(sizes[: k + 1], rng=rng)
            net.theta = rng.uniform(-2, 2, net.theta.size)
            f = [layer(n) for n in net.sizes[1:]]
            w = [*by_layers(net, net)]
            X = rng.standard_normal((m, sizes[0]))
            Y = rng.random((m, sizes[k]))
            for x in X:
                case = dict(net=net, f=f, w=w, X=X, Y=Y, x=x, k=k, m=m)
                case |= dict(activations=net.trace(x)[1], output=net.forward(x))
                case["at_output"] = by_layers(net, net.backprop([x], Y[:1]))
                yield dict(case, sizes=net.sizes)


@cache
def batches():
    """Yield each network once, with R(w) and derivatives of J by each w_i.

    per_sample and dR are nnlab's, dJ complex steps through J with half the
    squares as the loss; surprise is a loss that tells target and output apart.
    """
    found = []
    for case in networks():
        if not found or found[-1]["net"] is not case["net"]:
            found.append({**case, **derivatives(case)})
    return found


def derivatives(case):
    """Return what `batches` adds to a network."""
    net, f, w, X, Y, k = (
        case[name] for name in ("net", "f", "w", "X", "Y", "k")
    )

    def R(w):
        parts = zip(w, net.sizes[1:])
        return 0.3 / 2 * sum(np.sum(w_i[:-n] ** 2) for w_i, n in parts)

    def J(i, w_i):
        moved = [*w[:i], w_i, *w[i + 1 :]]
        outputs = [full(f, moved, x) for x in X]
        return np.sum((np.array(outputs) - Y) ** 2) / 2 + R(moved)

    samples = [
        by_layers(net, net.backprop(X[[j]], Y[[j]])) for j in range(len(X))
    ]
    return dict(
        R=R,
        surprise=lambda y, a: -np.sum(y * np.log(a)),
        surprises=cross_entropy(net.forward(X), Y),
        dJ=tuple(gradient(lambda u, i=i: J(i, u), w[i]) for i in range(k)),
        per_sample=[[parts[i] for parts in samples] for i in range(k)],
        dR=[
            np.append(0.3 * net.weights[i].ravel(), 0 * net.biases[i])
            for i in range(k)
        ],
    )


def composed(f):
    """Return f_k o ... o f_2 o f_1."""
    return reduce(lambda inner, f_i: lambda x: f_i(inner(x)), f)


def full(f, w, x):
    """Return f_k(w_k, f_{k-1}(w_{k-1}, ... f_1(w_1, x) ...))."""
    return f[-1](w[-1], full(f[:-1], w[:-1], x)) if f else x


def recursion(f, w, x):
    """Return y = a_k by a_i = f_i(w_i, a_{i-1}) for i = 1, ..., k."""
    a = {0: x}
    for i in range(1, len(f) + 1):
        a[i] = f[i - 1](w[i - 1], a[i - 1])  # Python counts f and w from 0
    return a[len(f)]


def recursion_as_printed(f, w, x):
    """The same with a_{i+1} on the left, for every i that is needed for a_k."""
    a = {0: x}
    for i in range(1, len(f)):
        a[i + 1] = f[i - 1](w[i - 1], a[i - 1])
    return a[len(f)]


@cache
def one_sample_losses():
    """Yield a target and an output, both distributions."""
    found = []
    for rng, (_, _, _, n), m in cases():
        targets = rng.dirichlet(np.ones(n + 1), m)
        outputs = softmax(rng.standard_normal((m, n + 1)))
        found += [dict(y=y, a=a) for y, a in zip(targets, outputs)]
    return found


@cached
def penalties():
    """Yield weights, and what nnlab's l2 adds to the cost."""
    for case in networks():
        sizes, X, Y = case["sizes"], case["X"], case["Y"]
        plain = Network(sizes, bias=False)
        tamed = Network(sizes, bias=False, regularizer=l2(0.3))
        w = [W.ravel() for W in case["net"].weights]
        plain.theta = tamed.theta = np.concatenate(w)
        yield dict(w=w, added=tamed.cost(X, Y) - plain.cost(X, Y))


def minimizer(form):
    """The best of many against the solved ridge regression; no uniqueness."""
    for rng, (n, *_), m in cases():
        X, y = rng.standard_normal((m, n)), rng.standard_normal(m)

        def J(w, X=X, y=y):
            return np.sum((y - X @ w) ** 2) / 2 + 0.3 / 2 * np.sum(w**2)

        best = np.linalg.solve(X.T @ X + 0.3 * np.eye(n), X.T @ y)
        equal(gradient(J, best), np.zeros(n))
        near = best + 0.1 * rng.standard_normal((20, n))
        equal(form(J, [*near[:10], best, *near[10:]]), best)

    # Not unique: renumber the hidden units.
    case = networks()[0]
    net, X, Y = case["net"], case["X"], case["Y"]
    other = net.at(renumbered(net))
    assert not np.allclose(other.theta, net.theta)
    equal(other.cost(X, Y), net.cost(X, Y))

    # No minimizer: inputs 1 and -1 with scores (-t x, t x), classes 1 and 0.
    x, labels = np.array([1.0, -1.0]), [1, 0]
    t = np.arange(1.0, 15.0)
    J = [logistic_loss(np.outer(x, [-s, s]), labels).sum() for s in t]
    assert np.all(np.diff(J) < 0) and min(J) > 0


def renumbered(net):
    """Return the parameters of a network with its hidden units in turn."""
    W, V, b, c = *net.weights, *net.biases
    order = np.roll(np.arange(len(b)), 1)
    return np.concatenate([W[order].ravel(), b[order], V[:, order].ravel(), c])


def nonconvex(form):
    """Height above the chord: exact for a quadratic; the sign for networks."""
    for rng, (n, *_), m in cases():
        A = rng.standard_normal((n, n))
        u, v = rng.standard_normal((2, n))
        expected = -np.sum((A @ (u - v)) ** 2) / 8
        equal(form(lambda w, A=A: np.sum((A @ w) ** 2) / 2, u, v), expected)

        # Hidden units: the targets are met exactly at both ends.
        net = Network([n, 3, 2], rng=rng)
        X = rng.standard_normal((m, n))
        Y = net.forward(X)

        def J(theta, net=net, X=X, Y=Y):
            return net.at(theta).cost(X, Y)

        assert form(J, net.theta, renumbered(net)) > 1e-6 > J(renumbered(net))

        # No hidden units and the logistic loss: convex.
        flat = Network([n, 3], output=identity, cost=logistic_loss, rng=rng)
        labels = rng.integers(0, 3, m)
        u, v = rng.standard_normal((2, flat.theta.size))
        assert (
            form(lambda t, f=flat, X=X, y=labels: f.at(t).cost(X, y), u, v) < 0
        )


def corners(form):
    """At a corner: slopes from 0 to 1 for relu, no slope at all for -relu."""
    t = np.array([-1.0, 1.0])
    for slope in np.linspace(-2, 2, 41):
        assert np.all(relu(t) >= slope * t) == (0 <= slope <= 1)
        assert not np.all(-relu(t) >= slope * t)


# Section 2: the softmax. Johnson's samples are columns.


@cached
def vectors():
    """Yield n scores, n from 2 to 6, with the Jacobian J of nnlab's softmax.

    along is its derivative along a vector z, both by complex steps; other is
    the Jacobian of another layer.
    """
    for rng, (n, *_), _ in cases():
        x, z = rng.standard_normal((2, n))
        W = rng.standard_normal((n, n))
        case = dict(x=x, z=z, y=softmax(x), J=jacobian(softmax, x))
        case["other"] = jacobian(lambda x, W=W: sigmoid(W @ x), x)
        along = np.imag(softmax(x + 1e-20j * z)) / 1e-20
        yield dict(case, along=along)


@cached
def matrices():
    """Yield X, Y, dY, all (n, m), and dX; Y is the softmax of each column of X.

    dX are complex steps through L = sum of dY o Y.
    """
    for rng, (n, *_), m in cases():
        for columns in (m, n):
            X, dY = rng.standard_normal((2, n, columns))
            dX = gradient(lambda X, dY=dY: np.sum(dY * softmax(X.T).T), X)
            case = dict(X=X, Y=softmax(X.T).T, dY=dY, dX=dX)
            yield dict(case, n=n, m=columns)


def jacobian_at(x):
    """Return the Jacobian of the softmax, by complex steps."""
    return jacobian(softmax, x)


def in_symbols(form):
    """Proved for three scores: SymPy differentiates the softmax.

    With t = e^x, d/dx_j is t_j d/dt_j.
    """
    t = np.array(sp.symbols("t1:4", positive=True))
    y = t / sum(t)
    for i, j in np.ndindex(3, 3):
        assert sp.cancel(form(t, i, j) - t[j] * sp.diff(y[i], t[j])) == 0


class Number:
    """A number that counts the additions and products made with it."""

    operations = 0

    def __init__(self, value):
        self.value = value

    def __add__(self, other):
        Number.operations += 1
        return Number(self.value + other.value)

    def __mul__(self, other):
        Number.operations += 1
        return Number(self.value * other.value)


@cached
def counts():
    """Yield the operations of the column sums, and of the full product."""
    counted = np.vectorize(Number, otypes=[object])
    for case in matrices():
        n, m = case["n"], case["m"]
        terms = counted(case["Y"] * case["dY"])
        square = counted(np.ones((n, n)))
        Number.operations = 0
        sums = np.sum(terms, axis=0)
        few, Number.operations = Number.operations, 0
        repeated = np.sum(square[:, :, None] * terms, axis=1)
        for row in repeated:
            equal([s.value for s in row], [s.value for s in sums])
        yield dict(n=n, m=m, few=few, many=Number.operations)


# Section 3: the cross-entropy.


@cached
def distributions():
    """Yield positive distributions q, p, and derivatives of H by each."""
    for rng, (n, *_), _ in cases():
        q, p = rng.dirichlet(np.ones(n), 2)
        case = dict(q=q, p=p, divergence=np.sum(q * np.log(q / p)))
        case["dH_dq"] = gradient(lambda q, p=p: cross_entropy(p, q), q)
        case["dH_dp"] = gradient(lambda p, q=q: cross_entropy(p, q), p)
        case["in_bits"] = gradient(lambda p, q=q: -np.sum(q * np.log2(p)), p)
        yield case


@cached
def classified():
    """Yield one-hot targets, outputs of 20 models, likelihoods of labels."""
    for rng, (n, k, *_), m in cases():
        X, labels = rng.standard_normal((m, n)), rng.integers(0, k, m)
        models = rng.standard_normal((20, k, n))
        outputs = [softmax(X @ W.T) for W in models]
        likelihoods = [np.prod(p[np.arange(m), labels]) for p in outputs]
        losses = [logistic_loss(X @ W.T, labels).sum() for W in models]
        case = dict(q=np.eye(k)[labels], outputs=outputs, losses=losses)
        yield dict(case, likelihoods=np.array(likelihoods))


def cross_entropy_slope(p, q):
    """Return the derivative by the scores of p, one row for each target."""
    z = np.log(np.maximum(p, 1e-300))
    return logistic_loss.gradient(np.broadcast_to(z, np.shape(q)), q)


def one_hot_target(form):
    """q is a distribution, and H(q, p) is -log of the label's probability."""
    for rng, (_, k, *_), m in cases():
        y = rng.integers(1, k + 1, m + k)  # labels from 1 to k
        for j, p in enumerate(rng.dirichlet(np.ones(k), m + k)):
            q = np.array(form(y, j, k))
            equal(q.sum(), 1.0)
            equal(cross_entropy(p, q), -np.log(p[y[j] - 1]))
