"""36 convolutions without padding, each of which takes 6 pixels from the sides, and a linear layer.

    picture (3, 224, 224) -> (3, 218, 218) -> (3, 212, 212) -> ... -> (3, 8, 8) -> 100 scores

===========  =====================  ==================================  ===========
layer        kind                   output                              parameters
===========  =====================  ==================================  ===========
1 to 36      Conv2d 7 x 7, ReLU     (3, 224 - 6 l, 224 - 6 l)           444 each
flatten      Flatten                192                                 0
scores       Linear                 100                                 19,300
===========  =====================  ==================================  ===========

The side after l layers is 224 - l (k - 1), so 36 layers lead to 8.  Total: 36 x 444 + 19,300 =
35,284 parameters.

Source: seed 001, CSCI 5922 problem set 3, question 2b.
"""

from __future__ import annotations

from minigrad import nn
from minigrad.models.checks import check_counts, check_picture
from minigrad.models.counting import conv, linear
from minigrad.tensor import Tensor

__all__ = ["DeepConv", "layers_between"]


def layers_between(network: str, side: int, last: int, kernel: int) -> int:
    """How many convolutions without padding lead from a side to a smaller one.

    Raises
    ------
    ValueError
        The sides do not differ by a multiple of kernel - 1, which every layer takes away.

    Examples
    --------
    >>> layers_between("DeepConv", 224, 8, kernel=7)
    36
    """
    check_counts(network, last=last)
    check_counts(network, least=last, side=side)
    check_counts(network, least=2, kernel=kernel)
    layers, rest = divmod(side - last, kernel - 1)
    if rest:
        near = side - rest
        raise ValueError(
            f"{network}: every {kernel} x {kernel} convolution without padding takes {kernel - 1} "
            f"pixels from a side: {side} - {kernel - 1} l is never {last}; side (={side!r}) can be "
            f"{near} or {near + kernel - 1}, or last (={last!r}) {last + rest}"
        )
    return layers


class DeepConv(nn.Module):
    """The 36-layer convolutional net of seed 001.

    Parameters
    ----------
    in_channels : int
        Channels of the picture and of every map.
    out_channels : int
        Number of classes.
    side, last : int
        Height and width of the picture, and of the last map [pixels].
    kernel : int
        Side of the kernels [pixels].

    Raises
    ------
    ValueError
        An option out of its range, or no number of layers leads from `side` to `last`.

    Examples
    --------
    >>> net = DeepConv(side=20, last=8)
    >>> len(net.convs), net(minigrad.zeros(2, 3, 20, 20)).shape
    (2, minigrad.Size([2, 100]))
    >>> DeepConv.count_parameters()
    35284
    """

    TITLE = "deep convolutional net"
    SOURCE = "seed 001 2b"
    INPUT = (3, 224, 224)
    HELP = {
        "side": "height and width of the pictures [pixels]",
        "last": "height and width of the last map, (side - last) / (kernel - 1) layers later",
        "kernel": "side of the kernels [pixels]",
    }

    reach = None

    def __init__(
        self,
        in_channels: int = 3,
        out_channels: int = 100,
        side: int = 224,
        last: int = 8,
        kernel: int = 7,
    ) -> None:
        super().__init__()
        check_counts("DeepConv", in_channels=in_channels, out_channels=out_channels)
        layers = layers_between("DeepConv", side, last, kernel)
        self.in_channels, self.out_channels, self.side = in_channels, out_channels, side
        self.convs = nn.ModuleList(
            nn.Conv2d(in_channels, in_channels, kernel) for _ in range(layers)
        )
        self.relu, self.flatten = nn.ReLU(), nn.Flatten()
        self.scores = nn.Linear(in_channels * last**2, out_channels)

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
        check_picture("DeepConv", x, self.in_channels, self.side)
        for layer in self.convs:
            x = self.relu(layer(x))
        return self.scores(self.flatten(x))

    @staticmethod
    def count_parameters(
        in_channels: int = 3,
        out_channels: int = 100,
        side: int = 224,
        last: int = 8,
        kernel: int = 7,
        **_: object,
    ) -> int:
        """Return the number of parameters of such a network, without building it."""
        layers = layers_between("DeepConv", side, last, kernel)
        one = conv(in_channels, in_channels, kernel)
        return layers * one + linear(in_channels * last**2, out_channels)
