"""Adagrad."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from minigrad.optim.optimizer import Optimizer
from minigrad.optim.settings import NON_NEGATIVE, check_differentiable
from minigrad.optim.state import State

__all__ = ["Adagrad"]


class Adagrad(Optimizer):
    r"""Adagrad: the gradient divided by the root of the sum of all its squares.

    .. math::
        s \leftarrow s + g^2, \qquad
        p \leftarrow p - \frac{\gamma}{1 + (t - 1) \eta} \, \frac{g}{\sqrt{s} + \epsilon}

    Parameters
    ----------
    params : iterable
        Tensors, (name, Tensor) pairs, or dicts that are groups.
    lr : float
        The learning rate :math:`\gamma`.
    lr_decay : float
        :math:`\eta`.
    weight_decay : float
        :math:`\lambda`, of :math:`\lambda p` added to the gradient.
    initial_accumulator_value : float
        What :math:`s` starts from.
    eps : float
        :math:`\epsilon`.
    maximize : bool
        Climb instead of descending.
    foreach, differentiable, fused
        PyTorch's choices of execution: taken and ignored, but for ``differentiable=True``.

    Notes
    -----
    The state of a parameter is ``step`` and ``sum`` (s).  Duchi, Hazan and Singer, "Adaptive
    subgradient methods" (2011).

    Examples
    --------
    >>> import minigrad
    >>> x = minigrad.tensor([1.0], requires_grad=True)
    >>> optimizer = minigrad.optim.Adagrad([x], lr=0.25)
    >>> (100 * x * x).sum().backward()
    >>> optimizer.step()
    >>> x.item()
    0.75
    """

    bounds = {
        "lr": NON_NEGATIVE,
        "lr_decay": NON_NEGATIVE,
        "weight_decay": NON_NEGATIVE,
        "initial_accumulator_value": NON_NEGATIVE,
        "eps": NON_NEGATIVE,
    }
    slots = ("sum",)

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_differentiable("Adagrad", differentiable)
        defaults = {
            "lr": lr,
            "lr_decay": lr_decay,
            "eps": eps,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)

    def update(self, p: np.ndarray, g: np.ndarray, state: State, group: dict[str, Any]) -> None:
        """Change one parameter in place."""
        lr = group["lr"] / (1 + (state.count() - 1) * group["lr_decay"])
        g = (-g if group["maximize"] else g) + group["weight_decay"] * p
        total = state.array("sum", initial=group["initial_accumulator_value"])
        total += g * g
        p -= lr * g / (np.sqrt(total) + group["eps"])
