"""Changing the size of pictures."""

__all__: list[str] = []
