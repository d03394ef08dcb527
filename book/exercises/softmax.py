"""What the tasks of the chapter on the softmax need beyond a line."""

import numpy as np

from exercises.tools import short
from nnlab import softmax


def outputs():
    """Cases: outputs of a softmax, messages, a gain."""
    for seed, (n, chi) in enumerate([(3, 2.0), (2, 0.5), (6, 3.0)]):
        rng = np.random.default_rng(seed)
        a = softmax(short(rng, n))
        yield {"a": a, "v": short(rng, n), "chi": chi}


def scores():
    """Cases: scores of some samples, as rows."""
    for seed, shape in enumerate([(4, 3), (3, 3), (1, 2), (2, 4)]):
        Z = short(np.random.default_rng(seed), *shape)
        Z[-1] -= 1000 * (seed == 3)
        yield {"Z": Z}
