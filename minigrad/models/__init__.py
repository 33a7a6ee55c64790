"""Networks, one file each, and how to build one from a name and its options.

================================================  =============================================
to colorize pictures                              to be counted, and to learn from
================================================  =============================================
unet         blocks of two convolutions           fully_connected  11 billion weights
colornet     a score for each of NC colours       deep_conv        36 layers, no padding
upunet       up-sampling, then convolution        down_chain       104 layers, no padding
cnn          dense layers paint the picture       xor              two neurons, known weights
autoencoder  skips, the picture joined last       six_layer        a classifier
pix2pix      generator of a GAN                   vanilla, grouped, separable  one layer each
patchgan     its discriminator
================================================  =============================================

A network has a ``TITLE``, the ``SOURCE`` whose table it is held against (seed and problem or
appendix), the ``INPUT`` shape of that document, a line of ``HELP`` for every option that a command
line offers, ``in_channels`` and ``out_channels``, the ``multiple`` that sides should be of, and
``reach``: how far a pixel acts on the result (None: everywhere, or the result is no picture).
`describing` in `minigrad.summary` builds any of them without its numbers.
"""

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
