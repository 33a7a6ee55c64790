"""The differentiable operations behind batch norm, on x seen as (N, C, L).

    mean[c], var[c]   statistics over n and l; var is biased    rstd = 1 / sqrt(var + eps)
    xhat              (x - mean) * rstd                         M = N*L values of a channel
    m(a)              the mean of a over n and l                sum(a)  its sum over n and l
    P(a)              a - m(a) - xhat * m(a * xhat): what is left of a gradient after what it owes
                      to the statistics
    act(v)            v where v > 0, else v * slope: nothing (slope 1), ReLU (0), leaky ReLU

The kernels fuse y and its first gradients, and the activation into both: of act's input nothing is
kept but x, from which backward makes its sign anew.  The gradients of the gradients are written in
plain tensor operations.

Source: Ioffe and Szegedy, "Batch Normalization", 2015; the second derivative is worked out here.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad import kernels
from minigrad.autograd import Function
from minigrad.functional.activation import LeakyReluGrad, ReluGrad
from minigrad.functional.norm_checks import planes

__all__ = ["Normalize", "NormalizeBy"]


def _by_statistics(x: Any, mean: Any, rstd: Any, weight: Any, bias: Any, slope: float) -> Any:
    """The kernel `batch_norm_eval` on arrays as they come; y is (N, C, L)."""
    x = planes(x)
    y = np.empty(x.shape, x.dtype)
    weight, bias = np.ascontiguousarray(weight), np.ascontiguousarray(bias)
    kernels.batch_norm_eval(y, x, mean, rstd, weight, bias, slope)
    return y


class Normalize(Function):
    """y = act(xhat * weight + bias) by the statistics of x.

    ``moments`` (2, C) [float64] is written: mean and var.
    """

    def forward(self, x, weight, bias, eps, slope, moments):
        self.save(x, weight)
        self.mean, self.rstd = moments[0], np.empty(len(weight))
        shift = np.array(bias)  # a copy: an optimizer may change the bias before backward
        self.settings = shift, eps, slope
        xs = planes(x)
        y = np.empty(xs.shape, x.dtype)
        scale = np.ascontiguousarray(weight)
        kernels.batch_norm(y, *moments, self.rstd, xs, scale, shift, float(eps), slope)
        return y.reshape(x.shape)

    def backward(self, gy):
        return NormalizeGrad.apply(gy, *self.saved, self.mean, self.rstd, *self.settings)


class NormalizeBy(Function):
    """y = act(xhat * weight + bias) by a given mean and rstd, which are constants."""

    def forward(self, x, weight, bias, mean, rstd, slope):
        self.save(x, weight)
        self.settings = mean, rstd, np.array(bias), None, slope
        return _by_statistics(x, mean, rstd, weight, bias, slope).reshape(x.shape)

    def backward(self, gy):
        return NormalizeGrad.apply(gy, *self.saved, *self.settings)


class NormalizeGrad(Function):
    """The gradients of both: with g = gy through act, gb = sum(g), gw = sum(g * xhat), and gx is
    weight * rstd * P(g), or, where the statistics are constants (eps is None), weight * rstd * g.
    """

    def forward(self, gy, x, weight, mean, rstd, bias, eps, slope):
        self.save(gy, x, weight)
        self.mean, self.rstd, self.bias, self.eps, self.slope = mean, rstd, bias, eps, slope
        xs, gys = planes(x), planes(gy)
        gx = np.empty(xs.shape, x.dtype)
        gw, gb = np.empty((2, len(weight)), x.dtype)
        arrays = gys, xs, mean, rstd, np.ascontiguousarray(weight), bias
        kernels.batch_norm_grad(gx, gw, gb, *arrays, slope, eps is not None)
        return gx.reshape(x.shape), gw, gb

    def backward(self, u, v, t):
        # u, v, t: the gradients of gx, gw, gb. S = sum(u gx) + v gw + t gb, and P is symmetric.
        gy, x, weight = self.saved
        shape, (N, C, L) = x.shape, planes(x.array).shape
        gy, x, u = (a.reshape(N, C, L) for a in (self._through_act(gy, x, weight), x, u))
        w, v, t = (a.reshape(1, -1, 1) for a in (weight, v, t))
        second = self._second if self.eps is not None else self._second_by_constants
        ggy, gx, gw = second(u, v, t, gy, x, w)
        if ggy is not None:
            ggy = self._through_act(ggy.reshape(shape), x, weight)
        return ggy, None if gx is None else gx.reshape(shape), gw

    def _through_act(self, g: Any, x: Any, weight: Any) -> Any:
        """Return g times the derivative of act, which is constant but for its jump."""
        if self.slope == 1:
            return g
        before = _by_statistics(x.array, self.mean, self.rstd, weight.array, self.bias, 1.0)
        before = g.wrap(before.reshape(g.shape))
        if self.slope == 0:
            return ReluGrad.apply(g, before)
        return LeakyReluGrad.apply(g, before, self.slope)

    def _second(self, u, v, t, gy, x, w):
        M = max(x.shape[0] * x.shape[2], 1)
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

    def _second_by_constants(self, u, v, t, gy, x, w):
        dtype = x.array.dtype
        mean, rstd = (x.wrap(a.astype(dtype).reshape(1, -1, 1)) for a in (self.mean, self.rstd))
        return (
            w * rstd * u + v * (x - mean) * rstd + t,
            v * rstd * gy,
            (rstd * _sum(u * gy)).reshape(-1),
        )


def _sum(a: Any) -> Any:
    return a.sum((0, 2), keepdim=True)
