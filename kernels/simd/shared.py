"""The textbook's own kernels, shared among threads.

Where no output depends on two pictures, or two planes, or two elements, the fast twin is the
textbook kernel itself, run by several threads on slices of its arrays: the same answer to the last
bit, nothing more to compile, and, since NumPy works on slices that stay in the cache, faster even
on one thread.
"""

from numpy import ndarray as Array

from .. import loops
from ..geometry import PoolGeometry
from .tasks import launch_slices

__all__ = [
    "adaptive_max_pool2d",
    "fold",
    "max_pool2d_gather",
    "max_pool2d_index",
    "max_pool2d_input_grad",
    "max_pool2d_taps_gather",
    "unfold",
    "upsample_bilinear2d",
    "upsample_bilinear2d_input_grad",
]


# Any plane


def max_pool2d_input_grad(gx: Array, gy: Array, index: Array) -> None:
    """See ``loops.max_pool2d_input_grad``."""
    launch_slices(loops.max_pool2d_input_grad, _planes(gx, gy, index))


def max_pool2d_gather(gy: Array, gx: Array, index: Array) -> None:
    """See ``loops.max_pool2d_gather``."""
    launch_slices(loops.max_pool2d_gather, _planes(gy, gx, index))


def max_pool2d_index(index: Array, taps: Array, W: int, geometry: PoolGeometry) -> None:
    """See ``loops.max_pool2d_index``."""
    launch_slices(loops.max_pool2d_index, _planes(index, taps), W, geometry)


def max_pool2d_taps_gather(gy: Array, gx: Array, taps: Array, geometry: PoolGeometry) -> None:
    """See ``loops.max_pool2d_taps_gather``."""
    launch_slices(loops.max_pool2d_taps_gather, _planes(gy, gx, taps), geometry)


def adaptive_max_pool2d(y: Array, index: Array, x: Array) -> None:
    """See ``loops.adaptive_max_pool2d``."""
    launch_slices(loops.adaptive_max_pool2d, _planes(y, index, x))


def upsample_bilinear2d(
    y: Array, x: Array, scale: tuple[float, float], align_corners: bool
) -> None:
    """See ``loops.upsample_bilinear2d``."""
    launch_slices(loops.upsample_bilinear2d, _planes(y, x), scale, align_corners)


def upsample_bilinear2d_input_grad(
    gx: Array, gy: Array, scale: tuple[float, float], align_corners: bool
) -> None:
    """See ``loops.upsample_bilinear2d_input_grad``."""
    launch_slices(loops.upsample_bilinear2d_input_grad, _planes(gx, gy), scale, align_corners)


def _planes(*arrays: Array) -> tuple[Array, ...]:
    """(N, C, H, W) as N*C pictures of one channel."""
    return tuple(
        array.reshape(array.shape[0] * array.shape[1], 1, *array.shape[2:]) for array in arrays
    )


# Any picture


def unfold(columns: Array, x: Array, geometry: PoolGeometry) -> None:
    """See ``loops.unfold``."""
    launch_slices(loops.unfold, (columns, x), geometry)


def fold(x: Array, columns: Array, geometry: PoolGeometry) -> None:
    """See ``loops.fold``."""
    launch_slices(loops.fold, (x, columns), geometry)
