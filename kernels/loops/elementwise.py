"""Activations, one NumPy expression each: the number at each place depends on that place alone.

Arrays are of any shape, the same for all of a call. NaN stays NaN. The gradient at 0 is that of the
negative side, as in PyTorch.
"""

import numpy as np

__all__ = ["leaky_relu", "leaky_relu_grad", "relu", "relu_grad"]


def relu(y, x):
    """Rectified linear unit: ``y = max(x, 0)``."""
    np.maximum(x, 0, out=y)


def relu_grad(gx, gy, y):
    """Gradient of `relu`: ``gx = gy where y > 0, else 0``; y is the result (or x)."""
    np.copyto(gx, gy)
    np.copyto(gx, 0, where=y <= 0)


def leaky_relu(y, x, slope):
    """Leaky rectified linear unit: ``y = x where x > 0, else x*slope``.

    Source: Maas, Hannun and Ng, "Rectifier nonlinearities improve neural network acoustic models"
    (2013).
    """
    with np.errstate(all="ignore"):
        np.multiply(x, slope, out=y)
    np.copyto(y, x, where=x > 0)


def leaky_relu_grad(gx, gy, x, slope):
    """Gradient of `leaky_relu`: ``gx = gy where x > 0, else gy*slope``."""
    with np.errstate(all="ignore"):
        np.multiply(gy, slope, out=gx)
    np.copyto(gx, gy, where=x > 0)
