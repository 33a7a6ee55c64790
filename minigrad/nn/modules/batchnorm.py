"""Batch normalisation, and what it shares with instance normalisation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from minigrad import functional as F
from minigrad.autograd import check_writable
from minigrad.creation import ones, zeros
from minigrad.dtypes import int64
from minigrad.errors import SizeError
from minigrad.functional.norm import batch_norm_act
from minigrad.kernels.sizes import integer
from minigrad.nn import init
from minigrad.nn.modules.module import Module
from minigrad.nn.modules.utils import _empty
from minigrad.recording import stand_in
from minigrad.tensor import Tensor

__all__ = ["BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "SyncBatchNorm"]


class _NormBase(Module):
    """Scale and shift of each channel, and running statistics."""

    _version = 2  # since version 2 the state holds num_batches_tracked
    __constants__ = ["track_running_stats", "momentum", "eps", "num_features", "affine"]
    dims: tuple[int, ...] = ()

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.num_features = integer(num_features, "num_features", self._get_name(), 1)
        self.eps, self.momentum = eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        kind: dict[str, Any] = {"dtype": dtype, "device": device}
        self.register_parameter("weight", _empty(num_features, **kind) if affine else None)
        self.register_parameter("bias", _empty(num_features, **kind) if affine and bias else None)
        tracked = track_running_stats
        self.register_buffer("running_mean", zeros(num_features, **kind) if tracked else None)
        self.register_buffer("running_var", ones(num_features, **kind) if tracked else None)
        self.register_buffer("num_batches_tracked", zeros((), dtype=int64) if tracked else None)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Forget the batches seen: mean 0, variance 1."""
        if self.track_running_stats:
            self.running_mean.zero_()
            self.running_var.fill_(1)
            self.num_batches_tracked.zero_()

    def reset_parameters(self) -> None:
        """Set weight to 1, bias to 0, and forget the batches seen."""
        self.reset_running_stats()
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def _check_input_dim(self, input: Tensor) -> None:
        if input.ndim not in self.dims:
            wanted = " or ".join(f"{n}D" for n in self.dims)
            raise SizeError(
                f"{self._get_name()}: expected {wanted} input, got shape {tuple(input.shape)}"
            )

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )

    def _load_from_state_dict(
        self, state_dict: Any, prefix: str, local_metadata: Mapping[str, Any], *rest: Any
    ) -> None:
        version, key = local_metadata.get("version"), prefix + "num_batches_tracked"
        if self.track_running_stats and (version is None or version < 2) and key not in state_dict:
            state_dict[key] = self.num_batches_tracked
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *rest)


class _BatchNorm(_NormBase):
    def forward(self, input: Tensor) -> Tensor:
        return self._normalized(F.batch_norm, input)

    def forward_with_act(self, input: Tensor, negative_slope: float) -> Tensor:
        """`forward` followed by a (leaky) ReLU, in one operation."""
        return self._normalized(batch_norm_act, input, negative_slope)

    def _normalized(self, batch_norm: Callable, input: Tensor, *settings: float) -> Tensor:
        self._check_input_dim(input)
        tracking = self.training and self.track_running_stats
        mean, var, seen = self.running_mean, self.running_var, self.num_batches_tracked
        by_batch = self.training or (mean is None and var is None)
        if self.training and not tracking:  # the batch alone counts
            mean = var = None
        factor = self._factor(seen)
        parameters = self.weight, self.bias
        result = batch_norm(input, mean, var, *parameters, by_batch, factor, self.eps, *settings)
        if tracking and seen is not None and input.array.size and stand_in() is None:
            check_writable(seen)
            seen.array += 1
            seen.storage.version += 1
        return result

    def _factor(self, seen: Tensor | None) -> float:
        """The share of this batch in the running statistics; without momentum all batches count
        alike.
        """
        if self.momentum is not None:
            return self.momentum
        return 0.0 if seen is None else 1 / (seen.item() + 1)


class BatchNorm1d(_BatchNorm):
    """Batch normalisation of (N, C) or (N, C, L); see `BatchNorm2d`."""

    dims = (2, 3)


class BatchNorm2d(_BatchNorm):
    """Batch normalisation of (N, C, H, W): each channel over the batch and all pixels.

    ``y = (x - mean) / sqrt(var + eps) * weight + bias``, in training mode with the mean and the
    (biased) variance of the batch, in evaluation mode with the running ones.

    Parameters
    ----------
    num_features : int
        C.
    eps : float
        Keeps the root away from 0.
    momentum : float or None
        The share of each batch in the running statistics; None averages all batches alike.
    affine : bool
        Whether there are a weight and a bias.
    track_running_stats : bool
        Whether there are running statistics; without them the batch is used in evaluation mode,
        too.
    bias : bool
        False leaves out the bias alone.

    Raises
    ------
    ValueError
        In training mode for a batch with one value per channel, whose variance is 0.

    Notes
    -----
    Ioffe and Szegedy, "Batch normalization", 2015.  A NaN in a training batch stays in the
    running statistics; `reset_running_stats` removes it.
    """

    dims = (4,)


class BatchNorm3d(_BatchNorm):
    """Batch normalisation of (N, C, D, H, W); see `BatchNorm2d`."""

    dims = (5,)


class SyncBatchNorm(_BatchNorm):
    """Batch normalisation over all processes: here there is one, so that it is any `BatchNorm2d`
    and the like.
    """

    dims = (2, 3, 4, 5)

    @classmethod
    def convert_sync_batchnorm(cls, module: Module, process_group: Any = None) -> Module:
        """The module itself: its batch norms see whole batches as they are."""
        return module
