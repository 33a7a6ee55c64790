"""Networks by name: a checkpoint names its network, and only what stands here is ever built."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from minigrad.models.autoencoder import Autoencoder
from minigrad.models.cnn import CNN
from minigrad.models.colornet import ColorNet
from minigrad.models.patchgan import PatchGAN
from minigrad.models.pix2pix import Pix2Pix
from minigrad.models.unet import UNet
from minigrad.models.upunet import UpUNet
from minigrad.nn import Module

__all__ = ["MODELS", "build_model", "count_parameters"]

MODELS: dict[str, Any] = {
    "unet": UNet,
    "colornet": ColorNet,
    "upunet": UpUNet,
    "cnn": CNN,
    "autoencoder": Autoencoder,
    "pix2pix": Pix2Pix,
    "patchgan": PatchGAN,
}
"""Name: class. Each class has a static ``count_parameters`` that takes the class's own options."""


def build_model(name: str, options: Mapping[str, Any]) -> Module:
    """Build a network.

    Raises
    ------
    ValueError
        An unknown name, or an option that the network does not have.

    Examples
    --------
    >>> build_model("unet", {"width": 8, "depth": 1}).reach
    10
    """
    return _checked(name, options)(**options)


def count_parameters(name: str, options: Mapping[str, Any]) -> int:
    """Return the number of parameters of such a network, without building it."""
    return _checked(name, options).count_parameters(**options)


def _checked(name: str, options: Mapping[str, Any]) -> Any:
    if name not in MODELS:
        raise ValueError(f"model {name!r} is unknown; there are {', '.join(MODELS)}")
    known = inspect.signature(MODELS[name]).parameters
    unknown = sorted(set(options) - set(known))
    if unknown:
        raise ValueError(
            f"model {name} has no option {', '.join(unknown)}; there are {', '.join(known)}"
        )
    return MODELS[name]
