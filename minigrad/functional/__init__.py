"""Every operation beyond the operators of a tensor, one file a family: an open set.

`minigrad.nn.functional` is the public face, under PyTorch's path.
"""

from minigrad.functional.activation import (
    leaky_relu,
    leaky_relu_,
    prelu,
    relu,
    relu_,
    rrelu,
    rrelu_,
)
from minigrad.functional.adaptive_pool import (
    adaptive_avg_pool2d,
    adaptive_max_pool2d,
    adaptive_max_pool2d_with_indices,
)
from minigrad.functional.affine import bilinear, linear
from minigrad.functional.attention import scaled_dot_product_attention
from minigrad.functional.binary import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    kl_div,
)
from minigrad.functional.classification import cross_entropy, nll_loss
from minigrad.functional.conv import conv2d, conv_transpose2d
from minigrad.functional.conv1d import conv1d, conv_transpose1d
from minigrad.functional.distance import cosine_similarity, pairwise_distance
from minigrad.functional.dropouts import alpha_dropout, dropout, dropout1d, dropout2d, dropout3d
from minigrad.functional.grid import affine_grid, grid_sample
from minigrad.functional.hard import (
    hardshrink,
    hardsigmoid,
    hardswish,
    hardtanh,
    hardtanh_,
    relu6,
    softshrink,
    threshold,
    threshold_,
)
from minigrad.functional.lookup import embedding, one_hot
from minigrad.functional.loss import (
    gaussian_nll_loss,
    huber_loss,
    l1_loss,
    mse_loss,
    poisson_nll_loss,
    smooth_l1_loss,
)
from minigrad.functional.margin import (
    cosine_embedding_loss,
    hinge_embedding_loss,
    margin_ranking_loss,
    multi_margin_loss,
    multilabel_soft_margin_loss,
    soft_margin_loss,
    triplet_margin_loss,
)
from minigrad.functional.norm import batch_norm, instance_norm
from minigrad.functional.norm_axes import (
    group_norm,
    layer_norm,
    local_response_norm,
    normalize,
    standardize,
)
from minigrad.functional.padding import fold, pad, unfold
from minigrad.functional.pool import (
    avg_pool2d,
    lp_pool2d,
    max_pool2d,
    max_pool2d_with_indices,
    max_unpool2d,
)
from minigrad.functional.pool1d import (
    adaptive_avg_pool1d,
    adaptive_max_pool1d,
    avg_pool1d,
    max_pool1d,
)
from minigrad.functional.resample import interpolate, upsample, upsample_bilinear, upsample_nearest
from minigrad.functional.shuffle import channel_shuffle, pixel_shuffle, pixel_unshuffle
from minigrad.functional.smooth import (
    celu,
    celu_,
    elu,
    elu_,
    gelu,
    logsigmoid,
    mish,
    selu,
    selu_,
    sigmoid,
    silu,
    softplus,
    softsign,
    tanh,
    tanhshrink,
)
from minigrad.functional.softmaxes import glu, log_softmax, softmax, softmin

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "adaptive_max_pool2d_with_indices",
    "affine_grid",
    "alpha_dropout",
    "avg_pool1d",
    "avg_pool2d",
    "batch_norm",
    "bilinear",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "celu",
    "celu_",
    "channel_shuffle",
    "conv1d",
    "conv2d",
    "conv_transpose1d",
    "conv_transpose2d",
    "cosine_embedding_loss",
    "cosine_similarity",
    "cross_entropy",
    "dropout",
    "dropout1d",
    "dropout2d",
    "dropout3d",
    "elu",
    "elu_",
    "embedding",
    "fold",
    "gaussian_nll_loss",
    "gelu",
    "glu",
    "grid_sample",
    "group_norm",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "hardtanh_",
    "hinge_embedding_loss",
    "huber_loss",
    "instance_norm",
    "interpolate",
    "kl_div",
    "l1_loss",
    "layer_norm",
    "leaky_relu",
    "leaky_relu_",
    "linear",
    "local_response_norm",
    "log_softmax",
    "logsigmoid",
    "lp_pool2d",
    "margin_ranking_loss",
    "max_pool1d",
    "max_pool2d",
    "max_pool2d_with_indices",
    "max_unpool2d",
    "mish",
    "mse_loss",
    "multi_margin_loss",
    "multilabel_soft_margin_loss",
    "nll_loss",
    "normalize",
    "one_hot",
    "pad",
    "pairwise_distance",
    "pixel_shuffle",
    "pixel_unshuffle",
    "poisson_nll_loss",
    "prelu",
    "relu",
    "relu6",
    "relu_",
    "rrelu",
    "rrelu_",
    "scaled_dot_product_attention",
    "selu",
    "selu_",
    "sigmoid",
    "silu",
    "smooth_l1_loss",
    "soft_margin_loss",
    "softmax",
    "softmin",
    "softplus",
    "softshrink",
    "softsign",
    "standardize",
    "tanh",
    "tanhshrink",
    "threshold",
    "threshold_",
    "triplet_margin_loss",
    "unfold",
    "upsample",
    "upsample_bilinear",
    "upsample_nearest",
]
