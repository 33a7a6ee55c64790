"""Keeping gradients small."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np

from minigrad.autograd import no_grad
from minigrad.tensor import Tensor

__all__ = ["clip_grad_norm", "clip_grad_norm_", "clip_grad_value_", "get_total_norm"]


def _gradients(parameters: Tensor | Iterable[Tensor]) -> list[Tensor]:
    listed = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    return [p.grad for p in listed if p.grad is not None]


def get_total_norm(
    tensors: Tensor | Iterable[Tensor], norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> Tensor:
    """The p-norm, p = ``norm_type``, of all elements of all tensors together.

    Raises
    ------
    RuntimeError
        If the norm is not finite and ``error_if_nonfinite``.
    """
    arrays = [t.array for t in ([tensors] if isinstance(tensors, Tensor) else tensors)]
    if not arrays:
        return Tensor.wrap(np.zeros((), np.float32))
    flat = [np.asarray(a, np.float64).ravel() for a in arrays]
    norms = [np.linalg.norm(a, float(norm_type)) if a.size else 0.0 for a in flat]
    total = np.linalg.norm(np.array(norms), float(norm_type))
    if error_if_nonfinite and not np.isfinite(total):
        raise RuntimeError(
            f"the gradients' total norm of order {norm_type} is {total}, so they cannot be clipped"
        )
    return Tensor.wrap(np.asarray(total, arrays[0].dtype))


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: Any = None,
) -> Tensor:
    """Scale all gradients together, in place, so that their total norm is ``max_norm`` at most.

    ``g *= min(1, max_norm / (total + 1e-6))``

    Parameters
    ----------
    parameters : Tensor or iterable of Tensor
        Whose gradients; those without one are passed over.
    max_norm : float
        The largest total norm.
    norm_type : float
        p of the p-norm; ``inf`` for the largest magnitude.
    error_if_nonfinite : bool
        Raise for a norm that is NaN or infinite; otherwise the gradients are scaled by it.
    foreach : optional
        Accepted, without a meaning here.

    Returns
    -------
    Tensor
        The total norm before.

    Examples
    --------
    >>> import minigrad
    >>> p = minigrad.nn.Parameter(minigrad.zeros(2))
    >>> p.grad = minigrad.tensor([3.0, 4.0])
    >>> minigrad.nn.utils.clip_grad_norm_(p, 2.5).item()
    5.0
    >>> [round(g, 3) for g in p.grad.tolist()]
    [1.5, 2.0]
    """
    gradients = _gradients(parameters)
    total = get_total_norm(gradients, norm_type, error_if_nonfinite)
    factor = float(max_norm) / (total.item() + 1e-6)
    with no_grad():
        for g in gradients if not factor >= 1 else ():
            g.mul_(factor)
    return total


def clip_grad_norm(*args: Any, **kwargs: Any) -> Tensor:
    """PyTorch's older name of `clip_grad_norm_`."""
    warnings.warn("clip_grad_norm is deprecated; use clip_grad_norm_", FutureWarning, stacklevel=2)
    return clip_grad_norm_(*args, **kwargs)


def clip_grad_value_(
    parameters: Tensor | Iterable[Tensor], clip_value: float, foreach: Any = None
) -> None:
    """Cut every element of every gradient to [-clip_value, clip_value], in place."""
    with no_grad():
        for g in _gradients(parameters):
            g.clamp_(-float(clip_value), float(clip_value))
