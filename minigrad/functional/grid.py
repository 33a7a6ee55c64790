"""Reading pictures at any places: spatial transformers.

    N   batch       H, W     picture      g    places in [-1, 1] from edge to edge, (x, y)
    C   channels    OH, OW   output

Written in tensor operations, so that the gradients of the picture and of the places follow.

Source: Jaderberg et al., "Spatial transformer networks", 2015; PyTorch's documentation of
grid_sample and affine_grid.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.errors import SizeError
from minigrad.functional.checks import check_dtypes
from minigrad.functional.cubic import cubic_weights
from minigrad.kernels.sizes import check_memory, image_shape, integer
from minigrad.tensor import Tensor

__all__ = ["affine_grid", "grid_sample"]


def grid_sample(
    input: Tensor,
    grid: Tensor,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Tensor:
    """Read pictures at the places of a grid.

    Parameters
    ----------
    input : Tensor
        (N, C, H, W).
    grid : Tensor
        (N, OH, OW, 2): x and y of each place; -1 and 1 are the left and right, upper and lower
        edges. NaN counts as -1.
    mode : str
        "bilinear", "nearest" or "bicubic".
    padding_mode : str
        What lies outside the picture: "zeros", "border" (the outermost pixels repeated) or
        "reflection".
    align_corners : bool, optional
        Whether -1 and 1 are the centres of the outermost pixels, or their outer edges (False, also
        if left out).

    Returns
    -------
    Tensor
        (N, C, OH, OW).

    Raises
    ------
    ValueError, TypeError
        For shapes or dtypes that do not fit, and unknown modes.

    Examples
    --------
    >>> x = minigrad.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
    >>> F.grid_sample(x, minigrad.zeros(1, 1, 1, 2)).tolist()
    [[[[2.5]]]]
    """
    check_dtypes("grid_sample", input=input, grid=grid)
    N, C, H, W = image_shape(input.shape, "input", "grid_sample")
    _check_grid(grid, N, mode, padding_mode)
    OH, OW = grid.shape[1:3]
    read = _Reader(input, padding_mode, bool(align_corners))
    g = grid.masked_fill(grid.isnan(), -1.0).reshape(N, OH * OW, 2)
    y = _MODES[mode](read, read.pixels(g[..., 0], W), read.pixels(g[..., 1], H))
    return y.reshape(N, C, OH, OW)


class _Reader:
    """The pictures, and what lies outside them."""

    def __init__(self, x: Tensor, padding: str, align: bool) -> None:
        self.rows, self.size = x.flatten(2), x.shape[2:]
        self.padding, self.align = padding, align

    def pixels(self, g: Tensor, size: int) -> Tensor:
        """Places in [-1, 1] as places in pixels."""
        return (g + 1) * ((size - 1) / 2) if self.align else ((g + 1) * size - 1) / 2

    def inside(self, x: Tensor, size: int) -> Tensor:
        """The place in the picture that stands for a place outside."""
        if self.padding == "reflection":
            low = 0.0 if self.align else -0.5
            span = size - 1 if self.align else size
            if span == 0:
                return x * 0
            d = (x - low).abs()
            turns = (d / span).floor()
            rest = d - turns * span
            x = rest.where(turns % 2 == 0, span - rest) + low
        if self.padding == "zeros":
            return x
        outside = (x <= 0) | (x >= size - 1)  # the gradient is 0 there, as in PyTorch
        return x.clamp(0, size - 1).detach().where(outside, x)

    def at(self, x: Tensor, y: Tensor) -> Tensor:
        """The values (N, C, L) of the pixels at whole places (N, L), 0 outside the picture."""
        H, W = self.size
        X, Y = x.array, y.array
        there = (X >= 0) & (X < W) & (Y >= 0) & (Y < H)
        index = np.where(there, Y, 0).astype(np.int64) * W + np.where(there, X, 0).astype(np.int64)
        shape = (*self.rows.shape[:2], index.shape[1])
        values = self.rows.gather(2, x.wrap(index).unsqueeze(1).expand(*shape))
        return values.masked_fill(x.wrap(~there).unsqueeze(1), 0.0)


def _weighted(values: Tensor, weight: Tensor) -> Tensor:
    """Values times weight; a weight that is NaN (of a place at infinity) counts as 0."""
    return values * weight.masked_fill(weight.isnan(), 0.0).unsqueeze(1)


def _nearest(read: _Reader, x: Tensor, y: Tensor) -> Tensor:
    H, W = read.size
    x, y = read.inside(x, W), read.inside(y, H)
    return _weighted(read.at(x.round(), y.round()), 1 + 0 * (x + y))  # a gradient of 0


def _bilinear(read: _Reader, x: Tensor, y: Tensor) -> Tensor:
    H, W = read.size
    x, y = read.inside(x, W), read.inside(y, H)
    left, top = x.floor(), y.floor()
    t, s = x - left, y - top
    return (
        _weighted(read.at(left, top), (1 - t) * (1 - s))
        + _weighted(read.at(left + 1, top), t * (1 - s))
        + _weighted(read.at(left, top + 1), (1 - t) * s)
        + _weighted(read.at(left + 1, top + 1), t * s)
    )


def _bicubic(read: _Reader, x: Tensor, y: Tensor) -> Tensor:
    H, W = read.size
    left, top = x.floor(), y.floor()
    across, down = cubic_weights(x - left), cubic_weights(y - top)
    total: Any = 0
    for i in range(4):
        for j in range(4):
            column, row = (
                read.inside(left + (j - 1), W).trunc(),
                read.inside(top + (i - 1), H).trunc(),
            )
            total = total + _weighted(read.at(column, row), across[j] * down[i])
    return total


_MODES = {"nearest": _nearest, "bilinear": _bilinear, "bicubic": _bicubic}
_PADDINGS = ("zeros", "border", "reflection")


def _check_grid(grid: Tensor, N: int, mode: str, padding_mode: str) -> None:
    if mode not in _MODES:
        raise ValueError(
            f"grid_sample: mode (={mode!r}) must be one of {', '.join(map(repr, _MODES))}"
        )
    if padding_mode not in _PADDINGS:
        raise ValueError(
            f"grid_sample: padding_mode (={padding_mode!r}) must be one of "
            f"{', '.join(map(repr, _PADDINGS))}"
        )
    if grid.ndim != 4 or grid.shape[0] != N or grid.shape[3] != 2:
        raise SizeError(
            f"grid_sample: grid must have shape ({N}, height, width, 2), the batch being the "
            f"input's, got {tuple(grid.shape)}"
        )


def affine_grid(theta: Tensor, size: Any, align_corners: bool | None = None) -> Tensor:
    """Make the grid of places that an affine map takes the pixels of a picture to.

    ``grid[n, h, w] = theta[n] @ (x, y, 1)``, with x and y of pixel (h, w) in [-1, 1].

    Parameters
    ----------
    theta : Tensor
        (N, 2, 3).
    size : sequence of int
        (N, C, H, W) of the output of `grid_sample`.
    align_corners : bool, optional
        As in `grid_sample`.

    Returns
    -------
    Tensor
        (N, H, W, 2).

    Raises
    ------
    ValueError, TypeError
        For shapes that do not fit, or a dtype that is not floating.

    Examples
    --------
    >>> F.affine_grid(minigrad.eye(2, 3).unsqueeze(0), (1, 1, 1, 2)).tolist()
    [[[[-0.5, 0.0], [0.5, 0.0]]]]
    """
    check_dtypes("affine_grid", theta=theta)
    if len(size) != 4:
        raise NotImplementedError(
            f"affine_grid: size must be (N, C, H, W); grids of {len(size)} dimensions are not "
            "offered"
        )
    N, _, H, W = (integer(n, "size", "affine_grid", 1) for n in size)
    if theta.shape != (N, 2, 3):
        raise SizeError(f"affine_grid: theta must have shape ({N}, 2, 3), got {tuple(theta.shape)}")
    check_memory((N, H, W, 2), "affine_grid")
    base = np.ones((H, W, 3), theta.array.dtype)
    base[..., 0] = _centres(W, bool(align_corners))
    base[..., 1] = _centres(H, bool(align_corners))[:, None]
    grid = theta.wrap(base.reshape(1, H * W, 3)) @ theta.transpose(1, 2)
    return grid.reshape(N, H, W, 2)


def _centres(n: int, align: bool) -> np.ndarray:
    """The centres of n pixels in [-1, 1]."""
    if align:
        return np.linspace(-1, 1, n) if n > 1 else np.zeros(1)
    return (2 * np.arange(n) + 1) / n - 1
