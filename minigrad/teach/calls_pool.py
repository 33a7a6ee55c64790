"""Calls of pooling and resampling, and of their gradients; letters as in ``kernels/loops/pool.py``.

With ``at`` the output is one cell, and the padding is shifted so that its window is number 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.kernels.geometry import PoolGeometry, pool2d_geometry, upsample_geometry
from minigrad.teach.calls import Call, as_picture, whole, written

__all__ = [
    "adaptive_avg_pool2d",
    "adaptive_avg_pool2d_input_grad",
    "avg_pool2d",
    "avg_pool2d_input_grad",
    "max_pool2d",
    "max_pool2d_input_grad",
    "upsample",
    "upsample_input_grad",
]


def _shown(geometry: PoolGeometry, **more: Any) -> dict[str, Any]:
    kernel, stride, padding, dilation = geometry
    return {
        "kernel_size": kernel, "stride": stride, "padding": padding, "dilation": dilation, **more,
    }  # fmt: skip


def _padded(x: np.ndarray, y_shape: Any, geometry: PoolGeometry, value: float) -> Any:
    """The picture with its padding, and the geometry that then does without."""
    (KH, KW), (SH, SW), (PH, PW), (DH, DW) = geometry
    _, _, H, W = x.shape
    _, _, OH, OW = y_shape
    bottom = max((OH - 1) * SH + DH * (KH - 1) + 1 - PH - H, PH)
    right = max((OW - 1) * SW + DW * (KW - 1) + 1 - PW - W, PW)
    widths = ((0, 0), (0, 0), (PH, bottom), (PW, right))
    padded = np.pad(x, widths, constant_values=value)
    return padded, (0, 0, -PH, -PW), geometry._replace(padding=(0, 0))


def max_pool2d(
    x: Any,
    *,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> Call:
    """The largest of each window, and where it was (h*W + w)."""
    x = as_picture(x)
    geometry, shape = pool2d_geometry(
        x.shape, kernel_size, stride, padding, dilation, ceil_mode, "max_pool2d"
    )
    y = written("y", shape, x.dtype)
    index = written("index", shape, np.int64)
    padded, origin, open_ = _padded(x, shape, geometry, -np.inf)
    common = ("y", ("x", None), _shown(geometry, ceil_mode=ceil_mode))
    equation = "y[n,c,oh,ow] = max over kh, kw of x[n,c,ih,iw], ih = oh*SH + kh*DH - PH"
    wide = (y, index, whole("x", padded, origin=origin), open_)
    return Call(
        "max_pool2d",
        "max_pool2d",
        (y, index, whole("x", x), geometry),
        *common,
        equation,
        Call("max_pool2d", "max_pool2d", wide, *common, equation),
    )


def max_pool2d_input_grad(gy: Any, index: np.ndarray, *, x_shape: tuple[int, ...]) -> Call:
    """Each window hands its gradient to the pixel that won; `index` is `max_pool2d`'s."""
    gy = as_picture(gy, "gy")
    arguments = (written("gx", x_shape, gy.dtype), whole("gy", gy), np.array(index, np.int64))
    equation = "gx[n,c,index[n,c,oh,ow]] += gy[n,c,oh,ow]"
    return Call(
        "max_pool2d_input_grad",
        "max_pool2d_input_grad",
        arguments,
        "gx",
        ("gy", None),
        {},
        equation,
    )


def avg_pool2d(
    x: Any,
    *,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Call:
    """The mean of each window."""
    x = as_picture(x)
    geometry, shape = pool2d_geometry(
        x.shape, kernel_size, stride, padding, 1, ceil_mode, "avg_pool2d"
    )
    rule = (count_include_pad, divisor_override or 0)
    settings = _shown(geometry, ceil_mode=ceil_mode, count_include_pad=count_include_pad)
    equation = "y[n,c,oh,ow] = sum over kh, kw of x[n,c,ih,iw] / area, ih = oh*SH + kh - PH"
    y = written("y", shape, x.dtype)
    padded, origin, open_ = _padded(x, shape, geometry, 0)
    common = ("y", ("x", None), settings, equation)
    wide = (y, whole("x", padded, origin=origin), open_, *rule)  # its taps, not its areas
    return Call(
        "avg_pool2d",
        "avg_pool2d",
        (y, whole("x", x), geometry, *rule),
        *common,
        Call("avg_pool2d", "avg_pool2d", wide, *common),
    )


def avg_pool2d_input_grad(
    gy: Any,
    *,
    x_shape: tuple[int, ...],
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Call:
    """Each window hands every pixel an equal share of its gradient."""
    gy = as_picture(gy, "gy")
    geometry, _ = pool2d_geometry(x_shape, kernel_size, stride, padding, 1, ceil_mode, "avg_pool2d")
    rule = (count_include_pad, divisor_override or 0)
    arguments = (written("gx", tuple(x_shape), gy.dtype), whole("gy", gy), geometry, *rule)
    equation = "gx[n,c,ih,iw] += gy[n,c,oh,ow] / area"
    return Call(
        "avg_pool2d_input_grad",
        "avg_pool2d_input_grad",
        arguments,
        "gx",
        ("gy", None),
        _shown(geometry),
        equation,
    )


def adaptive_avg_pool2d(x: Any, *, output_size: Any) -> Call:
    """The mean of each of OH x OW cells that cover the picture."""
    x = as_picture(x)
    OH, OW = (output_size, output_size) if isinstance(output_size, int) else output_size
    y = written("y", (*x.shape[:2], OH, OW), x.dtype)
    equation = "y[n,c,oh,ow] = mean of x over rows oh*H//OH to ceil((oh + 1)*H/OH) - 1"
    name = "adaptive_avg_pool2d"
    settings = {"output_size": (OH, OW)}
    return Call(name, name, (y, whole("x", x)), "y", ("x", None), settings, equation)


def adaptive_avg_pool2d_input_grad(gy: Any, *, x_shape: tuple[int, ...]) -> Call:
    """Each cell hands every pixel an equal share of its gradient."""
    gy = as_picture(gy, "gy")
    arguments = (written("gx", tuple(x_shape), gy.dtype), whole("gy", gy))
    name = "adaptive_avg_pool2d_input_grad"
    return Call(name, name, arguments, "gx", ("gy", None), {}, "gx += gy / area of the cell")


def _upsample_kernel(mode: str) -> str:
    if mode not in ("nearest", "bilinear"):
        raise ValueError(f"upsample: mode must be 'nearest' or 'bilinear', but got {mode!r}")
    return f"upsample_{mode}2d"


def upsample(
    x: Any,
    *,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool = False,
) -> Call:
    """A larger (or smaller) picture: copies of the nearest pixel, or between the four nearest."""
    x = as_picture(x)
    kernel = _upsample_kernel(mode)
    scale, shape = upsample_geometry(x.shape, size, scale_factor, operation="upsample")
    settings: dict[str, Any] = {"mode": mode, "scale_factor": scale_factor, "size": size}
    rule: tuple[Any, ...] = (scale,)
    equation = "y[n,c,oh,ow] = x[n,c,ih,iw], ih = min(floor(oh * scale), H - 1)"
    if mode == "bilinear":
        rule = (scale, align_corners)
        settings["align_corners"] = align_corners
        equation = (
            "y = (1-s)*((1-t)*x[top,left] + t*x[top,right]) "
            "+ s*((1-t)*x[bottom,left] + t*x[bottom,right])"
        )
    settings = {name: value for name, value in settings.items() if value is not None}
    arguments = (written("y", shape, x.dtype), whole("x", x), *rule)
    return Call("upsample", kernel, arguments, "y", ("x", None), settings, equation)


def upsample_input_grad(
    gy: Any,
    *,
    x_shape: tuple[int, ...],
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool = False,
) -> Call:
    """Each pixel gets back the gradients of all its copies."""
    gy = as_picture(gy, "gy")
    kernel = _upsample_kernel(mode) + "_input_grad"
    scale, _ = upsample_geometry(tuple(x_shape), size, scale_factor, operation="upsample")
    rule = (scale,) if mode == "nearest" else (scale, align_corners)
    arguments = (written("gx", tuple(x_shape), gy.dtype), whole("gy", gy), *rule)
    equation = "gx[n,c,ih,iw] = sum of gy over the copies of the pixel"
    return Call("upsample_input_grad", kernel, arguments, "gx", ("gy", None), {}, equation)
