"""Weight normalisation: length and direction of a weight as parameters of their own."""

from __future__ import annotations

from minigrad.autograd import no_grad
from minigrad.nn.modules.module import Module
from minigrad.nn.parameter import Parameter
from minigrad.nn.utils.reparametrization import Reparametrization, install, remove
from minigrad.tensor import Tensor

__all__ = ["WeightNorm", "remove_weight_norm", "weight_norm"]


class WeightNorm(Reparametrization):
    """``weight = weight_g * weight_v / |weight_v|``, with one length for each index along
    ``dim``.
    """

    parts = ("_g", "_v")

    def __init__(self, name: str, dim: int | None) -> None:
        super().__init__(name)
        self.dim = dim

    def length(self, v: Tensor) -> Tensor:
        """The norm over all axes but ``dim``, which are kept with size 1; over all, if that is
        None or -1.
        """
        if self.dim is None or self.dim == -1:
            return (v * v).sum().sqrt()
        others = [axis for axis in range(v.ndim) if axis != self.dim]
        return (v * v).sum(others, keepdim=True).sqrt()

    def compute_weight(self, module: Module) -> Tensor:
        g, v = (getattr(module, self.name + part) for part in self.parts)
        return v * (g / self.length(v))

    def start(self, module: Module, weight: Parameter) -> None:
        """Register the parts, which give the weight as it is."""
        with no_grad():
            length = self.length(weight)
        module.register_parameter(self.name + "_g", Parameter(length))
        module.register_parameter(self.name + "_v", Parameter(weight.detach()))
        setattr(module, self.name, self.compute_weight(module))


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """Train length and direction of a weight apart from each other; returns the module.

    Parameters
    ----------
    module : Module
        The layer; in its state ``weight`` becomes ``weight_g`` and ``weight_v``.
    name : str
        The weight's name.
    dim : int, optional
        The axis along which each index has its own length; None for one length in all.

    Notes
    -----
    Salimans and Kingma, "Weight normalization", 2016.
    """
    hook = WeightNorm(name, dim)
    hook.start(module, install(hook, module))
    return module


def remove_weight_norm(module: Module, name: str = "weight") -> Module:
    """Make the weight a parameter again; returns the module."""
    remove(WeightNorm, module, name)
    return module
