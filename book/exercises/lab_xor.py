"""What the tasks of the laboratory on XOR need beyond a line."""

import numpy as np


def epochs():
    """Cases: the epochs at which some starts arrived, or infinity."""
    inf = np.inf
    yield {"epochs": np.array([400.0, inf, 150, 230, inf, 310, 700, 205])}
    yield {"epochs": np.array([90.0, 60, inf, 45, 70, inf, 120])}
    yield {"epochs": np.array([inf, inf, 500, inf, inf, 800])}
