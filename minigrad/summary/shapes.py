"""What comes out of an operation, without computing it: shapes, dtypes, and what backward keeps.

Most operations say their output's shape in their arguments, since the functional layer has checked
every size before it applies them; pointwise ones are run on a single element; the few others have
a rule here.  An operation without any rule is computed, on zeros: slower, never wrong.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from minigrad.autograd import Function
from minigrad.functional.activation import LeakyRelu, Relu
from minigrad.functional.adaptive_pool import AdaptiveMaxPool2d
from minigrad.functional.affine import Linear
from minigrad.functional.conv import Conv2d, ConvTranspose2d
from minigrad.functional.dropouts import Dropout
from minigrad.functional.norm_functions import Normalize, NormalizeBy, NormalizeGroups
from minigrad.functional.padding import Pad, Read
from minigrad.functional.pool import MaxPool2d, MaxUnpool2d
from minigrad.functional.softmaxes import LogSoftmax, Softmax
from minigrad.primitives.layout import Cat, Flip, Roll
from minigrad.primitives.pointwise import Pointwise
from minigrad.primitives.products import MatMul
from minigrad.primitives.reduction import CumSum, Sum

__all__ = ["is_pointwise", "outcome"]

New = Callable[[tuple[int, ...], Any], np.ndarray]  # makes an array of a shape and a dtype

_POINTWISE_FILES = {
    "minigrad.functional.activation",
    "minigrad.functional.curve",
    "minigrad.primitives.arithmetic",
    "minigrad.primitives.elementwise",
    "minigrad.primitives.pointwise",
    "minigrad.primitives.special",
}


@cache
def is_pointwise(operation: Any) -> bool:
    """Whether each number of the result depends on those at its own place alone."""
    return any(base.__module__ in _POINTWISE_FILES for base in operation.__mro__)


@cache
def _shape_argument(operation: Any) -> int | None:
    """Which argument of ``forward``, if any, is the shape of the result."""
    names = list(inspect.signature(operation.forward).parameters)[1:]
    return names.index("shape") if "shape" in names else None


def outcome(function: Function, arguments: list[Any], new: New) -> Any:
    """The results of an applied function, as new arrays, or as views where it makes views.

    ``function.save`` is called as ``function.forward`` would.

    Parameters
    ----------
    function : Function
        Of which ``needs`` is set.
    arguments : list
        Of ``forward``: arrays and plain values.
    new : callable
        Makes the array of a shape and a dtype.
    """
    operation: Any = type(function)
    if operation.view:
        return function.forward(*arguments)
    if rule := _RULES.get(operation):
        return rule(function, arguments, new)
    if issubclass(operation, Pointwise):
        return (_result_kept if operation.from_result else _first_kept)(function, arguments, new)
    if is_pointwise(operation):
        return _pointwise(function, arguments, new)
    position = _shape_argument(operation)
    if position is not None:
        x = arguments[0]
        if operation in (Conv2d, ConvTranspose2d):
            _save_crosswise(function, *arguments[:2])
        return new(tuple(arguments[position]), x.dtype)
    return _computed(function, arguments, arguments, new)


def _computed(function: Function, arguments: list[Any], stand_ins: list[Any], new: New) -> Any:
    """Results of the operation on other arguments, enlarged to the shape of the true ones."""
    enlarge = stand_ins is not arguments
    with np.errstate(all="ignore"):
        computed = function.forward(*stand_ins)
    shapes = [np.shape(a) for a in arguments if isinstance(a, np.ndarray)]
    broadcast = np.broadcast_shapes(*shapes) if enlarge else ()
    replaced: dict[int, Any] = {
        id(small): true for small, true in zip(stand_ins, arguments, strict=True)
    }

    def true(array: Any) -> Any:
        if id(array) in replaced or not isinstance(array, np.ndarray):
            return replaced.get(id(array), array)
        shape = broadcast if enlarge else array.shape
        return replaced.setdefault(id(array), new(shape, array.dtype))

    many = isinstance(computed, tuple)
    kept = [np.asarray(y) for y in (computed if many else (computed,))]
    results = tuple(new(broadcast if enlarge else y.shape, y.dtype) for y in kept)
    for y, result in zip(computed if many else (computed,), results, strict=True):
        replaced[id(y)] = result
    function.save(*map(true, function._to_save))
    return results if many else results[0]


def _pointwise(function: Function, arguments: list[Any], new: New) -> Any:
    small = [
        np.zeros((1,) * a.ndim, a.dtype) if isinstance(a, np.ndarray) else a for a in arguments
    ]
    return _computed(function, arguments, small, new)


def _save_crosswise(function: Function, x: np.ndarray, w: np.ndarray) -> None:
    """Each factor is kept for the gradient of the other."""
    function.save(x if function.needs[1] else None, w if function.needs[0] else None)


def _matmul(function: Function, arguments: list[Any], new: New) -> Any:
    x, y = arguments
    _save_crosswise(function, x, y)
    lead = np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
    return new((*lead, x.shape[-2], y.shape[-1]), np.result_type(x, y))


def _linear(function: Function, arguments: list[Any], new: New) -> Any:
    x, w, _ = arguments
    function.save(x, w)
    return new((x.shape[0], w.shape[0]), x.dtype)


def _max_pool(function: Function, arguments: list[Any], new: New) -> Any:
    x, geometry, shape, with_index = arguments
    function.save(new(shape, np.min_scalar_type(math.prod(geometry.kernel) - 1)))
    y = new(shape, x.dtype)
    return (y, new(shape, np.int64)) if with_index else y


def _adaptive_max_pool(function: Function, arguments: list[Any], new: New) -> Any:
    x, shape = arguments
    index = new(shape, np.int64)
    function.save(index)
    return new(shape, x.dtype), index


def _max_unpool(function: Function, arguments: list[Any], new: New) -> Any:
    x, index, shape = arguments
    function.save(index)
    return new(tuple(shape), x.dtype)


def _like_first(function: Function, arguments: list[Any], new: New) -> Any:
    return new(arguments[0].shape, arguments[0].dtype)


def _normalized(function: Function, arguments: list[Any], new: New) -> Any:
    x, weight = arguments[:2]
    function.save(x, weight)
    return new(x.shape, x.dtype)


def _first_kept(function: Function, arguments: list[Any], new: New) -> Any:
    function.save(arguments[0])
    return new(arguments[0].shape, arguments[0].dtype)


def _result_kept(function: Function, arguments: list[Any], new: New) -> Any:
    y = new(arguments[0].shape, arguments[0].dtype)
    function.save(y)
    return y


def _sum(function: Function, arguments: list[Any], new: New) -> Any:
    x, axes, keep = arguments
    shape = [1 if i in axes else n for i, n in enumerate(x.shape) if keep or i not in axes]
    return new(tuple(shape), np.zeros(1, x.dtype).sum().dtype)


def _cat(function: Function, arguments: list[Any], new: New) -> Any:
    axis, *xs = arguments
    shape = list(xs[0].shape)
    shape[axis] = sum(x.shape[axis] for x in xs)
    return new(tuple(shape), np.result_type(*xs))


def _pad(function: Function, arguments: list[Any], new: New) -> Any:
    x, margins, _ = arguments
    shape = tuple(a + n + b for n, (a, b) in zip(x.shape, margins, strict=True))
    return new(shape, x.dtype)


def _read(function: Function, arguments: list[Any], new: New) -> Any:
    x, axis, index = arguments
    shape = list(x.shape)
    shape[axis] = len(index)
    return new(tuple(shape), x.dtype)


_RULES: dict[type[Function], Callable[[Any, list[Any], New], Any]] = {
    AdaptiveMaxPool2d: _adaptive_max_pool,
    Cat: _cat,
    CumSum: _like_first,
    Dropout: _like_first,
    Flip: _like_first,
    LeakyRelu: _first_kept,
    Linear: _linear,
    LogSoftmax: _result_kept,
    MatMul: _matmul,
    MaxPool2d: _max_pool,
    MaxUnpool2d: _max_unpool,
    Normalize: _normalized,
    NormalizeBy: _normalized,
    NormalizeGroups: _normalized,
    Pad: _pad,
    Read: _read,
    Relu: _result_kept,
    Roll: _like_first,
    Softmax: _result_kept,
    Sum: _sum,
}
