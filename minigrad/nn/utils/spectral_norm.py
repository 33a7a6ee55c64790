"""Spectral normalisation: weights divided by their largest singular value."""

from __future__ import annotations

import numpy as np

from minigrad.nn.modules.conv import _ConvTransposeNd
from minigrad.nn.modules.module import Module
from minigrad.nn.utils.reparametrization import Reparametrization, install, remove
from minigrad.random import default_generator
from minigrad.tensor import Tensor

__all__ = ["SpectralNorm", "remove_spectral_norm", "spectral_norm"]


class SpectralNorm(Reparametrization):
    """``weight = weight_orig / sigma``, sigma = u @ W @ v estimated by power iteration.

    W is the weight as a matrix, with the axis ``dim`` first; the buffers ``weight_u`` and
    ``weight_v`` are the estimates of its first singular vectors, one step better after every
    training forward.
    """

    parts = ("_orig", "_u", "_v")

    def __init__(self, name: str, n_power_iterations: int, dim: int, eps: float) -> None:
        super().__init__(name)
        if n_power_iterations < 1:
            raise ValueError(
                f"spectral_norm: n_power_iterations (={n_power_iterations}) must be at least 1"
            )
        self.n_power_iterations, self.dim, self.eps = n_power_iterations, dim, eps

    def matrix(self, weight: Tensor) -> Tensor:
        """The weight as a matrix."""
        return weight.movedim(self.dim, 0).reshape(weight.shape[self.dim], -1)

    def unit(self, vector: np.ndarray) -> np.ndarray:
        """The vector over its length."""
        return vector / max(float(np.linalg.norm(vector)), self.eps)

    def compute_weight(self, module: Module) -> Tensor:
        weight, u, v = (getattr(module, self.name + part) for part in self.parts)
        matrix = self.matrix(weight)
        if module.training:
            for _ in range(self.n_power_iterations):
                v._written(self.unit(matrix.array.T @ u.array))
                u._written(self.unit(matrix.array @ v.array))
        # Copies: the next forward changes u and v before this one's backward may have run.
        return weight / u.clone().dot(matrix.mv(v.clone()))

    def start(self, module: Module, weight: Tensor) -> None:
        """Register the parts; u and v start at random."""
        matrix = self.matrix(weight.detach()).array
        module.register_parameter(self.name + "_orig", weight)  # type: ignore[arg-type]
        setattr(module, self.name, weight.detach())
        for part, size in zip(("_u", "_v"), matrix.shape, strict=True):
            vector = self.unit(default_generator.numpy.standard_normal(size))
            module.register_buffer(self.name + part, Tensor.wrap(vector.astype(matrix.dtype)))


def spectral_norm(
    module: Module,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> Module:
    """Divide a weight by its largest singular value before every forward; returns the module.

    Parameters
    ----------
    module : Module
        The layer; in its state ``weight`` becomes ``weight_orig``, ``weight_u`` and ``weight_v``.
    name : str
        The weight's name.
    n_power_iterations : int
        Steps of the power iteration in every training forward.
    eps : float
        Keeps lengths away from 0.
    dim : int, optional
        The axis of the output channels; 1 for transposed convolutions, else 0.

    Notes
    -----
    Miyato et al., "Spectral normalization for generative adversarial networks", 2018.
    """
    if dim is None:
        dim = 1 if isinstance(module, _ConvTransposeNd) else 0
    hook = SpectralNorm(name, n_power_iterations, dim, eps)
    hook.start(module, install(hook, module))
    return module


def remove_spectral_norm(module: Module, name: str = "weight") -> Module:
    """Make the normalised weight a parameter again; returns the module."""
    training = module.training
    module.training = False  # no further power iteration
    try:
        remove(SpectralNorm, module, name)
    finally:
        module.training = training
    return module
