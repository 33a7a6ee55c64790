"""What an explanation is about: the operation, its arrays and settings, and traces of them."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from minigrad.teach.calls import as_picture
from minigrad.teach.recording import Cell
from minigrad.teach.trace import Trace, record

__all__ = ["Subject"]

_SMALL = 400  # numbers that can be taken in at a glance


class Subject:
    """An operation on certain arrays; every view is drawn from it.

    Parameters
    ----------
    operation : str
    arrays : sequence
        Input, weight, bias.
    settings : mapping
        PyTorch's, by name.
    limit : int
        How many steps a view shows before it says how many it leaves out.
    gy : array or "ones", optional
        The gradient that arrives at the output; 1, 2, 3, ... in reading order by default.
    at : Cell, optional
        The only output cell to be explained (of a convolution).
    then : sequence of arrays
        Weights of what follows: the next linear layers, or a convolution after up-sampling.
    activation : str
        Between linear layers: "relu", "abs" or "none".
    """

    def __init__(
        self,
        operation: str,
        arrays: Sequence[Any],
        settings: Mapping[str, Any],
        limit: int = 16,
        gy: Any = None,
        at: Cell | None = None,
        then: Sequence[Any] = (),
        activation: str = "relu",
    ) -> None:
        self.operation, self.settings, self.limit, self.at = operation, dict(settings), limit, at
        self.arrays = [array for array in arrays if array is not None]
        self.offset = ((0, 0), (0, 0))  # of a cut-out part: its first pixel, its first output
        self.then, self.activation = list(then), activation
        self._gy = gy

    @functools.cached_property
    def trace(self) -> Trace:
        """The forward trace."""
        cut = self.is_part and self.operation in ("conv2d", "conv_transpose2d")
        more = {"at": self.at} if cut else {}
        return record(self.operation, *self.arrays, **self.settings, **more)

    @property
    def is_part(self) -> bool:
        """Whether one cell is asked for, and only what reaches it is shown.

        A window is shown within a small picture as it is; a scatter always has other steps, too.
        """
        large = sum(np.size(array) for array in self.arrays) > _SMALL
        return self.at is not None and (large or self.operation == "conv_transpose2d")

    @property
    def cells(self) -> list[Cell]:
        """The output cells to be explained, in reading order."""
        return list(self.trace.cells) if self.at is None else [self.at]

    @property
    def x(self) -> np.ndarray:
        """The input, in four axes (two for linear)."""
        return self.trace.inputs["x"]

    @property
    def w(self) -> np.ndarray:
        """The weight."""
        return self.trace.inputs["w"]

    @property
    def y(self) -> np.ndarray:
        """The output."""
        return self.trace.output

    @functools.cached_property
    def gy(self) -> np.ndarray:
        """The gradient that arrives at the output.

        Raises
        ------
        ValueError
            If its shape is not the output's.
        """
        shape = self.y.shape
        if self._gy is None:
            return np.arange(1, self.y.size + 1, dtype=self.y.dtype).reshape(shape)
        if isinstance(self._gy, str) and self._gy == "ones":
            return np.ones(shape, self.y.dtype)
        given = np.asarray(self._gy, self.y.dtype)
        given = as_picture(given, "gy") if len(shape) == 4 else given.reshape(shape)
        if given.shape != shape:
            raise ValueError(f"gy must have the output's shape {shape}, but has {given.shape}")
        return given

    @property
    def settings_pairs(self) -> dict[str, Any]:
        """The settings as the engine completed them."""
        return dict(self.trace.settings)

    def steps_left_out(self, count: int) -> str:
        """A sentence where a view stops early, or nothing."""
        if count <= self.limit:
            return ""
        return (
            f"{count - self.limit} of {count} steps are left out here; --limit {count} shows all."
        )
