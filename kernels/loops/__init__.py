"""The textbook: one plain loop nest for each operation.

A kernel here is what the operation *means*. The tests hold every fast kernel to it, and every
explanation is a trace of its Python function, ``_name``, which stands directly above its compiled
self, ``name``.

All kernels follow one convention: outputs come first, preallocated by the caller, and every element
is written; arrays are C-contiguous, of one floating dtype unless said otherwise; sizes are read
from ``.shape``; an empty batch is fine. Nothing is checked here, `minigrad.kernels.geometry` has
done it. Statistics and other long sums of one kind are added up in float64.
"""

from .conv import conv2d, conv2d_weight_grad, conv_transpose2d
from .cross_entropy import cross_entropy, cross_entropy_grad, nll, nll_grad
from .curves import curve, curve_grad
from .elementwise import leaky_relu, leaky_relu_grad, relu, relu_grad
from .faces import (
    conv2d_im2col,
    conv2d_toeplitz,
    conv2d_winograd,
    conv_transpose2d_gradient,
    conv_transpose2d_phases,
    conv_transpose2d_toeplitz,
    conv_transpose2d_zero_insertion,
    toeplitz_matrix,
)
from .loss import loss_grad, loss_sum
from .norm import (
    batch_norm,
    batch_norm_eval,
    batch_norm_grad,
    group_norm,
    group_norm_grad,
    moments,
    normalize,
    normalize_eval_grad,
    normalize_grad,
)
from .optimizer import adam, rmsprop, sgd
from .pool import (
    adaptive_avg_pool2d,
    adaptive_avg_pool2d_input_grad,
    adaptive_max_pool2d,
    avg_pool2d,
    avg_pool2d_input_grad,
    max_pool2d,
    max_pool2d_gather,
    max_pool2d_input_grad,
)
from .pool_taps import (
    max_pool2d_index,
    max_pool2d_taps,
    max_pool2d_taps_gather,
    max_pool2d_taps_input_grad,
)
from .product import matrix_product
from .random import dropout, dropout_mask
from .reduction import channel_sums
from .resample import (
    fold,
    unfold,
    upsample_bilinear2d,
    upsample_bilinear2d_input_grad,
    upsample_nearest2d,
    upsample_nearest2d_input_grad,
)
from .shuffle import pixel_shuffle, pixel_unshuffle
from .softmax import log_softmax, log_softmax_grad, softmax, softmax_grad

__all__ = [
    "adam",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool2d_input_grad",
    "adaptive_max_pool2d",
    "avg_pool2d",
    "avg_pool2d_input_grad",
    "batch_norm",
    "batch_norm_eval",
    "batch_norm_grad",
    "channel_sums",
    "conv2d",
    "conv2d_im2col",
    "conv2d_toeplitz",
    "conv2d_weight_grad",
    "conv2d_winograd",
    "conv_transpose2d",
    "conv_transpose2d_gradient",
    "conv_transpose2d_phases",
    "conv_transpose2d_toeplitz",
    "conv_transpose2d_zero_insertion",
    "cross_entropy",
    "cross_entropy_grad",
    "curve",
    "curve_grad",
    "dropout",
    "dropout_mask",
    "fold",
    "group_norm",
    "group_norm_grad",
    "leaky_relu",
    "leaky_relu_grad",
    "log_softmax",
    "log_softmax_grad",
    "loss_grad",
    "loss_sum",
    "matrix_product",
    "max_pool2d",
    "max_pool2d_gather",
    "max_pool2d_index",
    "max_pool2d_input_grad",
    "max_pool2d_taps",
    "max_pool2d_taps_gather",
    "max_pool2d_taps_input_grad",
    "moments",
    "nll",
    "nll_grad",
    "normalize",
    "normalize_eval_grad",
    "normalize_grad",
    "pixel_shuffle",
    "pixel_unshuffle",
    "relu",
    "relu_grad",
    "rmsprop",
    "sgd",
    "softmax",
    "softmax_grad",
    "toeplitz_matrix",
    "unfold",
    "upsample_bilinear2d",
    "upsample_bilinear2d_input_grad",
    "upsample_nearest2d",
    "upsample_nearest2d_input_grad",
]
