"""A question about an operation, whose answer is what the engine's textbook kernel computes.

A worksheet asks it, `check` compares an answer with it, and the classic mistakes (`mistakes`)
answer a question that was changed a little.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from minigrad.kernels import loops
from minigrad.teach.calls import Array, Call, as_picture
from minigrad.teach.recording import Cell, python_function
from minigrad.teach.trace import OPERATIONS, Trace, record
from minigrad.teach.views_then import ACTIVATIONS
from minigrad.tensor import Tensor

__all__ = ["ASKED", "Question", "ask", "by_loops"]

ASKED = ("output", "input_grad", "weight_grad", "bias_grad", "products")
"""What can be asked of an operation on given numbers; "products" are those of one cell."""

_SIZED = ("conv2d", "conv_transpose2d", "avg_pool2d", "upsample")  # input gradients that need both


def by_loops(call: Call) -> dict[str, np.ndarray]:
    """What the textbook kernel's own Python function writes, by name; nothing is compiled."""
    given = [a.for_kernel() if isinstance(a, Array) else a for a in call.arguments]
    with np.errstate(all="ignore"):
        python_function(getattr(loops, call.kernel))(*given)
    return {
        a.name: a.back(values)
        for a, values in zip(call.arguments, given, strict=True)
        if isinstance(a, Array) and a.is_output
    }


@dataclass(frozen=True, eq=False)
class Question:
    """What an operation makes of certain numbers.

    Attributes
    ----------
    operation : str
        One of `trace.OPERATIONS`.
    arrays : tuple
        As its builder takes them; None for a bias that is not there.
    settings : dict
        PyTorch's, by name.
    cell : Cell or None
        Only the products of this output cell are asked for.
    then : tuple of arrays
        Weights of the linear layers that follow.
    activation : str
        Between linear layers, see `views_then.ACTIVATIONS`.
    output : str
        The array that is asked for, where it is not the operation's result (batch norm's ``gw``).
    forward : Question or None
        Of a gradient: the operation that it is a gradient of.
    """

    operation: str
    arrays: tuple[Any, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    cell: Cell | None = None
    then: tuple[np.ndarray, ...] = ()
    activation: str = "relu"
    output: str = ""
    forward: Question | None = None

    @functools.cached_property
    def call(self) -> Call:
        """The call of the textbook kernel."""
        given = list(self.arrays)
        while given and given[-1] is None:
            given.pop()
        return OPERATIONS[self.operation](*given, **self.settings)

    @functools.cached_property
    def trace(self) -> Trace:
        """The recorded run."""
        given = list(self.arrays)
        while given and given[-1] is None:
            given.pop()
        return record(self.operation, *given, **self.settings)

    @functools.cached_property
    def answer(self) -> np.ndarray:
        """What the textbook kernel computes."""
        values = by_loops(self.call)[self.output or self.call.output]
        function = ACTIVATIONS[self.activation][1]
        for weight in self.then:
            hidden = function(Tensor.wrap(values)).numpy()
            values = by_loops(OPERATIONS["linear"](hidden, weight))["y"]
        return values

    @property
    def result(self) -> str:
        """The name of what is asked for: y, gx, gw or gb."""
        return self.output or self.call.output

    @property
    def explains(self) -> bool:
        """Whether the trace holds the terms of the answer itself."""
        return not self.then and self.result == self.call.output

    @property
    def factors(self) -> tuple[str, str | None]:
        """The names of the arrays whose products are added up."""
        return self.call.factors

    def array(self, name: str) -> np.ndarray | None:
        """The values of an array of the call, in the user's shape; None if there is none."""
        found = self.call.arrays().get(name)
        return None if found is None else found.values

    def shown(self) -> dict[str, np.ndarray]:
        """The arrays to be printed with the question: of a gradient also the forward pass's x."""
        found = {a.name: a.values for a in self.call.arrays().values() if not a.is_output}
        if self.forward is not None and "index" in self.forward.call.arrays():
            found = {"x": as_picture(self.forward.arrays[0]), **found}
        if self.operation == "batch_norm":
            found = {name: values for name, values in found.items() if self.place(name) is not None}
        return found

    def changed(self, **changes: Any) -> Question:
        """The same with other arrays or settings."""
        return replace(self, **changes)

    def with_settings(self, **settings: Any) -> Question:
        """The same with some settings changed."""
        return replace(self, settings={**self.settings, **settings})

    def with_array(self, place: int, values: Any) -> Question:
        """The same with one array exchanged."""
        return replace(self, arrays=(*self.arrays[:place], values, *self.arrays[place + 1 :]))

    def place(self, name: str) -> int | None:
        """Which of `arrays` is called x, w, b or gy; None where there is none."""
        taken = list(inspect.signature(OPERATIONS[self.operation]).parameters)
        names = [{"weight": "w", "bias": "b"}.get(word, word) for word in taken]
        given = [name for name, array in zip(names, self.arrays, strict=False) if array is not None]
        return names.index(name) if name in given else None


def ask(
    operation: str,
    *arrays: Any,
    of: str = "output",
    gy: Any = None,
    cell: Cell | None = None,
    then: Sequence[Any] = (),
    activation: str = "relu",
    **settings: Any,
) -> Question:
    """Ask for an operation's output, one of its gradients, or the products of one cell.

    Parameters
    ----------
    operation : str
        A forward operation: "conv2d", "conv_transpose2d", "max_pool2d", ..., "linear".
    arrays
        Input, weight, bias, as far as the operation has them.
    of : str
        One of `ASKED`.
    gy : array, "ones" or None
        For a gradient: what arrives at the output; None is 1, 2, 3, ... in reading order.
    cell : tuple, optional
        The output cell whose products are asked for.
    then, activation
        Linear layers that follow a linear one, and what stands between them.
    settings
        PyTorch's, by name.

    Raises
    ------
    ValueError
        What is asked for does not exist, or the sizes do not fit.

    Examples
    --------
    >>> ask("conv2d", [[1, 2, 3], [4, 5, 6]], [[1, -1]]).answer.tolist()
    [[[[-1.0, -1.0], [-1.0, -1.0]]]]
    >>> ask("linear", [[1, 2]], [[3, 4]], of="weight_grad", gy=[[10]]).answer.tolist()
    [[10.0, 20.0]]
    """
    if of not in ASKED:
        raise ValueError(f"question: there is no {of!r}; there are {', '.join(ASKED)}")
    if operation not in OPERATIONS:
        raise ValueError(f"there is no operation {operation!r}; there are {', '.join(OPERATIONS)}")
    layers = tuple(np.atleast_2d(np.asarray(weight, np.float64)) for weight in then)
    asked = Question(operation, arrays, settings, cell, layers, activation)
    if of in ("output", "products"):
        return asked
    y = asked.answer
    if gy is None:
        gy = np.arange(1, y.size + 1, dtype=y.dtype)
    elif isinstance(gy, str) and gy == "ones":
        gy = np.ones(y.size, y.dtype)
    gradient = np.asarray(gy, y.dtype)
    if gradient.size != y.size:
        raise ValueError(
            f"gy must have the output's shape {y.shape}, but its shape is {gradient.shape}"
        )
    return _gradient(asked, of, gradient.reshape(y.shape))


def _gradient(asked: Question, of: str, gy: np.ndarray) -> Question:
    """The question about a gradient of the operation."""
    name, how, arrays = asked.operation, dict(asked.settings), asked.call.arrays()
    given: tuple[Any, ...] = (gy,)
    output = ""
    if name == "batch_norm":
        given, output = (gy, *asked.arrays[:2]), {"w": "gw", "b": "gb", "i": ""}[of[0]]
        return Question("batch_norm_input_grad", given, how, output=output, forward=asked)
    if of != "input_grad" and "w" not in arrays:
        raise ValueError(f"{name} has no weight and no bias, so there is no {of}")
    if of == "bias_grad":
        how = {}
    elif of == "weight_grad":
        given = (arrays["x"].values, gy)
        how |= {"kernel_size": arrays["w"].values.shape[2:]} if name != "linear" else {}
    elif name == "max_pool2d":
        index = by_loops(asked.call)["index"]
        given, how = (gy, index), {"x_shape": arrays["x"].values.shape}
    elif name in _SIZED:
        given += (asked.arrays[1],) if "w" in arrays else ()
        how |= {"x_shape": arrays["x"].values.shape}
    elif name == "linear":
        given += (asked.arrays[1],)
    else:
        how = {"x_shape": arrays["x"].values.shape}
    return Question(f"{name}_{of}", given, how, forward=asked)
