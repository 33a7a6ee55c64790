"""What a network says when an option is out of its range, or an input of another shape."""

from __future__ import annotations

from typing import Any

from minigrad.errors import SizeError
from minigrad.machine import memory_size
from minigrad.recording import stand_in
from minigrad.tensor import Tensor

__all__ = ["check_choice", "check_counts", "check_picture", "check_room"]


def check_counts(network: str, least: int = 1, **counts: Any) -> None:
    """Raise ValueError unless every option is an integer of at least `least`."""
    for name, value in counts.items():
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise ValueError(
                f"{network}: {name} (={value!r}) must be an integer of at least {least}"
            )


def check_choice(network: str, name: str, value: Any, choices: tuple[str, ...]) -> None:
    """Raise ValueError unless an option is one of its choices."""
    if value not in choices:
        raise ValueError(f"{network}: {name} (={value!r}) must be one of {', '.join(choices)}")


def check_room(network: str, parameters: int) -> None:
    """Raise MemoryError if a network's float32 weights are more than the memory of this machine.

    The system would promise the memory, and end the process when it is written to.
    """
    size, there = 4 * parameters, memory_size()
    if stand_in() is None and there is not None and size > there:
        raise MemoryError(
            f"{network}: {parameters:,} parameters are {size / 2**30:,.1f} GiB, and this machine "
            f"has {there / 2**30:,.1f} GiB of memory; give options that make it smaller, or build "
            "it without its numbers: with minigrad.summary.describing()"
        )


def check_picture(network: str, x: Tensor, channels: int, side: int) -> None:
    """Raise SizeError unless a batch has the one shape that a network's linear layer takes."""
    if x.dim() != 4 or tuple(x.shape[1:]) != (channels, side, side):
        raise SizeError(
            f"{network}: input has shape {tuple(x.shape)}, and the linear layer is made for "
            f"(N, {channels}, {side}, {side}); resize the pictures, or build the network for "
            f"others: {network}(side=...)"
        )
