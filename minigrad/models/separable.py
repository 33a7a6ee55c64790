"""Depthwise separable convolution: each channel on its own, then the channels with each other.

    C channels  ==>  C filters of K x K x 1  ==>  C channels  ==>  N filters of 1 x 1 x C  ==>  N

============  ==================  ==================  ===============  =========================
step          parameters          multiplies          additions        C = 8, N = 16, K = 3
============  ==================  ==================  ===============  =========================
depthwise     C K^2               C K^2 a position    C (K^2 - 1)      72 parameters
pointwise     C N                 C N                 N (C - 1)        128 parameters
`Vanilla`     N C K^2             N C K^2             N (C K^2 - 1)    1,152 parameters
============  ==================  ==================  ===============  =========================

It has fewer parameters than `Vanilla` only where 1/N + 1/K^2 < 1, and fewer operations only where
1/N - 1/(2 N K^2) + 1/K^2 < 1: never for N = 1 or K = 1.  (The source says: always.)

Source: seed 002, CPEN 455 homework 2, problem 6.
"""

from __future__ import annotations

from minigrad import nn
from minigrad.models.checks import check_counts
from minigrad.models.counting import conv
from minigrad.tensor import Tensor

__all__ = ["Separable"]


class Separable(nn.Module):
    """A depthwise and a pointwise convolution without bias, padded so that the size stays.

    Parameters
    ----------
    in_channels, out_channels : int
        C and N.
    kernel : int
        K [pixels].

    Raises
    ------
    ValueError
        An option below 1.

    Examples
    --------
    >>> Separable()(minigrad.zeros(1, 8, 5, 6)).shape
    minigrad.Size([1, 16, 5, 6])
    >>> Separable.count_operations(batch=2, height=5, width=5)
    18800
    """

    TITLE = "depthwise separable convolution"
    SOURCE = "seed 002 6"
    INPUT = (8, 32, 32)
    HELP = {"kernel": "side of the depthwise kernels [pixels]"}

    multiple = 1

    def __init__(self, in_channels: int = 8, out_channels: int = 16, kernel: int = 3) -> None:
        super().__init__()
        check_counts("Separable", in_channels=in_channels, out_channels=out_channels, kernel=kernel)
        self.in_channels, self.out_channels = in_channels, out_channels
        self.depthwise = nn.Conv2d(
            in_channels, in_channels, kernel, padding="same", groups=in_channels, bias=False
        )
        self.pointwise = nn.Conv2d(in_channels, out_channels, 1, bias=False)
        self.reach = kernel // 2

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, in_channels, H, W) to (N, out_channels, H, W)."""
        return self.pointwise(self.depthwise(x))

    @staticmethod
    def count_parameters(
        in_channels: int = 8, out_channels: int = 16, kernel: int = 3, **_: object
    ) -> int:
        """Return the number of parameters of such a layer, without building it."""
        C, O = in_channels, out_channels
        return conv(C, C, kernel, bias=False, groups=C) + conv(C, O, 1, bias=False)

    @staticmethod
    def count_operations(
        in_channels: int = 8,
        out_channels: int = 16,
        kernel: int = 3,
        *,
        batch: int,
        height: int,
        width: int,
    ) -> int:
        """Return multiplications and additions, B H W (C (2 K^2 - 1) + N (2 C - 1))."""
        C, O, K = in_channels, out_channels, kernel
        return batch * height * width * (C * (2 * K**2 - 1) + O * (2 * C - 1))
