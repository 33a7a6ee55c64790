"""`Module`: the base class of all layers and networks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from minigrad import dtypes
from minigrad.autograd import no_grad
from minigrad.nn.modules.hooks import Hooks
from minigrad.tensor import Tensor

__all__ = ["Module"]

T = TypeVar("T", bound="Module")


class Module(Hooks):
    """A part of a network: it owns parameters, buffers and submodules, and computes with them in
    ``forward``.

    Whatever is assigned to an attribute is discovered by its type (`Parameter`, `Buffer`,
    `Module`), in the order of definition.  A subclass calls ``super().__init__()`` first, and
    defines ``forward``.

    Attributes
    ----------
    training : bool
        Whether the module is in training mode; see `train` and `eval`.

    Examples
    --------
    >>> from minigrad import nn
    >>> class Net(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.hidden = nn.Linear(3, 4)
    ...         self.out = nn.Linear(4, 1, bias=False)
    ...     def forward(self, x):
    ...         return self.out(self.hidden(x).relu())
    >>> [name for name, _ in Net().named_parameters()]
    ['hidden.weight', 'hidden.bias', 'out.weight']
    >>> Net()
    Net(
      (hidden): Linear(in_features=3, out_features=4, bias=True)
      (out): Linear(in_features=4, out_features=1, bias=False)
    )
    """

    dump_patches: bool = False  # read by old model files; means nothing here
    training: bool

    def __init__(self) -> None:
        super().__init__()
        object.__setattr__(self, "training", True)

    # -- mode -------------------------------------------------------------------------------------

    def train(self: T, mode: bool = True) -> T:
        """Set training mode (dropout drops, batch norm uses the batch), here and below; returns
        the module.

        Raises
        ------
        ValueError
            If mode is not a boolean.
        """
        if not isinstance(mode, bool):
            raise ValueError(f"train: mode (={mode!r}) must be True or False")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self: T) -> T:
        """Set evaluation mode, here and below; returns the module."""
        return self.train(False)

    def requires_grad_(self: T, requires_grad: bool = True) -> T:
        """Start (or stop) recording operations on all parameters; returns the module."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or set them to zero."""
        for parameter in self.parameters():
            if set_to_none or parameter.grad is None:
                parameter.grad = None
            else:
                parameter.grad = parameter.grad.detach().zero_()

    def apply(self: T, fn: Callable[[Module], Any]) -> T:
        """Call ``fn`` on every submodule and then on the module itself; returns the module."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    # -- conversion -------------------------------------------------------------------------------

    def _apply(self: T, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> T:
        """Convert every parameter, gradient and buffer, each once, in place; returns the module."""
        modules = self.modules() if recurse else [self]
        converted: dict[int, Any] = {}
        with no_grad():
            for module in modules:
                for parameter in module._parameters.values():
                    if parameter is not None and id(parameter) not in converted:
                        converted[id(parameter)] = parameter
                        parameter.data = fn(parameter.detach())
                        if parameter.grad is not None:
                            parameter.grad = fn(parameter.grad)
                for name, buffer in module._buffers.items():
                    if buffer is not None:
                        converted.setdefault(id(buffer), (buffer, fn(buffer)))
                        module._buffers[name] = converted[id(buffer)][1]
        return self

    def to(self: T, *args: Any, **kwargs: Any) -> T:
        """Convert floating parameters and buffers: ``to(dtype)``, ``to("cpu")``, ``to(tensor)``.

        Returns
        -------
        Module
            The module itself, changed in place.

        Raises
        ------
        TypeError
            For a dtype that is not floating.
        RuntimeError
            For a device other than the CPU.
        """
        kwargs.pop("memory_format", None)  # a matter of speed elsewhere, of nothing here
        single, double = (
            Tensor.wrap(np.zeros(1, kind)).to(*args, **kwargs).dtype
            for kind in ("float32", "float64")
        )
        if single != double:  # no dtype was given
            return self
        if not single.is_floating_point:
            raise TypeError(f"to: dtype (={single}) must be a floating one, as parameters are")
        return self._apply(lambda t: t.to(single) if t.is_floating_point() else t)

    def type(self: T, dst_type: Any) -> T:
        """Convert all parameters and buffers to a dtype; returns the module."""
        return self._apply(lambda t: t.to(dst_type))

    def float(self: T) -> T:
        """Convert floating parameters and buffers to float32; returns the module."""
        return self.to(dtypes.float32)

    def double(self: T) -> T:
        """Convert floating parameters and buffers to float64; returns the module."""
        return self.to(dtypes.float64)

    def half(self: T) -> T:
        """Raise: there is no float16 here."""
        raise TypeError("half: minigrad computes in float32 and float64 only")

    def bfloat16(self: T) -> T:
        """Raise: there is no bfloat16 here."""
        raise TypeError("bfloat16: minigrad computes in float32 and float64 only")

    def cpu(self: T) -> T:
        """The module itself."""
        return self

    def cuda(self: T, device: Any = None) -> T:
        """Raise: there is no GPU here."""
        return self.to(dtypes.device("cuda"))

    def share_memory(self: T) -> T:
        """The module itself: threads share its memory as it is."""
        return self

    # -- text -------------------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """What stands between the parentheses of the module's ``repr``; subclasses say more."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        lines = extra.split("\n") if extra else []
        children = [f"({name}): {_indented(repr(m))}" for name, m in self._modules.items()]
        if len(lines) <= 1 and not children:
            return f"{self._get_name()}({extra})"
        return f"{self._get_name()}(\n  " + "\n  ".join(lines + children) + "\n)"


def _indented(text: str) -> str:
    """The text with all lines but the first moved to the right."""
    return text.replace("\n", "\n  ")
