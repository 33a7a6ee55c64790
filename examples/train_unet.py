"""Train a U-Net that colorizes photographs, and look at what it learned.

With no argument: three minutes on scikit-image's photographs. The net sees the lightness L of a
crop and predicts its colours a and b; a table at the end compares it with two baselines.

    python examples/train_unet.py                              the default run
    python examples/train_unet.py --data DIR --epochs 30       pictures of your own
    python examples/train_unet.py --resume                     go on after Ctrl-C
    python examples/colorize.py photo.jpg                      use the newest network
"""

import sys

from minigrad.train import train_command

if __name__ == "__main__":
    sys.exit(train_command("unet", __doc__))
