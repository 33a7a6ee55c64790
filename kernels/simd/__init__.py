"""The fast twins: the functions of ``loops`` with vector instructions and threads.

To see how a fast convolution works, read in this order:

1. ``vector``        the processor's vectors, as values of compiled code
2. ``micro_kernel``  a tile of a matrix product, held in registers
3. ``patches``       implicit im2col: packing the patches of a few pixels at a time
4. ``weights``       packing the weights
5. ``tasks``         sharing work among threads
6. ``gather``        the packed matrix product over blocks of pixels
7. ``conv``          conv2d and conv_transpose2d as walks of that kernel
8. ``weight_grad``   the same patches times the output gradient
"""

from .conv import conv2d, conv_transpose2d
from .weight_grad import conv2d_weight_grad

__all__ = ["conv2d", "conv2d_weight_grad", "conv_transpose2d"]
