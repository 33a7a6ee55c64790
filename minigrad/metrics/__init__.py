"""Numbers that say how good a colorization is; NumPy arrays in, plain floats out.

=============  ===================================================================================
fidelity       `psnr`, `psnr_ab`, `ssim`, `delta_e_2000`: how near the picture is to the truth
ab             `ab_error`, `ab_rmse`, `ab_auc` and its curve: errors of a and b alone
colours        `colourfulness`, its ratio, `ab_histogram_distance`: how much colour, and which
classes        `accuracy`, `balanced_accuracy`: where colours are classes
frechet        `frechet_distance`: how unlike two sets of pictures are, by features of any network
encoder        our own fixed encoder that makes such features: `frechet_of_pictures`
feature_file   `load_encoder`: such features by a network from a file, Inception say
definitions    `DEFINITIONS` and `definitions_text`: unit, equation and source, to be printed;
               `measure`: a picture by all of them
checks         what they ask of their arrays
=============  ===================================================================================

RGB is (H, W, 3), uint8 in [0, 255] or float in [0, 1]. Lab is (..., 3), floats: L in [0, 100], a
and b about [-110, 110]; a trailing axis of 2 is read as (a, b) alone. The truth comes first.

No single number will do: a gray picture has a fair PSNR, and a gaudy one a fair colourfulness.
Error (PSNR, ab error, its AuC, dE2000) and amount of colour (colourfulness ratio, ab histogram) are
to be read together.
"""

from minigrad.metrics.ab import (
    AB_GRID,
    ab_auc,
    ab_auc_rebalanced,
    ab_error,
    ab_prior,
    ab_rmse,
    ab_within,
)
from minigrad.metrics.classes import accuracy, balanced_accuracy
from minigrad.metrics.colours import ab_histogram_distance, colourfulness, colourfulness_ratio
from minigrad.metrics.definitions import DEFINITIONS, Definition, definitions_text, measure
from minigrad.metrics.encoder import FixedEncoder, encode_pictures, frechet_of_pictures
from minigrad.metrics.feature_file import FileEncoder, load_encoder
from minigrad.metrics.fidelity import AB_RANGE, SSIM_WINDOW, delta_e_2000, psnr, psnr_ab, ssim
from minigrad.metrics.frechet import (
    FeatureStatistics,
    feature_statistics,
    frechet_distance,
    frechet_floor,
    load_features,
    statistics_of_covariance,
)

__all__ = [
    "AB_GRID",
    "AB_RANGE",
    "DEFINITIONS",
    "Definition",
    "FeatureStatistics",
    "FileEncoder",
    "FixedEncoder",
    "SSIM_WINDOW",
    "ab_auc",
    "ab_auc_rebalanced",
    "ab_error",
    "ab_histogram_distance",
    "ab_prior",
    "ab_rmse",
    "ab_within",
    "accuracy",
    "balanced_accuracy",
    "colourfulness",
    "colourfulness_ratio",
    "definitions_text",
    "delta_e_2000",
    "encode_pictures",
    "feature_statistics",
    "frechet_distance",
    "frechet_floor",
    "frechet_of_pictures",
    "load_encoder",
    "load_features",
    "measure",
    "psnr",
    "psnr_ab",
    "ssim",
    "statistics_of_covariance",
]
