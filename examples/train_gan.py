"""Train a generator against a discriminator that learns to tell its colours from true ones.

One idea beyond train_unet.py: the loss is learned as well. The best epoch is not that of the least
loss, which says little here, but that whose pictures are, as a set, least unlike true ones: the
least Frechet distance of their features.

    python examples/train_gan.py                               pix2pix, smaller than in the paper
    python examples/train_gan.py --adversarial least_squares   another way to say "real"
    python examples/train_gan.py --target-weight 10            trust the discriminator more
    python examples/train_gan.py --resume                      both networks and optimizers go on
"""

import sys

from minigrad.train import train_command

if __name__ == "__main__":
    sys.exit(train_command("pix2pix", __doc__))
