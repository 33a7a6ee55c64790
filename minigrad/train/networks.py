"""Networks as a run sees them: their options, and what the target decides of their form."""

from __future__ import annotations

import dataclasses
import inspect
import typing
from collections.abc import Mapping
from typing import Any

import numpy as np

from minigrad.models import MODELS
from minigrad.nn import Module
from minigrad.tensor import Tensor
from minigrad.train.config import option
from minigrad.train.defaults import DEFAULTS
from minigrad.train.options import ColorizationOptions
from minigrad.train.targets import Target

__all__ = [
    "critic_arguments",
    "network_arguments",
    "network_input",
    "network_options",
    "run_options",
]

_DECIDED = ("side",)  # by the crops
# Last functions that fit values of a span, the most fitting one first.
_OUTPUTS: dict[tuple[float, float] | None, tuple[str, ...]] = {
    None: ("linear",),
    (-1.0, 1.0): ("tanh", "linear"),
    (0.0, 1.0): ("sigmoid", "relu", "linear"),
}


def network_options(name: str) -> type:
    """Return a dataclass of a network's command-line options: those that its ``HELP`` explains.

    Raises
    ------
    ValueError
        An unknown network.

    Examples
    --------
    >>> network_options("unet")(width=8).width
    8
    """
    if name not in DEFAULTS:
        raise ValueError(f"model {name!r} does not colorize; there are {', '.join(DEFAULTS)}")
    network = MODELS[name]
    hints = typing.get_type_hints(network.__init__)
    signature = inspect.signature(network).parameters
    fields: list[tuple[str, type, Any]] = []
    for key, text in network.HELP.items():
        if key in _DECIDED:
            continue
        default = DEFAULTS[name].get(key, signature[key].default)
        choices = typing.get_args(hints[key]) if _is_literal(hints[key]) else None
        kind = type(choices[0]) if choices else hints[key]
        group = None if fields else "network"
        fields.append((key, kind, option(default, text, choices=choices, group=group)))
    return dataclasses.make_dataclass(f"{network.__name__}Options", fields, frozen=True)


def _is_literal(hint: Any) -> bool:
    return typing.get_origin(hint) is typing.Literal


def run_options(name: str) -> type[ColorizationOptions]:
    """Return `ColorizationOptions` with the defaults that suit a network."""
    own = DEFAULTS.get(name, {})
    hints = typing.get_type_hints(ColorizationOptions)
    fields = []
    for field in dataclasses.fields(ColorizationOptions):
        if field.name in own:
            value = own[field.name]
            setting: dict[str, Any] = {"default": value}
            if isinstance(value, list):
                setting = {"default_factory": value.copy}
            changed = dataclasses.field(**setting, metadata=field.metadata)
            fields.append((field.name, hints[field.name], changed))
    return dataclasses.make_dataclass(
        f"{name.title()}RunOptions", fields, bases=(ColorizationOptions,), frozen=True
    )


def network_arguments(
    name: str, form: Mapping[str, Any], options: ColorizationOptions, target: Target
) -> dict[str, Any]:
    """Return all arguments of a network: its options, and what target and crops decide."""
    signature = inspect.signature(MODELS[name]).parameters
    arguments = dict(form)
    if "out_channels" in signature:
        arguments["out_channels"] = target.channels
    if "side" in signature:
        arguments["side"] = options.size
    if "output" in signature:
        known = typing.get_args(typing.get_type_hints(MODELS[name].__init__)["output"])
        fitting = [output for output in _OUTPUTS[target.span] if output in known]
        own = signature["output"].default
        arguments["output"] = own if own in fitting else fitting[0]
    return arguments


def critic_arguments(options: ColorizationOptions, target: Target) -> dict[str, Any]:
    """Return the arguments of the discriminator, which sees lightness and encoded colours."""
    return {"in_channels": 1 + target.channels, "width": options.critic_width}


def network_input(model: Module, lightness: np.ndarray) -> Tensor:
    """Return lightness (N, 1, H, W) with as many, equal, channels as the network takes."""
    channels = getattr(model, "in_channels", 1)
    if channels != 1:
        lightness = np.repeat(lightness, channels, axis=1)
    return Tensor.wrap(np.ascontiguousarray(lightness, np.float32))
