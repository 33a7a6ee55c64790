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

from .pool_geometry import (
    PoolGeometry,
    fold_geometry,
    pool2d_geometry,
    pool2d_output_size,
    unfold_geometry,
    upsample_geometry,
)
from .sizes import (
    Conv2dGeometry,
    Pair,
    Shape,
    SizeError,
    check_groups,
    check_memory,
    effective_kernel,
    image_shape,
    kernel_shape,
    pair,
    window_count,
    window_settings,
)
from .transposed_geometry import (
    conv_transpose2d_geometry,
    conv_transpose2d_output_size,
    output_padding_for,
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
    sizes, kernels, strides, (PH, PW), dilations = window_settings(
        size, kernel_size, stride, padding, dilation, operation
    )
    totals = (2 * PH, 2 * PW)
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
