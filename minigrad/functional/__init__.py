"""Every operation beyond the operators of a tensor, one file a family: an open set.

`minigrad.nn.functional` is the public face, under PyTorch's path.
"""

from minigrad.functional import (
    activation,
    adaptive_pool,
    affine,
    attention,
    binary,
    classification,
    conv,
    distance,
    dropouts,
    grid,
    hard,
    lookup,
    loss,
    margin,
    norm,
    norm_axes,
    padding,
    pool,
    pool1d,
    resample,
    shuffle,
    smooth,
    softmaxes,
)
from minigrad.functional.activation import *  # noqa: F403
from minigrad.functional.adaptive_pool import *  # noqa: F403
from minigrad.functional.affine import *  # noqa: F403
from minigrad.functional.attention import *  # noqa: F403
from minigrad.functional.binary import *  # noqa: F403
from minigrad.functional.classification import *  # noqa: F403
from minigrad.functional.conv import *  # noqa: F403
from minigrad.functional.distance import *  # noqa: F403
from minigrad.functional.dropouts import *  # noqa: F403
from minigrad.functional.grid import *  # noqa: F403
from minigrad.functional.hard import *  # noqa: F403
from minigrad.functional.lookup import *  # noqa: F403
from minigrad.functional.loss import *  # noqa: F403
from minigrad.functional.margin import *  # noqa: F403
from minigrad.functional.norm import *  # noqa: F403
from minigrad.functional.norm_axes import *  # noqa: F403
from minigrad.functional.padding import *  # noqa: F403
from minigrad.functional.pool import *  # noqa: F403
from minigrad.functional.pool1d import *  # noqa: F403
from minigrad.functional.resample import *  # noqa: F403
from minigrad.functional.shuffle import *  # noqa: F403
from minigrad.functional.smooth import *  # noqa: F403
from minigrad.functional.softmaxes import *  # noqa: F403

_FAMILIES = (
    activation,
    adaptive_pool,
    affine,
    attention,
    binary,
    classification,
    conv,
    distance,
    dropouts,
    grid,
    hard,
    lookup,
    loss,
    margin,
    norm,
    norm_axes,
    padding,
    pool,
    pool1d,
    resample,
    shuffle,
    smooth,
    softmaxes,
)
__all__ = sorted(name for family in _FAMILIES for name in family.__all__)
