"""104 convolutions without padding, each of which takes 2 pixels from the sides.

    picture (3, 224) -> (16, 222) -> (32, 220) -> (64, 218) -> (128, 216) -> (256, 214) -> ...
                                                                              ... -> (256, 16)

==========  ====================  =====================================  ===================
layer       kind                  output                                 parameters
==========  ====================  =====================================  ===================
1           Conv2d 3 x 3, ReLU    (16, 222, 222)                         448
2           Conv2d 3 x 3, ReLU    (32, 220, 220)                         4,640
3           Conv2d 3 x 3, ReLU    (64, 218, 218)                         18,496
4           Conv2d 3 x 3, ReLU    (128, 216, 216)                        73,856
5           Conv2d 3 x 3, ReLU    (256, 214, 214)                        295,168
6 to 104    Conv2d 3 x 3, ReLU    (256, 224 - 2 l, 224 - 2 l)            590,080 each
==========  ====================  =====================================  ===================

The side after l layers is 224 - 2 l, so 104 layers lead to 16.  Total: 58,810,528 parameters, of
which 25,840 are biases, one a channel and layer.  A layer of stride 2 halves the sides at once.

Source: seed 001, CSCI 5922 problem set 3, question 4; it ends before the way up.
"""

from __future__ import annotations

from minigrad import nn
from minigrad.errors import SizeError
from minigrad.models.checks import check_counts
from minigrad.models.counting import conv
from minigrad.models.deep_conv import layers_between
from minigrad.tensor import Tensor

__all__ = ["DownChain"]


class DownChain(nn.Module):
    """The down-sampling chain of seed 001.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels of the picture and of the last maps.
    side, last : int
        Height and width of the picture, and of the last map [pixels]: they give the number of
        layers.  Larger pictures fit as well.
    width : int
        Channels of the first map; each layer doubles them, up to `out_channels`.

    Raises
    ------
    ValueError
        An option out of its range, or no number of layers leads from `side` to `last`.

    Examples
    --------
    >>> net = DownChain(out_channels=4, side=16, last=10, width=2)
    >>> net(minigrad.zeros(1, 3, 16, 21)).shape
    minigrad.Size([1, 4, 10, 15])
    >>> DownChain.count_parameters()
    58810528
    """

    TITLE = "down-sampling chain"
    SOURCE = "seed 001 4"
    INPUT = (3, 224, 224)
    HELP = {
        "side": "height and width of the pictures [pixels]",
        "last": "height and width of the last map, (side - last) / 2 layers later [pixels]",
        "width": "channels of the first map; each layer doubles them, up to those of the last",
    }

    multiple = 1
    reach = None

    def __init__(
        self,
        in_channels: int = 3,
        out_channels: int = 256,
        side: int = 224,
        last: int = 16,
        width: int = 16,
    ) -> None:
        super().__init__()
        check_counts("DownChain", in_channels=in_channels, out_channels=out_channels, width=width)
        self.in_channels, self.out_channels = in_channels, out_channels
        channels = _channels(in_channels, out_channels, side, last, width)
        self.layers = nn.Sequential(
            *(layer for C, O in channels for layer in (nn.Conv2d(C, O, 3), nn.ReLU()))
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, in_channels, H, W) to (N, out_channels, H - 2 L, W - 2 L), L the layers.

        Raises
        ------
        SizeError
            Another number of axes or channels, or sides of 2 L or less.
        """
        layers = len(self.layers) // 2
        least = min(x.shape[2:], default=0)
        if x.dim() != 4 or x.shape[1] != self.in_channels:
            raise SizeError(
                f"DownChain: input has shape {tuple(x.shape)}; give (N, {self.in_channels}, H, W)"
            )
        if least <= 2 * layers:
            raise SizeError(
                f"DownChain: input has H x W = {x.shape[2]} x {x.shape[3]}, of which "
                f"{(least - 1) // 2} of the {layers} layers leave a side of "
                f"{least - (least - 1) // 2 * 2}, and the next needs 3; give sides of at least "
                f"{2 * layers + 1}, or build a shorter chain: side - last = {(least - 1) // 2 * 2}"
            )
        return self.layers(x)

    @staticmethod
    def count_parameters(
        in_channels: int = 3,
        out_channels: int = 256,
        side: int = 224,
        last: int = 16,
        width: int = 16,
        **_: object,
    ) -> int:
        """Return the number of parameters of such a network, without building it."""
        channels = _channels(in_channels, out_channels, side, last, width)
        return sum(conv(C, O, 3) for C, O in channels)


def _channels(
    in_channels: int, out_channels: int, side: int, last: int, width: int
) -> list[tuple[int, int]]:
    """Channels into and out of every layer; the last one has `out_channels`."""
    layers = layers_between("DownChain", side, last, kernel=3)
    widths = [min(width * 2**k, out_channels) for k in range(layers)]
    if widths and widths[-1] != out_channels:
        raise ValueError(
            f"DownChain: {layers} layers double width (={width!r}) to {widths[-1]} and never reach "
            f"out_channels (={out_channels!r}); give more layers (a larger side or a smaller "
            f"last), a larger width, or {widths[-1]} out_channels"
        )
    return list(zip([in_channels, *widths], widths, strict=False))
