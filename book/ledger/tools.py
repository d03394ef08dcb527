"""What the checks share: random shapes, and derivatives by complex steps."""

import numpy as np


def cases(count=6):
    """Yield (rng, sizes n_0 to n_3, m): square and not, one sample and many.

    The first cases are a batch of one, a square network and a single output.
    """
    fixed = [((3, 4, 2, 5), 1), ((3, 3, 3, 3), 4), ((2, 5, 3, 1), 7)]
    for seed in range(count):
        rng = np.random.default_rng(seed)
        sizes, m = (
            fixed[seed]
            if seed < len(fixed)
            else (tuple(rng.integers(2, 7, 4)), 5)
        )
        yield rng, tuple(map(int, sizes)), m


def equal(a, b, tolerance=1e-9):
    """Assert that two arrays agree in shape and, relatively, in all entries."""
    a, b = np.asarray(a), np.asarray(b)
    assert a.shape == b.shape, f"shape {a.shape} is not {b.shape}"
    scale = max(1.0, float(np.abs(b).max(initial=0)))
    difference = float(np.abs(a - b).max(initial=0))
    assert difference <= tolerance * scale, f"differs by {difference:.1e}"


def gradient(f, x, step=1e-20):
    """Return the derivative of a number f(x) by every entry of x."""
    x = np.asarray(x, dtype=float)
    result = np.empty_like(x)
    for index in np.ndindex(x.shape):
        moved = x.astype(complex)
        moved[index] += 1j * step
        result[index] = np.imag(f(moved)) / step
    return result


def jacobian(f, x, step=1e-20):
    """Return the Jacobian of a vector function, one row per output."""
    x = np.asarray(x, dtype=float)
    steps = 1j * step * np.eye(len(x))
    return np.stack([np.imag(f(x + d)) / step for d in steps], axis=-1)
