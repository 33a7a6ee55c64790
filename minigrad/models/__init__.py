"""Networks, one file each, and how to build one from a name and its options."""

from minigrad.models.colornet import ColorNet
from minigrad.models.registry import MODELS, build_model, count_parameters
from minigrad.models.summary import LayerRow, layer_table
from minigrad.models.unet import UNet

__all__ = [
    "ColorNet",
    "LayerRow",
    "MODELS",
    "UNet",
    "build_model",
    "count_parameters",
    "layer_table",
]
