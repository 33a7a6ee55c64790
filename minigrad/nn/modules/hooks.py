"""Hooks: functions that are called when a module runs, forwards or backwards."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from minigrad.autograd import Function
from minigrad.nn.modules.state import State
from minigrad.tensor import RemovableHandle, Tensor

__all__ = ["Hooks"]

_handles = itertools.count()
_TABLES = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


class Watch(Function):
    """The identity on tensors, whose backward shows the gradients to a function that may replace
    them.
    """

    def forward(self, watch, *arrays):
        self.watch = watch
        return arrays

    def backward(self, *gradients):
        return self.watch(gradients)


def _watched(value: Any, watch: Callable) -> tuple[Any, bool]:
    """``value`` (a tensor, or a tuple with tensors) behind `Watch`, and whether any gradient will
    come by.
    """
    values = value if isinstance(value, tuple) else (value,)
    tensors = [v for v in values if isinstance(v, Tensor)]
    if not any(t.requires_grad for t in tensors):
        return value, False
    passed = iter(Watch.apply(watch, *tensors))
    results = tuple(next(passed) if isinstance(v, Tensor) else v for v in values)
    return (results if isinstance(value, tuple) else results[0]), True


class _BackwardPass:
    """Joins the gradients of a module's outputs and inputs, and calls its backward hooks with
    both.
    """

    def __init__(self, module: Any) -> None:
        self.module = module
        self.before = tuple(module._backward_pre_hooks.values())
        self.after = tuple(module._backward_hooks.values())
        self.grad_output: tuple[Any, ...] = ()
        self.inputs = 0
        self.watches_inputs = False

    def watch_inputs(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        if self.after:
            self.inputs = sum(isinstance(a, Tensor) for a in args)
            args, self.watches_inputs = _watched(args, self._finish)
        return args

    def watch_outputs(self, result: Any) -> Any:
        return _watched(result, self._start)[0]

    def _start(self, gradients: tuple[Any, ...]) -> tuple[Any, ...]:
        for hook in self.before:
            gradients = _replaced(hook(self.module, gradients), gradients)
        self.grad_output = gradients
        if (
            self.after and not self.watches_inputs
        ):  # the inputs need no gradient: nothing to wait for
            self._finish((None,) * self.inputs)
        return gradients

    def _finish(self, gradients: tuple[Any, ...]) -> tuple[Any, ...]:
        for hook in self.after:
            gradients = _replaced(hook(self.module, gradients, self.grad_output), gradients)
        return gradients


def _replaced(returned: Any, gradients: tuple[Any, ...]) -> tuple[Any, ...]:
    if returned is None:
        return gradients
    return returned if isinstance(returned, tuple) else (returned,)


class Hooks(State):
    """The base of `Module` that calls ``forward``, and hooks around it."""

    _forward_hooks: dict[int, tuple[Callable, bool]]
    _forward_pre_hooks: dict[int, tuple[Callable, bool]]
    _backward_hooks: dict[int, Callable]
    _backward_pre_hooks: dict[int, Callable]

    def __init__(self) -> None:
        super().__init__()
        for table in _TABLES:
            object.__setattr__(self, table, {})

    def forward(self, *args: Any) -> Any:
        """Compute the module's result; every subclass has its own."""
        raise NotImplementedError(
            f'Module [{self._get_name()}] is missing the required "forward" function'
        )

    @property
    def has_hooks(self) -> bool:
        """Whether any hook is called when the module runs."""
        return bool(
            self._forward_hooks
            or self._forward_pre_hooks
            or self._backward_hooks
            or self._backward_pre_hooks
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run `forward`, and the hooks around it."""
        if self.has_hooks:
            return self._call_with_hooks(args, kwargs)
        return self.forward(*args, **kwargs)

    def _call_with_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        for hook, with_kwargs in tuple(self._forward_pre_hooks.values()):
            if with_kwargs:
                args, kwargs = hook(self, args, kwargs) or (args, kwargs)
            else:
                args = _replaced(hook(self, args), args)
        watching = self._backward_hooks or self._backward_pre_hooks
        backward = _BackwardPass(self) if watching else None
        if backward:
            args = backward.watch_inputs(args)
        result = self.forward(*args, **kwargs)
        for hook, with_kwargs in tuple(self._forward_hooks.values()):
            given = (self, args, kwargs, result) if with_kwargs else (self, args, result)
            returned = hook(*given)
            result = result if returned is None else returned
        return backward.watch_outputs(result) if backward else result

    def _register(self, table: str, entry: Any, prepend: bool) -> RemovableHandle:
        hooks, key = getattr(self, table), next(_handles)
        others = dict(hooks) if prepend else {}
        if prepend:
            hooks.clear()
        hooks[key] = entry
        hooks.update(others)
        return RemovableHandle(hooks, key)

    def register_forward_pre_hook(
        self, hook: Callable, *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args)`` before `forward`; what it returns replaces the arguments.

        With ``with_kwargs`` it is ``hook(module, args, kwargs)`` and returns both; with
        ``prepend`` it comes before the hooks that are there.
        """
        return self._register("_forward_pre_hooks", (hook, with_kwargs), prepend)

    def register_forward_hook(
        self, hook: Callable, *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args, output)`` after `forward`; what it returns replaces the output.

        With ``with_kwargs`` it is ``hook(module, args, kwargs, output)``.
        """
        return self._register("_forward_hooks", (hook, with_kwargs), prepend)

    def register_full_backward_pre_hook(
        self, hook: Callable, prepend: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, grad_output)`` when the gradients of the outputs are known.

        What it returns replaces them.  As in PyTorch, the gradients come as a tuple, one for each
        output.
        """
        return self._register("_backward_pre_hooks", hook, prepend)

    def register_full_backward_hook(self, hook: Callable, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(module, grad_input, grad_output)`` when the gradients of the inputs are
        known.

        What it returns replaces ``grad_input``.  Both are tuples, one entry for each positional
        tensor; the entry is None for inputs without a gradient.
        """
        return self._register("_backward_hooks", hook, prepend)

    def register_backward_hook(self, hook: Callable) -> RemovableHandle:
        """PyTorch's older name of `register_full_backward_hook`."""
        return self.register_full_backward_hook(hook)
