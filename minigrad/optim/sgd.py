"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from minigrad import kernels
from minigrad.optim.optimizer import Optimizer
from minigrad.optim.settings import NON_NEGATIVE, check_differentiable
from minigrad.optim.state import State

__all__ = ["SGD"]


class SGD(Optimizer):
    r"""Stochastic gradient descent, with momentum and Nesterov's variant of it.

    .. math::
        g \leftarrow g + \lambda p, \quad
        b \leftarrow \mu b + (1 - \tau) g \; (b \leftarrow g \text{ the first time}), \quad
        p \leftarrow p - \gamma b

    and with ``nesterov`` :math:`p \leftarrow p - \gamma (g + \mu b)`.

    Parameters
    ----------
    params : iterable
        Tensors, (name, Tensor) pairs, or dicts that are groups.
    lr : float
        The learning rate :math:`\gamma`.
    momentum : float
        :math:`\mu`; 0 keeps no buffer.
    dampening : float
        :math:`\tau`.
    weight_decay : float
        :math:`\lambda`.
    nesterov : bool
        Step from where the momentum leads; needs a momentum and no dampening.
    maximize : bool
        Climb instead of descending.
    foreach, differentiable, fused
        PyTorch's choices of execution: taken and ignored, but for ``differentiable=True``.

    Notes
    -----
    The state of a parameter is ``momentum_buffer``.  Sutskever et al., "On the importance of
    initialization and momentum in deep learning" (2013), differ by where the learning rate stands.

    Examples
    --------
    >>> import minigrad
    >>> x = minigrad.tensor([1.0], requires_grad=True)
    >>> optimizer = minigrad.optim.SGD([x], lr=0.25)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x.item()
    0.5
    """

    bounds = {"lr": NON_NEGATIVE, "momentum": NON_NEGATIVE, "weight_decay": NON_NEGATIVE}
    slots = ("momentum_buffer",)

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_differentiable("SGD", differentiable)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError(
                f"SGD: nesterov needs a momentum (={momentum}) above 0 and no dampening "
                f"(={dampening})"
            )
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
            "foreach": foreach,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)

    def update(self, p: np.ndarray, g: np.ndarray, state: State, group: dict[str, Any]) -> None:
        """Change one parameter in place."""
        first = "momentum_buffer" not in state
        kernels.sgd(
            p,
            g,
            state.array("momentum_buffer", used=group["momentum"] != 0),
            float(group["lr"]),
            float(group["momentum"]),
            float(group["dampening"]),
            float(group["weight_decay"]),
            bool(group["nesterov"]),
            bool(group["maximize"]),
            first,
        )
