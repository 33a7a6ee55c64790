"""Dropout of elements and of channels."""

__all__: list[str] = []
