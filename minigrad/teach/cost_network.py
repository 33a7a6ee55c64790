"""A network's layers as `cost_layers.Layer`, with numbers, or with symbols found by trying.

A network is described once (see `minigrad.summary.describing`: nothing is computed), and its layers
are looked at as they run. For symbols it is built and described a few times more, with one option
changed each time: what grows with the option in a straight line is written as that line. So the
formulas are the network's own, and none is written down by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from minigrad import nn
from minigrad.autograd import no_grad
from minigrad.creation import zeros
from minigrad.summary import describing
from minigrad.teach.cost_layers import Layer

__all__ = ["network_layers", "straight_lines"]

_KINDS: tuple[tuple[type, str], ...] = (
    (nn.Conv2d, "conv2d"),
    (nn.ConvTranspose2d, "conv_transpose2d"),
    (nn.Linear, "linear"),
)


def network_layers(model: nn.Module, shape: tuple[int, ...]) -> list[Layer]:
    """Describe a network for an input of `shape`, and list its layers in the order they ran.

    Examples
    --------
    >>> [layer] = network_layers(nn.Conv2d(3, 8, 3, stride=2, padding=1), (3, 9, 9))
    >>> layer.weights, layer.outputs, layer.output
    (216, 200, (5, 5))
    """
    found: list[Layer] = []
    seen: set[int] = set()

    def note(name: str) -> Any:
        def hook(module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
            first = id(module) not in seen
            seen.add(id(module))
            found.append(_layer(name, module, inputs[0], output, first))

        return hook

    training = {module: module.training for module in model.modules()}
    handles = [
        module.register_forward_hook(note(name or type(module).__name__))
        for name, module in model.named_modules()
        if not list(module.children())
    ]
    try:
        model.eval()
        with no_grad(), describing():
            model(zeros(1, *shape))
    finally:
        for handle in handles:
            handle.remove()
        for module, mode in training.items():
            module.training = mode
    return found


def _layer(name: str, module: nn.Module, x: Any, y: Any, first: bool) -> Layer:
    kind = next((kind for cls, kind in _KINDS if isinstance(module, cls)), None)
    before, after = _picture(x.shape), _picture(y.shape)
    if kind == "linear":
        vectors = x.numel() // x.shape[-1] // x.shape[0]
        before, after = (x.shape[-1], vectors, 1), (y.shape[-1], vectors, 1)
    layer = Layer(
        name,
        kind or type(module).__name__,
        (before[0], after[0]),
        before[1:],
        after[1:],
    )
    parameters = sum(p.numel() for p in module.parameters()) if first else 0
    if kind is None:
        return replace(layer, extra=parameters)
    layer = replace(layer, bias=module.bias is not None)
    if kind == "linear":
        return layer
    left, _, top, _ = module._reversed_padding_repeated_twice
    inside = module.padding_mode == "zeros"  # any other padding is made of real pixels
    if not inside:
        high, wide = before[1:]
        left, right, top, bottom = module._reversed_padding_repeated_twice
        layer = replace(layer, input=(high + top + bottom, wide + left + right))
    return replace(
        layer,
        kernel=tuple(module.kernel_size),
        stride=tuple(module.stride),
        padding=(top, left) if inside else (0, 0),
        dilation=tuple(module.dilation),
        groups=module.groups,
    )


def _picture(shape: Any) -> tuple[int, int, int]:
    """(C, H, W) of a batch, with sides of 1 for a batch of vectors."""
    C, H, W = (*shape[1:], 1, 1)[:3]
    return C, H, W


def straight_lines(
    build: Callable[..., list[Layer]], base: Mapping[str, int], steps: Mapping[str, int]
) -> Callable[[str, int, int], dict[str, Fraction] | None]:
    """Learn how each number of each layer grows with each option.

    Parameters
    ----------
    build : callable
        ``build(**options)`` returns the layers.
    base : dict
        The options' usual values.
    steps : dict
        By how much to change each.

    Returns
    -------
    line : callable
        ``line(field, layer, axis)`` is {"": constant, option: coefficient, ...}, or None where the
        number does not grow in a straight line (held against a try with everything changed).

    Raises
    ------
    ValueError
        If an option changes which layers there are.
    """
    usual = build(**base)
    tries = {name: build(**{**base, name: base[name] + step}) for name, step in steps.items()}
    far = {name: base[name] + 2 * step for name, step in steps.items()}
    check = build(**far)
    for name, layers in (*tries.items(), ("every option", check)):
        if [layer.kind for layer in layers] != [layer.kind for layer in usual]:
            raise ValueError(f"cost: {name} changes which layers there are; give it a number")

    def line(field: str, layer: int, axis: int) -> dict[str, Fraction] | None:
        def number(layers: list[Layer]) -> int:
            value = getattr(layers[layer], field)
            return value[axis] if isinstance(value, tuple) else value

        start = number(usual)
        slopes = {
            name: Fraction(number(layers) - start, steps[name]) for name, layers in tries.items()
        }
        found = start + sum(slope * 2 * steps[name] for name, slope in slopes.items())
        if found != number(check):
            return None
        constant = start - sum(slope * base[name] for name, slope in slopes.items())
        return {"": Fraction(constant), **{n: slope for n, slope in slopes.items() if slope}}

    return line
