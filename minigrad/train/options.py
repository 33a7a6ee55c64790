"""The options of a colorization run: what the command line shows and a checkpoint keeps."""

from __future__ import annotations

from dataclasses import dataclass

from minigrad.data import DATA_HELP
from minigrad.train.config import option
from minigrad.train.inference import BATCH_NORM_MODES
from minigrad.train.learning import OPTIMIZERS, SCHEDULES
from minigrad.train.targets import LOSSES, TARGETS
from minigrad.train.targets.regression import SPANS

__all__ = ["ColorizationOptions", "FREE_ON_RESUME", "HIGHER_IS_BETTER"]


@dataclass(frozen=True)
class ColorizationOptions:
    """Data, target, training and run; `minigrad.train.network_options` gives the network's."""

    data: list[str] = option(  # noqa: RUF009 - a field()
        ["bundled"], f"what it learns from: {DATA_HELP}", metavar="DATA", group="data"
    )
    limit: int | None = option(None, "take the first N pictures only", least=1)
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

    target: str = option(
        "ab",
        "what the network puts out: a and b; R, G and B; a score for each colour of a palette that "
        "k-means finds in the pictures, or for each square of a grid over a and b",
        choices=TARGETS,
        group="target",
    )
    loss: str = option(
        "smooth_l1", "what is made small, where the target is ab or rgb", choices=tuple(LOSSES)
    )
    span: str = option(
        "symmetric",
        "interval of the network's values, where the target is ab or rgb: [-1, 1] or [0, 1]",
        choices=tuple(SPANS),
    )
    colours: int = option(24, "NC, colours of the palette", least=2, most=1000)
    bin_size: float = option(
        10.0, "side of a square, where the target is bins [Lab units]", least=4, most=50
    )
    rebalance: float | None = option(
        None,
        "make rare colours count for more: 1 weighs all pixels alike, near 0 all colours "
        "(default: 0.5 for bins, 1 for a palette)",
        above=0,
        most=1,
        metavar="SHARE",
    )
    temperature: float = option(
        0.38,
        "of the annealed mean that makes one colour of the scores; 0 takes the likeliest",
        least=0,
    )

    strategy: str = option(
        "supervised",
        "how it is trained: towards the target alone, or against a discriminator as well (pix2pix)",
        choices=("supervised", "gan"),
        group="adversary",
    )
    adversarial: str = option(
        "bce",
        "the discriminator's loss: binary cross entropy of its logits, or least squares",
        choices=("bce", "least_squares"),
    )
    target_weight: float = option(
        100.0, "lambda, weight of the target's loss beside the adversarial one", least=0
    )
    real_label: float = option(
        1.0,
        "what the discriminator should say of real colours; 0.9 is one-sided label smoothing",
        above=0,
        most=1,
    )
    critic_width: int = option(
        64, "channels of the discriminator's first layer; they double downwards", least=1
    )

    epochs: int = option(14, "times that the network sees each crop", least=1, group="training")
    batch_size: int = option(16, "crops in a gradient step", least=1)
    lr: float = option(0.002, "learning rate, at its largest", above=0)
    schedule: str = option(
        "onecycle",
        "how the learning rate goes: up and down, down, constant and then down to 0 in the second "
        "half, or not at all",
        choices=tuple(SCHEDULES),
    )
    optimizer: str = option("adamw", "rule of the gradient step", choices=tuple(OPTIMIZERS))
    betas: list[float] = option(  # noqa: RUF009 - a field()
        [0.9, 0.999], "Adam's decay of its two means; SGD's momentum is the first", least=0, most=1
    )
    weight_decay: float = option(0.01, "AdamW's pull of the weights towards 0", least=0)
    patience: int = option(
        10, "stop after N epochs without improvement, and restore the best weights", least=1
    )
    monitor: str = option(
        "val_loss",
        "what decides which epoch is best, on held-out crops",
        choices=("val_loss", "val_psnr", "val_ab_error", "val_accuracy", "val_frechet"),
    )
    batch_norm: str = option(
        "running",
        "in use, normalise by the training pictures' statistics, or by those of the picture itself",
        choices=BATCH_NORM_MODES,
    )
    keep_dropout: bool = option(False, "in use, keep dropout on, as pix2pix does")
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

HIGHER_IS_BETTER = frozenset({"val_psnr", "val_accuracy"})
"""Values of ``monitor`` that should grow."""
