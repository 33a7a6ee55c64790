"""Dropout: noise that keeps a network from relying on any one number.

N   batch      C   channels      ...   what lies in a channel
"""

from __future__ import annotations

import math
from warnings import warn

import numpy as np

from minigrad import kernels
from minigrad.autograd import Function
from minigrad.errors import SizeError
from minigrad.functional.checks import check_dtypes, check_tensor
from minigrad.methods.inplace import changed
from minigrad.random import default_generator
from minigrad.tensor import Tensor

__all__ = [
    "alpha_dropout",
    "dropout",
    "dropout1d",
    "dropout2d",
    "dropout3d",
]

# What a dropped element becomes in `alpha_dropout`: the limit of selu at minus infinity.
SATURATION = -1.7580993408473766


class Dropout(Function):
    """y = x times a mask that is the same along the last ``inner`` axes, made anew from its key."""

    def forward(self, x, key, p, inner):
        self.settings = key, p, inner
        y = np.empty(x.shape, x.dtype)
        rows = math.prod(x.shape[: x.ndim - inner])
        if y.size:
            kernels.dropout(y.reshape(rows, -1), np.ascontiguousarray(x).reshape(rows, -1), key, p)
        return y

    def backward(self, gy):
        return Dropout.apply(gy, *self.settings)


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Set each element to 0 with probability ``p``, and divide the others by ``1 - p``.

    The mean stays as it was.  One seed gives one mask, for any number of threads.

    Parameters
    ----------
    input : Tensor
        Any shape.
    p : float
        The probability that an element is dropped; 1 gives zeros.
    training : bool
        Outside training the input is returned as it is.
    inplace : bool
        Write the result into ``input``, and return that.

    Raises
    ------
    ValueError
        If ``p`` is outside [0, 1].
    TypeError
        For integers.

    Notes
    -----
    Source: Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting",
    2014.

    Examples
    --------
    >>> import minigrad
    >>> import minigrad.nn.functional as F
    >>> F.dropout(minigrad.ones(2), p=1.0), F.dropout(minigrad.ones(2), training=False)
    (tensor([0., 0.]), tensor([1., 1.]))
    """
    if not _active(input, p, training, "dropout"):
        return input
    return _dropped(input, 0, p, inplace, "dropout")


def dropout1d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """`dropout` of whole channels of (N, C, L) or (C, L); other shapes are a ValueError."""
    active = _active(input, p, training, "dropout1d")
    if input.ndim not in (2, 3):
        raise SizeError(
            f"dropout1d: input must be (N, C, L) or (C, L), got shape {tuple(input.shape)}"
        )
    return _dropped(input, 1, p, inplace, "dropout1d") if active else input


def dropout2d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """`dropout` of whole channels of (N, C, H, W).

    Three axes are (N, C, L), with a warning: PyTorch's rule, to which `dropout1d` is the better
    name.  Other shapes (N, C, ...) are taken with a warning, too.

    Source: Tompson et al., "Efficient object localization using convolutional networks", 2015.
    """
    active = _active(input, p, training, "dropout2d")
    if input.ndim != 4:
        _warn(input, "dropout2d", "(N, C, H, W); its first two axes are taken as batch and channel")
    return _dropped(input, input.ndim - 2, p, inplace, "dropout2d") if active else input


def dropout3d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """`dropout` of whole channels of (N, C, D, H, W) or (C, D, H, W)."""
    active = _active(input, p, training, "dropout3d")
    if input.ndim not in (4, 5):
        _warn(input, "dropout3d", "(N, C, D, H, W) or (C, D, H, W)")
    inner = input.ndim - (2 if input.ndim == 5 else 1)
    return _dropped(input, inner, p, inplace, "dropout3d") if active else input


def alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """Set elements to selu's limit with probability ``p``, then restore mean 0 and variance 1.

    Source: Klambauer et al., "Self-normalizing neural networks", 2017.
    """
    if not _active(input, p, training, "alpha_dropout"):
        return input
    if p == 1:
        result = input * 0
    else:
        kept = _mask(input, p) * (1 - p)
        a = 1 / math.sqrt((SATURATION * SATURATION * p + 1) * (1 - p))
        result = (input * kept + (1 - kept) * SATURATION) * a - a * SATURATION * p
    return changed(input, result, "alpha_dropout_") if inplace else result


def _active(input: Tensor, p: float, training: bool, operation: str) -> bool:
    """Check the arguments; whether there is anything to do."""
    check_tensor(input, "input", operation)
    if not 0 <= p <= 1:
        raise ValueError(f"{operation}: p (={p}) is a probability and must lie in [0, 1]")
    if not training or p == 0:
        return False
    check_dtypes(operation, input=input)
    return True


def _warn(input: Tensor, operation: str, expected: str) -> None:
    warn(
        f"{operation}: got input {tuple(input.shape)}, expected {expected}",
        UserWarning,
        stacklevel=3,
    )


def _mask(input: Tensor, p: float) -> Tensor:
    """Factors in the input's shape: 0 with probability p, else 1 / (1 - p)."""
    mask = np.empty(input.array.shape, input.array.dtype)
    kernels.dropout_mask(mask.reshape(-1), default_generator.key(), float(p))
    return input.wrap(mask)


def _dropped(input: Tensor, inner: int, p: float, inplace: bool, operation: str) -> Tensor:
    """The input with a mask that is the same along the last ``inner`` axes."""
    if inner < 0:
        raise SizeError(f"{operation}: input {tuple(input.shape)} has no axis of channels")
    result = Dropout.apply(input, default_generator.key(), float(p), inner)
    return changed(input, result, operation + "_") if inplace else result
