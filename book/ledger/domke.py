"""Domke: the cases of his lines, and the checks longer than a line."""

from functools import cache

import numpy as np
import sympy as sp

from ledger.tools import cached, cases, equal, gradient, network_of
from nnlab import (
    GradientDescent,
    HeavyBall,
    Network,
    datasets,
    identity,
    logistic_loss,
    tanh,
    train,
)


@cached
def samples():
    """Yield random parameters in Domke's letters, with an input and its label.

    dL_d... are complex steps through nnlab's loss; net is nnlab's network.
    """
    for rng, (p, M, K, _), _ in cases():
        W, V = rng.standard_normal((M, p)), rng.standard_normal((K, M))
        b, c = rng.standard_normal(M), rng.standard_normal(K)
        x, y = rng.standard_normal(p), int(rng.integers(K))
        yield sample(W, V, b, c, x, y)


def sample(W, V, b, c, x, y):
    """Return one case."""

    def L(W=W, V=V, b=b, c=c):
        return logistic_loss(c + V @ tanh(b + W @ x), y)

    net = network_of([W, V], [b, c], tanh, identity, logistic_loss)
    s, f = b + W @ x, net.forward(x)
    h = np.tanh(s)
    return dict(
        **dict(W=W, V=V, b=b, c=c, x=x, y=y, s=s, h=h, f=f, net=net),
        **dict(p=len(x), M=len(b), K=len(c), e_y=np.eye(len(c))[y]),
        dL_df=gradient(lambda f: logistic_loss(f, y), f),
        dL_dh=gradient(lambda h: logistic_loss(c + V @ h, y), h),
        dL_ds=gradient(lambda s: logistic_loss(c + V @ tanh(s), y), s),
        dL_dW=gradient(lambda W: L(W=W), W),
        dL_dV=gradient(lambda V: L(V=V), V),
        dL_db=gradient(lambda b: L(b=b), b),
        dL_dc=gradient(lambda c: L(c=c), c),
    )


def boxes(W, V, b, c, x, e_y):
    """Return the boxed derivatives by W, V, b and c."""
    s = b + W @ x
    f = c + V @ np.tanh(s)
    dL_df = np.exp(f) / np.sum(np.exp(f)) - e_y
    dL_db = (1 - np.tanh(s) ** 2) * (V.T @ dL_df)
    return np.outer(dL_db, x), np.outer(dL_df, np.tanh(s)), dL_db, dL_df


def multivariate_logistic_loss(form):
    """L against -log of the softmax, and its slope against the box of 4.1."""
    for number, d in enumerate(samples()):
        # In every second case positive scores: the printed line is defined.
        f = d["f"] if number % 2 else np.abs(d["f"]) + 0.1
        g = np.exp(f) / np.sum(np.exp(f))
        equal(form(d["y"], f), -np.log(g[d["y"]]))
        slope = gradient(lambda f, y=d["y"]: form(y, f), f)
        equal(slope, g - d["e_y"])


@cached
def batches():
    """Yield a network of Domke's kind, N samples, and nnlab's losses.

    others: losses and mean cost with other parameters; slopes: the gradient of
    each sample; dR: complex steps through the sum of the losses.
    """
    for rng, (p, M, K, _), N in cases():
        net = Network([p, M, K], tanh, identity, logistic_loss, rng=rng)
        net.theta = rng.standard_normal(net.theta.size)
        X, y = rng.standard_normal((N, p)), rng.integers(0, K, N)
        several = [net.at(rng.standard_normal(net.theta.size)) for _ in "1234"]

        def R(theta, net=net, X=X, y=y):
            return np.sum(net.at(theta).losses(X, y))

        case = dict(net=net, X=X, y=y, N=N, losses=net.losses(X, y))
        case |= dict(sum_of_all=N * net.cost(X, y), dR=gradient(R, net.theta))
        case["others"] = [(n.losses(X, y), n.cost(X, y)) for n in several]
        case["slopes"] = [net.backprop(X[[i]], y[[i]]).theta for i in range(N)]
        yield case


# Section 5: optimization.


@cached
def valleys():
    """Yield R and its gradient, curved but not quadratic, a start, and steps.

    after: where nnlab's heavy ball is after 0 to 20 steps.
    """
    for rng, (n, k, *_), _ in cases():
        A, a = rng.standard_normal((k, n)), rng.standard_normal(k)

        def R(theta, A=A, a=a):
            return np.sum(np.log(np.cosh(A @ theta - a)))

        def slope(theta, A=A, a=a):
            return A.T @ np.tanh(A @ theta - a)

        theta, alpha = rng.standard_normal(n), rng.uniform(0.55, 0.9)
        own, optimizer = theta.copy(), HeavyBall(0.1, alpha)
        path, slopes = [own.copy()], []
        for _ in range(20):
            slopes.append(gradient(R, own))
            optimizer.step(own, slopes[-1])
            path.append(own.copy())
        plain = theta.copy()
        GradientDescent(0.02).step(plain, gradient(R, plain))
        case = dict(R=R, slope=slope, theta=theta, gamma=0.1, alpha=alpha)
        case |= dict(path=np.array(path), slopes=slopes, plain=plain)
        yield case


def heavy_ball(slope, theta, gamma, alpha, steps):
    """Return theta^0, theta^1, ... as rows; phi^0 is zero."""
    path, phi = [theta], np.zeros_like(theta)
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


def smoothed_steps(form):
    """The path against nnlab and against sums of all gradients so far."""
    for case in valleys():
        theta, gamma, alpha = (case[k] for k in ("theta", "gamma", "alpha"))
        path, slopes = (
            form(case["slope"], theta, gamma, alpha, 20),
            case["slopes"],
        )
        equal(path, case["path"])
        for r in range(20):
            terms = [
                alpha * (1 - alpha) ** (r - k) * slopes[k] for k in range(r + 1)
            ]
            equal(path[r + 1], path[r] - gamma * sum(terms))
        # The other start: the first step is longer by 1 / alpha.
        other = theta.copy()
        HeavyBall(gamma, alpha, "gradient").step(other, slopes[0])
        equal(alpha * (other - theta), path[1] - theta)


@cached
def unit_gradients():
    """Yield nnlab's phi after r steps; gradient k is the k-th unit vector."""
    for rng, (r, *_), _ in cases():
        alpha, theta = rng.uniform(0.1, 0.9), np.zeros(r)
        optimizer = HeavyBall(1.0, alpha)
        for unit in np.eye(r):
            optimizer.step(theta, unit)
        yield dict(alpha=alpha, r=r, phi=optimizer.phi)


def polyak(form):
    """Polyak's steps with the mapped numbers against nnlab's path; SymPy."""
    for case in valleys():
        slope, theta, path = (case[k] for k in ("slope", "theta", "path"))
        eta, beta = form(case["gamma"], case["alpha"])
        now = before = theta  # theta^{-1} = theta^0
        own, optimizer = theta.copy(), HeavyBall.classical(eta, beta)
        for expected in path[1:]:
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


@cache
def steps_on_spirals():
    """Yield the steps to a mean loss of 0.1 on 60 points, from one start."""
    X, labels = datasets.spirals(60, rng=np.random.default_rng(1))

    def steps_to(optimizer):
        rng = np.random.default_rng(1)
        net = Network([2, 10, 3], tanh, identity, logistic_loss, rng=rng)
        stop = lambda history: history.cost[-1] <= 0.1 and "reached"  # noqa: E731
        history = train(net, X, labels, optimizer, 1500, stop=stop)
        assert history.reason == "reached"
        return history.epochs - 1

    slow, fast = GradientDescent(2.0), HeavyBall(16.0, alpha=0.1)
    same = HeavyBall(2.0, alpha=0.1)
    return [dict(slow=steps_to(slow), fast=steps_to(fast), same=steps_to(same))]


def steps_in_a_valley(form):
    """nnlab's heavy ball from phi^0 = 0, step by step; then the counts."""
    curvatures, start, root = np.array([1.0, 100.0]), np.ones(2), 10
    gamma, alpha = 1 / 10, 4 * root / (root + 1) ** 2

    def slope(theta):
        return curvatures * theta

    heavy = form(slope, start, gamma, alpha, 200)
    own, optimizer = [start.copy()], HeavyBall(gamma, alpha)
    for _ in range(200):
        own.append(own[-1].copy())
        optimizer.step(own[-1], slope(own[-1]))
    equal(heavy, own)
    plain = heavy_ball(slope, start, 2 / 101, 1.0, 1000)
    assert 600 < steps_until(plain, 1e-6) < 800
    assert 5 * steps_until(heavy, 1e-6) < steps_until(plain, 1e-6)
