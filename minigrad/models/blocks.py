"""What several networks are built from: joined maps, widths of levels, and the last function."""

from __future__ import annotations

from typing import Literal

from minigrad import nn
from minigrad.functions import cat
from minigrad.models.checks import check_choice
from minigrad.tensor import Tensor

__all__ = ["Join", "Output", "output_layer", "unet_channels"]

Output = Literal["linear", "tanh", "sigmoid", "relu"]
"""The last function of a network."""

_OUTPUTS: dict[str, type[nn.Module]] = {
    "linear": nn.Identity,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "relu": nn.ReLU,
}


class Join(nn.Module):
    """Stack the channels of two maps: (N, C, H, W) and (N, D, H, W) give (N, C + D, H, W)."""

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        return cat([x, skip], dim=1)


def output_layer(network: str, output: Output) -> nn.Module:
    """The last function of a network, by name.

    "linear" is for class scores and for anything unbounded, "tanh" for colours in [-1, 1],
    "sigmoid" for numbers in [0, 1]; "relu" is what one document uses for these, and teaches why
    not: wherever it puts out 0, its gradient is 0, too.

    Raises
    ------
    ValueError
        An unknown name.
    """
    check_choice(network, "output", output, tuple(_OUTPUTS))
    return _OUTPUTS[output]()


def unet_channels(
    in_channels: int, width: int, depth: int
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Channels into and out of every block of a U-Net whose widths double up to eight times.

    First those of the way down, then those of the way up but the last, which makes the picture.
    Every block on the way up but the deepest sees a map joined with the one handed across.

    Examples
    --------
    >>> unet_channels(1, 64, 3)
    ([(1, 64), (64, 128), (128, 256)], [(256, 128), (256, 64)])
    """
    widths = [width * 2 ** min(k, 3) for k in range(depth)]
    down = list(zip([in_channels, *widths], widths, strict=False))
    handed = widths[-2::-1]  # from the deepest
    inputs = [widths[-1], *(2 * channels for channels in handed)]
    return down, list(zip(inputs, handed, strict=False))
