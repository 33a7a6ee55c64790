"""The methods of a tensor as functions: ``minigrad.exp(x)`` for ``x.exp()``.

The functions are made from the list of names below; some of them take the names of Python's
builtins, which is
why they have a module of their own.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from minigrad.methods.operands import is_scalar
from minigrad.tensor import Tensor, tensor


def _function(name: str) -> Callable:
    """``f(input, ...)`` for the method of the same name; ``input`` may be a number where an
    operator allows it.
    """
    method = getattr(Tensor, name)

    @functools.wraps(method)
    def function(input: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(input, Tensor):
            if not is_scalar(input):
                raise TypeError(f"{name}: input must be a Tensor, got {type(input).__name__}")
            input = tensor(input)
        return method(input, *args, **kwargs)

    function.__name__ = function.__qualname__ = name
    return function


_NAMES = [
    "abs",
    "add",
    "addcdiv",
    "addcmul",
    "addmm",
    "all",
    "allclose",
    "amax",
    "amin",
    "any",
    "argmax",
    "argmin",
    "argsort",
    "atan",
    "atan2",
    "bitwise_and",
    "bitwise_or",
    "bitwise_xor",
    "bmm",
    "broadcast_to",
    "ceil",
    "chunk",
    "clamp",
    "clip",
    "clone",
    "cos",
    "count_nonzero",
    "cumsum",
    "detach",
    "diag",
    "diagonal",
    "div",
    "dot",
    "eq",
    "equal",
    "exp",
    "exp2",
    "expm1",
    "flatten",
    "flip",
    "floor",
    "floor_divide",
    "gather",
    "ge",
    "gt",
    "index_add",
    "index_select",
    "isclose",
    "isfinite",
    "isinf",
    "isnan",
    "le",
    "lerp",
    "log",
    "log10",
    "log1p",
    "log2",
    "logical_and",
    "logical_not",
    "logical_or",
    "logsumexp",
    "lt",
    "masked_fill",
    "masked_select",
    "matmul",
    "max",
    "maximum",
    "mean",
    "min",
    "minimum",
    "mm",
    "movedim",
    "mul",
    "mv",
    "narrow",
    "ne",
    "neg",
    "nonzero",
    "norm",
    "permute",
    "pow",
    "prod",
    "reciprocal",
    "remainder",
    "repeat_interleave",
    "reshape",
    "roll",
    "round",
    "rsqrt",
    "scatter",
    "scatter_add",
    "select",
    "sigmoid",
    "sign",
    "sin",
    "sort",
    "split",
    "sqrt",
    "square",
    "squeeze",
    "std",
    "sub",
    "sum",
    "swapaxes",
    "t",
    "tan",
    "tanh",
    "tile",
    "topk",
    "transpose",
    "tril",
    "triu",
    "trunc",
    "unbind",
    "unflatten",
    "unique",
    "unsqueeze",
    "var",
]

_ALIASES = {
    "absolute": "abs",
    "arctan": "atan",
    "divide": "div",
    "greater": "gt",
    "less": "lt",
    "multiply": "mul",
    "negative": "neg",
    "subtract": "sub",
    "true_divide": "div",
}

__all__ = sorted([*_NAMES, *_ALIASES])

globals().update({name: _function(_ALIASES.get(name, name)) for name in __all__})
