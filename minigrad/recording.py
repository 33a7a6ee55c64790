"""Whether operations are recorded, whether the birth of NaNs is watched, and whether something
stands in for computing; each thread for itself.
"""

from __future__ import annotations

import contextlib
import threading
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

__all__ = [
    "anomaly_mode",
    "callers_line",
    "detect_anomaly",
    "enable_grad",
    "has_nan",
    "inference_mode",
    "is_grad_enabled",
    "no_grad",
    "set_detect_anomaly",
    "set_grad_enabled",
    "set_stand_in",
    "stand_in",
]


class _Mode(threading.local):
    recording = True
    anomaly = False
    stand_in: Any = None


_mode = _Mode()


def is_grad_enabled() -> bool:
    """Whether operations are being recorded (in this thread)."""
    return _mode.recording


class set_grad_enabled(contextlib.ContextDecorator):  # noqa: N801
    """Record operations or not: ``set_grad_enabled(False)`` as a call, a ``with`` block or a
    decorator.
    """

    def __init__(self, mode: bool) -> None:
        self.mode = bool(mode)
        self.before = [_mode.recording]
        _mode.recording = self.mode

    def __call__(self, function: Any) -> Any:
        """Wrap a function; outside it, recording goes back to what it was."""
        _mode.recording = self.before.pop()
        self.before.append(_mode.recording)
        return super().__call__(function)

    def _recreate_cm(self) -> set_grad_enabled:
        return type(self)(self.mode)

    def __enter__(self) -> set_grad_enabled:
        _mode.recording = self.mode
        return self

    def __exit__(self, *exception: object) -> None:
        _mode.recording = self.before[-1]


class _Recording(contextlib.ContextDecorator):
    """A ``with`` block or decorator (with or without parentheses) that switches recording."""

    recording: bool
    before: list[bool]

    def __new__(cls, function: Callable | None = None) -> Any:
        """Make a block, or wrap ``function`` at once (a decorator without parentheses)."""
        instance = super().__new__(cls)
        instance.before = []
        return instance if function is None or isinstance(function, bool) else instance(function)

    def _recreate_cm(self) -> Any:
        return type(self)()

    def __enter__(self) -> None:
        self.before.append(_mode.recording)
        _mode.recording = self.recording

    def __exit__(self, *exception: object) -> None:
        _mode.recording = self.before.pop()


class no_grad(_Recording):  # noqa: N801
    """Inside, nothing is recorded and results do not require gradients.

    >>> import minigrad
    >>> x = minigrad.ones(2, requires_grad=True)
    >>> with minigrad.no_grad():
    ...     print((x * 2).requires_grad)
    False
    """

    recording = False


class enable_grad(_Recording):  # noqa: N801
    """Inside, operations are recorded, also within an outer `no_grad`."""

    recording = True


class inference_mode(no_grad):  # noqa: N801
    """`no_grad` under the name that PyTorch gives its stricter form."""


def stand_in() -> Any:
    """What makes arrays and runs operations instead of NumPy and the kernels (in this thread); None
    almost always.
    """
    return _mode.stand_in


@contextlib.contextmanager
def set_stand_in(instead: Any) -> Iterator[None]:
    """Inside, ``instead.array(shape, dtype)`` makes new arrays, ``instead.run(function, arrays)``
    runs operations, and nothing is written into tensors: see `minigrad.summary.describing`.
    """
    before, _mode.stand_in = _mode.stand_in, instead
    try:
        yield
    finally:
        _mode.stand_in = before


def anomaly_mode() -> bool:
    """Whether the birth of NaNs is watched (in this thread)."""
    return _mode.anomaly


class set_detect_anomaly(contextlib.ContextDecorator):  # noqa: N801
    """Look for the birth of NaNs (``mode=True``) or stop looking, as a call or a ``with`` block."""

    def __init__(self, mode: bool = True) -> None:
        self.before, _mode.anomaly = _mode.anomaly, bool(mode)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exception: object) -> None:
        _mode.anomaly = self.before


class detect_anomaly(set_detect_anomaly):  # noqa: N801
    """Inside, a NaN that an operation makes out of NaN-free values raises at once.

    Forward and backward are both watched; the error names the operation and the line of the caller.

    Raises
    ------
    RuntimeError
        At the operation where the first NaN was born.
    """

    def __init__(self) -> None:
        super().__init__(True)


def has_nan(array: Any) -> bool:
    """Whether an array holds a NaN."""
    return isinstance(array, np.ndarray) and array.dtype.kind == "f" and bool(np.isnan(array).any())


def callers_line() -> str:
    """The innermost line of the stack that lies outside the engine, for error messages."""
    own = __name__.rpartition(".")[0]
    for frame, line in traceback.walk_stack(None):
        if not frame.f_globals.get("__name__", "").startswith(own):
            return f"{frame.f_code.co_filename}:{line} in {frame.f_code.co_name}"
    return "an unknown line"
