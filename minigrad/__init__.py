"""minigrad: a tensor engine on NumPy and Numba that can be read end to end.

Names, arguments, defaults and weight layouts are PyTorch's: ``import minigrad as torch`` runs code
written for it, as far as the operations exist.

>>> import minigrad
>>> x = minigrad.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
>>> (x @ x).sum().backward()
>>> x.grad
tensor([[ 7., 11.],
        [ 9., 13.]])
"""

from math import e, inf, nan, pi

from minigrad import (
    alias,
    autograd,
    backends,
    creation,
    cuda,
    draws,
    dtypes,
    functional,
    functions,
    gradcheck,
    hub,
    jit,
    kernels,
    method_functions,
    nn,
    optim,
    typed,
    utils,
)
from minigrad.autograd import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    no_grad,
    set_grad_enabled,
)
from minigrad.creation import *  # noqa: F403
from minigrad.draws import *  # noqa: F403
from minigrad.dtypes import *  # noqa: F403
from minigrad.einstein import einsum
from minigrad.functional import (
    adaptive_avg_pool1d,
    adaptive_max_pool1d,
    alpha_dropout,
    avg_pool1d,
    batch_norm,
    bilinear,
    binary_cross_entropy_with_logits,
    celu,
    celu_,
    channel_shuffle,
    conv1d,
    conv2d,
    conv_transpose1d,
    conv_transpose2d,
    cosine_embedding_loss,
    cosine_similarity,
    dropout,
    embedding,
    group_norm,
    hardshrink,
    hinge_embedding_loss,
    instance_norm,
    kl_div,
    layer_norm,
    log_softmax,
    margin_ranking_loss,
    max_pool1d,
    max_pool2d,
    pairwise_distance,
    pixel_shuffle,
    pixel_unshuffle,
    poisson_nll_loss,
    prelu,
    relu,
    relu_,
    rrelu,
    rrelu_,
    selu,
    selu_,
    softmax,
    threshold,
    threshold_,
    triplet_margin_loss,
)
from minigrad.functions import *  # noqa: F403
from minigrad.kernels import get_num_threads, set_num_threads
from minigrad.method_functions import *  # noqa: F403
from minigrad.random import Generator, initial_seed, manual_seed, seed
from minigrad.serialization import load, save
from minigrad.tensor import Size, Tensor, tensor
from minigrad.typed import *  # noqa: F403

newaxis = None
# Layouts in memory, which programs ask for: elements always lie in C order here.
contiguous_format, preserve_format, channels_last, strided = (
    "contiguous_format",
    "preserve_format",
    "channels_last",
    "strided",
)

alias.install()
# PyTorch's place for the checks, which lie above the tape here.
vars(autograd).update(gradcheck=gradcheck.gradcheck, gradgradcheck=gradcheck.gradgradcheck)

__version__ = "0.1.0"
__all__ = [
    "Generator",
    "Size",
    "Tensor",
    "adaptive_avg_pool1d",
    "adaptive_max_pool1d",
    "alias",
    "alpha_dropout",
    "autograd",
    "avg_pool1d",
    "backends",
    "batch_norm",
    "bilinear",
    "binary_cross_entropy_with_logits",
    "celu",
    "celu_",
    "channel_shuffle",
    "channels_last",
    "contiguous_format",
    "conv1d",
    "conv2d",
    "conv_transpose1d",
    "conv_transpose2d",
    "cosine_embedding_loss",
    "cosine_similarity",
    "cuda",
    "dropout",
    "e",
    "einsum",
    "embedding",
    "enable_grad",
    "functional",
    "get_num_threads",
    "gradcheck",
    "group_norm",
    "hardshrink",
    "hinge_embedding_loss",
    "hub",
    "inf",
    "inference_mode",
    "initial_seed",
    "instance_norm",
    "is_grad_enabled",
    "jit",
    "kernels",
    "kl_div",
    "layer_norm",
    "load",
    "log_softmax",
    "manual_seed",
    "margin_ranking_loss",
    "max_pool1d",
    "max_pool2d",
    "nan",
    "newaxis",
    "nn",
    "no_grad",
    "optim",
    "pairwise_distance",
    "pi",
    "pixel_shuffle",
    "pixel_unshuffle",
    "poisson_nll_loss",
    "prelu",
    "preserve_format",
    "relu",
    "relu_",
    "rrelu",
    "rrelu_",
    "save",
    "seed",
    "selu",
    "selu_",
    "set_grad_enabled",
    "set_num_threads",
    "softmax",
    "strided",
    "tensor",
    "threshold",
    "threshold_",
    "triplet_margin_loss",
    "utils",
]
__all__ += creation.__all__
__all__ += draws.__all__
__all__ += dtypes.__all__
__all__ += functions.__all__
__all__ += method_functions.__all__
__all__ += typed.__all__
__all__.sort()
