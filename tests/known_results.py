"""Results of the laboratories as simple rules, for tests of their figures.

The trainings take minutes, and some are chaotic: their curves depend on the machine. Here each has
results that everyone can check with a pencil, the same on all machines. They are no measurements.
"""

from types import SimpleNamespace

import numpy as np
from studies.digits import digits, split

from nnlab import Network, identity, logistic_loss, tanh


def untrained(*settings, **others):
    """Leave a network as it is."""


# lab_xor: epochs until the starts arrive, in a geometric sequence.


def epochs(run, points, n_jobs):
    """Return the epochs of every point: the last starts come first, some never."""
    found = []
    for k, point in enumerate(points):
        readings, count = len(point.get("readings", "1")), point.get("count", 100)
        needed = 10 * 2.4 ** (3 * k % 8) * 1.02 ** np.arange(count)[::-1]
        needed = needed.round() * np.arange(1, readings + 1)[:, None]
        found.append(np.where(needed <= point["limit"], needed, np.inf))
    return found


def one_arm(*arms):
    """Return a network whose output is near 1 on these arms of the cross, and else near 0."""
    network = Network([2, 2, 1])
    network.weights[0][...] = [[40, -40], [-40, 40]]
    network.biases[0][...] = -5
    network.weights[1][...] = 12 * np.array([arms])
    network.biases[1][...] = -6
    return network


# lab_spirals: losses that fall from 10 to 0.1 in a known number of steps.


def steps(alpha, gamma):
    """Return what a calm run takes, and infinity where the step size is too large."""
    return round(800 / gamma + (1 - alpha) / alpha) if alpha * gamma < 4 else np.inf


def run_all(alpha, gamma, seeds=range(5), start="zero"):
    """Return steps, who diverged, and losses; each start takes five steps more."""
    needed = steps(alpha, gamma) + 5 * np.arange(len(seeds))
    r = np.arange(701)[:, None]
    losses = np.where(np.isfinite(needed), 10 * 0.00999 ** (r / needed), 10 + 0.01 * r)
    return needed, np.full(len(seeds), alpha * gamma > 8), losses


def losses_with(gamma, summed, alpha=1.0, count=700):
    """Return losses that fall with the pace, or grow where it is too large."""
    pace = 300 * gamma if summed else gamma
    return 10 * np.exp((0.01 if pace > 100 else -0.004 * pace) * np.arange(count))


def curvatures(alpha, gamma, seed, every):
    """Return steps and curvatures, which rise evenly to three times the first."""
    r = np.arange(0, 900 / gamma, every)
    return r, np.linspace(0.8, 2.4, len(r))


def states(alpha, gamma):
    """Return networks whose parameters grow with the steps."""
    first = Network([2, 10, 3], tanh, identity, logistic_loss, rng=np.random.default_rng(1))
    return {r: first.at(first.theta * (1 + gamma * r / 800)) for r in range(0, 401, 5)}


# lab_digits: weights in a pattern, errors that get smaller, answers that are wrong by a rule.


def pattern(strength):
    """Return the first layer's weights: brighter from unit to unit, down and to the right."""
    picture = np.add.outer(np.arange(28), 2 * np.arange(28)).ravel() / 81 - 0.5
    return strength * np.outer(np.arange(200) % 10 / 9, picture)


def probabilities(V):
    """Return outputs for the validation images; each twentieth is taken for another digit."""
    truth = digits()[1][split()[1]]
    n = np.arange(len(V))
    answer = np.where(n % 20, truth, (truth + 1 + n // 20 % 3) % 10)
    sure = 0.6 + 0.4 * (37 * n % len(V) / len(V)) ** 8
    p = np.zeros((len(V), 10))
    p[n, truth] = 1 - sure
    p[n, answer] += sure
    return p


DIGITS = SimpleNamespace(
    weights=[None, np.linspace(0, 1, 2000).reshape(10, 200)],
    at=lambda strength: SimpleNamespace(weights=[pattern(strength)]),
    forward=probabilities,
)

OF = {
    "lab_convolution": {"train": untrained},
    "lab_digits": {
        "train": untrained,
        "table": 0.8 + 0.01 * np.arange(18).reshape(3, 6),
        "ours": [0.87, 0.88, 0.89],
        "network": DIGITS,
        "states": np.linspace(0.1, 0.3, 21),
        "errors": np.outer(0.8 ** np.arange(21), [0.8, 0.9]),
    },
    "lab_spirals": {
        "sweep": lambda run, points: [run(**point, rng=None) for point in points],
        "run_all": run_all,
        "losses_with": losses_with,
        "curvatures": curvatures,
        "states": states,
    },
    "lab_xor": {
        "sweep": epochs,
        "arrivals": lambda *settings: [np.zeros(30)],
        "end": {33: one_arm(1, 1), 94: one_arm(1, 0)},
    },
}
