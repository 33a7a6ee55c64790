"""The U-Net: a picture goes down to small, rich maps and up again, and each level is handed across.

        picture (1)                                              colour (2)
           |                                                        ^
        block  W ---------------------- join ------------------> block, 1 x 1 convolution
           | halve                                                  ^ double
        block 2W ---------------------- join ------------------> block
           | halve                                                  ^ double
        block 4W ------- ... depth halvings in all ... --------> block

Sizes below are those of one picture, H x W rounded up to a multiple of 2^depth; width is W.

==================  =====================================  ==========================  ==========
level k             layer                                  output                      weights
==================  =====================================  ==========================  ==========
down, 0 to depth    MaxPool2d(2), but for k = 0            (C, H/2^k, W/2^k)           0
                    2 x [Conv2d 3x3, BatchNorm, ReLU]      (width 2^k, H/2^k, W/2^k)   9 C O, 9 O O
up, depth-1 to 0    ConvTranspose2d(2, stride 2)           (width 2^k, H/2^k, W/2^k)   4 C O
                    Join with the down block of level k    (width 2^(k+1), ...)        0
                    2 x [Conv2d 3x3, BatchNorm, ReLU]      (width 2^k, ...)            9 C O, 9 O O
head                Conv2d 1x1, tanh                       (out_channels, H, W)        C O
==================  =====================================  ==========================  ==========

Source: Ronneberger, Fischer, Brox (2015), "U-Net: convolutional networks for biomedical image
segmentation", with padded convolutions and batch normalisation.
"""

from __future__ import annotations

from typing import Literal

from minigrad import nn
from minigrad.models.any_size import AnySize
from minigrad.models.blocks import Join
from minigrad.models.checks import check_choice, check_counts
from minigrad.models.counting import conv, norm
from minigrad.nn import init
from minigrad.tensor import Tensor

__all__ = ["ConvBlock", "UNet", "Up"]

Upsampling = Literal["transposed", "nearest", "bilinear"]


class ConvBlock(nn.Sequential):
    """Twice a 3 x 3 convolution, batch normalisation and ReLU; then dropout, if asked for.

    The convolutions have no bias: batch normalisation would subtract it at once.
    """

    def __init__(self, in_channels: int, out_channels: int, dropout: float = 0.0) -> None:
        layers: list[nn.Module] = []
        for channels in (in_channels, out_channels):
            layers += [
                nn.Conv2d(channels, out_channels, kernel_size=3, padding=1, bias=False),
                nn.BatchNorm2d(out_channels),
                nn.ReLU(),
            ]
        if dropout:
            layers.append(nn.Dropout2d(dropout))
        super().__init__(*layers)


class Up(nn.Module):
    """Double the sides of a map, join it with the map handed across, and convolve.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels of the small map; channels of the one handed across, and of the result.
    upsampling : str
        "transposed": a 2 x 2 transposed convolution of stride 2, which paints a square of four
        pixels from each one; "nearest" or "bilinear": a 1 x 1 convolution and interpolation.
    dropout : float
        See `ConvBlock`.
    """

    def __init__(
        self, in_channels: int, out_channels: int, upsampling: Upsampling, dropout: float = 0.0
    ) -> None:
        super().__init__()
        if upsampling == "transposed":
            self.enlarge: nn.Module = nn.ConvTranspose2d(
                in_channels, out_channels, kernel_size=2, stride=2
            )
        else:
            # The two commute; on the small map the convolution is four times cheaper.
            self.enlarge = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, kernel_size=1),
                nn.Upsample(scale_factor=2, mode=upsampling),
            )
        self.join = Join()
        self.block = ConvBlock(2 * out_channels, out_channels, dropout)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        return self.block(self.join(self.enlarge(x), skip))


class UNet(AnySize):
    """A U-Net for pictures of any height and width.

    Parameters
    ----------
    in_channels, out_channels : int
        1 and 2 for colorization: lightness in, a and b out.
    width : int
        Channels of the first level; each halving of the sides doubles them.
    depth : int
        Number of halvings. A pixel of the result depends on `reach` pixels around it.
    upsampling : {"transposed", "nearest", "bilinear"}
        How the way up doubles the sides; see `Up`.
    dropout : float
        Probability with which whole channels are dropped in the deepest block and on the way up.
    output : {"tanh", "linear"}
        Last function; tanh keeps colours within what network units can say.
    pad : bool
        See `AnySize`.

    Raises
    ------
    ValueError
        An option out of its range.

    Examples
    --------
    >>> net = UNet(width=4, depth=2)
    >>> net(minigrad.zeros(2, 1, 21, 34)).shape
    minigrad.Size([2, 2, 21, 34])
    >>> sum(p.numel() for p in net.parameters()) == UNet.count_parameters(width=4, depth=2)
    True
    """

    TITLE = "U-Net"
    SOURCE = "Ronneberger"
    INPUT = (1, 64, 64)
    HELP = {
        "width": "channels of the first level; they double downwards",
        "depth": "times that the sides are halved",
        "upsampling": "how sides are doubled on the way up",
        "dropout": "probability of dropping a channel, in the deepest block and above",
    }

    def __init__(
        self,
        in_channels: int = 1,
        out_channels: int = 2,
        width: int = 24,
        depth: int = 3,
        upsampling: Upsampling = "transposed",
        dropout: float = 0.0,
        output: Literal["tanh", "linear"] = "tanh",
        pad: bool = True,
    ) -> None:
        super().__init__(in_channels, out_channels, depth, pad)
        check_counts("UNet", width=width)
        check_choice("UNet", "upsampling", upsampling, ("transposed", "nearest", "bilinear"))
        check_choice("UNet", "output", output, ("tanh", "linear"))
        self.output = output
        self.bilinear = upsampling == "bilinear"
        widths = [width * 2**k for k in range(depth + 1)]
        self.down = nn.ModuleList(
            ConvBlock(before, after, dropout if k == depth > 0 else 0.0)
            for k, (before, after) in enumerate(zip([in_channels, *widths], widths, strict=False))
        )
        self.halve = nn.MaxPool2d(2)
        self.up = nn.ModuleList(
            Up(widths[k + 1], widths[k], upsampling, dropout) for k in reversed(range(depth))
        )
        self.head = nn.Conv2d(width, out_channels, kernel_size=1)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw initial weights: Kaiming's, and a head whose first answer is nearly gray."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
                init.kaiming_normal_(module.weight, nonlinearity="relu")
                if module.bias is not None:
                    init.zeros_(module.bias)
        init.normal_(self.head.weight, std=0.01)

    @property
    def reach(self) -> int:
        """How far, at most, a pixel of the input acts on the result [pixels], in evaluation mode.

        A level's two 3 x 3 convolutions reach 2 of its pixels, each 2^k of the picture's, on the
        way down and again on the way up; halving and doubling 1 each, bilinear doubling 3.
        """
        across = sum(2**k for k in range(self.depth))
        deepest = 2**self.depth
        return 2 * (across + deepest) + 2 * across + (4 if self.bilinear else 2) * across

    def body(self, x: Tensor) -> Tensor:
        handed = []
        for k, block in enumerate(self.down):
            x = block(self.halve(x) if k else x)
            handed.append(x)
        for skip, up in zip(handed[-2::-1], self.up, strict=True):
            x = up(x, skip)
        x = self.head(x)
        return x.tanh() if self.output == "tanh" else x

    @staticmethod
    def count_parameters(
        in_channels: int = 1,
        out_channels: int = 2,
        width: int = 24,
        depth: int = 3,
        upsampling: Upsampling = "transposed",
        **_: object,
    ) -> int:
        """Return the number of parameters of such a network, without building it."""

        def block(C: int, O: int) -> int:
            return conv(C, O, 3, bias=False) + conv(O, O, 3, bias=False) + 2 * norm(O)

        widths = [width * 2**k for k in range(depth + 1)]
        taps = 2 if upsampling == "transposed" else 1
        down = sum(block(C, O) for C, O in zip([in_channels, *widths], widths, strict=False))
        up = sum(conv(2 * w, w, taps) + block(2 * w, w) for w in widths[:-1])
        return down + up + conv(width, out_channels, 1)
