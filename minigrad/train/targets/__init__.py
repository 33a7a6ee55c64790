"""What a network is trained towards: from (L, ab) to numbers it can put out, and back to colours.

=========  ==================================================  ====================  ==============
target     the network puts out                                made small            colours
=========  ==================================================  ====================  ==============
`ab`       a and b                                             l1, mse, smooth_l1    as they stand
`rgb`      R, G and B                                          l1, mse, smooth_l1    their a and b
`palette`  a score for each of the data's own NC colours       cross entropy         annealed mean
`bins`     a score for each square of a grid over a and b      cross entropy         annealed mean
=========  ==================================================  ====================  ==============

The lightness of a picture is kept whatever the target: only a and b come from the network.
"""

from minigrad.train.targets.base import Target
from minigrad.train.targets.bins import ab_grid
from minigrad.train.targets.classes import ClassTarget, rebalanced
from minigrad.train.targets.palette import fit_palette
from minigrad.train.targets.registry import TARGETS, make_target, restore_target
from minigrad.train.targets.regression import LOSSES, AbTarget, RgbTarget

__all__ = [
    "AbTarget",
    "ClassTarget",
    "LOSSES",
    "RgbTarget",
    "TARGETS",
    "Target",
    "ab_grid",
    "fit_palette",
    "make_target",
    "rebalanced",
    "restore_target",
]
