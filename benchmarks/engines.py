"""The two engines by name, and the few places where their programs differ.

The networks are written once, in PyTorch's style, as functions of the module that the program
calls ``torch``: minigrad's names are PyTorch's, so either module will do.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np

__all__ = ["ENGINES", "HOW_TO_INSTALL", "OURS", "PEER", "Engine", "load", "peer_installed"]

OURS, PEER = "minigrad", "torch"
ENGINES = {OURS: ("default",), PEER: ("default", "channels-last")}
"""Name of each engine: the layouts in memory that it offers."""

HOW_TO_INSTALL = (
    "no peer to compare with: these are minigrad's own figures. For ratios: "
    "pip install torch==2.13.0 --index-url https://download.pytorch.org/whl/cpu"
)


def peer_installed() -> bool:
    """Whether the peer can be imported here."""
    return find_spec(PEER) is not None


def load(name: str, layout: str = "default", threads: int | None = None) -> Engine:
    """Import an engine.

    Parameters
    ----------
    name
        A name of `ENGINES`.
    layout
        One of its layouts.
    threads
        How many threads it may use; by default as many as it likes.

    Raises
    ------
    ValueError
        No such engine, or no such layout.
    """
    if layout not in ENGINES.get(name, ()):
        known = "; ".join(f"{engine}: {', '.join(names)}" for engine, names in ENGINES.items())
        raise ValueError(f"no engine {name!r} with layout {layout!r}; there are {known}")
    torch = import_module(name)
    if threads is not None:
        torch.set_num_threads(threads)
    return Engine(name, layout, torch)


@dataclass(frozen=True)
class Engine:
    """An engine and a layout: ``torch`` is the module that programs are written for."""

    name: str
    layout: str
    torch: Any

    @property
    def version(self) -> str:
        """Version of the engine."""
        return self.torch.__version__

    def tensor(self, array: np.ndarray, requires_grad: bool = False) -> Any:
        """A tensor with a copy of the array's values, in this engine's layout."""
        values = self.placed(self.torch.tensor(array))
        return values.requires_grad_() if requires_grad else values

    def placed(self, thing: Any) -> Any:
        """A module, or a tensor of pictures, in this engine's layout."""
        if self.layout != "channels-last" or getattr(thing, "ndim", 4) != 4:
            return thing
        return thing.to(memory_format=self.torch.channels_last)

    def optimizer(self, kind: str, parameters: Iterable[Any], **options: Any) -> Any:
        """An optimizer by its name in ``optim``, in its fused form where there is one."""
        make = getattr(self.torch.optim, kind)
        if self.name == PEER and kind in ("SGD", "Adam", "AdamW"):
            options["fused"] = True
        return make(list(parameters), **options)
