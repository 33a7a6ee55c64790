"""Which kernels, strides and paddings lead from one size to another.

convolution, pooling     OH = (H + 2*P - D*(K - 1) - 1) // S + 1
transposed convolution   OH = (H - 1)*S - 2*P + D*(K - 1) + OP + 1
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

__all__ = ["Settings", "conv_settings", "kernels_of", "pool_settings", "transposed_settings"]

LARGEST = 7  # side of a kernel
STRIDES = range(1, 5)


@dataclass(frozen=True)
class Settings:
    """One axis' way from an input size to an output size; the other axis has the same."""

    kernel: int
    stride: int
    padding: int
    output_padding: int = 0
    dilation: int = 1
    groups: int = 1
    bias: bool = True

    def __str__(self) -> str:
        parts = [f"k={self.kernel} s={self.stride} p={self.padding}"]
        parts += [f"op={self.output_padding}"] if self.output_padding else []
        parts += [f"d={self.dilation}"] if self.dilation > 1 else []
        parts += [f"groups={self.groups}"] if self.groups > 1 else []
        return " ".join(parts)

    @property
    def unusual(self) -> int:
        """How rarely one sees such settings: 0 for the commonest."""
        K, S, P = self.kernel, self.stride, self.padding
        rare = {3: 0, 4: 0 if S == 2 else 2, 1: 1, 5: 2, 7: 2, 2: 2}.get(K, 4)
        rare += {1: 0, 2: 0}.get(S, 2)
        half = self.dilation * (K - 1) // 2
        return rare + (0 if half == P else 1 if P == 0 else 3) + 3 * (self.dilation - 1)


def kernels_of(
    parameters: int, channels: int, bias: bool, groups: int = 1
) -> list[tuple[int, int]]:
    """Input channels and kernel that give a number of parameters: ``C*K*K*O/G (+ O)``.

    Examples
    --------
    >>> kernels_of(640, 64, bias=True)
    [(9, 1), (1, 3)]
    """
    weights = parameters - channels * bias
    if weights <= 0 or weights % channels:
        return []
    each = weights // channels  # numbers of one filter
    return [(each * groups // (K * K), K) for K in range(1, LARGEST + 1) if each % (K * K) == 0]


def _same(
    before: Sequence[int],
    after: Sequence[int],
    ways: Iterator[tuple[int, ...]],
    size: Callable[..., int],
) -> Iterator[tuple[int, ...]]:
    """The ways that bring every axis from one size to the other."""
    for way in ways:
        if all(size(H, *way) == OH for H, OH in zip(before, after, strict=True)):
            yield way


def _conv_size(H: int, K: int, S: int, P: int, D: int) -> int:
    return (H + 2 * P - D * (K - 1) - 1) // S + 1


def _transposed_size(H: int, K: int, S: int, P: int, OP: int, D: int) -> int:
    return (H - 1) * S - 2 * P + D * (K - 1) + OP + 1


def _paddings(K: int, D: int) -> range:
    """Up to one more than half of the effective kernel; none for a kernel of 1."""
    return range(D * (K - 1) // 2 + 2 if K > 1 else 1)


def conv_settings(
    before: Sequence[int], after: Sequence[int], kernel: int, dilations: Sequence[int] = (1,)
) -> list[Settings]:
    """Strides, paddings up to half a kernel, and dilations that fit.

    Examples
    --------
    >>> [str(way) for way in conv_settings((160, 160), (80, 80), 3)]
    ['k=3 s=2 p=1']
    """
    ways = (
        (kernel, S, P, D)
        for D, S in product(dilations if kernel > 1 else (1,), STRIDES)
        for P in _paddings(kernel, D)
    )
    found = _same(before, after, ways, _conv_size)
    return [
        Settings(K, S, P, dilation=D)
        for K, S, P, D in found
        if min(before) + 2 * P >= D * (K - 1) + 1
    ]


def transposed_settings(
    before: Sequence[int], after: Sequence[int], kernel: int, dilations: Sequence[int] = (1,)
) -> list[Settings]:
    """Strides, paddings, and output paddings below the stride that fit.

    Examples
    --------
    >>> [str(way) for way in transposed_settings((20, 20), (40, 40), 3)]
    ['k=3 s=2 p=1 op=1']
    """
    ways = (
        (kernel, S, P, OP, D)
        for D, S in product(dilations if kernel > 1 else (1,), STRIDES)
        for P in _paddings(kernel, D)
        for OP in range(S)
    )
    found = _same(before, after, ways, _transposed_size)
    return [Settings(K, S, P, OP, D) for K, S, P, OP, D in found]


def pool_settings(before: Sequence[int], after: Sequence[int]) -> list[Settings]:
    """Windows of pooling that fit: those as large as their stride first."""
    ways = (
        (K, S, P, 1)
        for K in range(2, LARGEST + 1)
        for S in range(1, K + 1)
        for P in range(K // 2 + 1)
    )
    found = [Settings(K, S, P) for K, S, P, _ in _same(before, after, ways, _conv_size)]
    return sorted(found, key=lambda way: (way.kernel != way.stride, way.padding, way.kernel))
