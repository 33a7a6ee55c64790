"""What the settings of optimizers must satisfy."""

from __future__ import annotations

__all__ = ["FRACTION", "NON_NEGATIVE", "check_differentiable"]

NON_NEGATIVE = (0.0, float("inf"))  # [low, high)
FRACTION = (0.0, 1.0)


def check_differentiable(optimizer: str, differentiable: bool) -> None:
    """Raise if a step that is itself recorded was asked for.

    Raises
    ------
    NotImplementedError
        Parameters are changed in place by kernels, which leave no record.
    """
    if differentiable:
        raise NotImplementedError(
            f"{optimizer}: differentiable=True is not offered; write the step with tensor "
            "operations and "
            "autograd.grad(..., create_graph=True)"
        )
