"""Conversions and checks shared by the public functions: each error names its argument."""

import numbers
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

Array = NDArray[Any]
T = TypeVar("T")


def require(met: Any, name: str, wanted: str, got: object, kind: Any = ValueError) -> None:
    """Raise an error that names the argument, says what it must do or be, and what it got.

    Examples
    --------
    >>> require(0 > 1, "gamma", "be positive", 0)
    Traceback (most recent call last):
    ValueError: gamma must be positive, got 0
    """
    if not met:
        raise kind(f"{name} must {wanted}, got {got!r}")


def floating(x: ArrayLike, name: str) -> Array:
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
    require(x.dtype.kind in "biufc", name, "hold numbers", x.dtype, TypeError)
    return x.astype(complex if x.dtype.kind == "c" else float)


def vectors(x: ArrayLike, name: str, wanted: str = "have at least one entry") -> Array:
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


def same_shape(x: ArrayLike, name: str, reference: Array, of: str) -> Array:
    """Return `x` as a floating array of the shape of `reference`: no broadcast by luck.

    Examples
    --------
    >>> same_shape([1, 2], "v", np.zeros(2), "z").tolist()
    [1.0, 2.0]
    """
    x = floating(x, name)
    if x.shape != reference.shape:
        raise ValueError(f"{name} must have the shape of {of}, {reference.shape}, got {x.shape}")
    return x


def finite(x: Array, name: str) -> Array:
    """Return the array `x` itself, real or complex, unless there is NaN or infinity in it.

    Raises
    ------
    ValueError
        If one of the numbers is NaN or infinite.

    Examples
    --------
    >>> finite(np.array([1e308, 1e308]), "X").tolist()
    [1e+308, 1e+308]
    """
    with np.errstate(all="ignore"):  # the sum needs no second array, but may overflow
        if not (np.isfinite(x.sum()) or np.isfinite(x).all()):
            raise ValueError(f"{name} must be finite, got NaN or infinity in it")
    return x


def finite_real(x: ArrayLike, name: str, dtype: DTypeLike | None = None) -> Array:
    """Return `x` as an array of finite float32 or float64, checked in the type it is kept in.

    Parameters
    ----------
    x : array_like
        The numbers.
    name : str
        What the argument is called in the error.
    dtype : dtype, optional
        What to convert them to; without it float32 stays and others become float64.

    Raises
    ------
    TypeError
        If `x` does not hold real numbers.
    ValueError
        If one of them is NaN or infinite, be it after the conversion.

    Examples
    --------
    >>> finite_real([1, 2], "X").tolist()
    [1.0, 2.0]
    """
    x = floating(x, name)
    require(x.dtype.kind != "c", name, "be real", x.dtype, TypeError)
    with np.errstate(over="ignore"):
        return finite(x.astype(dtype or x.dtype, copy=False), name)


def number(x: Any, name: str, wanted: str, kind: Any = numbers.Real) -> None:
    """Raise `TypeError` unless `x` is a number of that kind; True and False are none."""
    is_number = isinstance(x, kind) and not isinstance(x, bool)
    require(is_number, name, f"be {wanted}", x, TypeError)


def real_number(x: Any, name: str, high: float = np.inf) -> float:
    """Return `x` as a float with ``0 < x <= high``, or raise an error that says what is wanted.

    Examples
    --------
    >>> real_number(0.5, "gamma")
    0.5
    """
    wanted = "a positive number" if high == np.inf else f"a number above 0 and at most {high}"
    number(x, name, wanted)
    require(0 < x <= high and x < np.inf, name, f"be {wanted}", x)
    return float(x)


def whole_number(x: Any, name: str, low: int, high: float = np.inf) -> int:
    """Return `x` as an int with ``low <= x <= high``, or raise an error that names it.

    Examples
    --------
    >>> whole_number(3, "epochs", 1)
    3
    """
    wanted = f"a whole number {_limits(low, high)}"
    number(x, name, wanted, numbers.Integral)
    require(low <= x <= high, name, f"be {wanted}", x)
    return int(x)


def within(x: Array, name: str, low: int, high: float = np.inf) -> Array:
    """Return the array `x` itself, real or complex, if its real parts are from low to high.

    Examples
    --------
    >>> within(np.array([0.5, 1.0]), "a", 0, 1).tolist()
    [0.5, 1.0]
    """
    outside = x.real[~((x.real >= low) & (x.real <= high))].tolist()
    require(not outside, name, f"be {_limits(low, high)}", next(iter(outside), None))
    return x


def _limits(low: int, high: float) -> str:
    return f"at least {low}" if high == np.inf else f"from {low} to {high}"


def names_classes(Y: Array) -> bool:
    """Return whether targets (m, n) may name classes; a single number must be from 0 to 1."""
    return Y.shape[1] > 1 or bool(Y.min() >= 0 and Y.max() <= 1)


def generator(rng: Any, optional: bool = False) -> Any:
    """Return `rng` itself, or raise `TypeError` if it is no `numpy.random.Generator`."""
    met = isinstance(rng, np.random.Generator) or (optional and rng is None)
    require(met, "rng", "be a numpy.random.Generator such as default_rng(1)", rng, TypeError)
    return rng


def has_attribute(x: Any, attribute: str, name: str, optional: bool = False) -> None:
    """Raise `TypeError` unless `x` has the attribute that its use needs; None may be optional.

    A class in place of an instance is refused: what it needs, only its instances have.
    """
    if isinstance(x, type) and attribute != "__call__":
        raise TypeError(f"{name} must be an instance, such as {x.__name__}(...), got the class")
    met = hasattr(x, attribute) or (optional and x is None)
    require(met, name, f"have an attribute {attribute}", x, TypeError)


def attach(kind: type[T], **attributes: Any) -> Callable[[Any], T]:
    """Return the decorator that gives a function attributes; type checkers are told the kind."""

    def decorate(function: Any) -> T:
        vars(function).update(attributes)
        return function  # type: ignore[no-any-return]

    return decorate
