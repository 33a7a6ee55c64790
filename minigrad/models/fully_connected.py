"""A fully connected net of one hidden layer, half as wide as the picture has numbers.

    picture (3, 224, 224) -> 150,528 numbers -> 75,264 -> 100 scores

=======  ========================  ===========  ===================
layer    kind                      output       parameters
=======  ========================  ===========  ===================
flatten  Flatten                   150,528      0
hidden   Linear, ReLU              75,264       11,329,414,656
scores   Linear                    100          7,526,500
=======  ========================  ===========  ===================

Total: 11,336,941,156 parameters, or 42 GiB, where 36 convolutions and a linear layer, `DeepConv`,
make do with 35,284.  It is here to be counted: `minigrad.summary.describing` builds it without its
numbers.

Source: seed 001, CSCI 5922 problem set 3, question 2a.
"""

from __future__ import annotations

from minigrad import nn
from minigrad.models.checks import check_counts, check_picture, check_room
from minigrad.models.counting import linear
from minigrad.tensor import Tensor

__all__ = ["FullyConnected"]


class FullyConnected(nn.Module):
    """The fully connected net of seed 001.

    Parameters
    ----------
    in_channels : int
        Channels of the picture.
    out_channels : int
        Number of classes.
    side : int
        Height and width of the picture [pixels].

    Raises
    ------
    ValueError
        An option below 1.
    MemoryError
        More weights than this machine has memory, as at the defaults; inside `describing` of
        `minigrad.summary` it can be built all the same.

    Examples
    --------
    >>> FullyConnected(side=8, out_channels=5)(minigrad.zeros(2, 3, 8, 8)).shape
    minigrad.Size([2, 5])
    >>> FullyConnected.count_parameters()
    11336941156
    """

    TITLE = "fully connected net"
    SOURCE = "seed 001 2a"
    INPUT = (3, 224, 224)
    HELP = {"side": "height and width of the pictures [pixels]"}

    reach = None

    def __init__(self, in_channels: int = 3, out_channels: int = 100, side: int = 224) -> None:
        super().__init__()
        check_counts("FullyConnected", in_channels=in_channels, out_channels=out_channels)
        check_counts("FullyConnected", side=side)
        self.in_channels, self.out_channels, self.side = in_channels, out_channels, side
        numbers = in_channels * side**2
        check_room("FullyConnected", self.count_parameters(in_channels, out_channels, side))
        self.layers = nn.Sequential(
            nn.Flatten(),
            nn.Linear(numbers, numbers // 2),
            nn.ReLU(),
            nn.Linear(numbers // 2, out_channels),
        )

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
        check_picture("FullyConnected", x, self.in_channels, self.side)
        return self.layers(x)

    @staticmethod
    def count_parameters(
        in_channels: int = 3, out_channels: int = 100, side: int = 224, **_: object
    ) -> int:
        """Return the number of parameters of such a network, without building it."""
        numbers = in_channels * side**2
        return linear(numbers, numbers // 2) + linear(numbers // 2, out_channels)
