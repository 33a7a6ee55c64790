"""PyTorch's wrapper for several GPUs; kernels use all cores by themselves, so that it passes
everything on.
"""

from __future__ import annotations

from typing import Any

from minigrad.nn.modules.module import Module

__all__ = ["DataParallel"]


class DataParallel(Module):
    """Calls ``module``; the names in its state begin with "module.", as in files saved from
    PyTorch.
    """

    def __init__(
        self, module: Module, device_ids: Any = None, output_device: Any = None, dim: int = 0
    ) -> None:
        super().__init__()
        self.module = module
        self.device_ids: list[int] = []

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        return self.module(*inputs, **kwargs)
