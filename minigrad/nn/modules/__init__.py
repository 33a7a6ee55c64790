"""The layers, one family a file, under PyTorch's paths."""

from minigrad.nn.modules import (
    activation,
    batchnorm,
    channelshuffle,
    container,
    conv,
    distance,
    dropout,
    flatten,
    fold,
    instancenorm,
    linear,
    loss,
    margin,
    module,
    normalization,
    padding,
    pixelshuffle,
    pooling,
    separable,
    sparse,
    upsampling,
)
from minigrad.nn.modules.activation import *  # noqa: F403
from minigrad.nn.modules.batchnorm import *  # noqa: F403
from minigrad.nn.modules.channelshuffle import *  # noqa: F403
from minigrad.nn.modules.container import *  # noqa: F403
from minigrad.nn.modules.conv import *  # noqa: F403
from minigrad.nn.modules.distance import *  # noqa: F403
from minigrad.nn.modules.dropout import *  # noqa: F403
from minigrad.nn.modules.flatten import *  # noqa: F403
from minigrad.nn.modules.fold import *  # noqa: F403
from minigrad.nn.modules.instancenorm import *  # noqa: F403
from minigrad.nn.modules.linear import *  # noqa: F403
from minigrad.nn.modules.loss import *  # noqa: F403
from minigrad.nn.modules.margin import *  # noqa: F403
from minigrad.nn.modules.module import *  # noqa: F403
from minigrad.nn.modules.normalization import *  # noqa: F403
from minigrad.nn.modules.padding import *  # noqa: F403
from minigrad.nn.modules.pixelshuffle import *  # noqa: F403
from minigrad.nn.modules.pooling import *  # noqa: F403
from minigrad.nn.modules.separable import *  # noqa: F403
from minigrad.nn.modules.sparse import *  # noqa: F403
from minigrad.nn.modules.upsampling import *  # noqa: F403

_FAMILIES = (
    activation,
    batchnorm,
    channelshuffle,
    container,
    conv,
    distance,
    dropout,
    flatten,
    fold,
    instancenorm,
    linear,
    loss,
    margin,
    module,
    normalization,
    padding,
    pixelshuffle,
    pooling,
    separable,
    sparse,
    upsampling,
)
__all__ = sorted(name for family in _FAMILIES for name in family.__all__)
