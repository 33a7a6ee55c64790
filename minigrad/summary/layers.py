"""A network's layers as a short list: what a training report shows of it."""

from __future__ import annotations

from dataclasses import dataclass

from minigrad import nn
from minigrad.summary.rows import Watch, weightless

__all__ = ["LayerRow", "layer_table"]


@dataclass(frozen=True)
class LayerRow:
    """One layer: where it stands, its kind, its output without the batch axis, and its cost.

    ``macs`` are multiply-adds of convolutions and linear layers [1 multiplication + 1 addition].
    """

    name: str
    kind: str
    output: tuple[int, ...]
    parameters: int
    macs: int


def layer_table(model: nn.Module, shape: tuple[int, ...]) -> list[LayerRow]:
    """List a network's layers in the order in which they run; `summarize` tells more.

    A layer that runs twice has two rows, and its parameters stand in the first.

    Parameters
    ----------
    model : Module
        In any mode; it is described in evaluation mode and left as it was.
    shape : tuple of int
        Shape of one input, without the batch axis.

    Examples
    --------
    >>> layer_table(nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU()), (1, 5, 7))[0]
    LayerRow(name='0', kind='Conv2d', output=(4, 3, 5), parameters=40, macs=540)
    """
    with weightless(model):
        watch = Watch(model)
        watch((1, *shape))
    return [
        LayerRow(row.name, row.kind, row.output[1:], row.parameters, row.macs)
        for row in watch.rows
        if row.is_layer
    ]
