"""Embeddings: a trained vector for each of a number of indices."""

from __future__ import annotations

from typing import Any

from minigrad import functional as F
from minigrad.autograd import no_grad
from minigrad.kernels.sizes import integer
from minigrad.nn import init
from minigrad.nn.modules.module import Module
from minigrad.nn.modules.utils import _empty
from minigrad.nn.parameter import Parameter
from minigrad.tensor import Tensor

__all__ = ["Embedding"]


class Embedding(Module):
    """A table of vectors: integers of any shape to (..., embedding_dim).

    Parameters
    ----------
    num_embeddings, embedding_dim : int
        The number of vectors, and the length of each.
    padding_idx : int, optional
        The index whose vector starts as 0 and is not trained.
    max_norm, norm_type : float
        Vectors that are looked up are first scaled to this norm at most.
    scale_grad_by_freq : bool
        Divide each vector's gradient by how often it occurs in the batch.
    sparse : bool
        Accepted; gradients are dense.

    Attributes
    ----------
    weight : Parameter
        (num_embeddings, embedding_dim), drawn from a standard normal distribution.
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Tensor | None = None,
        _freeze: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.num_embeddings = integer(num_embeddings, "num_embeddings", "Embedding", 1)
        self.embedding_dim = integer(embedding_dim, "embedding_dim", "Embedding", 1)
        self.padding_idx = padding_idx
        if padding_idx is not None:
            if not -num_embeddings <= padding_idx < num_embeddings:
                raise ValueError(
                    f"Embedding: padding_idx (={padding_idx}) must be within the "
                    f"{num_embeddings} embeddings"
                )
            self.padding_idx = padding_idx % num_embeddings
        self.max_norm, self.norm_type = max_norm, norm_type
        self.scale_grad_by_freq, self.sparse = scale_grad_by_freq, sparse
        if _weight is None:
            self.weight = _empty(num_embeddings, embedding_dim, dtype=dtype, device=device)
            self.reset_parameters()
        elif tuple(_weight.shape) != (num_embeddings, embedding_dim):
            raise ValueError(
                f"Embedding: the weight's shape {tuple(_weight.shape)} is not "
                f"({num_embeddings}, {embedding_dim})"
            )
        else:
            self.weight = Parameter(_weight)
        self.weight.requires_grad_(not _freeze)

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Embedding:
        """A layer with the given vectors (num_embeddings, embedding_dim), not trained unless
        ``freeze=False``.
        """
        if embeddings.ndim != 2:
            raise ValueError(
                f"from_pretrained: embeddings must be a matrix, got shape {tuple(embeddings.shape)}"
            )
        rows, columns = embeddings.shape
        return cls(
            rows, columns, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse,
            _weight=embeddings, _freeze=freeze,
        )  # fmt: skip

    def reset_parameters(self) -> None:
        """Draw all vectors anew; that of ``padding_idx`` is 0."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with no_grad():
                self.weight[self.padding_idx] = 0

    def forward(self, input: Tensor) -> Tensor:
        return F.embedding(
            input,
            self.weight,
            self.padding_idx,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.sparse,
        )

    def extra_repr(self) -> str:
        text = f"{self.num_embeddings}, {self.embedding_dim}"
        if self.padding_idx is not None:
            text += f", padding_idx={self.padding_idx}"
        if self.max_norm is not None:
            text += f", max_norm={self.max_norm}"
        if self.norm_type != 2:
            text += f", norm_type={self.norm_type}"
        if self.scale_grad_by_freq:
            text += f", scale_grad_by_freq={self.scale_grad_by_freq}"
        return text + (", sparse=True" if self.sparse else "")
