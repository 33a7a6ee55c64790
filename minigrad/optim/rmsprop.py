"""RMSprop."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from minigrad import kernels
from minigrad.optim.optimizer import Optimizer
from minigrad.optim.settings import NON_NEGATIVE, check_differentiable
from minigrad.optim.state import State

__all__ = ["RMSprop"]


class RMSprop(Optimizer):
    r"""RMSprop: the gradient divided by its root mean square.

    .. math::
        v \leftarrow \alpha v + (1 - \alpha) g^2, \qquad
        p \leftarrow p - \gamma \, \frac{g}{\sqrt{v} + \epsilon}

    With ``centered`` the mean gradient's square is taken from :math:`v`; with ``momentum`` the
    quotients are gathered as in `SGD`.

    Parameters
    ----------
    params : iterable
        Tensors, (name, Tensor) pairs, or dicts that are groups.
    lr : float
        The learning rate :math:`\gamma`.
    alpha : float
        How slowly the mean square forgets.
    eps : float
        :math:`\epsilon`, outside the root.
    weight_decay : float
        :math:`\lambda`, of :math:`\lambda p` added to the gradient.
    momentum : float
        0 keeps no buffer.
    centered : bool
        Divide by an estimate of the standard deviation.
    maximize : bool
        Climb instead of descending.
    capturable, foreach, differentiable
        PyTorch's choices of execution: taken and ignored, but for ``differentiable=True``.

    Notes
    -----
    The state of a parameter is ``step``, ``square_avg`` (v), ``grad_avg`` and
    ``momentum_buffer``.  Hinton, "Neural networks for machine learning", lecture 6e (2012); Graves,
    "Generating sequences with recurrent neural networks" (2013), for the centered form.

    Examples
    --------
    >>> import minigrad
    >>> x = minigrad.tensor([1.0], requires_grad=True)
    >>> optimizer = minigrad.optim.RMSprop([x], lr=0.25, alpha=0.0)
    >>> (100 * x * x).sum().backward()
    >>> optimizer.step()
    >>> x.item()
    0.75
    """

    bounds = {
        "lr": NON_NEGATIVE,
        "alpha": NON_NEGATIVE,
        "eps": NON_NEGATIVE,
        "momentum": NON_NEGATIVE,
        "weight_decay": NON_NEGATIVE,
    }
    slots = ("square_avg", "grad_avg", "momentum_buffer")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_differentiable("RMSprop", differentiable)
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "alpha": alpha,
            "eps": eps,
            "centered": centered,
            "weight_decay": weight_decay,
            "capturable": capturable,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def update(self, p: np.ndarray, g: np.ndarray, state: State, group: dict[str, Any]) -> None:
        """Change one parameter in place."""
        state.count()
        kernels.rmsprop(
            p,
            g,
            state.array("square_avg"),
            state.array("grad_avg", used=group["centered"]),
            state.array("momentum_buffer", used=group["momentum"] != 0),
            float(group["lr"]),
            float(group["alpha"]),
            float(group["eps"]),
            float(group["weight_decay"]),
            float(group["momentum"]),
            bool(group["centered"]),
            bool(group["maximize"]),
        )
