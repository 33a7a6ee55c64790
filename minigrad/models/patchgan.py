"""The discriminator of a pix2pix GAN: a score of every 70 x 70 patch, real or generated.

    L, a, b (3) 256 -> 64 128 -> 128 64 -> 256 32 -> 512 31 -> scores (1) 30

====  ===================================  ======  =======  =======  ==========
row   layer, 4 x 4                         input   output   side     parameters
====  ===================================  ======  =======  =======  ==========
1     Conv2d, stride 2, padding 1          3       64       128      3,072
4     Conv2d, stride 2, padding 1          64      128      64       131,072
5     BatchNorm2d                          128     128      64       256
8     Conv2d, stride 2, padding 1          128     256      32       524,288
9     BatchNorm2d                          256     256      32       512
12    ZeroPad2d(1)                         256     256      34       0
13    Conv2d                               256     512      31       2,097,152
14    BatchNorm2d                          512     512      31       1,024
16    ZeroPad2d(1)                         512     512      33       0
17    Conv2d, with bias                    512     1        30       8,193
====  ===================================  ======  =======  =======  ==========

A LeakyReLU ends every block but the last; rows not shown are these, and the blocks themselves.
Total: 2,765,569 parameters.  The scores are logits: the loss takes the sigmoid.

Source: seed 004, appendix D; Isola et al. (2017) call it PatchGAN.
"""

from __future__ import annotations

from minigrad import nn
from minigrad.errors import SizeError
from minigrad.models.checks import check_counts
from minigrad.models.counting import conv, norm
from minigrad.models.pix2pix import SLOPE, Downsample, draw_weights
from minigrad.models.windows import Window, receptive_field
from minigrad.tensor import Tensor

__all__ = ["PatchGAN"]

_CHAIN = [*3 * [Window(4, 2, 1)], *2 * [Window(4, 1, 1)]]


class PatchGAN(nn.Module):
    """The discriminator of seed 004; its adversary is `Pix2Pix`.

    Parameters
    ----------
    in_channels : int
        3: lightness, which both adversaries see, and a and b, real or generated.
    out_channels : int
        1: a score.
    width : int
        Channels of the first map; the others have two, four and eight times as many.

    Raises
    ------
    ValueError
        A number below 1.

    Examples
    --------
    >>> net = PatchGAN(width=2)
    >>> net(minigrad.zeros(2, 3, 64, 48)).shape
    minigrad.Size([2, 1, 6, 4])
    >>> PatchGAN.count_parameters(), net.patch
    (2765569, 70)
    """

    TITLE = "PatchGAN discriminator"
    SOURCE = "seed 004 D"
    INPUT = (3, 256, 256)
    HELP = {"width": "channels of the first map; the last but one has eight times as many"}

    multiple = 1
    reach = None

    def __init__(self, in_channels: int = 3, out_channels: int = 1, width: int = 64) -> None:
        super().__init__()
        check_counts("PatchGAN", in_channels=in_channels, out_channels=out_channels, width=width)
        self.in_channels, self.out_channels = in_channels, out_channels
        self.down = nn.Sequential(
            Downsample(in_channels, width, norm=False),
            Downsample(width, 2 * width),
            Downsample(2 * width, 4 * width),
        )
        self.pad = nn.ZeroPad2d(1)
        self.widen = nn.Sequential(
            nn.Conv2d(4 * width, 8 * width, 4, bias=False),
            nn.BatchNorm2d(8 * width),
            nn.LeakyReLU(SLOPE),
        )
        self.score = nn.Conv2d(8 * width, out_channels, 4)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw initial weights; see `draw_weights`."""
        draw_weights(self)

    @property
    def patch(self) -> int:
        """Side of the square that one score is made from [pixels]."""
        first, last = receptive_field(_CHAIN)
        return last - first + 1

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, in_channels, H, W) to scores (N, out_channels, H // 8 - 2, W // 8 - 2).

        Raises
        ------
        SizeError
            Another number of axes or channels, or sides below 24.
        """
        if x.dim() != 4 or x.shape[1] != self.in_channels:
            raise SizeError(
                f"PatchGAN: input has shape {tuple(x.shape)}; give (N, {self.in_channels}, H, W): "
                "the picture and its colours joined along axis 1"
            )
        H, W = x.shape[-2:]
        if min(H, W) < 24:
            raise SizeError(
                f"PatchGAN: input has H x W = {H} x {W}, which three halvings make "
                f"{H // 8} x {W // 8}, and the last two kernels take 2 pixels from each; give "
                "sides of at least 24, for one score"
            )
        x = self.down(x)
        x = self.widen(self.pad(x))
        return self.score(self.pad(x))

    @staticmethod
    def count_parameters(
        in_channels: int = 3, out_channels: int = 1, width: int = 64, **_: object
    ) -> int:
        """Return the number of parameters of such a network, without building it."""
        W = width
        blocks = [(W, 2 * W), (2 * W, 4 * W), (4 * W, 8 * W)]
        normed = sum(conv(C, O, 4, bias=False) + norm(O) for C, O in blocks)
        return conv(in_channels, W, 4, bias=False) + normed + conv(8 * W, out_channels, 4)
