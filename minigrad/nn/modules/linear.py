"""Linear layers."""

from __future__ import annotations

import math
from typing import Any

from minigrad import functional as F
from minigrad.kernels.sizes import integer
from minigrad.nn import init
from minigrad.nn.modules.module import Module
from minigrad.nn.modules.utils import _empty
from minigrad.tensor import Tensor

__all__ = ["Bilinear", "Identity", "Linear"]


class Identity(Module):
    """The input as it is; takes and ignores any arguments, to stand where another layer could."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Any) -> Any:
        return input


class Linear(Module):
    """``y = x @ weight.T + bias``: (..., in_features) to (..., out_features).

    Attributes
    ----------
    weight : Parameter
        (out_features, in_features), drawn evenly from [-b, b), b = 1 / sqrt(in_features).
    bias : Parameter or None
        (out_features,), drawn alike.

    Examples
    --------
    >>> import minigrad
    >>> minigrad.nn.Linear(3, 5)(minigrad.ones(2, 3)).shape
    minigrad.Size([2, 5])
    """

    __constants__ = ["in_features", "out_features"]

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.in_features = integer(in_features, "in_features", "Linear", 0)
        self.out_features = integer(out_features, "out_features", "Linear", 0)
        self.weight = _empty(out_features, in_features, dtype=dtype, device=device)
        self.register_parameter(
            "bias", _empty(out_features, dtype=dtype, device=device) if bias else None
        )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weight and bias evenly from [-b, b), b = 1 / sqrt(in_features)."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(max(self.in_features, 1))
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        return F.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )


class Bilinear(Module):
    """``y[o] = x1 @ weight[o] @ x2 + bias[o]``: (..., in1) and (..., in2) to (..., out).

    Attributes
    ----------
    weight : Parameter
        (out_features, in1_features, in2_features), drawn evenly from [-b, b), b = 1 /
        sqrt(in1_features).
    bias : Parameter or None
        (out_features,), drawn alike.
    """

    __constants__ = ["in1_features", "in2_features", "out_features"]

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.in1_features = integer(in1_features, "in1_features", "Bilinear", 1)
        self.in2_features = integer(in2_features, "in2_features", "Bilinear", 1)
        self.out_features = integer(out_features, "out_features", "Bilinear", 1)
        self.weight = _empty(out_features, in1_features, in2_features, dtype=dtype, device=device)
        self.register_parameter(
            "bias", _empty(out_features, dtype=dtype, device=device) if bias else None
        )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weight and bias evenly from [-b, b), b = 1 / sqrt(in1_features)."""
        bound = 1 / math.sqrt(self.in1_features)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def forward(self, input1: Tensor, input2: Tensor) -> Tensor:
        return F.bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
            f"out_features={self.out_features}, bias={self.bias is not None}"
        )
