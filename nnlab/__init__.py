"""nnlab: the smallest library in which the equations of the book are true statements."""

from nnlab.activations import (
    Activation,
    identity,
    log_softmax,
    relu,
    sigmoid,
    softmax,
    softmax_jacobian,
    softmax_jvp,
    tanh,
)
from nnlab.costs import (
    Cost,
    binary_cross_entropy,
    cross_entropy,
    l2,
    logistic_loss,
    one_hot,
    quadratic,
)
from nnlab.gradcheck import check_gradient
from nnlab.initializers import gaussian, glorot_uniform, zeros
from nnlab.lab import datasets
from nnlab.lab.stack import Stack
from nnlab.lab.sweep import Failure, sweep
from nnlab.layers import Convolution, Dense, Layer
from nnlab.network import Gradient, Network
from nnlab.optimizers import GradientDescent, HeavyBall, Optimizer, halving
from nnlab.training import History, accuracy_at_least, all_losses_below, no_gain_for, train

# fmt: off
__all__ = [
    "Activation", "Convolution", "Cost", "Dense", "Failure", "Gradient", "GradientDescent",
    "HeavyBall", "History", "Layer", "Network", "Optimizer", "Stack", "accuracy_at_least",
    "all_losses_below", "binary_cross_entropy", "check_gradient", "cross_entropy", "datasets",
    "explore", "gaussian", "glorot_uniform", "halving", "identity", "l2", "log_softmax",
    "logistic_loss", "no_gain_for", "one_hot", "quadratic", "relu", "sigmoid", "softmax",
    "softmax_jacobian", "softmax_jvp", "sweep", "tanh", "train", "zeros",
]
# fmt: on
__version__ = "1.0.0"


def __getattr__(name: str) -> object:
    """Load what needs Matplotlib and ipywidgets on first use."""
    if name == "explore":
        from nnlab.lab.sliders import explore

        return explore
    raise AttributeError(f"module 'nnlab' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), "explore"]
