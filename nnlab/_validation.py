"""Conversions and checks shared by the public functions: each error names its argument."""

import numbers

import numpy as np


def floating(x, name):
    """Return `x` as an array of float32, float64 or complex128.

    float32 stays float32, integers and booleans become float64, anything that is no number is
    refused.

    Parameters
    ----------
    x : array_like
        The numbers.
    name : str
        What the argument is called in the error.

    Returns
    -------
    ndarray
        `x` itself where nothing had to be converted.

    Raises
    ------
    TypeError
        If `x` does not hold numbers.

    Examples
    --------
    >>> floating([1, 2], "z").dtype
    dtype('float64')
    """
    x = np.asarray(x)
    if x.dtype.char in "fdD":
        return x
    if x.dtype.kind not in "biufc":
        raise TypeError(f"{name} must hold numbers, got an array of dtype {x.dtype}")
    return x.astype(complex if x.dtype.kind == "c" else float)


def vectors(x, name, wanted="have at least one entry"):
    """Return `x` as a floating array whose last axis holds vectors, at least one entry long.

    Examples
    --------
    >>> vectors([1, 2], "a").tolist()
    [1.0, 2.0]
    """
    x = floating(x, name)
    if not x.ndim or not x.shape[-1]:
        raise ValueError(f"{name} must {wanted} on its last axis, got shape {x.shape}")
    return x


def same_shape(x, name, reference, reference_name):
    """Return `x` as a floating array of the shape of `reference`: no broadcast by luck.

    Examples
    --------
    >>> same_shape([1, 2], "v", np.zeros(2), "z").tolist()
    [1.0, 2.0]
    """
    x = floating(x, name)
    if x.shape != reference.shape:
        wanted = f"the shape of {reference_name}, {reference.shape}"
        raise ValueError(f"{name} must have {wanted}, got {x.shape}")
    return x


def finite_real(x, name):
    """Return `x` as an array of float32 or float64 without NaN or infinity.

    Raises
    ------
    TypeError
        If `x` does not hold real numbers.
    ValueError
        If one of them is NaN or infinite.

    Examples
    --------
    >>> finite_real([1, 2], "X").tolist()
    [1.0, 2.0]
    """
    x = floating(x, name)
    if x.dtype.kind == "c":
        raise TypeError(f"{name} must be real, got complex numbers")
    with np.errstate(all="ignore"):  # the sum needs no second array, but may overflow
        if not (np.isfinite(x.sum()) or np.isfinite(x).all()):
            raise ValueError(f"{name} must be finite, got NaN or infinity in it")
    return x


def real_number(x, name, low=0, high=np.inf, wanted="a positive number", kind=numbers.Real):
    """Return `x` as a float with ``low < x <= high``, or raise an error that says what is wanted.

    Examples
    --------
    >>> real_number(0.5, "gamma")
    0.5
    """
    if isinstance(x, bool) or not isinstance(x, kind):
        raise TypeError(f"{name} must be {wanted}, got {x!r}")
    if not (low < x <= high and x < np.inf):
        raise ValueError(f"{name} must be {wanted}, got {x!r}")
    return float(x)


def whole_number(x, name, low, high=np.inf):
    """Return `x` as an int with ``low <= x <= high``, or raise an error that names it.

    Examples
    --------
    >>> whole_number(3, "epochs", 1)
    3
    """
    limits = f"at least {low}" if high == np.inf else f"from {low} to {high}"
    real_number(x, name, low - 1, high, f"a whole number {limits}", numbers.Integral)
    return int(x)


def generator(rng, optional=False):
    """Return `rng` itself, or raise `TypeError` if it is no `numpy.random.Generator`."""
    if not (isinstance(rng, np.random.Generator) or (optional and rng is None)):
        wanted = "a numpy.random.Generator such as numpy.random.default_rng(1)"
        raise TypeError(f"rng must be {wanted}, got {rng!r}")
    return rng


def has_attribute(x, attribute, name, optional=False):
    """Raise `TypeError` unless `x` has the attribute that its use needs; None may be optional."""
    if not (hasattr(x, attribute) or (optional and x is None)):
        raise TypeError(f"{name} must have an attribute {attribute}, got {x!r}")
