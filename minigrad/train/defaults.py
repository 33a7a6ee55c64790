"""Defaults that suit one network, where they differ from those of all."""

from __future__ import annotations

from typing import Any

__all__ = ["DEFAULTS"]

DEFAULTS: dict[str, dict[str, Any]] = {
    "unet": {},
    "colornet": {"target": "palette", "lr": 0.003},
    # Seed 003's generator; as it stands, 7 halvings make 2 x 2 pixels of a picture of 256.
    "upunet": {"width": 24, "depth": 4},
    # Seed 004, section 6.1: mean squared error, Adam, 1e-3, batches of 16. It takes pictures of one
    # size, so they are shrunk until a crop shows much of one.
    "cnn": {
        "width": 16,
        "hidden": 256,
        "side": 192,
        "loss": "mse",
        "optimizer": "adam",
        "lr": 0.001,
        "epochs": 60,
    },
    "autoencoder": {"width": 32, "loss": "mse", "optimizer": "adam", "lr": 0.001},
    # Seed 004, section 6.3, and pix2pix: learning rate 2e-4, betas 0.5 and 0.999, lambda 100.
    "pix2pix": {
        "strategy": "gan",
        "width": 24,
        "depth": 5,
        "critic_width": 24,
        "loss": "l1",
        "optimizer": "adam",
        "lr": 0.0002,
        "betas": [0.5, 0.999],
        "schedule": "linear",
        "batch_size": 8,
        "monitor": "val_frechet",
    },
}
"""Name of every network that colorizes: options of the run and of the network."""
