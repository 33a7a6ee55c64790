"""The fast twins: the functions of ``loops`` with vector instructions and threads.

To see how a fast convolution works, read in this order:

1. ``vector``        the processor's vectors, as values of compiled code (``instructions``)
2. ``micro_kernel``  a tile of a matrix product, held in registers
3. ``patches``       implicit im2col: packing the patches of a few pixels at a time
4. ``weights``       packing the weights
5. ``tasks``         sharing work among threads (``fork``, ``team``)
6. ``gather``        the packed matrix product over blocks of pixels
7. ``direct``        the way round packing, for few channels a group (``padded``, ``tap_tile``)
8. ``winograd``      fewer multiplications for 3 x 3 kernels (``winograd_tiles``, with ``shuffle``,
                     and ``winograd_weights``), and for 4 x 4 (``winograd_fours``, with
                     ``winograd_threes``)
9. ``row_product``   first layers, where there is little to multiply (``patch_rows``)
10. ``conv``         conv2d and conv_transpose2d as walks of these kernels
11. ``weight_grad``  five ways to sum over pixels: ``tap_grad`` (with ``transpose`` and
                     ``pixel_pairs``), ``patch_grad``, ``dot_grad`` (with ``row_dots``),
                     ``direct_grad`` and ``winograd_grad``

Elementwise functions are formulas, run by one loop: ``lanes`` (what a formula is), then
``transcendental``, ``curves``, ``formulas``, ``elementwise``.

Normalisation is ``norm_runs`` (values side by side that share statistics), and on it ``norm``
(batch norm), ``norm_group`` and ``norm_rows``.

Pooling is ``columns`` (which columns a vector of windows reads), ``strided`` and ``tiles`` (windows
of 2 x 2), and on them ``pool``, ``avg_pool`` and ``resample``.

The matrix product of linear layers is ``product``, with ``thin_product`` for few rows.

The others are short: ``dropout``, ``optimizer``, ``reduction``, ``softmax`` (with ``exponential``),
and ``shared``, the textbook's kernels run by several threads.
"""

from .._jit import DISABLED

if DISABLED:  # without a compiler there are no vectors, and every function comes from ``loops``
    __all__: list[str] = []
else:
    from .avg_pool import (
        adaptive_avg_pool2d,
        adaptive_avg_pool2d_input_grad,
        avg_pool2d,
        avg_pool2d_input_grad,
    )
    from .conv import (
        conv2d,
        conv_transpose2d,
    )
    from .cross_entropy import (
        cross_entropy,
        cross_entropy_grad,
    )
    from .dropout import (
        dropout,
        dropout_mask,
    )
    from .elementwise import (
        curve,
        curve_grad,
        leaky_relu,
        leaky_relu_grad,
        relu,
        relu_grad,
    )
    from .loss import (
        loss_grad,
        loss_sum,
    )
    from .nll import (
        nll,
        nll_grad,
    )
    from .norm import (
        batch_norm,
        batch_norm_eval,
        batch_norm_grad,
    )
    from .norm_group import (
        group_norm,
        group_norm_grad,
    )
    from .optimizer import (
        adam,
        rmsprop,
        sgd,
    )
    from .pool import (
        max_pool2d_taps,
        max_pool2d_taps_input_grad,
    )
    from .product import (
        matrix_product,
    )
    from .reduction import (
        channel_sums,
    )
    from .resample import (
        pixel_shuffle,
        pixel_unshuffle,
        upsample_nearest2d,
        upsample_nearest2d_input_grad,
    )
    from .shared import (
        adaptive_max_pool2d,
        fold,
        max_pool2d_gather,
        max_pool2d_index,
        max_pool2d_input_grad,
        max_pool2d_taps_gather,
        unfold,
        upsample_bilinear2d,
        upsample_bilinear2d_input_grad,
    )
    from .softmax import (
        log_softmax,
        log_softmax_grad,
        softmax,
        softmax_grad,
    )
    from .weight_grad import (
        conv2d_weight_grad,
    )

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
        "conv2d_weight_grad",
        "conv_transpose2d",
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
        "max_pool2d_gather",
        "max_pool2d_index",
        "max_pool2d_input_grad",
        "max_pool2d_taps",
        "max_pool2d_taps_gather",
        "max_pool2d_taps_input_grad",
        "nll",
        "nll_grad",
        "pixel_shuffle",
        "pixel_unshuffle",
        "relu",
        "relu_grad",
        "rmsprop",
        "sgd",
        "softmax",
        "softmax_grad",
        "unfold",
        "upsample_bilinear2d",
        "upsample_bilinear2d_input_grad",
        "upsample_nearest2d",
        "upsample_nearest2d_input_grad",
    ]
