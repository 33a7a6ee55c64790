"""The tape: what records operations and walks them backwards.  It knows no operation.

Every differentiable operation is a `Function`; each application of one is a *node*, and the instance is at once
node and context.  A node points to the nodes that made its inputs (`edges`), never to its outputs, so a graph is
free of reference cycles and is released the moment nothing needs it.

======== ===========================================================================================
``node`` an applied `Function`; ``edges[i]`` says where the gradient of its i-th tensor argument goes
edge     ``(node, k)``, the k-th output of a node; ``(leaf, 0)``, a tensor that accumulates; ``None``
storage  what tensors that share memory share: a version, raised by each in-place change
======== ===========================================================================================

References
----------
HIPS/autograd's ``core.py`` (a gradient table local to the pass) and PyTorch's engine (order by sequence number,
version counters), Paszke et al., "PyTorch", NeurIPS 2019.
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
import threading
import traceback
import weakref
from collections.abc import Callable, Iterable, Sequence
from inspect import getattr_static
from typing import Any

import numpy as np

__all__ = [
    "Differentiable",
    "Function",
    "Storage",
    "Variable",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "grad",
    "inference_mode",
    "is_grad_enabled",
    "no_grad",
    "replace_value",
    "set_detect_anomaly",
    "set_grad_enabled",
]


# ---------------------------------------------------------------------------------------------------------
# Recording on and off
# ---------------------------------------------------------------------------------------------------------


class _Mode(threading.local):
    recording = True
    anomaly = False


_mode = _Mode()


def is_grad_enabled() -> bool:
    """Whether operations are being recorded (in this thread)."""
    return _mode.recording


class set_grad_enabled(contextlib.ContextDecorator):  # noqa: N801
    """Record operations or not: ``set_grad_enabled(False)`` as a call, a ``with`` block or a decorator."""

    def __init__(self, mode: bool) -> None:
        self.mode = bool(mode)
        self.before = [_mode.recording]
        _mode.recording = self.mode

    def __call__(self, function: Callable) -> Callable:
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

    def __new__(cls, function: Callable | None = None) -> Any:
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


def _has_nan(array: Any) -> bool:
    return isinstance(array, np.ndarray) and array.dtype.kind == "f" and bool(np.isnan(array).any())


def _callers_line() -> str:
    """The innermost line of the stack that lies outside the engine, for error messages."""
    own = __name__.rpartition(".")[0]
    for frame, line in traceback.walk_stack(None):
        if not frame.f_globals.get("__name__", "").startswith(own):
            return f"{frame.f_code.co_filename}:{line} in {frame.f_code.co_name}"
    return "an unknown line"


# ---------------------------------------------------------------------------------------------------------
# What the tape sees of a tensor
# ---------------------------------------------------------------------------------------------------------


class Storage:
    """What all tensors over the same memory have in common.

    ``version`` counts in-place changes; ``rewritten`` is the version of the last change that was recorded;
    ``shared`` says that more than one tensor looks at the memory; ``exported`` that NumPy code outside may
    write to it; ``held`` counts the nodes that keep the memory for their backward.
    """

    __slots__ = ("exported", "held", "rewritten", "shared", "version")

    def __init__(self) -> None:
        self.version = self.rewritten = self.held = 0
        self.shared = self.exported = False


class Differentiable:
    """The base of `Tensor`: an array and its place in the graph."""

    array: np.ndarray
    _requires_grad: bool
    grad: Any
    node: Function | None  # the operation that made it; None for a leaf
    index: int  # which of the node's outputs it is
    storage: Storage
    is_view: bool
    seen: int  # for a view: the storage's ``rewritten`` when the view was made
    hooks: list[Callable] | None  # of a leaf; those of other tensors live in their node

    @classmethod
    def wrap(cls, array: np.ndarray) -> Any:
        """A new plain tensor over ``array``, outside the graph."""
        raise NotImplementedError

    @property
    def requires_grad(self) -> bool:
        """Whether operations on this tensor are recorded."""
        return self._requires_grad

    @property
    def edge(self) -> tuple[Any, int] | None:
        """Where a gradient of this tensor goes."""
        if not self._requires_grad:
            return None
        return (self, 0) if self.node is None else (self.node, self.index)

    def check_fresh(self) -> None:
        """Raise if this is a view whose history an in-place change of its base has made wrong."""
        if self.is_view and self.storage.rewritten > self.seen:
            raise RuntimeError(
                "this view was taken before the tensor it looks into was changed by a recorded in-place "
                "operation, so its gradient would be wrong; take the view again after the change"
            )


class _Saved:
    """An array kept for backward, with what it needs to become a tensor of the graph again."""

    __slots__ = ("array", "edge", "output", "storage", "variable", "version")

    def __init__(self, array: np.ndarray, source: Differentiable | None, output: int = -1) -> None:
        self.array, self.output = (
            array,
            output,
        )  # output >= 0: it is an output of the very node that saves it
        self.edge = source.edge if source is not None and output < 0 else None
        # A leaf comes back as itself; any other tensor is made anew, so that the graph holds no tensors.
        self.variable = source if self.edge is not None and self.edge[0] is source else None
        self.storage = source.storage if source is not None else None
        if self.storage is not None:
            if self.storage.exported:  # somebody outside can write to it unseen: keep our own copy
                self.array, self.storage = array.copy(), None
            else:
                self.storage.held += 1
        self.version = self.storage.version if self.storage is not None else 0

    def __del__(self) -> None:
        if getattr(self, "storage", None) is not None:
            self.storage.held -= 1

    def unpack(self, node: Function) -> Any:
        if self.storage is not None and self.storage.version != self.version:
            raise RuntimeError(
                f"{node.name}: a tensor of shape {self.array.shape} that its backward needs was changed by an "
                f"in-place operation (it is at version {self.storage.version}, expected {self.version}); use "
                "the out-of-place form, or clone() the tensor before it is changed"
            )
        if self.variable is not None and self.variable.array is self.array:
            return self.variable
        tensor = node.wrap(self.array)
        edge = (node, self.output) if self.output >= 0 else self.edge
        if edge is not None:
            tensor._requires_grad = True
            if isinstance(edge[0], Function):
                tensor.node, tensor.index = edge
        return tensor


# ---------------------------------------------------------------------------------------------------------
# Operations
# ---------------------------------------------------------------------------------------------------------

_sequence = itertools.count()


class Function:
    """One differentiable operation; an instance is one application of it, and the context of that application.

    Subclasses write two methods::

        class Square(Function):
            def forward(self, x):          # ndarrays in; an ndarray (or a tuple of them) out
                self.save(x)
                return x * x

            def backward(self, gy):        # tensors in; one gradient, or None, per tensor argument out
                (x,) = self.saved
                return 2 * x * gy

        y = Square.apply(x)                # tensors and plain values mixed; plain values go to forward only

    ``backward`` is written in differentiable operations, so gradients of any order come for free.
    Functions in PyTorch's style (two static methods that take ``ctx``, which see tensors, with
    ``ctx.save_for_backward`` and ``ctx.saved_tensors``) work as well.

    Attributes
    ----------
    needs : tuple of bool
        For each tensor argument, whether its gradient is wanted (all False when nothing is recorded).
    shapes : tuple of tuple of int
        The shapes of the tensor arguments.
    saved : tuple of Tensor
        In ``backward``: what ``forward`` saved, tied into the graph again.
    """

    #: Set where the result may look into the memory of the first argument.
    view = False
    _takes_tensors = False  # the class has PyTorch's static methods

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._takes_tensors = isinstance(getattr_static(cls, "forward", None), staticmethod)

    # -- written by subclasses ------------------------------------------------------------------------

    def forward(self, *arrays: Any) -> Any:
        """Compute the result from ndarrays (and plain values)."""
        raise NotImplementedError(f"{self.name}.forward")

    def backward(self, *gradients: Any) -> Any:
        """Turn gradients of the results into gradients of the tensor arguments."""
        raise NotImplementedError(f"{self.name} has no backward: it cannot be differentiated")

    # -- used by subclasses ---------------------------------------------------------------------------

    def save(self, *arrays: np.ndarray) -> None:
        """Keep arrays for backward: arguments, results or anything made on the way (found by identity)."""
        self._to_save = arrays

    @property
    def saved(self) -> tuple[Any, ...]:
        """What `save` kept, as tensors."""
        if self._released and self._saved is None:
            raise RuntimeError(_TWICE.format(self.name))
        return tuple(s.unpack(self) for s in self._saved or ())

    def non_differentiable(self, *indices: int) -> None:
        """Say in ``forward`` which results carry no gradient (integer ones never do)."""
        self._constant = frozenset(indices)

    def unbroadcast(self, gradient: Any, argument: int) -> Any:
        """Sum a gradient over the axes along which the given argument was broadcast."""
        shape = self.shapes[argument]
        if gradient.shape == shape:
            return gradient
        lead = gradient.ndim - len(shape)
        stretched = [
            lead + i for i, n in enumerate(shape) if n == 1 and gradient.shape[lead + i] != 1
        ]
        return gradient.sum((*range(lead), *stretched), keepdim=True).reshape(shape)

    # -- PyTorch's names for the same, for functions with static methods ----------------------------------

    def save_for_backward(self, *tensors: Any) -> None:
        """PyTorch's `save`, which takes tensors."""
        self.save(*(t.array for t in tensors))

    def mark_non_differentiable(self, *tensors: Any) -> None:
        """PyTorch's `non_differentiable`, which takes tensors."""
        self._constant_arrays = tuple(t.array for t in tensors)

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """PyTorch's `saved`."""
        return self.saved

    @property
    def needs_input_grad(self) -> tuple[bool, ...]:
        """For each argument, tensor or not, whether its gradient is wanted."""
        needs = iter(self.needs)
        return tuple(is_tensor and next(needs) for is_tensor in self._is_tensor)

    @property
    def name(self) -> str:
        """The operation's name, as errors give it."""
        return type(self).__name__

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        """The nodes (or leaves) that the gradients go to."""
        return tuple((None, 0) if e is None else e for e in self.edges)

    def __repr__(self) -> str:
        return f"<{self.name}Backward>"

    # -- the engine's side ------------------------------------------------------------------------------

    def __init__(self) -> None:
        self._to_save: tuple[np.ndarray, ...] = ()
        self._saved: tuple[_Saved, ...] | None = None
        self._released = False
        self._constant: frozenset[int] = frozenset()
        self._constant_arrays: tuple[np.ndarray, ...] = ()
        self.hooks: dict[int, list[Callable]] = {}
        self.edges: tuple[tuple[Any, int] | None, ...] = ()
        self.born = ""

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Run the operation on ``args`` and record it, if any tensor among them requires a gradient."""
        node = cls()
        tensors = [a for a in args if isinstance(a, Differentiable)]
        if not tensors:
            raise TypeError(f"{node.name}: expected at least one Tensor argument")
        recording = _mode.recording and any(t.requires_grad for t in tensors)
        node._is_tensor = tuple(isinstance(a, Differentiable) for a in args)
        node.wrap = tensors[0].wrap
        node.needs = tuple(recording and t.requires_grad for t in tensors)
        node.shapes = tuple(t.array.shape for t in tensors)
        if recording:
            for t in tensors:
                t.check_fresh()
        results = node._run(args)
        arrays = results if isinstance(results, tuple) else (results,)
        if _mode.anomaly:
            node._check_forward(tensors, arrays)
        outputs = tuple(node._output(a, tensors) for a in arrays)
        if recording:
            node._record(tensors, arrays, outputs)
        node._to_save = ()
        return outputs if isinstance(results, tuple) else outputs[0]

    def _run(self, args: Sequence[Any]) -> Any:
        arrays = [a.array if isinstance(a, Differentiable) else a for a in args]
        if not self._takes_tensors:
            with np.errstate(all="ignore"):  # infinities and NaNs are values here, as in IEEE 754
                return self.forward(*arrays)
        plain = [self.wrap(a) if t else a for a, t in zip(arrays, self._is_tensor, strict=True)]
        with no_grad():
            results = type(self).forward(self, *plain)
        if isinstance(results, tuple):
            return tuple(r.array for r in results)
        return results.array

    def _output(self, array: Any, tensors: Sequence[Differentiable]) -> Any:
        array = np.asarray(array)  # NumPy's functions turn 0-dimensional arrays into scalars
        source = next((t for t in tensors if array is t.array), None)
        if source is not None:
            array = array.view()
        elif self.view and np.may_share_memory(array, tensors[0].array):
            source = tensors[0]
        output = self.wrap(array)
        if source is not None:
            output.storage, output.is_view = source.storage, True
            source.storage.shared = True
            output.seen = source.storage.rewritten
        return output

    def _record(
        self,
        tensors: Sequence[Differentiable],
        results: Sequence[Any],
        outputs: Sequence[Differentiable],
    ) -> None:
        self.sequence = next(_sequence)
        self.edges = tuple(t.edge for t in tensors)
        self._inputs = tuple((t.array.shape, t.array.dtype) for t in tensors)
        self._outputs = tuple((o.array.shape, o.array.dtype) for o in outputs)
        self._keepers: dict[int, weakref.ref] = {}
        for i, output in enumerate(outputs):
            constant = i in self._constant or any(results[i] is a for a in self._constant_arrays)
            if output.array.dtype.kind == "f" and not constant:
                output._requires_grad, output.node, output.index = True, self, i
        self._saved = tuple(self._save_one(a, tensors, results, outputs) for a in self._to_save)

    def _save_one(
        self,
        array: Any,
        tensors: Sequence[Differentiable],
        results: Sequence[Any],
        outputs: Sequence[Differentiable],
    ) -> _Saved:
        for t in tensors:
            if t.array is array:
                return _Saved(array, t)
        for i, result in enumerate(results):
            if result is array:
                return _Saved(outputs[i].array, outputs[i], i)
        return _Saved(np.asarray(array), None)

    def _check_forward(self, tensors: Sequence[Differentiable], arrays: Sequence[Any]) -> None:
        self.born = _callers_line()
        if any(map(_has_nan, arrays)) and not any(_has_nan(t.array) for t in tensors):
            raise RuntimeError(f"{self.name} made a NaN out of NaN-free values, at {self.born}")

    def _gradients(self, table: list[Any]) -> tuple[Any, ...]:
        """Run ``backward`` on the gradients of the outputs and check what it returns."""
        if self._released and self._saved is None:
            raise RuntimeError(_TWICE.format(self.name))
        incoming = [
            self.wrap(np.zeros(shape, dtype)) if g is None else g
            for g, (shape, dtype) in zip(table, self._outputs, strict=True)
        ]
        if self._takes_tensors:
            result = type(self).backward(self, *incoming)
        else:
            result = self.backward(*incoming)
        gradients = result if isinstance(result, tuple) else (result,)
        if self._takes_tensors and len(gradients) == len(self._is_tensor):
            gradients = tuple(g for g, t in zip(gradients, self._is_tensor, strict=True) if t)
        self._check_backward(incoming, gradients)
        return gradients

    def _check_backward(self, incoming: Sequence[Any], gradients: Sequence[Any]) -> None:
        if len(gradients) != len(self.edges):
            raise RuntimeError(
                f"{self.name}.backward returned {len(gradients)} gradients for {len(self.edges)} tensor arguments"
            )
        for i, (g, (shape, dtype)) in enumerate(zip(gradients, self._inputs, strict=True)):
            if g is None or self.edges[i] is None:
                continue
            if g.array.shape != shape or g.array.dtype != dtype:
                raise RuntimeError(
                    f"{self.name}.backward: the gradient of tensor argument {i} has shape {g.array.shape} and dtype "
                    f"{g.array.dtype}, expected {shape} and {dtype}"
                )
        if (
            _mode.anomaly
            and any(_has_nan(g.array) for g in gradients if g is not None)
            and not any(_has_nan(g.array) for g in incoming)
        ):
            where = f", which ran forward at {self.born}" if self.born else ""
            raise RuntimeError(
                f"the backward of {self.name}{where}, made a NaN out of NaN-free gradients"
            )

    def keep_gradient(self, output: Differentiable) -> None:
        """Accumulate the gradient of one of the outputs into its ``grad`` as well (``retain_grad``)."""
        self._keepers[output.index] = weakref.ref(output)

    def _release(self) -> None:
        """Let go of the saved arrays; a node that saved nothing can be walked again."""
        if self._saved:
            self._saved = None
        self._released = True


_TWICE = (
    "{}: backward was already called through this part of the graph, and its saved values are freed; "
    "pass retain_graph=True to the first backward() if a second one is wanted"
)


def replace_value(target: Any, result: Any) -> Any:
    """Make ``target`` hold the value and the history of ``result``: what every in-place operation ends with.

    Raises
    ------
    RuntimeError
        Where a right gradient would be impossible: a leaf that requires grad, or a view of a recorded tensor.
    """
    if result.requires_grad and is_grad_enabled():
        check_inplace(target)
    node, storage = result.node, target.storage
    if storage.shared:
        for saved in (node._saved or ()) if node is not None else ():
            if saved.storage is storage:  # the operation needs the value that is about to go
                saved.array, saved.storage = saved.array.copy(), None
                storage.held -= 1
        np.copyto(target.array, result.array)
    else:
        target.array = (
            result.array
        )  # nobody else looks at the old memory, which saved values may keep
    storage.version += 1
    for saved in (node._saved or ()) if node is not None else ():
        if saved.output == result.index and saved.storage is result.storage:
            _Saved.__del__(saved)
            saved.array, saved.storage, saved.version = target.array, storage, storage.version
            storage.held += 1
        elif saved.storage is storage:  # the value before the change, alive in its own memory
            saved.storage = None
            storage.held -= 1
    if node is not None:
        storage.rewritten = storage.version
        target.seen = storage.rewritten
        target._requires_grad, target.node, target.index = True, node, result.index
    return target


def check_inplace(target: Any) -> None:
    """Raise unless ``target`` may be changed by an in-place operation that is recorded."""
    if target.requires_grad and target.node is None and not target.is_view:
        raise RuntimeError(
            "a leaf that requires grad cannot be changed in place while operations are recorded; do it under "
            "no_grad(), or work on a copy (x.clone())"
        )
    if target.is_view:
        raise RuntimeError(
            "a view of a recorded tensor cannot be changed in place: assign through the tensor itself "
            "(x[i] = ...), or use the out-of-place form"
        )


# ---------------------------------------------------------------------------------------------------------
# Backward
# ---------------------------------------------------------------------------------------------------------


class _Gradients:
    """The gradients of one pass, keyed by edge; sums are made in memory of their own."""

    def __init__(self, create_graph: bool) -> None:
        self.create_graph = create_graph
        self.table: dict[
            tuple[int, int], list[Any]
        ] = {}  # (id of node or leaf, index) -> [sum, owned]
        self.alive: dict[int, Any] = {}  # keeps the ids valid

    def add(self, edge: tuple[Any, int], gradient: Any) -> None:
        key = (id(edge[0]), edge[1])
        entry = self.table.get(key)
        if entry is None:
            self.table[key] = [gradient, False]
            self.alive[key[0]] = edge[0]
        elif entry[1] and not self.create_graph:
            entry[0].array += gradient.array
        else:
            entry[0], entry[1] = entry[0] + gradient, True

    def pop(self, owner: Any, index: int) -> Any:
        """The finished gradient of an edge, passed through the hooks of its tensor; None if there is none."""
        entry = self.table.pop((id(owner), index), None)
        if entry is None:
            return None
        gradient = entry[0]
        hooks = owner.hooks.get(index, ()) if isinstance(owner, Function) else owner.hooks or ()
        for hook in list(hooks):
            replaced = hook(gradient)
            gradient = gradient if replaced is None else replaced
        return gradient


def _walk(
    roots: Sequence[tuple[Any, Any]],
    wanted: dict[tuple[int, int], Any],
    accumulate: bool,
    retain_graph: bool,
    create_graph: bool,
) -> None:
    """Send gradients from the roots down the graph, newest node first.

    A node is older than all that use it, so a heap ordered by sequence number visits each node after every
    gradient of it has arrived, in the same order on every run, and without recursion.
    """
    gradients = _Gradients(create_graph)
    heap: list[tuple[int, Any]] = []
    queued: set[int] = set()
    leaves: dict[int, Any] = {}

    def send(edge: tuple[Any, int], gradient: Any) -> None:
        gradients.add(edge, gradient)
        owner = edge[0]
        if not isinstance(owner, Function):
            leaves[id(owner)] = owner
        elif id(owner) not in queued:
            queued.add(id(owner))
            heapq.heappush(heap, (-owner.sequence, owner))

    for tensor, gradient in roots:
        send(tensor.edge, gradient)
    with set_grad_enabled(create_graph), np.errstate(all="ignore"):
        while heap:
            node = heapq.heappop(heap)[1]
            table = [gradients.pop(node, i) for i in range(len(node._outputs))]
            for i, gradient in enumerate(table):
                if gradient is not None and (id(node), i) in wanted:
                    wanted[(id(node), i)] = gradient
                keeper = node._keepers.get(i)
                if gradient is not None and keeper is not None and keeper() is not None:
                    _accumulate(keeper(), gradient, create_graph)
            for edge, gradient in zip(node.edges, node._gradients(table), strict=True):
                if edge is not None and gradient is not None:
                    send(edge, gradient)
            if not retain_graph:
                node._release()
        for key, leaf in leaves.items():
            gradient = gradients.pop(leaf, 0)
            if (key, 0) in wanted:
                wanted[(key, 0)] = gradient
            if accumulate:
                _accumulate(leaf, gradient, create_graph)


def _accumulate(tensor: Any, gradient: Any, create_graph: bool) -> None:
    """Add to ``tensor.grad``, in memory that nothing else holds."""
    if create_graph:
        tensor.grad = gradient.clone() if tensor.grad is None else tensor.grad + gradient
    elif tensor.grad is None:
        tensor.grad = gradient.wrap(np.array(gradient.array, order="C"))
    else:
        tensor.grad.array += gradient.array
        tensor.grad.storage.version += 1


def _as_tuple(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)


def _seeds(outputs: Sequence[Any], gradients: Any, operation: str) -> list[tuple[Any, Any]]:
    """Pair each output with the gradient that starts the walk from it."""
    given = _as_tuple(gradients) if gradients is not None else (None,) * len(outputs)
    if len(given) != len(outputs):
        raise RuntimeError(
            f"{operation}: {len(given)} gradients were given for {len(outputs)} outputs"
        )
    seeds = []
    for output, gradient in zip(outputs, given, strict=True):
        if not output.requires_grad:
            raise RuntimeError(
                f"{operation}: a tensor of shape {tuple(output.shape)} does not require grad and has no history, "
                "so there is nothing to differentiate; was it made under no_grad() or from detached values?"
            )
        output.check_fresh()
        if output.node is not None and output.node._released:
            raise RuntimeError(_TWICE.format(output.node.name))
        seeds.append((output, _seed(output, gradient, operation)))
    return seeds


def _seed(output: Any, gradient: Any, operation: str) -> Any:
    if gradient is None:
        if output.array.size != 1:
            raise RuntimeError(
                f"{operation}: a gradient can be left out only for a scalar, and this tensor has shape "
                f"{tuple(output.shape)}; reduce it (y.sum()) or pass gradient="
            )
        return output.wrap(np.ones(output.array.shape, output.array.dtype))
    if not isinstance(gradient, Differentiable):
        raise TypeError(f"{operation}: gradient must be a Tensor, got {type(gradient).__name__}")
    if gradient.array.shape != output.array.shape:
        raise RuntimeError(
            f"{operation}: gradient has shape {gradient.array.shape}, the tensor has {output.array.shape}; "
            "they must be equal"
        )
    if gradient.array.dtype != output.array.dtype:
        return gradient.to(output.dtype)
    return gradient


def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Any = None,
) -> None:
    """Accumulate the gradients of ``tensors`` into the ``grad`` of every leaf they depend on.

    Parameters
    ----------
    tensors : Tensor or sequence of Tensor
        What is differentiated.
    grad_tensors : Tensor or sequence of Tensor, optional
        The vectors v of the vector-Jacobian products; may be left out for scalars (then 1).
    retain_graph : bool, optional
        Keep saved values, so that the graph can be walked again; by default as ``create_graph``.
    create_graph : bool
        Record the backward pass itself, for gradients of higher order.
    inputs : Tensor or sequence of Tensor, optional
        Accumulate into these only.

    Raises
    ------
    RuntimeError
        For a tensor without history, a non-scalar without a gradient, a gradient of another shape, or a
        graph that was already walked and freed.
    """
    outputs = _as_tuple(tensors)
    roots = _seeds(outputs, grad_tensors, "backward()")
    retain = create_graph if retain_graph is None else retain_graph
    if inputs is None:
        _walk(roots, {}, True, retain, create_graph)
        return
    targets = _as_tuple(inputs)
    wanted = _wanted(targets, "backward()")
    _walk(roots, wanted, False, retain, create_graph)
    for t in targets:
        gradient = wanted[(id(t.edge[0]), t.edge[1])]
        if gradient is not None:
            _accumulate(t, gradient, create_graph)


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Any, ...]:
    """Return the gradients of ``outputs`` with respect to ``inputs``; no ``grad`` attribute is touched.

    Parameters are those of `backward`; with ``allow_unused`` an input that the outputs do not depend on gets
    None, with ``materialize_grads`` zeros; otherwise it is an error.

    >>> import minigrad
    >>> x = minigrad.tensor(3.0, requires_grad=True)
    >>> (g,) = minigrad.autograd.grad(x**3, x, create_graph=True)
    >>> g.item(), minigrad.autograd.grad(g, x)[0].item()
    (27.0, 18.0)
    """
    if is_grads_batched:
        raise NotImplementedError(
            "autograd.grad: is_grads_batched=True is not offered; loop over the rows"
        )
    targets = _as_tuple(inputs)
    wanted = _wanted(targets, "autograd.grad()")
    retain = create_graph if retain_graph is None else retain_graph
    _walk(
        _seeds(_as_tuple(outputs), grad_outputs, "autograd.grad()"),
        wanted,
        False,
        retain,
        create_graph,
    )
    results = []
    for i, t in enumerate(targets):
        gradient = wanted[(id(t.edge[0]), t.edge[1])]
        if gradient is None and materialize_grads:
            gradient = t.wrap(np.zeros(t.array.shape, t.array.dtype))
        elif gradient is None and not allow_unused:
            raise RuntimeError(
                f"autograd.grad(): input {i} was not used in the graph of the outputs; pass allow_unused=True "
                "if that is intended"
            )
        results.append(gradient)
    return tuple(results)


def _wanted(targets: Iterable[Any], operation: str) -> dict[tuple[int, int], Any]:
    wanted = {}
    for i, t in enumerate(targets):
        if t.edge is None:
            raise RuntimeError(f"{operation}: input {i} does not require grad")
        wanted[(id(t.edge[0]), t.edge[1])] = None
    return wanted


def Variable(data: Any, requires_grad: bool = False, volatile: bool = False) -> Any:  # noqa: N802
    """PyTorch's old wrapper, from before tensors carried their own gradients: returns the tensor itself."""
    if requires_grad:
        data.requires_grad_()
    return data
