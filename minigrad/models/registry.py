"""Networks by name: a checkpoint names its network, and only what stands here is ever built."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from minigrad.models.autoencoder import Autoencoder
from minigrad.models.cnn import CNN
from minigrad.models.colornet import ColorNet
from minigrad.models.deep_conv import DeepConv
from minigrad.models.down_chain import DownChain
from minigrad.models.fully_connected import FullyConnected
from minigrad.models.grouped import Grouped
from minigrad.models.patchgan import PatchGAN
from minigrad.models.pix2pix import Pix2Pix
from minigrad.models.separable import Separable
from minigrad.models.six_layer import SixLayer
from minigrad.models.unet import UNet
from minigrad.models.upunet import UpUNet
from minigrad.models.vanilla import Vanilla
from minigrad.models.xor import XOR
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
    "fully_connected": FullyConnected,
    "deep_conv": DeepConv,
    "down_chain": DownChain,
    "xor": XOR,
    "six_layer": SixLayer,
    "vanilla": Vanilla,
    "grouped": Grouped,
    "separable": Separable,
}
"""Name: class. Each class has a static ``count_parameters`` that takes the class's own options."""


def build_model(name: str, options: Mapping[str, Any]) -> Module:
    """Build a network.

    Raises
    ------
    ValueError
        An unknown name, or an option that the network does not have.
    MemoryError
        A network that this machine has no room for.

    Examples
    --------
    >>> build_model("unet", {"width": 8, "depth": 1}).reach
    10
    """
    kind = _checked(name, options)
    try:
        return kind(**options)
    except MemoryError as error:
        parameters = kind.count_parameters(**options)
        raise MemoryError(
            f"{name} has {parameters:,} parameters, {4 * parameters / 2**30:,.1f} GiB, more than "
            "this machine has room for; give options that make it smaller, or describe it without "
            f"its numbers: minigrad summary {name}"
        ) from error


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
