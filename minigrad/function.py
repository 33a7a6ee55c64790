"""`Function`: a differentiable operation, whose instances are the nodes of the graph."""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable, Sequence
from inspect import getattr_static
from typing import Any

import numpy as np

from minigrad.recording import (
    anomaly_mode,
    callers_line,
    has_nan,
    is_grad_enabled,
    no_grad,
    set_detect_anomaly,
    stand_in,
)
from minigrad.storage import Differentiable, Saved, Storage

__all__ = ["Function", "already_walked"]

_sequence = itertools.count()


def already_walked(name: str) -> RuntimeError:
    """The error for a second backward through a node whose saved values are gone."""
    return RuntimeError(
        f"{name}: backward was already called through this part of the graph, and its saved "
        "values are freed; pass retain_graph=True to the first backward() if a second one is "
        "wanted"
    )


class Function:
    """One differentiable operation; an instance is one application of it, and its context.

    Subclasses write two methods::

        class Square(Function):
            def forward(self, x):          # ndarrays in; an ndarray (or a tuple of them) out
                self.save(x)
                return x * x

            def backward(self, gy):        # tensors in; a gradient, or None, per tensor argument
                (x,) = self.saved
                return 2 * x * gy

        y = Square.apply(x)                # tensors and plain values; these go to forward only

    ``backward`` is written in differentiable operations, so gradients of any order come for free.
    Functions in PyTorch's style (two static methods that take ``ctx`` and see tensors, with
    ``ctx.save_for_backward`` and ``ctx.saved_tensors``) work as well.

    Attributes
    ----------
    needs : tuple of bool
        For each tensor argument, whether its gradient is wanted (all False when not recording).
    shapes : tuple of tuple of int
        The shapes of the tensor arguments.
    saved : tuple of Tensor
        In ``backward``: what ``forward`` saved, tied into the graph again.
    """

    #: Set where the result may look into the memory of the first argument.
    view = False
    #: Set where the result is the memory of the first argument, changed.
    rewrites = False

    needs: tuple[bool, ...]
    shapes: tuple[tuple[int, ...], ...]
    edges: tuple[tuple[Any, int] | None, ...] = ()  # per tensor argument: where its gradient goes
    hooks: dict[int, list[Callable]] | None = None  # per output
    released = False  # saved values are freed
    sequence: int  # later nodes have larger numbers
    outputs: tuple[tuple[tuple[int, ...], np.dtype], ...]  # per output: shape and dtype
    wrap: Callable[[np.ndarray], Any]  # makes tensors of the class of the arguments

    _is_tensor: list[bool]  # per argument of apply
    _takes_tensors = False  # the class has PyTorch's static methods
    _to_save: tuple[Any, ...] = ()
    _saved: tuple[Saved | None, ...] | None = None
    _constant: tuple[Any, ...] = ()  # outputs, or their indices, that carry no gradient
    _keepers: dict[int, weakref.ref] | None = None  # outputs that keep their gradient
    _born = ""  # the caller's line, while anomalies are watched

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._takes_tensors = isinstance(getattr_static(cls, "forward", None), staticmethod)

    # -- written by subclasses ----------------------------------------------------------------

    def forward(self, *arrays: Any) -> Any:
        """Compute the result from ndarrays (and plain values)."""
        raise NotImplementedError(f"{self.name}.forward")

    def backward(self, *gradients: Any) -> Any:
        """Turn gradients of the results into gradients of the tensor arguments."""
        raise NotImplementedError(f"{self.name} has no backward: it cannot be differentiated")

    # -- used by subclasses -------------------------------------------------------------------

    def save(self, *arrays: Any) -> None:
        """Keep arrays for backward: arguments, results or anything between (told by identity).

        None stays None: what only the gradient of an argument needs that wants none.
        """
        self._to_save = arrays

    @property
    def saved(self) -> tuple[Any, ...]:
        """What `save` kept, as tensors."""
        if self.released and self._saved is None:
            raise already_walked(self.name)
        return tuple(None if s is None else self._unpacked(s) for s in self._saved or ())

    def _unpacked(self, saved: Saved) -> Any:
        tensor = saved.unpack(self)
        if saved.leaf is None or tensor is saved.leaf:
            return tensor
        return Kept.apply(saved.leaf, saved.array)

    def non_differentiable(self, *indices: int) -> None:
        """Say in ``forward`` which results carry no gradient (integer ones never do)."""
        self._constant = indices

    def unbroadcast(self, gradient: Any, argument: int) -> Any:
        """Sum a gradient over the axes along which the given argument was broadcast."""
        shape = self.shapes[argument]
        if gradient.array.shape == shape:
            return gradient
        lead = gradient.ndim - len(shape)
        stretched = (lead + i for i, n in enumerate(shape) if gradient.shape[lead + i] != n)
        return gradient.sum((*range(lead), *stretched), keepdim=True).reshape(shape)

    # -- PyTorch's names for the same, for functions with static methods -------------------------

    def save_for_backward(self, *tensors: Any) -> None:
        """`save` for tensors."""
        self.save(*(t.array for t in tensors))

    def mark_non_differentiable(self, *tensors: Any) -> None:
        """`non_differentiable` for tensors."""
        self._constant = tuple(t.array for t in tensors)

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """`saved`."""
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

    # -- forward: run and record ------------------------------------------------------------------

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Run the operation on ``args``; record it, if a tensor among them wants a gradient."""
        node = cls()
        node._is_tensor = [isinstance(a, Differentiable) for a in args]
        tensors = [a for a in args if isinstance(a, Differentiable)]
        if not tensors:
            raise TypeError(f"{node.name}: expected at least one Tensor argument")
        recording = is_grad_enabled()
        for t in tensors:
            if recording and t.base is not None:
                t.refresh()
        node.wrap = tensors[0].wrap
        node.needs = tuple([recording and t._requires_grad for t in tensors])
        node.shapes = tuple([t.array.shape for t in tensors])
        results = node._run(args)
        arrays = results if isinstance(results, tuple) else (results,)
        if anomaly_mode():
            node._check_forward(tensors, arrays)
        outputs = tuple([node._output(a, tensors, args) for a in arrays])
        if True in node.needs:
            node._record(tensors, arrays, outputs)
        node._to_save = ()
        return outputs if arrays is results else outputs[0]

    def _run(self, args: Sequence[Any]) -> Any:
        arrays = [a.array if isinstance(a, Differentiable) else a for a in args]
        if not self._takes_tensors:
            if (instead := stand_in()) is not None:
                return instead.run(self, arrays)
            with np.errstate(all="ignore"):  # infinities and NaNs are values here
                return self.forward(*arrays)
        plain = [self.wrap(a) if t else a for a, t in zip(arrays, self._is_tensor, strict=True)]
        with no_grad():
            results = type(self).forward(self, *plain)
        return tuple(r.array for r in results) if isinstance(results, tuple) else results.array

    def _output(
        self, array: Any, tensors: Sequence[Differentiable], args: Sequence[Any]
    ) -> Differentiable:
        array = np.asarray(array)  # NumPy turns 0-dimensional results into scalars
        if self.rewrites:
            return self.wrap(array.view())
        for t in tensors:
            if array is t.array or (array.base is not None and np.may_share_memory(array, t.array)):
                break
        else:
            return self.wrap(array)
        if not self.view:  # memory that two tensors share unknown to each other would be unsafe
            return self.wrap(array.copy())
        output = self.wrap(array.view() if array is tensors[0].array else array)
        output.looks_into(tensors[0], type(self), tuple(args[1:]))
        return output

    def _record(
        self,
        tensors: Sequence[Differentiable],
        results: Sequence[Any],
        outputs: Sequence[Differentiable],
    ) -> None:
        self.sequence = next(_sequence)
        self.edges = tuple([t.edge for t in tensors])
        self._dtypes = [t.array.dtype for t in tensors]
        self.outputs = tuple([(o.array.shape, o.array.dtype) for o in outputs])
        for i, output in enumerate(outputs):
            constant = self._constant and any(
                c is results[i] or (isinstance(c, int) and c == i) for c in self._constant
            )
            if output.array.dtype.kind == "f" and not constant:
                output._requires_grad, output.node, output.index = True, self, i
        self._saved = tuple([self._kept(a, tensors, results, outputs) for a in self._to_save])

    def _kept(
        self,
        array: Any,
        tensors: Sequence[Differentiable],
        results: Sequence[Any],
        outputs: Sequence[Differentiable],
    ) -> Saved | None:
        if array is None:
            return None
        for t in tensors:
            if t.array is array:
                return Saved(array, t)
        for i, result in enumerate(results):
            if result is array:
                return Saved(outputs[i].array, outputs[i], i)
        return Saved(np.asarray(array), None)

    def _check_forward(self, tensors: Sequence[Differentiable], arrays: Sequence[Any]) -> None:
        self._born = callers_line()
        if any(map(has_nan, arrays)) and not any(has_nan(t.array) for t in tensors):
            raise RuntimeError(f"{self.name} made a NaN out of NaN-free values, at {self._born}")

    # -- backward ----------------------------------------------------------------------

    def gradients(self, arrived: Sequence[Any]) -> tuple[Any, ...]:
        """Run ``backward`` on what arrived for the outputs (None: nothing) and check the result."""
        if self.released and self._saved is None:
            raise already_walked(self.name)
        incoming = [
            self.wrap(np.zeros(shape, dtype)) if g is None else g
            for g, (shape, dtype) in zip(arrived, self.outputs, strict=True)
        ]
        run = type(self).backward
        if anomaly_mode():  # a NaN born here is this operation's, not that of one it is made of
            with set_detect_anomaly(False):
                result = run(self, *incoming)
        else:
            result = run(self, *incoming)
        gradients = result if isinstance(result, tuple) else (result,)
        if self._takes_tensors and len(gradients) == len(self._is_tensor):
            gradients = tuple(g for g, t in zip(gradients, self._is_tensor, strict=True) if t)
        self._check_backward(incoming, gradients)
        return gradients

    def _check_backward(self, incoming: Sequence[Any], gradients: Sequence[Any]) -> None:
        if len(gradients) != len(self.edges):
            raise RuntimeError(
                f"{self.name}.backward returned {len(gradients)} gradients for {len(self.edges)} "
                "tensor arguments"
            )
        for i, (g, edge) in enumerate(zip(gradients, self.edges, strict=True)):
            if g is None or edge is None:
                continue
            if g.array.shape != self.shapes[i] or g.array.dtype != self._dtypes[i]:
                raise RuntimeError(
                    f"{self.name}.backward: the gradient of tensor argument {i} has shape "
                    f"{g.array.shape} and dtype {g.array.dtype}, expected {self.shapes[i]} and "
                    f"{self._dtypes[i]}"
                )
        if not anomaly_mode() or any(has_nan(g.array) for g in incoming):
            return
        if any(has_nan(g.array) for g in gradients if g is not None):
            where = f", which ran forward at {self._born}," if self._born else ""
            raise RuntimeError(f"the backward of {self.name}{where} made a NaN out of none")

    def keep_gradient(self, output: Differentiable) -> None:
        """Also accumulate the gradient of an output into its ``grad`` (``retain_grad``)."""
        self._keepers = self._keepers or {}
        self._keepers[output.index] = weakref.ref(output)

    def keeper(self, index: int) -> Any:
        """The output that keeps its gradient, if it wants it and still lives."""
        return self._keepers[index]() if self._keepers and index in self._keepers else None

    def release(self) -> None:
        """Let go of the saved values; a node that saved none can be walked again."""
        if self._saved:
            self._saved = None
        self.released = True

    def keep_old(self, storage: Storage, memory: np.ndarray) -> None:
        """Before ``memory`` is overwritten: saved values in it get memory of their own."""
        for saved in filter(None, self._saved or ()):
            if saved.storage is storage and saved.output < 0:
                if np.may_share_memory(saved.array, memory):
                    saved.array = saved.array.copy()
                saved.release()

    def follow(self, result: Any, target: Any) -> None:
        """After ``target`` took over the output ``result``: what was saved of it lives there."""
        for saved in filter(None, self._saved or ()):
            if saved.output == result.index:
                saved.array = target.array
                saved.hold(target.storage)


class Kept(Function):
    """y = a leaf with the value it had when it was saved, of which a copy was made."""

    def forward(self, leaf, array):
        return array

    def backward(self, gy):
        return gy
