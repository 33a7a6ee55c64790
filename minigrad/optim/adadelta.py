"""Adadelta."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from minigrad.optim.optimizer import Optimizer
from minigrad.optim.settings import FRACTION, NON_NEGATIVE, check_differentiable
from minigrad.optim.state import State

__all__ = ["Adadelta"]


class Adadelta(Optimizer):
    r"""Adadelta: as `RMSprop`, with the mean size of former steps in the place of a learning rate.

    .. math::
        v \leftarrow \rho v + (1 - \rho) g^2, \quad
        d = \sqrt{\frac{u + \epsilon}{v + \epsilon}} \, g, \quad
        u \leftarrow \rho u + (1 - \rho) d^2, \quad
        p \leftarrow p - \gamma d

    Parameters
    ----------
    params : iterable
        Tensors, (name, Tensor) pairs, or dicts that are groups.
    lr : float
        :math:`\gamma`.
    rho : float
        How slowly the means forget, in [0, 1).
    eps : float
        :math:`\epsilon`.
    weight_decay : float
        :math:`\lambda`, of :math:`\lambda p` added to the gradient.
    maximize : bool
        Climb instead of descending.
    foreach, capturable, differentiable
        PyTorch's choices of execution: taken and ignored, but for ``differentiable=True``.

    Notes
    -----
    The state of a parameter is ``step``, ``square_avg`` (v) and ``acc_delta`` (u).  Zeiler,
    "ADADELTA: an adaptive learning rate method" (2012).

    Examples
    --------
    >>> import minigrad
    >>> x = minigrad.tensor([1.0], requires_grad=True)
    >>> optimizer = minigrad.optim.Adadelta([x], rho=0.0, eps=1.0)
    >>> (0.0 * x).sum().backward()
    >>> optimizer.step()
    >>> x.item()
    1.0
    """

    bounds = {
        "lr": NON_NEGATIVE,
        "rho": FRACTION,
        "eps": NON_NEGATIVE,
        "weight_decay": NON_NEGATIVE,
    }
    slots = ("square_avg", "acc_delta")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_differentiable("Adadelta", differentiable)
        defaults = {
            "lr": lr,
            "rho": rho,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "capturable": capturable,
            "foreach": foreach,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def update(self, p: np.ndarray, g: np.ndarray, state: State, group: dict[str, Any]) -> None:
        """Change one parameter in place."""
        state.count()
        rho, eps = group["rho"], group["eps"]
        g = (-g if group["maximize"] else g) + group["weight_decay"] * p
        square, delta = state.array("square_avg"), state.array("acc_delta")
        square *= rho
        square += (1 - rho) * g * g
        d = np.sqrt((delta + eps) / (square + eps)) * g
        delta *= rho
        delta += (1 - rho) * d * d
        p -= group["lr"] * d
