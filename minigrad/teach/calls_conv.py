"""Calls of the convolutions and of their gradients.

The letters are the kernels' (``kernels/loops/conv.py``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.kernels.geometry import Conv2dGeometry, conv2d_geometry, conv_transpose2d_geometry
from minigrad.teach.calls import Array, Call, as_kernel, as_picture, whole, written
from minigrad.teach.calls_cut import gather, scatter
from minigrad.teach.recording import Cell

__all__ = [
    "conv2d",
    "conv2d_bias_grad",
    "conv2d_input_grad",
    "conv2d_weight_grad",
    "conv_transpose2d",
    "conv_transpose2d_bias_grad",
    "conv_transpose2d_input_grad",
    "conv_transpose2d_weight_grad",
]

_GATHER = "{y}[n,o,oh,ow] = {b}sum over c, kh, kw of {x}[n,c,ih,iw] * w[o,c,kh,kw]"
_SCATTER = "{y}[n,o,oh,ow] = {b}sum over i, kh, kw of {x}[n,i,ih,iw] * w[i,o,kh,kw]"
_PLACE = ", ih = oh*SH + kh*DH - PH"
_PLACE_BACK = ", oh = ih*SH + kh*DH - PH"


def _shown(geometry: Conv2dGeometry, **more: Any) -> dict[str, Any]:
    stride, padding, dilation, groups = geometry
    shown = {"stride": stride, "padding": padding, **more, "dilation": dilation}
    return shown | {"groups": groups}


def _call(
    operation: str,
    kernel: str,
    both: tuple[tuple, tuple],
    names: tuple[str, str, str],
    settings: dict,
    equation: str,
) -> Call:
    arguments, wide = both
    common = (names[0], names[1:], settings, equation)
    return Call(
        operation, kernel, arguments, *common, Call(operation, kernel, wide, *common)
    )  # fmt: skip


def conv2d(
    x: Any,
    w: Any,
    b: Any = None,
    *,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
    at: Cell | None = None,
) -> Call:
    """Convolution: every output cell gathers its window."""
    x, w = as_picture(x), as_kernel(w).astype(as_picture(x).dtype)
    geometry, y_shape = conv2d_geometry(x.shape, w.shape, stride, padding, dilation, groups)
    both = gather(("y", "x"), y_shape, x, w, b, geometry, at)
    equation = _GATHER.format(y="y", x="x", b="b[o] + " if b is not None else "") + _PLACE
    return _call("conv2d", "conv2d", both, ("y", "x", "w"), _shown(geometry), equation)


def conv_transpose2d(
    x: Any,
    w: Any,
    b: Any = None,
    *,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
    at: Cell | None = None,
) -> Call:
    """Transposed convolution: every input pixel scatters its kernel into the output."""
    x, w = as_picture(x), as_kernel(w).astype(as_picture(x).dtype)
    geometry, y_shape = conv_transpose2d_geometry(
        x.shape, w.shape, stride, padding, output_padding, groups, dilation
    )
    both = scatter(("y", "x"), y_shape, x, w, b, geometry, at)
    extra = tuple(
        size - ((H - 1) * S - 2 * P + D * (K - 1) + 1)
        for size, H, S, P, D, K in zip(
            y_shape[2:], x.shape[2:], *geometry[:3], w.shape[2:], strict=True
        )
    )
    equation = _SCATTER.format(y="y", x="x", b="b[o] + " if b is not None else "") + _PLACE_BACK
    settings = _shown(geometry, output_padding=extra)
    return _call("conv_transpose2d", "conv_transpose2d", both, ("y", "x", "w"), settings, equation)


def conv2d_input_grad(
    gy: Any,
    w: Any,
    *,
    x_shape: tuple[int, int, int, int],
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
    at: Cell | None = None,
) -> Call:
    """What a convolution's input owes: each gradient scatters the kernel back over its window."""
    gy, w = as_picture(gy, "gy"), as_kernel(w)
    geometry, y_shape = conv2d_geometry(x_shape, w.shape, stride, padding, dilation, groups)
    _same_shape("conv2d_input_grad", gy.shape, y_shape)
    both = scatter(("gx", "gy"), tuple(x_shape), gy, w.astype(gy.dtype), None, geometry, at)
    equation = "gx[n,c,ih,iw] = sum over o, kh, kw of gy[n,o,oh,ow] * w[o,c,kh,kw]" + _PLACE
    names = ("gx", "gy", "w")
    return _call("conv2d_input_grad", "conv_transpose2d", both, names, _shown(geometry), equation)


def conv_transpose2d_input_grad(
    gy: Any,
    w: Any,
    *,
    x_shape: tuple[int, int, int, int],
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
    at: Cell | None = None,
) -> Call:
    """What a transposed convolution's input owes: a convolution of gy with the same kernel."""
    gy, w = as_picture(gy, "gy"), as_kernel(w)
    geometry, y_shape = conv_transpose2d_geometry(
        x_shape, w.shape, stride, padding, output_padding, groups, dilation
    )
    _same_shape("conv_transpose2d_input_grad", gy.shape, y_shape)
    both = gather(("gx", "gy"), tuple(x_shape), gy, w.astype(gy.dtype), None, geometry, at)
    equation = "gx[n,i,ih,iw] = sum over o, kh, kw of gy[n,o,oh,ow] * w[i,o,kh,kw]" + _PLACE_BACK
    names = ("gx", "gy", "w")
    return _call(
        "conv_transpose2d_input_grad", "conv2d", both, names, _shown(geometry), equation
    )  # fmt: skip


def conv2d_weight_grad(
    x: Any,
    gy: Any,
    *,
    kernel_size: tuple[int, int],
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Call:
    """What a convolution's weight owes: each tap adds up pixel times gradient, over all windows."""
    x, gy = as_picture(x), as_picture(gy, "gy")
    w_shape = (gy.shape[1], x.shape[1] // groups, *kernel_size)
    geometry, y_shape = conv2d_geometry(x.shape, w_shape, stride, padding, dilation, groups)
    _same_shape("conv2d_weight_grad", gy.shape, y_shape)
    equation = "gw[o,c,kh,kw] = sum over n, oh, ow of x[n,c,ih,iw] * gy[n,o,oh,ow]" + _PLACE
    return _weight_call("conv2d_weight_grad", ("x", "gy"), x, gy, w_shape, geometry, equation)


def conv_transpose2d_weight_grad(
    x: Any,
    gy: Any,
    *,
    kernel_size: tuple[int, int],
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Call:
    """What a transposed convolution's weight owes: the same sum with the roles exchanged."""
    x, gy = as_picture(x), as_picture(gy, "gy")
    w_shape = (x.shape[1], gy.shape[1] // groups, *kernel_size)
    geometry, y_shape = conv_transpose2d_geometry(
        x.shape, w_shape, stride, padding, output_padding, groups, dilation
    )
    _same_shape("conv_transpose2d_weight_grad", gy.shape, y_shape)
    equation = "gw[i,o,kh,kw] = sum over n, ih, iw of gy[n,o,oh,ow] * x[n,i,ih,iw]" + _PLACE_BACK
    return _weight_call(
        "conv_transpose2d_weight_grad", ("gy", "x"), gy, x, w_shape, geometry, equation
    )  # fmt: skip


def _weight_call(
    operation: str,
    names: tuple[str, str],
    picture: np.ndarray,
    windows: np.ndarray,
    w_shape: tuple[int, ...],
    geometry: Conv2dGeometry,
    equation: str,
) -> Call:
    (SH, SW), (PH, PW), (DH, DW), G = geometry
    _, _, H, W = picture.shape
    _, _, OH, OW = windows.shape
    _, _, KH, KW = w_shape
    bottom = max((OH - 1) * SH + DH * (KH - 1) + 1 - PH - H, PH)
    right = max((OW - 1) * SW + DW * (KW - 1) + 1 - PW - W, PW)
    gw = written("gw", w_shape, picture.dtype)
    second: Array = whole(names[1], windows.astype(picture.dtype))
    padded = np.pad(picture, ((0, 0), (0, 0), (PH, bottom), (PW, right)))
    both = (
        (gw, whole(names[0], picture), second, geometry),
        (
            gw,
            whole(names[0], padded, origin=(0, 0, -PH, -PW)),
            second,
            Conv2dGeometry((SH, SW), (0, 0), (DH, DW), G),
        ),
    )
    return _call(
        operation, "conv2d_weight_grad", both, ("gw", *names), _shown(geometry), equation
    )  # fmt: skip


def conv2d_bias_grad(gy: Any) -> Call:
    """What the bias of a channel owes: all of the channel's gradients together."""
    gy = as_picture(gy, "gy")
    N, O, OH, OW = gy.shape
    arguments = (
        written("gb", (O,), gy.dtype),
        whole("gy", gy, view=(N, O, OH * OW)),
    )
    equation = "gb[o] = sum over n, oh, ow of gy[n,o,oh,ow]"
    return Call("conv2d_bias_grad", "channel_sums", arguments, "gb", ("gy", None), {}, equation)


def conv_transpose2d_bias_grad(gy: Any) -> Call:
    """As `conv2d_bias_grad`."""
    return conv2d_bias_grad(gy)


def _same_shape(operation: str, found: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    if tuple(found) != tuple(wanted):
        raise ValueError(f"{operation}: gy must have the output's shape {wanted}, but has {found}")
