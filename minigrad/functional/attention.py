"""Scaled dot-product attention.

L   queries      S   keys and values      E   their features      ...   leading axes
"""

from __future__ import annotations

import math

import numpy as np

from minigrad.errors import SizeError
from minigrad.functional.checks import check_dtypes
from minigrad.functional.dropouts import dropout
from minigrad.functional.softmaxes import softmax
from minigrad.tensor import Tensor

__all__ = ["scaled_dot_product_attention"]


def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """``softmax(query key' * scale + mask) value``: each query's mean of the values it attends to.

    Parameters
    ----------
    query, key, value : Tensor
        (..., L, E), (..., S, E) and (..., S, V).
    attn_mask : Tensor, optional
        Broadcasts to (..., L, S): booleans (True attends), or numbers that are added.
    dropout_p : float
        The probability with which a weight is dropped.
    is_causal : bool
        Query l attends to keys 0, ..., l only.
    scale : float, optional
        1 / sqrt(E) if left out.
    enable_gqa : bool
        Keys and values may have fewer heads (axis -3), each shared by several queries' heads.

    Returns
    -------
    Tensor
        (..., L, V); 0 for a query that may attend to nothing.

    Raises
    ------
    ValueError
        For shapes that do not fit, or a mask beside ``is_causal``.
    TypeError
        For dtypes that are not floating or differ.

    Notes
    -----
    Source: Vaswani et al., "Attention is all you need", 2017.
    """
    operation = "scaled_dot_product_attention"
    check_dtypes(operation, query=query, key=key, value=value)
    _check_shapes(query, key, value, operation)
    if attn_mask is not None and is_causal:
        raise ValueError(f"{operation}: attn_mask and is_causal=True exclude each other")
    if enable_gqa:
        key = key.repeat_interleave(query.shape[-3] // key.shape[-3], -3)
        value = value.repeat_interleave(query.shape[-3] // value.shape[-3], -3)
    factor = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    scores = query @ key.transpose(-2, -1) * factor
    if is_causal:
        attn_mask = query.wrap(np.tri(*scores.shape[-2:], dtype=bool))
    if attn_mask is not None and attn_mask.array.dtype == bool:
        attn_mask = query.wrap(np.where(attn_mask.array, 0, -np.inf).astype(query.array.dtype))
    if attn_mask is not None:
        scores = scores + attn_mask
    nothing = (scores == -math.inf).all(-1, keepdim=True)
    weights = softmax(scores.masked_fill(nothing, 0.0), -1).masked_fill(nothing, 0.0)
    return dropout(weights, dropout_p) @ value


def _check_shapes(query: Tensor, key: Tensor, value: Tensor, operation: str) -> None:
    """Raise unless queries and keys have the same features, and each key has a value."""
    shapes = [tuple(x.shape) for x in (query, key, value)]
    if min(map(len, shapes)) < 2 or (shapes[0][-1], shapes[1][-2]) != (
        shapes[1][-1],
        shapes[2][-2],
    ):
        raise SizeError(
            f"{operation}: expected query (..., L, E), key (..., S, E) and value (..., S, V), got "
            f"shapes {shapes[0]}, {shapes[1]} and {shapes[2]}"
        )
