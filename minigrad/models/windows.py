"""How far a pixel acts through a chain of windows: the receptive field, walked backwards.

A window of kernel k, stride s and padding p makes its output i from the inputs

    i s - p   to   i s - p + k - 1                               convolution, pooling
    ceil((i + p - k + 1) / s)   to   floor((i + p) / s)          transposed convolution

Up-sampling by s, which repeats pixels, is a transposed convolution with k = s and p = 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Window", "reach", "receptive_field"]


@dataclass(frozen=True)
class Window:
    """One layer as seen along one axis."""

    kernel: int
    stride: int = 1
    padding: int = 0
    transposed: bool = False

    def seen(self, first: int, last: int) -> tuple[int, int]:
        """First and last input that the outputs from first to last are made from."""
        k, s, p = self.kernel, self.stride, self.padding
        if self.transposed:
            return -((k - 1 - p - first) // s), (last + p) // s
        return first * s - p, last * s - p + k - 1


def receptive_field(chain: Sequence[Window], output: int = 0) -> tuple[int, int]:
    """First and last input pixel that one output is made from.

    Examples
    --------
    >>> receptive_field([Window(3, padding=1), Window(3, padding=1)], output=7)
    (5, 9)
    """
    first = last = output
    for window in reversed(chain):
        first, last = window.seen(first, last)
    return first, last


def reach(chain: Sequence[Window]) -> int:
    """Largest distance of an output pixel from an input pixel that it is made from [pixels].

    The chain ends at the size at which it began; positions repeat with the product of its strides.

    Examples
    --------
    >>> reach([Window(2, stride=2), Window(2, stride=2, transposed=True)])
    1
    """
    period = math.prod(window.stride for window in chain if not window.transposed)
    fields = ((place, *receptive_field(chain, place)) for place in range(period))
    return max(0, *(max(place - first, last - place) for place, first, last in fields))
