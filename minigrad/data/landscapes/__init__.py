"""Landscapes drawn from a seed: pictures for demonstrations, as many as wanted, of any size.

=============  ===================================================================================
mood           the light of a scene, its colours, and what it holds
canvas         the picture being painted; noise
sky, ground    sun and clouds; mountains, hills, lakes
things         trees, a house, flowers
painter        all of them, from far to near: `landscape`, `landscape_pictures`
=============  ===================================================================================
"""

from minigrad.data.landscapes.painter import landscape, landscape_pictures

__all__ = ["landscape", "landscape_pictures"]
