"""Imported by the server that training processes are forked from: its kernels are loaded once."""

import contextlib
import io
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from minigrad.cli import main

TOY = ["--size", "24", "--batch-size", "4", "--max-crops", "6", "--epochs", "1", "--width", "2"]
KINDS = [
    ["unet", "--depth", "1"],
    ["unet", "--depth", "1", "--target", "palette", "--colours", "5"],
    ["pix2pix", "--depth", "3", "--critic-width", "2"],
]


def warm_up():
    """Train each kind of toy network for an epoch."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rng = np.random.default_rng(0)
        for k in range(5):
            image = rng.integers(0, 256, (52, 52, 3), np.uint8)
            Image.fromarray(image).save(folder / f"{k}.png")
        for k, kind in enumerate(KINDS):
            line = ["train", *kind, *TOY, "--data", name, "--out", str(folder / f"run{k}")]
            with contextlib.redirect_stdout(io.StringIO()):
                assert main(line) == 0


warm_up()
