"""Padding pictures, and taking them apart into windows."""

__all__: list[str] = []
