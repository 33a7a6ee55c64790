"""Small helpers of the layers, under the names that model files import from here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, MutableMapping
from typing import Any

from minigrad.creation import empty
from minigrad.nn.parameter import Parameter

__all__ = ["consume_prefix_in_state_dict_if_present"]


def _ntuple(n: int, name: str = "parse") -> Callable[[Any], tuple[Any, ...]]:
    def parse(x: Any) -> tuple[Any, ...]:
        return tuple(x) if isinstance(x, Iterable) else (x,) * n

    parse.__name__ = name
    return parse


_single, _pair, _triple = _ntuple(1, "_single"), _ntuple(2, "_pair"), _ntuple(3, "_triple")
_quadruple = _ntuple(4, "_quadruple")


def _reverse_repeat_tuple(t: tuple[int, ...], n: int) -> tuple[int, ...]:
    """Each element n times, the last first: from padding by axis to the order of `F.pad`."""
    return tuple(x for x in reversed(t) for _ in range(n))


def _empty(*shape: int, dtype: Any = None, device: Any = None) -> Parameter:
    """A parameter that is still to be initialised."""
    return Parameter(empty(shape, dtype=dtype, device=device))


def consume_prefix_in_state_dict_if_present(
    state_dict: MutableMapping[str, Any], prefix: str
) -> None:
    """Take a prefix (such as "module.") off the names of a state, in place."""
    for key in [key for key in state_dict if key.startswith(prefix)]:
        state_dict[key.removeprefix(prefix)] = state_dict.pop(key)
    metadata: dict[str, Any] = getattr(state_dict, "_metadata", {})
    for key in [k for k in metadata if k.startswith(prefix) or k == prefix.rstrip(".")]:
        value = metadata.pop(key)
        if key:
            metadata[key.removeprefix(prefix) if key.startswith(prefix) else ""] = value
