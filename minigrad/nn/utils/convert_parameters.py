"""All parameters as one vector, and back."""

from __future__ import annotations

from collections.abc import Iterable

from minigrad.autograd import no_grad
from minigrad.errors import SizeError
from minigrad.functions import cat
from minigrad.tensor import Tensor

__all__ = ["parameters_to_vector", "vector_to_parameters"]


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """The elements of all parameters, one after the other."""
    return cat([p.reshape(-1) for p in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Copy the elements of a vector into the parameters, one after the other.

    Raises
    ------
    ValueError
        If the vector has fewer or more elements than the parameters.
    """
    listed = list(parameters)
    count = sum(p.numel() for p in listed)
    if tuple(vec.shape) != (count,):
        raise SizeError(
            f"vector_to_parameters: vec must have the shape ({count},), got {tuple(vec.shape)}"
        )
    first = 0
    with no_grad():
        for p in listed:
            p.copy_(vec[first : first + p.numel()].reshape(p.shape))
            first += p.numel()
