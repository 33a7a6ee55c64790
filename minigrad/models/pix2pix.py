"""The generator of a pix2pix GAN: a U-Net of eight halvings, lightness in, two colour channels out.

    L (1) 256                                                      2  256
      |                                                            ^
    down 0   64 128 - - - - - - - - - - - - - - - - - - - - join - up 7
      |                                                      ^
    down 1  128  64 - - - - - - - - - - - - - - - join - - - up 6
      ...                                          ...
    down 6  512   2 - - - - - - join - up 1  512   4
      |                           ^
    down 7  512   1 - - - - - - - up 0  512   2

=======  =================================  ===================  =========  ==========  ==========
block    layers                             input                output     side        parameters
=======  =================================  ===================  =========  ==========  ==========
down 0   Conv2d, dropout                    1                    64         128         1,024
down 1   Conv2d, BatchNorm, dropout         64                   128        64          131,328
down 2   Conv2d, BatchNorm, dropout         128                  256        32          524,800
down 3   Conv2d, BatchNorm                  256                  512        16          2,098,176
down 4   Conv2d, BatchNorm                  512                  512        8           4,195,328
down 5   Conv2d, BatchNorm                  512                  512        4           4,195,328
down 6   Conv2d, BatchNorm                  512                  512        2           4,195,328
down 7   Conv2d, BatchNorm                  512                  512        1           4,195,328
up 0     ConvTranspose2d, BatchNorm, drop.  512                  512        2           4,195,328
up 1     ConvTranspose2d, BatchNorm, drop.  512 + 512            512        4           8,389,632
up 2     ConvTranspose2d, BatchNorm, drop.  512 + 512            512        8           8,389,632
up 3     ConvTranspose2d, BatchNorm         512 + 512            512        16          8,389,632
up 4     ConvTranspose2d, BatchNorm         512 + 512            256        32          4,194,816
up 5     ConvTranspose2d, BatchNorm         256 + 256            128        64          1,048,832
up 6     ConvTranspose2d, BatchNorm         128 + 128            64         128         262,272
last     ConvTranspose2d, tanh              64 + 64              2          256         4,098
=======  =================================  ===================  =========  ==========  ==========

Every kernel is 4 x 4 of stride 2 and padding 1, without a bias but for the last; every block ends
with a LeakyReLU.  Total: 54,410,882 parameters.

It differs from the pix2pix of Isola et al. (2017), "Image-to-image translation with conditional
adversarial networks": there the innermost block has no batch normalisation, the way up has ReLU,
activations stand before the convolutions, and dropout on the way up alone.  Weights begin as there:
normal, of standard deviation 0.02 (and mean 1 in batch normalisation), biases at 0.

Source: seed 004, appendix C; it gives no slope: 0.2 is that of Isola et al.
"""

from __future__ import annotations

from typing import Literal

from minigrad import nn
from minigrad.models.any_size import AnySize
from minigrad.models.blocks import Join, output_layer, unet_channels
from minigrad.models.checks import check_counts
from minigrad.models.counting import conv, norm
from minigrad.models.windows import Window, reach
from minigrad.nn import init
from minigrad.tensor import Tensor

__all__ = ["Downsample", "Pix2Pix", "Upsample", "draw_weights"]

SLOPE = 0.2
"""Of every LeakyReLU, for negative numbers."""
DROPPED = 3
"""So many blocks have dropout: the first ones of the way down, and of the way up."""


class Downsample(nn.Sequential):
    """Halve the sides: convolution, batch normalisation, dropout, LeakyReLU."""

    def __init__(self, C: int, O: int, norm: bool = True, dropout: float = 0.0) -> None:
        conv = nn.Conv2d(C, O, 4, stride=2, padding=1, bias=False)
        super().__init__(conv, *_finish(O, norm, dropout))


class Upsample(nn.Sequential):
    """Double the sides: transposed convolution, batch normalisation, dropout, LeakyReLU."""

    def __init__(self, C: int, O: int, dropout: float = 0.0) -> None:
        conv = nn.ConvTranspose2d(C, O, 4, stride=2, padding=1, bias=False)
        super().__init__(conv, *_finish(O, True, dropout))


def _finish(O: int, norm: bool, dropout: float) -> list[nn.Module]:
    layers: list[nn.Module] = [nn.BatchNorm2d(O)] if norm else []
    if dropout:
        layers.append(nn.Dropout(dropout))
    return [*layers, nn.LeakyReLU(SLOPE)]


def draw_weights(net: nn.Module) -> None:
    """Draw initial weights as pix2pix does: normal, of standard deviation 0.02; biases are 0."""
    for module in net.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.BatchNorm2d):
            mean = 1.0 if isinstance(module, nn.BatchNorm2d) else 0.0
            init.normal_(module.weight, mean, std=0.02)
            if module.bias is not None:
                init.zeros_(module.bias)


class Pix2Pix(AnySize):
    """The generator of seed 004; its adversary is `PatchGAN`.

    Parameters
    ----------
    in_channels, out_channels : int
        1 and 2 for colorization: lightness in, a and b out.
    width : int
        Channels of the first map; each halving doubles them, up to eight times as many.
    depth : int
        Number of halvings.  At 8 the deepest map of a 256 x 256 picture is one pixel.
    dropout : float
        Probability with which a number is dropped, in three blocks of each way.
    output : {"tanh", "linear", "sigmoid"}
        Last function.
    pad : bool
        See `AnySize`.

    Raises
    ------
    ValueError
        An option out of its range.

    Examples
    --------
    >>> net = Pix2Pix(width=2, depth=3).eval()
    >>> net(minigrad.zeros(1, 1, 33, 20)).shape
    minigrad.Size([1, 2, 33, 20])
    >>> Pix2Pix.count_parameters()
    54410882
    """

    TITLE = "pix2pix generator"
    SOURCE = "seed 004 C"
    INPUT = (1, 256, 256)
    HELP = {
        "width": "channels of the first map; they double downwards, up to eight times as many",
        "depth": "times that the sides are halved; 8 make one pixel of a 256 x 256 picture",
        "dropout": "probability of dropping a number, in three blocks of each way",
    }

    def __init__(
        self,
        in_channels: int = 1,
        out_channels: int = 2,
        width: int = 64,
        depth: int = 8,
        dropout: float = 0.5,
        output: Literal["tanh", "linear", "sigmoid"] = "tanh",
        pad: bool = True,
    ) -> None:
        super().__init__(in_channels, out_channels, depth, pad)
        check_counts("Pix2Pix", width=width, depth=depth)
        down, up = unet_channels(in_channels, width, depth)
        self.down = nn.ModuleList(
            Downsample(C, O, norm=k > 0, dropout=dropout if k < DROPPED else 0.0)
            for k, (C, O) in enumerate(down)
        )
        self.up = nn.ModuleList(
            Upsample(C, O, dropout=dropout if k < DROPPED else 0.0) for k, (C, O) in enumerate(up)
        )
        self.join = Join()
        last = 2 * width if depth > 1 else width
        self.last = nn.Sequential(
            nn.ConvTranspose2d(last, out_channels, 4, stride=2, padding=1),
            output_layer("Pix2Pix", output),
        )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw initial weights; see `draw_weights`."""
        draw_weights(self)

    def body(self, x: Tensor) -> Tensor:
        handed = []
        for down in self.down:
            x = down(x)
            handed.append(x)
        for up, skip in zip(self.up, handed[-2::-1], strict=True):
            x = self.join(up(x), skip)
        return self.last(x)

    @property
    def reach(self) -> int:
        """How far, at most, a pixel of the input acts on the result [pixels], in evaluation mode.

        At depth 8 it is farther than a 256 x 256 picture is wide: every pixel acts everywhere.
        """
        chain = [Window(4, 2, 1)] * self.depth
        return reach([*chain, *[Window(4, 2, 1, transposed=True)] * self.depth])

    @staticmethod
    def count_parameters(
        in_channels: int = 1, out_channels: int = 2, width: int = 64, depth: int = 8, **_: object
    ) -> int:
        """Return the number of parameters of such a network, without building it."""
        down, up = unet_channels(in_channels, width, depth)
        blocks = sum(conv(C, O, 4, bias=False) + norm(O) for C, O in [*down, *up]) - norm(width)
        return blocks + conv(2 * width if depth > 1 else width, out_channels, 4)
