"""The network: a step worked by hand, gradients of every kind, layout, ownership of arrays."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from nnlab import (
    Gradient,
    GradientDescent,
    Network,
    check_gradient,
    cross_entropy,
    gaussian,
    glorot_uniform,
    identity,
    l2,
    logistic_loss,
    one_hot,
    quadratic,
    relu,
    sigmoid,
    softmax,
    softmax_jacobian,
    tanh,
    zeros,
)

# One step by hand: a 2-2-2 network of sigmoids, quadratic cost, one sample, step size 1.

W1, b1 = np.array([[0.5, -0.5], [1.0, 0.0]]), np.array([0.0, 0.5])
W2, b2 = np.array([[1.0, -1.0], [0.5, 0.5]]), np.array([0.0, -0.5])
x, y = np.array([1.0, 2.0]), np.array([1.0, 0.0])

# Forward, layer 1: z = W1 x + b1
#   0.5 * 1 - 0.5 * 2 + 0.0 = -0.5
#   1.0 * 1 + 0.0 * 2 + 0.5 =  1.5
z1 = [-0.5, 1.5]
a1 = [0.3775406688, 0.8175744762]  # 1 / (1 + e^0.5),  1 / (1 + e^-1.5)

# Forward, layer 2: z = W2 a1 + b2
#   1.0 * 0.3775406688 - 1.0 * 0.8175744762 + 0.0 = -0.4400338074
#   0.5 * 0.3775406688 + 0.5 * 0.8175744762 - 0.5 =  0.0975575725
z2 = [-0.4400338074, 0.0975575725]
a2 = [0.3917329137, 0.5243700677]  # 1 / (1 + e^0.4400338074),  1 / (1 + e^-0.0975575725)

# Cost: half the squared distance to y = (1, 0)
#   a2 - y = (-0.6082670863, 0.5243700677)
#   (0.6082670863^2 + 0.5243700677^2) / 2 = (0.3699888483 + 0.2749639679) / 2
cost_before = 0.3224764081

# Backward, layer 2: delta2 = (a2 - y) * sigma'(z2), with sigma' = a (1 - a)
#   sigma'(z2) = (0.2382782380, 0.2494060998)
#   -0.6082670863 * 0.2382782380 = -0.1449368096
#    0.5243700677 * 0.2494060998 =  0.1307810934
delta2 = [-0.1449368096, 0.1307810934]

# Backward, layer 1: delta1 = (W2^T delta2) * sigma'(z1)
#    1.0 * -0.1449368096 + 0.5 * 0.1307810934 = -0.0795462629
#   -1.0 * -0.1449368096 + 0.5 * 0.1307810934 =  0.2103273563
#   sigma'(z1) = (0.2350037122, 0.1491464521)
#   -0.0795462629 * 0.2350037122 = -0.0186936671
#    0.2103273563 * 0.1491464521 =  0.0313695790
delta1 = [-0.0186936671, 0.0313695790]

# Gradient: dC/dW = delta a^T with the a of the layer below, dC/db = delta
dW1 = [[-0.0186936671, -0.0373873341], [0.0313695790, 0.0627391579]]  # delta1 times (1, 2)
dW2 = [[-0.0547195400, -0.1184966362], [0.0493751815, 0.1069232840]]  # delta2 times a1

# Step: every parameter minus 1 times its derivative
new_W1, new_b1 = [[0.5186936671, -0.4626126659], [0.9686304210, -0.0627391579]], [
    0.0186936671,
    0.4686304210,
]
new_W2, new_b2 = [[1.0547195400, -0.8815033638], [0.4506248185, 0.3930767160]], [
    0.1449368096,
    -0.6307810934,
]
cost_after = 0.2491093153  # forward again; it fell by 0.0733670929
