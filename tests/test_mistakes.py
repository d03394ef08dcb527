"""The mistakes that the tasks know: written in another way, they get the same words."""

from itertools import accumulate

import numpy as np
import pytest
from exercises import graphs, tasks
from exercises.feedback import answer

from nnlab import sigmoid, softmax


def but(id, change=lambda found, *_: found):
    """Return a right form of a task with its results changed: change(results, *arguments)."""
    return lambda *given: change(tasks.task_of(id).rights[1](*given), *given)


def overflowing(Z, t):
    E, Y = np.exp(Z), np.arange(Z.shape[1]) == t[:, None]
    cost = np.log(E.sum(axis=1)).mean() - np.sum(Z, where=Y) / len(t)
    return cost, (E / E.sum(axis=1)[:, None] - Y) / len(t)


def descending(factor):
    def form(W, X, Y, gamma, steps):
        for _ in range(steps):
            P = softmax(X @ W.T)
            W = W - gamma / len(X) * np.einsum("sn, sk -> nk", factor(P) * (P - Y), X)
        return W

    return form


def two_layers(output_error, slope):
    def form(W1, b1, W2, b2, X, Y):
        A = np.tanh(X @ W1.T + b1)
        D2 = output_error(A @ W2.T + b2, Y) / len(X)
        D1 = (D2 @ W2) * slope(A)
        return D1.T @ X, D1.sum(axis=0), D2.T @ A, D2.sum(axis=0)

    return form


def times_its_slope(Z, Y):
    P = softmax(Z)
    return (P - Y) * (P - P * P)


def times_samples(found, W1, b1, W2, b2, X, Y):
    return [len(X) * part for part in found]


def plain_descent(A, theta, gamma, alpha, steps):
    return np.linalg.matrix_power(np.eye(len(A)) - gamma * A, steps) @ theta


def first_step_whole(A, theta, gamma, alpha, steps):
    before, theta = theta, theta - gamma * A @ theta
    for _ in range(steps - 1):
        rolling = (1 - alpha) * (theta - before)
        before, theta = theta, theta - gamma * alpha * A @ theta + rolling
    return theta


def exchanged(A, theta, gamma, alpha, steps):
    return but("momentum-mixed")(A, theta, gamma, 1 - alpha, steps)


def fitting(kept=1, shorter=0.5, full=False):
    def form(w, X, y, gamma, alpha, size, epochs):
        v = 0 * w
        for epoch in range(epochs):
            v = kept * v
            for at in range(0, len(X), size):
                x, target = X[at : at + size], y[at : at + size]
                v = (1 - alpha) * v + (x @ w - target) @ x / (size if full else len(x))
                w = w - gamma * alpha * shorter**epoch * v
        return w

    return form


def times(factor, found):
    return [{k: factor * part for k, part in each.items()} for each in found]


def hidden_slope_lost(W, b, X, Y, gamma):
    A = sigmoid(X @ W[1].T + b[1])
    D2 = (softmax(A @ W[2].T + b[2]) - Y) / len(X)
    errors = {1: (D2 @ W[2], X), 2: (D2, A)}
    return (
        {k: W[k] - gamma * D.T @ below for k, (D, below) in errors.items()},
        {k: b[k] - gamma * np.sum(D, axis=0) for k, (D, _) in errors.items()},
    )


def last_message_wins(found, W, a, delta):
    at = np.arange(a.size).reshape(a.shape)
    where = np.lib.stride_tricks.sliding_window_view(at, (3, 3))[::2, ::2].reshape(-1, 9)
    da = np.zeros(a.size)
    da[where] = delta.T @ W
    return *found[:2], da.reshape(a.shape)


def bend(gradient, theta, v):
    return gradient(theta + v) - gradient(theta)


VALLEYS = {"without_memory": plain_descent, "shares_exchanged": exchanged}
MISTAKES = {
    (id := "cross_entropy-from-scores"): {
        "through_p": but(
            id,
            lambda found, Z, t: (-np.mean([np.log(softmax(z)[k]) for z, k in zip(Z, t)]), found[1]),
        ),
        "overflowing": overflowing,
        "without_m": but(id, lambda found, Z, t: (found[0], found[1] * len(t))),
        "summed": but(id, lambda found, Z, t: [part * len(t) for part in found]),
    },
    "cross_entropy-slow": {
        "slope_alone": descending(lambda P: 1 - P),
        "descended_without_m": descending(len),
    },
    (id := "delta_recursion-errors"): {
        "errors_without_slopes": lambda W, slope, last: [
            *accumulate(W[::-1], lambda d, w: d @ w, initial=last)
        ][::-1],
        "errors_from_the_last": but(id, lambda found, *_: found[::-1]),
        "errors_without_the_last": but(id, lambda found, *_: found[:-1]),
    },
    (id := "delta_recursion-gradient"): {
        "gradient_of_the_sum": but(id, times_samples),
        "gradient_with_sigmoid_slope": two_layers(lambda Z, Y: softmax(Z) - Y, lambda A: A - A**2),
        "gradient_with_a_slope_too_many": two_layers(times_its_slope, lambda A: 1 - A**2),
    },
    (id := "delta_recursion-which-slope"): {
        "fit_without_slope": two_layers(np.subtract, np.ones_like),
        "fit_of_the_sum": but(id, times_samples),
    },
    "momentum-mixed": VALLEYS,
    "lab_spirals-late": {**VALLEYS, "from_the_gradient": first_step_whole},
    (id := "momentum-loop"): {
        "forgetful": fitting(kept=0),
        "never_shorter": fitting(shorter=1),
        "full_size": fitting(full=True),
        "plain": lambda w, X, y, gamma, alpha, *rest: but("momentum-loop")(
            w, X, y, gamma, 1, *rest
        ),
    },
    (id := "graphs-skip"): {
        "skip_forgotten": but(id, lambda found, x, W, v: (found[0] - v, found[1])),
        "skip_without_slope": lambda x, W, v: ((v.T @ W).T + v, np.outer(v, x)),
    },
    (id := "graphs-shared"): {
        "slide_turned": but(
            id, lambda found, w, x, v: (found[0], np.convolve(*v.T, *w[::-1].T)[:, None])
        ),
        "slide_first": but(id, lambda found, w, x, v: (x[[0, 1, 2]] * v[0], found[1])),
    },
    (id := "graphs-pool"): {
        "pool_to_both": lambda x, v: np.kron(v, [[1], [1]]),
        "pool_shared": lambda x, v: np.kron(v, [[0.5], [0.5]]),
        "pool_times_value": but(id, lambda found, x, v: x * found),
    },
    (id := "graphs-node"): {
        "node_overflowing": lambda A, v: (
            np.log(np.sum(np.exp(A))),
            np.exp(A) / np.exp(A).sum() * v,
        ),
        "node_without_message": but(id, lambda found, A, v: (found[0], found[1] / v)),
        "node_with_one_over": but(
            id, lambda found, A, v: (found[0], np.full(A.shape, v / np.exp(A).sum()))
        ),
        "node_shift_lost": but(
            id, lambda found, A, v: (np.log(np.exp(A - A.max()).sum()), found[1])
        ),
    },
    (id := "hour-columns"): {
        "without_mean": but(id, lambda found, W, b, X, Y: times(X.shape[1], found)),
        "mean_over_inputs": but(
            id, lambda found, W, b, X, Y: times(X.shape[1] / X.shape[0], found)
        ),
    },
    "hour-order": {"step_without_slope": hidden_slope_lost},
    (id := "lab_convolution-stride"): {
        "overwriting": but(id, last_message_wins),
        "bias_over_kernels": but(id, lambda found, W, a, delta: (found[0], sum(delta), found[2])),
        "one_bias_for_each_place": but(id, lambda found, W, a, delta: (found[0], delta, found[2])),
        "mean_over_places": but(
            id,
            lambda found, W, a, delta: (*(part / delta[0].size for part in found[:2]), found[2]),
        ),
    },
    (id := "lab_convolution-down"): {
        "down_transposed": lambda W, delta: but("lab_convolution-down")(W, delta.T).T,
        "down_one_way": lambda W, delta: but("lab_convolution-down")(np.fliplr(W), delta),
    },
    "lab_spirals-curvature": {
        "curvature_not_divided": lambda g, theta, v: v @ bend(g, theta, v),
        "curvature_as_slope": lambda g, theta, v: v @ g(theta) / (v @ v),
        "curvature_as_length": lambda g, theta, v: np.sqrt(
            np.sum(bend(g, theta, v) ** 2) / (v @ v)
        ),
        "curvature_too_large": lambda g, theta, v: v @ bend(g, theta - v, 2 * v) / (v @ v),
    },
}


@pytest.mark.parametrize(("id", "name"), [(id, name) for id in MISTAKES for name in MISTAKES[id]])
def test_a_known_mistake_is_known_however_it_is_written(id, name):
    words = {wrong.__name__: said for wrong, said in tasks.task_of(id).wrong}
    assert words[name].replace("$", "") in answer(id, MISTAKES[id][name])


def test_every_mistake_that_takes_a_function_is_written_in_another_way():
    assert {(id, name) for id in MISTAKES for name in MISTAKES[id]} == {
        (task.id, form.__name__)
        for chapter in tasks.chapters()
        for task in tasks.tasks_of(chapter).values()
        for form, said in task.wrong
        if said and form.__name__ != "<lambda>"
    }


def test_a_whole_jacobian_gives_the_right_messages_and_costs_too_much():
    said = answer("graphs-skip", graphs.skip_by_jacobian)
    assert "the values are right, but they cost 64 products of numbers where 56 are" in said


def by_batches(batches):
    def form(w, X, y, gamma, alpha, size, epochs):
        phi = 0 * w
        for epoch in range(epochs):
            for k in range(batches(len(X), size)):
                x, target = X[k * size :][:size], y[k * size :][:size]
                phi = (1 - alpha) * phi + alpha * x.T @ (x @ w - target) / len(x)
                w = w - gamma / 2**epoch * phi
        return w

    return form


def test_a_last_batch_is_neither_lost_nor_empty():
    right = by_batches(lambda m, size: -(-m // size))
    assert answer("momentum-loop", right).startswith("Right.")
    for batches in (lambda m, size: m // size), (lambda m, size: m // size + 1):
        assert answer("momentum-loop", by_batches(batches)).startswith("Not yet")


SHIFTS = {
    "largest of the row": lambda Z: Z.max(axis=1, keepdims=True),
    "largest of all": np.max,
    "smallest of the row": lambda Z: Z.min(axis=1, keepdims=True),
    "mean of the row": lambda Z: Z.mean(axis=1, keepdims=True),
    "first of the row": lambda Z: Z[:, :1],
    "last of the row": lambda Z: Z[:, -1:],
}


@pytest.mark.parametrize("shift", SHIFTS)
def test_of_each_sample_the_largest_score_is_subtracted_and_no_other(shift):
    def log_sums(Z):
        part = SHIFTS[shift](Z)
        return (part + np.log(np.exp(Z - part).sum(axis=1, keepdims=True))).reshape(-1, 1)

    def batch(Z, t):
        Y, S = np.eye(Z.shape[1])[t], log_sums(Z)
        return np.mean(S - (Y * Z).sum(axis=1, keepdims=True)), (np.exp(Z - S) - Y) / len(t)

    def node(A, v):
        S = log_sums(A.T)
        return S[0, 0], v * np.exp(A - S)

    alone = shift.startswith("largest")
    assert answer("cross_entropy-from-scores", batch).startswith("Right") == (
        alone and "row" in shift
    )
    assert answer("graphs-node", node).startswith("Right") == alone
