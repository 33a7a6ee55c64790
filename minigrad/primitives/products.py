"""Products of matrices.

M, N   rows and columns of the result       K   length of the sums
"""

from __future__ import annotations

import math

import numpy as np

from minigrad import kernels
from minigrad.autograd import Function

__all__ = ["MatMul", "multiply"]


class MatMul(Function):
    """z[..., i, j] = sum_k x[..., i, k] y[..., k, j], for stacks of matrices; leading axes
    broadcast.
    """

    def forward(self, x, y):
        self.save(x if self.needs[1] else None, y if self.needs[0] else None)
        return multiply(x, y)

    def backward(self, gz):
        x, y = self.saved
        return (
            self.unbroadcast(MatMul.apply(gz, y.transpose(-1, -2)), 0) if self.needs[0] else None,
            self.unbroadcast(MatMul.apply(x.transpose(-1, -2), gz), 1) if self.needs[1] else None,
        )


def multiply(x: np.ndarray, y: np.ndarray, bias: np.ndarray | None = None) -> np.ndarray:
    """``x @ y + bias`` by the kernel of the backend, for stacks of matrices.

    Matrices that are transposed views are not copied.

    Parameters
    ----------
    x : (..., M, K)
    y : (..., K, N)
    bias : (N,), optional
    """
    M, K, N = *x.shape[-2:], y.shape[-1]
    lead = np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
    if y.ndim == 2 and x.ndim > 2:  # one matrix for all: their rows are those of one large matrix
        return multiply(x.reshape(-1, K), y, bias).reshape(*lead, M, N)
    if x.dtype.kind != "f" or x.shape[:-2] != lead or y.shape[:-2] != lead:
        z = np.matmul(x, y)
        return z if bias is None else z + bias
    z = np.empty((*lead, M, N), x.dtype)
    if z.size:
        (x, x_turned), (y, y_turned) = _stacked(x), _stacked(y)
        b = np.empty(0, z.dtype) if bias is None else np.ascontiguousarray(bias)
        kernels.matrix_product(z.reshape(-1, M, N), x, y, b, (x_turned, y_turned))
    return z


def _stacked(x):
    """X as a contiguous stack (B, ., .), and whether its rows and columns are exchanged."""
    turned = not x.flags.c_contiguous and x.swapaxes(-1, -2).flags.c_contiguous
    x = np.ascontiguousarray(x.swapaxes(-1, -2) if turned else x)
    return x.reshape(math.prod(x.shape[:-2]), *x.shape[-2:]), turned
