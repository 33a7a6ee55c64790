"""From indices to vectors: embedding and one-hot encoding."""

from __future__ import annotations

import numpy as np

from minigrad import dtypes
from minigrad.autograd import Function, no_grad
from minigrad.errors import DTypeError, RangeError, SizeError
from minigrad.functional.checks import check_tensor
from minigrad.primitives.indexing import IndexAdd
from minigrad.tensor import Tensor

__all__ = ["embedding", "one_hot"]


class Embedding(Function):
    """y[...] = w[index[...]]; gradients are multiplied by a factor (..., 1), if there is one."""

    def forward(self, w, index, factor):
        self.index, self.factor = index, factor
        return w[index]

    def backward(self, gy):
        if self.factor is not None:
            gy = gy * gy.wrap(self.factor)
        return IndexAdd.apply(gy, self.shapes[0], self.index)


def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """The rows of ``weight`` that ``input`` names.

    Parameters
    ----------
    input : Tensor
        Indices of any shape (...), int64 or int32.
    weight : Tensor
        (V, D), one vector for each of V indices.
    padding_idx : int, optional
        A row that gets no gradient; negative ones count from the end.
    max_norm, norm_type : float, optional
        Shorten the rows that are used to this length, in place, first.
    scale_grad_by_freq : bool
        Divide each row's gradient by how often the row is used.
    sparse : bool
        Accepted for PyTorch's sake; gradients are dense.

    Returns
    -------
    Tensor
        (..., D).

    Raises
    ------
    IndexError
        For an index that has no row.
    ValueError
        If the weight is no matrix, or ``padding_idx`` has no row.
    TypeError
        For indices that are not integers.
    """
    check_tensor(input, "input", "embedding")
    check_tensor(weight, "weight", "embedding")
    if weight.ndim != 2:
        raise SizeError(f"embedding: weight must be (V, D), got shape {tuple(weight.shape)}")
    if input.array.dtype not in (np.int64, np.int32):
        raise DTypeError(
            f"embedding: input holds indices and must be int64 or int32, got {input.dtype}; "
            "convert it with .long()"
        )
    index, rows = input.array.astype(np.int64), weight.shape[0]
    wrong = index[(index < 0) | (index >= rows)]
    if wrong.size:
        raise IndexError(
            f"embedding: input holds the index {wrong[0]}, but weight has {rows} rows: indices "
            f"must lie in 0 to {rows - 1}"
        )
    if padding_idx is not None and not -rows <= padding_idx < rows:
        raise ValueError(f"embedding: padding_idx (={padding_idx}) is none of the {rows} rows")
    if max_norm is not None:
        _shorten(weight, np.unique(index), max_norm, norm_type)
    factor = None
    if padding_idx is not None or scale_grad_by_freq:
        factor = np.ones((*index.shape, 1), weight.array.dtype)
        if scale_grad_by_freq:
            factor /= np.bincount(index.reshape(-1), minlength=rows)[index][..., None]
        if padding_idx is not None:
            factor[index == padding_idx % rows] = 0
    return Embedding.apply(weight, index, factor)


def _shorten(weight: Tensor, rows: np.ndarray, longest: float, p: float) -> None:
    """Scale the rows that are longer than ``longest`` down to it, in place."""
    lengths = np.linalg.norm(weight.array[rows], p, axis=1)
    long = lengths > longest
    scale = (longest / (lengths[long] + 1e-7)).astype(weight.array.dtype)
    with no_grad():
        weight[weight.wrap(rows[long])] = weight.wrap(weight.array[rows[long]] * scale[:, None])


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """Vectors with a 1 at the index and 0 elsewhere: (...) to (..., C), int64.

    Parameters
    ----------
    tensor : Tensor
        Indices of any shape, int64.
    num_classes : int
        C; one more than the largest index if -1.

    Raises
    ------
    ValueError
        For negative indices, indices of at least C, or no index to infer C from.
    TypeError
        For another dtype.

    Examples
    --------
    >>> import minigrad
    >>> import minigrad.nn.functional as F
    >>> F.one_hot(minigrad.tensor([0, 2])).tolist()
    [[1, 0, 0], [0, 0, 1]]
    """
    check_tensor(tensor, "tensor", "one_hot")
    index = tensor.array
    if index.dtype != np.int64:
        raise DTypeError(
            f"one_hot: tensor holds indices and must be int64, got {tensor.dtype}; convert it with "
            ".long()"
        )
    if index.size == 0 and num_classes < 1:
        raise SizeError("one_hot: no index to infer num_classes from; pass num_classes=")
    if index.size and index.min() < 0:
        raise RangeError(f"one_hot: indices must not be negative, got {index.min()}")
    classes = int(index.max()) + 1 if num_classes == -1 else num_classes
    if index.size and index.max() >= classes:
        raise RangeError(
            f"one_hot: index {index.max()} does not fit num_classes (={num_classes}); indices must "
            "be smaller"
        )
    return tensor.wrap((index[..., None] == np.arange(classes)).astype(dtypes.int64.dtype))
