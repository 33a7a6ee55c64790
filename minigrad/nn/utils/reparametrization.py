"""Weights that are computed from other parameters before every forward."""

from __future__ import annotations

from typing import Any

from minigrad.autograd import no_grad
from minigrad.nn.modules.module import Module
from minigrad.nn.parameter import Parameter
from minigrad.tensor import Tensor

__all__ = ["Reparametrization", "install", "remove"]


class Reparametrization:
    """A forward pre-hook that sets an attribute of the module; subclasses say how to compute it.

    Attributes
    ----------
    name : str
        The attribute, a parameter before and after.
    parts : tuple of str
        The endings of the names of what replaces it.
    """

    parts: tuple[str, ...] = ()

    def __init__(self, name: str) -> None:
        self.name = name

    def compute_weight(self, module: Module) -> Tensor:
        """The weight from its parts."""
        raise NotImplementedError

    def __call__(self, module: Module, inputs: Any) -> None:
        setattr(module, self.name, self.compute_weight(module))


def install(hook: Reparametrization, module: Module) -> Parameter:
    """Take the parameter out of the module, which calls the hook from now on; returns the
    parameter.

    Raises
    ------
    ValueError
        If there is no such parameter.
    RuntimeError
        If it is already computed by a hook of this kind.
    """
    kind = type(hook).__name__
    if _find(type(hook), module, hook.name) is not None:
        raise RuntimeError(f"{kind}: parameter '{hook.name}' has such a hook already")
    weight = module._parameters.get(hook.name)
    if weight is None:
        raise ValueError(f"{kind}: {module._get_name()} has no parameter '{hook.name}'")
    delattr(module, hook.name)
    module.register_forward_pre_hook(hook)
    return weight


def remove(kind: type[Reparametrization], module: Module, name: str) -> None:
    """Make the weight, as it is now, a parameter again."""
    key = _find(kind, module, name)
    if key is None:
        raise ValueError(f"{kind.__name__}: '{name}' of {module} has no such hook")
    hook: Any = module._forward_pre_hooks.pop(key)[0]
    with no_grad():
        weight = hook.compute_weight(module).clone()
    for part in ("", *hook.parts):
        delattr(module, name + part)
    module.register_parameter(name, Parameter(weight))


def _find(kind: type, module: Module, name: str) -> int | None:
    for key, (hook, _) in module._forward_pre_hooks.items():
        if isinstance(hook, kind) and hook.name == name:  # type: ignore[attr-defined]
            return key
    return None
