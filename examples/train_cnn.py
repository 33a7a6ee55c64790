"""Train a plain CNN: no skips, and two dense layers that see the whole picture at once.

One idea beyond train_unet.py: a network with dense layers takes pictures of one size. Photographs
are shrunk (--side) until a crop (--size) shows much of one, and colours are enlarged again.

    python examples/train_cnn.py                       the default run
    python examples/train_cnn.py --target rgb          predict R, G and B, as seed 004 does first
    python examples/train_cnn.py --no-flip             without mirroring it overfits sooner
    python examples/colorize.py photo.jpg
"""

import sys

from minigrad.train import train_command

if __name__ == "__main__":
    sys.exit(train_command("cnn", __doc__))
