"""Group convolution: M groups, in each of which N / M filters look at C / M channels.

    C / M channels  ==>  N / M filters of K x K x C / M  ==>  N / M channels
    C / M channels  ==>  N / M filters of K x K x C / M  ==>  N / M channels      M = 2

=============  =====================  ====================  ====================
what           in all                 C = 8, N = 16, K = 3  C = N = M = 64, K = 3
=============  =====================  ====================  ====================
parameters     N C K^2 / M            576 for M = 2         576
=============  =====================  ====================  ====================

An M-th of the parameters and multiplications of `Vanilla`; with M = C = N it is depthwise.

Source: seed 002, CPEN 455 homework 2, problem 5.2.
"""

from __future__ import annotations

from minigrad import nn
from minigrad.models.checks import check_counts
from minigrad.models.counting import conv
from minigrad.tensor import Tensor

__all__ = ["Grouped"]


class Grouped(nn.Module):
    """A group convolution of stride 1 without bias, padded so that the size stays.

    Parameters
    ----------
    in_channels, out_channels : int
        C and N, multiples of M.
    kernel : int
        K [pixels].
    groups : int
        M.

    Raises
    ------
    ValueError
        An option below 1, or channels that the groups do not share evenly.

    Examples
    --------
    >>> Grouped(groups=4)(minigrad.zeros(1, 8, 5, 6)).shape
    minigrad.Size([1, 16, 5, 6])
    >>> [Grouped.count_parameters(groups=M) for M in (1, 2, 4, 8)]
    [1152, 576, 288, 144]
    """

    TITLE = "group convolution"
    SOURCE = "seed 002 5"
    INPUT = (8, 32, 32)
    HELP = {"kernel": "side of the kernels [pixels]", "groups": "number of groups"}

    multiple = 1

    def __init__(
        self, in_channels: int = 8, out_channels: int = 16, kernel: int = 3, groups: int = 2
    ) -> None:
        super().__init__()
        check_counts("Grouped", in_channels=in_channels, out_channels=out_channels)
        check_counts("Grouped", kernel=kernel, groups=groups)
        self.in_channels, self.out_channels = in_channels, out_channels
        self.conv = nn.Conv2d(
            in_channels, out_channels, kernel, padding="same", groups=groups, bias=False
        )
        self.reach = kernel // 2

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, in_channels, H, W) to (N, out_channels, H, W)."""
        return self.conv(x)

    @staticmethod
    def count_parameters(
        in_channels: int = 8, out_channels: int = 16, kernel: int = 3, groups: int = 2, **_: object
    ) -> int:
        """Return the number of parameters of such a layer, without building it."""
        return conv(in_channels, out_channels, kernel, bias=False, groups=groups)
