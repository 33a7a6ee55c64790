"""Neighbours in a `Sequential` that one operation computes faster than two.

Each pair has a function of the two modules and the input, which returns the result, or None where
the settings or the input are not those it is made for; then the modules run one after the other.
They do so as well when one of them has hooks, or is of a subclass: whoever watches a module, or
changes it, sees it run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minigrad.functional.upsampled_conv import fits_upsampled_conv2d, upsampled_conv2d
from minigrad.nn.modules.activation import LeakyReLU, ReLU
from minigrad.nn.modules.batchnorm import BatchNorm1d, BatchNorm2d
from minigrad.nn.modules.conv import Conv2d
from minigrad.nn.modules.module import Module
from minigrad.nn.modules.upsampling import Upsample, UpsamplingNearest2d
from minigrad.tensor import Tensor

__all__ = ["run_jointly"]


_LEAST_POSITIONS = 128
"""Fewest pixels of a batch for which a larger kernel costs less than a larger picture."""


def _upsample_and_convolve(first: Any, second: Any, input: Tensor) -> Tensor | None:
    scale = _whole_factors(first)
    if scale is None or not _convolves_plainly(second, input):
        return None
    left, right, top, bottom = second._reversed_padding_repeated_twice
    padding, kernel = (top, left), tuple(second.weight.shape[2:])
    if (top, left) != (bottom, right) or not fits_upsampled_conv2d(kernel, padding):
        return None
    return upsampled_conv2d(input, second.weight, second.bias, scale, padding, second.groups)


def _whole_factors(upsample: Any) -> tuple[int, int] | None:
    """How often nearest up-sampling repeats each pixel, down and across, if it does just that."""
    factor = upsample.scale_factor
    factors = factor if isinstance(factor, tuple) else (factor, factor)
    whole = all(f is not None and f >= 1 and float(f).is_integer() for f in factors)
    if upsample.mode != "nearest" or not whole or len(factors) != 2:
        return None
    return int(factors[0]), int(factors[1])


def _convolves_plainly(conv: Any, input: Tensor) -> bool:
    """Whether the layer steps pixel by pixel over pictures worth the trouble, in zeros."""
    return (
        conv.stride == conv.dilation == (1, 1)
        and conv.padding_mode == "zeros"
        and input.ndim == 4
        and input.shape[0] * input.shape[2] * input.shape[3] >= _LEAST_POSITIONS
        and input.shape[1] == conv.weight.shape[1] * conv.groups
        and input.dtype == conv.weight.dtype
    )


def _normalize_and_rectify(first: Any, second: Any, input: Tensor) -> Tensor:
    return first.forward_with_act(input, getattr(second, "negative_slope", 0.0))


_JOINT: dict[tuple[type[Module], type[Module]], Callable[[Any, Any, Tensor], Tensor | None]] = {
    (Upsample, Conv2d): _upsample_and_convolve,
    (UpsamplingNearest2d, Conv2d): _upsample_and_convolve,
    (BatchNorm1d, ReLU): _normalize_and_rectify,
    (BatchNorm1d, LeakyReLU): _normalize_and_rectify,
    (BatchNorm2d, ReLU): _normalize_and_rectify,
    (BatchNorm2d, LeakyReLU): _normalize_and_rectify,
}


def run_jointly(first: Module, second: Module, input: Any) -> Any:
    """The result of ``second(first(input))`` by one operation; None if there is none for it."""
    run = _JOINT.get((type(first), type(second)))
    if run is None or not isinstance(input, Tensor) or not all(map(_is_plain, (first, second))):
        return None
    return run(first, second, input)


def _is_plain(module: Module) -> bool:
    """Whether nobody sees or changes how the module runs."""
    return not module.has_hooks and "forward" not in vars(module)
