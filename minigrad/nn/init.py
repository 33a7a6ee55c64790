"""Initial values of parameters: every function fills a tensor in place and returns it.

    fan_in    connections into one output: input channels per group times taps of the kernel
    fan_out   connections out of one input: output channels times taps of the kernel

Random values come from ``generator``, or from the one that `minigrad.manual_seed` seeds.

Sources: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural
networks", 2010 (Xavier); He et al., "Delving deep into rectifiers", 2015 (Kaiming); Saxe et al.,
"Exact solutions to the nonlinear dynamics of learning in deep linear neural networks", 2013
(orthogonal); Martens, "Deep learning via Hessian-free optimization", 2010 (sparse).
"""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from minigrad.autograd import no_grad
from minigrad.random import default_generator
from minigrad.tensor import Tensor

__all__ = [
    "calculate_gain",
    "constant",
    "constant_",
    "dirac",
    "dirac_",
    "eye",
    "eye_",
    "kaiming_normal",
    "kaiming_normal_",
    "kaiming_uniform",
    "kaiming_uniform_",
    "normal",
    "normal_",
    "ones_",
    "orthogonal",
    "orthogonal_",
    "sparse",
    "sparse_",
    "trunc_normal_",
    "uniform",
    "uniform_",
    "xavier_normal",
    "xavier_normal_",
    "xavier_uniform",
    "xavier_uniform_",
    "zeros_",
]


def _filled(tensor: Tensor, values: Any) -> Tensor:
    with no_grad():
        return tensor._written(values)


def _numbers(generator: Any) -> np.random.Generator:
    return (generator or default_generator).numpy


# -- distributions --------------------------------------------------------------------------------


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Any = None) -> Tensor:
    """Draw every element evenly from [a, b)."""
    with no_grad():
        return tensor.uniform_(a, b, generator=generator)


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Any = None) -> Tensor:
    """Draw every element from a normal distribution."""
    with no_grad():
        return tensor.normal_(mean, std, generator=generator)


def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Any = None,
) -> Tensor:
    """Draw every element from a normal distribution that is cut off outside [a, b].

    Raises
    ------
    ValueError
        If a exceeds b.
    """
    if a > b:
        raise ValueError(f"trunc_normal_: a (={a}) must not exceed b (={b})")
    low, high = ndtr((a - mean) / std), ndtr((b - mean) / std)
    drawn = ndtri(low + (high - low) * _numbers(generator).random(tensor.shape))
    return _filled(tensor, np.clip(mean + std * drawn, a, b))


def constant_(tensor: Tensor, val: float) -> Tensor:
    """Set every element to ``val``."""
    return _filled(tensor, val)


def ones_(tensor: Tensor) -> Tensor:
    """Set every element to 1."""
    return _filled(tensor, 1)


def zeros_(tensor: Tensor) -> Tensor:
    """Set every element to 0."""
    return _filled(tensor, 0)


def eye_(tensor: Tensor) -> Tensor:
    """Make a matrix the identity, as far as it is square.

    Raises
    ------
    ValueError
        If the tensor is not a matrix.
    """
    _check_matrix(tensor, "eye_")
    return _filled(tensor, np.eye(*tensor.shape))


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Make the weight of a convolution the identity: each group passes on as many channels as it
    can.

    Raises
    ------
    ValueError
        For a tensor that is not 3- to 5-dimensional, or groups that do not divide the output
        channels.
    """
    if tensor.ndim not in (3, 4, 5):
        raise ValueError(
            f"dirac_: tensor must have 3, 4 or 5 dimensions, got shape {tuple(tensor.shape)}"
        )
    outputs, inputs, *kernel = tensor.shape
    if groups < 1 or outputs % groups:
        raise ValueError(f"dirac_: groups (={groups}) must divide the {outputs} output channels")
    values = np.zeros(tensor.shape)
    centre = tuple(size // 2 for size in kernel)
    for group in range(groups):
        first = group * (outputs // groups)
        for d in range(min(outputs // groups, inputs)):
            values[(first + d, d, *centre)] = 1
    return _filled(tensor, values)


# -- by fan ---------------------------------------------------------------------------------------


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor on the standard deviation that keeps the variance through an activation.

    Parameters
    ----------
    nonlinearity : str
        "linear", "conv1d" to "conv_transpose3d", "sigmoid", "tanh", "relu", "leaky_relu" or "selu".
    param : float, optional
        The slope of leaky_relu, 0.01 if left out.

    Raises
    ------
    ValueError
        For any other name, or a slope that is not a number.
    """
    linear = {f"conv{t}{n}d" for t in ("", "_transpose") for n in (1, 2, 3)} | {"linear", "sigmoid"}
    gains = {"tanh": 5 / 3, "relu": math.sqrt(2), "selu": 3 / 4, **dict.fromkeys(linear, 1.0)}
    if nonlinearity in gains:
        return gains[nonlinearity]
    if nonlinearity != "leaky_relu":
        raise ValueError(
            f"calculate_gain: nonlinearity (={nonlinearity!r}) must be leaky_relu or one of "
            f"{sorted(gains)}"
        )
    slope = 0.01 if param is None else param
    if isinstance(slope, bool) or not isinstance(slope, (int, float)):
        raise ValueError(f"calculate_gain: negative_slope (={param!r}) is not a number")
    return math.sqrt(2 / (1 + slope**2))


def _calculate_fan_in_and_fan_out(tensor: Tensor) -> tuple[int, int]:
    if tensor.ndim < 2:
        raise ValueError(
            "fan in and fan out: a weight has at least 2 dimensions, got shape "
            f"{tuple(tensor.shape)}"
        )
    taps = math.prod(tensor.shape[2:])
    return tensor.shape[1] * taps, tensor.shape[0] * taps


def _calculate_correct_fan(tensor: Tensor, mode: str) -> int:
    modes = ("fan_in", "fan_out")
    if str(mode).lower() not in modes:
        raise ValueError(f"kaiming: mode (={mode!r}) must be 'fan_in' or 'fan_out'")
    return _calculate_fan_in_and_fan_out(tensor)[modes.index(mode.lower())]


def _xavier_std(tensor: Tensor, gain: float) -> float:
    return gain * math.sqrt(2 / max(sum(_calculate_fan_in_and_fan_out(tensor)), 1))


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    fan = _calculate_correct_fan(tensor, mode)
    return calculate_gain(nonlinearity, a) / math.sqrt(max(fan, 1))  # an empty weight has no fan


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    """Draw evenly from [-b, b), b = gain * sqrt(6 / (fan_in + fan_out))."""
    bound = math.sqrt(3) * _xavier_std(tensor, gain)
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    """Draw from a normal distribution of standard deviation gain * sqrt(2 / (fan_in + fan_out))."""
    return normal_(tensor, 0, _xavier_std(tensor, gain), generator)


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Any = None,
) -> Tensor:
    """Draw evenly from [-b, b), b = gain * sqrt(3 / fan).

    Parameters
    ----------
    tensor : Tensor
        The weight, of at least 2 dimensions.
    a : float
        The slope of leaky_relu for negative values.
    mode : str
        "fan_in" keeps the variance on the way forward, "fan_out" on the way back.
    nonlinearity : str
        The activation that follows; see `calculate_gain`.
    generator : Generator, optional
        Where the random numbers come from.
    """
    bound = math.sqrt(3) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Any = None,
) -> Tensor:
    """Draw from a normal distribution of standard deviation gain / sqrt(fan); see
    `kaiming_uniform_`.
    """
    return normal_(tensor, 0, _kaiming_std(tensor, a, mode, nonlinearity), generator)


# -- matrices -------------------------------------------------------------------------------------


def _check_matrix(tensor: Tensor, operation: str) -> None:
    if tensor.ndim != 2:
        raise ValueError(f"{operation}: tensor must be a matrix, got shape {tuple(tensor.shape)}")


def orthogonal_(tensor: Tensor, gain: float = 1, generator: Any = None) -> Tensor:
    """Make the rows (or the columns, whichever are fewer) orthonormal, times gain.

    A weight of more than 2 dimensions is seen as the matrix (shape[0], the rest).
    """
    if tensor.ndim < 2:
        raise ValueError(
            f"orthogonal_: tensor must have at least 2 dimensions, got shape {tuple(tensor.shape)}"
        )
    if tensor.numel() == 0:
        return tensor
    rows, columns = tensor.shape[0], tensor.numel() // tensor.shape[0]
    q, r = np.linalg.qr(
        _numbers(generator).standard_normal((max(rows, columns), min(rows, columns)))
    )
    q *= np.sign(np.diag(r))  # else some orthogonal matrices would be likelier than others
    return _filled(tensor, gain * (q if rows >= columns else q.T).reshape(tensor.shape))


def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: Any = None) -> Tensor:
    """Draw a matrix from a normal distribution and set a fraction ``sparsity`` of each column to
    0.
    """
    _check_matrix(tensor, "sparse_")
    rows, columns = tensor.shape
    numbers = _numbers(generator)
    values = numbers.normal(0, std, tensor.shape)
    for column in range(columns):
        values[numbers.permutation(rows)[: math.ceil(sparsity * rows)], column] = 0
    return _filled(tensor, values)


# -- PyTorch's names from before the underscore ---------------------------------------------------


def _old_name(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    new = function.__name__

    @functools.wraps(function)
    def old(*args: Any, **kwargs: Any) -> Tensor:
        warnings.warn(
            f"nn.init.{new[:-1]} is deprecated; use nn.init.{new}", FutureWarning, stacklevel=2
        )
        return function(*args, **kwargs)

    old.__name__ = new[:-1]
    return old


uniform, normal, constant = _old_name(uniform_), _old_name(normal_), _old_name(constant_)
eye, dirac, sparse = _old_name(eye_), _old_name(dirac_), _old_name(sparse_)
xavier_uniform, xavier_normal = _old_name(xavier_uniform_), _old_name(xavier_normal_)
kaiming_uniform, kaiming_normal = _old_name(kaiming_uniform_), _old_name(kaiming_normal_)
orthogonal = _old_name(orthogonal_)
