"""One run of a described network, watched: a row for each layer, in the order in which they ran."""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from minigrad.autograd import Function, no_grad
from minigrad.functional.conv import Conv2d, ConvTranspose2d
from minigrad.functional.pool import AvgPool2d, MaxPool2d
from minigrad.nn import Module
from minigrad.random import default_generator
from minigrad.summary.describing import Description, describing
from minigrad.summary.reach import Spans, input_spans, spans_after
from minigrad.summary.work import macs
from minigrad.tensor import Tensor

__all__ = ["Row", "Watch", "as_it_was", "weightless"]


@dataclass
class Row:
    """One layer, or one operation outside of any, as it ran.

    Attributes
    ----------
    number : int
        From 1 on, in order of execution; 0 is the network's input.
    name : str
        Of the module, with dots; for an operation that of the module that called it.
    kind : str
        The module's class, or the operation in small letters.
    is_layer : bool
        Whether it is a module.
    sources : tuple of int
        Rows whose outputs it took.
    kernel, stride, padding, output_padding, dilation : pair of int or None
        Of the window [pixels].
    groups : int
    inputs, output : tuple of int
        Shapes; of the inputs a tuple of them.
    parameters, trainable : int
        Numbers of them, where the layer runs for the first time.
    macs, exact_macs : int
        Multiply-adds of the whole batch: see `minigrad.summary.work`.
    again : int
        The row of the first run of the same layer, or 0.
    fields : tuple of (int or None), or None
        Receptive field along each axis of the picture [pixels]; None is everything.
    """

    number: int
    name: str
    kind: str
    is_layer: bool = False
    sources: tuple[int, ...] = ()
    kernel: tuple[int, ...] | None = None
    stride: tuple[int, ...] | None = None
    padding: tuple[int, ...] | None = None
    output_padding: tuple[int, ...] | None = None
    dilation: tuple[int, ...] | None = None
    groups: int = 1
    inputs: tuple[tuple[int, ...], ...] = ()
    output: tuple[int, ...] = ()
    parameters: int = 0
    trainable: int = 0
    macs: int = 0
    exact_macs: int = 0
    again: int = 0
    fields: tuple[int | None, ...] | None = None
    spans: Spans | None = field(default=None, repr=False)


class _Origin(NamedTuple):
    rows: tuple[int, ...]
    spans: Spans | None


@contextmanager
def weightless(model: Module) -> Iterator[None]:
    """Inside, a network's parameters and buffers are described arrays; its own come back after."""
    kept = []
    description = Description()
    for tensor in [*model.parameters(), *model.buffers()]:
        kept.append((tensor, tensor.array, tensor.storage.version))
        tensor.array = description.array(tensor.array.shape, tensor.array.dtype)
    try:
        yield
    finally:
        for tensor, array, version in kept:
            tensor.array, tensor.storage.version = array, version


@contextmanager
def as_it_was(model: Module) -> Iterator[None]:
    """Inside, modes and the default generator may change."""
    modes = {module: module.training for module in model.modules()}
    state = default_generator.get_state()
    try:
        yield
    finally:
        default_generator.set_state(state)
        for module, mode in modes.items():
            module.training = mode


class Watch(Description):
    """A description that sees every operation, and which layer it runs in.

    Parameters
    ----------
    model : Module
        Within `weightless`.

    Attributes
    ----------
    rows : list of Row
    path : list of str
        Names of the modules that are running, the network itself first; after an error, where.
    """

    def __init__(self, model: Module) -> None:
        super().__init__()
        self.model = model
        self.rows: list[Row] = []
        self.path: list[str] = []
        self._names = {module: name for name, module in model.named_modules()}
        self._owners = {id(p.array.base): p for p in model.parameters()}
        self._first_runs: dict[Any, int] = {}
        self._origins: dict[int, tuple[weakref.ref, _Origin]] = {}
        self._latest: dict[int, _Origin] = {}  # by the memory that views share
        self._layer: Row | None = None

    def __call__(self, *shapes: tuple[int, ...], dtype: Any = np.float32) -> Any:
        """Run the network once, in evaluation mode, on inputs of the given shapes."""
        inputs = [Tensor.wrap(self.array(shape, dtype)) for shape in shapes]
        for x in inputs:
            self._remember(x.array, _Origin((0,), input_spans(x.array.shape)))
        with ExitStack() as after:
            for module, name in self._names.items():
                for register, hook in self._hooks(module, name):
                    after.callback(register(hook, with_kwargs=True).remove)
            after.enter_context(as_it_was(self.model))
            self.model.eval()
            after.enter_context(no_grad())
            after.enter_context(describing(self))
            return self.model(*inputs)

    # -- layers

    def _hooks(self, module: Module, name: str) -> list[tuple[Callable, Callable]]:
        leaf = not any(True for _ in module.children())

        def enter(_: Module, args: Any, kwargs: Any) -> None:
            self.path.append(name)
            if leaf:
                self._begin(module, name, list(_tensors((args, kwargs))))

        def leave(_: Module, args: Any, kwargs: Any, result: Any) -> Any:
            self.path.pop()
            return self._end(list(_tensors((args, kwargs))), result) if leaf else None

        return [
            (module.register_forward_pre_hook, enter),
            (module.register_forward_hook, leave),
        ]

    def _begin(self, module: Module, name: str, inputs: list[Tensor]) -> None:
        row = self._new_row(name, type(module).__name__, [x.array for x in inputs])
        row.is_layer = True
        first = self._first_runs.setdefault(module, row.number)
        if first < row.number:
            row.again = first
        else:
            row.parameters, row.trainable = _count(module.parameters())
        self._layer = row

    def _end(self, inputs: list[Tensor], result: Any) -> Any:
        row, self._layer = self._layer, None
        assert row is not None
        outputs = list(_tensors(result))
        if not outputs:
            return None
        passed = [x for x in inputs if x is outputs[0]]
        if passed:  # the layer did nothing: its output is told from its input from here on
            result = Tensor.wrap(outputs[0].array.view())
            outputs = [result]
        for y in outputs:
            origin = self._origin(passed[0].array if passed else y.array)
            self._remember(y.array, _Origin((row.number,), origin.spans if origin else None))
        self._finish(row, outputs[0].array)
        return result if passed else None

    def _new_row(self, name: str, kind: str, inputs: list[np.ndarray]) -> Row:
        origins = [origin for x in inputs if (origin := self._origin(x))]
        sources = dict.fromkeys(number for origin in origins for number in origin.rows)
        shapes = tuple(x.shape for x in inputs if self._origin(x))
        row = Row(len(self.rows) + 1, name, kind, sources=tuple(sources), inputs=shapes)
        self.rows.append(row)
        return row

    def _finish(self, row: Row, output: np.ndarray) -> None:
        row.output = output.shape
        origin = self._origin(output)
        row.spans = origin.spans if origin else None

    # -- operations

    def run(self, function: Function, arguments: list[Any]) -> Any:
        """As `Description.run`, and take note of what ran."""
        results = super().run(function, arguments)
        first = results[0] if isinstance(results, tuple) else results
        arrays = [a for a in arguments if isinstance(a, np.ndarray)]
        origins = [self._origin(a) for a in arrays]
        if not isinstance(first, np.ndarray) or not any(origins):
            return results
        row = self._layer or self._row_of_operation(function, arrays, first)
        given = [self._origin(a) if isinstance(a, np.ndarray) else None for a in arguments]
        spans = spans_after(function, arguments, first, [o.spans if o else None for o in given])
        rows = (row.number,) if row else next(o.rows for o in origins if o)
        for y in results if isinstance(results, tuple) else (results,):
            self._remember(y, _Origin(rows, spans))
        if row:
            dense, exact = macs(function, arguments, first)
            row.macs, row.exact_macs = row.macs + dense, row.exact_macs + exact
            _note_window(row, function, arguments, first)
            if row is not self._layer:
                self._finish(row, first)
        return results

    def _row_of_operation(
        self, function: Function, arrays: list[np.ndarray], result: np.ndarray
    ) -> Row | None:
        """A row of its own for what no layer does; none for another look at the same numbers."""
        if function.view and result.size == arrays[0].size:
            return None
        row = self._new_row(self.path[-1] if self.path else "", _small(function.name), arrays)
        own = {id(a.base): p for a in arrays if (p := self._owners.get(id(a.base))) is not None}
        new = [p for p in own.values() if self._first_runs.setdefault(p, row.number) == row.number]
        row.parameters, row.trainable = _count(new)
        return row

    # -- where arrays come from

    def _remember(self, array: np.ndarray, origin: _Origin) -> None:
        key = id(array)
        self._origins[key] = weakref.ref(array, lambda _: self._origins.pop(key, None)), origin
        cell = id(array.base)
        if cell in self._cells:
            self._latest[cell] = origin

    def _origin(self, array: np.ndarray) -> _Origin | None:
        found = self._origins.get(id(array))
        if found and found[0]() is array:
            return found[1]
        return self._latest.get(id(array.base)) if id(array.base) in self._cells else None


def _tensors(value: Any) -> Iterator[Tensor]:
    """All tensors in arguments or results."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for v in value:
            yield from _tensors(v)
    elif isinstance(value, dict):
        yield from _tensors(list(value.values()))


def _count(parameters: Any) -> tuple[int, int]:
    several = list(parameters)
    return (
        sum(math.prod(p.shape) for p in several),
        sum(math.prod(p.shape) for p in several if p.requires_grad),
    )


_SPOKEN = {"GetItem": "slice", "MatMul": "matmul", "Read": "take"}


def _small(name: str) -> str:
    """How a function's name is written in a row."""
    if name in _SPOKEN:
        return _SPOKEN[name]
    return "".join("_" + c.lower() if c.isupper() else c for c in name).lstrip("_")


def _note_window(row: Row, function: Function, arguments: list[Any], y: np.ndarray) -> None:
    """Kernel, stride and so on of the last operation of a layer that has them."""
    if isinstance(function, Conv2d | ConvTranspose2d):
        x, w, _, geometry = arguments[:4]
        row.kernel = w.shape[2:]
        row.stride, row.padding, row.dilation, row.groups = geometry
        if isinstance(function, ConvTranspose2d):
            settings = x.shape[2:], row.kernel, *geometry[:3], y.shape[2:]
            row.output_padding = tuple(
                OH - ((H - 1) * S - 2 * P + D * (K - 1) + 1)
                for H, K, S, P, D, OH in zip(*settings, strict=True)
            )
    elif isinstance(function, MaxPool2d | AvgPool2d):
        row.kernel, row.stride, row.padding, row.dilation = arguments[1]
