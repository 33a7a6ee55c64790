"""exp and log of a vector of float32 or float64; the formulas are in ``transcendental``."""

from . import transcendental
from .lanes import lanewise

__all__ = ["exp", "log"]

exp = lanewise(transcendental.exp)
log = lanewise(transcendental.log)
