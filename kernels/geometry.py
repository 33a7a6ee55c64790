"""Sizes and settings of convolution, pooling and resampling, checked before any kernel runs.

Every spatial operation here slides a window over a picture, one axis at a time. The letters, for
the height (``H``; read ``W`` for the width):

    H   input size          KH  kernel size     SH  stride
    OH  output size         PH  padding         DH  dilation
    OPH output padding (transposed convolution only)

    effective kernel        DH*(KH - 1) + 1
    convolution, pooling    OH = (H + 2*PH - DH*(KH - 1) - 1) // SH + 1
    transposed convolution  OH = (H - 1)*SH - 2*PH + DH*(KH - 1) + OPH + 1

Source: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning" (2016), and the
formulas of PyTorch's documentation. All sizes are Python integers, which cannot overflow.

What is out of range raises `SizeError`, both a ``ValueError`` and a ``RuntimeError`` (PyTorch's).
"""

from typing import NamedTuple

from .pool_geometry import (
    PoolGeometry,
    fold_geometry,
    pool2d_geometry,
    pool2d_output_size,
    unfold_geometry,
    upsample_geometry,
)
from .sizes import (
    AXES,
    Pair,
    Shape,
    SizeError,
    check_groups,
    check_memory,
    effective_kernel,
    image_shape,
    integer,
    kernel_shape,
    pair,
    window_count,
)

__all__ = [
    "Conv2dGeometry",
    "PoolGeometry",
    "SizeError",
    "check_groups",
    "check_memory",
    "conv2d_geometry",
    "conv2d_output_size",
    "conv_transpose2d_geometry",
    "conv_transpose2d_output_size",
    "effective_kernel",
    "fold_geometry",
    "output_padding_for",
    "pair",
    "pool2d_geometry",
    "pool2d_output_size",
    "unfold_geometry",
    "upsample_geometry",
]


class Conv2dGeometry(NamedTuple):
    """Settings of a 2-D convolution, plain or transposed.

    ``padding`` is (top, left); what is padded or cropped at the bottom and on the right follows
    from the shape of the output.
    """

    stride: Pair
    padding: Pair
    dilation: Pair
    groups: int


# Convolution


def conv2d_output_size(
    size: object,
    kernel_size: object,
    stride: object = 1,
    padding: object = 0,
    dilation: object = 1,
    operation: str = "conv2d",
) -> Pair:
    """Return (OH, OW) of a convolution: ``OH = (H + 2*PH - DH*(KH - 1) - 1) // SH + 1``.

    Every argument is an integer or a pair (height, width).

    Raises
    ------
    SizeError
        If a value is out of range, or the kernel is larger than the padded input.

    Examples
    --------
    >>> conv2d_output_size((5, 7), kernel_size=3, stride=2, padding=(1, 0))
    (3, 3)
    """
    sizes = pair(size, "input size", operation, 1)
    kernels = pair(kernel_size, "kernel_size", operation, 1)
    strides = pair(stride, "stride", operation, 1)
    paddings = pair(padding, "padding", operation)
    dilations = pair(dilation, "dilation", operation, 1)
    totals = (2 * paddings[0], 2 * paddings[1])
    return window_count(sizes, kernels, strides, totals, dilations, operation)


def _conv2d_padding(
    padding: object, kernels: Pair, strides: Pair, dilations: Pair, operation: str
) -> tuple[Pair, Pair]:
    """Return the padding (top, left), and top + bottom, left + right."""
    if not isinstance(padding, str):
        PH, PW = pair(padding, "padding", operation)
        return (PH, PW), (2 * PH, 2 * PW)
    if padding == "valid":
        return (0, 0), (0, 0)
    if padding != "same":
        raise SizeError(
            f"{operation}: padding must be 'same', 'valid', an integer or a pair of integers, "
            f"but got {padding!r}"
        )
    if strides != (1, 1):
        raise SizeError(
            f"{operation}: padding='same' needs stride 1, but stride is {strides}; "
            "give the padding as a number"
        )
    high, wide = (D * (K - 1) for D, K in zip(dilations, kernels, strict=True))
    return (high // 2, wide // 2), (high, wide)


def conv2d_geometry(
    x_shape: Shape,
    w_shape: Shape,
    stride: object = 1,
    padding: object = 0,
    dilation: object = 1,
    groups: object = 1,
    operation: str = "conv2d",
) -> tuple[Conv2dGeometry, tuple[int, int, int, int]]:
    """Check the settings of a convolution; return them with the shape of its output.

    Parameters
    ----------
    x_shape : (N, C, H, W)
        The batch N may be 0.
    w_shape : (O, C/G, KH, KW)
    stride, dilation : int or pair
    padding : int, pair, "valid" or "same"
        "same" keeps the size of the picture; where the total ``D*(K - 1)`` is odd, the one more
        row or column is at the bottom or on the right, as in PyTorch.
    groups : int
    operation : str
        Named in the errors.

    Returns
    -------
    geometry : Conv2dGeometry
    y_shape : (N, O, OH, OW)

    Raises
    ------
    SizeError, TypeError, MemoryError
        Before any kernel runs, naming the argument, its value and the remedy.

    Examples
    --------
    >>> conv2d_geometry((2, 3, 5, 7), (4, 3, 3, 3), stride=2, padding=1)[1]
    (2, 4, 3, 4)
    """
    N, C, H, W = image_shape(x_shape, "input", operation)
    O, CG, KH, KW = kernel_shape(w_shape, operation)
    strides = pair(stride, "stride", operation, 1)
    dilations = pair(dilation, "dilation", operation, 1)
    G = check_groups(groups, C, O, operation)
    if CG * G != C:
        raise SizeError(
            f"{operation}: weight of shape {tuple(w_shape)} with groups={G} expects an input of "
            f"{CG}*{G} = {CG * G} channels, but the input of shape {tuple(x_shape)} has {C}"
        )
    paddings, totals = _conv2d_padding(padding, (KH, KW), strides, dilations, operation)
    OH, OW = window_count((H, W), (KH, KW), strides, totals, dilations, operation)
    check_memory((N, O, OH, OW), operation)
    return Conv2dGeometry(strides, paddings, dilations, G), (N, O, OH, OW)


# Transposed convolution


def conv_transpose2d_output_size(
    size: object,
    kernel_size: object,
    stride: object = 1,
    padding: object = 0,
    output_padding: object = 0,
    dilation: object = 1,
    operation: str = "conv_transpose2d",
) -> Pair:
    """Return (OH, OW) of a transposed convolution.

    ``OH = (H - 1)*SH - 2*PH + DH*(KH - 1) + OPH + 1``: the sizes whose convolution has H rows are
    the S sizes that begin with the one for OPH = 0; the output padding chooses among them.

    Raises
    ------
    SizeError
        If a value is out of range, the output padding is not smaller than the larger of stride and
        dilation, or nothing would remain of the output.

    Examples
    --------
    >>> conv_transpose2d_output_size((4, 5), 3, stride=2, padding=1, output_padding=(1, 0))
    (8, 9)
    """
    sizes = pair(size, "input size", operation, 1)
    kernels = pair(kernel_size, "kernel_size", operation, 1)
    strides = pair(stride, "stride", operation, 1)
    paddings = pair(padding, "padding", operation)
    extras = pair(output_padding, "output_padding", operation)
    dilations = pair(dilation, "dilation", operation, 1)
    found = []
    for axis, H, K, S, P, OP, D in zip(
        AXES, sizes, kernels, strides, paddings, extras, dilations, strict=True
    ):
        if max(S, D) <= OP:
            raise SizeError(
                f"{operation}: output_padding must be smaller than stride or dilation, but along "
                f"the {axis} output_padding is {OP}, stride {S} and dilation {D}; "
                f"use at most {max(S, D) - 1}"
            )
        count = (H - 1) * S - 2 * P + D * (K - 1) + OP + 1
        if count < 1:
            raise SizeError(
                f"{operation}: nothing remains of the output along the {axis}: (input - 1)*stride "
                f"- 2*padding + dilation*(kernel - 1) + output_padding + 1 = ({H} - 1)*{S} "
                f"- 2*{P} + {D}*({K} - 1) + {OP} + 1 = {count}; use less padding or a larger input"
            )
        found.append(count)
    return found[0], found[1]


def output_padding_for(
    size: object,
    output_size: object,
    kernel_size: object,
    stride: object = 1,
    padding: object = 0,
    dilation: object = 1,
    operation: str = "conv_transpose2d",
) -> Pair:
    """Return the output padding with which a transposed convolution gives `output_size`.

    Raises
    ------
    SizeError
        If no output padding from 0 to stride - 1 gives `output_size`; the message lists the range.

    Examples
    --------
    >>> output_padding_for((4, 5), (8, 9), kernel_size=3, stride=2, padding=1)
    (1, 0)
    """
    wanted = pair(output_size, "output_size", operation)
    strides = pair(stride, "stride", operation, 1)
    sizes, kernels = (
        pair(size, "input size", operation, 1),
        pair(kernel_size, "kernel_size", operation, 1),
    )
    paddings, dilations = (
        pair(padding, "padding", operation),
        pair(dilation, "dilation", operation, 1),
    )
    found = []
    for axis, OH, H, K, S, P, D in zip(
        AXES, wanted, sizes, kernels, strides, paddings, dilations, strict=True
    ):
        least = (H - 1) * S - 2 * P + D * (K - 1) + 1
        if not 0 <= OH - least < S:
            raise SizeError(
                f"{operation}: output_size {wanted} cannot be reached along the {axis}: from an "
                f"input of {H}, (input - 1)*stride - 2*padding + dilation*(kernel - 1) + 1 = "
                f"({H} - 1)*{S} - 2*{P} + {D}*({K} - 1) + 1 = {least}, so valid sizes are "
                f"{least} to {least + S - 1}, but {OH} was asked for"
            )
        found.append(OH - least)
    return found[0], found[1]


def conv_transpose2d_geometry(
    x_shape: Shape,
    w_shape: Shape,
    stride: object = 1,
    padding: object = 0,
    output_padding: object = 0,
    groups: object = 1,
    dilation: object = 1,
    operation: str = "conv_transpose2d",
) -> tuple[Conv2dGeometry, tuple[int, int, int, int]]:
    """Check the settings of a transposed convolution; return them with the shape of its output.

    Note PyTorch's order, which is not the one of `conv2d_geometry`: groups before dilation.

    Parameters
    ----------
    x_shape : (N, I, H, W)
        The batch N may be 0.
    w_shape : (I, O/G, KH, KW)
    stride, padding, output_padding, dilation : int or pair
    groups : int
    operation : str
        Named in the errors.

    Returns
    -------
    geometry : Conv2dGeometry
    y_shape : (N, O, OH, OW)

    Raises
    ------
    SizeError, TypeError, MemoryError
        Before any kernel runs, naming the argument, its value and the remedy.

    Examples
    --------
    >>> conv_transpose2d_geometry((2, 3, 4, 5), (3, 4, 3, 3), stride=2, padding=1)[1]
    (2, 4, 7, 9)
    """
    N, I, H, W = image_shape(x_shape, "input", operation)
    first, OG, KH, KW = kernel_shape(w_shape, operation)
    if first != I:
        raise SizeError(
            f"{operation}: weight of shape {tuple(w_shape)} expects an input of {first} channels, "
            f"but the input of shape {tuple(x_shape)} has {I}"
        )
    G = integer(groups, "groups", operation, 1)
    check_groups(G, I, OG * G, operation)
    strides = pair(stride, "stride", operation, 1)
    paddings = pair(padding, "padding", operation)
    dilations = pair(dilation, "dilation", operation, 1)
    OH, OW = conv_transpose2d_output_size(
        (H, W), (KH, KW), strides, paddings, output_padding, dilations, operation
    )
    check_memory((N, OG * G, OH, OW), operation)
    return Conv2dGeometry(strides, paddings, dilations, G), (N, OG * G, OH, OW)
