"""Pooling: the largest or the mean of each window."""

__all__: list[str] = []
