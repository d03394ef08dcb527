"""scikit-learn: `MLPClassifier`, and `MLPRegressor` where the cost is the quadratic one."""

import warnings
from dataclasses import replace

from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor

NAMES = {"sigmoid": "logistic", "tanh": "tanh"}


def comparable(case):
    """Return the case as scikit-learn can do it: with the quadratic cost the output is linear."""
    return replace(case, output="identity") if case.cost == "quadratic" else case


def as_it_comes(case):
    """Return the case as `fit` treats it if one does not ask: it shuffles also a full batch."""
    return replace(case, shuffle=True)


def trainer(task, shuffle=True):
    """Train with `fit`: one call goes through the data `epochs` times, never stopping early."""
    case = task.case
    kind = MLPRegressor if case.cost == "quadratic" else MLPClassifier
    model = kind(
        hidden_layer_sizes=case.sizes[1:-1],
        activation=NAMES[case.hidden],
        solver="sgd",
        alpha=0,
        batch_size=case.batch,
        learning_rate_init=case.eta,
        momentum=case.beta,
        nesterovs_momentum=False,
        tol=0,
        n_iter_no_change=10**9,
        warm_start=True,
    )
    Y = task.Y.ravel()
    warnings.simplefilter("ignore", ConvergenceWarning)  # that it has not converged is wanted
    model.set_params(max_iter=1, shuffle=False).fit(task.X, Y)
    model.coefs_ = [W.T.copy() for W in task.network.weights]  # the same start
    model.intercepts_ = [b.copy() for b in task.network.biases]

    def train(epochs, rng=None):
        own = {"shuffle": shuffle and rng is not None, "random_state": 1}  # it does it by itself
        model.set_params(max_iter=epochs, **own).fit(task.X, Y)

    return train, lambda: task.flat([W.T for W in model.coefs_], model.intercepts_)
