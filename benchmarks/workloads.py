"""What is measured, and what is to be reached: the one place that knows sizes and settings."""

from dataclasses import dataclass

import numpy as np

import nnlab

COMMIT = "8086297"  # of nnlab in this repository's history: no step may become slower than there
EARLIER, IN_ORDER = f"nnlab {COMMIT}", "scikit-learn, in order"
LOOP, NUMBA, SCAN = CEILINGS = "plain NumPy", "numba loop", "JAX, one scan"
PEERS = {  # name: module in benchmarks.peers
    "nnlab": "library",
    EARLIER: "earlier",
    LOOP: "plain_numpy",
    "scikit-learn": "scikit_learn",
    IN_ORDER: "scikit_learn_in_order",
    "PyTorch": "pytorch",
    "JAX": "jax_step",
    "autograd": "hips_autograd",
    NUMBA: "numba_loop",
    SCAN: "jax_scan",
}
NEW, STACK, LIMIT = "nnlab, new arrays", "nnlab.Stack", "matrix products alone"
FUNCTIONS = "hidden", "output", "cost"  # of a case: names of functions of nnlab
MEMORY_LIMIT = 100  # MB above the loaded data, while W1 trains


@dataclass(frozen=True)
class Case:
    """One network, its data and how it is trained; `key` starts with the workload's name."""

    key: str
    sizes: tuple
    samples: int
    batch: int
    data: str  # a key of DATA
    kind: str = "train"  # or "gradient", or "stack"
    hidden: str = "sigmoid"
    output: str = "sigmoid"
    cost: str = "quadratic"
    dtype: str = "float64"
    eta: float = 0.8
    beta: float = 0.0  # momentum, classical
    shuffle: bool = False
    epochs: int = 1  # per round, in one call
    kernels: int = 0  # 5 x 5, of a convolution that is the first layer; 0: a Dense one
    peers: tuple = tuple(PEERS)

    @property
    def group(self):
        """Cases of one group share their processes: one workload in one precision."""
        return f"{self.key[:2]} {self.dtype}"

    @property
    def steps(self):
        """The number of updates in an epoch."""
        return -(-self.samples // self.batch)


def _digits(case):
    digits = nnlab.datasets.mnist()
    X = nnlab.datasets.as_rows(digits.train_images[: case.samples], case.dtype)
    return X, digits.train_labels[: case.samples].astype(np.int64)


def _noise(case):
    rng = np.random.default_rng(3)
    X, Y = rng.random((case.samples, case.sizes[0])), rng.random((case.samples, case.sizes[-1]))
    return X.astype(case.dtype), Y.astype(case.dtype)


DATA = {
    "digits": _digits,
    "XOR easy": lambda case: nnlab.datasets.xor_easy(),
    "spirals": lambda case: nnlab.datasets.spirals(case.samples, rng=np.random.default_rng(2)),
    "noise": _noise,
}
CLASSES = {"output": "softmax", "cost": "cross_entropy"}
W1 = {"sizes": (784, 200, 10), "data": "digits", "samples": 19_200, "shuffle": True}
W1 |= {"eta": 0.01, "beta": 0.9, "epochs": 3, **CLASSES}
W2 = {"sizes": (2, 3, 3, 1), "data": "XOR easy", "samples": 21}


def _gradient_case(dtype, width, depth, batch):
    """Return a network of `depth` square layers of weights; about a tenth of a second a round."""
    cost = 6e-11 * depth * width**2 * batch + 2e-5 * depth + 2e-10 * depth * width**2  # seconds
    return Case(
        key=f"W4 {dtype}, width {width}, depth {depth}, batch {batch}",
        sizes=(width,) * (depth + 1),
        samples=batch,
        batch=batch,
        data="noise",
        kind="gradient",
        dtype=dtype,
        epochs=max(3, int(0.1 / cost)),
        peers=("nnlab", EARLIER, "PyTorch"),
    )


def _convolution_case(dtype):
    """Return a network that begins with 8 kernels on a digit, which make 8 images of 24 x 24."""
    return Case(
        key=f"W6 {dtype}, 8 kernels 5x5 on 1x28x28, batch 64",
        sizes=(784, 8 * 24 * 24, 10),
        samples=64,
        batch=64,
        data="digits",
        kind="gradient",
        dtype=dtype,
        epochs=40,
        kernels=8,
        peers=("nnlab", "PyTorch"),
        **CLASSES,
    )


GRID = [  # width, depth, batch: lines through one middle, and the widths for a batch of one
    *((width, 4, 128) for width in (64, 128, 256, 512, 1024, 2048)),
    *((256, depth, 128) for depth in (1, 2, 8)),
    *((256, 4, batch) for batch in (8, 32, 512)),
    *((width, 4, 1) for width in (64, 256, 1024, 2048)),
]
CASES = [
    *(
        Case(f"W1 {dtype}, batch {B}", batch=B, dtype=dtype, **W1)
        for dtype in ("float32", "float64")
        for B in (32, 64, 128)
    ),
    Case("W2 full batch", batch=21, epochs=4000, **W2),
    Case("W2 one at a time", batch=1, epochs=200, shuffle=True, **W2),
    Case(
        *("W3", (2, 100, 3), 500, 500, "spirals"),
        **{"hidden": "tanh", "eta": 0.1, "beta": 0.9, "epochs": 400, **CLASSES},
    ),
    *(_gradient_case(dtype, *point) for dtype in ("float32", "float64") for point in GRID),
    Case("W5", batch=21, kind="stack", epochs=1000, peers=("nnlab",), **W2),
    *map(_convolution_case, ("float32", "float64") if hasattr(nnlab, "Convolution") else ()),
]


@dataclass(frozen=True)
class Target:
    """At least so many times the time of nnlab, in each of the cases: the smallest one counts."""

    what: str
    against: str  # a peer, or LIMIT: then the quotient is the share of the limit
    at_least: float
    cases: tuple
    under: str = "nnlab"


def _cases(*words):
    return tuple(case.key for case in CASES if all(word in f"{case.key}," for word in words))


WIDE = tuple(
    key
    for width in (256, 512, 1024)
    for key in _cases("W4", f"width {width}, depth 4", "batch 128,")
)
TARGETS = [
    Target("W1 to W4", EARLIER, 0.97, _cases("W1") + _cases("W2") + _cases("W3") + _cases("W4")),
    Target("W1", EARLIER, 1.1, _cases("W1")),
    Target("W2", EARLIER, 1.4, _cases("W2")),
    Target("W3", EARLIER, 1.15, _cases("W3")),
    Target("W4 one sample", EARLIER, 2, _cases("W4", "batch 1,")),
    Target("W1 float32, batch 32", "scikit-learn", 2.0, _cases("W1 float32", "batch 32,")),
    Target("W1 float32, batch 64", "scikit-learn", 1.8, _cases("W1 float32", "batch 64,")),
    Target("W1 float32, batch 128", "scikit-learn", 1.6, _cases("W1 float32", "batch 128,")),
    Target("W1 float32", "PyTorch", 1.5, _cases("W1 float32")),
    Target("W1 float64", "PyTorch", 1.1, _cases("W1 float64")),
    Target("W1 float32", "JAX", 1.0, _cases("W1 float32")),
    Target("W1 float64", "JAX", 1.1, _cases("W1 float64")),
    Target("W2 full batch", "PyTorch", 7, _cases("W2 full")),
    Target("W2 one at a time", "PyTorch", 7, _cases("W2 one")),
    Target("W2 full batch", "scikit-learn", 7, _cases("W2 full")),
    Target("W2 one at a time", "scikit-learn", 4.5, _cases("W2 one")),
    Target("W2 full batch", "JAX", 1.2, _cases("W2 full")),
    Target("W2 one at a time", "JAX", 1.0, _cases("W2 one")),
    Target("W3", "PyTorch", 2.4, _cases("W3")),
    Target("W3", "scikit-learn", 2.8, _cases("W3")),
    Target("W3", "JAX", 1.0, _cases("W3")),
    Target("W4 one sample", "PyTorch", 1.5, _cases("W4", "batch 1,")),
    Target("W4 batch 128, widths 256 to 1024", LIMIT, 0.80, WIDE),
    Target("W5 per network and step", "nnlab", 15, _cases("W5"), under=STACK),
    *(Target("W6", "PyTorch", 1.0, cases) for cases in [_cases("W6")] if cases),
]
