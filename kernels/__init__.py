"""Numerical kernels on NumPy arrays: every operation of minigrad, without any gradient bookkeeping.

``kernels.conv2d(y, x, w, b, geometry)`` runs the operation in the *backend* in use:

========  ===================================================================================
"loops"   the textbook: one plain loop nest per operation, the definition of the right answer
"simd"    the fast twin: the same functions with vector instructions and threads (default)
========  ===================================================================================

A backend is a module with the agreed functions; what it lacks comes from ``loops``.  Outputs come
first and are allocated by the caller; all arrays are C-contiguous and of one float dtype.

Environment variables: ``MINIGRAD_KERNELS`` (the default backend), ``MINIGRAD_NUM_THREADS``,
``MINIGRAD_CACHE_DIR`` (where compiled kernels are kept), ``MINIGRAD_KEEP_MEMORY`` (see `_memory`).

Numba is imported by the first kernel that runs, not by ``import minigrad``.
"""

import os
from functools import cache
from importlib import import_module
from types import ModuleType

from ._cache import on_compile
from ._memory import keep_freed_memory
from ._threads import cores, get_num_threads, set_num_threads

__all__ = [
    "backend",
    "backends",
    "cores",
    "get_num_threads",
    "on_compile",
    "set_num_threads",
    "use",
]

_BACKENDS = ("loops", "simd")
_SUBMODULES = (*_BACKENDS, "geometry", "rates")

keep_freed_memory()


def backends() -> tuple[str, ...]:
    """Names that :func:`use` accepts."""
    return _BACKENDS


def backend() -> ModuleType:
    """The module of the backend in use (imported now if it was not yet)."""
    return _module(_current)


@cache
def _module(name: str) -> ModuleType:
    return import_module(f"{__name__}.{name}")


class use:  # noqa: N801 - called like a function
    """Choose the backend that runs every operation from now on, or inside a ``with`` block.

    Parameters
    ----------
    name : str
        ``"loops"`` or ``"simd"``.

    Raises
    ------
    ValueError
        If there is no such backend.

    Examples
    --------
    >>> from minigrad import kernels
    >>> with kernels.use("loops"):
    ...     kernels.backend().__name__
    'minigrad.kernels.loops'
    """

    def __init__(self, name: str) -> None:
        global _current
        self._previous = _current
        _current = _checked(name, "kernels.use: name")

    def __enter__(self) -> "use":
        return self

    def __exit__(self, *exception: object) -> None:
        global _current
        _current = self._previous


def _checked(name: str, where: str) -> str:
    if name not in _BACKENDS:
        choices = " or ".join(repr(known) for known in _BACKENDS)
        raise ValueError(f"{where} must be {choices}, got {name!r}")
    return name


def __getattr__(name: str) -> object:
    """Forward the name of an operation to the backend in use, else to the textbook."""
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name in _SUBMODULES:
        return _module(name)
    for backend_name in (_current, "loops"):
        kernel = getattr(_module(backend_name), name, None)
        if kernel is not None:
            return kernel
    raise AttributeError(f"no kernel named {name!r} in the backends {_current!r} and 'loops'")


_current = _checked(os.environ.get("MINIGRAD_KERNELS") or "simd", "MINIGRAD_KERNELS")
