"""Every operation beyond the operators of a tensor, one file a family: an open set.

`minigrad.nn.functional` is the public face, under PyTorch's path.
"""

from minigrad.functional import (
    activation,
    conv,
    dropout,
    linear,
    loss,
    norm,
    padding,
    pool,
    resample,
)
from minigrad.functional.activation import *  # noqa: F403
from minigrad.functional.conv import *  # noqa: F403
from minigrad.functional.dropout import *  # noqa: F403
from minigrad.functional.linear import *  # noqa: F403
from minigrad.functional.loss import *  # noqa: F403
from minigrad.functional.norm import *  # noqa: F403
from minigrad.functional.padding import *  # noqa: F403
from minigrad.functional.pool import *  # noqa: F403
from minigrad.functional.resample import *  # noqa: F403

_FAMILIES = (activation, conv, dropout, linear, loss, norm, padding, pool, resample)
__all__ = sorted(name for family in _FAMILIES for name in family.__all__)
