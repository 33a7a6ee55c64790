"""Schedules of the learning rate, as PyTorch's ``lr_scheduler``.

===========================  ==========================================================
`base`                       `LRScheduler`, `LambdaLR`
`decay`                      the rate times a factor: steps, ramps, powers
`cosine`                     down a cosine, once or again and again
`cycle`                      up and down: `OneCycleLR`, `CyclicLR`
`plateau`                    `ReduceLROnPlateau`, which watches a metric
`combined`                   one schedule after the other, or several at once
===========================  ==========================================================
"""

from minigrad.optim.lr_scheduler.base import LambdaLR, LRScheduler
from minigrad.optim.lr_scheduler.combined import ChainedScheduler, SequentialLR
from minigrad.optim.lr_scheduler.cosine import CosineAnnealingLR, CosineAnnealingWarmRestarts
from minigrad.optim.lr_scheduler.cycle import CyclicLR, OneCycleLR
from minigrad.optim.lr_scheduler.decay import (
    ConstantLR,
    ExponentialLR,
    LinearLR,
    MultiplicativeLR,
    MultiStepLR,
    PolynomialLR,
    StepLR,
)
from minigrad.optim.lr_scheduler.plateau import ReduceLROnPlateau

_LRScheduler = LRScheduler  # PyTorch's old name

__all__ = [
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ExponentialLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "MultiplicativeLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "StepLR",
]
