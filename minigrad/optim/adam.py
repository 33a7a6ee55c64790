"""Adam and AdamW."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from minigrad import kernels
from minigrad.optim.optimizer import Optimizer
from minigrad.optim.settings import FRACTION, NON_NEGATIVE, check_differentiable
from minigrad.optim.state import State

__all__ = ["Adam", "AdamW"]


class Adam(Optimizer):
    r"""Adam: steps in units of the gradient's own mean size.

    .. math::
        m &\leftarrow \beta_1 m + (1 - \beta_1) g \\
        v &\leftarrow \beta_2 v + (1 - \beta_2) g^2 \\
        p &\leftarrow p - \gamma \, \frac{m / (1 - \beta_1^t)}
        {\sqrt{v / (1 - \beta_2^t)} + \epsilon}

    with :math:`g` plus :math:`\lambda p`, or, decoupled, :math:`p` first multiplied by
    :math:`1 - \gamma\lambda`.  With ``amsgrad`` the largest :math:`v` so far takes its place.  Each
    parameter counts its own steps :math:`t`; one without a gradient is left alone.

    Parameters
    ----------
    params : iterable
        Tensors, (name, Tensor) pairs, or dicts that are groups.
    lr : float
        The learning rate :math:`\gamma`.
    betas : (float, float)
        :math:`\beta_1, \beta_2`, each in [0, 1).
    eps : float
        :math:`\epsilon`, outside the bias-corrected root.
    weight_decay : float
        :math:`\lambda`.
    amsgrad : bool
        Never let the denominator shrink.
    maximize : bool
        Climb instead of descending.
    decoupled_weight_decay : bool
        Take the decay out of the gradient: this makes it `AdamW`.
    foreach, capturable, differentiable, fused
        PyTorch's choices of execution: taken and ignored, but for ``differentiable=True``.

    Notes
    -----
    The state of a parameter is ``step``, ``exp_avg`` (m), ``exp_avg_sq`` (v) and
    ``max_exp_avg_sq``.  Kingma and Ba, "Adam" (2015); Loshchilov and Hutter, "Decoupled weight
    decay regularization" (2019); Reddi, Kale and Kumar, "On the convergence of Adam and beyond"
    (2018).

    Examples
    --------
    >>> import minigrad
    >>> x = minigrad.tensor([1.0], requires_grad=True)
    >>> optimizer = minigrad.optim.Adam([x], lr=0.25)
    >>> (100 * x * x).sum().backward()
    >>> optimizer.step()
    >>> x.item()
    0.75
    """

    bounds = {
        "lr": NON_NEGATIVE,
        "betas": FRACTION,
        "eps": NON_NEGATIVE,
        "weight_decay": NON_NEGATIVE,
    }
    slots = ("exp_avg", "exp_avg_sq", "max_exp_avg_sq")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        name = type(self).__name__
        check_differentiable(name, differentiable)
        if not isinstance(betas, (tuple, list)) or len(betas) != 2:
            raise ValueError(f"{name}: betas (={betas!r}) must be a pair of numbers")
        defaults = {
            "lr": lr,
            "betas": tuple(float(beta) for beta in betas),
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
            "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, defaults)

    def update(self, p: np.ndarray, g: np.ndarray, state: State, group: dict[str, Any]) -> None:
        """Change one parameter in place."""
        beta1, beta2 = group["betas"]
        kernels.adam(
            p,
            g,
            state.array("exp_avg"),
            state.array("exp_avg_sq"),
            state.array("max_exp_avg_sq", used=group["amsgrad"]),
            float(group["lr"]),
            float(beta1),
            float(beta2),
            float(group["eps"]),
            float(group["weight_decay"]),
            bool(group["decoupled_weight_decay"]),
            bool(group["amsgrad"]),
            bool(group["maximize"]),
            state.count(),
        )


class AdamW(Adam):
    """`Adam` with decoupled weight decay, 0.01 by default."""

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            foreach=foreach,
            maximize=maximize,
            capturable=capturable,
            differentiable=differentiable,
            fused=fused,
            decoupled_weight_decay=True,
        )
