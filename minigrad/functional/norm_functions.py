"""The differentiable operations behind every normalisation, on x seen as (N, C, L).

    mean[c], var[c]   statistics over n and l; var is biased    rstd = 1 / sqrt(var + eps)
    xhat              (x - mean) * rstd                         M = N*L values of a channel
    m(a)              the mean of a over n and l                sum(a)  its sum over n and l
    P(a)              a - m(a) - xhat * m(a * xhat): what is left of a gradient after what it owes
    to the
                      statistics

The kernels fuse y and its first gradients.  The gradients of those are written in plain tensor
operations.

Source: Ioffe and Szegedy, "Batch Normalization", 2015; the second derivative is worked out here.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad import kernels
from minigrad.autograd import Function

__all__ = ["Normalize", "NormalizeBy", "NormalizeByGrad", "NormalizeGrad"]


def _rstd(var: np.ndarray, eps: float) -> np.ndarray:
    return 1 / np.sqrt(var + eps)


def _normalized(x: Any, mean: Any, rstd: Any, weight: Any, bias: Any) -> np.ndarray:
    y = np.empty(x.shape, x.dtype)
    weight, bias = np.ascontiguousarray(weight), np.ascontiguousarray(bias)
    kernels.normalize(y, np.ascontiguousarray(x), mean, rstd, weight, bias)
    return y


def _gradients(kernel: Any, gy: Any, x: Any, mean: Any, rstd: Any, weight: Any) -> tuple[Any, ...]:
    gx = np.empty(x.shape, x.dtype)
    gw, gb = np.empty(weight.shape, x.dtype), np.empty(weight.shape, x.dtype)
    gy, x, weight = map(np.ascontiguousarray, (gy, x, weight))
    kernel(gx, gw, gb, gy, x, mean, rstd, weight)
    return gx, gw, gb


class Normalize(Function):
    """y = xhat * weight + bias by the statistics of x; returns mean and var [float64], too."""

    def forward(self, x, weight, bias, eps):
        mean, var = np.empty(weight.shape), np.empty(weight.shape)
        kernels.moments(mean, var, np.ascontiguousarray(x))
        self.rstd, self.eps, self.mean = _rstd(var, eps), eps, mean
        self.save(x, weight)
        self.non_differentiable(1, 2)
        return _normalized(x, mean, self.rstd, weight, bias), mean, var

    def backward(self, gy, _mean, _var):
        x, weight = self.saved
        return NormalizeGrad.apply(gy, x, weight, self.mean, self.rstd, self.eps)


class NormalizeGrad(Function):
    """`Normalize`'s gradients: gx = weight * rstd * P(gy), gw = sum(gy * xhat), gb = sum(gy)."""

    def forward(self, gy, x, weight, mean, rstd, eps):
        self.mean, self.rstd, self.eps = mean, rstd, eps
        self.save(gy, x, weight)
        return _gradients(kernels.normalize_grad, gy, x, mean, rstd, weight)

    def backward(self, u, v, t):
        # u, v, t: the gradients of gx, gw, gb. S = sum(u gx) + v gw + t gb, and P is symmetric.
        gy, x, weight = self.saved
        M = max(x.shape[0] * x.shape[2], 1)
        w, v, t = (a.reshape(1, -1, 1) for a in (weight, v, t))
        d = x - _sum(x) / M
        rstd = (_sum(d * d) / M + self.eps).rsqrt()
        xhat = d * rstd
        g_xhat, u_xhat = _sum(gy * xhat) / M, _sum(u * xhat) / M  # m(gy xhat), m(u xhat)
        uPg = _sum(u * (gy - _sum(gy) / M - xhat * g_xhat))
        ggy = gx = gw = None
        if self.needs[0]:
            ggy = w * rstd * (u - _sum(u) / M - xhat * u_xhat) + v * xhat + t
        if self.needs[1]:
            # S by xhat (q), through which x acts; and S by rstd, which is a factor of gx besides.
            q = v * gy - w * rstd * (u * g_xhat + gy * u_xhat)
            Pq = q - _sum(q) / M - xhat * (_sum(q * xhat) / M)
            gx = rstd * (Pq - w * uPg * rstd * xhat / M)
        if self.needs[2]:
            gw = (rstd * uPg).reshape(-1)
        return ggy, gx, gw


class NormalizeBy(Function):
    """y = xhat * weight + bias by a given mean and rstd, which are constants."""

    def forward(self, x, weight, bias, mean, rstd):
        self.mean, self.rstd = mean, rstd
        self.save(x, weight)
        return _normalized(x, mean, rstd, weight, bias)

    def backward(self, gy):
        x, weight = self.saved
        return NormalizeByGrad.apply(gy, x, weight, self.mean, self.rstd)


class NormalizeByGrad(Function):
    """`NormalizeBy`'s gradients: gx = weight * rstd * gy, gw = sum(gy * xhat), gb = sum(gy)."""

    def forward(self, gy, x, weight, mean, rstd):
        self.mean, self.rstd = mean, rstd
        self.save(gy, x, weight)
        return _gradients(kernels.normalize_eval_grad, gy, x, mean, rstd, weight)

    def backward(self, u, v, t):
        gy, x, weight = self.saved
        w, v, t = (a.reshape(1, -1, 1) for a in (weight, v, t))
        mean, rstd = (
            x.wrap(a.astype(x.array.dtype).reshape(1, -1, 1)) for a in (self.mean, self.rstd)
        )
        return (
            w * rstd * u + v * (x - mean) * rstd + t,
            v * rstd * gy,
            (rstd * _sum(u * gy)).reshape(-1),
        )


def _sum(a: Any) -> Any:
    return a.sum((0, 2), keepdim=True)
