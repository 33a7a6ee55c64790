"""The differentiable operations behind every normalisation, on x seen as (N, C, L).

    mean[c], var[c]   statistics over n and l; var is biased    rstd = 1 / sqrt(var + eps)
    xhat              (x - mean) * rstd                         M = N*L values of a channel
    m(a)              the mean of a over n and l                sum(a)  its sum over n and l
    P(a)              a - m(a) - xhat * m(a * xhat): what is left of a gradient after what it owes
                      to the statistics
    act(v)            v where v > 0, else v * slope: nothing (slope 1), ReLU (0), leaky ReLU

The kernels fuse y and its first gradients, and the activation into both: of act's input nothing is
kept but x, from which backward makes its sign anew.  The gradients of the gradients are written in
tensor operations, in ``norm_second``.

Source: Ioffe and Szegedy, "Batch Normalization", 2015.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad import kernels
from minigrad.autograd import Function
from minigrad.functional.activation import LeakyReluGrad, ReluGrad
from minigrad.functional.norm_checks import planes
from minigrad.functional.norm_second import second_gradients

__all__ = ["Normalize", "NormalizeBy", "NormalizeGroups"]


def _by_statistics(x: Any, mean: Any, rstd: Any, weight: Any, bias: Any, slope: float) -> Any:
    """The kernel `batch_norm_eval` on arrays as they come."""
    y = np.empty(x.shape, x.dtype)
    weight, bias = np.ascontiguousarray(weight), np.ascontiguousarray(bias)
    kernels.batch_norm_eval(planes(y), planes(x), mean, rstd, weight, bias, slope)
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
        y, scale = np.empty(x.shape, x.dtype), np.ascontiguousarray(weight)
        statistics = *moments, self.rstd
        kernels.batch_norm(planes(y), *statistics, planes(x), scale, shift, float(eps), slope)
        return y

    def backward(self, gy):
        return NormalizeGrad.apply(gy, *self.saved, self.mean, self.rstd, *self.settings)


class NormalizeBy(Function):
    """y = act(xhat * weight + bias) by a given mean and rstd, which are constants."""

    def forward(self, x, weight, bias, mean, rstd, slope):
        self.save(x, weight)
        self.settings = mean, rstd, np.array(bias), None, slope
        return _by_statistics(x, mean, rstd, weight, bias, slope)

    def backward(self, gy):
        return NormalizeGrad.apply(gy, *self.saved, *self.settings)


class NormalizeGrad(Function):
    """The gradients of both: with g = gy through act, gb = sum(g), gw = sum(g * xhat), and gx is
    weight * rstd * P(g), or, where the statistics are constants (eps is None), weight * rstd * g.
    """

    def forward(self, gy, x, weight, mean, rstd, bias, eps, slope):
        self.save(gy, x, weight)
        self.mean, self.rstd, self.bias, self.eps, self.slope = mean, rstd, bias, eps, slope
        gx, gw, gb = (np.empty(a.shape, x.dtype) for a in (x, weight, weight))
        arrays = planes(gy), planes(x), mean, rstd, np.ascontiguousarray(weight), bias
        kernels.batch_norm_grad(planes(gx), gw, gb, *arrays, slope, eps is not None)
        return gx, gw, gb

    def backward(self, u, v, t):
        gy, x, weight = self.saved
        N, C, L = planes(x.array).shape
        g = self._through_act(gy, x, weight)
        us, gs, xs = (a.reshape(N, C, 1, L) for a in (u, g, x))
        v, t, w = (a.reshape(1, C, 1, 1) for a in (v, t, weight))
        if self.eps is None:
            ggy, gx, gw = self._by_constants(us, v, t, gs, xs, w)
        else:
            ggy, gx, gw = second_gradients(us, v, t, gs, xs, w, self.eps, (0, 2, 3), (0, 2, 3))
        ggy = self._through_act(ggy.reshape(x.shape), x, weight)
        return ggy, gx.reshape(x.shape), gw

    def _through_act(self, g: Any, x: Any, weight: Any) -> Any:
        """Return g times the derivative of act, which is constant but for its jump."""
        if self.slope == 1:
            return g
        before = _by_statistics(x.array, self.mean, self.rstd, weight.array, self.bias, 1.0)
        before = g.wrap(before)
        if self.slope == 0:
            return ReluGrad.apply(g, before)
        return LeakyReluGrad.apply(g, before, self.slope)

    def _by_constants(self, u, v, t, gy, x, w):
        dtype = x.array.dtype
        mean, rstd = (x.wrap(a.astype(dtype).reshape(1, -1, 1, 1)) for a in (self.mean, self.rstd))
        ggy = w * rstd * u + v * (x - mean) * rstd + t
        return ggy, v * rstd * gy, (rstd * u * gy).sum((0, 2, 3))


class NormalizeGroups(Function):
    """y = xhat * weight + bias by the statistics of groups of channels.

    ``sizes`` (N, C, L) is x as the kernel sees it; weight and bias have C elements, in any shape.
    ``moments`` (2, N, G) [float64] is written: mean and var.
    """

    def forward(self, x, weight, bias, eps, sizes, moments):
        self.save(x, weight)
        self.mean, self.rstd = moments[0], np.empty(moments[0].shape)
        self.eps, self.sizes = eps, sizes
        y, xs = np.empty(x.shape, x.dtype), np.ascontiguousarray(x).reshape(sizes)
        parameters = (np.ascontiguousarray(a).reshape(-1) for a in (weight, bias))
        kernels.group_norm(y.reshape(sizes), *moments, self.rstd, xs, *parameters, float(eps))
        return y

    def backward(self, gy):
        return NormalizeGroupsGrad.apply(
            gy, *self.saved, self.mean, self.rstd, self.eps, self.sizes
        )


class NormalizeGroupsGrad(Function):
    """The gradients: gx = rstd * P(gy * weight), gw = sum(gy * xhat), gb = sum(gy)."""

    def forward(self, gy, x, weight, mean, rstd, eps, sizes):
        self.save(gy, x, weight)
        self.groups, self.eps, self.sizes = mean.shape[1], eps, sizes
        gx, gw, gb = (np.empty(a.shape, x.dtype) for a in (x, weight, weight))
        gys, xs = (np.ascontiguousarray(a).reshape(sizes) for a in (gy, x))
        gradients = gx.reshape(sizes), gw.reshape(-1), gb.reshape(-1)
        w = np.ascontiguousarray(weight).reshape(-1)
        kernels.group_norm_grad(*gradients, gys, xs, mean, rstd, w)
        return gx, gw, gb

    def backward(self, u, v, t):
        gy, x, weight = self.saved
        N, C, L = self.sizes
        G, shape = self.groups, x.shape
        gy, x, u = (a.reshape(N, G, C // G, L) for a in (gy, x, u))
        w, v, t = (a.reshape(1, G, C // G, 1) for a in (weight, v, t))
        ggy, gx, gw = second_gradients(u, v, t, gy, x, w, self.eps, (2, 3), (0, 3))
        return ggy.reshape(shape), gx.reshape(shape), gw.reshape(weight.shape)
