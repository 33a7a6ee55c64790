"""Activations: rectifiers, sigmoids, softmax."""

__all__: list[str] = []
