"""Every operation beyond the operators of a tensor, one file a family: an open set.

`minigrad.nn.functional` is the public face, under PyTorch's path.
"""

from minigrad.functional.conv import conv2d, conv_transpose2d

__all__ = ["conv2d", "conv_transpose2d"]
