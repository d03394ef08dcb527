"""What the files of tasks share: cases, and an array that counts products."""

import numpy as np


def short(rng, *shape):
    """Return random numbers with one decimal, easy to type; no 0, 1 or -1."""
    numbers = rng.normal(0, 1.5, shape).round(1)
    return np.where(np.isin(numbers, [-1, 0, 1]), numbers + 0.3, numbers)


def arrays(**shapes):
    """Return a function that gives three cases of arrays with letters as sizes.

    Examples
    --------
    >>> [case["W"].shape for case in arrays(W="ij", x="j")()]
    [(3, 2), (2, 4), (3, 3)]
    """

    def cases():
        for seed, lengths in enumerate([(3, 2, 4), (2, 4, 1), (3, 3, 3)]):
            rng = np.random.default_rng(seed)
            size = dict(zip("ijm", lengths))
            yield {
                name: short(rng, *(size[letter] for letter in letters))
                for name, letters in shapes.items()
            }

    return cases


class Counted(np.ndarray):
    """An array that counts the products of numbers that are made with it."""

    products = 0

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        """Let NumPy compute, and count."""
        inputs = [plain(each) for each in inputs]
        if "out" in options:
            options["out"] = tuple(map(plain, options["out"]))
        result = getattr(ufunc, method)(*inputs, **options)
        if ufunc in (np.multiply, np.divide, np.matmul):
            inner = inputs[0].shape[-1] if ufunc is np.matmul else 1
            type(self).products += np.size(result) * inner
        return view(result, type(self))

    def dot(self, other):
        """Let NumPy compute, and count."""
        return np.dot(self, other)

    def __array_function__(self, function, types, arguments, options):
        """Let NumPy compute; count products of matrices."""
        name = function.__name__
        if name in ("dot", "outer", "inner", "einsum", "vdot", "tensordot"):
            arrays = [plain(a) for a in arguments if isinstance(a, np.ndarray)]
            result = function(*map(plain, arguments), **options)
            type(self).products += needed(name, arguments, arrays, result)
            return view(result, type(self))
        result = super().__array_function__(function, types, arguments, options)
        return view(result, type(self))


def needed(name, arguments, arrays, result):
    """Return how many products of numbers a product of arrays takes."""
    if name == "einsum":
        sizes = {}
        inputs = arguments[0].split("->")[0].split(",")
        for letters, array in zip(inputs, arrays):
            sizes.update(zip(letters.strip(), array.shape))
        return int(np.prod(list(sizes.values())))
    inner = {"outer": 1, "vdot": arrays[0].size}.get(name, arrays[0].shape[-1:])
    return int(np.size(result) * np.prod(inner))


def plain(array):
    """Return an array that does not count."""
    return array.view(np.ndarray) if isinstance(array, Counted) else array


def view(result, kind):
    """Return an array that counts; numbers do not."""
    return result.view(kind) if isinstance(result, np.ndarray) else result


def products_of(form, arguments):
    """Return how many products of numbers a function makes with its arrays."""
    kind = type("Counting", (Counted,), {})
    form(*(view(each, kind) for each in arguments))
    return kind.products
