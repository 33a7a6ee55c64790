"""The colour classifier: every pixel of a gray picture gets a score for each of NC colours.

        gray (NIC)  H x W . . . . . . . . . . . . . . . . . . . .  join  -> CLS  NC  H x W
           | halve                                                  ^
        L1  NF      H/2 . . . . . . . . . . . . .  join  -> D3  NF  H
           | halve                                  ^ double
        L2  2 NF    H/4 . . . . . . join  -> D2 NF  H/2
           | halve                   ^ double
        L3  4 NF    H/8  -> D1 2 NF  H/4                  (dotted: joined in variant "unet" alone)

=====  ============================  ================  =============  ====================
layer  "transposed", kernel k x k    output            weights        weights in "unet"
=====  ============================  ================  =============  ====================
L1     Conv2d, stride 2              (NF, H/2, W/2)    NIC NF k^2     the same
L2     Conv2d, stride 2              (2 NF, H/4, W/4)  2 NF^2 k^2     the same
L3     Conv2d, stride 2              (4 NF, H/8, W/8)  8 NF^2 k^2     the same
D1     ConvTranspose2d, stride 2     (2 NF, H/4, W/4)  8 NF^2 k^2     the same
D2     ConvTranspose2d, stride 2     (NF, H/2, W/2)    2 NF^2 k^2     4 NF^2 k^2
D3     ConvTranspose2d, stride 2     (NF, H, W)        NF^2 k^2       2 NF^2 k^2
CLS    Conv2d 1 x 1                  (NC, H, W)        NF NC          (NF + NIC) NC
=====  ============================  ================  =============  ====================

All but CLS are followed by batch normalisation and ReLU.  Weights: k^2 (NF NIC + 21 NF^2) + NF NC;
besides, every layer has a bias a channel, and batch normalisation two numbers.

To halve exactly, a kernel k needs padding p = floor((k - 1) / 2), and to double exactly, the
transposed one needs output padding op, 1 if k is odd and 0 if it is even, too:
2 (n - 1) - 2 p + k + op = 2 n.

Source: seed 000, "Symbolic complexity of the colorization model", and the course assignment that
it answers, whose first network pools and up-samples, and whose third has the skips.
"""

from __future__ import annotations

from typing import Literal

from minigrad import nn
from minigrad.models.any_size import AnySize
from minigrad.models.blocks import Join, Output, output_layer
from minigrad.models.checks import check_choice, check_counts
from minigrad.models.counting import conv, norm
from minigrad.models.windows import Window, reach
from minigrad.tensor import Tensor

__all__ = ["ColorNet"]

Variant = Literal["transposed", "upsampling", "unet"]


class Down(nn.Sequential):
    """Halve the sides: a convolution of stride 2, or one of stride 1 and max pooling."""

    def __init__(self, C: int, O: int, kernel: int, pooled: bool) -> None:
        if pooled:
            halve = [nn.Conv2d(C, O, kernel, padding="same"), nn.MaxPool2d(2)]
        else:
            halve = [nn.Conv2d(C, O, kernel, stride=2, padding=(kernel - 1) // 2)]
        super().__init__(*halve, nn.BatchNorm2d(O), nn.ReLU())


class Up(nn.Sequential):
    """Double the sides: a transposed convolution, or every pixel four times and a convolution."""

    def __init__(self, C: int, O: int, kernel: int, pooled: bool) -> None:
        if pooled:
            double = [nn.Upsample(scale_factor=2), nn.Conv2d(C, O, kernel, padding="same")]
        else:
            padding, output_padding = (kernel - 1) // 2, kernel % 2
            double = [nn.ConvTranspose2d(C, O, kernel, 2, padding, output_padding)]
        super().__init__(*double, nn.BatchNorm2d(O), nn.ReLU())


class ColorNet(AnySize):
    """The colorization network of seed 000, in three variants.

    Parameters
    ----------
    in_channels : int
        NIC, 1 for a gray picture.
    out_channels : int
        NC, the number of colours to choose from; or 2, to predict a and b themselves.
    width : int
        NF, channels of the first map.
    kernel : int
        k, odd or even.
    variant : {"transposed", "upsampling", "unet"}
        How sides are halved and doubled: by strides; by max pooling and by repeating pixels, each
        with a convolution of stride 1; by strides, with skips and the picture joined at the end.
    output : {"linear", "tanh", "sigmoid", "relu"}
        Last function; class scores are linear.
    pad : bool
        See `AnySize`.

    Raises
    ------
    ValueError
        An option out of its range.

    Examples
    --------
    >>> net = ColorNet(width=4, out_channels=5)
    >>> net(minigrad.zeros(2, 1, 24, 37)).shape
    minigrad.Size([2, 5, 24, 37])
    >>> ColorNet.count_weights()
    194592
    """

    TITLE = "colour classifier"
    SOURCE = "seed 000"
    INPUT = (1, 32, 32)
    HELP = {
        "width": "NF, channels of the first map; L2 has twice and L3 four times as many",
        "kernel": "k, side of the kernels, odd or even [pixels]",
        "variant": "strides and transposed convolutions, pooling and up-sampling, or with skips",
    }

    def __init__(
        self,
        in_channels: int = 1,
        out_channels: int = 24,
        width: int = 32,
        kernel: int = 3,
        variant: Variant = "transposed",
        output: Output = "linear",
        pad: bool = True,
    ) -> None:
        super().__init__(in_channels, out_channels, depth=3, pad=pad)
        check_counts("ColorNet", width=width, kernel=kernel)
        check_choice("ColorNet", "variant", variant, ("transposed", "upsampling", "unet"))
        self.kernel, self.variant = kernel, variant
        pooled, handed = variant == "upsampling", 2 if variant == "unet" else 1
        self.down1 = Down(in_channels, width, kernel, pooled)
        self.down2 = Down(width, 2 * width, kernel, pooled)
        self.down3 = Down(2 * width, 4 * width, kernel, pooled)
        self.up1 = Up(4 * width, 2 * width, kernel, pooled)
        self.up2 = Up(handed * 2 * width, width, kernel, pooled)
        self.up3 = Up(handed * width, width, kernel, pooled)
        self.join = Join()
        last = width + in_channels if variant == "unet" else width
        self.classify = nn.Conv2d(last, out_channels, kernel_size=1)
        self.output = output_layer("ColorNet", output)

    def body(self, x: Tensor) -> Tensor:
        half = self.down1(x)
        quarter = self.down2(half)
        y = self.up1(self.down3(quarter))
        y = self.up2(self._joined(y, quarter))
        y = self.up3(self._joined(y, half))
        return self.output(self.classify(self._joined(y, x)))

    def _joined(self, y: Tensor, skip: Tensor) -> Tensor:
        return self.join(y, skip) if self.variant == "unet" else y

    @property
    def reach(self) -> int:
        """How far, at most, a pixel of the input acts on the result [pixels], in evaluation mode.

        The longest way, through all three levels, goes farthest.
        """
        k, p = self.kernel, (self.kernel - 1) // 2
        if self.variant == "upsampling":
            down, up = [Window(k, 1, p), Window(2, 2)], [Window(2, 2, transposed=True)]
            return reach([*3 * down, *3 * [*up, Window(k, 1, p)]])
        return reach([*3 * [Window(k, 2, p)], *3 * [Window(k, 2, p, transposed=True)]])

    @staticmethod
    def count_weights(
        in_channels: int = 1,
        out_channels: int = 24,
        width: int = 32,
        kernel: int = 3,
        variant: Variant = "transposed",
    ) -> int:
        """Return the weights as seed 000 counts them: without biases and batch normalisation."""
        NIC, NC, NF, k = in_channels, out_channels, width, kernel
        if variant == "unet":
            return k**2 * (NF * NIC + 24 * NF**2) + (NF + NIC) * NC
        return k**2 * (NF * NIC + 21 * NF**2) + NF * NC

    @staticmethod
    def count_parameters(
        in_channels: int = 1,
        out_channels: int = 24,
        width: int = 32,
        kernel: int = 3,
        variant: Variant = "transposed",
        **_: object,
    ) -> int:
        """Return the number of parameters of such a network, without building it."""
        NIC, NC, NF = in_channels, out_channels, width
        handed, picture = (2, NIC) if variant == "unet" else (1, 0)
        layers = [
            *((NIC, NF), (NF, 2 * NF), (2 * NF, 4 * NF)),
            *((4 * NF, 2 * NF), (handed * 2 * NF, NF), (handed * NF, NF)),
        ]
        return sum(conv(C, O, kernel) + norm(O) for C, O in layers) + conv(NF + picture, NC, 1)
