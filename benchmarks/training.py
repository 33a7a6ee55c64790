"""The five training steps: network, data, loss, optimizer, and one step of each as a function.

================  ==========================================  =======  ==========================
step              network                                     batch    loss
================  ==========================================  =======  ==========================
unet32            colour_unet, 32 x 32                        100      cross entropy, 24 colours
autoencoder160    autoencoder, 160 x 160                      8        mean squared error
upunet128         upunet, 128 x 128                           8        mean squared error
cnn256            cnn, 256 x 256                              4        mean squared error
pix2pix256        generator and discriminator, 256 x 256      4        GAN + 100 x mean error
================  ==========================================  =======  ==========================

Data are random numbers from a fixed seed: speed does not depend on what a picture shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks import networks
from benchmarks.engines import Engine

__all__ = ["STEPS", "Step", "build"]

ADAM = {"lr": 1e-3}
GAN_ADAM = {"lr": 2e-4, "betas": (0.5, 0.999)}
L1_WEIGHT = 100.0


@dataclass(frozen=True)
class Step:
    """A training step: ``run`` makes one, and returns its loss."""

    modules: list[Any]
    run: Callable[[], float]


def build(engine: Engine, name: str, batch: int | None = None) -> Step:
    """Make a training step.

    Parameters
    ----------
    engine
        Whose tensors and layers are used.
    name
        A name of `STEPS`.
    batch
        Pictures in a batch; by default as many as in the table above.

    Raises
    ------
    ValueError
        No such step.
    """
    if name not in STEPS:
        raise ValueError(f"no training step {name!r}; there are {', '.join(STEPS)}")
    make, usual = STEPS[name]
    return make(engine, batch or usual, np.random.default_rng(0))


def _pictures(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.random(shape, dtype=np.float32)


def _supervised(engine: Engine, network: Any, x: np.ndarray, target: np.ndarray, loss: str) -> Step:
    """A step of one network towards a target, with Adam."""
    model = engine.placed(network)
    inputs, wanted = engine.tensor(x), engine.tensor(target)
    criterion = getattr(engine.torch.nn, loss)()
    optimizer = engine.optimizer("Adam", model.parameters(), **ADAM)

    def run() -> float:
        optimizer.zero_grad()
        error = criterion(model(inputs), wanted)
        error.backward()
        optimizer.step()
        return error.item()

    return Step([model], run)


def _unet32(engine: Engine, N: int, rng: np.random.Generator) -> Step:
    network = networks.colour_unet(engine.torch)
    target = rng.integers(0, 24, (N, 32, 32))
    return _supervised(engine, network, _pictures(rng, N, 1, 32, 32), target, "CrossEntropyLoss")


def _autoencoder160(engine: Engine, N: int, rng: np.random.Generator) -> Step:
    network = networks.autoencoder(engine.torch)
    x, target = _pictures(rng, N, 1, 160, 160), _pictures(rng, N, 2, 160, 160)
    return _supervised(engine, network, x, target, "MSELoss")


def _upunet128(engine: Engine, N: int, rng: np.random.Generator) -> Step:
    network = networks.upunet(engine.torch)
    x, target = _pictures(rng, N, 1, 128, 128), _pictures(rng, N, 1, 128, 128)
    return _supervised(engine, network, x, target, "MSELoss")


def _cnn256(engine: Engine, N: int, rng: np.random.Generator) -> Step:
    network = networks.cnn(engine.torch)
    x, target = _pictures(rng, N, 3, 256, 256), _pictures(rng, N, 3, 256, 256)
    return _supervised(engine, network, x, target, "MSELoss")


def _pix2pix256(engine: Engine, N: int, rng: np.random.Generator) -> Step:
    """One full step: the discriminator on real and painted colours, then the generator."""
    torch = engine.torch
    G = engine.placed(networks.generator(torch))
    D = engine.placed(networks.discriminator(torch))
    lightness = engine.tensor(2 * _pictures(rng, N, 1, 256, 256) - 1)
    colours = engine.tensor(2 * _pictures(rng, N, 2, 256, 256) - 1)
    scores, distance = torch.nn.BCEWithLogitsLoss(), torch.nn.L1Loss()
    G_optimizer = engine.optimizer("Adam", G.parameters(), **GAN_ADAM)
    D_optimizer = engine.optimizer("Adam", D.parameters(), **GAN_ADAM)

    def judged(painted: Any, real: bool) -> Any:
        answer = D(torch.cat([lightness, painted], 1))
        return scores(answer, torch.ones_like(answer) if real else torch.zeros_like(answer))

    def run() -> float:
        painted = G(lightness)
        D.requires_grad_(True)
        D_optimizer.zero_grad()
        D_error = judged(colours, real=True) + judged(painted.detach(), real=False)
        D_error.backward()
        D_optimizer.step()
        D.requires_grad_(False)  # the generator's step needs no gradient of these weights
        G_optimizer.zero_grad()
        G_error = judged(painted, real=True) + L1_WEIGHT * distance(painted, colours)
        G_error.backward()
        G_optimizer.step()
        return G_error.item()

    return Step([G, D], run)


STEPS: dict[str, tuple[Callable[[Engine, int, np.random.Generator], Step], int]] = {
    "unet32": (_unet32, 100),
    "autoencoder160": (_autoencoder160, 8),
    "upunet128": (_upunet128, 8),
    "cnn256": (_cnn256, 4),
    "pix2pix256": (_pix2pix256, 4),
}
"""Name: what makes it, and the usual batch."""
