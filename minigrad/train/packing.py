"""Weights and optimizers as arrays and JSON, and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.nn import Module
from minigrad.optim import Optimizer
from minigrad.tensor import Tensor

__all__ = ["load_weights", "pack_optimizer", "unpack_optimizer"]


def load_weights(network: Module, weights: dict[str, np.ndarray]) -> None:
    """Give a network copies of weights, by name."""
    network.load_state_dict({name: Tensor.wrap(a.copy()) for name, a in weights.items()})


def pack_optimizer(optimizer: Optimizer) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Return an optimizer's arrays, by "parameter.name", and the rest of its state."""
    packed = optimizer.state_dict()
    arrays: dict[str, np.ndarray] = {}
    settings: dict[str, dict[str, Any]] = {}
    for i, values in packed["state"].items():
        for name, value in values.items():
            if isinstance(value, Tensor):
                arrays[f"{i}.{name}"] = value.array
            elif value is not None:
                settings.setdefault(str(i), {})[name] = value
    return arrays, {"state": settings, "param_groups": packed["param_groups"]}


def unpack_optimizer(
    optimizer: Optimizer, arrays: dict[str, np.ndarray], saved: dict[str, Any]
) -> None:
    """Give an optimizer what `pack_optimizer` took from one."""
    state: dict[int, dict[str, Any]] = {int(i): dict(v) for i, v in saved["state"].items()}
    for name, array in arrays.items():
        i, _, key = name.partition(".")
        state.setdefault(int(i), {})[key] = Tensor.wrap(array)
    optimizer.load_state_dict({"state": state, "param_groups": saved["param_groups"]})
