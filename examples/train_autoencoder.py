"""Train an autoencoder with skips, and choose what it is trained towards.

One idea beyond train_unet.py: the target. Regression of a and b paints the mean of all colours that
are likely, which is dull; classification scores colours, and can say "either red or green".

    python examples/train_autoencoder.py                               a and b
    python examples/train_autoencoder.py --target palette --colours 24 colours that k-means finds
    python examples/train_autoencoder.py --target bins                 a grid over a and b
    python examples/colorize.py photo.jpg --temperature 0.2            livelier, spottier
"""

import sys

from minigrad.train import train_command

if __name__ == "__main__":
    sys.exit(train_command("autoencoder", __doc__))
