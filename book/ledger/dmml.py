"""DMML slides: the cases of their lines, and the checks longer than a line.

As on the slides an input is a column, weights and biases are numbered by the
level `lv` from 1, and level 0 is the input. In the checks the output may have
more than one node, and every activation acts entry by entry.
"""

from functools import cache
from itertools import combinations, product

import numpy as np

import nnlab
from ledger.tools import cached, cases, equal, gradient, jacobian, network_of
from nnlab import quadratic, sigmoid, softmax, tanh


def forward(w, b, x, sigma):
    """Weighted inputs {1: z1, ...} and activations {0: x, 1: ...}."""
    z, a = {}, {0: x}
    for lv in w:
        z[lv] = w[lv] @ a[lv - 1] + b[lv]
        a[lv] = sigma(z[lv])
    return z, a


def by(f, derivative, at):
    """Return the derivative of f(level, value) for each level's value."""
    return {v: derivative(lambda u, v=v: f(v, u), at[v]) for v in at}


def build(rng, sizes, inputs, sigma):
    """Return a network, some inputs, and derivatives of the first one's cost.

    da, delta, dw, db are those by a, z, w, b; dz_dz, dz_db, dz_dw those of a
    level's z; terms those of w_0i a_i by w_0k. All are complex steps. lib_,
    traced, back, each and whole are nnlab's: of the first input, of each, of
    all.
    """
    L = len(sizes) - 1
    levels = range(1, L + 1)
    w = {v: rng.standard_normal((sizes[v], sizes[v - 1])) for v in levels}
    b = {v: rng.standard_normal(sizes[v]) for v in levels}
    X = rng.standard_normal((inputs, sizes[0]))
    Y = rng.random((inputs, sizes[-1]))
    x, y = X[0], Y[0]

    def C(w=w, b=b):
        return quadratic(forward(w, b, x, sigma)[1][L], y)

    def C_of_a(lv, a):
        for above in range(lv + 1, L + 1):
            a = sigma(w[above] @ a + b[above])
        return quadratic(a, y)

    def C_of_z(lv, z):
        return C_of_a(lv, sigma(z))

    def z_of_b(lv, u):
        return forward(w, {**b, lv: u}, x, sigma)[0][lv]

    def terms(lv, row):
        changed = {**w, lv: np.vstack([row, w[lv][1:]])}
        return row * forward(changed, b, x, sigma)[1][lv - 1]

    z, a = forward(w, b, x, sigma)
    library = network_of([*w.values()], b.values(), sigma, sigma, quadratic)
    back, whole = library.backprop([x], [y]), library.backprop(X, Y)
    each = [library.backprop([x_i], [y_i]) for x_i, y_i in zip(X, Y)]
    hidden = {v: z[v] for v in range(1, L)}
    return dict(
        **dict(w=w, b=b, x=x, y=y, X=X, Y=Y, z=z, a=a, L=L, n=tuple(sizes)),
        **dict(sigma=sigma, slope=sigma.derivative, C=C, C_of_z=C_of_z),
        **dict(library=library, back=back, whole=whole, each=each),
        inputs=inputs,
        delta=by(C_of_z, gradient, z),
        da=by(C_of_a, gradient, a),
        dw=by(lambda v, u: C(w={**w, v: u}), gradient, w),
        db=by(lambda v, u: C(b={**b, v: u}), gradient, b),
        dz_dz=by(lambda v, u: w[v + 1] @ sigma(u), jacobian, hidden),
        dz_db=by(z_of_b, jacobian, b),
        dz_dw=by(lambda v, u: u @ a[v - 1], jacobian, w),
        terms=by(terms, jacobian, {v: w[v][0] for v in w}),
        da_dz=jacobian(sigma, z[L]),
        outputs=library.forward(X),
        traced={v + 1: u for v, u in enumerate(library.trace(x)[0])},
        lib_delta={v: back.deltas[v - 1][0] for v in levels},
        deltas=[{v: g.deltas[v - 1][0] for v in levels} for g in each],
        whole_w={v: whole.weights[v - 1] for v in levels},
        whole_b={v: whole.biases[v - 1] for v in levels},
    )


@cache
def networks():
    """Yield three levels, some wider and some narrower; one input or many."""
    return [
        build(rng, sizes, m, (tanh, sigmoid)[case % 2])
        for case, (rng, sizes, m) in enumerate(cases())
    ]


@cache
def single_outputs():
    """Yield one to four levels, the last one with a single node."""
    return [
        build(rng, (*sizes[: 1 + case % 4], 1), m, (sigmoid, tanh)[case % 2])
        for case, (rng, sizes, m) in enumerate(cases())
    ]


def all_networks():
    """Yield both kinds."""
    return networks() + single_outputs()


def batches():
    """Yield the networks with more than one input."""
    return [net for net in all_networks() if net["inputs"] > 1]


def one_pass(M, c, order):
    """Compute the units of an acyclic network, each once, in this order."""
    a = np.zeros(len(c))
    for i in order:
        a[i] = tanh(sum(M[i, k] * a[k] for k in range(len(c))) + c[i])
    return a


@cached
def graphs():
    """Yield weights M of an acyclic network, biases, and what it settles to.

    order: so that each unit comes after all units that it listens to.
    """
    for seed in range(6):
        rng = np.random.default_rng(seed)
        order = rng.permutation(7)  # the numbers say nothing about the order
        M, c = np.zeros((7, 7)), rng.standard_normal(7)
        for sends, receives in combinations(order, 2):
            M[receives, sends] = rng.standard_normal() * rng.integers(2)
        M[order[1:], order[:-1]] = 1.0  # a path through all units
        settled = np.zeros(7)
        for _ in range(7):
            settled = tanh(M @ settled + c)
        yield dict(M=M, c=c, order=order, settled=settled)


@cached
def directions():
    """Yield the gradient in one vector, a direction, C's change along it."""

    def flat(arrays):
        return np.concatenate([np.ravel(array) for array in arrays.values()])

    for net in all_networks():
        rng = np.random.default_rng(net["L"])
        w = {v: rng.standard_normal(u.shape) for v, u in net["w"].items()}
        b = {v: rng.standard_normal(u.shape) for v, u in net["b"].items()}
        moved = net["C"](
            {v: net["w"][v] + 1e-20j * w[v] for v in w},
            {v: net["b"][v] + 1e-20j * b[v] for v in b},
        )
        case = dict(dw=flat(net["dw"]), db=flat(net["db"]), w=flat(w))
        yield dict(case, b=flat(b), along=np.imag(moved) / 1e-20)


def same(u, v):
    """Return whether two arrays are equal."""
    return np.allclose(u, v, rtol=0, atol=1e-13)


@cached
def pairs():
    """Yield two situations p, q with one cost or with two, by nnlab.

    Each is a dictionary: input x, target y, activations a and below.
    """
    for net in networks():
        w, b, x, y, L = (net[name] for name in ("w", "b", "x", "y", "L"))

        def situation(w, b, x, y, sigma=net["sigma"]):
            settings = sigma, sigma, quadratic
            library = network_of([*w.values()], b.values(), *settings)
            a = library.trace(x)[1]
            cost = library.losses([x], [y])[0]
            return dict(x=x, y=y, below=a[-2], a=a[-1], cost=cost)

        turned = {**w, 2: w[2][::-1], 3: w[3][:, ::-1]}  # nodes of level 2
        here = situation(w, b, x, y)
        for other in (
            situation(turned, {**b, 2: b[2][::-1]}, x, y),
            situation({**w, L: w[L] + 0.1}, b, x, y),
            situation({**w, 1: w[1] + 0.1}, b, x, y),
            situation(w, b, x + 0.1, y),
            situation(w, b, x, 1 - y),
        ):
            yield dict(p=here, q=other)


@cached
def skipping():
    """Yield errors of a network with a connection from level 1 to level 3."""
    for net in networks():
        w, b, z, sigma = (net[name] for name in ("w", "b", "z", "sigma"))
        S = np.ones((net["n"][3], net["n"][1]))

        def C(z1, shift, net=net, w=w, b=b, sigma=sigma, S=S):
            a1 = sigma(z1)
            z2 = w[2] @ a1 + b[2] + shift
            z3 = w[3] @ sigma(z2) + S @ a1 + b[3]
            return quadratic(sigma(z3), net["y"])

        delta = {
            1: gradient(lambda u, C=C: C(u, 0), z[1]),
            2: gradient(lambda u, C=C, z=z: C(z[1], u), 0 * z[2]),
        }
        yield {**net, "delta": delta}


@cache
def softmax_outputs():
    """Yield the factors of step 1 for an output layer of softmax."""
    found = []
    for net in networks():
        z = net["z"][3]
        c = np.arange(1.0, len(z) + 1)

        def C(a, c=c):
            return np.prod(np.cos(c * a))

        case = dict(dC_da=gradient(C, softmax(z)), da_dz=jacobian(softmax, z))
        case["dC_dz"] = gradient(lambda z, C=C: C(softmax(z)), z)
        found.append(dict(case, nodes=range(len(z))))
    return [case for case in found if len(case["nodes"]) > 1]


def rank_of_the_outputs(form):
    """Directions in which outputs change: 3 for 3 inputs, 13 for 40."""
    rng = np.random.default_rng(1)
    small = nnlab.Network((2, 3, 1), tanh, tanh, rng=rng)
    X = 2 * rng.standard_normal((40, 2))
    slopes = [
        small.at(small.theta + 1e-20j * e).forward(X)[:, 0].imag / 1e-20
        for e in np.eye(form((2, 3, 1)))
    ]
    ranks = [np.linalg.matrix_rank(np.transpose(slopes)[:m]) for m in (3, 40)]
    assert ranks == [3, form((2, 3, 1))]


def errors(w, slope, z, dC_da):
    """Step 1, then step 2 from layer to layer: all errors."""
    L = len(w)
    delta = {L: [dC_da[j] * slope(z[L][j]) for j in range(len(dC_da))]}
    for lv in range(L - 1, 0, -1):
        d = delta[lv + 1]
        delta[lv] = [
            sum(d[k] * w[lv + 1][k, j] for k in range(len(d))) * slope(z[lv][j])
            for j in range(len(z[lv]))
        ]
    return delta


def backpropagation(w, b, x, y, sigma, slope):
    """The whole algorithm for one input: dC/db and dC/dw of every level."""
    a, z, delta, dC_dw = {0: x}, {}, {}, {}
    for lv in range(1, len(w) + 1):  # forward pass
        z[lv] = w[lv] @ a[lv - 1] + b[lv]
        a[lv] = sigma(z[lv])
    v = a[len(w)] - y
    for lv in range(len(w), 0, -1):  # backward pass
        delta[lv] = slope(z[lv]) * v
        dC_dw[lv] = delta[lv][:, None] * a[lv - 1]
        v = w[lv].T @ delta[lv]
    return delta, dC_dw


NEEDS = {
    "z": lambda lv, L: {("a", lv - 1)},
    "a": lambda lv, L: {("z", lv)},
    "delta": lambda lv, L: {
        ("z", lv),
        ("delta", lv + 1) if lv < L else ("a", L),
    },
    "dw": lambda lv, L: {("delta", lv), ("a", lv - 1)},
    "db": lambda lv, L: {("delta", lv)},
}


def order_of_the_passes(form):
    """Each step has what it needs, none comes twice, none is missing."""
    for L in range(1, 6):
        have = {("a", 0)}
        for step in form(L):
            assert step not in have and NEEDS[step[0]](step[1], L) <= have
            have.add(step)
        assert len(have) == 1 + 5 * L


def work_for_a_gradient(form):
    """Counted, product by product, while the right gradient comes out."""
    for net in all_networks():
        w, count, v = net["w"], 0, net["a"][net["L"]] - net["y"]
        for lv in range(net["L"], 0, -1):
            count += w[lv].size  # forward: w times a
            delta = net["slope"](net["z"][lv]) * v
            equal(np.outer(delta, net["a"][lv - 1]), net["dw"][lv])
            count += w[lv].size
            if lv > 1:
                v = w[lv].T @ delta
                count += w[lv].size
        assert form(net["n"]) == count
    assert 1.9e10 < 60_000 * form((784, 200, 10)) < 2e10


@cache
def many_steps():
    """Yield the cost of a small run after 0, 1 and 400 steps."""
    X, y = nnlab.datasets.linear(100, rng=np.random.default_rng(0))
    small = nnlab.Network([2, 3, 1], rng=np.random.default_rng(1))
    costs = nnlab.train(small, X, y, nnlab.GradientDescent(2.0), 401).cost
    return [dict(start=costs[0], first=costs[1], last=costs[400])]


class Counting(nnlab.GradientDescent):
    """Gradient descent that counts its steps."""

    steps = 0

    def step(self, theta, gradient, epoch=0):
        self.steps += 1
        super().step(theta, gradient, epoch)


@cached
def trainings():
    """Yield nnlab's number of updates, and the mean gradient of a batch."""
    for net in single_outputs()[:3]:  # 1, 4 and 7 inputs
        X, Y, library = net["X"], net["Y"], net["library"]
        for batch, passes in product(range(1, len(X) + 1), (1, 3)):
            rows = [[*B] for B in combinations(range(len(X)), batch)]
            each = [library.backprop(X[B], Y[B]).theta for B in rows]
            copy, optimizer = library.at(library.theta.copy()), Counting(0.1)
            rng = np.random.default_rng(batch)
            nnlab.train(copy, X, Y, optimizer, passes, batch, rng)
            case = dict(inputs=len(X), batch=batch, passes=passes)
            case |= dict(steps=optimizer.steps, full=net["whole"].theta)
            yield dict(case, average=np.mean(each, axis=0))
