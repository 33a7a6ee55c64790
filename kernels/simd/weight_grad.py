"""conv2d_weight_grad: the way that suits the shapes.

    gw[o, c, t] = sum over pixels p of gy[o, p] * x[c, the pixel that tap t of p looks at]

This too is a matrix product, but one whose sum runs over pixels, of which there are many, while the
result is small.  The processor's vectors can lie along any of its three sides:

    along c     `tap_grad`      a product of its own for each tap; x and gy are turned in the cache
    along o     `patch_grad`    patches times gy, where there are too few c
    along p     `dot_grad`      a dot product for each weight: for first layers, with one or few c
                `direct_grad`   the same for last layers, with too few o

And for 3 x 3 kernels of stride 1 between many channels there is `winograd_grad`, which needs fewer
multiplications than the definition, and so does `winograd_fours` for 4 x 4 kernels.

Each of the others takes the time of its multiplications, those of lanes and rows that are
filled up with zeros included; so they are counted.
"""

from numpy import ndarray as Array

from ..geometry import Conv2dGeometry
from .depthwise_grad import MOST_TAPS, weight_grad_depthwise
from .direct_grad import MOST_CHANNELS, weight_grad_directly
from .dot_grad import weight_grad_by_dots
from .instructions import VECTOR_BYTES
from .micro_kernel import ROWS
from .patch_grad import weight_grad_by_patches
from .patch_rows import plan_rows
from .patches import conv2d_walk
from .tap_grad import cut_taps, weight_grad_by_taps
from .winograd_fours import fours_grad, fours_grad_pays, has_fours
from .winograd_grad import grad_pays, winograd_grad
from .winograd_tiles import has_tiles

__all__ = ["conv2d_weight_grad"]

_ROOM = 2**20  # most bytes of the rows of x that a block of `tap_grad` may look at
_DEARER = 1.25  # `patch_grad` packs every patch: so many more multiplications are as cheap


def conv2d_weight_grad(gw: Array, x: Array, gy: Array, geometry: Conv2dGeometry) -> None:
    """Gradient of conv2d's weight; with x and gy exchanged, of conv_transpose2d's.

    Parameters
    ----------
    gw : (O, C/G, KH, KW), written
    x : (N, C, H, W)
    gy : (N, O, OH, OW)
    geometry : Conv2dGeometry
    """
    if gy.size == 0:
        gw[...] = 0
        return
    if _by_winograd(gw, x, gy, geometry):
        return
    walk, taps = conv2d_walk(x.shape, gw.shape[2:], gy.shape[2:], geometry)
    O = gw.shape[0] // walk.G
    if walk.C == O == 1 and walk.TW <= 2 and 0 < len(taps) <= MOST_TAPS:
        weight_grad_depthwise(gw, x, gy, taps, walk)
        return
    if O <= MOST_CHANNELS:
        weight_grad_directly(gw, x, gy, taps, walk)
        return
    L = VECTOR_BYTES // x.itemsize
    T = len(taps)
    by_taps = _up(walk.C, L) * _up(O, ROWS) * T
    by_patches = _up(walk.C * T, ROWS) * _up(O, L)
    if by_taps <= _DEARER * by_patches:
        cut = cut_taps(x, O, taps, walk)
        if cut.pictures * cut.span * walk.W * cut.vectors * VECTOR_BYTES <= _ROOM:
            weight_grad_by_taps(gw, x, gy, taps, walk, cut)
            return
    plan = plan_rows(walk, taps, x.itemsize)
    if plan:
        weight_grad_by_dots(gw, x, gy, walk, plan)
    else:
        weight_grad_by_patches(gw, x, gy, taps, walk)


def _by_winograd(gw, x, gy, geometry):
    """Do it in Winograd's way, if that is possible and pays; return whether gw is done."""
    _, padding, _, G = geometry
    if has_tiles(gw.shape[2:], geometry):
        return grad_pays(x.shape, gy.shape, padding, G) and winograd_grad(gw, x, gy, padding, G)
    if has_fours(gw.shape[2:], geometry):
        return fours_grad_pays(x.shape, gy.shape, G) and fours_grad(gw, x, gy, geometry)
    return False


def _up(count: int, step: int) -> int:
    """The next multiple of ``step``."""
    return -(-count // step) * step
