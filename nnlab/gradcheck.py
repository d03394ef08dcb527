"""Compare a gradient with one that needs no derivation: central differences or the complex step."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from nnlab import _validation as check
from nnlab._validation import Array, finite_real, same_shape


def check_gradient(
    f: Callable[[Array], Any],
    gradient: ArrayLike | Callable[[Array], ArrayLike],
    theta: ArrayLike,
    method: str = "central",
    step: float | None = None,
    directions: int | None = None,
    rng: np.random.Generator | None = None,
) -> float:
    r"""Return the largest relative error of a gradient, entry by entry or along random directions.

    .. math:: \text{central: } \frac{f(\theta + h d) - f(\theta - h d)}{2h} = d^T \nabla f + O(h^2),
              \qquad
              \text{complex: } \frac{\operatorname{Im} f(\theta + i h d)}{h} = d^T \nabla f + O(h^2)

    The complex step subtracts nothing, so that h may be as small as one likes; it needs a
    function that is analytic and written for complex numbers.

    Parameters
    ----------
    f : function
        ``f(theta) -> number``; theta is an array of the shape given here.
    gradient : array_like, same shape as `theta`, or function
        The gradient to check at `theta`, or a function that returns it.
    theta : array_like of float
        Where to check; it is not changed.
    method : {"central", "complex"}, optional
        Which of the two differences to take.
    step : float, optional
        The step h, positive: 1e-5 for central differences and 1e-20 for the complex step.
    directions : int, optional
        Check along so many random unit directions instead of along every axis.
    rng : numpy.random.Generator, optional
        Source of the random directions; needed with `directions`.

    Returns
    -------
    float
        The largest of :math:`|g - n| / \max(|g|, |n|, s)`, with g the derivative from the
        gradient, n the numerical one, and s a thousandth of the gradient's length, below which
        the rounding of central differences would count as an error.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind, shape or range, or a value is not finite.

    Examples
    --------
    >>> theta = np.array([1.0, 2.0])
    >>> check_gradient(lambda t: (t**2).sum(), 2 * theta, theta, "complex") < 1e-15
    True
    >>> check_gradient(lambda t: (t**2).sum(), 2.001 * theta, theta) > 4e-4
    True
    """
    steps = {"central": 1e-5, "complex": 1e-20}
    check.require(method in steps, "method", 'be "central" or "complex"', method)
    step = steps[method] if step is None else check.real_number(step, "step")
    theta = finite_real(theta, "theta").copy()
    gradient = gradient(theta.copy()) if callable(gradient) else gradient
    gradient = same_shape(finite_real(gradient, "gradient"), "gradient", theta, "theta")

    def difference(d: Array) -> Any:
        if method == "complex":
            return np.imag(f(theta + 1j * step * d)) / step
        return (f(theta + step * d) - f(theta - step * d)) / (2 * step)

    if directions is None:
        along = np.eye(theta.size)
    else:
        shape = check.whole_number(directions, "directions", 1), theta.size
        along = check.generator(rng).standard_normal(shape)
        along /= np.linalg.norm(along, axis=1, keepdims=True)
    expected = along @ gradient.ravel()
    numerical = np.array([difference(d.reshape(theta.shape)) for d in along], dtype=float)
    same_shape(numerical, "f(theta), over all directions,", expected, "one number for each")
    finite_real(numerical, "f, differentiated numerically,")
    scale = max(np.linalg.norm(gradient), np.abs(numerical).max(initial=0))
    size = np.maximum(np.maximum(np.abs(expected), np.abs(numerical)), 1e-3 * scale)
    return float((np.abs(expected - numerical) / size).max()) if scale else 0.0
