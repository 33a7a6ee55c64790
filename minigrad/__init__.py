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

from minigrad import autograd, functional, kernels
from minigrad.autograd import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    no_grad,
    set_grad_enabled,
)
from minigrad.creation import *  # noqa: F403
from minigrad.dtypes import *  # noqa: F403
from minigrad.functions import *  # noqa: F403
from minigrad.kernels import get_num_threads, set_num_threads
from minigrad.method_functions import *  # noqa: F403
from minigrad.random import Generator, initial_seed, manual_seed, seed
from minigrad.tensor import Size, Tensor, tensor

__version__ = "0.1.0"
__all__ = sorted(name for name in globals() if not name.startswith("_"))  # noqa: PLE0605
