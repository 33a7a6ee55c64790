"""The gradients of normalisation's gradients, in tensor operations.

x has four axes, some of them those that statistics are taken over, some those along which a weight
is shared; M is the number of values that share statistics, m(a) the mean of a over them, and

    xhat = (x - m(x)) * rstd        P(a) = a - m(a) - xhat * m(a * xhat)        h = gy * weight

    gx = rstd * P(h)        gw = sum(gy * xhat)        gb = sum(gy)

Given u, v, t, the gradients of some S by gx, gw and gb, what is wanted is that of

    S = sum(u gx) + sum(v gw) + sum(t gb)

by gy, x and weight.  P is symmetric: sum(u P(h)) = sum(P(u) h).
"""

from __future__ import annotations

from math import prod

from minigrad.tensor import Tensor

__all__ = ["second_gradients"]


def second_gradients(
    u: Tensor,
    v: Tensor,
    t: Tensor,
    gy: Tensor,
    x: Tensor,
    w: Tensor,
    eps: float,
    over: tuple[int, ...],
    along: tuple[int, ...],
) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients of S by gy, x and w.

    Parameters
    ----------
    u, gy, x : Tensor
        Of the same four sizes.
    v, t, w : Tensor
        Of size 1 on the axes ``along``.
    eps : float
        Added to the variance.
    over, along : tuple of int
        The axes of the statistics; the axes on which a weight is shared.
    """
    M = max(prod(x.shape[i] for i in over), 1)

    def total(a: Tensor) -> Tensor:
        return a.sum(over, keepdim=True)

    d = x - total(x) / M
    rstd = (total(d * d) / M + eps).rsqrt()
    xhat = d * rstd

    def project(a: Tensor) -> Tensor:
        return a - total(a) / M - xhat * (total(a * xhat) / M)

    h, Pu = w * gy, project(u)
    # S by xhat (q), through which x acts; and S by rstd, which is a factor of gx besides.
    q = v * gy - rstd * (u * (total(h * xhat) / M) + h * (total(u * xhat) / M))
    gx = rstd * (project(q) - total(h * Pu) * rstd * xhat / M)
    return w * rstd * Pu + v * xhat + t, gx, (gy * rstd * Pu).sum(along)
