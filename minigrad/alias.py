"""minigrad under another name: ``sys.modules["name"] = minigrad`` names its submodules, too.

Without this, ``import name.nn`` would load the files a second time, and the layers of the copy
would be other classes than the layers of the first.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from types import ModuleType
from typing import Any

__all__ = ["install"]

_OWN = __name__.rpartition(".")[0]


class AliasFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds ``name.x`` as ``minigrad.x`` wherever ``name`` is minigrad."""

    def find_spec(
        self, fullname: str, path: Any = None, target: Any = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Find a submodule of another name of minigrad; other modules are not ours to find."""
        top, dot, rest = fullname.partition(".")
        if not dot or top == _OWN or sys.modules.get(top) is not sys.modules[_OWN]:
            return None
        if importlib.util.find_spec(f"{_OWN}.{rest}") is None:
            return None
        return importlib.machinery.ModuleSpec(fullname, self)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """The module that minigrad has under this name."""
        module = importlib.import_module(f"{_OWN}.{spec.name.partition('.')[2]}")
        spec.loader_state = module.__spec__
        top = spec.name.partition(".")[0]
        for name, loaded in list(sys.modules.items()):
            if name.startswith(f"{_OWN}."):
                sys.modules.setdefault(top + name.removeprefix(_OWN), loaded)
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Give the module its own specification back; it ran long ago."""
        assert module.__spec__ is not None
        module.__spec__ = module.__spec__.loader_state


def install() -> None:
    """Let Python find minigrad's submodules under every name that minigrad itself has."""
    if not any(isinstance(finder, AliasFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, AliasFinder())
