"""The one place where kernels are compiled: ``name = jit(_name)``.

``jit`` is ``numba.njit`` with what minigrad's kernels have in common: machine code kept on disk by
the content of the whole folder (see ``_cache``), Python's lock released while a kernel runs, and
NumPy's floating-point rules (1/0 is inf).  ``fastmath`` is never used: NaN stays NaN.  Kernels
allocate no arrays, and so count no references: threads that did would wait for each other at every
view of an array, as the counter is one place in memory.

``NUMBA_DISABLE_JIT=1`` makes ``jit`` return the plain function, ``NUMBA_BOUNDSCHECK=1`` compiles
kernels that check every index (and keeps them apart on disk).
"""

import hashlib
import pickle  # noqa: TID251 - our own files, in a folder that only the user can write
import re
import sys
from collections.abc import Callable
from typing import Any

import llvmlite
import numba
from numba import types
from numba.core import config
from numba.core.caching import _Cache
from numba.core.compiler import CompileResult
from numba.core.registry import cpu_target
from numba.core.serialize import dumps

from ._cache import KernelCache, announce_compilation

__all__ = ["DISABLED", "cache_folder", "jit"]

DISABLED = bool(config.DISABLE_JIT)
"""Whether NUMBA_DISABLE_JIT asks for plain Python functions."""


def cache_folder() -> str | None:
    """Where machine code is kept; None where it cannot be (or nothing is compiled)."""
    return None if DISABLED or not (store := _FunctionCache._store()).folder else str(store.folder)


def jit(function: Callable[..., Any], **options: Any) -> Any:
    """Compile ``function`` when it is first called, or take its machine code from the disk.

    Parameters
    ----------
    function
        A function of a file of ``kernels/``, without closure, that allocates nothing.  Its arrays
        are C-contiguous; those it only reads may be read-only: they share the machine code of
        writable ones.
    options
        Passed on to ``numba.njit``, for example ``inline="always"``.

    Returns
    -------
    dispatcher
        What ``numba.njit`` returns, callable from Python and from other compiled functions.

    Examples
    --------
    >>> import numpy as np
    >>> def _double(y, x):
    ...     for i in range(len(x)):
    ...         y[i] = 2 * x[i]
    >>> double = jit(_double)
    >>> y = np.empty(3)
    >>> double(y, np.ones(3)); y.tolist()
    [2.0, 2.0, 2.0]
    """
    settings = {"nogil": True, "error_model": "numpy", "_nrt": False, **options}
    compiled = numba.njit(**settings)(function)
    if not DISABLED:
        compiled._cache = _FunctionCache(function)
        _ignore_write_protection(compiled)
        _ignore_constants(compiled)
    return compiled


def _ignore_write_protection(dispatcher: Any) -> None:
    """Type a read-only array as a writable one, so that a kernel is not compiled twice for it."""
    typeof = dispatcher.typeof_pyval

    def typeof_pyval(value: object) -> types.Type:
        kind = typeof(value)
        return kind.copy(readonly=False) if isinstance(kind, types.Array) else kind

    dispatcher.typeof_pyval = typeof_pyval


def _ignore_constants(dispatcher: Any) -> None:
    """Type a constant argument of a call between kernels by its type alone, not by its value.

    Numba would compile ``f(0)`` and ``f(i)`` apart.
    """
    template = dispatcher.get_call_template

    def get_call_template(args: Any, kws: dict) -> Any:
        kws = {name: types.unliteral(kind) for name, kind in kws.items()}
        return template([types.unliteral(kind) for kind in args], kws)

    dispatcher.get_call_template = get_call_template


class _FunctionCache(_Cache):
    """What a Numba dispatcher asks before it compiles, and tells afterwards."""

    _disk: KernelCache | None = None

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._name = f"{function.__module__}.{function.__qualname__}"
        self._in_kernels = function.__module__.startswith(__package__ + ".")

    @property
    def cache_path(self) -> str | None:
        return str(self._store().folder)

    def load_overload(self, signature: Any, target_context: Any) -> CompileResult | None:
        target_context.refresh()
        file = self._file(signature, target_context.codegen())
        data = self._store().load(file) if self._in_kernels else None
        if data is not None:
            try:
                return CompileResult._rebuild(target_context, *pickle.loads(data))
            except Exception as error:  # whatever a file of another making may raise
                self._store().discard(file, repr(error))
        announce_compilation(self._name)
        return None

    def save_overload(self, signature: Any, result: CompileResult) -> None:
        if self._in_kernels and not result.lifted and not result.library.has_dynamic_globals:
            self._store().save(self._file(signature, result.codegen), dumps(result._reduce()))

    def _file(self, signature: Any, codegen: Any) -> str:
        """File name: a readable part, and the hash of name, argument types and processor."""
        exact = repr((self._name, str(signature), codegen.magic_tuple()))
        readable = re.sub(r"[^\w.]", "", self._name.removeprefix(__package__ + "."))
        return f"{readable}-{hashlib.sha256(exact.encode()).hexdigest()[:32]}"

    @staticmethod
    def _store() -> KernelCache:
        if _FunctionCache._disk is None:
            _FunctionCache._disk = KernelCache(
                sys.version,
                numba.__version__,
                llvmlite.__version__,
                cpu_target.target_context.codegen().magic_tuple(),
                [getattr(config, flag, None) for flag in _FLAGS],
            )
        return _FunctionCache._disk

    def enable(self) -> None:
        """Part of Numba's interface; our cache is always on."""

    def disable(self) -> None:
        """Part of Numba's interface; our cache is always on."""

    def flush(self) -> None:
        """Part of Numba's interface; the digest makes it unnecessary."""


_FLAGS = (
    "BOUNDSCHECK",
    "OPT",
    "LOOP_VECTORIZE",
    "SLP_VECTORIZE",
    "DEBUGINFO_DEFAULT",
    "FULL_TRACEBACKS",
)
