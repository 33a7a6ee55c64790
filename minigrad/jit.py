"""TorchScript's marks: accepted, so that model files written with them run.

Functions stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

__all__ = [
    "Final",
    "annotate",
    "export",
    "ignore",
    "is_scripting",
    "is_tracing",
    "script",
    "script_if_tracing",
    "script_method",
    "unused",
]


def script(obj: Any, *args: Any, **kwargs: Any) -> Any:
    """The function or module itself."""
    return obj


def ignore(drop: Any = False, **kwargs: Any) -> Callable:
    """The function itself, with or without parentheses."""
    return drop if callable(drop) else lambda function: function


_overload_method = export = unused = script_if_tracing = script_method = script


def annotate(the_type: Any, the_value: Any) -> Any:
    """The value itself."""
    return the_value


def is_scripting() -> bool:
    """Whether TorchScript is compiling: False."""
    return False


def is_tracing() -> bool:
    """Whether TorchScript is tracing: False."""
    return False
