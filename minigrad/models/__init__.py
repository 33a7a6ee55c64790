"""Networks, one file each, and how to build one from a name and its options."""

from minigrad.models.autoencoder import Autoencoder
from minigrad.models.cnn import CNN
from minigrad.models.colornet import ColorNet
from minigrad.models.patchgan import PatchGAN
from minigrad.models.pix2pix import Pix2Pix
from minigrad.models.registry import MODELS, build_model, count_parameters
from minigrad.models.summary import LayerRow, layer_table
from minigrad.models.unet import UNet
from minigrad.models.upunet import UpUNet

__all__ = [
    "Autoencoder",
    "CNN",
    "ColorNet",
    "LayerRow",
    "MODELS",
    "PatchGAN",
    "Pix2Pix",
    "UNet",
    "UpUNet",
    "build_model",
    "count_parameters",
    "layer_table",
]
