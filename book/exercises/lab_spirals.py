"""Functions of the tasks on the laboratory of spirals."""

import numpy as np

from exercises.descents import (
    averaging,
    shares_exchanged,
    valleys,
    with_velocity,
    without_memory,
)
from exercises.tools import short

__all__ = [
    "averaging",
    "shares_exchanged",
    "valleys",
    "with_velocity",
    "without_memory",
]


def delayed(A, theta, gamma, alpha, steps):
    """Step first, and average afterwards."""
    phi = np.zeros_like(theta)
    for _ in range(steps):
        gradient = A @ theta
        theta = theta - gamma * phi
        phi = (1 - alpha) * phi + alpha * gradient
    return theta


def in_one_line(A, theta, gamma, alpha, steps):
    """Write the steps with the two places."""
    path = [theta, theta]
    for _ in range(steps):
        before, now = path[-2:]
        inertia = (1 - alpha) * (now - before)
        path.append(now - gamma * alpha * (A @ now) + inertia)
    return path[-1]


def from_the_gradient(A, theta, gamma, alpha, steps):
    """Start the average from the first gradient."""
    phi = A @ theta
    for _ in range(steps):
        phi = (1 - alpha) * phi + alpha * (A @ theta)
        theta = theta - gamma * phi
    return theta


def parabolas():
    """Yield gradients of parabolas, places and directions."""
    rng = np.random.default_rng(11)
    for n in 2, 3, 1:
        B, best = short(rng, n, n), short(rng, n)
        A = (B + B.T) / 2

        def gradient_of_a_parabola(theta, A=A, best=best):
            return A @ (theta - best)

        yield {
            "gradient": gradient_of_a_parabola,
            "theta": short(rng, n),
            "v": short(rng, n),
        }


def curvature(gradient, theta, v):
    """Return the curvature along v, from two gradients."""
    h = 1e-4
    bend = (gradient(theta + h * v) - gradient(theta - h * v)) / (2 * h)
    return v @ bend / (v @ v)


def curvature_one_sided(gradient, theta, v):
    """Do it with one step to one side."""
    e = v / np.sqrt(np.sum(v**2))
    return np.sum(e * (gradient(theta + 0.01 * e) - gradient(theta))) / 0.01


def curvature_by_columns(gradient, theta, v):
    """Do it with the whole matrix."""
    steps = np.eye(len(v))
    H = [gradient(theta + e) - gradient(theta) for e in steps]
    return (v @ np.array(H) @ v) / np.dot(v, v)


def curvature_not_divided(gradient, theta, v):
    """Forget the length of v."""
    return (v @ v) * curvature(gradient, theta, v)


def curvature_as_slope(gradient, theta, v):
    """Return the slope along v."""
    return v @ gradient(theta) / (v @ v)


def curvature_as_length(gradient, theta, v):
    """Return how long the change of the gradient is."""
    change = gradient(theta + v) - gradient(theta)
    return np.linalg.norm(change) / np.linalg.norm(v)


def curvature_too_large(gradient, theta, v):
    """Divide by h where the step is 2h."""
    return 2 * curvature(gradient, theta, v)
