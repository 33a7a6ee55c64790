"""What a module owns: how attributes become parameters, buffers and submodules, and how they are
walked.

A module keeps three ordered dictionaries, filled as attributes are assigned; a walk visits them
in that order, each object once, and names it by the path of attributes that leads to it, joined
by dots.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from minigrad.nn.parameter import Buffer, Parameter
from minigrad.tensor import Tensor

__all__ = ["Registry"]


class Registry:
    """The base of `Module` that discovers parameters, buffers and submodules."""

    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Tensor | None]
    _modules: dict[str, Any]
    _non_persistent_buffers_set: set[str]

    def __init__(self) -> None:
        for name in ("_parameters", "_buffers", "_modules"):
            object.__setattr__(self, name, {})
        object.__setattr__(self, "_non_persistent_buffers_set", set())

    def _get_name(self) -> str:
        return type(self).__name__

    # -- attributes -------------------------------------------------------------------------------

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Parameter):
            self._make_room(name, "_parameters")
            self.register_parameter(name, value)
        elif isinstance(value, Registry):
            modules = self._table("_modules", "module")
            self._make_room(name, "_modules")
            modules[name] = value
        elif isinstance(value, Buffer):
            self._make_room(name, "_buffers")
            self.register_buffer(name, value, value.persistent)
        elif not self._replace(name, value):
            object.__setattr__(self, name, value)

    def _replace(self, name: str, value: Any) -> bool:
        """Put a plain value where a registered name is, if it may stand there."""
        for table, kind, accepted in (
            ("_parameters", "parameter", "Parameter"),
            ("_modules", "child module", "Module"),
            ("_buffers", "buffer", "Tensor"),
        ):
            entries = self.__dict__.get(table, ())
            if name not in entries:
                continue
            if value is not None and not (table == "_buffers" and isinstance(value, Tensor)):
                raise TypeError(
                    f"{self._get_name()}: cannot assign a {type(value).__name__} as {kind} "
                    f"'{name}' "
                    f"({accepted} or None expected)"
                )
            entries[name] = value
            return True
        return False

    def __getattr__(self, name: str) -> Any:
        for table in ("_parameters", "_buffers", "_modules"):
            entries = self.__dict__.get(table)
            if entries is not None and name in entries:
                return entries[name]
        raise AttributeError(
            f"'{type(self).__name__}' object has no attribute '{name}'", name=name, obj=self
        )

    def __delattr__(self, name: str) -> None:
        for table in (self._parameters, self._buffers, self._modules):
            if name in table:
                del table[name]
                self._non_persistent_buffers_set.discard(name)
                return
        object.__delattr__(self, name)

    def __dir__(self) -> list[str]:
        tables = (self._parameters, self._buffers, self._modules)
        names = {*object.__dir__(self), *(name for table in tables for name in table)}
        return sorted(name for name in names if not name[:1].isdigit())

    def _table(self, table: str, kind: str) -> dict[str, Any]:
        try:
            return self.__dict__[table]
        except KeyError:
            raise AttributeError(
                f"{self._get_name()}: cannot assign a {kind} before Module.__init__() call; "
                "call super().__init__() first"
            ) from None

    def _make_room(self, name: str, table: str) -> None:
        """Remove an attribute of this name that is of another kind; one of the same kind keeps
        its place.
        """
        self.__dict__.pop(name, None)
        for other in {"_parameters", "_buffers", "_modules"} - {table}:
            self.__dict__.get(other, {}).pop(name, None)
        self.__dict__.get("_non_persistent_buffers_set", set()).discard(name)

    # -- registration -----------------------------------------------------------------------------

    def _check_name(self, name: str, table: dict[str, Any], kind: str) -> None:
        if not isinstance(name, str):
            raise TypeError(
                f"{self._get_name()}: {kind} name must be a string, got {type(name).__name__}"
            )
        if "." in name or not name:
            raise KeyError(
                f'{self._get_name()}: {kind} name "{name}" must not be empty nor contain "."'
            )
        if hasattr(self, name) and name not in table:
            raise KeyError(f"{self._get_name()}: attribute '{name}' already exists")

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Own a parameter under a name; None reserves the name.

        Raises
        ------
        TypeError, KeyError
            If it is not a Parameter, or the name is taken, empty or dotted.
        """
        table = self._table("_parameters", "parameter")
        self._check_name(name, table, "parameter")
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"{self._get_name()}: cannot assign a {type(param).__name__} as parameter '{name}' "
                "(Parameter or None expected)"
            )
        if param is not None and param.node is not None:
            raise ValueError(
                f"{self._get_name()}: parameter '{name}' is the result of a recorded "
                "operation, so it cannot "
                "be trained; compute it in forward() instead"
            )
        table[name] = param

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Own a tensor that is not trained; if persistent, it is part of the ``state_dict``.

        Raises
        ------
        TypeError, KeyError
            If it is not a Tensor, or the name is taken, empty or dotted.
        """
        table = self._table("_buffers", "buffer")
        self._check_name(name, table, "buffer")
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"{self._get_name()}: cannot assign a {type(tensor).__name__} as buffer '{name}' "
                "(Tensor or None expected)"
            )
        table[name] = tensor
        (
            self._non_persistent_buffers_set.discard
            if persistent
            else self._non_persistent_buffers_set.add
        )(name)

    def add_module(self, name: str, module: Any) -> None:
        """Own a submodule under a name; None reserves the name.

        Raises
        ------
        TypeError, KeyError
            If it is not a Module, or the name is taken, empty or dotted.
        """
        table = self._table("_modules", "module")
        if module is not None and not isinstance(module, Registry):
            raise TypeError(
                f"{self._get_name()}: {type(module).__name__} is not a Module subclass "
                f"(submodule '{name}')"
            )
        self._check_name(name, table, "module")
        table[name] = module

    def register_module(self, name: str, module: Any) -> None:
        """Another name of `add_module`."""
        self.add_module(name, module)

    # -- walks ------------------------------------------------------------------------------------

    def named_children(self) -> Iterator[tuple[str, Any]]:
        """The direct submodules with their names, each once."""
        seen = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self) -> Iterator[Any]:
        """The direct submodules, each once."""
        return (module for _, module in self.named_children())

    def named_modules(
        self, memo: set[Any] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Any]]:
        """The module itself and all below it with their dotted names, parents before children."""
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, module in self._modules.items():
            if module is not None:
                path = f"{prefix}.{name}" if prefix else name
                yield from module.named_modules(memo, path, remove_duplicate)

    def modules(self) -> Iterator[Any]:
        """The module itself and all below it, each once."""
        return (module for _, module in self.named_modules())

    def _named_members(
        self, table: str, prefix: str, recurse: bool, remove_duplicate: bool
    ) -> Iterator[tuple[str, Any]]:
        seen = set()
        modules = (
            self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate)
            if recurse
            else [(prefix, self)]
        )
        for path, module in modules:
            for name, member in getattr(module, table).items():
                if member is None or id(member) in seen:
                    continue
                if remove_duplicate:
                    seen.add(id(member))
                yield (f"{path}.{name}" if path else name), member

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """All parameters with their dotted names, in the order of definition."""
        return self._named_members("_parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """All parameters, each once."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """All buffers with their dotted names, in the order of definition."""
        return self._named_members("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """All buffers, each once."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    # -- by path ----------------------------------------------------------------------------------

    def get_submodule(self, target: str) -> Any:
        """The submodule at a dotted path; "" is the module itself.

        Raises
        ------
        AttributeError
            Naming the step of the path that does not exist, or is not a module.
        """
        module: Any = self
        for name in target.split(".") if target else ():
            found = getattr(module, name, None)
            if not isinstance(found, Registry):
                raise AttributeError(
                    f"{module._get_name()} has no submodule '{name}' (in '{target}')"
                )
            module = found
        return module

    def _owner(self, target: str) -> tuple[Any, str]:
        path, _, name = target.rpartition(".")
        return self.get_submodule(path), name

    def get_parameter(self, target: str) -> Parameter:
        """The parameter at a dotted path; AttributeError if there is none."""
        module, name = self._owner(target)
        if not isinstance(getattr(module, name, None), Parameter):
            raise AttributeError(f"{module._get_name()} has no parameter '{name}' (in '{target}')")
        return getattr(module, name)

    def get_buffer(self, target: str) -> Tensor:
        """The buffer at a dotted path; AttributeError if there is none."""
        module, name = self._owner(target)
        if name not in module._buffers:
            raise AttributeError(f"{module._get_name()} has no buffer '{name}' (in '{target}')")
        return module._buffers[name]

    def set_submodule(self, target: str, module: Any) -> None:
        """Put a module at a dotted path whose parent exists."""
        parent, name = self._owner(target)
        setattr(parent, name, module)
