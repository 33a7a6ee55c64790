"""Normalisation over groups of channels, the last axes, any axes; by neighbours; by a norm.

    N  batch    C  channels    L  pixels    G  groups

The statistics are those of x itself.  Group norm and layer norm are `NormalizeGroups`, the latter
with (rows, elements, 1): one group, of channels of one pixel.  `standardize` is `Normalize` on a
view of x, (before, kept, after).

Sources: Wu and He, "Group Normalization", 2018; Ba et al., "Layer Normalization", 2016; PyTorch's
documentation of each.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from minigrad.errors import SizeError
from minigrad.functional.checks import check_dtypes
from minigrad.functional.norm_checks import affine, channels, check_number, check_parameters
from minigrad.functional.norm_functions import Normalize, NormalizeGroups
from minigrad.functional.pool import avg_pool2d
from minigrad.functions import cat
from minigrad.kernels.sizes import integer
from minigrad.methods.operands import axes_of
from minigrad.tensor import Tensor

__all__ = ["group_norm", "layer_norm", "local_response_norm", "normalize", "standardize"]


def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Normalise each group of channels of each picture over its channels and pixels.

    Parameters
    ----------
    input : Tensor
        (N, C), (N, C, L), (N, C, H, W), or with more axes.
    num_groups : int
        G, a divisor of C.
    weight, bias : Tensor, optional
        (C,), applied after the normalisation.
    eps : float
        Added to the variance.

    Raises
    ------
    ValueError
        If G does not divide C, or all statistics are of one value.
    TypeError
        For dtypes that are not floating or differ.
    """
    check_dtypes("group_norm", input=input, weight=weight, bias=bias)
    check_number(eps, "eps", "group_norm")
    N, C, L = channels(input, "group_norm")
    num_groups = integer(num_groups, "num_groups", "group_norm", 1)
    if C % num_groups:
        raise SizeError(f"group_norm: num_groups (={num_groups}) must divide the {C} channels")
    check_parameters(C, "group_norm", None, None, weight, bias, False)
    if N * C // num_groups * L == 1:
        raise ValueError(
            f"group_norm: an input of shape {tuple(input.shape)} has one value per group, and the "
            "variance of one "
            "value is 0; use fewer groups, a larger picture or a larger batch"
        )
    moments = np.empty((2, N, num_groups))
    parameters = affine(input, C, weight, bias)
    return NormalizeGroups.apply(input, *parameters, eps, (N, C, L), moments)


def layer_norm(
    input: Tensor,
    normalized_shape: Any,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Normalise over the last axes, whose sizes are ``normalized_shape``.

    Parameters
    ----------
    input : Tensor
        Any shape that ends in ``normalized_shape``.
    normalized_shape : sequence of int
        At least one size.
    weight, bias : Tensor, optional
        Of shape ``normalized_shape``.
    eps : float
        Added to the variance.

    Raises
    ------
    ValueError
        For shapes that do not fit.
    TypeError
        For dtypes that are not floating or differ.
    """
    check_dtypes("layer_norm", input=input, weight=weight, bias=bias)
    check_number(eps, "eps", "layer_norm")
    if not isinstance(normalized_shape, (tuple, list)):
        raise TypeError(
            "layer_norm: normalized_shape must be a sequence of integers, got "
            f"{normalized_shape!r}; "
            "write (n,) for the last axis"
        )
    last, shape = tuple(normalized_shape), input.array.shape
    if not last or shape[-len(last) :] != last:
        raise SizeError(
            f"layer_norm: normalized_shape {last} must be the last sizes of the input's shape "
            f"{shape}"
        )
    for name, value in (("weight", weight), ("bias", bias)):
        if value is not None and value.array.shape != last:
            raise SizeError(f"layer_norm: {name} must have shape {last}, got {tuple(value.shape)}")
    rows, D = prod(shape[: len(shape) - len(last)]), prod(last)
    moments = np.empty((2, rows, 1))
    parameters = affine(input, D, weight, bias)
    return NormalizeGroups.apply(input, *parameters, eps, (rows, D, 1), moments)


def standardize(x: Tensor, axes: Any = None, eps: float = 1e-5) -> Tensor:
    """Normalise over any set of axes: ``(x - mean) / sqrt(var + eps)``, var biased.

    For pictures (N, C, H, W) the axes (0, 1, 2, 3) normalise all at once, (0, 2, 3) per channel
    (batch norm), (0, 1) per pixel and (0,) per activation (seed 002, problem 2.5).

    Parameters
    ----------
    x : Tensor
        Any shape.
    axes : int or sequence of int, optional
        What the statistics are taken over; all axes if left out.
    eps : float
        Added to the variance.

    Raises
    ------
    IndexError, ValueError, TypeError
        For an axis that is not there or named twice, or a dtype that is not floating.

    Examples
    --------
    >>> import minigrad
    >>> import minigrad.nn.functional as F
    >>> F.standardize(minigrad.tensor([[1.0, 5.0], [3.0, 5.0]]), axes=0, eps=0.5).tolist()
    [[-0.8164966106414795, 0.0], [0.8164966106414795, 0.0]]
    """
    check_dtypes("standardize", x=x)
    check_number(eps, "eps", "standardize", 0.0)
    over = axes_of(axes, x.ndim, "standardize")
    kept = tuple(i for i in range(x.ndim) if i not in over)
    # The kernels want the kept axes side by side; (kept, over) is an order that always has them so.
    adjacent = not kept or kept[-1] - kept[0] == len(kept) - 1
    order = tuple(range(x.ndim)) if adjacent else kept + over
    start = kept[0] if kept and adjacent else 0
    moved = x.permute(*order)
    shape, stop = moved.shape, start + len(kept)
    y = _standardized(moved, prod(shape[:start]), prod(shape[start:stop]), prod(shape[stop:]), eps)
    return y.permute(*(int(i) for i in np.argsort(order)))


def local_response_norm(
    input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Tensor:
    """Divide each value by a power of the mean square of its neighbours across channels.

    ``y = x / (k + alpha * mean of x**2 over the size channels around) ** beta``; absent channels
    count as 0.

    Source: Krizhevsky et al., "ImageNet classification with deep convolutional neural networks",
    2012.

    Raises
    ------
    ValueError, TypeError
        For an input below 3 dimensions, a size below 1, or a dtype that is not floating.
    """
    check_dtypes("local_response_norm", input=input)
    if input.ndim < 3:
        raise ValueError(
            "local_response_norm: input must have at least 3 dimensions, got shape "
            f"{tuple(input.shape)}"
        )
    size = integer(size, "size", "local_response_norm", 1)
    N, C, L = channels(input, "local_response_norm")
    if not N * C * L:
        return input
    before = input.new_zeros(N, 1, size // 2, L)
    after = input.new_zeros(N, 1, (size - 1) // 2, L)
    squares = (input * input).reshape(N, 1, C, L)
    padded = cat((before, squares, after), 2)
    mean = avg_pool2d(padded, (size, 1), 1).reshape(input.shape)
    return input / (mean * alpha + k).pow(beta)


def normalize(
    input: Tensor, p: float = 2.0, dim: Any = 1, eps: float = 1e-12, out: None = None
) -> Tensor:
    """Divide by the p-norm over ``dim``, or by ``eps`` where the norm is smaller."""
    check_dtypes("normalize", input=input)
    return input / input.norm(p, dim, keepdim=True).clamp(min=eps)


def _standardized(x: Tensor, N: int, C: int, L: int, eps: float) -> Tensor:
    """Return x normalised per channel of its view (N, C, L), in its own shape."""
    weight, bias = affine(x, C, None, None)
    moments = np.empty((2, C))
    y = Normalize.apply(x.reshape(N, C, L), weight, bias, eps, 1.0, moments)
    return y.reshape(x.shape)
