"""Johnson, Notes about Neural Networks: every equation and claim, in order."""

from functools import reduce

import numpy as np
import sympy as sp

from ledger import ASSUMES, CLAIM, CORRECT, INCOMPLETE, WRONG, Source
from ledger.tools import cases, equal, gradient, jacobian
from nnlab import (
    Network,
    cross_entropy,
    identity,
    l2,
    logistic_loss,
    relu,
    sigmoid,
    softmax,
    softmax_jacobian,
)

JOHNSON = Source()


# Section 1: a network as a composition of layers.


def layer(n):
    """Return f_i(w_i, a) = sigma(W a + b); w_i holds W row by row, then b."""

    def f(w, a):
        W, b = w[:-n].reshape(n, -1), w[-n:]
        return sigmoid(W @ a + b)

    return f


def networks(depths=(2, 3, 1)):
    """Yield rng, a network with 1 to 3 layers, its f_i and w_i, and data."""
    for rng, sizes, m in cases():
        for k in depths:
            net = Network(sizes[: k + 1], rng=rng)
            net.theta = rng.uniform(-2, 2, net.theta.size)
            f = [layer(n) for n in net.sizes[1:]]
            pairs = zip(net.weights, net.biases)
            w = [np.concatenate([W.ravel(), b]) for W, b in pairs]
            X = rng.standard_normal((m, sizes[0]))
            yield rng, net, f, w, X, rng.random((m, sizes[k]))


def composed(f):
    """Return f_k o ... o f_2 o f_1."""
    return reduce(lambda inner, f_i: lambda x: f_i(inner(x)), f)


@JOHNSON.entry(
    "johnson-1-map",
    "section 1, first display",
    r"f = f_k \circ f_{k-1} \circ \cdots \circ f_1",
    CORRECT,
    r"A definition: $f : \mathbb R^{n_0} \to \mathbb R^{n_k}$ in layers "
    r"$f_i : \mathbb R^{n_{i-1}} \to \mathbb R^{n_i}$. The order looks "
    "reversed and is right: the function that is written last is applied "
    "first, and only so do the widths chain.",
    shapes=r"$x$: $n_0$, output of $f_i$: $n_i$, $f(x)$: $n_k$",
    right=composed,
    mutants={
        "index shifted: f_k is applied first": lambda f: composed(f[::-1]),
        "index shifted: up to f_{k-1}": lambda f: composed(f[:-1]),
        "factor lost: f_1": lambda f: composed(f[1:]),
    },
    equations=("eq-networks-map",),
    names=("Network", "Network.forward"),
    chapter="networks",
)
def composition(form):
    """Composed layers against nnlab's forward pass, 1 to 3 layers."""
    for _, net, f, w, X, _ in networks():
        fixed = [
            lambda a, f_i=f_i, w_i=w_i: f_i(w_i, a) for f_i, w_i in zip(f, w)
        ]
        for x in X:
            equal(form(fixed)(x), net.forward(x))


@JOHNSON.entry(
    "johnson-1-par",
    "section 1, second sentence on",
    r"\text{parameters } w_i \in \mathbb{R}^{d_i} \quad \text{a function } "
    r"\mathbb{R}^{d_i} \times \mathbb{R}^{n_{i-1}} \rightarrow "
    r"\mathbb{R}^{n_i}",
    CORRECT,
    "A definition: a layer is a function of its parameters and of the "
    "activations below. The notes leave the form of a layer open. For a fully "
    "connected one the parameters are all weights and biases in one vector.",
    shapes=r"$w_i$: $d_i$; for a fully connected layer "
    r"$d_i = n_i\,(n_{i-1} + 1)$",
    right=lambda w, a, n: sigmoid(w[:-n].reshape(n, len(a)) @ a + w[-n:]),
    mutants={
        "transpose dropped: weights stored by columns": lambda w, a, n: sigmoid(
            w[:-n].reshape(len(a), n).T @ a + w[-n:]
        ),
        "index shifted: the bias is read first": lambda w, a, n: sigmoid(
            w[n:].reshape(n, len(a)) @ a + w[:n]
        ),
        "factor lost: no room for the bias": lambda w, a, n: sigmoid(
            w.reshape(n, len(a)) @ a
        ),
    },
    equations=("eq-networks-layer-type",),
    names=("Network", "Network.theta"),
    chapter="networks",
)
def parameters(form):
    """One vector w_i per layer against nnlab's theta, layer by layer."""
    for _, net, _, w, X, _ in networks():
        equal(np.concatenate(w), net.theta)
        for x in X:
            a = net.trace(x)[1]
            for i, n in enumerate(net.sizes[1:], 1):
                assert len(w[i - 1]) == n * (net.sizes[i - 1] + 1)
                equal(form(w[i - 1], a[i - 1], n), a[i])


def full(f, w, x):
    """Return f_k(w_k, f_{k-1}(w_{k-1}, ... f_1(w_1, x) ...))."""
    return f[-1](w[-1], full(f[:-1], w[:-1], x)) if f else x


@JOHNSON.entry(
    "johnson-1-full",
    "section 1, second display",
    r"f(w, x) = f_k(w_k, f_{k-1}(w_{k-1}, \cdots f_2(w_2, f_1(w_1, x)) "
    r"\cdots))",
    CORRECT,
    "The composition with the parameters written out. The brackets look "
    "uneven, with two before the dots and two after, and are balanced: the "
    "first two close $f_1$ and $f_2$, the last two $f_{k-1}$ and $f_k$.",
    shapes=r"$w = (w_1, \dots, w_k)$, $x$: $n_0$, $f(w, x)$: $n_k$",
    right=full,
    mutants={
        "index shifted: f_i gets w_{i+1}": lambda f, w, x: full(
            f, w[1:] + w[:1], x
        ),
        "index shifted: f_k is applied first": lambda f, w, x: full(
            f[::-1], w[::-1], x
        ),
        "factor lost: f_1": lambda f, w, x: full(f[1:], w[1:], x),
    },
    equations=("eq-networks-full",),
    names=("Network.forward",),
    chapter="networks",
)
def nested_layers(form):
    """The nested expression against nnlab's forward pass, 1 to 3 layers."""
    for _, net, f, w, X, _ in networks():
        for x in X:
            equal(form(f, w, x), net.forward(x))


@JOHNSON.entry(
    "johnson-1-act",
    'section 1, "the i th activation"',
    r"\text{the output of the } i \text{ th layer as } "
    r"a_i \in \mathbb{R}^{n_i}",
    CORRECT,
    "A definition. It numbers an output as its layer, and with that it "
    "decides how the recursion in the next display has to be read.",
    shapes=r"$a_i$: $n_i$",
    right=lambda f, w, x: [full(f[:i], w[:i], x) for i in range(1, len(f) + 1)],
    mutants={
        "index shifted: the input of layer i": lambda f, w, x: [
            full(f[:i], w[:i], x) for i in range(len(f))
        ],
        "index shifted: one layer on": lambda f, w, x: [
            full(f[: i + 1], w[: i + 1], x) for i in range(1, len(f) + 1)
        ],
        "factor lost: every second layer": lambda f, w, x: [
            full(f[:i:2], w[:i:2], x) for i in range(1, len(f) + 1)
        ],
    },
    equations=("eq-networks-activation",),
    names=("Network.trace",),
    chapter="networks",
)
def activations(form):
    """Outputs of the layers 1 to k against nnlab's trace, value and shape."""
    for _, net, f, w, X, _ in networks():
        for x in X:
            found, a = form(f, w, x), net.trace(x)[1]
            assert len(found) == len(net.sizes) - 1
            for i, n in enumerate(net.sizes[1:], 1):
                assert found[i - 1].shape == (n,)
                equal(found[i - 1], a[i])


def recursion(f, w, x):
    """Return y = a_k by a_i = f_i(w_i, a_{i-1}) for i = 1, ..., k."""
    k, a = len(f), {0: x}
    for i in range(1, k + 1):
        a[i] = f[i - 1](w[i - 1], a[i - 1])  # Python counts f and w from 0
    return a[k]


def recursion_as_printed(f, w, x):
    """The same with a_{i+1} on the left, for every i that is needed for a_k."""
    k, a = len(f), {0: x}
    for i in range(1, k):
        a[i + 1] = f[i - 1](w[i - 1], a[i - 1])
    return a[k]


@JOHNSON.entry(
    "johnson-1-rec",
    "section 1, third display",
    r"a_0 = x \qquad a_{i+1} = f_i(w_i, a_{i-1}) \qquad y = a_k",
    WRONG,
    "The sentence before calls the output of layer $i$ $a_i$, so the left "
    "side must be $a_i$. As printed nothing defines $a_1$, the widths do not "
    "chain ($f_i$ gives $n_i$ numbers, $a_{i+1}$ has $n_{i+1}$), and $f_k$ is "
    "never used for $a_k$. Another way of counting does not help: the two "
    "activations are two apart, and a layer leads from each to the next.",
    shapes=r"$a_i$: $n_i$",
    corrected=r"a_0 = x \qquad a_i = f_i(w_i, a_{i-1}) \qquad y = a_k",
    right=recursion,
    literal=recursion_as_printed,
    mutants={
        "index shifted: y = a_{k-1}": lambda f, w, x: recursion(
            f[:-1], w[:-1], x
        ),
        "index shifted: f_i gets w_{i+1}": lambda f, w, x: recursion(
            f, w[1:] + w[:1], x
        ),
        "factor lost: f_1": lambda f, w, x: recursion(f[1:], w[1:], x),
    },
    equations=("eq-networks-recursion",),
    names=("Network.forward", "Network.trace"),
    chapter="networks",
    counterexample="""\
f = {1: lambda a: a + 1, 2: lambda a: 10 * a}  # k = 2 layers
a = {0: 1}  # x = 1
a[2] = f[1](a[0])  # the printed line for i = 1
print("a_2 as printed: ", a[2])
print("f_2(f_1(x)):    ", f[2](f[1](1)))
print("needed for i = 2: a_1; defined are", sorted(a))
""",
)
def forward_recursion(form):
    """The recursion against nnlab's forward pass, 1 to 3 layers."""
    for _, net, f, w, X, _ in networks():
        for x in X:
            equal(form(f, w, x), net.forward(x))


@JOHNSON.entry(
    "johnson-1-loss",
    "section 1, loss function and training data",
    r"\ell : \mathbb{R}^{n_k} \times \mathbb{R}^{n_k} \rightarrow \mathbb{R}"
    r" \quad \text{training data } (x_1, y_1), \dots, (x_m, y_m)",
    CORRECT,
    r"A definition. The objective calls it as $\ell(y_j, f(w, x_j))$: the "
    "target comes first, which for the cross-entropy matters. The letter $y$ "
    "was the output one line earlier, $y = a_k$; with an index it is a target.",
    shapes=r"$y_j$ and $f(w, x_j)$: $n_k$, $\ell$: a number",
    right=lambda y, a: -np.sum(y * np.log(a)),
    mutants={
        "index shifted: the arguments exchanged": lambda y, a: (
            -np.sum(a * np.log(y))
        ),
        "sign flipped": lambda y, a: np.sum(y * np.log(a)),
        "factor lost: no sum": lambda y, a: -y * np.log(a),
    },
    equations=("eq-networks-cost",),
    names=("cross_entropy", "quadratic", "logistic_loss"),
    chapter="networks",
)
def loss_of_one_sample(form):
    """One number per sample, target first, against nnlab's cross_entropy."""
    for rng, (_, _, _, n), m in cases():
        targets = rng.dirichlet(np.ones(n + 1), m)
        outputs = softmax(rng.standard_normal((m, n + 1)))
        for y, a in zip(targets, outputs):
            equal(form(y, a), cross_entropy(a, y))


@JOHNSON.entry(
    "johnson-1-r",
    "section 1, regularizer",
    r"R : \mathbb{R}^{d_1} \times \cdots \times \mathbb{R}^{d_k}",
    INCOMPLETE,
    r"The line ends after the domain; $\to \mathbb R$ is missing. The next "
    "display adds $R(w)$ to numbers, so $R(w)$ is a number. A function with "
    "these arguments and several values fits the line as printed. With it, "
    r"$J(w)$ would not be a number, and $\arg\min$ would mean nothing.",
    shapes=r"$R(w)$: a number",
    corrected=r"R : \mathbb{R}^{d_1} \times \cdots \times \mathbb{R}^{d_k} "
    r"\rightarrow \mathbb{R}",
    readings=(
        "$R(w)$ is one number, as the objective needs it",
        "$R(w)$ is anything that depends on all parameters, such as a vector",
    ),
    right=lambda w, lam: lam / 2 * sum(w_i @ w_i for w_i in w),
    literal=lambda w, lam: lam / 2 * np.concatenate(w) ** 2,
    mutants={
        "factor lost: 1/2": lambda w, lam: lam * sum(w_i @ w_i for w_i in w),
        "index shifted: from layer 2 on": lambda w, lam: (
            lam / 2 * sum(w_i @ w_i for w_i in w[1:])
        ),
        "sign flipped": lambda w, lam: -lam / 2 * sum(w_i @ w_i for w_i in w),
    },
    equations=("eq-networks-regularizer", "eq-networks-l2"),
    names=("l2",),
    chapter="networks",
    counterexample="""\
import numpy as np
w, losses = np.array([1, -2]), 5
print("J with R(w) in R^2:", losses + np.abs(w))
print("J with R(w) in R:  ", losses + np.sum(np.abs(w)))
""",
)
def regularizer(form):
    """Half the squared weights against what nnlab's l2 adds to the cost."""
    for _, net, _, _, X, Y in networks():
        plain = Network(net.sizes, bias=False)
        tamed = Network(net.sizes, bias=False, regularizer=l2(0.3))
        w = [W.ravel() for W in net.weights]
        plain.theta = tamed.theta = np.concatenate(w)
        added = tamed.cost(X, Y) - plain.cost(X, Y)
        equal(form(w, 0.3), added)


def objective(loss, f, w, X, Y, R):
    """Return the sum of loss(y_j, f(w, x_j)), plus R(w)."""
    return sum(loss(y, full(f, w, x)) for x, y in zip(X, Y)) + R(w)


def half_square(y, a):
    return np.sum((y - a) ** 2) / 2


def penalty(net, lam):
    """Return R(w): lam/2 times the squared weights, biases left out."""
    return lambda w: sum(
        lam / 2 * np.sum(w_i[:-n] ** 2) for w_i, n in zip(w, net.sizes[1:])
    )


@JOHNSON.entry(
    "johnson-1-j",
    "section 1, fourth display",
    r"J(w) = \sum_{j=1}^m \ell(y_j, f(w, x_j)) + R(w)",
    CORRECT,
    "A definition. It is a sum, not a mean, and no factor is missing: $m$ "
    "times the mean of the losses. Compared with the mean plus $R$, as the "
    "book has it, the regularizer counts $m$ times less; the gradient is $m$ "
    "times as long.",
    shapes="$J(w)$: a number",
    right=objective,
    mutants={
        "factor lost: the mean in place of the sum": (
            lambda loss, f, w, X, Y, R: (
                objective(loss, f, w, X, Y, lambda w: 0.0) / len(X) + R(w)
            )
        ),
        "sign flipped: minus R": lambda loss, f, w, X, Y, R: objective(
            loss, f, w, X, Y, lambda w: -R(w)
        ),
        "index shifted: j from 2": lambda loss, f, w, X, Y, R: objective(
            loss, f, w, X[1:], Y[1:], R
        ),
        "index shifted: y_{j+1}": lambda loss, f, w, X, Y, R: objective(
            loss, f, w, X, Y[np.arange(len(Y)) - 1], R
        ),
    },
    equations=("eq-networks-objective-sum", "eq-networks-balance"),
    names=("Network.cost", "Network.losses", "l2"),
    chapter="networks",
)
def sum_over_the_samples(form):
    """The sum plus R against m times nnlab's mean with R/m."""
    for _, net, f, w, X, Y in networks():
        m, lam = len(X), 0.3
        same = Network(net.sizes, regularizer=l2(lam / m))
        same.theta = net.theta
        J = form(half_square, f, w, X, Y, penalty(net, lam))
        equal(J, m * same.cost(X, Y))


@JOHNSON.entry(
    "johnson-1-arg",
    "section 1, fifth display",
    r"w^* = \arg \min_w J(w)",
    ASSUMES,
    "The equals sign is common shorthand. It takes for granted that there is a "
    "minimizer; with separable data and no regularizer there is none. And it "
    "does not say that there is only one: renumbering the hidden units gives "
    "others.",
    shapes="$w^*$: as $w$",
    assumption=r"$J$ has a minimizer, and $w^*$ is one of them: "
    r"$w^* \in \arg\min_w J(w)$",
    right=lambda J, W: W[np.argmin([J(w) for w in W])],
    mutants={
        "sign flipped: arg max": lambda J, W: W[np.argmax([J(w) for w in W])],
        "factor lost: arg": lambda J, W: np.min([J(w) for w in W]),
        "index shifted": lambda J, W: W[np.argmin([J(w) for w in W]) - 1],
    },
    equations=("eq-networks-argmin", "eq-momentum-goal"),
    names=("train",),
    chapter="networks",
)
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
    _, net, _, _, X, Y = next(networks())
    (W, V), (b, c) = net.weights, net.biases
    order = np.roll(np.arange(len(b)), 1)
    parts = W[order].ravel(), b[order], V[:, order].ravel(), c
    other = net.at(np.concatenate(parts))
    assert not np.allclose(other.theta, net.theta)
    equal(other.cost(X, Y), net.cost(X, Y))

    # No minimizer: inputs 1 and -1 with scores (-t x, t x), classes 1 and 0.
    x, labels = np.array([1.0, -1.0]), [1, 0]
    t = np.arange(1.0, 15.0)
    J = [logistic_loss(np.outer(x, [-s, s]), labels).sum() for s in t]
    assert np.all(np.diff(J) < 0) and min(J) > 0


def hump(J, u, v):
    """Return how far J lies above its chord halfway between u and v."""
    return J((u + v) / 2) - (J(u) + J(v)) / 2


@JOHNSON.entry(
    "johnson-1-sub",
    "section 1, after the fifth display",
    r"\text{This is typically a nonconvex optimization problem, and is "
    r"traditionally solved using stochastic subgradient descent.}",
    CLAIM,
    "Reproduced for networks with a hidden layer: of two minimizers that "
    "differ by an exchange of two hidden units, the point halfway is higher "
    "than both. Without a hidden layer the problem can be convex, so "
    '"typically" is the right word. What is tradition is not checked.',
    shapes="$J(w)$: a number",
    right=hump,
    mutants={
        "sign flipped": lambda J, u, v: -hump(J, u, v),
        "factor lost: 1/2 of the chord": lambda J, u, v: (
            J((u + v) / 2) - (J(u) + J(v))
        ),
        "index shifted: an end in place of the middle": lambda J, u, v: (
            J(u) - (J(u) + J(v)) / 2
        ),
    },
    equations=("eq-networks-subgradient", "eq-momentum-sgd"),
    names=("train", "GradientDescent"),
    chapter="networks",
)
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
        (W, V), (b, c) = net.weights, net.biases
        order = [2, 1, 0]
        parts = W[order].ravel(), b[order], V[:, order].ravel(), c
        swapped = np.concatenate(parts)

        def J(theta, net=net, X=X, Y=Y):
            return net.at(theta).cost(X, Y)

        assert form(J, net.theta, swapped) > 1e-6 > J(swapped)

        # No hidden units and the logistic loss: convex.
        flat = Network([n, 3], output=identity, cost=logistic_loss, rng=rng)
        labels = rng.integers(0, 3, m)
        u, v = rng.standard_normal((2, flat.theta.size))

        def J(theta, net=flat, X=X, Y=labels):
            return net.at(theta).cost(X, Y)

        assert form(J, u, v) < 0


@JOHNSON.entry(
    "johnson-1-sub-grad",
    "section 1, last sentence",
    r"\text{the subgradients } \frac{\partial J}{\partial w_i} \text{ of the "
    r"objective with respect to the parameters of each layer}",
    ASSUMES,
    "Where $J$ is differentiable they are the partial derivatives, and a sum "
    "of losses has the sum of their derivatives, plus that of $R$. At a "
    "corner, such as that of the ReLU, a subgradient in the strict sense "
    "exists for convex functions; $J$ is not convex, as the notes say, and "
    r"$-\operatorname{relu}$ has none at 0.",
    shapes=r"$\partial J / \partial w_i$: $d_i$",
    assumption=r'$J$ is differentiable at $w$, or "subgradient" is meant in '
    "the wider sense: a limit of gradients nearby, or a mean of such limits",
    right=lambda per_sample, dR: sum(per_sample) + dR,
    mutants={
        "factor lost: the mean of the samples": lambda per_sample, dR: (
            sum(per_sample) / len(per_sample) + dR
        ),
        "factor lost: the regularizer": lambda per_sample, dR: sum(per_sample),
        "sign flipped: minus R": lambda per_sample, dR: sum(per_sample) - dR,
        "index shifted: from sample 2 on": lambda per_sample, dR: (
            sum(per_sample[1:]) + dR
        ),
    },
    equations=("eq-delta-objective", "eq-networks-subgradient"),
    names=("Network.backprop", "relu.derivative"),
    chapter="delta_recursion",
)
def derivative_of_the_objective(form):
    """nnlab's per-sample gradients, summed, against complex steps through J."""
    for _, net, f, w, X, Y in networks([2]):
        R = penalty(net, 0.3)
        samples = [net.backprop(X[[j]], Y[[j]]) for j in range(len(X))]
        for i in range(len(w)):

            def J(w_i, i=i, f=f, w=w, X=X, Y=Y, R=R):
                moved = [*w[:i], w_i, *w[i + 1 :]]
                return objective(half_square, f, moved, X, Y, R)

            per_sample = [
                np.concatenate([g.weights[i].ravel(), g.biases[i]])
                for g in samples
            ]
            weights, biases = 0.3 * net.weights[i], 0 * net.biases[i]
            dR = np.concatenate([weights.ravel(), biases])
            equal(form(per_sample, dR), gradient(J, w[i]))

    # At the corner: slopes from 0 to 1 for relu, no slope at all for -relu.
    t = np.array([-1.0, 1.0])
    for slope in np.linspace(-2, 2, 41):
        assert np.all(relu(t) >= slope * t) == (0 <= slope <= 1)
        assert not np.all(-relu(t) >= slope * t)
    assert relu.derivative(0.0) == 0


# Section 2: the softmax. Johnson's samples are columns.


def vectors():
    """Yield rng and a vector of n scores, n from 2 to 6."""
    for rng, (n, *_), _ in cases():
        yield rng, rng.standard_normal(n)


def matrices():
    """Yield X, Y, dY, all (n, m); Y is the softmax of each column of X."""
    for rng, (n, *_), m in cases():
        for columns in (m, n):
            X, dY = rng.standard_normal((2, n, columns))
            yield X, softmax(X.T).T, dY


def exact(n=3):
    """Return t = e^x, y = t / sum(t), and d/dx_j = t_j d/dt_j, in symbols."""
    t = np.array(sp.symbols(f"t1:{n + 1}", positive=True))
    return t, t / sum(t), lambda f, j: t[j] * sp.diff(f, t[j])


def proved(a, b):
    """Assert that two arrays of rational expressions are the same."""
    assert np.shape(a) == np.shape(b)
    for left, right in zip(np.ravel(a), np.ravel(b)):
        assert sp.cancel(left - right) == 0


@JOHNSON.entry(
    "johnson-2-f",
    "section 2, first display",
    r"f_i(x) = \frac{e^{x_i}}{\sum_{k=1}^n e^{x_k}}",
    CORRECT,
    "The definition. $f_i$ is a component here and was a layer in section 1; "
    "$k$ is the index of the sum here and was the number of layers. Typed in "
    "literally it overflows for scores above 709, as every printed softmax "
    "does; that is a matter of floating point.",
    shapes="$x$ and $f(x)$: $n$",
    right=lambda x: np.exp(x) / np.sum(np.exp(x)),
    mutants={
        "sign flipped": lambda x: np.exp(-x) / np.sum(np.exp(-x)),
        "factor lost: the exponential below": lambda x: np.exp(x) / np.sum(x),
        "index shifted: k from 2": lambda x: np.exp(x) / np.sum(np.exp(x[1:])),
    },
    equations=("eq-softmax-definition",),
    names=("softmax",),
    chapter="softmax",
)
def definition_of_softmax(form):
    """Sum one and ratios e^(x_i - x_j), which fix it, and nnlab's softmax."""
    for _, x in vectors():
        y = form(x)
        equal(np.sum(y), 1.0)
        equal(np.divide.outer(y, y), np.exp(np.subtract.outer(x, x)))
        equal(y, softmax(x))


def case_by_case(off_diagonal, diagonal):
    """Return the function e -> matrix of the two cases, with e = e^x."""

    def form(e):
        S, n = sum(e), len(e)
        return np.array(
            [
                [
                    diagonal(e[i], S) if i == j else off_diagonal(e[i], e[j], S)
                    for j in range(n)
                ]
                for i in range(n)
            ]
        )

    return form


@JOHNSON.entry(
    "johnson-2-jac",
    "section 2, second display",
    r"\frac{\partial f_i}{\partial x_j} = \begin{cases} "
    r"-\frac{e^{x_i} e^{x_j}}{(\sum_{k=1}^n e^{x_k})^2} & i \neq j \\ "
    r"\left(\frac{e^{x_i}}{\sum_{k=1}^n e^{x_k}} \right) "
    r"\left(1 - \frac{e^{x_i}}{\sum_{k=1}^n e^{x_k}} \right) & i = j "
    r"\end{cases}",
    CORRECT,
    'Both cases are right; the "bit of algebra" is the quotient rule. Also '
    "proved with symbols for $n = 3$.",
    shapes=r"$\partial f / \partial x$: $n \times n$",
    right=case_by_case(
        lambda a, b, S: -a * b / S**2, lambda a, S: a / S * (1 - a / S)
    ),
    mutants={
        "sign flipped: i not j": case_by_case(
            lambda a, b, S: a * b / S**2, lambda a, S: a / S * (1 - a / S)
        ),
        "sign flipped: 1 plus": case_by_case(
            lambda a, b, S: -a * b / S**2, lambda a, S: a / S * (1 + a / S)
        ),
        "factor lost: the square": case_by_case(
            lambda a, b, S: -a * b / S, lambda a, S: a / S * (1 - a / S)
        ),
        "index shifted: x_i in place of x_j": case_by_case(
            lambda a, b, S: -a * a / S**2, lambda a, S: a / S * (1 - a / S)
        ),
    },
    equations=("eq-softmax-cases",),
    names=("softmax_jacobian",),
    chapter="softmax",
)
def softmax_derivatives(form):
    """The two cases against complex steps through nnlab's softmax; SymPy."""
    for _, x in vectors():
        equal(form(np.exp(x)), jacobian(softmax, x))
    t, y, d = exact()
    proved(form(t), [[d(y[i], j) for j in range(3)] for i in range(3)])


@JOHNSON.entry(
    "johnson-2-sym",
    "section 2, after the second display",
    r"\text{Note that this is symmetric.}",
    CORRECT,
    "Exchanging $i$ and $j$ changes nothing. It is more than a curiosity: "
    "backpropagation needs the transposed Jacobian, and the notes use the "
    "Jacobian itself. Most layers have no symmetric one.",
    shapes=r"$\partial f / \partial x$: $n \times n$",
    right=lambda J: J.T,
    mutants={
        "sign flipped": lambda J: -J.T,
        "transpose dropped: mirrored left to right": lambda J: J[:, ::-1],
        "index shifted": lambda J: np.roll(J.T, 1, axis=0),
    },
    equations=("eq-softmax-symmetric",),
    names=("softmax_jacobian",),
    chapter="softmax",
)
def symmetric(form):
    """The transposed Jacobian, by complex steps, against itself; SymPy."""
    for rng, x in vectors():
        J = jacobian(softmax, x)
        equal(form(J), J)
        W = rng.standard_normal((len(x), len(x)))
        other = jacobian(lambda x, W=W: sigmoid(W @ x), x)
        assert np.abs(form(other) - other).max() > 1e-3  # it could fail
    _, y, d = exact()
    J = np.array([[d(y[i], j) for j in range(3)] for i in range(3)])
    proved(form(J), J)


@JOHNSON.entry(
    "johnson-2-mat",
    "section 2, third display",
    r"\frac{\partial f}{\partial x} = \text{diag}(y) - yy^T",
    CORRECT,
    "Both cases in one: the diagonal entries are $y_i - y_i^2$, the others "
    "$-y_i y_j$. Also proved with symbols for $n = 3$. Here $y = f(x)$ is the "
    "output.",
    shapes=r"$y$: $n$, $\partial f / \partial x$: $n \times n$",
    right=lambda y: np.diag(y) - np.outer(y, y),
    mutants={
        "transpose dropped: y^T y": lambda y: np.diag(y) - y @ y,
        "sign flipped": lambda y: np.diag(y) + np.outer(y, y),
        "factor lost: diag": lambda y: y - np.outer(y, y),
        "index shifted": lambda y: np.diag(y) - np.outer(y, np.roll(y, 1)),
    },
    equations=("eq-softmax-matrix",),
    names=("softmax_jacobian",),
    chapter="softmax",
)
def softmax_matrix(form):
    """The matrix against complex steps and nnlab's softmax_jacobian; SymPy."""
    for _, x in vectors():
        equal(form(softmax(x)), jacobian(softmax, x))
        equal(form(softmax(x)), softmax_jacobian(x))
    _, y, d = exact()
    proved(form(y), [[d(y[i], j) for j in range(3)] for i in range(3)])


@JOHNSON.entry(
    "johnson-2-vec",
    "section 2, fourth display",
    r"\left( \frac{\partial f}{\partial x} \right) z = y \circ z - yy^T z = "
    r"y \circ (z - (y^T z) \mathbf{1})",
    CORRECT,
    r"Both forms are right, for every vector $z$. $y y^T z$ looks as if the "
    r"brackets were missing; $(y y^T) z$ and $y\,(y^T z)$ are the same, but "
    "the first forms a matrix. The last form needs one inner product.",
    shapes="$y$, $z$ and the product: $n$",
    right=lambda y, z: (
        y * z - y * (y @ z),
        y * (z - (y @ z) * np.ones(len(y), int)),
    ),
    mutants={
        "transpose dropped: (y^T y) z": lambda y, z: (
            y * z - (y @ y) * z,
            y * (z - (y @ z) * np.ones(len(y), int)),
        ),
        "sign flipped": lambda y, z: (
            y * z - y * (y @ z),
            y * (z + (y @ z) * np.ones(len(y), int)),
        ),
        "factor lost: y in front of the bracket": lambda y, z: (
            y * z - y * (y @ z),
            z - (y @ z) * np.ones(len(y), int),
        ),
        "index shifted: the sum of z": lambda y, z: (
            y * z - y * (y @ z),
            y * (z - sum(z) * np.ones(len(y), int)),
        ),
    },
    equations=("eq-softmax-product",),
    names=("softmax_jvp", "softmax.pullback"),
    chapter="softmax",
)
def jacobian_times_vector(form):
    """Both forms against a complex step along z and the full matrix; SymPy."""
    for rng, x in vectors():
        z = rng.standard_normal(len(x))
        along = np.imag(softmax(x + 1e-20j * z)) / 1e-20
        for product in form(softmax(x), z):
            equal(product, along)
            equal(product, jacobian(softmax, x) @ z)
    _, y, d = exact()
    z = np.array(sp.symbols("z1:4"))
    rate = [sum(d(y[i], j) * z[j] for j in range(3)) for i in range(3)]
    for product in form(y, z):
        proved(product, rate)


@JOHNSON.entry(
    "johnson-2-shp",
    "section 2, batch of m inputs",
    r"X \in \mathbb{R}^{n \times m} \quad Y \in \mathbb{R}^{n \times m} "
    r"\quad dY \in \mathbb{R}^{n \times m} \quad "
    r"dX \in \mathbb{R}^{n \times m}",
    CORRECT,
    r"A definition: the samples are columns, and $Y$ is $f$ of each column of "
    "$X$. The book and `nnlab` have samples as rows, so every matrix here is "
    "the transpose of theirs.",
    shapes=r"all $n \times m$",
    right=lambda X: np.stack([softmax(x) for x in X.T], axis=1),
    mutants={
        "transpose dropped: f of each row": softmax,
        "transpose dropped: the outputs as rows": lambda X: softmax(X.T),
        "factor lost: the denominators": np.exp,
    },
    equations=("eq-softmax-shapes",),
    names=("softmax",),
    chapter="softmax",
)
def columns(form):
    """f of each column against the softmax written out along axis 0."""
    for X, _, dY in matrices():
        Y = form(X)
        assert Y.shape == dY.shape == X.shape
        equal(Y, np.exp(X) / np.exp(X).sum(axis=0))


def slope_of_batch(X, dY):
    """Return dX by complex steps through L = sum of dY o Y."""
    return gradient(lambda X: np.sum(dY * softmax(X.T).T), X)


@JOHNSON.entry(
    "johnson-2-dxp",
    "section 2, before the fifth display",
    r"\text{whose } i \text{ th column is equal to } \frac{\partial f}"
    r"{\partial x} \text{ evaluated at the } i \text{ th column of } X "
    r"\text{ , multiplied by the } i \text{ th column of } Y",
    WRONG,
    "It must be column $i$ of $dY$, the derivatives from above, as in the "
    "formula that follows. Read literally, $dX$ does not depend on $dY$ and "
    "would be the same for every cost. That the Jacobian stands here without a "
    "transpose is right, because it is symmetric.",
    shapes=r"columns: $n$, Jacobian: $n \times n$",
    corrected=r"\text{... multiplied by the } i \text{ th column of } dY",
    right=lambda J, X, Y, dY, i: J(X[:, i]) @ dY[:, i],
    literal=lambda J, X, Y, dY, i: J(X[:, i]) @ Y[:, i],
    mutants={
        "index shifted: column i + 1 of dY": lambda J, X, Y, dY, i: (
            J(X[:, i]) @ np.roll(dY, -1, axis=1)[:, i]
        ),
        "index shifted: J at column i of Y": lambda J, X, Y, dY, i: (
            J(Y[:, i]) @ dY[:, i]
        ),
        "transpose dropped: row i": lambda J, X, Y, dY, i: J(X[i]) @ dY[i],
        "sign flipped": lambda J, X, Y, dY, i: -J(X[:, i]) @ dY[:, i],
        "factor lost: the Jacobian": lambda J, X, Y, dY, i: dY[:, i],
    },
    equations=("eq-softmax-per-sample",),
    names=("softmax.pullback",),
    chapter="softmax",
    counterexample="""\
import numpy as np
y = np.array([0.5, 0.5])  # softmax of x = (0, 0)
jacobian = np.diag(y) - np.outer(y, y)
for dy in (np.array([4, 0]), np.array([0, 8])):
    print("dY =", dy, "formula:", y * (dy - np.sum(y * dy)),
          "times dY:", jacobian @ dy, "times Y:", jacobian @ y)
""",
)
def column_of_dx(form):
    """Column i against complex steps through the sum of dY o Y."""

    def J(x):
        return jacobian(softmax, x)

    for X, Y, dY in matrices():
        dX = slope_of_batch(X, dY)
        for i in range(X.shape[1]):
            equal(form(J, X, Y, dY, i), dX[:, i])


def ones(Y, axis=0):
    """Return the column of ones that the axis asks for: n or m of them."""
    return np.ones((Y.shape[axis], 1))


@JOHNSON.entry(
    "johnson-2-dx",
    "section 2, fifth display",
    r"dX = Y \circ (dY - \mathbf{1} \mathbf{1}^T (Y \circ dY))",
    CORRECT,
    r"$\mathbf 1 \mathbf 1^T$ looks as if it could not fit; with "
    r"$\mathbf 1 \in \mathbb R^n$ it is $n \times n$, and from the left it "
    "puts the sum of each column into every row of that column.",
    shapes=r"$X$, $Y$, $dX$, $dY$: $n \times m$, $\mathbf 1$: $n$",
    right=lambda Y, dY: Y * (dY - ones(Y) @ ones(Y).T @ (Y * dY)),
    mutants={
        "transpose dropped: 1^T 1": lambda Y, dY: (
            Y * (dY - (ones(Y).T @ ones(Y)) * (Y * dY))
        ),
        "index shifted: summed over the samples": lambda Y, dY: (
            Y * (dY - (Y * dY) @ ones(Y, 1) @ ones(Y, 1).T)
        ),
        "sign flipped": lambda Y, dY: Y * (dY + ones(Y) @ ones(Y).T @ (Y * dY)),
        "factor lost: Y in the sum": lambda Y, dY: (
            Y * (dY - ones(Y) @ ones(Y).T @ dY)
        ),
        "factor lost: Y in front": lambda Y, dY: (
            dY - ones(Y) @ ones(Y).T @ (Y * dY)
        ),
    },
    equations=("eq-softmax-columns", "eq-softmax-rows"),
    names=("softmax.pullback",),
    chapter="softmax",
)
def batch(form):
    """dX against complex steps and against nnlab's pullback on rows."""
    for X, Y, dY in matrices():
        equal(form(Y, dY), slope_of_batch(X, dY))
        equal(form(Y, dY), softmax.pullback(X.T, dY.T).T)


@JOHNSON.entry(
    "johnson-2-np",
    "section 2, sixth display",
    r"dX = Y * (dY - \text{np.sum}(Y * dY, \text{axis}=0))",
    CORRECT,
    "The sums have the shape `(m,)`, which broadcasting lines up with the last "
    "axis, the samples; no `keepdims` is missing. It is right for samples in "
    "columns, which the notes say. On rows, `axis=0` gives wrong numbers "
    "without an error.",
    shapes="all `(n, m)`, the sum `(m,)`",
    right=lambda Y, dY: Y * (dY - np.sum(Y * dY, axis=0)),
    mutants={
        "index shifted: axis=1": lambda Y, dY: (
            Y * (dY - np.sum(Y * dY, axis=1))
        ),
        "transpose dropped: on rows": lambda Y, dY: (
            (Y.T * (dY.T - np.sum(Y.T * dY.T, axis=0))).T
        ),
        "sign flipped": lambda Y, dY: Y * (dY + np.sum(Y * dY, axis=0)),
        "factor lost: Y in the sum": lambda Y, dY: (
            Y * (dY - np.sum(dY, axis=0))
        ),
    },
    equations=("eq-softmax-columns-sum",),
    names=("softmax.pullback",),
    chapter="softmax",
)
def numpy_line(form):
    """The line against complex steps, for non-square and square batches."""
    for X, Y, dY in matrices():
        equal(form(Y, dY), slope_of_batch(X, dY))


class Counted:
    """A number that counts the additions and products made with it."""

    operations = 0

    def __init__(self, value):
        self.value = value

    def _result(self, value):
        Counted.operations += 1
        return Counted(value)

    def __add__(self, other):
        return self._result(self.value + other.value)

    def __mul__(self, other):
        return self._result(self.value * other.value)


@JOHNSON.entry(
    "johnson-2-np-eff",
    "section 2, last sentence",
    r"\text{This can be efficiently implemented in numpy using broadcasting}",
    CLAIM,
    r"Reproduced by counting. The column sums take $(n - 1)\,m$ additions. "
    r"The product with the matrix $\mathbf 1 \mathbf 1^T$, formed as it "
    "stands in the formula, takes $n^2 m$ products and $n\\,(n - 1)\\,m$ "
    "additions. Times are not measured here.",
    shapes=r"$\mathbf 1 \mathbf 1^T$: $n \times n$, the sums: $m$",
    right=lambda n, m: ((n - 1) * m, n**2 * m + n * (n - 1) * m),
    mutants={
        "index shifted: n and m exchanged": lambda n, m: (
            (m - 1) * n,
            m**2 * n + m * (m - 1) * n,
        ),
        "factor lost: the products": lambda n, m: (
            (n - 1) * m,
            n * (n - 1) * m,
        ),
        "sign flipped: n + 1": lambda n, m: (
            (n + 1) * m,
            n**2 * m + n * (n + 1) * m,
        ),
    },
    equations=("eq-softmax-columns-sum",),
    names=("softmax.pullback",),
    chapter="softmax",
)
def efficient(form):
    """The two counts against numbers that count what is done with them."""
    counted = np.vectorize(Counted, otypes=[object])
    for _, Y, dY in matrices():
        n, m = Y.shape
        terms, square = counted(Y * dY), counted(np.ones((n, n)))
        Counted.operations = 0
        sums = np.sum(terms, axis=0)
        few, Counted.operations = Counted.operations, 0
        repeated = np.sum(square[:, :, None] * terms, axis=1)
        assert (few, Counted.operations) == form(n, m)
        for row in repeated:
            equal([s.value for s in row], [s.value for s in sums])


# Section 3: the cross-entropy.


def distributions():
    """Yield pairs of positive distributions (q, p) over n classes."""
    for rng, (n, *_), _ in cases():
        yield rng.dirichlet(np.ones(n), 2)


@JOHNSON.entry(
    "johnson-3-h",
    "section 3, first display",
    r"H(q, p) = - \sum_{i=1}^k q_i \log(p_i)",
    CORRECT,
    'The definition. The sentence says "between $p$ and $q$" and the formula '
    "$H(q, p)$; the formula decides: the first argument weights, the second "
    "stands under the logarithm. A term with $q_i = 0$ counts zero. "
    "`nnlab` takes the model first, `cross_entropy(p, q)`.",
    shapes="$q$ and $p$: $k$, $H$: a number",
    right=lambda q, p: -np.sum(q * np.log(p)),
    mutants={
        "sign flipped": lambda q, p: np.sum(q * np.log(p)),
        "index shifted: p and q exchanged": lambda q, p: -np.sum(p * np.log(q)),
        "index shifted: i from 2": lambda q, p: -np.sum(q[1:] * np.log(p[1:])),
        "factor lost: q_i": lambda q, p: -np.sum(np.log(p)),
    },
    equations=("eq-ce-definition",),
    names=("cross_entropy",),
    chapter="cross_entropy",
)
def definition_of_cross_entropy(form):
    """The sum against nnlab and against entropy plus divergence; smallest."""
    for q, p in distributions():
        equal(form(q, p), cross_entropy(p, q))
        divergence = np.sum(q * np.log(q / p))
        equal(form(q, p), form(q, q) + divergence)
        assert form(q, p) > form(q, q) > 0


@JOHNSON.entry(
    "johnson-3-mle",
    "section 3, after the first display",
    r"\text{picking the softmax weights via maximum likelihood estimation is "
    r"equivalent to minimizing the sum of the cross-entropy between the "
    r"predicted class probabilities } p \text{ and the true class "
    r"probabilities } q \text{ over the training set}",
    ASSUMES,
    "The sum of the cross-entropies is minus the logarithm of the likelihood. "
    'The word "sum" is right, not a slip for the mean. The softmax is not '
    "needed: every model whose outputs are distributions will do.",
    shapes="likelihood and sum: numbers",
    assumption="the samples are independent, so that the likelihood of the "
    "labels is a product",
    right=lambda q, p: sum(
        -np.sum(q_j * np.log(p_j)) for q_j, p_j in zip(q, p)
    ),
    mutants={
        "sign flipped": lambda q, p: sum(
            np.sum(q_j * np.log(p_j)) for q_j, p_j in zip(q, p)
        ),
        "factor lost: the mean": lambda q, p: (
            sum(-np.sum(q_j * np.log(p_j)) for q_j, p_j in zip(q, p)) / len(p)
        ),
        "index shifted: the next class": lambda q, p: sum(
            -np.sum(q_j * np.log(p_j))
            for q_j, p_j in zip(np.roll(q, 1, axis=1), p)
        ),
    },
    equations=("eq-ce-mle",),
    names=("cross_entropy", "logistic_loss"),
    chapter="cross_entropy",
)
def maximum_likelihood(form):
    """Summed cross-entropies against -log of the product; and who is best."""
    for rng, (n, k, *_), m in cases():
        X, labels = rng.standard_normal((m, n)), rng.integers(0, k, m)
        q = np.eye(k)[labels]
        likelihoods, sums = [], []
        for W in rng.standard_normal((20, k, n)):
            p = softmax(X @ W.T)
            likelihoods.append(np.prod(p[np.arange(m), labels]))
            sums.append(form(q, p))
            equal(sums[-1], logistic_loss(X @ W.T, labels).sum())
        equal(sums, -np.log(likelihoods))
        assert np.argmax(likelihoods) == np.argmin(sums)


@JOHNSON.entry(
    "johnson-3-mle-q",
    "section 3, after the first display",
    r"q_i = 1 \text{ iff } y_i = i",
    INCOMPLETE,
    "The index of $q_i$ is a class, the index of $y_j$ was a sample in section "
    r"1, and in $y_i = i$ one letter is both. The sentence needs one $q$ for "
    r"each sample. Taken literally, one vector $q$ is made of the first $k$ "
    "samples, and in general it is no distribution.",
    shapes=r"$q$: $k$, one for each sample; its label $y \in \{1, \dots, k\}$",
    corrected=r"q_i = 1 \text{ iff } y = i \text{, for a sample with the "
    r"label } y",
    readings=(
        "for one sample with the label $y$: $q_i = 1$ if $y = i$, else 0",
        "with the label $y_i$ of sample $i$: one vector $q$ out of the first "
        "$k$ labels",
    ),
    right=lambda y, j, k: [float(y[j] == i) for i in range(1, k + 1)],
    literal=lambda y, j, k: [float(y[i - 1] == i) for i in range(1, k + 1)],
    mutants={
        "index shifted: classes counted from 0": lambda y, j, k: [
            float(y[j] == i) for i in range(k)
        ],
        "index shifted: the next sample": lambda y, j, k: [
            float(y[(j + 1) % len(y)] == i) for i in range(1, k + 1)
        ],
        "sign flipped: unequal": lambda y, j, k: [
            float(y[j] != i) for i in range(1, k + 1)
        ],
        "factor lost: all classes": lambda y, j, k: [1.0] * k,
    },
    equations=("eq-ce-johnson-one-hot", "eq-ce-one-hot"),
    names=("one_hot", "cross_entropy"),
    chapter="cross_entropy",
    counterexample="""\
import numpy as np
labels, k = [1, 2, 2], 3  # three samples, three classes
print("literally, q =", [int(labels[i - 1] == i) for i in (1, 2, 3)])
for label in labels:
    print("a sample of class", label, "has q =",
          [int(label == i) for i in range(1, k + 1)])
""",
)
def one_hot_target(form):
    """q is a distribution, and H(q, p) is -log of the label's probability."""
    for rng, (_, k, *_), m in cases():
        y = rng.integers(1, k + 1, m + k)  # labels from 1 to k
        for j, p in enumerate(rng.dirichlet(np.ones(k), m + k)):
            q = np.array(form(y, j, k))
            equal(q.sum(), 1.0)
            equal(cross_entropy(p, q), -np.log(p[y[j] - 1]))


@JOHNSON.entry(
    "johnson-3-dhdq",
    "section 3, second display, left",
    r"\frac{\partial H}{\partial q_i} = -\log(p_i)",
    CORRECT,
    "Right for every base of the logarithm, if the same one is in $H$. As "
    "partial derivatives are, it is for entries varied one at a time; for "
    "distributions only the differences between its entries matter.",
    shapes=r"$\partial H / \partial q$: $k$",
    right=lambda q, p: -np.log(p),
    mutants={
        "sign flipped": lambda q, p: np.log(p),
        "index shifted: q_i": lambda q, p: -np.log(q),
        "factor lost: the logarithm": lambda q, p: -p,
    },
    equations=("eq-ce-dq",),
    names=("cross_entropy.gradient_target",),
    chapter="cross_entropy",
)
def slope_in_q(form):
    """-log p against complex steps through H and nnlab; SymPy."""
    for q, p in distributions():
        numeric = gradient(lambda q, p=p: cross_entropy(p, q), q)
        equal(form(q, p), numeric)
        equal(form(q, p), cross_entropy.gradient_target(p))
    q, p = sp.symbols("q1:4", positive=True), sp.symbols("p1:4", positive=True)
    H = -sum(a * sp.log(b) for a, b in zip(q, p))
    assert [sp.diff(H, a) for a in q] == [-sp.log(b) for b in p]


@JOHNSON.entry(
    "johnson-3-dhdp",
    "section 3, second display, right",
    r"\frac{\partial H}{\partial p_i} = -\frac{q_i}{p_i}",
    ASSUMES,
    r"Right for the natural logarithm, which $\log$ usually is; in base 2 it "
    r"would be $-q_i / (p_i \ln 2)$. It needs $p_i > 0$, and the entries are "
    "varied one at a time.",
    shapes=r"$\partial H / \partial p$: $k$",
    assumption=r"$\log$ is the natural logarithm, and $p_i > 0$",
    right=lambda q, p: -q / p,
    mutants={
        "sign flipped": lambda q, p: q / p,
        "index shifted: upside down": lambda q, p: -p / q,
        "factor lost: q_i": lambda q, p: -1 / p,
        "factor lost: the square": lambda q, p: -q / p**2,
    },
    equations=("eq-ce-dp",),
    names=("cross_entropy.gradient",),
    chapter="cross_entropy",
)
def slope_in_p(form):
    """-q/p against complex steps through H and nnlab; base 2; SymPy."""
    for q, p in distributions():
        numeric = gradient(lambda p, q=q: cross_entropy(p, q), p)
        equal(form(q, p), numeric)
        equal(form(q, p), cross_entropy.gradient(p, q))
        bits = gradient(lambda p, q=q: -np.sum(q * np.log2(p)), p)
        equal(form(q, p) / np.log(2), bits)
    q = np.array(sp.symbols("q1:4", positive=True))
    p = np.array(sp.symbols("p1:4", positive=True))
    H = -sum(a * sp.log(b) for a, b in zip(q, p))
    proved(form(q, p), [sp.diff(H, b) for b in p])
