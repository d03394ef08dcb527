"""The data of the source documents: functions that draw or load them."""

import hashlib
import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, DTypeLike

from nnlab._validation import floating, generator, real_number, require, whole_number

_MNIST_SHA256 = "39b9b1ffaa0ba4d8995a616551f0966941fe02a3fe79ba4a9db7373db16d53ad"


def linear(n: int = 100, *, rng: Generator) -> tuple[np.ndarray, np.ndarray]:
    r"""Draw points in the unit square, labelled by the side of the diagonal they lie on.

    .. math:: x \sim U([0, 1]^2), \qquad y = \mathbf 1_{x_1 > x_2}

    Parameters
    ----------
    n : int, optional
        Number of points, at least 1.
    rng : numpy.random.Generator
        Source of the points.

    Returns
    -------
    X : ndarray, shape (n, 2)
        Points.
    y : ndarray of float, shape (n,)
        0 or 1.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or out of range.

    Notes
    -----
    Source: Zheng, section 3, "linear n = 100", known only from its name and a figure.

    Examples
    --------
    >>> X, y = linear(100, rng=np.random.default_rng(1))
    >>> X.shape, y.shape
    ((100, 2), (100,))
    """
    X = generator(rng).random((whole_number(n, "n", 1), 2))
    return X, (X[:, 0] > X[:, 1]).astype(float)


def xor_easy() -> tuple[np.ndarray, np.ndarray]:
    r"""Return 21 points on the two diagonals of the unit square, labelled by the diagonal.

    .. math:: x = (t, t) \text{ with } y = 0, \qquad x = (t, 1 - t) \text{ with } y = 1, \qquad
              t = 0, 0.1, \dots, 1

    The midpoint, where the diagonals cross, is taken once, with label 0.

    Returns
    -------
    X : ndarray, shape (21, 2)
        Points.
    y : ndarray of float, shape (21,)
        0 or 1.

    Notes
    -----
    Source: Zheng, section 3, "XOR easy", known only from its name and a figure.

    Examples
    --------
    >>> X, y = xor_easy()
    >>> X.shape, y.sum().item()
    ((21, 2), 10.0)
    """
    t = np.arange(11) / 10
    rising = np.column_stack([t, t])
    falling = np.delete(np.column_stack([t, 1 - t]), 5, axis=0)  # without the midpoint
    return np.vstack([rising, falling]), np.repeat([0.0, 1.0], [11, 10])


def spirals(
    n: int = 300, classes: int = 3, *, turns: float = 0.75, noise: float = 0.1, rng: Generator
) -> tuple[np.ndarray, np.ndarray]:
    r"""Draw interleaved spirals, one per class.

    .. math:: x = r\,(\cos\varphi, \sin\varphi), \qquad
              \varphi = 2\pi\,\Bigl(\frac{k}{K} + \text{turns}\cdot r\Bigr) + \varepsilon, \qquad
              r \in [0, 1]

    with the class k of K and a Gaussian angle :math:`\varepsilon`.

    Parameters
    ----------
    n : int, optional
        Number of points over all classes, at least `classes`; class sizes differ by at most one.
    classes : int, optional
        Number of spirals, at least 2.
    turns : float, optional
        How often a spiral winds around the origin, positive.
    noise : float, optional
        Standard deviation of the angle in radians, positive.
    rng : numpy.random.Generator
        Source of the noise.

    Returns
    -------
    X : ndarray, shape (n, 2)
        Points in the unit disc.
    labels : ndarray of int, shape (n,)
        Classes from 0 to ``classes - 1``.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or out of range.

    Notes
    -----
    For Domke's network, whose document names no data set.

    Examples
    --------
    >>> X, labels = spirals(500, rng=np.random.default_rng(1))
    >>> X.shape, np.bincount(labels).tolist()
    ((500, 2), [167, 167, 166])
    """
    classes = whole_number(classes, "classes", 2)
    n = whole_number(n, "n", classes)
    turns, noise = real_number(turns, "turns"), real_number(noise, "noise")
    labels = np.arange(n) % classes
    r = np.arange(n) // classes / max((n - 1) // classes, 1)
    angle = 2 * np.pi * (labels / classes + turns * r) + noise * generator(rng).standard_normal(n)
    return r[:, None] * np.column_stack([np.cos(angle), np.sin(angle)]), labels


class Digits(NamedTuple):
    """The MNIST digits, as `mnist` returns them.

    Attributes
    ----------
    train_images, test_images : ndarray of uint8, shapes (60000, 28, 28) and (10000, 28, 28)
        Grey values from 0 (background) to 255 (ink).
    train_labels, test_labels : ndarray of uint8, shapes (60000,) and (10000,)
        The digits, 0 to 9.
    """

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray


def mnist() -> Digits:
    """Load the MNIST digits.

    The environment variable ``NNLAB_DATA`` names the file ``mnist.npz`` or the folder that holds
    it. Where it is not set, the file is looked for in ``book/data`` of the checkout that holds this
    package, and in ``data`` of the working folder, where a notebook runs.

    Returns
    -------
    Digits
        The images as grey values and their labels. `as_rows` turns images into data.

    Raises
    ------
    FileNotFoundError
        If the file is in none of these places; names them, and where it comes from.
    ValueError
        If the file is truncated or altered.

    Notes
    -----
    Y. LeCun, C. Cortes and C. J. C. Burges: The MNIST database of handwritten digits,
    CC BY-SA 3.0. For Johansen's network, whose document names no data set.

    Examples
    --------
    >>> mnist().train_images.shape
    (60000, 28, 28)
    """
    given = os.environ.get("NNLAB_DATA")
    data = Path(given).expanduser() if given else Path(__file__).resolve().parents[2] / "book/data"
    places = [data / "mnist.npz", data if given else Path.cwd() / "data/mnist.npz"]
    path = next(filter(Path.is_file, places), None)
    if path is None:
        raise FileNotFoundError(
            f"NNLAB_DATA is {given!r}; there is no file {places[0]} and no {places[1]}. The digits "
            "are book/data/mnist.npz in this course's repository: the MNIST database of handwritten"
            " digits. Set the environment variable NNLAB_DATA to that file or to its folder."
        )
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != _MNIST_SHA256:
        raise ValueError(
            f"{path} is truncated or altered: its {len(content)} bytes have a wrong SHA-256 sum. "
            "The right file is book/data/mnist.npz in this course's repository."
        )
    with np.load(path) as file:
        return Digits(**file)


def as_rows(images: ArrayLike, dtype: DTypeLike = float) -> np.ndarray:
    r"""Return images as rows of numbers from 0 to 1.

    .. math:: x_{28 i + j} = \text{grey value}_{ij} / 255

    Parameters
    ----------
    images : array_like, shape (m, height, width)
        Grey values from 0 to 255.
    dtype : dtype, optional
        float64 or float32.

    Returns
    -------
    ndarray, shape (m, height * width)
        One image per row.

    Raises
    ------
    TypeError, ValueError
        If the images are no numbers of that shape, or outside 0 to 255.

    Examples
    --------
    >>> as_rows([[[0, 255], [51, 0]]]).tolist()
    [[0.0, 1.0, 0.2, 0.0]]
    """
    grey = np.asarray(images)
    require(grey.ndim == 3, "images", "have shape (m, height, width)", grey.shape)
    if grey.dtype != np.uint8 and not 0 <= floating(grey, "images").min() <= grey.max() <= 255:
        raise ValueError("images must hold grey values from 0 to 255")
    return np.asarray(np.divide(grey.reshape(len(grey), -1), 255, dtype=dtype))
