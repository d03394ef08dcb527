"""Domke, Details on neural network derivative computations, in order."""

from typing import NamedTuple

import numpy as np
import sympy as sp

from ledger import CLAIM, CORRECT, INCOMPLETE, WRONG, Source
from ledger.tools import cases, equal, gradient
from nnlab import (
    GradientDescent,
    HeavyBall,
    Network,
    datasets,
    identity,
    logistic_loss,
    sigmoid,
    softmax,
    tanh,
    train,
)

DOMKE = Source()


class Sample(NamedTuple):
    """The parameters in Domke's letters, and one input with its label."""

    W: np.ndarray
    V: np.ndarray
    b: np.ndarray
    c: np.ndarray
    x: np.ndarray
    y: int


def samples():
    """Yield random parameters with a sample: (p, M, K) square and not."""
    for rng, (p, M, K, _), _ in cases():
        yield Sample(
            rng.standard_normal((M, p)),
            rng.standard_normal((K, M)),
            rng.standard_normal(M),
            rng.standard_normal(K),
            rng.standard_normal(p),
            int(rng.integers(K)),
        )


def scores(d):
    """Return f(x), by nnlab."""
    p, M, K = len(d.x), len(d.b), len(d.c)
    net = Network([p, M, K], tanh, identity, logistic_loss)
    for own, given in zip(net.weights + net.biases, d[:4]):
        own[...] = given
    return net.forward(d.x)


def loss(W, V, b, c, x, y):
    """Return the loss, for complex steps through any of the arguments."""
    return logistic_loss(c + V @ tanh(b + W @ x), y)


def slope(d, name):
    """Return the derivative of the loss by one of W, V, b, c."""
    return gradient(lambda t: loss(*d._replace(**{name: t})), getattr(d, name))


def slope_f(d):
    """Return dL/df by complex steps."""
    return gradient(lambda f: logistic_loss(f, d.y), scores(d))


def slope_h(d):
    """Return dL/dh by complex steps."""
    h = np.tanh(d.b + d.W @ d.x)
    return gradient(lambda h: logistic_loss(d.c + d.V @ h, d.y), h)


def slope_s(d):
    """Return dL/ds by complex steps."""
    s = d.b + d.W @ d.x
    return gradient(lambda s: logistic_loss(d.c + d.V @ tanh(s), d.y), s)


def batches():
    """Yield rng, a network of Domke's kind, and N samples with labels."""
    for rng, (p, M, K, _), N in cases():
        net = Network([p, M, K], tanh, identity, logistic_loss, rng=rng)
        net.theta = rng.standard_normal(net.theta.size)
        X, y = rng.standard_normal((N, p)), rng.integers(0, K, N)
        yield rng, net, X, y


# Section 2: the predictor.


@DOMKE.entry(
    "domke-2",
    "section 2, first display",
    r"f(x) = c + V\sigma(b + Wx)",
    CORRECT,
    "A definition, and the shapes given for it fit. The output layer has no "
    "activation function: $f(x)$ are scores.",
    shapes=r"$x$: $p$, $W$: $M \times p$, $V$: $K \times M$, $b$: $M$, "
    "$c$: $K$",
    right=lambda W, V, b, c, x: c + V @ np.tanh(b + W @ x),
    mutants={
        "transpose dropped: W by columns": lambda W, V, b, c, x: (
            c + V @ np.tanh(b + W.T @ x)
        ),
        "sign flipped: minus b": lambda W, V, b, c, x: (
            c + V @ np.tanh(-b + W @ x)
        ),
        "factor lost: sigma": lambda W, V, b, c, x: c + V @ (b + W @ x),
        "factor lost: c": lambda W, V, b, c, x: V @ np.tanh(b + W @ x),
        "index shifted: V and W exchanged": lambda W, V, b, c, x: (
            c + W @ np.tanh(b + V @ x)
        ),
    },
    equations=("eq-networks-domke",),
    names=("Network.forward", "tanh", "identity"),
    chapter="networks",
)
def predictor(form):
    """The formula against nnlab's network with tanh and identity."""
    for d in samples():
        equal(form(*d[:5]), scores(d))


@DOMKE.entry(
    "domke-2-sigma",
    "section 2, last item of the list",
    r"\sigma(s) = \tanh(s)",
    CORRECT,
    r"A definition, element by element. Beware of the letter: $\sigma$ is not "
    r"the logistic sigmoid here, so $\sigma' = 1 - \sigma^2$, and not "
    r"$\sigma\,(1 - \sigma)$ as in other texts.",
    shapes=r"$s$ and $\sigma(s)$: $M$",
    right=np.tanh,
    mutants={
        "factor lost: 2 s": lambda s: 2 * sigmoid(s) - 1,
        "factor lost: the logistic sigmoid": sigmoid,
        "sign flipped": lambda s: np.tanh(-s),
        "index shifted": lambda s: np.tanh(np.roll(s, 1)),
    },
    equations=("eq-networks-domke-tanh", "eq-sigmoid-tanh"),
    names=("tanh",),
    chapter="networks",
)
def activation(form):
    """tanh against its exponentials and 2 sigma(2s) - 1; entry by entry."""
    for d in samples():
        s = d.b + d.W @ d.x
        up, down = np.exp(s), np.exp(-s)
        equal(form(s), (up - down) / (up + down))
        equal(form(s), 2 * sigmoid(2 * s) - 1)
        for j in range(len(s)):
            equal(form(s)[j], form(s[j : j + 1])[0])


@DOMKE.entry(
    "domke-2-map",
    "section 2, last line",
    r"f(x) : \mathbb{R}^p \rightarrow \mathbb{R}^K",
    CORRECT,
    "A definition. Strictly, $f$ is the map and $f(x)$ its value; writing "
    "$f(x)$ for the map is common, and section 4.1 does the same with $g(T)$.",
    shapes="$x$: $p$, $f(x)$: $K$",
    right=lambda W, V: (W.shape[1], V.shape[0]),
    mutants={
        "transpose dropped: W and V": lambda W, V: (W.shape[0], V.shape[1]),
        "index shifted: to the hidden units": lambda W, V: W.shape[::-1],
        "index shifted: from the hidden units": lambda W, V: V.shape[::-1],
    },
    equations=("eq-networks-domke-map",),
    names=("Network", "Network.forward"),
    chapter="networks",
)
def domain_and_range(form):
    """p and K against what nnlab takes and gives; another p is refused."""
    for d in samples():
        p, K = form(d.W, d.V)
        net = Network([len(d.x), len(d.b), len(d.c)], tanh, identity)
        assert net.forward(np.ones(p)).shape == (K,)
        try:
            net.forward(np.ones(p + 1))
        except ValueError:
            continue
        raise AssertionError("p + 1 inputs were accepted")


# Section 3: loss function and goal.


@DOMKE.entry(
    "domke-3-l",
    "section 3, first display",
    r"L(y, f) = -f_y + \log \sum_{k=1}^K f_k",
    WRONG,
    r"An $\exp$ is missing in the sum. With it everything fits: the name "
    '"multivariate logistic loss", the box of section 4.1, and the softmax '
    "after it. As printed, the logarithm is undefined where the scores sum to "
    "a negative number, and elsewhere the derivative is not the box. If $f_k$ "
    "in the sum were meant as already exponentiated, then so would be $f_y$ "
    r"in front, and it would need a $\log$.",
    shapes="$f$: $K$, $L$: a number",
    corrected=r"L(y, f) = -f_y + \log \sum_{k=1}^K \exp(f_k)",
    right=lambda y, f: -f[y] + np.log(np.sum(np.exp(f))),
    literal=lambda y, f: -f[y] + np.log(np.sum(f)),
    mutants={
        "sign flipped": lambda y, f: f[y] + np.log(np.sum(np.exp(f))),
        "index shifted: f_{y-1}": lambda y, f: (
            -f[y - 1] + np.log(np.sum(np.exp(f)))
        ),
        "index shifted: k from 2": lambda y, f: (
            -f[y] + np.log(np.sum(np.exp(f[1:])))
        ),
        "factor lost: f_y": lambda y, f: np.log(np.sum(np.exp(f))),
        "factor lost: log": lambda y, f: -f[y] + np.sum(np.exp(f)),
    },
    equations=("eq-ce-logistic", "eq-ce-domke-literal"),
    names=("logistic_loss",),
    chapter="cross_entropy",
    counterexample="""\
import numpy as np
f = np.array([1.0, 3.0])  # two scores; the label y is the first
print("box of 4.1:", np.round(np.exp(f) / np.exp(f).sum() - [1, 0], 3))
for name, inner in (("with exp:  ", np.exp), ("as printed:", np.array)):
    L = lambda f: -f[0] + np.log(np.sum(inner(f)))
    slopes = [L(f + 1e-20j * e).imag * 1e20 for e in np.eye(2)]
    print(name, np.round(slopes, 3))
print("For the scores 1 and -3 it is the logarithm of", 1 - 3)
""",
)
def multivariate_logistic_loss(form):
    """L against -log of the softmax, and its slope against the box of 4.1."""
    for number, d in enumerate(samples()):
        # In every second case positive scores: the printed line is defined.
        f = scores(d) if number % 2 else np.abs(scores(d)) + 0.1
        equal(form(d.y, f), -np.log(softmax(f)[d.y]))
        box = -np.eye(len(f))[d.y] + softmax(f)
        equal(gradient(lambda f, y=d.y: form(y, f), f), box)


@DOMKE.entry(
    "domke-3-obj",
    "section 3, second display",
    r"\text{we want to minimize the average loss over a dataset, namely } "
    r"\sum_{i=1}^N L(y_i, f(x_i))",
    INCOMPLETE,
    "The word is average, the formula a sum, $N$ times the average. For what "
    "is sought it makes no difference: both are smallest at the same "
    "parameters. For the step size of section 5 it does, and there the same "
    "sum is printed again. Taken at its word, the average contradicts the "
    "formula; the sum needs another word.",
    shapes="the sum: a number",
    corrected=r"\text{... the total loss over a dataset, namely } "
    r"\sum_{i=1}^N L(y_i, f(x_i))",
    readings=(
        r"the sum, as in section 5, called an average loosely",
        r"the average, with $\frac1N$ in front of both sums: the gradient is "
        r"$N$ times smaller, and $\gamma$ has to be $N$ times larger for the "
        "same step",
    ),
    right=lambda losses: sum(losses),
    literal=lambda losses: sum(losses) / len(losses),
    mutants={
        "index shifted: i from 2": lambda losses: sum(losses[1:]),
        "index shifted: up to N - 1": lambda losses: sum(losses[:-1]),
        "sign flipped": lambda losses: -sum(losses),
        "factor lost: one half": lambda losses: sum(losses) / 2,
    },
    equations=(
        "eq-networks-domke-goal",
        "eq-networks-sum-gradient",
        "eq-lab-spirals-sum",
    ),
    names=("Network.losses", "Network.cost"),
    chapter="networks",
    counterexample="""\
import numpy as np
losses = np.array([2, 4])
print("the formula:     ", np.sum(losses))
print("the average loss:", np.mean(losses))
""",
)
def total_loss(form):
    """The sum against N times nnlab's mean; it adds up; same best theta."""
    for rng, net, X, y in batches():
        losses = net.losses(X, y)
        equal(form(losses), len(X) * net.cost(X, y))
        twice = np.concatenate([losses, losses])
        equal(form(twice), 2 * form(losses))
        several = [net.at(rng.standard_normal(net.theta.size)) for _ in "1234"]
        sums = [form(other.losses(X, y)) for other in several]
        means = [other.cost(X, y) for other in several]
        assert np.argmin(sums) == np.argmin(means)


@DOMKE.entry(
    "domke-3-four",
    "section 3, last paragraph",
    r"\text{partial derivatives of } L(y, f(x)) \text{ with respect to the "
    r"four parameters, namely } W \text{ , } V \text{ , } b \text{ , and } c",
    CLAIM,
    "A setting: four arrays of parameters, $Mp + KM + M + K$ numbers. None of "
    "them can be left out; the loss depends on each.",
    shapes=r"$W$: $M \times p$, $V$: $K \times M$, $b$: $M$, $c$: $K$",
    right=lambda p, M, K: (M * p, K * M, M, K),
    mutants={
        "index shifted: the sizes of b and c exchanged": lambda p, M, K: (
            M * p,
            K * M,
            K,
            M,
        ),
        "factor lost: b and c": lambda p, M, K: (M * p, K * M),
        "factor lost: M": lambda p, M, K: (p, K * M, M, K),
    },
    equations=("eq-delta-wanted-four",),
    names=("Network.theta", "Network.backprop"),
    chapter="delta_recursion",
)
def four_arrays(form):
    """Sizes against nnlab's arrays; the complex-step slopes are not zero."""
    for d in samples():
        p, M, K = len(d.x), len(d.b), len(d.c)
        net = Network([p, M, K])
        arrays = net.weights + net.biases
        assert form(p, M, K) == tuple(array.size for array in arrays)
        assert sum(form(p, M, K)) == net.theta.size
        for name in "WVbc":
            assert np.abs(slope(d, name)).max() > 1e-4


# Section 4: the derivatives.


@DOMKE.entry(
    "domke-4-h",
    "section 4, first display",
    r"h = \sigma(b + Wx)",
    CORRECT,
    "A definition: the activations of the hidden units.",
    shapes="$h$: $M$",
    right=lambda W, b, x: np.tanh(b + W @ x),
    mutants={
        "transpose dropped: W by columns": lambda W, b, x: np.tanh(b + W.T @ x),
        "sign flipped: minus b": lambda W, b, x: np.tanh(-b + W @ x),
        "factor lost: sigma": lambda W, b, x: b + W @ x,
        "index shifted": lambda W, b, x: np.tanh(np.roll(b, 1) + W @ x),
    },
    equations=("eq-delta-domke-h", "eq-networks-domke-hidden"),
    names=("Network.trace",),
    chapter="delta_recursion",
)
def hidden_units(form):
    """h against the activations in nnlab's trace."""
    for d in samples():
        net = Network([len(d.x), len(d.b), len(d.c)], tanh, identity)
        net.weights[0][...], net.biases[0][...] = d.W, d.b
        equal(form(d.W, d.b, d.x), net.trace(d.x)[1][1])


@DOMKE.entry(
    "domke-4.1",
    "section 4.1, box",
    r"\boxed{\frac{dL(y, f(x))}{df} = -\hat{e}_y + g(f(x))}",
    CORRECT,
    r"Right for the loss with the $\exp$ in it, not for the line printed in "
    r"section 3. $\hat e_y$ is not explained; it can only be the unit vector "
    "of the class $y$, since the derivative of $-f_y$ is $-1$ in place $y$. "
    "Also proved with symbols for $K = 3$.",
    shapes=r"$dL/df$, $\hat e_y$ and $g(f)$: $K$",
    right=lambda e_y, g: -e_y + g,
    mutants={
        "sign flipped": lambda e_y, g: e_y - g,
        "sign flipped: plus e_y": lambda e_y, g: e_y + g,
        "index shifted: another class": lambda e_y, g: -np.roll(e_y, 1) + g,
        "factor lost: e_y": lambda e_y, g: g,
        "factor lost: g": lambda e_y, g: -e_y,
    },
    equations=("eq-ce-logistic-gradient",),
    names=("logistic_loss.gradient",),
    chapter="cross_entropy",
)
def by_the_scores(form):
    """The box against complex steps through L and nnlab; SymPy."""
    for d in samples():
        f = scores(d)
        box = form(np.eye(len(f))[d.y], softmax(f))
        equal(box, slope_f(d))
        equal(box, logistic_loss.gradient(f, d.y))

    # In symbols, with t = e^f: L = -log t_y + log of the sum of t.
    t = np.array(sp.symbols("t1:4", positive=True))
    for y in range(3):
        L = -sp.log(t[y]) + sp.log(sum(t))
        box = form(np.eye(3, dtype=int)[y], t / sum(t))
        for i in range(3):
            # By the chain rule d/df_i is t_i d/dt_i.
            assert sp.cancel(t[i] * sp.diff(L, t[i]) - box[i]) == 0


@DOMKE.entry(
    "domke-4.1g",
    "section 4.1, after the box",
    r"g(T)_i = \exp(T_i) / \sum_{k=1}^K \exp(T_k)",
    CORRECT,
    "The definition of the softmax. $T$ is a vector here, not a transpose. "
    r"Its $\exp$ is what the loss in section 3 lacks: $g(f)$ is the derivative "
    r"of $\log \sum_k \exp(f_k)$.",
    shapes="$T$ and $g(T)$: $K$",
    right=lambda T: np.exp(T) / np.sum(np.exp(T)),
    mutants={
        "sign flipped": lambda T: np.exp(-T) / np.sum(np.exp(-T)),
        "factor lost: the exponential below": lambda T: np.exp(T) / np.sum(T),
        "factor lost: the exponential": lambda T: T / np.sum(T),
        "index shifted: k from 2": lambda T: np.exp(T) / np.sum(np.exp(T[1:])),
    },
    equations=("eq-softmax-definition", "eq-ce-softmax"),
    names=("softmax",),
    chapter="softmax",
)
def softmax_of_scores(form):
    """Sum one and ratios e^(T_i - T_j), which fix it, and nnlab's softmax."""
    for d in samples():
        T = scores(d)
        g = form(T)
        equal(np.sum(g), 1.0)
        equal(np.divide.outer(g, g), np.exp(np.subtract.outer(T, T)))
        equal(g, softmax(T))


@DOMKE.entry(
    "domke-4.2",
    "section 4.2, box",
    r"\boxed{\frac{dL}{dc} = \frac{dL}{df}}",
    CORRECT,
    r"$c$ is added to the output, so $\partial f / \partial c$ is the identity "
    "matrix.",
    shapes="$dL/dc$: $K$",
    right=lambda dL_df: dL_df,
    mutants={
        "sign flipped": lambda dL_df: -dL_df,
        "index shifted": lambda dL_df: np.roll(dL_df, 1),
        "factor lost: dL/df": np.ones_like,
    },
    equations=("eq-delta-domke-c",),
    names=("Network.backprop",),
    chapter="delta_recursion",
)
def by_c(form):
    """The box against complex steps through the loss as a function of c."""
    for d in samples():
        equal(form(slope_f(d)), slope(d, "c"))


@DOMKE.entry(
    "domke-4.3",
    "section 4.3, box",
    r"\boxed{\frac{dL}{dV} = \frac{dL}{df} h^T}",
    CORRECT,
    r"A column times a row, $K \times M$ as the notes say: the shape of $V$.",
    shapes=r"$dL/df$: $K$, $h$: $M$, $dL/dV$: $K \times M$",
    right=lambda dL_df, h: np.outer(dL_df, h),
    mutants={
        "transpose dropped: h (dL/df)^T": lambda dL_df, h: np.outer(h, dL_df),
        "sign flipped": lambda dL_df, h: -np.outer(dL_df, h),
        "factor lost: h": lambda dL_df, h: np.outer(dL_df, np.ones_like(h)),
        "index shifted": lambda dL_df, h: np.outer(dL_df, np.roll(h, 1)),
    },
    equations=("eq-delta-domke-v",),
    names=("Network.backprop",),
    chapter="delta_recursion",
)
def by_v(form):
    """The box against complex steps through the loss as a function of V."""
    for d in samples():
        equal(form(slope_f(d), np.tanh(d.b + d.W @ d.x)), slope(d, "V"))


@DOMKE.entry(
    "domke-4.4h",
    "section 4.4, first display",
    r"\frac{dL}{dh} = V^T \frac{dL}{df}",
    CORRECT,
    "A hidden unit acts on the loss through all $K$ outputs, and the product "
    "with the transpose adds up what comes through each.",
    shapes=r"$V^T$: $M \times K$, $dL/dh$: $M$",
    right=lambda V, dL_df: V.T @ dL_df,
    mutants={
        "transpose dropped": lambda V, dL_df: V @ dL_df,
        "sign flipped": lambda V, dL_df: -V.T @ dL_df,
        "index shifted": lambda V, dL_df: V.T @ np.roll(dL_df, 1),
        "factor lost: dL/df": lambda V, dL_df: V.T.sum(axis=1),
    },
    equations=("eq-delta-domke-dh",),
    names=("Network.backprop",),
    chapter="delta_recursion",
)
def by_h(form):
    """The line against complex steps through the loss as a function of h."""
    for d in samples():
        equal(form(d.V, slope_f(d)), slope_h(d))


def tanh_slope(s):
    """Return sigma'(s), which the notes do not write out."""
    return 1 - np.tanh(s) ** 2


@DOMKE.entry(
    "domke-4.4s",
    "section 4.4, second display",
    r"\frac{dL}{ds} = \sigma'(s) \odot \frac{dL}{dh}",
    CORRECT,
    r"The elementwise product is right because $\sigma$ acts element by "
    r"element: its Jacobian is diagonal. $\sigma'$ is not written out; for "
    r"$\sigma = \tanh$ it is $1 - \tanh^2 s$.",
    shapes=r"$s = b + Wx$, $\sigma'(s)$, $dL/dh$ and $dL/ds$: $M$",
    right=lambda s, dL_dh: tanh_slope(s) * dL_dh,
    mutants={
        "transpose dropped: an inner product": lambda s, dL_dh: (
            tanh_slope(s) @ dL_dh
        ),
        "sign flipped: 1 + tanh^2": lambda s, dL_dh: (
            (1 + np.tanh(s) ** 2) * dL_dh
        ),
        "factor lost: sigma'": lambda s, dL_dh: dL_dh,
        "factor lost: the slope of the sigmoid": lambda s, dL_dh: (
            np.tanh(s) * (1 - np.tanh(s)) * dL_dh
        ),
        "index shifted": lambda s, dL_dh: tanh_slope(np.roll(s, 1)) * dL_dh,
    },
    equations=("eq-delta-domke-ds", "eq-sigmoid-pullback"),
    names=("tanh.derivative", "tanh.pullback"),
    chapter="delta_recursion",
)
def by_s(form):
    """The line against complex steps through s and nnlab; SymPy for tanh'."""
    for d in samples():
        s = d.b + d.W @ d.x
        equal(form(s, slope_h(d)), slope_s(d))
        equal(form(s, slope_h(d)), tanh.pullback(s, slope_h(d)))
    s = sp.symbols("s")
    assert sp.expand(sp.diff(sp.tanh(s), s) - (1 - sp.tanh(s) ** 2)) == 0


@DOMKE.entry(
    "domke-4.5-b",
    "section 4.5, first display",
    r"\begin{aligned} \frac{dL}{db} &= \frac{dL}{ds} \\ &= \sigma'(s) \odot "
    r"\frac{dL}{dh} \end{aligned}",
    CORRECT,
    r"$b$ is added in $s = b + Wx$, so $\partial s / \partial b$ is the "
    "identity matrix. Both right-hand sides are checked.",
    shapes="all $M$",
    right=lambda dL_ds, s, dL_dh: (dL_ds, tanh_slope(s) * dL_dh),
    mutants={
        "sign flipped": lambda dL_ds, s, dL_dh: (
            -dL_ds,
            tanh_slope(s) * dL_dh,
        ),
        "factor lost: sigma'": lambda dL_ds, s, dL_dh: (dL_ds, dL_dh),
        "index shifted": lambda dL_ds, s, dL_dh: (
            dL_ds,
            tanh_slope(s) * np.roll(dL_dh, 1),
        ),
        "transpose dropped: an inner product": lambda dL_ds, s, dL_dh: (
            dL_ds,
            tanh_slope(s) @ dL_dh,
        ),
    },
    equations=("eq-delta-domke-b",),
    names=("Network.backprop",),
    chapter="delta_recursion",
)
def by_b(form):
    """Both sides against complex steps through the loss as a function of b."""
    for d in samples():
        for db in form(slope_s(d), d.b + d.W @ d.x, slope_h(d)):
            equal(db, slope(d, "b"))


@DOMKE.entry(
    "domke-4.5-b-box",
    "section 4.5, first box",
    r"\boxed{\frac{dL}{db} = \sigma'(b + Wx) \odot \left(V^T \frac{dL}{df} "
    r"\right)}",
    CORRECT,
    "Sections 4.4 and 4.5 put together. The brackets are where they are "
    "needed: first the matrix product, then the product of two vectors with "
    "$M$ entries.",
    shapes="both factors and $dL/db$: $M$",
    right=lambda W, V, b, x, dL_df: tanh_slope(b + W @ x) * (V.T @ dL_df),
    mutants={
        "transpose dropped": lambda W, V, b, x, dL_df: (
            tanh_slope(b + W @ x) * (V @ dL_df)
        ),
        "sign flipped": lambda W, V, b, x, dL_df: (
            -tanh_slope(b + W @ x) * (V.T @ dL_df)
        ),
        "factor lost: sigma'": lambda W, V, b, x, dL_df: V.T @ dL_df,
        "factor lost: the prime": lambda W, V, b, x, dL_df: (
            np.tanh(b + W @ x) * (V.T @ dL_df)
        ),
        "index shifted": lambda W, V, b, x, dL_df: (
            tanh_slope(np.roll(b, 1) + W @ x) * (V.T @ dL_df)
        ),
    },
    equations=("eq-delta-domke-b",),
    names=("Network.backprop",),
    chapter="delta_recursion",
)
def box_of_b(form):
    """The box against complex steps through the loss as a function of b."""
    for d in samples():
        equal(form(d.W, d.V, d.b, d.x, slope_f(d)), slope(d, "b"))


def elementwise(A, B):
    """Return A o B, which is defined for two arrays of one shape."""
    if A.shape != B.shape:
        raise ValueError(f"{A.shape} and {B.shape} have no such product")
    return A * B


@DOMKE.entry(
    "domke-4.5-w",
    "section 4.5, second box",
    r"\boxed{\frac{dL}{dW} = \sigma'(b + Wx) \odot (V^T \frac{dL}{df}) x^T}",
    INCOMPLETE,
    r"The outer brackets are left out; meant is $\frac{dL}{ds}\,x^T$, by the "
    "same logic as for $V$, as the sentence before says. Read from left to "
    "right the box is right as it stands. With the matrix product first, as "
    r"many authors would take it, it is an $M$-vector $\odot$ an $M \times p$ "
    "matrix, which the elementwise product does not define. Where a column is "
    "spread over a matrix, as NumPy does with shape `(M, 1)`, both orders "
    "agree.",
    shapes=r"first two factors: $M$, $x^T$: $1 \times p$, $dL/dW$: "
    r"$M \times p$",
    corrected=r"\frac{dL}{dW} = \left[ \sigma'(b + Wx) \odot \left(V^T "
    r"\frac{dL}{df} \right) \right] x^T",
    readings=(
        r"from left to right, $[\sigma' \odot (V^T \frac{dL}{df})]\, x^T$",
        r"matrix product first, $\sigma' \odot [(V^T \frac{dL}{df})\, x^T]$: "
        "two shapes, not defined",
        "matrix product first, with the column spread over the matrix: the "
        "same as the first",
    ),
    right=lambda W, V, b, x, dL_df: np.outer(
        elementwise(tanh_slope(b + W @ x), V.T @ dL_df), x
    ),
    literal=lambda W, V, b, x, dL_df: elementwise(
        tanh_slope(b + W @ x), np.outer(V.T @ dL_df, x)
    ),
    mutants={
        "transpose dropped: V": lambda W, V, b, x, dL_df: np.outer(
            tanh_slope(b + W @ x) * (V @ dL_df), x
        ),
        "transpose dropped: the result": lambda W, V, b, x, dL_df: np.outer(
            x, tanh_slope(b + W @ x) * (V.T @ dL_df)
        ),
        "transpose dropped: flat arrays": lambda W, V, b, x, dL_df: (
            tanh_slope(b + W @ x) * np.outer(V.T @ dL_df, x)
        ),
        "sign flipped": lambda W, V, b, x, dL_df: (
            -np.outer(tanh_slope(b + W @ x) * (V.T @ dL_df), x)
        ),
        "factor lost: sigma'": lambda W, V, b, x, dL_df: np.outer(
            V.T @ dL_df, x
        ),
        "factor lost: x": lambda W, V, b, x, dL_df: np.outer(
            tanh_slope(b + W @ x) * (V.T @ dL_df), np.ones_like(x)
        ),
        "index shifted": lambda W, V, b, x, dL_df: np.outer(
            tanh_slope(b + W @ x) * (V.T @ dL_df), np.roll(x, 1)
        ),
    },
    equations=("eq-delta-domke-w",),
    names=("Network.backprop",),
    chapter="delta_recursion",
    counterexample="""\
import numpy as np
slope, x = np.array([[1], [2]]), np.array([[1], [2], [3]])  # columns
back = np.array([[15], [20]])  # V^T dL/df
print("from the left:\\n", (slope * back) @ x.T)
print("matrix product first, two factors of the shapes:",
      slope.shape, "and", (back @ x.T).shape)
""",
)
def by_w(form):
    """The box against complex steps through W; columns agree either way."""
    for d in samples():
        dW = slope(d, "W")
        equal(form(d.W, d.V, d.b, d.x, slope_f(d)), dW)
        column = tanh_slope(d.b + d.W @ d.x)[:, None]
        equal(column * np.outer(d.V.T @ slope_f(d), d.x), dW)


# Section 5: optimization.


def valleys():
    """Yield rng, R and its gradient, curved but not quadratic, and theta."""
    for rng, (n, k, *_), _ in cases():
        A, a = rng.standard_normal((k, n)), rng.standard_normal(k)

        def R(theta, A=A, a=a):
            return np.sum(np.log(np.cosh(A @ theta - a)))

        def slope(theta, A=A, a=a):
            return A.T @ np.tanh(A @ theta - a)

        yield rng, R, slope, rng.standard_normal(n)


@DOMKE.entry(
    "domke-5-gd",
    "section 5, first display",
    r"\theta^{r+1} \leftarrow \theta^r - \gamma \nabla R(\theta^r)",
    CORRECT,
    "Gradient descent. An upper $r$ counts the steps; it is no power.",
    shapes=r"$\theta$ and $\nabla R$: $N$ in the book's letters, "
    "$Mp + KM + M + K$ here",
    right=lambda theta, gamma, slope: theta - gamma * slope(theta),
    mutants={
        "sign flipped": lambda theta, gamma, slope: (
            theta + gamma * slope(theta)
        ),
        "factor lost: gamma": lambda theta, gamma, slope: theta - slope(theta),
        "index shifted": lambda theta, gamma, slope: (
            theta - gamma * np.roll(slope(theta), 1)
        ),
        "factor lost: theta": lambda theta, gamma, slope: -gamma * slope(theta),
    },
    equations=("eq-momentum-gd",),
    names=("GradientDescent.step",),
    chapter="momentum",
)
def descent(form):
    """Twenty steps against nnlab's, with complex-step slopes; R falls."""
    for _, R, slope, theta in valleys():
        own, optimizer = theta.copy(), GradientDescent(0.02)
        for _ in range(20):
            before = R(own)
            optimizer.step(own, gradient(R, own))
            theta = form(theta, 0.02, slope)
            equal(theta, own)
            assert R(theta) < before


@DOMKE.entry(
    "domke-5-r",
    "section 5, after the first display",
    r"R(\theta) = \sum_{i=1}^N L(y_i, f(x_i))",
    CORRECT,
    r"A definition; $\theta$ is hidden in $f$, and $L$ is the loss with the "
    r'$\exp$. The word "risk", which the notes put in quotation marks, usually '
    "means an average. With the sum a good step size depends on the number of "
    "samples. $R$ is no regularizer.",
    shapes=r"$R(\theta)$: a number",
    right=lambda L, f, X, y: sum(L(y_i, f(x_i)) for x_i, y_i in zip(X, y)),
    mutants={
        "factor lost: the mean in place of the sum": lambda L, f, X, y: (
            sum(L(y_i, f(x_i)) for x_i, y_i in zip(X, y)) / len(X)
        ),
        "index shifted: i from 2": lambda L, f, X, y: sum(
            L(y_i, f(x_i)) for x_i, y_i in zip(X[1:], y[1:])
        ),
        "index shifted: the label of another sample": lambda L, f, X, y: sum(
            L(y_i, f(x_i)) for x_i, y_i in zip(X, np.roll(y, 1))
        ),
        "sign flipped": lambda L, f, X, y: (
            -sum(L(y_i, f(x_i)) for x_i, y_i in zip(X, y))
        ),
    },
    equations=(
        "eq-networks-domke-risk",
        "eq-momentum-sum",
        "eq-lab-spirals-sum",
    ),
    names=("Network.cost", "Network.losses", "logistic_loss"),
    chapter="networks",
)
def risk(form):
    """The sum against N times nnlab's mean."""

    def L(y, f):
        return -f[y] + np.log(np.sum(np.exp(f)))

    for _, net, X, y in batches():
        (W, V), (b, c) = net.weights, net.biases

        def f(x, W=W, V=V, b=b, c=c):
            return c + V @ np.tanh(b + W @ x)

        equal(form(L, f, X, y), len(X) * net.cost(X, y))


def heavy_ball(slope, theta, gamma, alpha, steps):
    """Return theta^0, theta^1, ... as rows; phi^0 is zero."""
    path, phi = [theta], 0 * theta
    for _ in range(steps):
        phi = (1 - alpha) * phi + alpha * slope(theta)
        theta = theta - gamma * phi
        path.append(theta)
    return np.array(path)


def heavy_ball_as_printed(slope, theta, gamma, alpha, steps):
    """The same with theta^0 given, and phi^0 not."""
    path, phi = [theta], {}
    for r in range(steps):
        phi[r + 1] = (1 - alpha) * phi[r] + alpha * slope(path[r])
        path.append(path[r] - gamma * phi[r + 1])
    return np.array(path)


def old_average(slope, theta, gamma, alpha, steps):
    """Mutant: theta moves along phi^r."""
    path, phi = [theta], 0 * theta
    for _ in range(steps):
        old, phi = phi, (1 - alpha) * phi + alpha * slope(theta)
        theta = theta - gamma * old
        path.append(theta)
    return np.array(path)


def without_alpha(slope, theta, gamma, alpha, steps):
    """Mutant: phi = (1 - alpha) phi + gradient."""
    return heavy_ball(lambda t: slope(t) / alpha, theta, gamma, alpha, steps)


def alternating(slope, theta, gamma, alpha, steps):
    """Mutant: phi = -(1 - alpha) phi + alpha gradient."""
    path, phi = [theta], 0 * theta
    for _ in range(steps):
        phi = -(1 - alpha) * phi + alpha * slope(theta)
        theta = theta - gamma * phi
        path.append(theta)
    return np.array(path)


@DOMKE.entry(
    "domke-5-phi",
    "section 5, second display",
    r"\begin{aligned} \phi^{r+1} &\leftarrow (1 - \alpha) \phi^r + \alpha "
    r"\nabla R(\theta^r) \\ \theta^{r+1} &\leftarrow \theta^r - \gamma "
    r"\phi^{r+1}. \end{aligned}",
    INCOMPLETE,
    r"Both lines are right, and their order matters: $\theta$ moves along the "
    r"new average. The start $\phi^0$ is not given, and without it there is no "
    "first step. The rest of the notes does not decide between two common "
    r"choices, whose first steps differ by the factor $\alpha$; `HeavyBall` "
    r"takes zero unless told otherwise, and in the laboratory on spirals the "
    r"large steps that make momentum fast need zero. Nor is "
    r"$0 < \alpha \le 1$ said; $\alpha = 1$ is plain gradient descent.",
    shapes=r"$\phi$, $\theta$ and $\nabla R$: all parameters in one vector",
    corrected=r"\begin{aligned} \phi^0 &= 0, \qquad 0 < \alpha \le 1, \\ "
    r"\phi^{r+1} &\leftarrow (1 - \alpha) \phi^r + \alpha \nabla "
    r"R(\theta^r) \\ \theta^{r+1} &\leftarrow \theta^r - \gamma \phi^{r+1} "
    r"\end{aligned}",
    readings=(
        r"$\phi^0 = 0$: the first step is $\gamma\alpha$ times the gradient",
        r"$\phi^0 = \nabla R(\theta^0)$: the first step is $\gamma$ times the "
        "gradient",
    ),
    right=heavy_ball,
    literal=heavy_ball_as_printed,
    mutants={
        "index shifted: along phi^r": old_average,
        "factor lost: alpha": without_alpha,
        "sign flipped: minus (1 - alpha)": alternating,
        "sign flipped: plus gamma": lambda slope, theta, gamma, alpha, steps: (
            heavy_ball(slope, theta, -gamma, alpha, steps)
        ),
    },
    equations=(
        "eq-momentum-domke",
        "eq-momentum-starts",
        "eq-lab-spirals-domke",
    ),
    names=("HeavyBall", "HeavyBall.step"),
    chapter="momentum",
    counterexample="""\
alpha, gamma, gradient = 0.1, 1, 10
for name, phi in (("zero", 0), ("the gradient", gradient)):
    phi = (1 - alpha) * phi + alpha * gradient
    print("start at", name, "- first step:", gamma * phi)
""",
)
def smoothed_steps(form):
    """The path against nnlab and against sums of all gradients so far."""
    for rng, R, slope, theta in valleys():
        gamma, alpha = 0.1, rng.uniform(0.2, 0.8)
        path = form(slope, theta, gamma, alpha, 20)
        own, optimizer = theta.copy(), HeavyBall(gamma, alpha)
        slopes = [gradient(R, point) for point in path]
        for r in range(20):
            optimizer.step(own, gradient(R, own))
            equal(path[r + 1], own)
            terms = [
                alpha * (1 - alpha) ** (r - k) * slopes[k] for k in range(r + 1)
            ]
            equal(path[r + 1], path[r] - gamma * sum(terms))
        equal(
            form(slope, theta, gamma, 1.0, 1)[1],
            theta - gamma * slope(theta),
        )
        # The other start: the first step is longer by 1 / alpha.
        other = theta.copy()
        HeavyBall(gamma, alpha, "gradient").step(other, slope(theta))
        equal(alpha * (other - theta), path[1] - theta)


@DOMKE.entry(
    "domke-5-phi-s",
    "section 5, before the second display",
    r"\text{a quantity } \phi^r \text{ which is sort of a “smoothed” version "
    r"of the gradient}",
    CLAIM,
    r"True: $\phi^r$ is a sum of all gradients so far, with weights "
    r"$\alpha\,(1 - \alpha)^{r-1-k}$ that fall with age. From $\phi^0 = 0$ "
    r"they add up to $1 - (1 - \alpha)^r$, so in the first steps it is less "
    "than an average.",
    shapes=r"weights of $\nabla R(\theta^0), \dots, \nabla R(\theta^{r-1})$: "
    "$r$ numbers",
    right=lambda alpha, r: np.array(
        [alpha * (1 - alpha) ** (r - 1 - k) for k in range(r)]
    ),
    mutants={
        "index shifted: (1 - alpha)^(r - k)": lambda alpha, r: np.array(
            [alpha * (1 - alpha) ** (r - k) for k in range(r)]
        ),
        "index shifted: the oldest counts most": lambda alpha, r: np.array(
            [alpha * (1 - alpha) ** k for k in range(r)]
        ),
        "factor lost: alpha": lambda alpha, r: np.array(
            [(1 - alpha) ** (r - 1 - k) for k in range(r)]
        ),
        "sign flipped: 1 + alpha": lambda alpha, r: np.array(
            [alpha * (1 + alpha) ** (r - 1 - k) for k in range(r)]
        ),
    },
    equations=("eq-momentum-average", "eq-momentum-bias"),
    names=("HeavyBall",),
    chapter="momentum",
)
def smoothed_gradient(form):
    """Weights against nnlab's phi, when gradient k is the k-th unit vector."""
    for rng, (r, *_), _ in cases():
        alpha, theta = rng.uniform(0.1, 0.9), np.zeros(r)
        optimizer = HeavyBall(1.0, alpha)
        for unit in np.eye(r):
            optimizer.step(theta, unit)
        equal(form(alpha, r), optimizer.phi)
        equal(form(alpha, r).sum(), 1 - (1 - alpha) ** r)


@DOMKE.entry(
    "domke-5-n",
    "section 5, after the second display",
    r"\text{This is sometimes called the “heavy-ball” method, or “gradient "
    r"descent with momentum”.}",
    CLAIM,
    "The names are right: without $\\phi$ the two lines are Polyak's heavy "
    r"ball, $\theta^{r+1} = \theta^r - \eta \nabla R(\theta^r) + \beta "
    r"(\theta^r - \theta^{r-1})$ with $\eta = \gamma\alpha$ and $\beta = 1 - "
    r"\alpha$. So the usual momentum 0.9 is $\alpha = 0.1$. Also proved with "
    "symbols for two steps.",
    shapes=r"$\eta$, $\beta$: numbers",
    right=lambda gamma, alpha: (gamma * alpha, 1 - alpha),
    mutants={
        "factor lost: eta = gamma": lambda gamma, alpha: (gamma, 1 - alpha),
        "factor lost: beta = alpha": lambda gamma, alpha: (
            gamma * alpha,
            alpha,
        ),
        "sign flipped: beta = 1 + alpha": lambda gamma, alpha: (
            gamma * alpha,
            1 + alpha,
        ),
        "index shifted: gamma and alpha exchanged": lambda gamma, alpha: (
            gamma * alpha,
            1 - gamma,
        ),
    },
    equations=("eq-momentum-polyak", "eq-momentum-map"),
    names=("HeavyBall", "HeavyBall.classical"),
    chapter="momentum",
)
def polyak(form):
    """Polyak's steps with the mapped numbers against Domke's path; SymPy."""
    for rng, _, slope, theta in valleys():
        gamma, alpha = 0.1, rng.uniform(0.55, 0.9)
        eta, beta = form(gamma, alpha)
        now = before = theta  # theta^{-1} = theta^0
        own, optimizer = theta.copy(), HeavyBall.classical(eta, beta)
        for expected in heavy_ball(slope, theta, gamma, alpha, 20)[1:]:
            step = -eta * slope(now) + beta * (now - before)
            before, now = now, now + step
            equal(now, expected)
            optimizer.step(own, slope(own))
            equal(own, expected)

    gamma, alpha, t, g0, g1 = sp.symbols("gamma alpha theta g0 g1")
    eta, beta = form(gamma, alpha)
    phi = alpha * g0
    first = t - gamma * phi
    second = first - gamma * ((1 - alpha) * phi + alpha * g1)
    wanted = first - eta * g1 + beta * (first - t)
    assert sp.expand(second - wanted) == 0


def steps_until(path, distance):
    """Return the first step from which on the path stays near the origin."""
    far = np.flatnonzero(~(np.linalg.norm(path, axis=1) < distance))
    return far.max() + 1


def steps_to(optimizer, target=0.1, most=1500):
    """Train Domke's network on spirals; return the steps to a mean loss."""
    X, labels = datasets.spirals(60, rng=np.random.default_rng(1))
    rng = np.random.default_rng(1)
    net = Network([2, 10, 3], tanh, identity, logistic_loss, rng=rng)
    history = train(
        net,
        X,
        labels,
        optimizer,
        most,
        stop=lambda history: history.cost[-1] <= target and "reached",
    )
    assert history.reason == "reached"
    return history.epochs - 1


@DOMKE.entry(
    "domke-5-c",
    "section 5, before the second display",
    r"\text{A small modification can often make convergence much faster.}",
    CLAIM,
    "Reproduced, if each method has a step size of its own and "
    r"$\phi^0 = 0$. In the laboratory Domke's network with 10 hidden units "
    "learns 300 points of three spirals in 5 to 8 times fewer steps with the "
    r"heavy ball (medians over 15 starts); with $\gamma$ kept momentum "
    "changes little. The check here counts steps in a valley and, "
    "from one start, for 60 points: 610 of plain descent, 75 of the heavy "
    r"ball at its own $\gamma$, 555 with $\gamma$ kept.",
    shapes="steps: numbers",
    right=heavy_ball,
    mutants={
        "index shifted: along phi^r": old_average,
        "factor lost: alpha": without_alpha,
        "sign flipped: minus (1 - alpha)": alternating,
        "factor lost: no memory": (
            lambda slope, theta, gamma, alpha, steps: heavy_ball(
                slope, theta, gamma, 1.0, steps
            )
        ),
    },
    equations=(
        "eq-lab-spirals-pace",
        "eq-lab-spirals-best",
        "eq-momentum-best",
        "eq-momentum-plain-best",
    ),
    names=("HeavyBall", "GradientDescent", "train"),
    chapter="lab_spirals",
)
def faster(form):
    """Counted steps in a valley and on a network, each at its own gamma."""
    curvatures, start = np.array([1.0, 100.0]), np.ones(2)

    def slope(theta):
        return curvatures * theta

    plain = heavy_ball(slope, start, 2 / 101, 1.0, 1000)
    root = 10  # of the ratio of the curvatures
    with np.errstate(over="ignore", invalid="ignore"):
        heavy = form(slope, start, 1 / 10, 4 * root / (root + 1) ** 2, 1000)
        assert 600 < steps_until(plain, 1e-6) < 800
        assert 5 * steps_until(heavy, 1e-6) < steps_until(plain, 1e-6)

    slow = steps_to(GradientDescent(2.0))
    fast = steps_to(HeavyBall(16.0, alpha=0.1))
    same = steps_to(HeavyBall(2.0, alpha=0.1))
    assert 400 < slow < 900 and fast < 200 and slow < 2 * same


@DOMKE.entry(
    "domke-5-full",
    "section 5, last paragraph",
    r"\text{Note that all gradients you compute will be on the full dataset.}",
    CLAIM,
    r"A setting: $\nabla R$ is the sum of the gradients of all $N$ samples. "
    'That this is not "stochastic gradient descent" is right.',
    shapes=r"$\nabla R$: all parameters in one vector",
    right=lambda slopes: sum(slopes),
    mutants={
        "factor lost: one sample in place of all": lambda slopes: slopes[0],
        "factor lost: the mean": lambda slopes: sum(slopes) / len(slopes),
        "index shifted: i from 2": lambda slopes: sum(slopes[1:]),
        "sign flipped": lambda slopes: -sum(slopes),
    },
    equations=("eq-momentum-domke", "eq-networks-assumption-2"),
    names=("Network.backprop", "train"),
    chapter="momentum",
)
def all_samples(form):
    """Summed gradients of single samples against complex steps through R."""
    for _, net, X, y in batches():
        slopes = [net.backprop(X[[i]], y[[i]]).theta for i in range(len(X))]

        def R(theta, net=net, X=X, y=y):
            return np.sum(net.at(theta).losses(X, y))

        equal(form(slopes), gradient(R, net.theta))
