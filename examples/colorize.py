"""Colour photographs of any size with a network that one of the train_ examples made.

The network predicts colours at the scale it knows; they are resized and joined with the original
lightness, so that no detail is lost.

    python examples/colorize.py photo.jpg
    python examples/colorize.py *.jpg --checkpoint runs/unet/best.safetensors --out coloured
"""

import sys

from minigrad.train import colorize_command

if __name__ == "__main__":
    sys.exit(colorize_command(__doc__))
