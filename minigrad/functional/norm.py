"""Normalisation over batches, channels, groups and any set of axes."""

__all__: list[str] = []
