"""DMML, Neural networks (slides): every equation and claim, in order.

As on the slides an input is a column, weights and biases are numbered by the
level `lv` from 1, and level 0 is the input. In the checks the output may have
more than one node, and every activation acts entry by entry.
"""

import re
from functools import cache
from graphlib import CycleError, TopologicalSorter
from itertools import combinations, pairwise
from math import ceil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import sympy as sp

import nnlab
from ledger import ASSUMES, CLAIM, CORRECT, INCOMPLETE, WRONG, Source
from ledger.tools import cases, equal, gradient, jacobian
from nnlab import Network, quadratic, sigmoid, softmax, tanh

DMML = Source()


# What the checks share: networks with all derivatives, by complex steps.


def forward(w, b, x, sigma):
    """Weighted inputs {1: z1, ...} and activations {0: x, 1: ...}."""
    z, a = {}, {0: x}
    for lv in w:
        z[lv] = w[lv] @ a[lv - 1] + b[lv]
        a[lv] = sigma(z[lv])
    return z, a


def build(rng, sizes, inputs, sigma):
    """A network, some inputs, and every derivative of the first one's cost."""
    L = len(sizes) - 1
    w = {
        v: rng.standard_normal((sizes[v], sizes[v - 1]))
        for v in range(1, L + 1)
    }
    b = {v: rng.standard_normal(sizes[v]) for v in range(1, L + 1)}
    X = rng.standard_normal((inputs, sizes[0]))
    Y = rng.random((inputs, sizes[-1]))
    x, y = X[0], Y[0]

    def C(w=w, b=b):
        return quadratic(forward(w, b, x, sigma)[1][L], y)

    def C_of_a(lv, a):
        """The cost, if level lv had these activations."""
        for above in range(lv + 1, L + 1):
            a = sigma(w[above] @ a + b[above])
        return quadratic(a, y)

    def C_of_z(lv, z):
        """The cost, if level lv had these weighted inputs."""
        return C_of_a(lv, sigma(z))

    library = Network(sizes, sigma, sigma, quadratic, rng=rng)
    for lv in w:
        library.weights[lv - 1][...] = w[lv]
        library.biases[lv - 1][...] = b[lv]
    z, a = forward(w, b, x, sigma)
    return SimpleNamespace(
        **dict(w=w, b=b, x=x, y=y, X=X, Y=Y, z=z, a=a, L=L, n=sizes),
        **dict(sigma=sigma, slope=sigma.derivative, C=C, C_of_z=C_of_z),
        library=library,
        delta={v: gradient(lambda u, v=v: C_of_z(v, u), z[v]) for v in z},
        da={v: gradient(lambda u, v=v: C_of_a(v, u), a[v]) for v in a},
        dw={v: gradient(lambda u, v=v: C({**w, v: u}), w[v]) for v in w},
        db={v: gradient(lambda u, v=v: C(b={**b, v: u}), b[v]) for v in b},
    )


@cache
def networks():
    """Three levels, some wider and some narrower; one input or many."""
    return [
        build(rng, sizes, m, (tanh, sigmoid)[case % 2])
        for case, (rng, sizes, m) in enumerate(cases())
    ]


@cache
def single_outputs():
    """One to four levels, the last one with a single node, as on the slides."""
    return [
        build(rng, (*sizes[: 1 + case % 4], 1), m, (sigmoid, tanh)[case % 2])
        for case, (rng, sizes, m) in enumerate(cases())
    ]


def all_networks():
    """Both kinds."""
    return networks() + single_outputs()


def step_between(net, lv):
    """The Jacobian of z^{lv+1} with respect to z^lv, by complex steps."""
    w, b = net.w[lv + 1], net.b[lv + 1]
    return jacobian(lambda z: w @ net.sigma(z) + b, net.z[lv])


# The first slides: what is wanted.


def _order(senders):
    return list(TopologicalSorter(senders).static_order())


@DMML.entry(
    "dmml-net",
    "title slide",
    r"\text{Acyclic networks of perceptrons}",
    CLAIM,
    "The setting. Acyclic means that no path of arrows comes back to where it "
    "started. Then there is an order in which every unit comes after all units "
    "that it listens to, and one pass in this order computes everything. A "
    "perceptron in the strict sense has a step as its activation, and the "
    "derivative of a step is zero wherever it exists. The slides go on with "
    r"$\sigma'$, so smooth units are meant.",
    shapes="each unit: some numbers in, one number out",
    right=_order,
    mutants={
        "sign flipped: against the arrows": lambda senders: _order(senders)[
            ::-1
        ],
        "index shifted: the last unit first": lambda senders: (
            _order(senders)[-1:] + _order(senders)[:-1]
        ),
        "factor lost: without the last unit": lambda senders: _order(senders)[
            :-1
        ],
    },
    equations=("eq-networks-unit", "eq-networks-recursion"),
    names=("Network.trace",),
    chapter="networks",
)
def one_pass_in_order(form):
    """One pass against many, until nothing changes; a cycle; steps."""
    for seed in range(6):
        rng = np.random.default_rng(seed)
        names = rng.permutation(7)  # the numbers say nothing about the order
        M, c = np.zeros((7, 7)), rng.standard_normal(7)
        for sends, receives in combinations(names, 2):
            M[receives, sends] = rng.standard_normal() * rng.integers(2)
        M[names[1:], names[:-1]] = 1.0  # a path through all units
        senders = {i: list(np.flatnonzero(M[i])) for i in range(7)}
        a = np.full(7, np.nan)
        for i in form(senders):
            a[i] = tanh(sum(M[i, k] * a[k] for k in senders[i]) + c[i])
        settled = np.zeros(7)
        for _ in range(7):
            settled = tanh(M @ settled + c)
        equal(np.nan_to_num(a, nan=np.inf), settled)
        try:
            form({**senders, names[0]: [names[-1]]})  # closes a cycle
            raise AssertionError("a cycle was accepted")
        except CycleError:
            pass
    for net in networks():  # perceptrons in the strict sense

        def stepped(b, net=net):
            a = forward(net.w, b, net.x, lambda z: np.heaviside(z, 0))[1]
            return quadratic(a[net.L], net.y)

        for lv, b in net.b.items():
            above = stepped({**net.b, lv: b + 1e-9})
            assert above == stepped({**net.b, lv: b - 1e-9})


@DMML.entry(
    "dmml-gd",
    "Gradient descent",
    r"\text{But for each } w_j \text{ & } b \text{ in the network, compute}"
    r" \quad \frac{\partial C}{\partial w_j} \quad"
    r" \frac{\partial C}{\partial b}",
    CLAIM,
    "Confirmed: these derivatives, all of them and no more, give the change of "
    r"$C$ for every small change of weights and biases, and a small step "
    "against them lowers $C$ fastest among all steps of its length. The "
    "weights still have the single index of one perceptron here; from the "
    'slide "Notation" on they are $w_{jk}^l$.',
    shapes="one number for each weight and each bias",
    right=lambda dC_dw, dC_db, w, b: np.sum(dC_dw * w) + np.sum(dC_db * b),
    mutants={
        "factor lost: the biases": lambda dC_dw, dC_db, w, b: np.sum(dC_dw * w),
        "sign flipped": lambda dC_dw, dC_db, w, b: (
            np.sum(dC_dw * w) - np.sum(dC_db * b)
        ),
        "index shifted": lambda dC_dw, dC_db, w, b: (
            np.sum(np.roll(dC_dw, 1) * w) + np.sum(dC_db * b)
        ),
    },
    equations=("eq-networks-wanted", "eq-momentum-gradient", "eq-momentum-gd"),
    names=("Network.backprop", "GradientDescent"),
    chapter="networks",
)
def change_of_the_cost(form):
    """The derivative of C along a line, by a complex step; steepest descent."""
    for net in all_networks():
        rng = np.random.default_rng(net.L)

        def flat(arrays):
            return np.concatenate(
                [np.ravel(array) for array in arrays.values()]
            )

        dw, db = flat(net.dw), flat(net.db)
        length = np.sqrt(dw @ dw + db @ db)
        for _ in range(4):
            w = {v: rng.standard_normal(net.w[v].shape) for v in net.w}
            b = {v: rng.standard_normal(net.b[v].shape) for v in net.b}
            along = net.C(
                {v: net.w[v] + 1e-20j * w[v] for v in w},
                {v: net.b[v] + 1e-20j * b[v] for v in b},
            )
            change = form(dw, db, flat(w), flat(b))
            equal(change, np.imag(along) / 1e-20)
            moved = np.sqrt(
                sum(np.sum(u**2) for u in [*w.values(), *b.values()])
            )
            assert change / moved >= form(dw, db, -dw, -db) / length
        equal(form(dw, db, -dw, -db), -(length**2))


def _mean_of_half_squares(y, a):
    n = len(y)
    return sum(np.linalg.norm(y[i] - a[i]) ** 2 for i in range(n)) / (2 * n)


@DMML.entry(
    "dmml-c",
    "Typical cost function",
    r"\frac{1}{2n} \sum_{i=1}^n \|y_i - a(\bar{x}_i)\|^2",
    CORRECT,
    "The mean over the $n$ inputs of half the squared distance. The norm looks "
    "odd, since the output layer has a single node; it is right, for the norm "
    "of a number is its absolute value. Here $i$ numbers the inputs and $n$ "
    "counts them; in step 2 they belong to the nodes of a level.",
    shapes=r"$y_i$ and $a(\bar x_i)$ have $n_L$ entries, on the slides one",
    right=_mean_of_half_squares,
    mutants={
        "factor lost: 1/2": lambda y, a: 2 * _mean_of_half_squares(y, a),
        "factor lost: 1/n": lambda y, a: len(y) * _mean_of_half_squares(y, a),
        "factor lost: the square": lambda y, a: (
            sum(np.linalg.norm(y_i - a_i) for y_i, a_i in zip(y, a))
            / (2 * len(y))
        ),
        "sign flipped": lambda y, a: _mean_of_half_squares(y, -a),
        "index shifted": lambda y, a: _mean_of_half_squares(
            np.roll(y, 1, axis=0), a
        ),
    },
    equations=("eq-networks-dmml", "eq-ce-quadratic-mean"),
    names=("quadratic", "Network.cost"),
    chapter="networks",
)
def mean_of_half_the_squares(form):
    """A sum over inputs and nodes, and nnlab; a single node without a norm."""
    for net in all_networks():
        a = net.library.forward(net.X)
        n = len(a)
        expected = sum(
            (net.Y[i, j] - a[i, j]) ** 2 for i, j in np.ndindex(a.shape)
        ) / (2 * n)
        equal(form(net.Y, a), expected, 1e-14)
        equal(form(net.Y, a), net.library.cost(net.X, net.Y), 1e-14)
        if a.shape[1] == 1:
            equal(form(net.Y[:, 0], a[:, 0]), expected, 1e-14)


def _same(u, v):
    return np.allclose(u, v, rtol=0, atol=1e-13)


@DMML.entry(
    "dmml-a1",
    "Assumptions about C, 1",
    r"\text{Depends on } a(\bar{n}) \text{ (and nothing else)}",
    INCOMPLETE,
    r"The letter $\bar n$ has no meaning on the slides; most likely it is a "
    r"misread $\bar x$. With it the assumption does what it is for: weights "
    r'and biases reach $C$ through the output alone. "Nothing else" does not '
    "count the target, which is a constant for the derivatives; the slides' "
    "own cost depends on it. A regularizer is excluded.",
    shapes=r"$a(\bar x)$ has $n_L$ entries, $C$ is a number",
    corrected=r"\text{Depends on } a(\bar{x}) \text{ and the constant } y"
    r" \text{ (and nothing else)}",
    readings=(
        r"$\bar n$ stands for $\bar x$, and the target is a constant that need "
        "not be mentioned: two networks with the same output for an input have "
        "the same cost there.",
        r"The output alone, without the target, determines the cost: this "
        "contradicts the cost function on the same slide.",
        r"$\bar n$ is something of its own: it is nowhere defined.",
    ),
    right=lambda p, q: _same(p.a, q.a) and _same(p.y, q.y),
    literal=lambda p, q: _same(p.a, q.a),
    mutants={
        "index shifted: the activations of level L - 1": lambda p, q: (
            _same(p.below, q.below) and _same(p.y, q.y)
        ),
        "index shifted: the input": lambda p, q: (
            _same(p.x, q.x) and _same(p.y, q.y)
        ),
        "factor lost: the output": lambda p, q: _same(p.y, q.y),
    },
    equations=("eq-networks-assumption-1",),
    names=("Network.losses", "quadratic"),
    chapter="networks",
    counterexample="""\
a = 1  # one output of the network
for y in (1, 3):  # two targets
    print("output", a, "target", y, "cost", (y - a) ** 2 / 2)
""",
)
def same_output_same_cost(form):
    """form(p, q): must the costs be equal? Pairs of networks, with nnlab."""
    for net in networks():

        def situation(w, b, x, y, net=net):
            library = Network(net.n, net.sigma, net.sigma, quadratic)
            for lv in w:
                library.weights[lv - 1][...] = w[lv]
                library.biases[lv - 1][...] = b[lv]
            a = library.trace(x)[1]
            cost = library.losses([x], [y])[0]
            return SimpleNamespace(x=x, y=y, below=a[-2], a=a[-1], cost=cost)

        w, b, x, y, L = net.w, net.b, net.x, net.y, net.L
        turned = {**w, 2: w[2][::-1], 3: w[3][:, ::-1]}  # nodes of level 2
        here = situation(w, b, x, y)
        others = [
            situation(turned, {**b, 2: b[2][::-1]}, x, y),
            situation({**w, L: w[L] + 0.1}, b, x, y),
            situation({**w, 1: w[1] + 0.1}, b, x, y),
            situation(w, b, x + 0.1, y),
            situation(w, b, x, 1 - y),
        ]
        assert form(here, others[0])  # other parameters, the same output
        for other in others:
            if form(here, other):
                equal(other.cost, here.cost, 1e-12)


@DMML.entry(
    "dmml-a2",
    "Assumptions about C, 2",
    r"\text{Average error ↳ Act on each input separately}",
    CORRECT,
    "The derivative of an average is the average of the derivatives, so each "
    "input can be treated by itself; the results must then be averaged, which "
    "the later slides leave out. It needs assumption 1: the term of an input "
    "must not depend on other inputs. It fails for the root of the mean. An "
    "update after each input would be something else: stochastic gradient "
    "descent, which the last slide names.",
    shapes="one gradient per input, each with as many entries as parameters",
    right=lambda gradients: sum(gradients) / len(gradients),
    mutants={
        "factor lost: 1/n": lambda gradients: sum(gradients),
        "sign flipped": lambda gradients: -sum(gradients) / len(gradients),
        "index shifted: the last input is left out": lambda gradients: (
            sum(gradients[:-1]) / max(1, len(gradients) - 1)
        ),
    },
    equations=("eq-networks-assumption-2", "eq-delta-batch-sum"),
    names=("Network.backprop", "Network.cost"),
    chapter="networks",
)
def average_of_the_gradients(form):
    """Complex steps of the mean cost and nnlab; not for the mean's root."""
    for net in all_networks():
        library = net.library
        each = [library.backprop([x], [y]).theta for x, y in zip(net.X, net.Y)]
        equal(form(each), library.backprop(net.X, net.Y).theta)

        def mean(bias, net=net):
            b = {**net.b, net.L: bias}
            outputs = [forward(net.w, b, x, net.sigma)[1][net.L] for x in net.X]
            return sum(map(quadratic, outputs, net.Y)) / len(net.X)

        bias = net.b[net.L]
        n = len(bias)
        equal(form([g[-n:] for g in each]), gradient(mean, bias))
        if len(each) > 1:
            costs = library.losses(net.X, net.Y)
            roots = [g / (2 * np.sqrt(c)) for g, c in zip(each, costs)]
            whole = form(each) / (2 * np.sqrt(np.mean(costs)))
            assert not np.allclose(form(roots), whole, rtol=1e-3)


def _parameters(n):
    return sum(n_l * (below + 1) for below, n_l in pairwise(n))


@DMML.entry(
    "dmml-a2-size",
    "Assumptions about C, 2",
    r"\text{Many parameters to learn — overall training set is large}",
    CLAIM,
    "How many parameters there are can be counted: a node has a weight for "
    "each node of the level below, and a bias. With few inputs there are "
    "directions in parameter space in which no output changes (to first "
    "order), so few inputs cannot teach all parameters. The check counts both, "
    "for instance 13 parameters of a 2-3-1 network: three inputs determine "
    "three directions, 40 inputs all 13.",
    shapes="a number of parameters",
    right=_parameters,
    mutants={
        "factor lost: no biases": lambda n: sum(k * j for k, j in pairwise(n)),
        "index shifted: the last level is left out": lambda n: _parameters(
            n[:-1]
        ),
        "transpose dropped: a bias for each sender": lambda n: _parameters(
            n[::-1]
        ),
    },
    equations=("eq-networks-count",),
    names=("Network",),
    chapter="networks",
)
def count_of_parameters(form):
    """Against nnlab; the rank of all outputs' Jacobian for few and many."""
    for net in all_networks():
        assert form(net.n) == net.library.theta.size
        count = sum(net.w[v].size + net.b[v].size for v in net.w)
        assert form(net.n) == count
    rng = np.random.default_rng(1)
    small = Network((2, 3, 1), tanh, tanh, rng=rng)
    X = 2 * rng.standard_normal((40, 2))
    outputs = np.transpose(
        [
            small.at(small.theta + 1e-20j * e).forward(X)[:, 0].imag / 1e-20
            for e in np.eye(form((2, 3, 1)))
        ]
    )
    ranks = [np.linalg.matrix_rank(outputs[:m]) for m in (3, 40)]
    assert ranks == [3, form((2, 3, 1))]


# The structure, and the notation.


@DMML.entry(
    "dmml-s",
    "Structural assumptions about network",
    r"\text{Assume layers } 1, 2, \dots, L \quad"
    r" \text{L is the output layer, single node}",
    INCOMPLETE,
    "Not said: whether layer 1 is the input or the first layer that computes, "
    r'and what $a^{l-1}$ is for $l = 1$. Errors "for all $j, l$" need '
    r"$z_j^1$, so layer 1 computes, and $\bar a^0 = \bar x$. The four steps do "
    "not need the single node; only their $y$ without an index does.",
    shapes=r"$w^l$: $n_l \times n_{l-1}$, with $n_0$ inputs and $n_L = 1$",
    corrected=r"\text{Assume layers } 1, 2, \dots, L, \text{ and }"
    r" \bar{a}^0 = \bar{x}",
    readings=(
        r"Layer 1 is the first one that computes, and $\bar a^0 = \bar x$: "
        "there are weights into $L$ layers, and all formulas hold for "
        r"$l = 1, \dots, L$.",
        r"Layer 1 is the input, $\bar a^1 = \bar x$: there are weights into "
        r"$L - 1$ layers, all formulas hold for $l = 2, \dots, L$ only, and "
        r"there is no $\delta_j^1$.",
    ),
    right=lambda inputs, n: [
        (n[lv], n[lv - 1] if lv > 1 else inputs) for lv in range(1, len(n))
    ],
    mutants={
        "transpose dropped": lambda inputs, n: [
            (n[lv - 1] if lv > 1 else inputs, n[lv]) for lv in range(1, len(n))
        ],
        "index shifted: the weights lead downwards": lambda inputs, n: [
            (n[lv], n[lv + 1] if lv + 1 < len(n) else inputs)
            for lv in range(1, len(n))
        ],
        "factor lost: no weights into the output": lambda inputs, n: [
            (n[lv], n[lv - 1] if lv > 1 else inputs)
            for lv in range(1, len(n) - 1)
        ],
    },
    equations=("eq-networks-structure", "eq-networks-recursion"),
    names=("Network", "Network.trace"),
    chapter="networks",
)
def shapes_of_all_weights(form):
    """Shapes for levels 1 to L against nnlab, and an error for each level."""
    for net in single_outputs():
        n = (None, *net.n[1:])  # n[1], ..., n[L], as the slides count
        shapes = form(net.n[0], n)
        assert shapes == [W.shape for W in net.library.weights]
        deltas = net.library.backprop([net.x], [net.y]).deltas
        assert len(shapes) == len(deltas) == len(net.library.trace(net.X)[0])
        assert net.library.forward(net.x).shape == (1,)


@DMML.entry(
    "dmml-s-full",
    "Structural assumptions about network",
    r"\text{Each layer i is fully connected to layer } i+1",
    ASSUMES,
    "Step 2 sums over layer $l + 1$ only. This is all only if layer $l$ feeds "
    "**no other** layer; the words probably mean that. With a connection that "
    "skips a layer the sum misses a term, as the check shows. The letter $i$ "
    "numbers the layers here, and elsewhere inputs and nodes.",
    assumption="no layer feeds any other layer than the next one",
    shapes=r"$w^{i+1}$: $n_{i+1} \times n_i$",
    right=lambda lv: [lv + 1],
    mutants={
        "index shifted: two layers up": lambda lv: [lv + 2],
        "index shifted: to itself": lambda lv: [lv],
        "factor lost: no connection": lambda lv: [],
    },
    equations=("eq-networks-structure", "eq-delta-hidden-chain"),
    names=("Network",),
    chapter="networks",
)
def layers_that_a_layer_feeds(form):
    """Errors collected over them, against complex steps; a skip connection."""
    for net in networks():
        for lv in range(1, net.L):
            found = np.zeros(net.n[lv])
            for above in form(lv):
                found += net.w[above].T @ net.delta[above]
            equal(net.slope(net.z[lv]) * found, net.delta[lv])

        # With S from level 1 to level 3 in addition, it is not enough.
        S = np.ones((net.n[3], net.n[1]))

        def skipping(z1, shift=0.0, net=net, S=S):
            a1 = net.sigma(z1)
            z2 = net.w[2] @ a1 + net.b[2] + shift
            z3 = net.w[3] @ net.sigma(z2) + S @ a1 + net.b[3]
            return quadratic(net.sigma(z3), net.y)

        z1 = net.z[1]
        delta_2 = gradient(lambda u, f=skipping, z=z1: f(z, u), 0 * net.z[2])
        true = gradient(skipping, z1)
        assert form(1) == [2]
        collected = net.slope(z1) * (net.w[2].T @ delta_2)
        assert not np.allclose(collected, true, rtol=1e-6)


def _weighted_input(w, b, a, lv, j, m):
    return sum(w[lv][j, k] * a[lv - 1][k] for k in range(m)) + b[lv][j]


@DMML.entry(
    "dmml-z",
    "Notation",
    r"\text{Level l , has m nodes} \quad"
    r" z_j^l = w_{j1}^l \cdot a_1^{l-1} + w_{j2}^l \cdot a_2^{l-1} + \dots +"
    r" w_{jm}^l a_m^{l-1} + b_j^l",
    INCOMPLETE,
    "The sum is right if $m$ is the number of nodes of the level **below**. "
    'The words "Level l, has m nodes" stand beside it, perhaps as part of a '
    "drawing that the transcript does not show. Read with the sum's $l$ they "
    "contradict the list for layer $L$, which has one node and yet the weights "
    r"$w_{11}^L, \dots, w_{1m}^L$.",
    shapes=r"$w^l$: $n_l \times n_{l-1}$, so $m = n_{l-1}$",
    corrected=r"z_j^l = w_{j1}^l \cdot a_1^{l-1} + w_{j2}^l \cdot a_2^{l-1} +"
    r" \dots + w_{jm}^l a_m^{l-1} + b_j^l, \quad \text{level } l - 1 \text{ has"
    r" m nodes}",
    readings=(
        "Level $l - 1$ has $m$ nodes: then the line is right for every level.",
        "All levels below the output have $m$ nodes, and there are $m$ inputs: "
        "a special case.",
        "Level $l$ has $m$ nodes, for the $l$ of the formula: then the sum "
        "leaves nodes out or runs over nodes that do not exist.",
    ),
    right=lambda w, b, a, n, lv, j: _weighted_input(w, b, a, lv, j, n[lv - 1]),
    literal=lambda w, b, a, n, lv, j: _weighted_input(w, b, a, lv, j, n[lv]),
    mutants={
        "transpose dropped": lambda w, b, a, n, lv, j: (
            sum(w[lv][k, j] * a[lv - 1][k] for k in range(n[lv - 1])) + b[lv][j]
        ),
        "index shifted: the last node is left out": (
            lambda w, b, a, n, lv, j: _weighted_input(
                w, b, a, lv, j, n[lv - 1] - 1
            )
        ),
        "index shifted: activations of level l": lambda w, b, a, n, lv, j: (
            sum(w[lv][j, k] * a[lv][k] for k in range(n[lv - 1])) + b[lv][j]
        ),
        "sign flipped: of the bias": lambda w, b, a, n, lv, j: (
            _weighted_input(w, b, a, lv, j, n[lv - 1]) - 2 * b[lv][j]
        ),
        "factor lost: no bias": lambda w, b, a, n, lv, j: (
            _weighted_input(w, b, a, lv, j, n[lv - 1]) - b[lv][j]
        ),
    },
    equations=("eq-networks-unit",),
    names=("Network.trace",),
    chapter="networks",
    counterexample="""\
import numpy as np
w = np.array([[2, 3]])  # level l has 1 node, level l - 1 has 2
a = np.array([1, 1])
m = 1  # "Level l has m nodes"
print("weighted input of the node:", w[0] @ a)
print("the sum to m:              ", sum(w[0, k] * a[k] for k in range(m)))
""",
)
def weighted_input(form):
    """Every node of every level against nnlab's trace."""
    for net in all_networks():
        expected = net.library.trace(net.x)[0]
        for lv in net.w:
            for j in range(net.n[lv]):
                found = form(net.w, net.b, net.a, net.n, lv, j)
                equal(found, expected[lv - 1][j])


@DMML.entry(
    "dmml-z-dot",
    "Notation",
    r"= \bar{w}_j^l \cdot \bar{a}^{l-1} + b_j^l",
    CORRECT,
    r"The same as a dot product: $\bar w_j^l$ holds the weights of node $j$, "
    "that is row $j$ of the matrix. A bar marks a vector.",
    shapes=r"$\bar w_j^l$ and $\bar a^{l-1}$ have $n_{l-1}$ entries",
    right=lambda w, a, b, j: np.dot(w[j], a) + b[j],
    mutants={
        "transpose dropped: a column": lambda w, a, b, j: (
            np.dot(w[:, j], a) + b[j]
        ),
        "index shifted: another row": lambda w, a, b, j: (
            np.dot(w[j - 1], a) + b[j]
        ),
        "sign flipped": lambda w, a, b, j: np.dot(w[j], a) - b[j],
        "factor lost: no bias": lambda w, a, b, j: np.dot(w[j], a),
    },
    equations=("eq-networks-unit", "eq-networks-layer"),
    names=("Network.trace",),
    chapter="networks",
)
def weighted_input_as_dot_product(form):
    """Every node of every level against the line before and nnlab's trace."""
    for net in all_networks():
        expected = net.library.trace(net.x)[0]
        for lv in net.w:
            for j in range(net.n[lv]):
                w, a = net.w, net.a
                found = form(w[lv], a[lv - 1], net.b[lv], j)
                equal(found, expected[lv - 1][j])
                below = net.n[lv - 1]
                equal(found, _weighted_input(w, net.b, a, lv, j, below))


def _all_derivatives(dw, db, n, first=1):
    found = []
    for lv in range(first, len(n)):
        for j in range(n[lv]):
            found += [dw(lv, j, k) for k in range(n[lv - 1])]
        found += [db(lv, j) for j in range(n[lv])]
    return found


@DMML.entry(
    "dmml-g",
    "Compute",
    r"\frac{\partial C}{\partial w_{jk}^l}, \quad"
    r" \frac{\partial C}{\partial b_j^l}",
    CORRECT,
    "What is wanted: one number for each weight and each bias, for all $l$, "
    "all nodes $j$ of level $l$ and all nodes $k$ of level $l - 1$. Together "
    "they are the gradient.",
    shapes=r"$n_l \times n_{l-1}$ and $n_l$ numbers for level $l$",
    right=_all_derivatives,
    mutants={
        "transpose dropped": lambda dw, db, n: _all_derivatives(
            lambda lv, j, k: dw(lv, k, j), db, n
        ),
        "index shifted: from level 2": lambda dw, db, n: _all_derivatives(
            dw, db, n, 2
        ),
        "sign flipped": lambda dw, db, n: _all_derivatives(
            lambda lv, j, k: -dw(lv, j, k), db, n
        ),
        "factor lost: no biases": lambda dw, db, n: _all_derivatives(
            dw, lambda lv, j: 0.0, n
        ),
    },
    equations=("eq-networks-wanted-layers", "eq-delta-wanted"),
    names=("Network.backprop",),
    chapter="delta_recursion",
)
def all_the_derivatives(form):
    """Complex steps in single weights and biases against nnlab's gradient."""
    for net in all_networks():
        expected = net.library.backprop([net.x], [net.y]).theta
        found = form(
            lambda lv, j, k, net=net: net.dw[lv][j, k],
            lambda lv, j, net=net: net.db[lv][j],
            net.n,
        )
        equal(found, expected)


@DMML.entry(
    "dmml-g-L",
    "Compute",
    r"\frac{\partial C}{\partial w_{11}^L},"
    r" \frac{\partial C}{\partial w_{12}^L}, \dots,"
    r" \frac{\partial C}{\partial w_{1m}^L},"
    r" \frac{\partial C}{\partial b^L}",
    ASSUMES,
    "The output has one node, so the first index is 1 and the bias has none. "
    "The last index $m$ is the number of nodes of layer $L - 1$. It cannot be "
    "that of layer $L$, which is 1.",
    assumption="$m$ is the number of nodes of layer $L - 1$",
    shapes=r"$1 \times n_{L-1}$ and 1 numbers",
    right=lambda dw, db, n, L: (
        [dw(L, 0, k) for k in range(n[L - 1])] + [db(L, 0)]
    ),
    mutants={
        "index shifted: m nodes in layer L": lambda dw, db, n, L: (
            [dw(L, 0, k) for k in range(n[L])] + [db(L, 0)]
        ),
        "transpose dropped": lambda dw, db, n, L: (
            [dw(L, k, 0) for k in range(n[L - 1])] + [db(L, 0)]
        ),
        "sign flipped": lambda dw, db, n, L: (
            [dw(L, 0, k) for k in range(n[L - 1])] + [-db(L, 0)]
        ),
        "factor lost: no bias": lambda dw, db, n, L: [
            dw(L, 0, k) for k in range(n[L - 1])
        ],
    },
    equations=("eq-networks-wanted-layers",),
    names=("Network.backprop",),
    chapter="networks",
)
def derivatives_of_a_single_node(form):
    """Complex steps against the last level of nnlab's gradient."""
    for net in single_outputs():
        found = form(
            lambda lv, j, k, net=net: net.dw[lv][j, k],
            lambda lv, j, net=net: net.db[lv][j],
            net.n,
            net.L,
        )
        last = net.library.backprop([net.x], [net.y])
        equal(found, [*last.weights[-1][0], *last.biases[-1]])


def _slope_at(C_of_z, lv, z, j):
    return np.imag(C_of_z(lv, z[lv] + 1e-20j * np.eye(len(z[lv]))[j])) / 1e-20


@DMML.entry(
    "dmml-delta",
    "Compute",
    r"\frac{\partial C}{\partial z_j^l} \text{ — artificial quantity} \quad"
    r" \delta_j^l",
    CORRECT,
    r'The definition of the error. "Artificial" is to the point: $z_j^l$ is '
    "computed and no parameter, so the derivative needs a sense. It is the one "
    "of the rest of the network, from level $l$ on, as a function of $z^l$.",
    shapes=r"$\delta^l$ has $n_l$ entries",
    right=_slope_at,
    mutants={
        "sign flipped": lambda C_of_z, lv, z, j: -_slope_at(C_of_z, lv, z, j),
        "index shifted: the next node": lambda C_of_z, lv, z, j: _slope_at(
            C_of_z, lv, z, j - 1
        ),
        "factor lost: one half": lambda C_of_z, lv, z, j: (
            2 * _slope_at(C_of_z, lv, z, j)
        ),
    },
    equations=("eq-delta-definition", "eq-delta-rest"),
    names=("Network.backprop",),
    chapter="delta_recursion",
)
def error_of_a_node(form):
    """Against nnlab's deltas, and against a complex step in the node's bias."""
    for net in all_networks():
        deltas = net.library.backprop([net.x], [net.y]).deltas
        for lv in net.z:
            found = [form(net.C_of_z, lv, net.z, j) for j in range(net.n[lv])]
            equal(found, deltas[lv - 1][0])
            equal(found, net.db[lv])


# Overall strategy.

NEEDS = {
    "z": lambda lv, L: [("a", lv - 1)],
    "a": lambda lv, L: [("z", lv)],
    "delta": lambda lv, L: [
        ("z", lv),
        ("delta", lv + 1) if lv < L else ("a", L),
    ],
    "dw": lambda lv, L: [("delta", lv), ("a", lv - 1)],
    "db": lambda lv, L: [("delta", lv)],
}


def carry_out(net, plan):
    """Compute what the plan names; each step needs what came before."""
    have = {("a", 0): net.x}

    def delta(lv):
        if lv == net.L:
            v = have["a", lv] - net.y
        else:
            v = net.w[lv + 1].T @ have["delta", lv + 1]
        return net.slope(have["z", lv]) * v

    compute = {
        "z": lambda lv: net.w[lv] @ have["a", lv - 1] + net.b[lv],
        "a": lambda lv: net.sigma(have["z", lv]),
        "delta": delta,
        "dw": lambda lv: np.outer(have["delta", lv], have["a", lv - 1]),
        "db": lambda lv: have["delta", lv],
    }
    for name, lv in plan:
        for needed in NEEDS[name](lv, net.L):
            assert needed in have, f"{name}^{lv} needs {needed}"
        assert (name, lv) not in have, f"{name}^{lv} is computed twice"
        have[name, lv] = compute[name](lv)
    return have


def _there(L):
    return [(name, lv) for lv in range(1, L + 1) for name in ("z", "a")]


def _back(L):
    names = ("delta", "dw", "db")
    return [(name, lv) for lv in range(L, 0, -1) for name in names]


@DMML.entry(
    "dmml-s2",
    "Overall strategy",
    r"\text{Compute z, a →} \quad"
    r" \text{←} \quad \text{Compute } \frac{\partial C}{\partial w_{jk}^l},"
    r" \frac{\partial C}{\partial b_j^l}",
    CORRECT,
    "One pass forwards and one backwards are enough, and nothing is computed "
    "twice. The order is forced: an error needs the error of the layer above, "
    r"and a derivative by a weight the activation below, which is why the "
    "forward pass comes first and its results are kept.",
    shapes=r"all $z^l$, $a^l$, then all $\delta^l$",
    right=lambda L: _there(L) + _back(L),
    mutants={
        "sign flipped: backward pass first": lambda L: _back(L) + _there(L),
        "index shifted: errors from layer 1 on": lambda L: (
            _there(L) + sorted(_back(L), key=lambda step: step[1])
        ),
        "factor lost: no forward pass": lambda L: _back(L),
        "factor lost: layer 1 is left out": lambda L: _there(L) + _back(L)[:-3],
    },
    equations=("eq-delta-algorithm",),
    names=("Network.backprop",),
    chapter="delta_recursion",
)
def order_of_the_passes(form):
    """The steps carried out in this order, against complex steps."""
    for net in all_networks():
        have = carry_out(net, form(net.L))
        for lv in net.w:
            assert ("dw", lv) in have and ("db", lv) in have
            equal(have["dw", lv], net.dw[lv])
            equal(have["db", lv], net.db[lv])


# Step 1.


@DMML.entry(
    "dmml-1",
    "step 1",
    r"\delta_j^L = \frac{\partial C}{\partial z_j^L} ="
    r" \frac{\partial C}{\partial a_j^L}"
    r" \boxed{\frac{\partial a_j^L}{\partial z_j^L}}",
    CORRECT,
    "One term and no sum looks like too little, and is right: "
    r"$a_j^L = \sigma(z_j^L)$, written under the box, says that $z_j^L$ "
    "reaches no other output. So the line holds for any number of output "
    'nodes, not only for the "single node" of the slides. For a softmax, where '
    "every output depends on every $z_j^L$, the sum over all outputs is "
    "needed; the check shows that one term fails there.",
    shapes="all numbers",
    right=lambda dC_da, da_dz, j: dC_da[j] * da_dz[j, j],
    mutants={
        "sign flipped": lambda dC_da, da_dz, j: -dC_da[j] * da_dz[j, j],
        "factor lost: the boxed one": lambda dC_da, da_dz, j: dC_da[j],
        "factor lost: the first one": lambda dC_da, da_dz, j: da_dz[j, j],
        "index shifted": lambda dC_da, da_dz, j: (
            dC_da[j - 1] * da_dz[j - 1, j - 1]
        ),
    },
    equations=("eq-delta-output-chain", "eq-ce-dmml-chain"),
    names=("Network.backprop",),
    chapter="delta_recursion",
)
def chain_rule_at_the_output(form):
    """Complex steps of a cost of any form, and of nnlab's; not for softmax."""
    for net in all_networks():
        z, a, y = net.z[net.L], net.a[net.L], net.y
        n = len(z)
        c = np.arange(1.0, n + 1)
        for C in (
            lambda a, y=y: quadratic(a, y),
            lambda a, c=c: np.prod(np.cos(c * a)),
        ):
            dC_da, da_dz = gradient(C, a), jacobian(net.sigma, z)
            found = [form(dC_da, da_dz, j) for j in range(n)]
            equal(found, gradient(lambda z, C=C, s=net.sigma: C(s(z)), z))
        dC_da, da_dz = gradient(C, softmax(z)), jacobian(softmax, z)
        found = [form(dC_da, da_dz, j) for j in range(n)]
        true = gradient(lambda z, C=C: C(softmax(z)), z)
        assert n == 1 or not np.allclose(found, true, rtol=1e-6, atol=0)


@DMML.entry(
    "dmml-1a",
    "step 1",
    r"a_j^L = \sigma(z_j^L) \quad \sigma'(z_j^L)",
    CORRECT,
    r"The boxed factor. The slides do not say which function $\sigma$ is, and "
    "need not: the line holds for every differentiable function of one number. "
    "Right is the argument, too: the slope is taken at $z$, not at $a$.",
    shapes="numbers",
    right=lambda slope, z, a: slope(z),
    mutants={
        "index shifted: at the output": lambda slope, z, a: slope(a),
        "sign flipped": lambda slope, z, a: -slope(z),
        "factor lost: a slope of 1": lambda slope, z, a: 1 + 0 * slope(z),
    },
    equations=("eq-delta-output-slope", "eq-ce-dmml-slope", "eq-sigmoid-unit"),
    names=("sigmoid.derivative", "tanh.derivative"),
    chapter="delta_recursion",
)
def slope_of_the_activation(form):
    """Against complex steps for every node; SymPy differentiates."""
    for net in all_networks():
        z, a = net.z[net.L], net.a[net.L]
        found = [form(net.slope, z_j, a_j) for z_j, a_j in zip(z, a)]
        equal(found, np.diag(jacobian(net.sigma, z)))
    v = sp.symbols("v", real=True)
    for a, slope in (
        (1 / (1 + sp.exp(-v)), lambda v: sp.exp(-v) / (1 + sp.exp(-v)) ** 2),
        (sp.tanh(v), lambda v: 1 - sp.tanh(v) ** 2),
    ):
        assert sp.simplify(form(slope, v, a) - sp.diff(a, v)) == 0


@DMML.entry(
    "dmml-1b",
    "step 1",
    r"\delta_j^L = \frac{\partial C}{\partial a_j^L} \sigma'(z_j^L)",
    CORRECT,
    r"The two lines before, put together. For all nodes at once it is "
    r"$\frac{\partial C}{\partial a^L} \odot \sigma'(z^L)$.",
    shapes=r"numbers, for each of the $n_L$ nodes",
    right=lambda dC_da, slope, z, a, j: dC_da[j] * slope(z[j]),
    mutants={
        "sign flipped": lambda dC_da, slope, z, a, j: -dC_da[j] * slope(z[j]),
        "factor lost: the slope": lambda dC_da, slope, z, a, j: dC_da[j],
        "index shifted: the slope at the output": (
            lambda dC_da, slope, z, a, j: dC_da[j] * slope(a[j])
        ),
        "index shifted": lambda dC_da, slope, z, a, j: (
            dC_da[j] * slope(z[j - 1])
        ),
    },
    equations=("eq-delta-output", "eq-ce-dmml-delta"),
    names=("Network.backprop", "sigmoid.pullback"),
    chapter="delta_recursion",
)
def error_of_the_output(form):
    """Against complex steps in z, nnlab's deltas and nnlab's pullback."""
    for net in all_networks():
        L = net.L
        z, a, dC_da = net.z[L], net.a[L], net.da[L]
        found = [form(dC_da, net.slope, z, a, j) for j in range(net.n[L])]
        equal(found, net.delta[L])
        equal(found, net.library.backprop([net.x], [net.y]).deltas[-1][0])
        equal(found, net.sigma.pullback(z, dC_da))


def _one_input(y, s):
    return lambda a: (y[s] - a[s]) ** 2 / 2


@DMML.entry(
    "dmml-1c",
    "step 1",
    r"C = \frac{1}{2n} \sum \|y - a\|^2 \rightarrow"
    r" \overset{a_j^L - y}{\uparrow} (y - a_j^L)(-1)",
    INCOMPLETE,
    "On the left of the arrow stands the average over $n$ inputs, on the right "
    "the derivative of **one** input's term, without $1/n$. Assumption 2, "
    '"act on each input separately", explains it. Then $C$ has two '
    r"meanings. The result is $\frac{\partial C}{\partial a}$ and not yet "
    r"$\delta$; the factor $\sigma'(z_j^L)$ is still to come. That $y$ has no "
    "index is right for the single output node.",
    shapes="numbers, for a single output node",
    corrected=r"C = \frac{1}{2} \|y - a\|^2 \rightarrow"
    r" (y - a_j^L)(-1) = a_j^L - y",
    readings=(
        r"$C$ is the term of one input, $\frac12 \|y - a\|^2$: the derivative "
        "is right, and the derivatives of the inputs are averaged at the end.",
        r"$C$ is the average, as printed: then the derivative by the output of "
        r"each input is $\frac1n (a_j^L - y)$, and the factor is missing.",
    ),
    right=lambda y, s: (_one_input(y, s), lambda a: (y[s] - a[s]) * (-1)),
    literal=lambda y, s: (
        lambda a: np.sum((y - a) ** 2) / (2 * len(y)),
        lambda a: (y[s] - a[s]) * (-1),
    ),
    mutants={
        "sign flipped: the factor -1 lost": lambda y, s: (
            _one_input(y, s),
            lambda a: y[s] - a[s],
        ),
        "factor lost: 1/2": lambda y, s: (
            lambda a: (y[s] - a[s]) ** 2,
            lambda a: (y[s] - a[s]) * (-1),
        ),
        "index shifted: another input's target": lambda y, s: (
            _one_input(y, s),
            lambda a: a[s] - y[s - 1],
        ),
    },
    equations=("eq-ce-dmml-quadratic",),
    names=("quadratic", "quadratic.gradient"),
    chapter="cross_entropy",
    counterexample="""\
import numpy as np
y, a = np.zeros(4), np.array([3.0, 1, 1, 1])  # n = 4 inputs
C = lambda first: (np.sum((y[1:] - a[1:]) ** 2) + (y[0] - first) ** 2) / 8
print("derivative of the average:", (C(4) - C(2)) / 2)
print("as printed, a - y:        ", a[0] - y[0])
""",
)
def derivative_of_half_a_square(form):
    """Right of the arrow against complex steps of the left; nnlab; SymPy."""
    for net in single_outputs():
        z, a = (values[-1][:, 0] for values in net.library.trace(net.X))
        y = net.Y[:, 0]
        for s in range(len(y)):
            cost, derivative = form(y, s)
            equal(derivative(a), gradient(cost, a)[s])
            of_mean = gradient(lambda a, y=y: np.mean((y - a) ** 2) / 2, a)[s]
            equal(derivative(a) / len(y), of_mean)
            equal(
                [derivative(a)], quadratic.gradient(a[s : s + 1], y[s : s + 1])
            )
            one = net.library.backprop(net.X[s : s + 1], net.Y[s : s + 1])
            equal(derivative(a) * net.slope(z[s]), one.deltas[-1][0, 0])
    y, a = sp.symbols("y a", real=True)
    cost, derivative = form([y], 0)
    assert sp.expand(sp.diff(cost([a]), a) - derivative([a])) == 0
    assert sp.expand(derivative([a]) - (a - y)) == 0


# Step 2.


def _given(w, slope, z, delta, lv, j):
    above = range(len(delta[lv + 1]))
    slope_j = slope(z[lv][j])
    return sum(delta[lv + 1][k] * w[lv + 1][k, j] * slope_j for k in above)


@DMML.entry(
    "dmml-2-given",
    "step 2",
    r"\text{② Compute } \delta^l \text{ given } \delta^{l+1}",
    CORRECT,
    "It can be done, as the two formulas of step 2 show. The recursion that "
    "they make together is not written out on the slides: "
    r"$\delta_j^l = \sum_k \delta_k^{l+1} w_{kj}^{l+1} \sigma'(z_j^l)$.",
    shapes=r"$\delta^l$: $n_l$; $w^{l+1}$: $n_{l+1} \times n_l$",
    right=_given,
    mutants={
        "transpose dropped": lambda w, slope, z, delta, lv, j: sum(
            delta[lv + 1][k] * w[lv + 1][j, k] * slope(z[lv][j])
            for k in range(len(delta[lv + 1]))
        ),
        "factor lost: the slope": lambda w, slope, z, delta, lv, j: sum(
            delta[lv + 1][k] * w[lv + 1][k, j]
            for k in range(len(delta[lv + 1]))
        ),
        "sign flipped": lambda *data: -_given(*data),
        "index shifted: the slope of level l + 1": (
            lambda w, slope, z, delta, lv, j: sum(
                delta[lv + 1][k] * w[lv + 1][k, j] * slope(z[lv + 1][k])
                for k in range(len(delta[lv + 1]))
            )
        ),
    },
    equations=("eq-delta-hidden", "eq-delta-vector-hidden"),
    names=("Network.backprop",),
    chapter="delta_recursion",
)
def error_from_the_level_above(form):
    """Every hidden error against complex steps and nnlab's deltas."""
    for net in all_networks():
        deltas = net.library.backprop([net.x], [net.y]).deltas
        for lv in range(1, net.L):
            found = [
                form(net.w, net.slope, net.z, net.delta, lv, j)
                for j in range(net.n[lv])
            ]
            equal(found, net.delta[lv])
            equal(found, deltas[lv - 1][0])


@DMML.entry(
    "dmml-2",
    "step 2",
    r"\delta_j^l = \frac{\partial C}{\partial z_j^l} = \sum_{k=1}^m"
    r" \frac{\partial C}{\partial z_k^{l+1}}"
    r" \frac{\partial z_k^{l+1}}{\partial z_j^l}",
    INCOMPLETE,
    "Right if $m$ is the number of nodes of level $l + 1$. The only words "
    'about $m$ are "Level l, has m nodes", and in the sum beside them $m$ '
    "belongs to level $l - 1$. So $m$ has to be read anew here.",
    shapes=r"$k = 1, \dots, n_{l+1}$",
    corrected=r"\delta_j^l = \frac{\partial C}{\partial z_j^l} = \sum_{k=1}^m"
    r" \frac{\partial C}{\partial z_k^{l+1}}"
    r" \frac{\partial z_k^{l+1}}{\partial z_j^l}, \quad"
    r" \text{level } l + 1 \text{ has m nodes}",
    readings=(
        "$m$ is the number of nodes of level $l + 1$, over which $k$ runs.",
        'Level $l$ has $m$ nodes, as on the slide "Notation": then the sum '
        "leaves terms out or has terms that do not exist.",
        "Level $l - 1$ has $m$ nodes, as in the sum for $z_j^l$: wrong in the "
        "same way.",
    ),
    right=lambda dC_dz, dz_dz, n, lv, j: sum(
        dC_dz[k] * dz_dz[k, j] for k in range(n[lv + 1])
    ),
    literal=lambda dC_dz, dz_dz, n, lv, j: sum(
        dC_dz[k] * dz_dz[k, j] for k in range(n[lv])
    ),
    mutants={
        "transpose dropped": lambda dC_dz, dz_dz, n, lv, j: sum(
            dC_dz[k] * dz_dz[j, k] for k in range(n[lv + 1])
        ),
        "index shifted: the last node is left out": (
            lambda dC_dz, dz_dz, n, lv, j: sum(
                dC_dz[k] * dz_dz[k, j] for k in range(n[lv + 1] - 1)
            )
        ),
        "index shifted: m of level l - 1": lambda dC_dz, dz_dz, n, lv, j: sum(
            dC_dz[k] * dz_dz[k, j] for k in range(n[lv - 1])
        ),
        "sign flipped": lambda dC_dz, dz_dz, n, lv, j: (
            -sum(dC_dz[k] * dz_dz[k, j] for k in range(n[lv + 1]))
        ),
        "factor lost": lambda dC_dz, dz_dz, n, lv, j: sum(
            dz_dz[k, j] for k in range(n[lv + 1])
        ),
    },
    equations=("eq-delta-hidden-chain",),
    names=("Network.backprop",),
    chapter="delta_recursion",
    counterexample="""\
import numpy as np
w = np.array([2, 3])  # level l has 1 node, level l + 1 has 2
C = lambda z: np.array([1, 10]) @ (w * z)  # so dC/dz_k = 1 and 10
m = 1  # "Level l has m nodes"
print("dC/dz_j:     ", (C(1) - C(-1)) / 2)
print("the sum to m:", sum([1, 10][k] * w[k] for k in range(m)))
""",
)
def chain_rule_to_the_level_above(form):
    """Both factors by complex steps, and so is the left side; and nnlab."""
    for net in all_networks():
        deltas = net.library.backprop([net.x], [net.y]).deltas
        for lv in range(net.L - 1, 0, -1):
            dz_dz = step_between(net, lv)
            for j in range(net.n[lv]):
                found = form(net.delta[lv + 1], dz_dz, net.n, lv, j)
                equal(found, net.delta[lv][j])
                equal(found, deltas[lv - 1][0, j])


@DMML.entry(
    "dmml-2a",
    "step 2",
    r"z_k^{l+1} = \sum_{i=1}^n w_{ki}^{l+1} a_i^l + b_k^{l+1} \quad"
    r" = \sigma(z_i^l)",
    INCOMPLETE,
    "Right if $n$ is the number of nodes of level $l$. On the slides $n$ has "
    "been introduced once, as the number of inputs in the cost. Also, "
    r'"$= \sigma(z_i^l)$", written under $a_i^l$, belongs to it alone and not '
    "to the sum.",
    shapes=r"$w^{l+1}$: $n_{l+1} \times n_l$, so $n = n_l$",
    corrected=r"z_k^{l+1} = \sum_{i=1}^n w_{ki}^{l+1} a_i^l + b_k^{l+1},"
    r" \quad a_i^l = \sigma(z_i^l), \quad \text{level } l \text{ has n nodes}",
    readings=(
        "$n$ is the number of nodes of level $l$, over which $i$ runs.",
        r"$n$ is the number of inputs, as in $\frac{1}{2n} \sum_{i=1}^n$: then "
        "the sum leaves nodes out or runs over nodes that do not exist.",
    ),
    right=lambda w, b, sigma, z, n, inputs, lv, k: (
        sum(w[lv + 1][k, i] * sigma(z[lv][i]) for i in range(n[lv]))
        + b[lv + 1][k]
    ),
    literal=lambda w, b, sigma, z, n, inputs, lv, k: (
        sum(w[lv + 1][k, i] * sigma(z[lv][i]) for i in range(inputs))
        + b[lv + 1][k]
    ),
    mutants={
        "transpose dropped": lambda w, b, sigma, z, n, inputs, lv, k: (
            sum(w[lv + 1][i, k] * sigma(z[lv][i]) for i in range(n[lv]))
            + b[lv + 1][k]
        ),
        "index shifted: weights of level l": (
            lambda w, b, sigma, z, n, inputs, lv, k: (
                sum(w[lv][k, i] * sigma(z[lv][i]) for i in range(n[lv]))
                + b[lv + 1][k]
            )
        ),
        "sign flipped": lambda w, b, sigma, z, n, inputs, lv, k: (
            sum(w[lv + 1][k, i] * sigma(z[lv][i]) for i in range(n[lv]))
            - b[lv + 1][k]
        ),
        "factor lost: no activation": (
            lambda w, b, sigma, z, n, inputs, lv, k: (
                sum(w[lv + 1][k, i] * z[lv][i] for i in range(n[lv]))
                + b[lv + 1][k]
            )
        ),
    },
    equations=("eq-delta-hidden-z", "eq-networks-unit"),
    names=("Network.trace",),
    chapter="delta_recursion",
    counterexample="""\
import numpy as np
w, a = np.array([2, 3]), np.array([1, 1])  # level l has 2 nodes
n = 1  # one input, as in the cost's 1/(2n)
print("weighted input of node k:", w @ a)
print("the sum to n:            ", sum(w[i] * a[i] for i in range(n)))
""",
)
def weighted_input_above(form):
    """From the weighted inputs of level l to those of nnlab's trace above."""
    for net in all_networks():
        expected = net.library.trace(net.x)[0]
        inputs = len(net.X)
        for lv in range(net.L - 1, 0, -1):
            for k in range(net.n[lv + 1]):
                found = form(
                    *(net.w, net.b, net.sigma, net.z, net.n), inputs, lv, k
                )
                equal(found, expected[lv][k])


@DMML.entry(
    "dmml-2b",
    "step 2",
    r"\text{For } i \neq j \text{, terms vanish}",
    CORRECT,
    "It is the terms' derivatives with respect to $z_j^l$ that vanish, which "
    "is what the slide is about; the terms of the sum themselves do not. "
    r"Right because $a_i^l = \sigma(z_i^l)$ depends on no other $z_j^l$. The "
    "bias, too, drops out.",
    shapes="numbers",
    right=lambda w, slope, z, k, i, j: w[k, i] * slope(z[i]) if i == j else 0.0,
    mutants={
        "factor lost: all terms stay": lambda w, slope, z, k, i, j: (
            w[k, i] * slope(z[i])
        ),
        "index shifted: another term stays": lambda w, slope, z, k, i, j: (
            w[k, i] * slope(z[i]) if i == j + 1 else 0.0
        ),
        "sign flipped: i = j vanishes": lambda w, slope, z, k, i, j: (
            w[k, i] * slope(z[i]) if i != j else 0.0
        ),
    },
    equations=("eq-delta-hidden-vanish",),
    names=("sigmoid.derivative",),
    chapter="delta_recursion",
)
def terms_of_the_derivative(form):
    """Each term of the sum for z_k, differentiated by each z_j."""
    for net in networks():
        for lv in range(1, net.L):
            w, z = net.w[lv + 1], net.z[lv]
            slopes = jacobian(net.sigma, z)  # complex steps, [i, j]
            for k, i in np.ndindex(w.shape):
                for j in range(len(z)):
                    found = form(w, net.slope, z, k, i, j)
                    equal(found, w[k, i] * slopes[i, j])


@DMML.entry(
    "dmml-2c",
    "step 2",
    r"\frac{\partial z_k^{l+1}}{\partial z_j^l} = w_{kj}^{l+1} \cdot"
    r" \sigma'(z_j^l)",
    CORRECT,
    "The indices look turned round, since $w$ has $kj$ and the derivative is "
    "one from $j$ to $k$; they are right: the first index receives. The slope "
    "belongs to the lower level.",
    shapes=r"$n_{l+1} \times n_l$ numbers",
    right=lambda w, slope, z, lv, k, j: w[lv + 1][k, j] * slope(z[lv][j]),
    mutants={
        "transpose dropped": lambda w, slope, z, lv, k, j: (
            w[lv + 1][j, k] * slope(z[lv][j])
        ),
        "index shifted: the slope of level l + 1": (
            lambda w, slope, z, lv, k, j: w[lv + 1][k, j] * slope(z[lv + 1][k])
        ),
        "index shifted: the weight of level l": (
            lambda w, slope, z, lv, k, j: w[lv][k, j] * slope(z[lv][j])
        ),
        "sign flipped": lambda w, slope, z, lv, k, j: (
            -w[lv + 1][k, j] * slope(z[lv][j])
        ),
        "factor lost: the slope": lambda w, slope, z, lv, k, j: w[lv + 1][k, j],
    },
    equations=("eq-delta-hidden-local",),
    names=("Network.backprop",),
    chapter="delta_recursion",
)
def derivative_between_levels(form):
    """Every entry against the Jacobian by complex steps."""
    for net in all_networks():
        for lv in range(net.L - 1, 0, -1):
            expected = step_between(net, lv)
            for k, j in np.ndindex(expected.shape):
                equal(form(net.w, net.slope, net.z, lv, k, j), expected[k, j])


def _errors(w, slope, z, dC_da, given=_given, last=1):
    L = len(w)
    delta = {L: [d * slope(z_j) for d, z_j in zip(dC_da, z[L])]}
    for lv in range(L - 1, last - 1, -1):
        delta[lv] = [
            given(w, slope, z, delta, lv, j) for j in range(len(z[lv]))
        ]
    return delta


@DMML.entry(
    "dmml-bw",
    "step 2",
    r"\text{Backward pass computes } \delta_j^l \text{ for all } j, l",
    CORRECT,
    "Step 1 starts at layer $L$, step 2 goes from layer to layer down to layer "
    "1: by induction no error is left out. The check goes through one to four "
    "layers. If layer 1 were the input, it would have no error.",
    shapes=r"$n_1 + \dots + n_L$ numbers",
    right=_errors,
    mutants={
        "index shifted: layer 1 is left out": lambda w, slope, z, dC_da: (
            _errors(w, slope, z, dC_da, last=2)
        ),
        "transpose dropped": lambda w, slope, z, dC_da: _errors(
            w,
            slope,
            z,
            dC_da,
            lambda w, slope, z, delta, lv, j: sum(
                d * w[lv + 1][j, k] * slope(z[lv][j])
                for k, d in enumerate(delta[lv + 1])
            ),
        ),
        "factor lost: the slope": lambda w, slope, z, dC_da: _errors(
            w,
            slope,
            z,
            dC_da,
            lambda w, slope, z, delta, lv, j: sum(
                d * w[lv + 1][k, j] for k, d in enumerate(delta[lv + 1])
            ),
        ),
        "sign flipped": lambda w, slope, z, dC_da: _errors(w, slope, z, -dC_da),
    },
    equations=("eq-delta-theorem", "eq-delta-induction"),
    names=("Network.backprop",),
    chapter="delta_recursion",
)
def errors_of_all_layers(form):
    """All errors from steps 1 and 2 alone, against complex steps and nnlab."""
    for net in all_networks():
        delta = form(net.w, net.slope, net.z, net.a[net.L] - net.y)
        expected = net.library.backprop([net.x], [net.y]).deltas
        assert sorted(delta) == list(range(1, net.L + 1))
        for lv in delta:
            equal(delta[lv], net.delta[lv])
            equal(delta[lv], expected[lv - 1][0])


# Steps 3 and 4.

SAME_COST = (
    r"$\mathcal L$ is $C$, the cost of one input, for which $\delta_j^l$ was "
    "defined"
)


def mean_over_inputs(net):
    """nnlab's gradient for all inputs, and for each by itself."""
    each = [net.library.backprop([x], [y]) for x, y in zip(net.X, net.Y)]
    return net.library.backprop(net.X, net.Y), each


@DMML.entry(
    "dmml-3",
    "step 3",
    r"\frac{\partial \mathcal{L}}{\partial b_j^l} = \delta_j^l \quad"
    r" \hookrightarrow \frac{\partial \mathcal{L}}{\partial z_j^l}"
    r" \frac{\partial z_j^l}{\partial b_j^l}",
    ASSUMES,
    r"The letter $\mathcal L$ is not introduced; it may be a handwritten $C$. "
    r"The slide itself writes $\delta_j^l$ under "
    r"$\partial \mathcal L / \partial z_j^l$, so it must be the same cost. For "
    r"the average over $n$ inputs the right side becomes the average of their "
    r"$\delta_j^l$; the check shows both.",
    assumption=SAME_COST,
    shapes="numbers; for all nodes of level $l$ at once, $n_l$",
    right=lambda delta, dC_da, lv, j: delta[lv][j] * 1,
    mutants={
        "sign flipped": lambda delta, dC_da, lv, j: -delta[lv][j],
        "factor lost: the slope": lambda delta, dC_da, lv, j: dC_da[lv][j],
        "index shifted: another node": lambda delta, dC_da, lv, j: delta[lv][
            j - 1
        ],
        "index shifted: the level below": lambda delta, dC_da, lv, j: delta[
            max(1, lv - 1)
        ][j],
    },
    equations=("eq-delta-bias",),
    names=("Network.backprop",),
    chapter="delta_recursion",
)
def derivative_by_a_bias(form):
    """Against complex steps in b and nnlab; for many inputs, their average."""
    for net in all_networks():
        whole, each = mean_over_inputs(net)
        for lv in range(net.L, 0, -1):
            nodes = range(net.n[lv])
            found = [form(net.delta, net.da, lv, j) for j in nodes]
            equal(found, net.db[lv])
            equal(found, each[0].biases[lv - 1])
            of_all = [
                [
                    form(
                        {v + 1: d[0] for v, d in enumerate(g.deltas)},
                        None,
                        lv,
                        j,
                    )
                    for j in nodes
                ]
                for g in each
            ]
            equal(np.mean(of_all, axis=0), whole.biases[lv - 1])
            if len(each) > 1:
                assert not np.allclose(found, whole.biases[lv - 1], rtol=1e-6)


@DMML.entry(
    "dmml-3a",
    "step 3",
    r"1? \quad z_j^l = \bar{w}_j^l \cdot \bar{a}^{l-1} + b_j^l \quad"
    r" \downarrow 1",
    CORRECT,
    'The "1?" over the second factor is answered: the bias stands alone in the '
    "sum, and the activations below do not depend on it.",
    shapes="numbers",
    right=lambda w, a, j: 1,
    mutants={
        "sign flipped": lambda w, a, j: -1,
        "factor lost: as if there were no bias": lambda w, a, j: 0,
        "index shifted: by a weight": lambda w, a, j: a[0],
        "transpose dropped: by an activation": lambda w, a, j: w[j, 0],
    },
    equations=("eq-delta-bias-one",),
    names=("Network.trace",),
    chapter="delta_recursion",
)
def weighted_input_by_its_bias(form):
    """A complex step in each bias, through the whole forward pass; SymPy."""
    for net in all_networks():
        for lv in net.w:
            b = net.b[lv]
            slopes = jacobian(
                lambda u, net=net, lv=lv: forward(
                    net.w, {**net.b, lv: u}, net.x, net.sigma
                )[0][lv],
                b,
            )
            for j in range(len(b)):
                equal(form(net.w[lv], net.a[lv - 1], j), slopes[j, j], 1e-14)
    w, a, b = sp.symbols("w a b")
    assert sp.diff(w * a + b, b) == form(sp.Matrix([[w]]), [a], 0)


@DMML.entry(
    "dmml-4",
    "step 4",
    r"\frac{\partial \mathcal{L}}{\partial w_{jk}^l} ="
    r" a_k^{l-1} \cdot \delta_j^l",
    ASSUMES,
    "The error of the node that the weight leads to, times the activation of "
    "the node that it comes from. Both are numbers, so their order is free; as "
    r"matrices it is $\delta^l (a^{l-1})^T$, in this order. As in step 3, "
    r"$\mathcal L$ must be $C$.",
    assumption=SAME_COST,
    shapes=r"$n_l \times n_{l-1}$ numbers",
    right=lambda a, delta, lv, j, k: a[lv - 1][k] * delta[lv][j],
    mutants={
        "transpose dropped": lambda a, delta, lv, j, k: (
            a[lv - 1][j] * delta[lv][k]
        ),
        "index shifted: the activation of level l": (
            lambda a, delta, lv, j, k: a[lv][k] * delta[lv][j]
        ),
        "sign flipped": lambda a, delta, lv, j, k: -a[lv - 1][k] * delta[lv][j],
        "factor lost: the activation": lambda a, delta, lv, j, k: delta[lv][j],
        "factor lost: the error": lambda a, delta, lv, j, k: a[lv - 1][k],
    },
    equations=("eq-delta-weight", "eq-delta-vector-weight"),
    names=("Network.backprop",),
    chapter="delta_recursion",
)
def derivative_by_a_weight(form):
    """Against complex steps in w and nnlab; for many inputs, their average."""
    for net in all_networks():
        whole, each = mean_over_inputs(net)
        for lv in net.w:
            found = np.empty_like(net.w[lv])
            for j, k in np.ndindex(found.shape):
                found[j, k] = form(net.a, net.delta, lv, j, k)
            equal(found, net.dw[lv])
            equal(found, each[0].weights[lv - 1])
            of_all = np.mean([g.weights[lv - 1] for g in each], axis=0)
            equal(of_all, whole.weights[lv - 1])
            if len(each) > 1:
                assert not np.allclose(found, whole.weights[lv - 1], rtol=1e-6)


@DMML.entry(
    "dmml-4a",
    "step 4",
    r"\mathcal{L} \quad \frac{\partial \mathcal{L}}{\partial z_j^l} \cdot"
    r" \frac{\partial z_j^l}{\partial w_{jk}^l} \Rightarrow",
    INCOMPLETE,
    r"The chain rule for one weight, behind a single $\mathcal L$. In the same "
    r"place step 3 has a hooked arrow, $\hookrightarrow$, and most likely the "
    r"$\mathcal L$ is that arrow, misread. As a factor it would be wrong: the "
    "derivative would be multiplied by the cost. One term of the chain rule is "
    "enough, since a weight into node $j$ acts through $z_j^l$ alone.",
    shapes="numbers",
    corrected=r"\hookrightarrow \frac{\partial \mathcal{L}}{\partial z_j^l}"
    r" \cdot \frac{\partial z_j^l}{\partial w_{jk}^l} \Rightarrow",
    readings=(
        r"$\mathcal L$ stands for the arrow $\hookrightarrow$ of step 3.",
        r"$\mathcal L$ is a factor: then the line contradicts step 4 itself.",
    ),
    right=lambda cost, dC_dz, dz_dw: dC_dz * dz_dw,
    literal=lambda cost, dC_dz, dz_dw: cost * dC_dz * dz_dw,
    mutants={
        "sign flipped": lambda cost, dC_dz, dz_dw: -dC_dz * dz_dw,
        "factor lost: the first one": lambda cost, dC_dz, dz_dw: dz_dw,
        "factor lost: the second one": lambda cost, dC_dz, dz_dw: dC_dz,
    },
    equations=("eq-delta-weight",),
    names=("Network.backprop",),
    chapter="delta_recursion",
    counterexample="""\
a, w = 2, 3
C = lambda w: (w * a) ** 2 / 2  # z = w a, so dC/dz = z
z = w * a
print("dC/dw:                ", (C(w + 1) - C(w - 1)) / 2)
print("dC/dz dz/dw:          ", z * a)
print("with C as a factor:   ", C(w) * z * a)
""",
)
def chain_rule_for_a_weight(form):
    """Both factors by complex steps, and so is the derivative by the weight."""
    for net in all_networks():
        cost = net.C()
        for lv, w in net.w.items():
            for j in range(net.n[lv]):
                dz_dw = jacobian(
                    lambda row, net=net, lv=lv, j=j: [
                        row @ net.a[lv - 1] + net.b[lv][j]
                    ],
                    w[j],
                )[0]
                for k in range(len(dz_dw)):
                    found = form(cost, net.delta[lv][j], dz_dw[k])
                    equal(found, net.dw[lv][j, k])


def _sum_with(w, a, b, j):
    return sum(w[j, i] * a[i] for i in range(len(a))) + b[j]


@DMML.entry(
    "dmml-4b",
    "step 4",
    r"z_j^l = \sum w_{ji}^{l-1} a_i^{l-1} + b_j^l",
    WRONG,
    'The superscript of $w$ should be $l$, as on the slide "Notation" and in '
    "steps 2 and 3; most likely a slip of the pen, or of the copy. It is not "
    r"another way of counting, because the slide differentiates by "
    r"$w_{jk}^l$: as printed, $z_j^l$ contains no such weight, and the "
    "derivative would be zero. The range of the sum, the nodes of level "
    "$l - 1$, is not printed. The result of step 4 is right.",
    shapes=r"$w^l$: $n_l \times n_{l-1}$; $w^{l-1}$: $n_{l-1} \times n_{l-2}$",
    corrected=r"z_j^l = \sum_i w_{ji}^l a_i^{l-1} + b_j^l",
    right=lambda w, b, a, lv, j: _sum_with(w[lv], a[lv - 1], b[lv], j),
    literal=lambda w, b, a, lv, j: _sum_with(w[lv - 1], a[lv - 1], b[lv], j),
    mutants={
        "transpose dropped": lambda w, b, a, lv, j: _sum_with(
            w[lv].T, a[lv - 1], b[lv], j
        ),
        "index shifted: the activation of level l": (
            lambda w, b, a, lv, j: _sum_with(w[lv], a[lv], b[lv], j)
        ),
        "index shifted: the bias of another node": (
            lambda w, b, a, lv, j: _sum_with(
                w[lv], a[lv - 1], np.roll(b[lv], 1), j
            )
        ),
        "sign flipped: of the bias": lambda w, b, a, lv, j: _sum_with(
            w[lv], a[lv - 1], -b[lv], j
        ),
        "factor lost: the bias": lambda w, b, a, lv, j: _sum_with(
            w[lv], a[lv - 1], 0 * b[lv], j
        ),
    },
    equations=("eq-delta-weight-z",),
    names=("Network.trace",),
    chapter="delta_recursion",
    counterexample="""\
w1, w2, x = 2, 5, 3  # one node per level, a = z, no biases
a1 = w1 * x
right = lambda w1, w2: w2 * a1
printed = lambda w1, w2: w1 * a1
print("z of level 2: ", right(w1, w2), "as printed:", printed(w1, w2))
print("dz/dw by step 4:         ", a1)
print("dz/dw of the right form: ", right(w1, w2 + 1) - right(w1, w2))
print("dz/dw as printed:        ", printed(w1, w2 + 1) - printed(w1, w2))
""",
)
def sum_with_the_weights_of_the_level(form):
    """Against nnlab's trace; and its derivative by w_jk of level l is a_k."""
    for net in all_networks():
        expected = net.library.trace(net.x)[0]
        for lv in range(net.L, 0, -1):
            for j in range(net.n[lv]):
                equal(form(net.w, net.b, net.a, lv, j), expected[lv - 1][j])
                slopes = gradient(
                    lambda u, net=net, lv=lv, j=j: form(
                        {**net.w, lv: u}, net.b, net.a, lv, j
                    ),
                    net.w[lv],
                )
                equal(slopes[j], net.a[lv - 1])


@DMML.entry(
    "dmml-4c",
    "step 4",
    r"\text{only } i=k \text{ term matters} \quad \downarrow \quad a_k^{l-1}",
    CORRECT,
    "With the superscript $l$ at the weight of the line before. The other "
    r"terms do not vanish; they do not contain $w_{jk}^l$. Nor do the "
    "activations $a_i^{l-1}$, which are computed before this weight is used.",
    shapes="numbers",
    right=lambda a, i, k: a[i] if i == k else 0.0,
    mutants={
        "index shifted: another term": lambda a, i, k: (
            a[i] if i == k + 1 else 0.0
        ),
        "factor lost: all terms": lambda a, i, k: a[i],
        "factor lost: the activation": lambda a, i, k: 1.0 * (i == k),
        "sign flipped": lambda a, i, k: -a[i] if i == k else 0.0,
    },
    equations=("eq-delta-weight-local",),
    names=("Network.backprop",),
    chapter="delta_recursion",
)
def terms_by_one_weight(form):
    """Each term by each weight of the row, through the whole forward pass."""
    for net in networks():
        for lv, w in net.w.items():

            def terms(row, net=net, lv=lv, w=w):
                changed = np.vstack([row, w[1:]])
                a = forward({**net.w, lv: changed}, net.b, net.x, net.sigma)[1]
                return row * a[lv - 1]

            slopes = jacobian(terms, w[0])  # [i, k]
            for i, k in np.ndindex(slopes.shape):
                equal(form(net.a[lv - 1], i, k), slopes[i, k])


# The last slides.


def _program(w, b, x, y, sigma, slope, dC_da=lambda a, y: a - y, lower=1):
    L = len(w)
    a, z = {0: x}, {}
    for lv in range(1, L + 1):  # forward pass
        n, m = w[lv].shape
        z[lv] = np.array([_weighted_input(w, b, a, lv, j, m) for j in range(n)])
        a[lv] = sigma(z[lv])
    delta = _errors(w, slope, z, dC_da(a[L], y))  # backward pass
    dC_dw = {
        lv: np.array(
            [[a_k * d_j for a_k in a[lv - lower]] for d_j in delta[lv]]
        )
        for lv in w
    }
    return delta, dC_dw


@DMML.entry(
    "dmml-alg",
    "Backpropagation",
    r"\text{Compute } z_j^l, a_j^l \quad \text{Compute } \delta_j^l"
    r" \text{ and} \quad \text{hence } \frac{\partial C}{\partial b_j^l},"
    r" \frac{\partial C}{\partial w_{jk}^l}",
    CORRECT,
    "The whole algorithm, for one input; for the cost of all inputs the "
    "results have to be averaged. The check writes it out with nothing but the "
    r"slides' formulas (with the corrected superscript in step 4). The cost is "
    "called $C$ again.",
    shapes=r"for each level $n_l$ and $n_l \times n_{l-1}$ derivatives",
    right=_program,
    mutants={
        "sign flipped": lambda *data: _program(*data, dC_da=lambda a, y: y - a),
        "factor lost: the target": lambda *data: _program(
            *data, dC_da=lambda a, y: a
        ),
        "index shifted: the activation of level l": lambda *data: _program(
            *data, lower=0
        ),
        "transpose dropped": lambda *data: (
            _program(*data)[0],
            {lv: dw.T for lv, dw in _program(*data)[1].items()},
        ),
    },
    equations=("eq-delta-algorithm", "eq-delta-four"),
    names=("Network.backprop",),
    chapter="delta_recursion",
)
def the_algorithm(form):
    """Loops over nodes against complex steps; averaged, against nnlab."""
    for net in all_networks():
        dC_db, dC_dw = form(net.w, net.b, net.x, net.y, net.sigma, net.slope)
        for lv in net.w:
            equal(dC_db[lv], net.db[lv])
            equal(dC_dw[lv], net.dw[lv])
        whole = net.library.backprop(net.X, net.Y)
        each = [
            form(net.w, net.b, x, y, net.sigma, net.slope)
            for x, y in zip(net.X, net.Y)
        ]
        for lv in net.w:
            db, dw = (np.mean([g[i][lv] for g in each], axis=0) for i in (0, 1))
            equal(db, whole.biases[lv - 1])
            equal(dw, whole.weights[lv - 1])


@DMML.entry(
    "dmml-hist",
    "last slide",
    r"\text{Backpropagation dates from mid 1980's}",
    CLAIM,
    "In 1986 the paper of Rumelhart, Hinton and Williams made the method "
    "popular, and for that the date is right. The method is older: Linnainmaa "
    "described how to accumulate derivatives backwards in 1970, and Werbos "
    "applied the idea to models in 1974. The check compares the "
    "years with the book's bibliography; it cannot do more.",
    shapes="years",
    right=lambda: range(1984, 1987),
    mutants={
        "index shifted: mid 1970's": lambda: range(1974, 1977),
        "index shifted: mid 1990's": lambda: range(1994, 1997),
        "sign flipped: before the mid 1980's": lambda: range(1984),
    },
    names=("Network.backprop",),
    equations=("eq-delta-algorithm",),
    chapter="delta_recursion",
)
def years_of_publication(form):
    """The years of three publications in references.bib."""
    folder = Path(nnlab.__file__).parents[1] / "book"
    text = (folder / "references.bib").read_text(encoding="utf-8")

    def year(key):
        entry = text.partition("{" + key + ",")[2].partition("\n}")[0]
        return int(re.search(r"year = \{(\d+)\}", entry)[1])

    assert year("rumelhart1986") in form()
    for older in ("linnainmaa1970", "werbos1974"):
        assert year(older) < min(form())


def _multiplications(n):
    per_weight = [k * j for k, j in pairwise(n)]
    return 3 * sum(per_weight) - per_weight[0]


@DMML.entry(
    "dmml-comp",
    "last slide",
    r"\text{Still need raw computing power - large training set, multiple"
    r" iterations}",
    CLAIM,
    "Reproduced by counting. A gradient for one input takes up to three "
    "multiplications per weight. For 60,000 digits and a 784-200-10 network "
    r"that is $1.9 \cdot 10^{10}$ multiplications for one pass through the "
    "data. One iteration is not enough: in a small run on 100 points the first "
    "step lowers the cost by 0.1 %, and 400 steps bring it down to 17 %. "
    '"Use a standard package" is advice, not checked.',
    shapes="a number of multiplications",
    right=_multiplications,
    mutants={
        "factor lost: forward pass only": lambda n: sum(
            k * j for k, j in pairwise(n)
        ),
        "index shifted: an error of the input": lambda n: (
            3 * sum(k * j for k, j in pairwise(n))
        ),
        "sign flipped": lambda n: (
            3 * sum(k * j for k, j in pairwise(n)) + n[0] * n[1]
        ),
        "index shifted: no error of layer L": lambda n: (
            3 * sum(k * j for k, j in pairwise(n)) - n[-1] * n[-2]
        ),
    },
    equations=("eq-delta-forward-cost", "eq-delta-gradient-cost"),
    names=("Network.backprop", "train"),
    chapter="delta_recursion",
)
def work_for_a_gradient(form):
    """Counted while the right gradient is computed; a small training run."""
    for net in all_networks():
        count = 0
        z, a, delta = {}, {0: net.x}, {}

        def times(A, B):
            nonlocal count
            count += A.shape[0] * A.shape[1] * B.shape[1]
            return A @ B

        for lv in net.w:
            z[lv] = times(net.w[lv], a[lv - 1][:, None])[:, 0] + net.b[lv]
            a[lv] = net.sigma(z[lv])
        v = a[net.L] - net.y
        for lv in range(net.L, 0, -1):
            delta = net.slope(z[lv]) * v
            dw = times(delta[:, None], a[lv - 1][None, :])
            equal(dw, net.dw[lv])
            if lv > 1:
                v = times(net.w[lv].T, delta[:, None])[:, 0]
        assert form(net.n) == count
    assert 1.9e10 < 60_000 * form((784, 200, 10)) < 2e10

    X, y = nnlab.datasets.linear(100, rng=np.random.default_rng(0))
    small = Network([2, 3, 1], rng=np.random.default_rng(1))
    costs = nnlab.train(small, X, y, nnlab.GradientDescent(2.0), 401).cost
    assert 0.9985 < costs[1] / costs[0] < 0.9995
    assert 0.165 < costs[400] / costs[0] < 0.175


@DMML.entry(
    "dmml-hyp",
    "last slide",
    r"\text{Batch size for stochastic gradient descent update} \quad"
    r" \text{No. of iterations}",
    CLAIM,
    "A setting: two numbers to choose. Together with the number of inputs they "
    'fix the number of updates, if an "iteration" is a pass through the data '
    "(it may also be one update; the slide does not say). The gradient of a "
    "batch is right on average, whatever its size. The step size, a third "
    "number to choose, is not in the list.",
    shapes="whole numbers",
    right=lambda inputs, batch, passes: passes * ceil(inputs / batch),
    mutants={
        "index shifted: the last, smaller batch is left out": (
            lambda inputs, batch, passes: passes * (inputs // batch)
        ),
        "factor lost: one update per pass": lambda inputs, batch, passes: (
            passes
        ),
        "factor lost: the batch size": lambda inputs, batch, passes: (
            passes * inputs
        ),
    },
    equations=("eq-momentum-sgd", "eq-momentum-unbiased"),
    names=("train", "GradientDescent"),
    chapter="momentum",
)
def updates_of_a_training(form):
    """Counted in nnlab's training; the mean over all batches of a size."""

    class Counting(nnlab.GradientDescent):
        steps = 0

        def step(self, theta, gradient, epoch=0):
            self.steps += 1
            super().step(theta, gradient, epoch)

    for net in single_outputs()[:3]:  # 1, 4 and 7 inputs
        inputs = len(net.X)
        full = net.library.backprop(net.X, net.Y).theta
        for batch in range(1, inputs + 1):
            rows = [list(B) for B in combinations(range(inputs), batch)]
            gradients = [
                net.library.backprop(net.X[B], net.Y[B]).theta for B in rows
            ]
            equal(np.mean(gradients, axis=0), full)
            copy = net.library.at(net.library.theta.copy())
            for passes in (1, 3):
                optimizer = Counting(0.1)
                rng = np.random.default_rng(batch)
                nnlab.train(copy, net.X, net.Y, optimizer, passes, batch, rng)
                assert optimizer.steps == form(inputs, batch, passes)
