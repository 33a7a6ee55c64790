"""Calls of normalisation, of the linear layer, and of their gradients."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minigrad.teach.calls import Call, as_picture, as_vector, whole, written

__all__ = [
    "batch_norm",
    "batch_norm_input_grad",
    "linear",
    "linear_bias_grad",
    "linear_input_grad",
    "linear_weight_grad",
]


def _axes(over: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The axes whose values share statistics, and the others; `over` names them by N, C, H, W."""
    if not over or set(over) - set("NCHW") or len(set(over)) != len(over):
        raise ValueError(f"batch_norm: over must name axes among N, C, H and W, but got {over!r}")
    shared = tuple(axis for axis, name in enumerate("NCHW") if name in over)
    return shared, tuple(axis for axis in range(4) if axis not in shared)


def batch_norm(
    x: Any, weight: Any = None, bias: Any = None, *, eps: float = 1e-5, over: str = "NHW"
) -> Call:
    """Normalise by the mean and variance of all values that share a channel.

    `over` names the axes that are averaged over: "NHW" is batch norm, "CHW" layer norm, "HW"
    instance norm, "NC" one statistic for each pixel, "NCHW" one for all. The kernel sees each of
    them as (1, groups, values).
    """
    x = as_picture(x)
    shared, kept = _axes(over)
    groups = math.prod(x.shape[axis] for axis in kept)
    how: dict[str, Any] = {"view": (1, groups, x.size // max(groups, 1)), "order": (*kept, *shared)}
    gamma = as_vector(1 if weight is None else weight, groups, x.dtype, "weight")
    beta = as_vector(0 if bias is None else bias, groups, x.dtype, "bias")
    y = written("y", x.shape, x.dtype, **how)
    statistics = [
        written(name, (groups,), np.float64, kept=False) for name in ("mean", "var", "rstd")
    ]
    arguments = (
        y,
        *statistics,
        whole("x", x, **how),
        whole("w", gamma),
        whole("b", beta),
        float(eps),
        1.0,
    )
    settings = {"eps": eps, "over": over}
    equation = "y = (x - mean) * rstd * w + b, rstd = 1 / sqrt(var + eps)"
    return Call("batch_norm", "batch_norm", arguments, "y", ("x", None), settings, equation)


def batch_norm_input_grad(
    gy: Any, x: Any, weight: Any = None, *, eps: float = 1e-5, over: str = "NHW"
) -> Call:
    """The gradient of `batch_norm`, through the statistics as well."""
    x, gy = as_picture(x), as_picture(gy, "gy")
    shared, kept = _axes(over)
    groups = math.prod(x.shape[axis] for axis in kept)
    how: dict[str, Any] = {"view": (1, groups, x.size // max(groups, 1)), "order": (*kept, *shared)}
    found = batch_norm(x, weight, eps=eps, over=over).run()
    arguments = (
        written("gx", x.shape, x.dtype, **how),
        written("gw", (groups,), x.dtype),
        written("gb", (groups,), x.dtype),
        whole("gy", gy.astype(x.dtype), **how),
        whole("x", x, **how),
        whole("mean", found["mean"]),
        whole("rstd", found["rstd"]),
        whole("w", as_vector(1 if weight is None else weight, groups, x.dtype, "weight")),
    )
    equation = "gx = w * rstd * (gy - gb/M - xhat * gw/M), xhat = (x - mean) * rstd"
    name = "batch_norm_input_grad"
    settings = {"eps": eps, "over": over}
    return Call(name, "normalize_grad", arguments, "gx", ("gy", None), settings, equation)


def _rows(x: Any, name: str) -> np.ndarray:
    values = np.asarray(x)
    values = values if values.dtype in (np.float32, np.float64) else values.astype(np.float64)
    if values.ndim not in (1, 2):
        raise ValueError(f"linear: {name} must have 1 or 2 axes, but its shape is {values.shape}")
    return values.reshape(-1, values.shape[-1])


def _product(
    operation: str,
    names: tuple[str, str, str],
    left: np.ndarray,
    right: np.ndarray,
    turned: tuple[bool, bool],
    bias: Any,
    equation: str,
) -> Call:
    M = left.shape[1] if turned[0] else left.shape[0]
    N = right.shape[0] if turned[1] else right.shape[1]
    K = left.shape[0] if turned[0] else left.shape[1]
    if (right.shape[1] if turned[1] else right.shape[0]) != K:
        raise ValueError(
            f"{operation}: {names[1]} of shape {left.shape} and {names[2]} of shape {right.shape} "
            "do not fit"
        )
    right = right.astype(left.dtype)
    b: Any = np.zeros(0, left.dtype)
    if bias is not None:
        b = whole("b", as_vector(bias, N, left.dtype))
    arguments = (
        written(names[0], (M, N), left.dtype, view=(1, M, N)),
        whole(names[1], left, view=(1, *left.shape)),
        whole(names[2], right, view=(1, *right.shape)),
        b,
        turned,
    )
    return Call(operation, "matrix_product", arguments, names[0], names[1:], {}, equation)


def linear(x: Any, w: Any, b: Any = None) -> Call:
    """A row of inputs times every row of the weight: ``y = x @ w.T + b``."""
    equation = f"y[n,o] = {'b[o] + ' if b is not None else ''}sum over i of x[n,i] * w[o,i]"
    arrays = (_rows(x, "input"), _rows(w, "weight"))
    return _product("linear", ("y", "x", "w"), *arrays, (False, True), b, equation)


def linear_input_grad(gy: Any, w: Any) -> Call:
    """``gx = gy @ w``."""
    equation = "gx[n,i] = sum over o of gy[n,o] * w[o,i]"
    arrays = (_rows(gy, "gy"), _rows(w, "weight"))
    names = ("gx", "gy", "w")
    return _product("linear_input_grad", names, *arrays, (False, False), None, equation)


def linear_weight_grad(x: Any, gy: Any) -> Call:
    """``gw = gy.T @ x``."""
    equation = "gw[o,i] = sum over n of gy[n,o] * x[n,i]"
    arrays = (_rows(gy, "gy"), _rows(x, "input"))
    names = ("gw", "gy", "x")
    return _product("linear_weight_grad", names, *arrays, (True, False), None, equation)


def linear_bias_grad(gy: Any) -> Call:
    """The sum over the batch."""
    gy = _rows(gy, "gy")
    M, N = gy.shape
    arguments = (written("gb", (N,), gy.dtype), whole("gy", gy, view=(M, N, 1)))
    equation = "gb[o] = sum over n of gy[n,o]"
    return Call("linear_bias_grad", "channel_sums", arguments, "gb", ("gy", None), {}, equation)
