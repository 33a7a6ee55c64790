"""The trace of an operation: every product of the textbook kernel, in the order of its loops.

`record` runs the kernel's own Python function on recording arrays (`recording`) and reads off how
each cell of the output was made. No sum is taken here: a running sum is the value that the kernel
stored.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from minigrad.kernels import loops
from minigrad.teach import calls_conv, calls_norm, calls_pool
from minigrad.teach.calls import Array, Call
from minigrad.teach.recording import Book, Cell, RecordedArray, python_function
from minigrad.teach.terms import CellTrace, Term, taken_apart, winners

__all__ = ["FORMAT", "OPERATIONS", "Trace", "record"]

OPERATIONS: dict[str, Callable[..., Call]] = {
    name: getattr(module, name)
    for module in (calls_conv, calls_norm, calls_pool)
    for name in module.__all__
}
"""Name of an operation: what builds its `Call` from PyTorch's arguments."""


class Trace:
    """A textbook kernel's run, cell by cell.

    Attributes
    ----------
    operation, equation : str
    settings : dict
    inputs : dict of str to ndarray
        What was given. Where a trace is of one cell, the part of it that was used.
    outputs : dict of str to ndarray
        All that the kernel wrote.
    output_name : str
    factors : (str, str or None)
        Names of the arrays of `Term.input` and `Term.weight`.
    origins : dict of str to Cell
        Index of the first element of each array, where it is not 0: negative for padding.
    counts : dict of str to int
        "multiplications", "additions", "divisions", "comparisons" that the kernel did on recorded
        numbers, and "products", the number of terms.
    """

    def __init__(self, call: Call) -> None:
        self.call = call
        self.operation, self.equation = call.operation, call.equation
        self.settings: Mapping[str, Any] = call.settings
        self.output_name, self.factors = call.output, call.factors
        book, arrays = Book(), []
        for argument in call.arguments:
            if isinstance(argument, Array):
                cells, values = argument.cells(), argument.for_kernel()
                argument = RecordedArray(book, argument.name, values, argument.kept, cells)
            arrays.append(argument)
        with np.errstate(all="ignore"):
            python_function(getattr(loops, call.kernel))(*arrays)
        self._book = book
        self._recorded = {a.name: a for a in arrays if isinstance(a, RecordedArray)}
        self.inputs: dict[str, np.ndarray] = {}
        self.outputs: dict[str, np.ndarray] = {}
        self.origins: dict[str, Cell] = {}
        for name, array in call.arrays().items():
            values = array.back(self._recorded[name].values()) if array.is_output else array.values
            (self.outputs if array.is_output else self.inputs)[name] = values
            self.origins[name] = array.origin or (0,) * values.ndim

    @property
    def output(self) -> np.ndarray:
        """What the kernel computed."""
        return self.outputs[self.output_name]

    @functools.cached_property
    def cells(self) -> dict[Cell, CellTrace]:
        """Every output cell, in C order."""
        recorded = self._recorded[self.output_name].numbers()
        if self.call.kernel == "max_pool2d":
            return winners(self._book, dict(recorded))
        found = {cell: taken_apart(number, self.factors) for cell, number in recorded}
        return {cell: found[cell] for cell in sorted(found)}

    @property
    def terms(self) -> dict[Cell, tuple[Term, ...]]:
        """The terms of every output cell, in the order in which the kernel added them."""
        return {cell: trace.terms for cell, trace in self.cells.items()}

    def history(self, name: str) -> dict[Cell, list[CellTrace]]:
        """How each cell of an array was made, every time that the kernel wrote it.

        Batch norm writes its mean twice: the plain mean, then the mean corrected for rounding.
        """
        found: dict[Cell, list[CellTrace]] = {}
        for kind, written, cell, number in self._book.events:
            if (kind, written) == ("write", name):
                found.setdefault(cell, []).append(taken_apart(number, self.factors))
        return found

    @functools.cached_property
    def wide(self) -> Trace:
        """The same kernel with nothing left out: on the padded picture, into the uncropped output.

        A term whose input lies outside `inputs` met padding; a cell that is not among `cells` is
        cropped. The trace itself where there is no such thing.
        """
        return Trace(self.call.wide) if self.call.wide is not None else self

    def is_inside(self, cell: Cell, name: str | None = None) -> bool:
        """Whether a cell belongs to the array itself (the first factor by default), not padding."""
        name = name or self.factors[0]
        values = self.inputs[name] if name in self.inputs else self.outputs[name]
        origin = self.origins[name]
        return all(o <= i < o + size for i, o, size in zip(cell, origin, values.shape, strict=True))

    @functools.cached_property
    def counts(self) -> dict[str, int]:
        """What the kernel did; see the class."""
        book = self._book
        return {
            "products": sum(len(trace.terms) for trace in self.cells.values()),
            "multiplications": book.multiplications,
            "additions": book.additions,
            "divisions": book.divisions,
            "comparisons": book.comparisons,
        }

    def to_json(self) -> str:
        """The trace as JSON, in the form described in `trace.FORMAT`."""
        return json.dumps(self.to_dict(), separators=(",", ":"), allow_nan=False)

    def to_dict(self) -> dict[str, Any]:
        """What `to_json` writes."""
        wide = self.wide if self.wide is not self else None
        return {
            "format": "minigrad trace",
            "version": 1,
            "operation": self.operation,
            "equation": self.equation,
            "settings": _plain(dict(self.settings)),
            "factors": list(self.factors),
            "output": self.output_name,
            "inputs": self._arrays(self.inputs),
            "outputs": self._arrays(self.outputs),
            "columns": list(Term._fields),
            "cells": self._cells(),
            "wide": None
            if wide is None
            else {
                "inputs": wide._arrays(wide.inputs),
                "outputs": wide._arrays(wide.outputs),
                "cells": wide._cells(),
                "counts": wide.counts,
            },
            "counts": self.counts,
        }

    def _arrays(self, arrays: Mapping[str, np.ndarray]) -> dict[str, Any]:
        return {
            name: {
                "shape": list(values.shape),
                "origin": list(self.origins[name]),
                "values": _plain(values.tolist()),
            }
            for name, values in arrays.items()
        }

    def _cells(self) -> list[dict[str, Any]]:
        found = []
        for cell, trace in self.cells.items():
            entry = {
                "cell": list(cell),
                "value": _plain(trace.value),
                "start": _plain(trace.start),
                "start_cell": _plain(trace.start_cell),
                "divisor": _plain(trace.divisor),
                "terms": _plain([list(term) for term in trace.terms]),
            }
            if not trace.terms and trace.number.operation not in ("cell", "constant"):
                entry["steps"] = _plain([list(step) for step in trace.steps()])
            found.append(entry)
        return found


FORMAT = """
The JSON of a trace::

    format     "minigrad trace"
    version    1
    operation  "conv2d", ...
    equation   the sum that every cell is
    settings   {"stride": [1, 1], ...}
    factors    [name of the array of a term's input, name of the array of its weight or null]
    output     name of the output
    inputs     {name: {"shape", "origin", "values"}}: values are nested lists; origin is the index
               of the first element
    outputs    the same, of all that the kernel wrote
    columns    the names of a term's entries:
               step, input, weight, x, w, product, sum  (see `Term`)
    cells      one entry an output cell, in C order:
               {"cell": [n, o, oh, ow], "value", "start", "start_cell": [name, cell] or null,
                "divisor", "terms": [[...], ...]}
               and where there are no terms "steps": [[operation, left, right, value], ...]
    wide       null, or {"inputs", "outputs", "cells", "counts"} of the same kernel with nothing
               left out: the picture with its padding (origin [0, 0, -PH, -PW]), or the output
               before it is cropped
    counts     {"products", "multiplications", "additions", "divisions", "comparisons"}

Whole numbers are written without a point; NaN and infinities are the strings "nan", "inf", "-inf".
"""


MOST = 500_000
"""Products that are recorded at most; more would take gigabytes."""


def _plain(value: Any) -> Any:
    """Numbers and lists as JSON knows them."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float | np.floating):
        number = float(value)
        if not math.isfinite(number):
            return str(number)
        return int(number) if number.is_integer() and abs(number) < 2**53 else number
    return int(value) if isinstance(value, np.integer) else value


def record(operation: str, *arrays: Any, **arguments: Any) -> Trace:
    """Run an operation's textbook kernel on recording arrays.

    Parameters
    ----------
    operation : str
        One of `OPERATIONS`: "conv2d", "conv_transpose2d", "conv2d_weight_grad", "max_pool2d", ...
    arrays, arguments
        As the operation's builder takes them: the input, the weight, the bias; then PyTorch's
        settings by name. A matrix stands for a picture of one channel. The convolutions take
        ``at``, the only output cell to be computed.

    Returns
    -------
    Trace

    Raises
    ------
    ValueError
        An unknown operation, or settings that do not fit.

    Examples
    --------
    >>> trace = record("conv2d", [[1, 2, 3], [4, 5, 6]], [[1, -1]])
    >>> trace.output.tolist()
    [[[[-1.0, -1.0], [-1.0, -1.0]]]]
    >>> [(t.x, t.w, t.product, t.sum) for t in trace.terms[0, 0, 1, 1]]
    [(5.0, 1.0, 5.0, 5.0), (6.0, -1.0, -6.0, -1.0)]
    """
    if operation not in OPERATIONS:
        raise ValueError(f"there is no operation {operation!r}; there are {', '.join(OPERATIONS)}")
    call = OPERATIONS[operation](*arrays, **arguments)
    if (work := _work(call)) > MOST:
        raise ValueError(
            f"{operation}: about {work} products would be recorded, at most {MOST} are; take a "
            "smaller input, or explain one cell (at)"
        )
    return Trace(call)


def _work(call: Call) -> int:
    """About how many products the kernel makes."""
    sizes = {name: array.values.size for name, array in call.arrays().items()}
    outputs = sizes[call.output]
    if call.kernel in ("conv2d", "conv_transpose2d"):
        x = sizes[call.factors[0]] if call.kernel == "conv_transpose2d" else outputs
        w = call.arrays()["w"].values
        return x * w.size // max(w.shape[0], 1)
    if call.kernel == "conv2d_weight_grad":
        return outputs * sizes[call.factors[1] or ""]
    if call.kernel == "matrix_product":
        return outputs * call.arrays()[call.factors[0]].values.shape[-1]
    kernel = math.prod(call.settings.get("kernel_size", (1,)))
    return max(sizes.values()) * kernel
