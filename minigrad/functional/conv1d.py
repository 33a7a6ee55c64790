"""Convolutions of sequences: pictures that are one pixel high.

``L`` is the length of a sequence; the other letters are those of `minigrad.functional.conv`.
"""

from __future__ import annotations

from typing import Any

from minigrad.errors import SizeError
from minigrad.functional.checks import check_tensors
from minigrad.functional.conv import conv2d, conv_transpose2d
from minigrad.tensor import Tensor

__all__ = ["conv1d", "conv_transpose1d"]


def _flat(value: Any, name: str, operation: str, above: int) -> Any:
    """A setting for one axis as one for two, the upper of which does nothing."""
    if isinstance(value, str):
        return value
    found = tuple(value) if isinstance(value, (tuple, list)) else (value,)
    if len(found) != 1:
        raise ValueError(f"{operation}: {name} (={value}) must be one integer")
    return (above, *found)


def _check(operation: str, input: Tensor, weight: Tensor) -> None:
    check_tensors(operation, input=input, weight=weight)
    if input.ndim not in (2, 3) or weight.ndim != 3:
        raise SizeError(
            f"{operation}: expected input (N, C, L) or (C, L) and a weight of 3 dimensions, got "
            f"{tuple(input.shape)} and {tuple(weight.shape)}"
        )


def conv1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    """`conv2d` of sequences.

    Parameters
    ----------
    input : Tensor
        (N, C, L) or (C, L).
    weight : Tensor
        (O, C // groups, K).
    bias : Tensor, optional
        (O,).
    stride, padding, dilation, groups
        As for `conv2d`, for one axis; ``padding`` may be "same" or "valid".

    Returns
    -------
    Tensor
        (N, O, OL) or (O, OL).

    Raises
    ------
    ValueError, TypeError
        As `conv2d`.

    Examples
    --------
    >>> import minigrad
    >>> import minigrad.nn.functional as F
    >>> F.conv1d(minigrad.tensor([[1.0, 2.0, 4.0]]), minigrad.tensor([[[-1.0, 1.0]]]))
    tensor([[1., 2.]])
    """
    _check("conv1d", input, weight)
    y = conv2d(
        input.unsqueeze(-2),
        weight.unsqueeze(-2),
        bias,
        _flat(stride, "stride", "conv1d", 1),
        _flat(padding, "padding", "conv1d", 0),
        _flat(dilation, "dilation", "conv1d", 1),
        groups,
    )
    return y.squeeze(-2)


def conv_transpose1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Tensor:
    """`conv_transpose2d` of sequences; the weight is (C, O // groups, K).

    Raises
    ------
    ValueError, TypeError
        As `conv_transpose2d`.
    """
    _check("conv_transpose1d", input, weight)
    y = conv_transpose2d(
        input.unsqueeze(-2),
        weight.unsqueeze(-2),
        bias,
        _flat(stride, "stride", "conv_transpose1d", 1),
        _flat(padding, "padding", "conv_transpose1d", 0),
        _flat(output_padding, "output_padding", "conv_transpose1d", 0),
        groups,
        _flat(dilation, "dilation", "conv_transpose1d", 1),
    )
    return y.squeeze(-2)
