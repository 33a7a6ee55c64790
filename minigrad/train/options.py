"""The options of a colorization run: what the command line shows and a checkpoint keeps."""

from __future__ import annotations

from dataclasses import dataclass

from minigrad.train.config import option

__all__ = ["ColorizationOptions", "FREE_ON_RESUME", "UNetOptions"]


@dataclass(frozen=True)
class ColorizationOptions:
    """Data, training and run; `UNetOptions` are the network's."""

    data: str | None = option(
        None,
        "folder of colour pictures, or a folder with two subfolders, color/ and gray/, whose "
        "pictures match by name (default: scikit-image's photographs)",
        metavar="DIR",
        group="data",
    )
    recursive: bool = option(False, "look for pictures in subfolders too")
    bad_pictures: str = option(
        "stop", "what to do about pictures that cannot be read", choices=("stop", "skip")
    )
    side: int | None = option(
        None,
        "shrink pictures until their shorter side is N pixels, so that a crop shows more of a "
        "scene (default: leave them)",
        least=16,
    )
    size: int = option(64, "side of a training crop [pixels]", least=8, most=1024)
    max_crops: int = option(
        120, "at most N disjoint crops of a picture, so that none outweighs the others", least=1
    )
    hold_out: float = option(
        0.2, "share of the scenes held out as whole pictures", least=0, most=0.9, metavar="SHARE"
    )
    hold_out_crops: float = option(
        0.1,
        "share of the crops of the other pictures held out; they choose the best epoch",
        least=0,
        most=0.9,
        metavar="SHARE",
    )
    flip: bool = option(True, "mirror half of the crops left to right")
    noise: float = option(
        0.0,
        "largest uniform noise on the lightness, against overfitting [units of L / 50]",
        least=0,
    )

    epochs: int = option(14, "times that the network sees each crop", least=1, group="training")
    batch_size: int = option(16, "crops in a gradient step", least=1)
    lr: float = option(0.002, "learning rate, at its largest", above=0)
    schedule: str = option(
        "onecycle",
        "how the learning rate goes: up and down, down, or not at all",
        choices=("onecycle", "cosine", "constant"),
    )
    loss: str = option(
        "smooth_l1", "what is made small, of a and b / 110", choices=("smooth_l1", "l1", "mse")
    )
    weight_decay: float = option(0.01, "AdamW's pull of the weights towards 0", least=0)
    patience: int = option(
        10, "stop after N epochs without improvement, and restore the best weights", least=1
    )
    monitor: str = option(
        "val_loss",
        "what decides which epoch is best, on held-out crops",
        choices=("val_loss", "val_psnr", "val_ab_error"),
    )
    seed: int = option(0, "root of everything random: the split, weights, order, crops", least=0)

    out: str | None = option(
        None,
        "folder of the run (default: runs/MODEL, or the first free one of runs/MODEL-2, ...)",
        metavar="DIR",
        group="run",
    )
    resume: bool = option(
        False,
        "go on with the newest run, or with the one in --out, exactly where it stopped; "
        "a larger --epochs extends it",
    )
    save_every: float = option(
        30.0, "save the state within an epoch, too, every X seconds", above=0, metavar="X"
    )
    threads: int | None = option(
        None, "cores to compute on (default: all; the result is the same)", least=1
    )
    workers: int = option(
        1, "threads that prepare crops ahead (the result is the same)", least=0, most=64
    )


FREE_ON_RESUME = frozenset({"out", "resume", "save_every", "threads", "workers"})
"""Options that do not act on the result; all others come from the checkpoint."""


@dataclass(frozen=True)
class UNetOptions:
    """The U-Net's form; see `minigrad.models.UNet`."""

    width: int = option(
        24, "channels of the first level; they double downwards", least=1, group="network"
    )
    depth: int = option(3, "times that the sides are halved", least=0, most=8)
    upsampling: str = option(
        "transposed",
        "how sides are doubled on the way up",
        choices=("transposed", "nearest", "bilinear"),
    )
    dropout: float = option(
        0.0, "probability of dropping a channel, in the deepest block and above", least=0, most=0.9
    )
