"""The state of a module: its parameters and persistent buffers by dotted name, and loading them
back.

Loading is strict: every missing, unexpected or wrongly shaped entry is listed in one error, and
nothing has changed when it is raised.
"""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from minigrad.autograd import no_grad
from minigrad.nn.modules.registry import Registry
from minigrad.nn.parameter import Parameter
from minigrad.tensor import RemovableHandle, Tensor

__all__ = ["IncompatibleKeys", "State"]

_handles = itertools.count()


class IncompatibleKeys(NamedTuple):
    """What loading with ``strict=False`` passed over."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        lists = f"missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys}"
        return f"IncompatibleKeys({lists})"


class _Loading(OrderedDict):
    """A state that is being loaded, and what is to be written once all of it is found good."""

    def __init__(self, entries: Mapping[str, Any]) -> None:
        super().__init__(entries)
        self.writes: list[tuple[Any, str, Tensor]] = []  # module, name, value


class State(Registry):
    """The base of `Module` that saves and loads."""

    _version: int | None = 1  # of the layout of the class's own entries
    _load_state_dict_pre_hooks: dict[int, Callable]

    def __init__(self) -> None:
        super().__init__()
        object.__setattr__(self, "_load_state_dict_pre_hooks", {})

    def _own_state(self) -> dict[str, Tensor]:
        """The module's own parameters and persistent buffers, without those of submodules."""
        persistent = (
            item
            for item in self._buffers.items()
            if item[0] not in self._non_persistent_buffers_set
        )
        members = itertools.chain(self._parameters.items(), persistent)
        return {name: member for name, member in members if member is not None}

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        for name, member in self._own_state().items():
            destination[prefix + name] = member if keep_vars else member.detach()

    def state_dict(
        self, *args: Any, destination: Any = None, prefix: str = "", keep_vars: bool = False
    ) -> Any:
        """All parameters and persistent buffers by dotted name, over the same memory.

        Parameters
        ----------
        destination : dict, optional
            The mapping to fill; a new OrderedDict if left out.
        prefix : str
            What every name begins with.
        keep_vars : bool
            Return the parameters themselves instead of detached tensors.

        Returns
        -------
        OrderedDict
            From name to Tensor.
        """
        if args:  # PyTorch's older order of arguments
            named: tuple[Any, ...] = (destination, prefix, keep_vars)
            destination, prefix, keep_vars = args + named[len(args) :]
        if destination is None:
            destination = OrderedDict()
            destination._metadata = OrderedDict()
        if hasattr(destination, "_metadata"):
            destination._metadata[prefix[:-1]] = {"version": self._version}
        self._save_to_state_dict(destination, prefix, keep_vars)
        for name, module in self._modules.items():
            if module is not None:
                module.state_dict(
                    destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars
                )
        return destination

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> IncompatibleKeys:
        """Copy values into the parameters and buffers of the same names.

        Parameters
        ----------
        state_dict : mapping
            From dotted name to Tensor or ndarray, of exactly the shapes that the module has.
        strict : bool
            Whether missing and unexpected names are errors; wrong shapes always are.
        assign : bool
            Put the given tensors in the place of the module's own, with their dtype, instead of
            copying.

        Returns
        -------
        IncompatibleKeys
            ``missing_keys`` and ``unexpected_keys``, both empty when strict.

        Raises
        ------
        RuntimeError
            Listing every problem; the module is unchanged.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(
                f"load_state_dict: state_dict must be a mapping, got {type(state_dict).__name__}"
            )
        loading, metadata = _Loading(state_dict), getattr(state_dict, "_metadata", None) or {}
        missing: list[str] = []
        unexpected: list[str] = []
        errors: list[str] = []

        def load(module: Any, prefix: str) -> None:
            known = metadata.get(prefix[:-1], {})
            module._load_from_state_dict(loading, prefix, known, True, missing, unexpected, errors)
            for name, child in module._modules.items():
                if child is not None:
                    load(child, f"{prefix}{name}.")

        load(self, "")
        if strict:
            errors = [
                *_listed("Missing key(s) in state_dict", missing),
                *_listed("Unexpected key(s) in state_dict", unexpected),
                *errors,
            ]
        if errors:
            raise RuntimeError(
                f"Error(s) in loading state_dict for {self._get_name()}:\n\t" + "\n\t".join(errors)
            )
        with no_grad():
            for module, name, value in loading.writes:
                (_assign if assign else _copy)(module, name, value)
        return IncompatibleKeys(missing, unexpected)

    def _load_from_state_dict(
        self,
        state_dict: Any,
        prefix: str,
        local_metadata: Mapping[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        """Check this module's own entries and plan their writing; a subclass may rename entries
        first.
        """
        for hook in self._load_state_dict_pre_hooks.values():
            hook(
                state_dict,
                prefix,
                local_metadata,
                strict,
                missing_keys,
                unexpected_keys,
                error_msgs,
            )
        own = self._own_state()
        for name, member in own.items():
            if prefix + name not in state_dict:
                missing_keys.append(prefix + name)
                continue
            try:
                value = _fitting(prefix + name, state_dict[prefix + name], member)
            except (TypeError, ValueError) as error:
                error_msgs.append(str(error))
            else:
                state_dict.writes.append((self, name, value))
        for key in state_dict:
            name, _, rest = key.removeprefix(prefix).partition(".")
            known = name in self._modules if rest else name in own
            if key.startswith(prefix) and not known:
                unexpected_keys.append(key)

    def register_load_state_dict_pre_hook(self, hook: Callable) -> RemovableHandle:
        """Call ``hook(module, state_dict, prefix, local_metadata, strict, missing_keys,
        unexpected_keys, error_msgs)`` before this module's entries are looked up; it may rename
        them in ``state_dict``.
        """
        return self._register_load_state_dict_pre_hook(hook, with_module=True)

    def _register_load_state_dict_pre_hook(
        self, hook: Callable, with_module: bool = False
    ) -> RemovableHandle:
        """PyTorch's older form, whose hook is not given the module."""
        key = next(_handles)
        called = (lambda *args: hook(self, *args)) if with_module else hook
        self._load_state_dict_pre_hooks[key] = called
        return RemovableHandle(self._load_state_dict_pre_hooks, key)


def _listed(title: str, keys: list[str]) -> list[str]:
    quoted = ", ".join(f'"{key}"' for key in keys)
    return [f"{title}: {quoted}."] if keys else []


def _fitting(key: str, value: Any, member: Tensor) -> Tensor:
    """The value as a tensor, if it may be copied to ``member``."""
    array = value.array if isinstance(value, Tensor) else np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise TypeError(
            f"{key}: expected a Tensor or an ndarray of numbers, got {type(value).__name__} "
            f"of {array.dtype}."
        )
    if array.shape != member.array.shape:
        raise ValueError(
            f"size mismatch for {key}: copying a param with shape {array.shape} from checkpoint, "
            f"the shape in current model is {tuple(member.shape)}."
        )
    return value if isinstance(value, Tensor) else Tensor.wrap(array)


def _copy(module: Any, name: str, value: Tensor) -> None:
    member = getattr(module, name)
    member._written(value.array)


def _assign(module: Any, name: str, value: Tensor) -> None:
    member = getattr(module, name)
    if isinstance(member, Parameter) and not isinstance(value, Parameter):
        value = Parameter(value, member.requires_grad)
    setattr(module, name, value)
