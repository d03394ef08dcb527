"""Valleys, and the heavy ball in them: for the tasks of two chapters."""

import numpy as np

from exercises.tools import short


def valleys():
    """Yield Hessians, starts and settings of the heavy ball."""
    rng = np.random.default_rng(8)
    for n, alpha in (2, 0.25), (3, 0.5), (1, 0.1):
        B = short(rng, n, n)
        yield {
            "A": B @ B.T,
            "theta": short(rng, n),
            "gamma": 0.1,
            "alpha": alpha,
            "steps": 3,
        }


def averaging(A, theta, gamma, alpha, steps):
    """Take the form with the average."""
    phi = np.zeros_like(theta)
    for _ in range(steps):
        phi = (1 - alpha) * phi + alpha * (A @ theta)
        theta = theta - gamma * phi
    return theta


def with_velocity(A, theta, gamma, alpha, steps):
    """Take the libraries' form, translated."""
    v = 0.0
    for _ in range(steps):
        v = (1 - alpha) * v + A @ theta
        theta = theta - gamma * alpha * v
    return theta


def without_memory(A, theta, gamma, alpha, steps):
    """Take plain descent."""
    for _ in range(steps):
        theta = theta - gamma * A @ theta
    return theta


def shares_exchanged(A, theta, gamma, alpha, steps):
    """Give the newest gradient the share of the old ones."""
    return averaging(A, theta, gamma, 1 - alpha, steps)
