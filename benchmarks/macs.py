"""Multiply-adds (MACs) of layers and of whole training steps, by formula.

    N   batch             C   input channels    G        groups
    O   output channels   H, W   input          KH, KW   kernel     OH, OW   output

One MAC is one multiplication and one addition, so 2 floating-point operations.  The convention is
the dense one: every weight meets every output pixel, taps that fall on padding included; in a
transposed convolution every weight meets every *input* pixel, for that is the work there is.
Pooling, normalisation, activations and losses count nothing: memory, not arithmetic, is their cost.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from typing import Any

__all__ = ["FLOP_PER_MAC", "Counter", "conv2d", "conv_transpose2d", "layer", "linear"]

FLOP_PER_MAC = 2


def conv2d(weight: tuple[int, ...], output: tuple[int, ...]) -> int:
    """N O OH OW (C/G) KH KW, from the weight's shape (O, C/G, KH, KW) and (N, O, OH, OW)."""
    N, _, OH, OW = output
    return N * prod(weight) * OH * OW


def conv_transpose2d(weight: tuple[int, ...], input: tuple[int, ...]) -> int:
    """N C H W (O/G) KH KW, from the weight's shape (C, O/G, KH, KW) and (N, C, H, W)."""
    N, _, H, W = input
    return N * prod(weight) * H * W


def linear(weight: tuple[int, ...], input: tuple[int, ...]) -> int:
    """Rows times O C, from the weight's shape (O, C) and (..., C)."""
    return prod(input[:-1]) * prod(weight)


def layer(module: Any, input: Any, output: Any) -> int:
    """MACs of one application of a layer of either engine; 0 for one without a product."""
    kind = type(module).__name__
    if kind == "Conv2d":
        return conv2d(tuple(module.weight.shape), tuple(output.shape))
    if kind == "ConvTranspose2d":
        return conv_transpose2d(tuple(module.weight.shape), tuple(input.shape))
    if kind == "Linear":
        return linear(tuple(module.weight.shape), tuple(input.shape))
    return 0


class Counter:
    """Counts the MACs of all layers that run inside a ``with`` block.

    Attributes
    ----------
    forward : int
        MACs of the forward passes.
    step : int
        The same, plus what a backward pass through all of it does: the gradient of a layer's input
        and that of its weight cost as much as the layer, each where it is wanted.
    """

    def __init__(self, modules: Iterable[Any]) -> None:
        self._modules = list(modules)
        self.forward = self.step = 0

    def __enter__(self) -> Counter:
        leaves = [part for module in self._modules for part in module.modules()]
        self._handles = [leaf.register_forward_hook(self._count) for leaf in leaves]
        return self

    def __exit__(self, *exception: object) -> None:
        for handle in self._handles:
            handle.remove()

    def _count(self, module: Any, inputs: tuple[Any, ...], output: Any) -> None:
        macs = layer(module, inputs[0], output)
        if macs:
            gradients = bool(inputs[0].requires_grad) + bool(module.weight.requires_grad)
            self.forward += macs
            self.step += macs * (1 + gradients)
