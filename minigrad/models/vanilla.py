"""One plain convolution: every output channel looks at every input channel.

    C channels  ==>  N filters of K x K x C  ==>  N channels

=============  =====================  =================================
what           in all                 for C = 8, N = 16, K = 3
=============  =====================  =================================
parameters     N C K^2                1,152
multiplies     N C K^2 a position     1,152
additions      N (C K^2 - 1)          1,136
=============  =====================  =================================

`Grouped` and `Separable` do with fewer.

Source: seed 002, CPEN 455 homework 2, problems 5.1 and 6.
"""

from __future__ import annotations

from minigrad import nn
from minigrad.models.checks import check_counts
from minigrad.models.counting import conv
from minigrad.tensor import Tensor

__all__ = ["Vanilla"]


class Vanilla(nn.Module):
    """A convolution of stride 1 without bias, padded so that the size stays.

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
    >>> Vanilla()(minigrad.zeros(1, 8, 5, 6)).shape
    minigrad.Size([1, 16, 5, 6])
    >>> Vanilla.count_operations(batch=2, height=5, width=5)
    114400
    """

    TITLE = "vanilla convolution"
    SOURCE = "seed 002 5"
    INPUT = (8, 32, 32)
    HELP = {"kernel": "side of the kernels [pixels]"}

    multiple = 1

    def __init__(self, in_channels: int = 8, out_channels: int = 16, kernel: int = 3) -> None:
        super().__init__()
        check_counts("Vanilla", in_channels=in_channels, out_channels=out_channels, kernel=kernel)
        self.in_channels, self.out_channels = in_channels, out_channels
        self.conv = nn.Conv2d(in_channels, out_channels, kernel, padding="same", bias=False)
        self.reach = kernel // 2

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, in_channels, H, W) to (N, out_channels, H, W)."""
        return self.conv(x)

    @staticmethod
    def count_parameters(
        in_channels: int = 8, out_channels: int = 16, kernel: int = 3, **_: object
    ) -> int:
        """Return the number of parameters of such a layer, without building it."""
        return conv(in_channels, out_channels, kernel, bias=False)

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
        """Return multiplications and additions, B N H W (2 C K^2 - 1), H x W the output's size."""
        C, O, K = in_channels, out_channels, kernel
        return batch * height * width * O * (2 * C * K**2 - 1)
