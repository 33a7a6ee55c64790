"""What an optimizer remembers of one parameter."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.errors import DTypeError, SizeError
from minigrad.tensor import Tensor

__all__ = ["State", "check_like"]


class State:
    """The state of one parameter, as flat arrays that are made when they are first asked for.

    Attributes
    ----------
    tensors : dict
        What ``optimizer.state[parameter]`` holds: name to Tensor, in the parameter's shape.
    """

    def __init__(self, tensors: dict[str, Any], parameter: Tensor) -> None:
        self.tensors, self.parameter = tensors, parameter

    def __contains__(self, name: str) -> bool:
        return self.tensors.get(name) is not None

    def array(self, name: str, used: bool = True, initial: float = 0.0) -> np.ndarray:
        """The state of that name as a flat array over its memory, at first ``initial`` throughout.

        Where it is not used an empty array is returned and nothing is kept.

        Raises
        ------
        ValueError, TypeError
            If shape or dtype of the parameter changed since the state was made.
        """
        model = self.parameter.array
        if not used:
            return np.empty(0, model.dtype)
        if name not in self:
            self.tensors[name] = Tensor.wrap(np.full(model.shape, initial, model.dtype))
        tensor = self.tensors[name] = self.tensors[name].contiguous()
        check_like(
            tensor, model, f"state {name!r}", "make a new optimizer after changing parameters"
        )
        return tensor.array.reshape(-1)

    def count(self) -> int:
        """Count one more step of this parameter; 1 the first time."""
        step = self.tensors.get("step")
        if step is None:
            step = self.tensors["step"] = Tensor.wrap(np.zeros((), np.float32))
        if not isinstance(step, Tensor):
            self.tensors["step"] = step + 1
            return int(step + 1)
        step.array += 1
        return int(step.array)


def check_like(tensor: Tensor, model: np.ndarray, what: str, remedy: str) -> None:
    """Raise unless a tensor has the shape and dtype of a parameter."""
    if tensor.array.shape != model.shape:
        raise SizeError(
            f"optimizer: {what} has shape {tensor.array.shape}, its parameter {model.shape}; "
            f"{remedy}"
        )
    if tensor.array.dtype != model.dtype:
        raise DTypeError(
            f"optimizer: {what} is {tensor.dtype}, its parameter is {model.dtype}; {remedy}"
        )
