"""Normalisation that does not look across the batch: layers, groups of channels, neighbouring
channels.
"""

from __future__ import annotations

import operator
from typing import Any

from minigrad import functional as F
from minigrad.kernels.sizes import integer
from minigrad.nn import init
from minigrad.nn.modules.module import Module
from minigrad.nn.modules.utils import _empty
from minigrad.tensor import Tensor

__all__ = ["GroupNorm", "LayerNorm", "LocalResponseNorm"]


class _Affine(Module):
    """A weight that starts as 1 and a bias that starts as 0."""

    def _make(self, shape: Any, weight: bool, bias: bool, **kind: Any) -> None:
        self.register_parameter("weight", _empty(*shape, **kind) if weight else None)
        self.register_parameter("bias", _empty(*shape, **kind) if weight and bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set weight to 1 and bias to 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)


class LayerNorm(_Affine):
    """Normalisation over the last axes: each sample on its own.

    Parameters
    ----------
    normalized_shape : int or sequence of int
        The sizes of the axes that are normalised over.
    eps : float
        Keeps the root away from 0.
    elementwise_affine, bias : bool
        Whether there is a weight, and a bias beside it, of that shape.

    Notes
    -----
    Ba et al., "Layer normalization", 2016.
    """

    __constants__ = ["normalized_shape", "eps", "elementwise_affine"]

    def __init__(
        self,
        normalized_shape: Any,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        sizes = normalized_shape if hasattr(normalized_shape, "__iter__") else (normalized_shape,)
        self.normalized_shape = tuple(operator.index(n) for n in sizes)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        self._make(self.normalized_shape, elementwise_affine, bias, device=device, dtype=dtype)

    def forward(self, input: Tensor) -> Tensor:
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, "
            f"elementwise_affine={self.elementwise_affine}, bias={self.bias is not None}"
        )


class GroupNorm(_Affine):
    """Normalisation over groups of channels and all pixels: each sample on its own.

    Parameters
    ----------
    num_groups, num_channels : int
        How many groups the channels are divided into, and how many channels there are.
    eps : float
        Keeps the root away from 0.
    affine, bias : bool
        Whether each channel has a weight, and a bias beside it.

    Notes
    -----
    Wu and He, "Group normalization", 2018.
    """

    __constants__ = ["num_groups", "num_channels", "eps", "affine"]

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.num_groups = integer(num_groups, "num_groups", "GroupNorm", 1)
        self.num_channels = integer(num_channels, "num_channels", "GroupNorm", 1)
        if num_channels % num_groups:
            raise ValueError(
                f"GroupNorm: num_channels (={num_channels}) must be divisible by num_groups "
                f"(={num_groups})"
            )
        self.eps, self.affine = eps, affine
        self._make((num_channels,), affine, bias, device=device, dtype=dtype)

    def forward(self, input: Tensor) -> Tensor:
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )


class LocalResponseNorm(Module):
    """Division by the energy of ``size`` neighbouring channels; see `F.local_response_norm`."""

    __constants__ = ["size", "alpha", "beta", "k"]

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def forward(self, input: Tensor) -> Tensor:
        return F.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"
