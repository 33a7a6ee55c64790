"""Matrix products of a tensor."""

from __future__ import annotations

import math
from typing import Any

from minigrad.autograd import Differentiable
from minigrad.errors import DTypeError, SizeError
from minigrad.methods.operands import axes_of, check_broadcast, need_tensors, operand
from minigrad.primitives.products import MatMul

__all__ = ["Products"]


class Products(Differentiable):
    """Methods that multiply matrices and vectors."""

    def matmul(self, other: Any) -> Any:
        """The matrix product; vectors are rows on the left and columns on the right, leading axes
        broadcast.

        Raises
        ------
        ValueError
            If the inner sizes differ.
        TypeError
            If the dtypes differ.
        """
        x, y = self, operand(other, self, "matmul")
        check_matmul(x, y)
        row, column = x.ndim == 1, y.ndim == 1
        x = x.unsqueeze(0) if row else x
        y = y.unsqueeze(1) if column else y
        z = MatMul.apply(x, y)
        z = z.squeeze(-2) if row else z
        return z.squeeze(-1) if column else z

    def __matmul__(self, other: Any) -> Any:
        return self.matmul(other)

    def __rmatmul__(self, other: Any) -> Any:
        return operand(other, self, "matmul").matmul(self)

    def _strict_matmul(self, other: Any, ndims: tuple[int, int], operation: str) -> Any:
        if not isinstance(other, Differentiable):
            raise TypeError(f"{operation}: expected a Tensor, got {type(other).__name__}")
        if (self.ndim, other.ndim) != ndims:
            raise SizeError(
                f"{operation}: expected tensors of {ndims[0]} and {ndims[1]} dimensions, got "
                f"shapes {tuple(self.shape)} and {tuple(other.shape)}"
            )
        return self.matmul(other)

    def mm(self, mat2: Any) -> Any:
        """The product of two matrices; nothing broadcasts."""
        return self._strict_matmul(mat2, (2, 2), "mm")

    def mv(self, vec: Any) -> Any:
        """The product of a matrix and a vector."""
        return self._strict_matmul(vec, (2, 1), "mv")

    def dot(self, tensor: Any) -> Any:
        """The inner product of two vectors."""
        return self._strict_matmul(tensor, (1, 1), "dot")

    def bmm(self, mat2: Any) -> Any:
        """The products of two equally long batches of matrices; nothing broadcasts."""
        if not isinstance(mat2, Differentiable):
            raise TypeError(f"bmm: mat2 must be a Tensor, got {type(mat2).__name__}")
        if self.ndim == mat2.ndim == 3 and self.shape[0] != mat2.shape[0]:
            raise SizeError(f"bmm: batch sizes {self.shape[0]} and {mat2.shape[0]} differ")
        return self._strict_matmul(mat2, (3, 3), "bmm")

    def addmm(self, mat1: Any, mat2: Any, *, beta: float = 1, alpha: float = 1) -> Any:
        """``beta * self + alpha * (mat1 @ mat2)``."""
        need_tensors("addmm", mat1=mat1, mat2=mat2)
        return self._plus(mat1.mm(mat2), beta, alpha, "addmm")

    def addmv(self, mat: Any, vec: Any, *, beta: float = 1, alpha: float = 1) -> Any:
        """``beta * self + alpha * (mat @ vec)``."""
        need_tensors("addmv", mat=mat, vec=vec)
        return self._plus(mat.mv(vec), beta, alpha, "addmv")

    def baddbmm(self, batch1: Any, batch2: Any, *, beta: float = 1, alpha: float = 1) -> Any:
        """``beta * self + alpha * (batch1 @ batch2)``, for batches of matrices."""
        need_tensors("baddbmm", batch1=batch1, batch2=batch2)
        return self._plus(batch1.bmm(batch2), beta, alpha, "baddbmm")

    def addbmm(self, batch1: Any, batch2: Any, *, beta: float = 1, alpha: float = 1) -> Any:
        """``beta * self + alpha * (the sum of all products batch1 @ batch2)``."""
        need_tensors("addbmm", batch1=batch1, batch2=batch2)
        return self._plus(batch1.bmm(batch2).sum(0), beta, alpha, "addbmm")

    def _plus(self, product: Any, beta: float, alpha: float, operation: str) -> Any:
        lead = product.ndim - self.ndim
        sizes = (1,) * max(lead, 0) + tuple(self.shape)
        if lead < 0 or any(n not in (1, m) for n, m in zip(sizes, product.shape, strict=True)):
            raise SizeError(
                f"{operation}: a tensor of shape {tuple(self.shape)} cannot be added to the "
                f"product of shape {tuple(product.shape)}"
            )
        product = product if alpha == 1 else product * alpha
        if beta == 0:
            return product  # PyTorch ignores self then, NaN included
        return product + (self if beta == 1 else self.mul(beta))

    def outer(self, vec2: Any) -> Any:
        """All products of an element of one vector and an element of another."""
        if not isinstance(vec2, Differentiable) or self.ndim != 1 or vec2.ndim != 1:
            shape = tuple(vec2.shape) if isinstance(vec2, Differentiable) else vec2
            raise SizeError(f"outer: expected two vectors, got {tuple(self.shape)} and {shape}")
        return self.unsqueeze(1) * vec2.unsqueeze(0)

    ger = outer

    def inner(self, other: Any) -> Any:
        """The sums of products along the last axes of both."""
        need_tensors("inner", other=other)
        if self.ndim == 0 or other.ndim == 0:
            return self * other
        return self.tensordot(other, ([-1], [-1]))

    def tensordot(self, other: Any, dims: Any = 2) -> Any:
        """The sums of products over several axes: the last of self and the first of other, as many
        as ``dims`` says, or the two lists of axes in it.

        Raises
        ------
        ValueError
            If the axes do not agree.
        """
        need_tensors("tensordot", other=other)
        if isinstance(dims, int):
            dims = (tuple(range(self.ndim - dims, self.ndim)), tuple(range(dims)))
        mine, others = (
            axes_of(tuple(d) if isinstance(d, (tuple, list)) else (d,), x.ndim, "tensordot")
            if not isinstance(d, (tuple, list)) or d
            else ()
            for d, x in zip(dims, (self, other), strict=True)
        )
        sizes = tuple(self.shape[i] for i in mine), tuple(other.shape[i] for i in others)
        if sizes[0] != sizes[1]:
            raise SizeError(f"tensordot: the axes have sizes {sizes[0]} and {sizes[1]}")
        left = [i for i in range(self.ndim) if i not in mine]
        right = [i for i in range(other.ndim) if i not in others]
        count = math.prod(sizes[0])
        x = self.permute(*left, *mine).reshape(math.prod(self.shape[i] for i in left), count)
        y = other.permute(*others, *right).reshape(count, math.prod(other.shape[i] for i in right))
        return x.matmul(y).reshape(*(self.shape[i] for i in left), *(other.shape[i] for i in right))


def check_matmul(x: Any, y: Any) -> None:
    """Raise unless ``x @ y`` is defined."""
    if x.ndim == 0 or y.ndim == 0:
        raise SizeError("matmul: both tensors need at least 1 dimension; use * for a number")
    inner = y.shape[0] if y.ndim == 1 else y.shape[-2]
    if x.shape[-1] != inner:
        raise SizeError(
            f"matmul: shapes {tuple(x.shape)} and {tuple(y.shape)} do not fit: {x.shape[-1]} "
            f"columns on the left, {inner} rows on the right"
        )
    if x.array.dtype != y.array.dtype:
        raise DTypeError(
            f"matmul: dtypes {x.dtype} and {y.dtype} differ; convert one with .to(...), mixed "
            "products are refused as in PyTorch"
        )
    check_broadcast(x.shape[:-2], y.shape[:-2], "matmul")
