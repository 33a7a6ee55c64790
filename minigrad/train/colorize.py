"""Colorize pictures of any size: colours at the network's scale, joined with the original L.

The scale of a run's network is the side of its training crops: a whole picture is shrunk until its
shorter side is that long, so that the network sees a scene in the window in which it has seen
things. Held-out photographs come out better so than at their own size, where the network sees one
patch of a scene at a time and paints each after some patch that it remembers. Six training
photographs, three others, shorter side of 400 to 500 pixels shrunk to 64, the crops' side:

===========  =============  ============  ==============  =============
network      PSNR [dB]      ab error      PSNR, shrunk    ab error
===========  =============  ============  ==============  =============
unet         18.13          24.35         18.94           21.23
colornet     18.98          21.58         19.34           19.55
upunet       18.81          22.16         19.64           19.15
autoencoder  19.18          21.67         19.22           20.52
pix2pix      15.57          30.53         19.41           19.18
mean colour  19.90          19.96         19.90           19.96
===========  =============  ============  ==============  =============

At 128 pixels instead of 64 there is more colour (0.6 to 0.8 of the truth's colourfulness, against
0.35 to 0.65), and PSNR differs by less than 0.6 dB. Batch statistics help pix2pix at full size only
(17.0 dB), and reach 17.0 to 17.8 dB at any other.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad import nn
from minigrad.autograd import no_grad
from minigrad.data import network_to_rgb, picture_to_network, resize_planes
from minigrad.models import build_model, count_parameters
from minigrad.tensor import Tensor
from minigrad.train.checkpoint import CheckpointError, below, load_checkpoint, load_state
from minigrad.train.inference import BATCH_NORM_MODES, inference_mode_of
from minigrad.train.networks import network_input
from minigrad.train.targets import AbTarget, Target, restore_target

__all__ = ["Colorizer", "colour_name", "join", "load_colorizer"]

_STRIP = 2**20  # pixels converted to RGB at a time


class Colorizer:
    """Predicts the colours of a picture.

    Parameters
    ----------
    model : Module
        Maps lightness (N, 1, H, W), in network units, to what its target is encoded as.
    scale : int, optional
        Pictures whose shorter side is longer are shrunk to it for the network [pixels]; None never
        shrinks. The lightness of the result is the original's, whatever the scale.
    batch_norm : {"running", "batch"}
        See `BATCH_NORM_MODES`. With "batch" each tile is normalised by itself.
    dropout : bool
        Whether dropout stays on, as pix2pix has it.
    saturation : float
        Factor on the predicted a and b: 1 leaves them, 0 is gray.
    tile : int
        Larger pictures, at the network's scale, go through it in tiles of this side, so that
        memory stays bounded [pixels]. Tiles overlap by the network's reach: no seam is left. A
        network that always looks at the whole picture gets it in one piece, its longer side shrunk
        to this; one that takes a single size gets the picture in that.
    target : Target, optional
        What the network was trained towards; `AbTarget` by default.

    Examples
    --------
    >>> from minigrad.models import UNet
    >>> Colorizer(UNet(width=2, depth=1))(np.zeros((20, 31, 3), np.uint8)).shape
    (20, 31, 3)
    """

    def __init__(
        self,
        model: nn.Module,
        scale: int | None = None,
        *,
        batch_norm: str = "running",
        dropout: bool = False,
        saturation: float = 1.0,
        tile: int = 512,
        target: Target | None = None,
    ) -> None:
        if batch_norm not in BATCH_NORM_MODES:
            raise ValueError(
                f"Colorizer: batch_norm (={batch_norm!r}) must be one of "
                f"{', '.join(BATCH_NORM_MODES)}"
            )
        if (scale is not None and scale < 1) or tile < 1 or not 0 <= saturation < math.inf:
            raise ValueError(
                f"Colorizer: scale={scale} and tile={tile} must be at least 1 pixel, and "
                f"saturation={saturation} finite and at least 0"
            )
        self.model, self.scale, self.tile, self.saturation = model, scale, tile, saturation
        self.batch_norm, self.dropout = batch_norm, dropout
        self.target = AbTarget() if target is None else target

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """Colorize a picture (H, W, 3), uint8; only its lightness is looked at."""
        lightness, _ = picture_to_network(image)
        return join(lightness, self.ab(lightness))

    def ab(self, lightness: np.ndarray) -> np.ndarray:
        """Predict the colours (2, H, W) of a lightness (1, H, W), in network units, float32."""
        H, W = lightness.shape[-2:]
        h, w = self._network_size(H, W)
        small = lightness if (h, w) == (H, W) else resize_planes(lightness, (h, w), "box")
        ab = self._tiled(np.asarray(small, np.float32))
        return ab if (h, w) == (H, W) else resize_planes(ab, (H, W), "bilinear")

    def batch(self, lightness: np.ndarray) -> np.ndarray:
        """Predict (N, 2, H, W) for crops (N, 1, H, W) at the network's own scale, all at once."""
        return self.decode(self.raw(lightness), lightness)

    def raw(self, lightness: np.ndarray) -> np.ndarray:
        """Return what the network itself says of crops (N, 1, H, W)."""
        with inference_mode_of(self.model, self.batch_norm, self.dropout), no_grad():
            return self.model(network_input(self.model, lightness)).numpy()

    def decode(self, raw: np.ndarray, lightness: np.ndarray) -> np.ndarray:
        """Return the colours (N, 2, H, W) that the network's answers stand for."""
        return self.target.decode(raw, lightness) * np.float32(self.saturation)

    def _network_size(self, H: int, W: int) -> tuple[int, int]:
        side = getattr(self.model, "side", None)
        if side is not None:
            return side, side
        factor = 1.0 if self.scale is None else min(1.0, self.scale / min(H, W))
        if self._reach is None:
            factor = min(factor, self.tile / max(H, W))
        return max(1, round(H * factor)), max(1, round(W * factor))

    @property
    def _reach(self) -> int | None:
        return getattr(self.model, "reach", 64)

    def _tiled(self, lightness: np.ndarray) -> np.ndarray:
        _, H, W = lightness.shape
        multiple = getattr(self.model, "multiple", 1)
        tile = -(-self.tile // multiple) * multiple
        if self._reach is None or (tile >= H and tile >= W):
            return self.batch(lightness[None])[0]
        margin = -(-self._reach // multiple) * multiple
        ab = np.empty((2, H, W), np.float32)
        for top in range(0, H, tile):
            for left in range(0, W, tile):
                y, x = max(0, top - margin), max(0, left - margin)
                bottom, right = min(H, top + tile), min(W, left + tile)
                window = lightness[:, y : bottom + margin, x : right + margin]
                part = self.batch(window[None])[0]
                ab[:, top:bottom, left:right] = part[:, top - y : bottom - y, left - x : right - x]
        return ab


def join(lightness: np.ndarray, ab: np.ndarray) -> np.ndarray:
    """Join lightness (1, H, W) and ab (2, H, W) to RGB (H, W, 3) uint8, a strip at a time."""
    _, H, W = lightness.shape
    rows = max(1, _STRIP // W)
    strips = [
        network_to_rgb(lightness[:, y : y + rows], ab[:, y : y + rows]) for y in range(0, H, rows)
    ]
    return np.concatenate(strips)


def load_colorizer(path: str | os.PathLike, **changes: Any) -> tuple[Colorizer, dict[str, Any]]:
    """Build the network of a checkpoint, with the inference mode that is stored in it.

    Parameters
    ----------
    path : path
        ``best.safetensors`` or ``last.safetensors`` of a run.
    changes
        Arguments of `Colorizer` instead of the stored ones.

    Returns
    -------
    Colorizer
    dict
        The checkpoint's state.

    Raises
    ------
    CheckpointError
        If the file is damaged, of another kind of run, or not what it says it is.
    """
    state = load_state(path)
    try:
        name, options = state["model"]["name"], state["model"]["options"]
        promised = 4 * count_parameters(name, options)
        if promised > os.path.getsize(path):
            raise ValueError(
                f"its network would have {promised} bytes of weights, the file is smaller"
            )
        model = build_model(name, options)
        settings = {"scale": state["scale"], **state["inference"], **changes}
        shapes = {f"model.{key}": tuple(v.shape) for key, v in model.state_dict().items()}
        arrays, _ = load_checkpoint(path, shapes)
        target = restore_target(state["target"], below("target.", arrays))
        if target.channels != model.out_channels:
            raise ValueError(
                f"its network puts out {model.out_channels} channels, its target has "
                f"{target.channels}"
            )
        colorizer = Colorizer(model, target=target, **settings)
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(
            f"checkpoint {path} holds no colorization network that can be built: {error}"
        ) from error
    weights = below("model.", arrays)
    model.load_state_dict({key: Tensor.wrap(array) for key, array in weights.items()})
    return colorizer, state


def colour_name(path: str | os.PathLike, taken: Sequence[str] = ()) -> str:
    """Return a file name for a picture's colorized twin: ``cat.jpg`` -> ``cat-colour.png``."""
    stem = os.path.splitext(os.path.basename(path))[0]
    names = (f"{stem}-colour{'' if k == 1 else f'-{k}'}.png" for k in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)
