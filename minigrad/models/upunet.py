"""A U-Net generator that up-samples before it convolves: seven halvings, seven doublings.

    N x N -> down 1  W  N/2  - - - - - - - - - - - - - - join -> up 7  C_out  N
               |                                          ^
             down 2  2W N/4  - - - - - - - - join -> up 6  W  N/2
              ...                    ...
             down 6  8W N/64 - - join -> up 2  8W  N/32
               |                  ^
             down 7  8W N/128 -> up 1  8W  N/64

======  ===============================  ============  =======  ======  ============================
block   layers                           input         output   side    multiply-adds, k x k kernels
======  ===============================  ============  =======  ======  ============================
down 1  Conv2d, stride 2                 C_in          W        N/2     k^2 C_in W (N/2)^2
down 2  Conv2d, stride 2, BatchNorm      W             2 W      N/4     k^2 2 W^2 (N/4)^2
down 3  Conv2d, stride 2, BatchNorm      2 W           4 W      N/8     k^2 8 W^2 (N/8)^2
down 4  Conv2d, stride 2, BatchNorm      4 W           8 W      N/16    k^2 32 W^2 (N/16)^2
down 5  Conv2d, stride 2, BatchNorm      8 W           8 W      N/32    k^2 64 W^2 (N/32)^2
down 6  Conv2d, stride 2, BatchNorm      8 W           8 W      N/64    k^2 64 W^2 (N/64)^2
down 7  Conv2d, stride 2, BatchNorm      8 W           8 W      N/128   k^2 64 W^2 (N/128)^2
up 1    UpSampling2D, Conv2d, BatchNorm  8 W           8 W      N/64    k^2 64 W^2 (N/64)^2
up 2    UpSampling2D, Conv2d, BatchNorm  8 W + 8 W     8 W      N/32    k^2 128 W^2 (N/32)^2
up 3    UpSampling2D, Conv2d, BatchNorm  8 W + 8 W     8 W      N/16    k^2 128 W^2 (N/16)^2
up 4    UpSampling2D, Conv2d, BatchNorm  8 W + 8 W     4 W      N/8     k^2 64 W^2 (N/8)^2
up 5    UpSampling2D, Conv2d, BatchNorm  4 W + 4 W     2 W      N/4     k^2 16 W^2 (N/4)^2
up 6    UpSampling2D, Conv2d, BatchNorm  2 W + 2 W     W        N/2     k^2 4 W^2 (N/2)^2
up 7    UpSampling2D, Conv2d             W + W         C_out    N       k^2 2 W C_out N^2
======  ===============================  ============  =======  ======  ============================

LeakyReLU ends every block on the way down, ReLU every one on the way up but the last.

UpSampling2D writes every pixel four times: c (2 n)^2 numbers for c channels of n x n, which is
linear in the number of pixels and quadratic in the side.  The convolution after it works on four
times as many pixels; but as it sees every pixel repeated, four 2 x 2 kernels on the small map give
the same as a 3 x 3 kernel on the large one, for 4/9 of the multiplications, and so it is computed.

Source: seed 003, a question on the complexity of such a generator.  It names the levels; widths,
kernels, normalisation and activations are ours, weights begin as in `Pix2Pix`.
"""

from __future__ import annotations

from minigrad import nn
from minigrad.models.any_size import AnySize
from minigrad.models.blocks import Join, Output, output_layer, unet_channels
from minigrad.models.checks import check_counts
from minigrad.models.counting import conv, norm
from minigrad.models.pix2pix import SLOPE, draw_weights
from minigrad.models.windows import Window, reach
from minigrad.tensor import Tensor

__all__ = ["UpUNet"]


class Down(nn.Sequential):
    """Halve the sides: convolution, batch normalisation but in the first block, LeakyReLU."""

    def __init__(self, C: int, O: int, kernel: int, first: bool) -> None:
        conv = nn.Conv2d(C, O, kernel, stride=2, padding=(kernel - 1) // 2, bias=first)
        super().__init__(conv, *([] if first else [nn.BatchNorm2d(O)]), nn.LeakyReLU(SLOPE))


class Up(nn.Sequential):
    """Double the sides: every pixel four times, convolution, batch normalisation, ReLU."""

    def __init__(self, C: int, O: int, kernel: int) -> None:
        super().__init__(
            nn.Upsample(scale_factor=2),
            nn.Conv2d(C, O, kernel, padding="same", bias=False),
            nn.BatchNorm2d(O),
            nn.ReLU(),
        )


class UpUNet(AnySize):
    """The generator of seed 003.

    Parameters
    ----------
    in_channels, out_channels : int
        1 and 1 as in the source; 2 out for colorization.
    width : int
        W, channels of the first map; each halving doubles them, up to eight times as many.
    depth : int
        Number of halvings; 7 in the source.
    kernel : int
        k, side of the kernels, odd or even [pixels].
    output : {"linear", "tanh", "sigmoid", "relu"}
        Last function.
    pad : bool
        See `AnySize`.

    Raises
    ------
    ValueError
        An option out of its range.

    Examples
    --------
    >>> net = UpUNet(width=2, depth=3).eval()
    >>> net(minigrad.zeros(1, 1, 33, 20)).shape
    minigrad.Size([1, 1, 33, 20])
    >>> UpUNet.count_parameters()
    5885121
    """

    TITLE = "U-Net with up-sampling"
    SOURCE = "seed 003"
    INPUT = (1, 128, 128)
    HELP = {
        "width": "channels of the first map; they double downwards, up to eight times as many",
        "depth": "times that the sides are halved",
        "kernel": "side of the kernels, odd or even [pixels]",
    }

    def __init__(
        self,
        in_channels: int = 1,
        out_channels: int = 1,
        width: int = 32,
        depth: int = 7,
        kernel: int = 3,
        output: Output = "linear",
        pad: bool = True,
    ) -> None:
        super().__init__(in_channels, out_channels, depth, pad)
        check_counts("UpUNet", width=width, depth=depth, kernel=kernel)
        self.kernel = kernel
        down, up = unet_channels(in_channels, width, depth)
        self.down = nn.ModuleList(Down(C, O, kernel, first=k == 0) for k, (C, O) in enumerate(down))
        self.up = nn.ModuleList(Up(C, O, kernel) for C, O in up)
        self.join = Join()
        last = 2 * width if depth > 1 else width
        self.last = nn.Sequential(
            nn.Upsample(scale_factor=2),
            nn.Conv2d(last, out_channels, kernel, padding="same"),
            output_layer("UpUNet", output),
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

        The longest way, through all levels, goes farthest.
        """
        k, p = self.kernel, (self.kernel - 1) // 2
        double = [Window(2, 2, transposed=True), Window(k, 1, p)]
        return reach([*[Window(k, 2, p)] * self.depth, *double * self.depth])

    @staticmethod
    def count_parameters(
        in_channels: int = 1,
        out_channels: int = 1,
        width: int = 32,
        depth: int = 7,
        kernel: int = 3,
        **_: object,
    ) -> int:
        """Return the number of parameters of such a network, without building it."""
        (first, *down), up = unet_channels(in_channels, width, depth)
        normed = sum(conv(C, O, kernel, bias=False) + norm(O) for C, O in [*down, *up])
        last = 2 * width if depth > 1 else width
        return conv(*first, kernel) + normed + conv(last, out_channels, kernel)
