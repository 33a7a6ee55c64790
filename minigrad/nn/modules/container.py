"""Containers: modules that hold others (or parameters) in order, by number or by name."""

from __future__ import annotations

import operator
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from minigrad.nn.modules.joint import run_jointly
from minigrad.nn.modules.module import Module
from minigrad.nn.parameter import Parameter
from minigrad.tensor import Tensor

__all__ = ["ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "Sequential"]


class _Container(Module):
    """A module whose members are the entries of one of its tables."""

    _members = "_modules"

    def _entries(self) -> dict[str, Any]:
        return self.__dict__[self._members]

    def __len__(self) -> int:
        return len(self._entries())


class _Numbered(_Container):
    """Members under the names "0", "1", ...; the base of the containers that work like lists."""

    def _key(self, index: Any) -> str:
        index = operator.index(index)
        if not -len(self) <= index < len(self):
            raise IndexError(
                f"{self._get_name()}: index {index} is out of range for {len(self)} members"
            )
        return list(self._entries())[index]

    def _renumber(self, members: Iterable[Any]) -> None:
        table, members = self._entries(), list(members)
        table.clear()
        table.update((str(i), member) for i, member in enumerate(members))

    def __iter__(self) -> Iterator[Any]:
        return iter(self._entries().values())

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return self._slice(index)
        return self._entries()[self._key(index)]

    def _slice(self, index: slice) -> Any:
        kind: Any = type(self)
        return kind(list(self)[index])

    def __setitem__(self, index: Any, member: Any) -> None:
        setattr(self, self._key(index), member)

    def __delitem__(self, index: Any) -> None:
        members = list(self)
        if not isinstance(index, slice):
            index = list(self._entries()).index(self._key(index))
        del members[index]
        self._renumber(members)

    def append(self, module: Any) -> Any:
        """Add a member at the end; returns the container."""
        self.add_module(str(len(self)), module)
        return self

    def extend(self, modules: Iterable[Any]) -> Any:
        """Add members at the end; returns the container."""
        if not isinstance(modules, Iterable):
            raise TypeError(
                f"{self._get_name()}.extend: expected an iterable, got {type(modules).__name__}"
            )
        for module in list(modules):
            self.append(module)
        return self

    def insert(self, index: int, module: Any) -> Any:
        """Add a member before a position, where the later ones move on; returns the container."""
        if not -len(self) <= index <= len(self):
            raise IndexError(
                f"{self._get_name()}.insert: index {index} is out of range for {len(self)} members"
            )
        self.append(module)
        members = list(self)
        members.insert(index, members.pop())
        self._renumber(members)
        return self

    def pop(self, index: Any = -1) -> Any:
        """Take a member out, and return it."""
        member = self[index]
        del self[index]
        return member

    def __iadd__(self, modules: Iterable[Any]) -> Any:
        return self.extend(modules)

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if not name.isdigit()]


class Sequential(_Numbered):
    """Modules applied one after the other.

    Takes the modules one by one, or an OrderedDict from names to modules.

    Examples
    --------
    >>> from minigrad import nn
    >>> net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    >>> len(net), net[1], net[:2]
    (3, ReLU(), Sequential(
      (0): Linear(in_features=2, out_features=3, bias=True)
      (1): ReLU()
    ))
    """

    def __init__(self, *args: Any) -> None:
        super().__init__()
        if len(args) == 1 and isinstance(args[0], Mapping):
            for name, module in args[0].items():
                self.add_module(name, module)
        else:
            self.extend(args)

    def forward(self, input: Any) -> Any:
        waiting = list(reversed(self._modules.values()))
        while waiting:
            module = waiting.pop()
            result = run_jointly(module, waiting[-1], input) if waiting else None
            if result is None:
                input = module(input)
            else:
                input = result
                waiting.pop()
        return input

    def _slice(self, index: slice) -> Sequential:
        return type(self)(OrderedDict(list(self._modules.items())[index]))

    def __add__(self, other: Any) -> Sequential:
        if not isinstance(other, Sequential):
            raise ValueError(
                f"Sequential: can be added to another one, not to {type(other).__name__}"
            )
        return Sequential(*self, *other)

    def __mul__(self, count: int) -> Sequential:
        if not isinstance(count, int) or count <= 0:
            raise ValueError(
                f"Sequential: can be repeated a positive number of times, not {count!r}"
            )
        return Sequential(*(list(self) * count))

    __rmul__ = __mul__


class ModuleList(_Numbered):
    """A list whose modules are discovered, for a ``forward`` of one's own."""

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        self.extend(modules or [])

    def __add__(self, other: Iterable[Module]) -> ModuleList:
        return ModuleList([*self, *other])

    def __repr__(self) -> str:
        """The list with runs of equal members written once, as ``(0-2): 3 x ...``."""
        if not len(self):
            return f"{self._get_name()}()"
        runs: list[list[Any]] = []  # first, last, text
        for i, text in enumerate(map(repr, self)):
            if runs and runs[-1][2] == text:
                runs[-1][1] = i
            else:
                runs.append([i, i, text])
        lines = [
            f"({a}): {text}" if a == b else f"({a}-{b}): {b - a + 1} x {text}"
            for a, b, text in runs
        ]
        body = "\n".join(lines).replace("\n", "\n  ")
        return f"{self._get_name()}(\n  {body}\n)"


class _Named(_Container):
    """Members under names of their own; the base of the containers that work like dictionaries."""

    def __getitem__(self, key: str) -> Any:
        return self._entries()[key]

    def __delitem__(self, key: str) -> None:
        del self._entries()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries())

    def __contains__(self, key: str) -> bool:
        return key in self._entries()

    def keys(self) -> Iterable[str]:
        """The names."""
        return self._entries().keys()

    def values(self) -> Iterable[Any]:
        """The members."""
        return self._entries().values()

    def items(self) -> Iterable[tuple[str, Any]]:
        """The names with their members."""
        return self._entries().items()

    def get(self, key: str, default: Any = None) -> Any:
        """The member of this name, or the default."""
        return self._entries().get(key, default)

    def clear(self) -> None:
        """Take out all members."""
        self._entries().clear()

    def pop(self, key: str) -> Any:
        """Take out the member of this name, and return it."""
        return self._entries().pop(key)

    def update(self, members: Any) -> None:
        """Add (or replace) members, from a mapping or pairs."""
        for key, member in members.items() if hasattr(members, "items") else members:
            self[key] = member


class ModuleDict(_Named):
    """A dictionary whose modules are discovered."""

    def __init__(self, modules: Any = None) -> None:
        super().__init__()
        self.update(modules or {})

    def __setitem__(self, key: str, module: Any) -> None:
        self.add_module(key, module)


class ParameterDict(_Named):
    """A dictionary whose parameters are discovered; plain tensors become parameters."""

    _members = "_parameters"

    def __init__(self, parameters: Any = None) -> None:
        super().__init__()
        self.update(parameters or {})

    def __setitem__(self, key: str, parameter: Any) -> None:
        setattr(self, key, _as_parameter(parameter))

    def extra_repr(self) -> str:
        return "\n".join(f"  ({k}): {_described(p)}" for k, p in self.items())


class ParameterList(_Numbered):
    """A list whose parameters are discovered; plain tensors become parameters."""

    _members = "_parameters"

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        super().__init__()
        self.extend(values or [])

    def append(self, value: Any) -> ParameterList:
        self.register_parameter(str(len(self)), _as_parameter(value))
        return self

    def __setitem__(self, index: Any, value: Any) -> None:
        super().__setitem__(index, _as_parameter(value))

    def extra_repr(self) -> str:
        return "\n".join(f"  ({i}): {_described(p)}" for i, p in enumerate(self))


def _as_parameter(value: Any) -> Any:
    plain = isinstance(value, Tensor) and not isinstance(value, Parameter)
    return Parameter(value) if plain else value


def _described(p: Tensor) -> str:
    sizes = "x".join(map(str, p.shape))
    return f"{type(p).__name__} containing: [{p.dtype} of size {sizes}]"
