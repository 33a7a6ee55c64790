"""Sizes and settings of transposed convolution.

Letters as in `geometry`: input ``H``, kernel ``KH``, stride ``SH``, padding ``PH``, dilation
``DH``, output padding ``OPH``, output ``OH``.
"""

from .sizes import (
    AXES,
    Conv2dGeometry,
    Pair,
    Shape,
    SizeError,
    check_groups,
    check_memory,
    image_shape,
    integer,
    kernel_shape,
    pair,
    window_settings,
)

__all__ = ["conv_transpose2d_geometry", "conv_transpose2d_output_size", "output_padding_for"]


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
    settings = window_settings(size, kernel_size, stride, padding, dilation, operation)
    extras = pair(output_padding, "output_padding", operation)
    found = []
    for axis, OP, H, K, S, P, D in zip(AXES, extras, *settings, strict=True):
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
    settings = window_settings(size, kernel_size, stride, padding, dilation, operation)
    found = []
    for axis, OH, H, K, S, P, D in zip(AXES, wanted, *settings, strict=True):
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
