"""PyTorch's questions about GPUs, answered: there are none here."""

from __future__ import annotations

from typing import Any

from minigrad.random import manual_seed

__all__ = [
    "current_device",
    "device_count",
    "empty_cache",
    "is_available",
    "manual_seed",
    "manual_seed_all",
    "set_device",
    "synchronize",
]

manual_seed_all = manual_seed


def is_available() -> bool:
    """Whether there is a GPU: False."""
    return False


def device_count() -> int:
    """The number of GPUs: 0."""
    return 0


def current_device() -> int:
    """The number of the GPU in use.

    Raises
    ------
    RuntimeError
        Always.
    """
    raise RuntimeError("cuda.current_device: there is no GPU; minigrad computes on the CPU only")


def set_device(device: Any) -> None:
    """Choose a GPU.

    Raises
    ------
    RuntimeError
        Always.
    """
    raise RuntimeError(
        f"cuda.set_device({device!r}): there is no GPU; minigrad computes on the CPU"
    )


def empty_cache() -> None:
    """Return unused GPU memory: there is none, so nothing happens."""


def synchronize(device: Any = None) -> None:
    """Wait for the GPU: every operation here is finished when it returns."""
