"""Activation checkpointing, which trades time for memory; here it only runs the function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

__all__ = ["checkpoint", "checkpoint_sequential"]


def checkpoint(
    function: Callable, *args: Any, use_reentrant: bool | None = None, **kwargs: Any
) -> Any:
    """``function(*args)``: the same values and gradients, without the saving of memory."""
    return function(*args, **kwargs)


def checkpoint_sequential(
    functions: Sequence[Callable], segments: int, input: Any, **kwargs: Any
) -> Any:
    """The functions one after the other."""
    for function in functions:
        input = function(input)
    return input
