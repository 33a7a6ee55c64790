"""Layers and what networks are built from: state, no arithmetic, which is in `minigrad.functional`.

>>> import minigrad
>>> from minigrad import nn
>>> net = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 2, 1))
>>> net(minigrad.zeros(1, 1, 6, 8)).shape
minigrad.Size([1, 2, 6, 8])
"""

from minigrad.nn import functional, init, modules, parallel, parameter, utils
from minigrad.nn.modules import *  # noqa: F403
from minigrad.nn.parallel import DataParallel
from minigrad.nn.parameter import Buffer, Parameter

__all__ = [
    "Buffer",
    "DataParallel",
    "Parameter",
    "functional",
    "init",
    "modules",
    "parallel",
    "parameter",
    "utils",
]
__all__ += modules.__all__
__all__.sort()
