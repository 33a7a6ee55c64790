"""Shapes of a tensor: reshaping, permuting, expanding, splitting."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.autograd import Differentiable
from minigrad.errors import SizeError
from minigrad.methods.operands import axes_of, axis_of, integer_of, need_tensors, sizes_of
from minigrad.primitives import layout as ops

__all__ = ["Layout"]


def completed(shape: tuple[int, ...], count: int, operation: str) -> tuple[int, ...]:
    """A shape with its one -1, if any, worked out from the number of elements."""
    known = int(np.prod([n for n in shape if n != -1], dtype=object)) if shape else 1
    if shape.count(-1) > 1 or any(n < -1 for n in shape):
        raise SizeError(
            f"{operation}: shape {shape} must have at most one -1 and no other negative size"
        )
    if -1 in shape:
        if known == 0 or count % known:
            raise SizeError(
                f"{operation}: {count} elements do not fill shape {shape}: {count} is not a "
                f"multiple of {known}"
            )
        return tuple(count // known if n == -1 else n for n in shape)
    if known != count:
        raise SizeError(
            f"{operation}: {count} elements do not fill shape {shape}, which has {known}"
        )
    return shape


class Layout(Differentiable):
    """Methods that move elements and change shapes."""

    def reshape(self, *sizes: Any, shape: Any = None) -> Any:
        """The same elements in another shape (one size may be -1); a view where possible."""
        given = sizes_of(sizes if shape is None else (shape,), "reshape")
        return ops.Reshape.apply(self, completed(given, self.array.size, "reshape"))

    def view(self, *shape: Any, size: Any = None) -> Any:
        """`reshape` that refuses to copy a view whose memory does not allow the shape; or a dtype's
        cast.

        Raises
        ------
        ValueError
            If the strides of a view do not allow the shape; use `reshape`.
        """
        shape = shape if size is None else (size,)
        if len(shape) == 1 and not isinstance(shape[0], (int, np.integer, tuple, list)):
            raise TypeError(
                f"view: expected sizes, got {shape[0]!r}; convert dtypes with .to(dtype)"
            )
        result = self.reshape(*shape)
        if (
            self.base is not None
            and self.array.size
            and not np.may_share_memory(result.array, self.array)
        ):
            raise SizeError(
                f"view: a view of shape {tuple(self.shape)} with strides {self.stride()} cannot "
                f"be looked at in shape {tuple(result.shape)} without copying; use reshape(...) "
                "or contiguous().view(...)"
            )
        return result

    def view_as(self, other: Any) -> Any:
        """`view` in the shape of another tensor."""
        need_tensors("view_as", other=other)
        return self.view(*other.shape)

    def reshape_as(self, other: Any) -> Any:
        """`reshape` to the shape of another tensor."""
        need_tensors("reshape_as", other=other)
        return self.reshape(*other.shape)

    def flatten(self, start_dim: int = 0, end_dim: int = -1) -> Any:
        """The axes from ``start_dim`` to ``end_dim`` joined into one."""
        start = axis_of(start_dim, self.ndim, "flatten")
        end = axis_of(end_dim, self.ndim, "flatten")
        if start > end:
            raise SizeError(f"flatten: start_dim (={start_dim}) lies after end_dim (={end_dim})")
        if self.ndim == 0:
            return self.reshape(1)
        shape = self.array.shape
        joined = int(np.prod(shape[start : end + 1], dtype=np.int64))
        return self.reshape(*shape[:start], joined, *shape[end + 1 :])

    def ravel(self) -> Any:
        """All axes joined into one."""
        return self.reshape(-1)

    def unflatten(self, dim: int, sizes: Any) -> Any:
        """One axis taken apart into several."""
        axis = axis_of(dim, self.ndim, "unflatten")
        shape = self.array.shape
        if not shape:
            raise SizeError("unflatten: a 0-dimensional tensor has no axis to take apart")
        inner = completed(sizes_of((sizes,), "unflatten"), shape[axis], "unflatten")
        return self.reshape(*shape[:axis], *inner, *shape[axis + 1 :])

    def squeeze(self, dim: Any = None) -> Any:
        """Without the axes of length 1 (all, or those named)."""
        axes = () if dim == () else axes_of(dim, self.ndim, "squeeze")
        return self.reshape(*(n for i, n in enumerate(self.array.shape) if n != 1 or i not in axes))

    def unsqueeze(self, dim: int) -> Any:
        """With a new axis of length 1 before axis ``dim``."""
        axis = axis_of(dim, self.ndim + 1, "unsqueeze")
        shape = self.array.shape
        return self.reshape(*shape[:axis], 1, *shape[axis:])

    def permute(self, *axes: Any, dims: Any = None) -> Any:
        """The axes in another order; a view."""
        named = sizes_of(axes if dims is None else (dims,), "permute")
        if len(named) != self.ndim:
            raise SizeError(f"permute: dims {named} must name each of the {self.ndim} axes once")
        return ops.Permute.apply(self, axes_of(named, self.ndim, "permute"))

    def transpose(self, dim0: int, dim1: int) -> Any:
        """Two axes exchanged; a view."""
        a, b = axis_of(dim0, self.ndim, "transpose"), axis_of(dim1, self.ndim, "transpose")
        order = list(range(self.ndim))
        if self.ndim:
            order[a], order[b] = b, a
        return ops.Permute.apply(self, tuple(order))

    swapaxes = swapdims = transpose

    def t(self) -> Any:
        """The transpose of a matrix (a vector stays as it is)."""
        if self.ndim > 2:
            raise SizeError(f"t: expected at most 2 dimensions, got shape {tuple(self.shape)}")
        return ops.Permute.apply(self, tuple(reversed(range(self.ndim))))

    @property
    def T(self) -> Any:  # noqa: N802
        """The axes in reverse order."""
        return ops.Permute.apply(self, tuple(reversed(range(self.ndim))))

    H = T

    @property
    def mT(self) -> Any:  # noqa: N802
        """The last two axes exchanged."""
        return self.transpose(-1, -2)

    def movedim(self, source: Any, destination: Any) -> Any:
        """Axes moved to other places, the others in their order."""
        sources = axes_of(source if source != () else None, self.ndim, "movedim")
        targets = axes_of(destination if destination != () else None, self.ndim, "movedim")
        if len(sources) != len(targets):
            raise SizeError(f"movedim: {len(sources)} axes cannot move to {len(targets)} places")
        rest = iter(i for i in range(self.ndim) if i not in sources)
        place = dict(zip(targets, sources, strict=True))
        order = tuple(place[i] if i in place else next(rest) for i in range(self.ndim))
        return ops.Permute.apply(self, order)

    moveaxis = movedim

    def adjoint(self) -> Any:
        """The last two axes exchanged."""
        return self.transpose(-1, -2)

    def expand(self, *sizes: Any, size: Any = None, implicit: bool = False) -> Any:
        """Axes of length 1 (and new leading axes) repeated without copying; -1 keeps a size."""
        given, shape = sizes_of(sizes if size is None else (size,), "expand"), self.array.shape
        lead = len(given) - len(shape)
        old = (1,) * max(lead, 0) + shape
        wanted = tuple(
            o if n == -1 and i >= lead else n
            for i, (n, o) in enumerate(zip(given, old, strict=False))
        )
        fits = lead >= 0 and all(n >= 0 and (o in (n, 1)) for n, o in zip(wanted, old, strict=True))
        if not fits:
            raise SizeError(
                f"expand: shape {shape} does not expand to {given}: only axes of length 1 can be "
                "repeated, and new axes come first"
            )
        return ops.Expand.apply(self, wanted)

    def expand_as(self, other: Any) -> Any:
        """`expand` to the shape of another tensor."""
        need_tensors("expand_as", other=other)
        return self.expand(*other.shape)

    def broadcast_to(self, size: Any) -> Any:
        """`expand` under NumPy's name."""
        return self.expand(size)

    def narrow(self, dim: int, start: int, length: int) -> Any:
        """``length`` places of an axis from ``start`` on; a view."""
        axis = axis_of(dim, self.ndim, "narrow")
        if self.ndim == 0:
            raise SizeError("narrow: a 0-dimensional tensor has no axis to narrow")
        start, length = sizes_of((start, length), "narrow")
        extent = self.array.shape[axis]
        first = start + extent if start < 0 else start
        if length < 0 or not 0 <= first <= extent - length:
            raise SizeError(
                f"narrow: start (={start}) and length (={length}) leave an axis of {extent}"
            )
        return self[(slice(None),) * axis + (slice(first, first + length),)]

    def select(self, dim: int, index: int) -> Any:
        """One place of an axis, without that axis; a view."""
        if self.ndim == 0:
            raise IndexError("select: a 0-dimensional tensor has no axis to select from")
        (place,) = sizes_of((index,), "select")
        return self[(slice(None),) * axis_of(dim, self.ndim, "select") + (place,)]

    def unbind(self, dim: int = 0) -> tuple[Any, ...]:
        """All places of an axis, one tensor each."""
        axis = axis_of(dim, self.ndim, "unbind")
        if self.ndim == 0:
            raise IndexError("unbind: a 0-dimensional tensor has no axis to take apart")
        return tuple(self.select(axis, i) for i in range(self.array.shape[axis]))

    def split(
        self, split_size: Any = None, dim: int = 0, *, split_size_or_sections: Any = None
    ) -> tuple[Any, ...]:
        """Pieces of an axis, of one size (the last may be shorter) or of the sizes listed;
        views.
        """
        axis = axis_of(dim, self.ndim, "split")
        split_size = split_size if split_size_or_sections is None else split_size_or_sections
        if self.ndim == 0:
            raise SizeError("split: a 0-dimensional tensor has no axis to split")
        extent = self.array.shape[axis]
        if isinstance(split_size, (tuple, list)):
            sizes = list(sizes_of((split_size,), "split"))
            if sum(sizes) != extent or min(sizes, default=0) < 0:
                raise SizeError(
                    f"split: sizes {sizes} must be non-negative and sum to the axis's {extent}"
                )
        else:
            (split_size,) = sizes_of((split_size,), "split")
            if split_size < 0 or (split_size == 0 and extent):
                raise SizeError(f"split: split_size (={split_size}) must be positive")
            step = max(split_size, 1)
            sizes = [min(step, extent - i) for i in range(0, extent, step)] or [0]
        starts = np.cumsum([0, *sizes[:-1]])[: len(sizes)]
        return tuple(self.narrow(axis, int(s), n) for s, n in zip(starts, sizes, strict=True))

    def chunk(self, chunks: int, dim: int = 0) -> tuple[Any, ...]:
        """At most ``chunks`` equal pieces of an axis (the last may be shorter); views."""
        if sizes_of((chunks,), "chunk")[0] < 1:
            raise SizeError(f"chunk: chunks (={chunks}) must be at least 1")
        if self.ndim == 0:
            raise SizeError("chunk: a 0-dimensional tensor has no axis to split")
        axis = axis_of(dim, self.ndim, "chunk")
        size = -(-self.array.shape[axis] // chunks)
        return self.split(size, axis) if size else self.split([0] * chunks, axis)

    def split_with_sizes(self, split_sizes: Any, dim: int = 0) -> tuple[Any, ...]:
        """Pieces of an axis of the sizes listed; views."""
        return self.split(list(split_sizes), dim)

    def tensor_split(self, indices_or_sections: Any, dim: int = 0) -> tuple[Any, ...]:
        """Pieces of an axis, as many as asked for (sizes differ by at most 1), or cut at the places
        listed; views.
        """
        if self.ndim == 0:
            raise SizeError("tensor_split: a 0-dimensional tensor has no axis to split")
        axis = axis_of(dim, self.ndim, "tensor_split")
        given = getattr(indices_or_sections, "array", indices_or_sections)
        if np.ndim(given) == 0 and integer_of(given, "sections", "tensor_split") < 1:
            raise SizeError(f"tensor_split: sections (={given}) must be at least 1")
        places = np.array_split(np.arange(self.array.shape[axis]), given)
        starts = np.cumsum([0] + [len(p) for p in places[:-1]])
        if np.ndim(given):
            starts = np.array([slice(i, None).indices(self.shape[axis])[0] for i in [0, *given]])
        return tuple(self.narrow(axis, int(s), len(p)) for s, p in zip(starts, places, strict=True))

    def unfold(self, dimension: int, size: int, step: int) -> Any:
        """Windows of ``size`` places of an axis, ``step`` apart, as a new last axis."""
        axis = axis_of(dimension, self.ndim, "unfold")
        extent = self.array.shape[axis] if self.ndim else 1
        size, step = integer_of(size, "size", "unfold"), integer_of(step, "step", "unfold")
        if step < 1 or not 0 <= size <= extent:
            raise SizeError(
                f"unfold: size (={size}) must lie in 0 to the axis's {extent}, step (={step}) "
                "must be at least 1"
            )
        x = self if self.ndim else self.reshape(1)
        starts = np.arange(0, extent - size + 1, step)
        windows = x[(slice(None),) * axis + (starts[:, None] + np.arange(size),)]
        windows = windows.movedim(axis + 1, -1)
        return windows if self.ndim else windows.squeeze(0)

    def contiguous(self, memory_format: Any = None) -> Any:
        """The tensor itself if its elements lie in C order, else a copy that does."""
        return self if self.array.flags.c_contiguous else self.clone_contiguous()

    def is_contiguous(self, memory_format: Any = None) -> bool:
        """Whether the elements lie in C order."""
        return bool(self.array.flags.c_contiguous)

    def stride(self, dim: int | None = None) -> Any:
        """Steps in memory between neighbours along each axis [elements]."""
        steps = tuple(s // self.array.itemsize for s in self.array.strides)
        return steps if dim is None else steps[axis_of(dim, self.ndim, "stride")]
