"""Every function of `minigrad.functional`, under PyTorch's path: ``import minigrad.nn.functional
as F``.
"""

from minigrad import functional
from minigrad.functional import *  # noqa: F403

__all__: list[str] = []
__all__ += functional.__all__
