"""What several networks are built from: joined maps, and the last function."""

from __future__ import annotations

from typing import Literal

from minigrad import nn
from minigrad.functions import cat
from minigrad.models.checks import check_choice
from minigrad.tensor import Tensor

__all__ = ["Join", "Output", "output_layer"]

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
