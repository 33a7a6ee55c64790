"""Losses with PyTorch's reductions."""

__all__: list[str] = []
