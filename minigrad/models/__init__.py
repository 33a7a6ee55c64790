"""Networks, one file each, and how to build one from a name and its options."""

from minigrad.models.autoencoder import Autoencoder
from minigrad.models.cnn import CNN
from minigrad.models.colornet import ColorNet
from minigrad.models.deep_conv import DeepConv
from minigrad.models.down_chain import DownChain
from minigrad.models.fully_connected import FullyConnected
from minigrad.models.grouped import Grouped
from minigrad.models.patchgan import PatchGAN
from minigrad.models.pix2pix import Pix2Pix
from minigrad.models.registry import MODELS, build_model, count_parameters
from minigrad.models.separable import Separable
from minigrad.models.six_layer import SixLayer
from minigrad.models.unet import UNet
from minigrad.models.upunet import UpUNet
from minigrad.models.vanilla import Vanilla
from minigrad.models.xor import XOR

__all__ = [
    "Autoencoder",
    "CNN",
    "ColorNet",
    "DeepConv",
    "DownChain",
    "FullyConnected",
    "Grouped",
    "MODELS",
    "PatchGAN",
    "Pix2Pix",
    "Separable",
    "SixLayer",
    "UNet",
    "UpUNet",
    "Vanilla",
    "XOR",
    "build_model",
    "count_parameters",
]
