"""Instance normalisation: each channel of each picture on its own."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from minigrad import functional as F
from minigrad.errors import SizeError
from minigrad.nn.modules.batchnorm import _NormBase
from minigrad.tensor import Tensor

__all__ = ["InstanceNorm1d", "InstanceNorm2d"]


class _InstanceNorm(_NormBase):
    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(
            num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias
        )

    def forward(self, input: Tensor) -> Tensor:
        self._check_input_dim(input)
        unbatched = input.ndim == min(self.dims)
        x = input.unsqueeze(0) if unbatched else input
        self._check_channels(x)
        result = F.instance_norm(
            x,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or not self.track_running_stats,
            0.0 if self.momentum is None else self.momentum,
            self.eps,
        )
        return result.squeeze(0) if unbatched else result

    def _check_channels(self, x: Tensor) -> None:
        if x.shape[1] == self.num_features:
            return
        text = (
            f"{self._get_name()}: the input has {x.shape[1]} channels, num_features is "
            f"{self.num_features}"
        )
        if self.affine or self.track_running_stats:
            raise SizeError(text)
        warnings.warn(f"{text}; it is not used while affine=False", stacklevel=4)

    def _load_from_state_dict(
        self,
        state_dict: Any,
        prefix: str,
        local_metadata: Mapping[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        stale = [prefix + name for name in ("running_mean", "running_var")]
        stale = [key for key in stale if key in state_dict]
        if stale and not self.track_running_stats and local_metadata.get("version") is None:
            error_msgs.append(
                f"Unexpected running stats buffer(s) {stale} for {self._get_name()} with "
                "track_running_stats=False; remove them, or set track_running_stats=True."
            )
            for key in stale:
                del state_dict[key]
        super()._load_from_state_dict(
            state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
        )


class InstanceNorm1d(_InstanceNorm):
    """Instance normalisation of (N, C, L) or (C, L); see `InstanceNorm2d`."""

    dims = (2, 3)


class InstanceNorm2d(_InstanceNorm):
    """Instance normalisation of (N, C, H, W) or (C, H, W): each channel of each picture over its
    pixels.

    Parameters are those of `BatchNorm2d`; by default there are neither weight and bias nor
    running statistics.

    Notes
    -----
    Ulyanov et al., "Instance normalization: the missing ingredient for fast stylization", 2016.
    """

    dims = (3, 4)
