"""PyTorch's `torch.utils`, as far as models and training scripts import it."""

from minigrad.utils import checkpoint, data, model_zoo

__all__ = ["checkpoint", "data", "model_zoo"]
