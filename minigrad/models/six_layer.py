"""A classifier of six layers: three halving convolutions, a 1 x 1, average pooling, and linear.

    picture  ->    H1    ->    H2    ->   H3   ->   H4   ->   H5   ->  Y
    (3, 512)   (128, 256)  (64, 128)  (32, 64)  (16, 64)  (16, 32)    10

=====  ===================================  =================  ============  =============
layer  kind                                 output             without bias  with bias
=====  ===================================  =================  ============  =============
H1     Conv2d 5 x 5, stride 2, padding 2    (128, 256, 256)    9,600         9,728
H2     Conv2d 5 x 5, stride 2, padding 2    (64, 128, 128)     204,800       204,864
H3     Conv2d 3 x 3, stride 2, padding 1    (32, 64, 64)       18,432        18,464
H4     Conv2d 1 x 1                         (16, 64, 64)       512           528
H5     AvgPool2d(2)                         (16, 32, 32)       0             0
Y      Linear, of 16,384 numbers            10                 163,840       163,850
=====  ===================================  =================  ============  =============

Total: 397,184 weights, 397,434 parameters with biases.  A filter has the depth of its input: those
of H2 are 5 x 5 x 128.  The source names no activation; here ReLU follows every convolution.

Source: seed 002, CPEN 455 homework 2, problem 2 (there with a batch of 100).
"""

from __future__ import annotations

from minigrad import nn
from minigrad.models.checks import check_counts, check_picture
from minigrad.models.counting import conv, linear
from minigrad.tensor import Tensor

__all__ = ["SixLayer"]


class SixLayer(nn.Module):
    """The six-layer classifier of seed 002.

    Parameters
    ----------
    in_channels : int
        Channels of the picture.
    out_channels : int
        Number of categories.
    side : int
        Height and width of the picture, at least 16 [pixels].
    width : int
        Channels of H1, a multiple of 8; H2, H3 and H4 have a half, a quarter and an eighth of them.
    bias : bool
        Whether the layers have biases.

    Raises
    ------
    ValueError
        An option out of its range.

    Examples
    --------
    >>> SixLayer(side=32, width=8)(minigrad.zeros(2, 3, 32, 32)).shape
    minigrad.Size([2, 10])
    >>> SixLayer.count_parameters(bias=False), SixLayer.count_parameters()
    (397184, 397434)
    """

    TITLE = "six-layer classifier"
    SOURCE = "seed 002 2"
    INPUT = (3, 512, 512)
    HELP = {
        "side": "height and width of the pictures [pixels]",
        "width": "channels of the first map, a multiple of 8; every later one has half as many",
        "bias": "whether the layers have biases",
    }

    reach = None

    def __init__(
        self,
        in_channels: int = 3,
        out_channels: int = 10,
        side: int = 512,
        width: int = 128,
        bias: bool = True,
    ) -> None:
        super().__init__()
        check_counts("SixLayer", in_channels=in_channels, out_channels=out_channels)
        check_counts("SixLayer", least=16, side=side)
        check_counts("SixLayer", least=8, width=width)
        if width % 8:
            raise ValueError(
                f"SixLayer: width (={width!r}) must be a multiple of 8: it is halved three times"
            )
        self.in_channels, self.out_channels, self.side = in_channels, out_channels, side
        W = width
        self.h1 = nn.Conv2d(in_channels, W, 5, stride=2, padding=2, bias=bias)
        self.h2 = nn.Conv2d(W, W // 2, 5, stride=2, padding=2, bias=bias)
        self.h3 = nn.Conv2d(W // 2, W // 4, 3, stride=2, padding=1, bias=bias)
        self.h4 = nn.Conv2d(W // 4, W // 8, 1, bias=bias)
        self.h5 = nn.AvgPool2d(2)
        self.y = nn.Linear(W // 8 * _pooled(side) ** 2, out_channels, bias=bias)
        self.relu, self.flatten = nn.ReLU(), nn.Flatten()

    @property
    def multiple(self) -> int:
        """The only side that fits."""
        return self.side

    def forward(self, x: Tensor) -> Tensor:
        """Map pictures (N, in_channels, side, side) to scores (N, out_channels).

        Raises
        ------
        SizeError
            Another shape.
        """
        check_picture("SixLayer", x, self.in_channels, self.side)
        for layer in (self.h1, self.h2, self.h3, self.h4):
            x = self.relu(layer(x))
        return self.y(self.flatten(self.h5(x)))

    @staticmethod
    def count_parameters(
        in_channels: int = 3,
        out_channels: int = 10,
        side: int = 512,
        width: int = 128,
        bias: bool = True,
        **_: object,
    ) -> int:
        """Return the number of parameters of such a network, without building it."""
        W = width
        layers = [(in_channels, W, 5), (W, W // 2, 5), (W // 2, W // 4, 3), (W // 4, W // 8, 1)]
        last = linear(W // 8 * _pooled(side) ** 2, out_channels, bias)
        return sum(conv(C, O, k, bias) for C, O, k in layers) + last


def _pooled(side: int) -> int:
    """Side of H5: three halvings, rounded up, and one rounded down."""
    return -(-side // 8) // 2
