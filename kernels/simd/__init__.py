"""The fast twins: the functions of ``loops`` with vector instructions and threads.

To see how a fast convolution works, read in this order:

1. ``vector``        the processor's vectors, as values of compiled code
2. ``micro_kernel``  a tile of a matrix product, held in registers
3. ``patches``       implicit im2col: packing the patches of a few pixels at a time
4. ``gather``        the packed matrix product over blocks of pixels
5. ``conv``          conv2d and conv_transpose2d as walks of that kernel
"""

from .conv import conv2d, conv_transpose2d

__all__ = ["conv2d", "conv_transpose2d"]
