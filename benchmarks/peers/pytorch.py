"""PyTorch, eager: `nn.Sequential`, autograd's backward pass, `optim.SGD`, a plain loop."""

import torch
from torch import nn
from torch.nn import functional as F

torch.set_num_threads(1)
LAYERS = {"sigmoid": nn.Sigmoid, "tanh": nn.Tanh}


def model_of(task):
    """Return the network, at the same start, and its cost: the mean over the samples."""
    case, layers = task.case, []
    for W, b in zip(task.network.weights, task.network.biases):
        block = nn.Conv2d(1, len(W), 5) if W.ndim == 4 else nn.Linear(*W.T.shape)
        block.weight = nn.Parameter(torch.tensor(W))
        block.bias = nn.Parameter(torch.tensor(b))
        layers += [block, LAYERS[case.hidden]()]
    if case.kernels:  # images come in; the second layer takes rows
        layers = [nn.Unflatten(1, (1, 28, 28)), *layers[:2], nn.Flatten(), *layers[2:]]
    layers.pop()
    if case.cost == "cross_entropy":  # takes the scores
        return nn.Sequential(*layers), F.cross_entropy
    layers.append(LAYERS[case.output]())
    if case.sizes[-1] == 1:
        return nn.Sequential(*layers), lambda a, y: 0.5 * F.mse_loss(a, y)
    return nn.Sequential(*layers), lambda a, y: F.mse_loss(a, y, reduction="sum") / (2 * len(y))


def trainer(task):
    """Train with `optim.SGD`, whose momentum is the classical one."""
    case, (model, cost) = task.case, model_of(task)
    X, Y = torch.from_numpy(task.X), torch.from_numpy(task.Y)
    ready = list(zip(X.split(case.batch), Y.split(case.batch)))
    optimizer = torch.optim.SGD(model.parameters(), lr=case.eta, momentum=case.beta)

    def batches(rng):
        if rng is None:
            return ready
        orders = map(torch.from_numpy, task.batches(rng))
        return ((X[rows], Y[rows]) for rows in orders)

    def train(epochs, rng=None):
        for _ in range(epochs):
            for x, y in batches(rng):
                optimizer.zero_grad()
                cost(model(x), y).backward()
                optimizer.step()

    parameters = [p.detach() for p in model.parameters()]
    return train, lambda: task.flat(parameters[::2], parameters[1::2])


def gradient(task):
    """Return the forward and the backward pass, by `torch.autograd.grad`."""
    model, cost = model_of(task)
    X, Y, parameters = torch.from_numpy(task.X), torch.from_numpy(task.Y), [*model.parameters()]

    def compute():
        return torch.autograd.grad(cost(model(X), Y), parameters)

    def flat():
        found = compute()
        return task.flat(found[::2], found[1::2])

    compute.flat = flat
    return {"PyTorch": compute}
