"""Moving blocks of pixels into channels, and back.

The letters: N batch, C channels, H x W pixels of the picture with more channels, r x r pixels of a
block.

Source: Shi et al., "Real-time single image and video super-resolution", 2016.
"""

from .._jit import jit

__all__ = ["pixel_shuffle", "pixel_unshuffle"]


def _pixel_shuffle(y, x):
    """An r x r block of pixels from the r*r channels of one pixel.

    ``y[n, c, h*r + i, w*r + j] = x[n, (c*r + i)*r + j, h, w]``

    Parameters
    ----------
    y : (N, C, H*r, W*r), written
    x : (N, C*r*r, H, W)
    """
    N, _, H, W = x.shape
    C = y.shape[1]
    r = y.shape[2] // H if H else 1
    for n in range(N):
        for c in range(C):
            for h in range(H):
                for i in range(r):
                    for w in range(W):
                        for j in range(r):
                            y[n, c, h * r + i, w * r + j] = x[n, (c * r + i) * r + j, h, w]


pixel_shuffle = jit(_pixel_shuffle)


def _pixel_unshuffle(y, x):
    """The inverse: the r*r channels of one pixel from a block of pixels.

    ``y[n, (c*r + i)*r + j, h, w] = x[n, c, h*r + i, w*r + j]``

    Parameters
    ----------
    y : (N, C*r*r, H, W), written
    x : (N, C, H*r, W*r)
    """
    N, _, H, W = y.shape
    C = x.shape[1]
    r = x.shape[2] // H if H else 1
    for n in range(N):
        for c in range(C):
            for h in range(H):
                for i in range(r):
                    for w in range(W):
                        for j in range(r):
                            y[n, (c * r + i) * r + j, h, w] = x[n, c, h * r + i, w * r + j]


pixel_unshuffle = jit(_pixel_unshuffle)
