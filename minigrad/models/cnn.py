"""A plain CNN: four convolutions with pooling, then two dense layers that paint the whole picture.

    picture (3) 256 -> 64 128 -> 128 64 -> 256 32 -> 512 16 -> 131,072 numbers -> 512 -> 196,608

==============  ==========================  ================  ===============  ===========
row             layer                       input             output           parameters
==============  ==========================  ================  ===============  ===========
Conv_01         Conv2d 3 x 3, padding 1     (3, 256, 256)     (64, 256, 256)   1,792
max_pooling     MaxPool2d(2)                (64, 256, 256)    (64, 128, 128)   0
Conv_02         Conv2d 3 x 3, padding 1     (64, 128, 128)    (128, 128, 128)  73,856
max_pooling_1   MaxPool2d(2)                (128, 128, 128)   (128, 64, 64)    0
Conv_03         Conv2d 3 x 3, padding 1     (128, 64, 64)     (256, 64, 64)    295,168
max_pooling_2   MaxPool2d(2)                (256, 64, 64)     (256, 32, 32)    0
Conv_04         Conv2d 3 x 3, padding 1     (256, 32, 32)     (512, 32, 32)    1,180,160
max_pooling_3   MaxPool2d(2)                (512, 32, 32)     (512, 16, 16)    0
flatten         Flatten                     (512, 16, 16)     131,072          0
dense           Linear                      131,072           512              67,109,376
dense_1         Linear                      512               196,608          100,859,904
reshape         Unflatten                   196,608           (3, 256, 256)    0
==============  ==========================  ================  ===============  ===========

ReLU follows every layer with parameters but the last.  Total: 169,520,256 parameters, 99.1 % of
them in the two dense layers: the price of knowing every pixel's place.  That is also why a picture
must have exactly the sides that the network was built for, and why all detail has to pass through
512 numbers.

The text of the source feeds gray pictures, but 1,792 parameters of the first row are three input
channels (one would make 640): a gray picture is shown to all three.

Source: seed 004, appendix A.
"""

from __future__ import annotations

from minigrad import nn
from minigrad.functions import cat
from minigrad.models.blocks import Output, output_layer
from minigrad.models.checks import check_counts, check_picture
from minigrad.models.counting import conv, linear
from minigrad.tensor import Tensor

__all__ = ["CNN"]


class CNN(nn.Module):
    """The plain CNN of seed 004.

    Parameters
    ----------
    in_channels : int
        3 for a colour picture, or for a gray one shown three times; 1 for a gray one.
    out_channels : int
        3 for red, green and blue, 2 for a and b.
    side : int
        Height and width of the picture, at least 16 [pixels].
    width : int
        Channels of the first map; the others have two, four and eight times as many.
    hidden : int
        Numbers between the dense layers.
    output : {"linear", "tanh", "sigmoid", "relu"}
        Last function.

    Raises
    ------
    ValueError
        An option out of its range.

    Examples
    --------
    >>> net = CNN(side=32, width=2, hidden=8)
    >>> net(minigrad.zeros(2, 3, 32, 32)).shape, net(minigrad.zeros(2, 1, 32, 32)).shape
    (minigrad.Size([2, 3, 32, 32]), minigrad.Size([2, 3, 32, 32]))
    >>> CNN.count_parameters(), CNN.count_parameters(out_channels=2)
    (169520256, 135900288)
    """

    TITLE = "plain CNN"
    SOURCE = "seed 004 A"
    INPUT = (3, 256, 256)
    HELP = {
        "side": "height and width of the pictures, which the dense layers are made for [pixels]",
        "width": "channels of the first map; the last has eight times as many",
        "hidden": "numbers between the two dense layers",
    }

    reach = None

    def __init__(
        self,
        in_channels: int = 3,
        out_channels: int = 3,
        side: int = 256,
        width: int = 64,
        hidden: int = 512,
        output: Output = "linear",
    ) -> None:
        super().__init__()
        check_counts("CNN", in_channels=in_channels, out_channels=out_channels)
        check_counts("CNN", width=width, hidden=hidden)
        check_counts("CNN", least=16, side=side)
        self.in_channels, self.out_channels, self.side = in_channels, out_channels, side
        widths = [width, 2 * width, 4 * width, 8 * width]
        layers: list[nn.Module] = []
        for C, O in zip([in_channels, *widths], widths, strict=False):
            layers += [nn.Conv2d(C, O, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
        self.see = nn.Sequential(*layers)
        self.paint = nn.Sequential(
            nn.Flatten(),
            nn.Linear(8 * width * (side // 16) ** 2, hidden),
            nn.ReLU(),
            nn.Linear(hidden, out_channels * side**2),
            nn.Unflatten(1, (out_channels, side, side)),
        )
        self.output = output_layer("CNN", output)

    @property
    def multiple(self) -> int:
        """The only side that fits."""
        return self.side

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, in_channels, side, side), or a gray (N, 1, side, side), to out_channels.

        Raises
        ------
        SizeError
            Another shape.
        """
        channels = self.in_channels
        if x.dim() == 4 and x.shape[1] == 1 < channels:
            x = cat([x] * channels, dim=1)
        check_picture("CNN", x, channels, self.side)
        return self.output(self.paint(self.see(x)))

    @staticmethod
    def count_parameters(
        in_channels: int = 3,
        out_channels: int = 3,
        side: int = 256,
        width: int = 64,
        hidden: int = 512,
        **_: object,
    ) -> int:
        """Return the number of parameters of such a network, without building it."""
        widths = [width, 2 * width, 4 * width, 8 * width]
        seen = sum(conv(C, O, 3) for C, O in zip([in_channels, *widths], widths, strict=False))
        flat = widths[-1] * (side // 16) ** 2
        return seen + linear(flat, hidden) + linear(hidden, out_channels * side**2)
