"""JAX: one jitted function per step, parameters and velocity donated so that they stay in place."""

import jax
import jax.numpy as jnp

ACTIVATIONS = {"sigmoid": jax.nn.sigmoid, "tanh": jnp.tanh}


def start(task):
    """Return (parameters, velocity), the data, and the function that makes one step."""
    case, network = task.case, task.network
    if case.dtype == "float64":
        jax.config.update("jax_enable_x64", True)
    theta = [tuple(map(jnp.array, layer)) for layer in zip(network.weights, network.biases)]
    state = theta, jax.tree.map(jnp.zeros_like, theta)

    def cost(theta, x, y):
        for W, b in theta[:-1]:
            x = ACTIVATIONS[case.hidden](x @ W.T + b)
        W, b = theta[-1]
        if case.cost == "cross_entropy":
            return -(y * jax.nn.log_softmax(x @ W.T + b)).sum(axis=1).mean()
        return 0.5 * ((ACTIVATIONS[case.output](x @ W.T + b) - y) ** 2).sum(axis=1).mean()

    def update(state, x, y):
        theta, velocity = state
        gradient = jax.grad(cost)(theta, x, y)
        if case.beta:
            velocity = jax.tree.map(lambda v, g: case.beta * v + g, velocity, gradient)
            gradient = velocity
        return jax.tree.map(lambda p, v: p - case.eta * v, theta, gradient), velocity

    return state, jnp.array(task.X), jnp.array(task.targets), update


def trainer(task):
    """Train by one call per step; the rows of a batch are picked inside it."""
    state, X, Y, update = start(task)
    ready = [(X[rows], Y[rows]) for rows in task.batches(None)]
    step = jax.jit(update, donate_argnums=0)
    step_of_rows = jax.jit(lambda s, X, Y, rows: update(s, X[rows], Y[rows]), donate_argnums=0)

    def train(epochs, rng=None):
        nonlocal state
        for _ in range(epochs):
            if rng is None:
                for x, y in ready:
                    state = step(state, x, y)
            else:
                for rows in task.batches(rng):
                    state = step_of_rows(state, X, Y, rows)
        jax.block_until_ready(state)

    return train, lambda: task.flat(*zip(*state[0]))
