"""Elements in other places: repeated, flipped, rolled, picked from triangles and diagonals."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.autograd import Differentiable
from minigrad.errors import SizeError
from minigrad.methods.operands import axes_of, axis_of, integer_of, sizes_of
from minigrad.primitives import layout as ops
from minigrad.primitives.indexing import Diagonal

__all__ = ["Arrangement"]


class Arrangement(Differentiable):
    """Methods that copy elements to other places."""

    def repeat(self, *sizes: Any, repeats: Any = None) -> Any:
        """The tensor laid out ``sizes[i]`` times along each axis; a copy."""
        times = sizes_of(sizes if repeats is None else (repeats,), "repeat")
        lead = len(times) - self.ndim
        if lead < 0 or any(n < 0 for n in times):
            raise SizeError(
                f"repeat: sizes {times} must be one per axis of shape {tuple(self.shape)}, none "
                "negative"
            )
        shape = (1,) * lead + self.array.shape
        x = self.reshape(*(s for n in shape for s in (1, n)))
        x = x.expand(*(s for t, n in zip(times, shape, strict=True) for s in (t, n)))
        return x.clone_contiguous().reshape(*(t * n for t, n in zip(times, shape, strict=True)))

    def tile(self, *counts: Any, dims: Any = None) -> Any:
        """`repeat` under NumPy's rule: missing leading counts are 1."""
        times = sizes_of(counts if dims is None else (dims,), "tile")
        return self.repeat(*(1,) * (self.ndim - len(times)), *times)

    def repeat_interleave(
        self, repeats: Any, dim: int | None = None, *, output_size: int | None = None
    ) -> Any:
        """Each element (along an axis) ``repeats`` times in a row; a tensor counts for each place.

        Raises
        ------
        ValueError
            For negative counts, or counts that are neither one nor one for each place.
        """
        x = self.reshape(-1) if dim is None else self
        axis = 0 if dim is None else axis_of(dim, self.ndim, "repeat_interleave")
        x = x if x.ndim else x.reshape(1)
        counts = np.asarray(getattr(repeats, "array", repeats))
        if counts.dtype.kind not in "iu" or counts.ndim > 1 or (counts < 0).any():
            raise SizeError(
                f"repeat_interleave: repeats (={repeats}) must be a non-negative integer or a "
                "vector of them"
            )
        if counts.size not in (1, x.shape[axis]):
            raise SizeError(
                f"repeat_interleave: {counts.size} repeats for an axis of {x.shape[axis]} places"
            )
        places = np.repeat(np.arange(x.shape[axis]), counts)
        return x[(slice(None),) * axis + (places,)]

    def flip(self, *axes: Any, dims: Any = None) -> Any:
        """The elements in reverse order along axes; a copy."""
        axes = sizes_of(axes if dims is None else (dims,), "flip")
        return ops.Flip.apply(self, axes_of(axes, self.ndim, "flip") if axes else ())

    def fliplr(self) -> Any:
        """The columns in reverse order; a copy."""
        if self.ndim < 2:
            raise SizeError(f"fliplr: needs at least 2 dimensions, got {tuple(self.shape)}")
        return self.flip(1)

    def flipud(self) -> Any:
        """The rows in reverse order; a copy."""
        if self.ndim < 1:
            raise SizeError("flipud: needs at least 1 dimension")
        return self.flip(0)

    def rot90(self, k: int = 1, dims: Any = (0, 1)) -> Any:
        """The plane of two axes turned by k quarters, from the first axis to the second; a copy."""
        if len(dims) != 2 or self.ndim < 2:
            raise SizeError(
                f"rot90: dims (={dims}) must be two axes of a tensor of at least 2 dimensions, "
                f"which has shape {tuple(self.shape)}"
            )
        a, b = axes_of(tuple(dims), self.ndim, "rot90")
        turned = (self, self.flip(b), self.flip(a, b), self.flip(a))[k % 4]
        return turned.transpose(a, b) if k % 2 else turned.clone()

    def roll(self, shifts: Any, dims: Any = None) -> Any:
        """The elements shifted cyclically along axes (of the flattened tensor without axes)."""
        by = sizes_of((shifts,), "roll")
        if dims is None or (isinstance(dims, (tuple, list)) and not dims):
            if len(by) != 1:
                raise SizeError(f"roll: shifts (={shifts}) must be one number without dims")
            return ops.Roll.apply(self, by[0], None)
        axes = tuple(dims) if isinstance(dims, (tuple, list)) else (dims,)
        if len(axes) != len(by):
            raise SizeError(f"roll: {len(by)} shifts for {len(axes)} dims; they must agree")
        if self.ndim == 0:
            raise IndexError(f"roll: dims (={dims}) name axes of a tensor that has none")
        return ops.Roll.apply(self, by, tuple(axis_of(d, self.ndim, "roll") for d in axes))

    def tril(self, diagonal: int = 0) -> Any:
        """The part on and below a diagonal; zeros above."""
        return self._triangle(np.tril, diagonal, "tril")

    def triu(self, diagonal: int = 0) -> Any:
        """The part on and above a diagonal; zeros below."""
        return self._triangle(np.triu, diagonal, "triu")

    def _triangle(self, part: Any, diagonal: int, operation: str) -> Any:
        if self.ndim < 2:
            raise SizeError(
                f"{operation}: needs at least 2 dimensions, got shape {tuple(self.shape)}"
            )
        (k,) = sizes_of((diagonal,), operation)
        keep = part(np.ones(self.array.shape[-2:], bool), k)
        return self.masked_fill(self.wrap(~keep), 0)

    def trace(self) -> Any:
        """The sum of a matrix's diagonal."""
        if self.ndim != 2:
            raise SizeError(f"trace: needs a matrix, got shape {tuple(self.shape)}")
        return self.diagonal().sum()

    def diag_embed(self, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
        """Matrices (in the axes dim1 and dim2) whose diagonals are the last axis."""
        offset = integer_of(offset, "offset", "diag_embed")
        rows, columns = (axis_of(dim, self.ndim + 1, "diag_embed") for dim in (dim1, dim2))
        if rows == columns or not self.ndim:
            raise SizeError(
                f"diag_embed: needs 1 dimension or more, and two axes, got shape "
                f"{tuple(self.shape)}, dim1 (={dim1}) and dim2 (={dim2})"
            )
        n, lead = self.shape[-1], self.shape[:-1]
        N = n + abs(offset)
        i = np.arange(n)
        matrix = self.wrap(np.zeros((*lead, N, N), self.array.dtype))
        matrix[..., i - min(offset, 0), i + max(offset, 0)] = self
        return matrix.movedim((-2, -1), (rows, columns))

    def diagonal(self, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
        """A diagonal of two axes, as the last axis; a view."""
        rows, columns = axis_of(dim1, self.ndim, "diagonal"), axis_of(dim2, self.ndim, "diagonal")
        if rows == columns:
            raise SizeError(f"diagonal: dim1 (={dim1}) and dim2 (={dim2}) are the same axis")
        (offset,) = sizes_of((offset,), "diagonal")
        x = self.movedim((rows, columns), (-2, -1))
        x = x[..., max(-offset, 0) :, max(offset, 0) :]
        n = min(x.shape[-2:])
        return Diagonal.apply(x[..., :n, :n])

    def diag(self, diagonal: int = 0) -> Any:
        """A vector as a diagonal matrix; a matrix's diagonal as a vector."""
        if self.ndim == 2:
            return self.diagonal(diagonal)
        (diagonal,) = sizes_of((diagonal,), "diag")
        if self.ndim != 1:
            raise SizeError(f"diag: expected 1 or 2 dimensions, got shape {tuple(self.shape)}")
        N = self.array.shape[0] + abs(diagonal)
        i = np.arange(self.array.shape[0])
        matrix = self.wrap(np.zeros((N, N), self.array.dtype))
        matrix[i - min(diagonal, 0), i + max(diagonal, 0)] = self
        return matrix
