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
    softmax,
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
from minigrad.nn.modules.softmax import *  # noqa: F403
from minigrad.nn.modules.sparse import *  # noqa: F403
from minigrad.nn.modules.upsampling import *  # noqa: F403

__all__: list[str] = []
__all__ += activation.__all__
__all__ += batchnorm.__all__
__all__ += channelshuffle.__all__
__all__ += container.__all__
__all__ += conv.__all__
__all__ += distance.__all__
__all__ += dropout.__all__
__all__ += flatten.__all__
__all__ += fold.__all__
__all__ += instancenorm.__all__
__all__ += linear.__all__
__all__ += loss.__all__
__all__ += margin.__all__
__all__ += module.__all__
__all__ += normalization.__all__
__all__ += padding.__all__
__all__ += pixelshuffle.__all__
__all__ += pooling.__all__
__all__ += separable.__all__
__all__ += softmax.__all__
__all__ += sparse.__all__
__all__ += upsampling.__all__
__all__.sort()
