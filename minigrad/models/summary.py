"""A network's layers as a table: output shapes, parameters and multiply-adds of one picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from minigrad import nn
from minigrad.autograd import no_grad
from minigrad.creation import zeros
from minigrad.tensor import Tensor

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
    """Run a network once, on zeros, and list its layers in the order in which they ran.

    A layer that ran twice has two rows, and its parameters stand in the first.

    Parameters
    ----------
    model : Module
        In any mode; it is run in evaluation mode and left as it was.
    shape : tuple of int
        Shape of one input, without the batch axis.

    Examples
    --------
    >>> layer_table(nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU()), (1, 5, 7))[0]
    LayerRow(name='0', kind='Conv2d', output=(4, 3, 5), parameters=40, macs=540)
    """
    rows: list[LayerRow] = []
    seen: set[int] = set()

    def note(name: str) -> Any:
        def hook(layer: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
            first = id(layer) not in seen
            seen.add(id(layer))
            parameters = sum(p.numel() for p in layer.parameters()) if first else 0
            kind = type(layer).__name__
            output_shape = tuple(output.shape[1:])
            rows.append(
                LayerRow(name, kind, output_shape, parameters, _macs(layer, inputs, output))
            )

        return hook

    training = {layer: layer.training for layer in model.modules()}
    leaves = [(name, layer) for name, layer in model.named_modules() if not list(layer.children())]
    handles = [layer.register_forward_hook(note(name)) for name, layer in leaves]
    try:
        model.eval()
        with no_grad():
            model(zeros(1, *shape))
    finally:
        for handle in handles:
            handle.remove()
        for layer, mode in training.items():
            layer.training = mode
    return rows


def _macs(layer: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> int:
    """Every weight meets every output pixel; in a transposed convolution every input pixel."""
    if isinstance(layer, nn.Conv2d):
        return layer.weight.numel() * output.shape[-2] * output.shape[-1]
    if isinstance(layer, nn.ConvTranspose2d):
        return layer.weight.numel() * inputs[0].shape[-2] * inputs[0].shape[-1]
    if isinstance(layer, nn.Linear):
        return layer.weight.numel() * (output.numel() // output.shape[-1])
    return 0
