"""The errors that minigrad raises where PyTorch raises a bare RuntimeError.

Each is the built-in error that says what is wrong, and a RuntimeError as well, so that ``except
RuntimeError`` in code written for PyTorch still catches it.
"""

from minigrad.kernels.sizes import SizeError

__all__ = ["DTypeError", "DivisionError", "RangeError", "SizeError"]


class DTypeError(TypeError, RuntimeError):
    """A dtype that an operation does not take, or dtypes that do not fit one another."""


class DivisionError(ZeroDivisionError, RuntimeError):
    """An integer divided by 0; floating numbers give infinities or NaN."""


class RangeError(ValueError, RuntimeError):
    """A number or a setting outside the range that an operation takes."""
