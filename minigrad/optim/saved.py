"""The form in which optimizers are saved: PyTorch's, with parameters as numbers.

A parameter's number is its place in the order in which parameters were given, group after group, so
a state loads into another process, whose objects are others.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from minigrad.tensor import Tensor

__all__ = ["loaded_group", "loaded_state", "packed", "problems"]


def packed(state: dict[Any, Any], groups: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """State and groups with numbers in the place of parameters."""
    number = {p: i for i, p in enumerate(p for group in groups for p in group["params"])}
    return {
        "state": {
            (number[key] if isinstance(key, Tensor) else key): values
            for key, values in state.items()
        },
        "param_groups": [
            {**settings_of(group), "params": [number[p] for p in group["params"]]}
            for group in groups
        ],
    }


def settings_of(group: dict[str, Any]) -> dict[str, Any]:
    """A group without its parameters."""
    return {name: value for name, value in group.items() if name != "params"}


def problems(state_dict: Any, groups: Sequence[dict[str, Any]], slots: Sequence[str]) -> list[str]:
    """Everything in which a saved state does not fit the groups, in words; nothing if it fits."""
    if not isinstance(state_dict, dict) or not {"state", "param_groups"} <= set(state_dict):
        return ["it must be a dict with the entries 'state' and 'param_groups'"]
    saved = [len(group["params"]) for group in state_dict["param_groups"]]
    own = [len(group["params"]) for group in groups]
    if len(saved) != len(own):
        return [f"it has {len(saved)} parameter groups, the optimizer has {len(own)}"]
    found = [
        f"group {i} has {a} parameters, the optimizer's has {b}"
        for i, (a, b) in enumerate(zip(saved, own, strict=True))
        if a != b
    ]
    return found or _state_problems(state_dict, groups, slots)


def _state_problems(
    state_dict: dict[str, Any], groups: Sequence[dict[str, Any]], slots: Sequence[str]
) -> list[str]:
    parameters = _by_number(state_dict["param_groups"], groups)
    found = []
    for number, values in state_dict["state"].items():
        if isinstance(number, int) and number not in parameters:
            found.append(f"there is no parameter {number}")
        for name in slots if number in parameters else ():
            shape, wanted = getattr(values.get(name), "shape", None), parameters[number].shape
            if shape is not None and shape != wanted:
                found.append(
                    f"{name} of parameter {number} has shape {tuple(shape)}, the parameter "
                    f"{tuple(wanted)}"
                )
    return found


def _by_number(saved: Sequence[dict[str, Any]], groups: Sequence[dict[str, Any]]) -> dict[Any, Any]:
    """The optimizer's parameters by the numbers that the saved groups give them."""
    return {
        number: p
        for old, group in zip(saved, groups, strict=True)
        for number, p in zip(old["params"], group["params"], strict=True)
    }


def loaded_group(saved: dict[str, Any], group: dict[str, Any]) -> dict[str, Any]:
    """A group with the saved settings; those that were not saved stay as they are."""
    result = {**group, **copy.deepcopy(settings_of(saved))}
    for name, value in group.items():
        if isinstance(value, tuple):  # JSON knows lists only
            result[name] = tuple(result[name])
    return result


def loaded_state(state_dict: dict[str, Any], groups: Sequence[dict[str, Any]]) -> dict[Any, Any]:
    """The saved state keyed by parameters again, in copies of its own."""
    parameters = _by_number(state_dict["param_groups"], groups)
    state: dict[Any, Any] = defaultdict(dict)
    for number, values in state_dict["state"].items():
        if number not in parameters:
            state[number] = copy.deepcopy(values)
            continue
        p = parameters[number]
        state[p] = {name: _loaded(name, value, p) for name, value in values.items()}
    return state


def _loaded(name: str, value: Any, parameter: Tensor) -> Any:
    if not isinstance(value, Tensor):
        return copy.deepcopy(value)
    if name == "step" or not parameter.is_floating_point():
        return value.detach().clone()
    return value.detach().to(parameter.dtype, copy=True)
