"""Training a generator against a discriminator, the critic, as pix2pix does.

    lightness x ----> G ----> colours G(x) ----.
        |                                      v
        '------------------------------------> D ----> real or painted, for every patch
        '------------------------------------> D
    lightness x, true colours y ---------------^

=========  ==============================================================  =================
step       made small                                                      whose weights move
=========  ==============================================================  =================
critic     (say(D(x, y), real_label) + say(D(x, G(x)), 0)) / 2             D
generator  say(D(x, G(x)), 1) + lambda target(G(x), y)                     G
=========  ==============================================================  =================

where say(z, t) is the binary cross entropy of a sigmoid's argument z, or (z - t)^2.

Source: Isola, Zhu, Zhou, Efros (2017), "Image-to-image translation with conditional adversarial
networks"; Mao et al. (2017), "Least squares generative adversarial networks"; Salimans et al.
(2016), "Improved techniques for training GANs", for labels smoothed on the real side alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.functions import cat
from minigrad.nn import Module
from minigrad.nn import functional as F
from minigrad.optim import Optimizer
from minigrad.tensor import Tensor
from minigrad.train.networks import network_input
from minigrad.train.targets import Target
from minigrad.train.trainer import Trainer

__all__ = ["ADVERSARIAL", "AdversarialTrainer"]

ADVERSARIAL: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "bce": F.binary_cross_entropy_with_logits,
    "least_squares": F.mse_loss,
}


class AdversarialTrainer(Trainer):
    """Fits a generator and its critic to batches of (lightness, ab), turn about.

    Parameters
    ----------
    model : Module
        The generator: lightness in, encoded colours out. Its weights alone are the best ones that
        early stopping keeps.
    critic : Module
        The discriminator: maps (N, 1 + channels, H, W) to scores of any shape.
    optimizer, critic_optimizer : Optimizer
    target : Target
        What the colours are encoded as: a regression.
    loader : DataLoader
    critic_scheduler : object, optional
        As the scheduler, for the critic's learning rate.
    adversarial : {"bce", "least_squares"}
    target_weight : float
        lambda.
    real_label : float
        What the critic should say of true colours; below 1 it is never quite sure.
    settings
        As for `Trainer`.

    Raises
    ------
    ValueError
        A target of classes, whose labels no critic could look at.
    """

    def __init__(
        self,
        model: Module,
        critic: Module,
        optimizer: Optimizer,
        critic_optimizer: Optimizer,
        target: Target,
        loader: Any,
        *,
        critic_scheduler: Any = None,
        adversarial: str = "bce",
        target_weight: float = 100.0,
        real_label: float = 1.0,
        **settings: Any,
    ) -> None:
        if target.span is None:
            raise ValueError(
                f"AdversarialTrainer: target {target.name!r} gives class labels; a discriminator "
                "looks at colours: choose ab or rgb (--target)"
            )
        super().__init__(model, optimizer, _no_single_loss, loader, **settings)
        self.critic, self.critic_optimizer = critic, critic_optimizer
        self.critic_scheduler, self.target = critic_scheduler, target
        self.say, self.target_weight = ADVERSARIAL[adversarial], target_weight
        self.real_label = real_label

    def networks(self) -> dict[str, Module]:
        """Generator and critic."""
        return {**super().networks(), "critic": self.critic}

    def optimizers(self) -> dict[str, Optimizer]:
        """One for each network."""
        return {**super().optimizers(), "critic_optimizer": self.critic_optimizer}

    def schedulers(self) -> dict[str, Any]:
        """One for each optimizer."""
        return {**super().schedulers(), "critic_scheduler": self.critic_scheduler}

    def _gradient_step(self, batch: Any) -> None:
        lightness, ab = (part.numpy() for part in batch)
        encoded = self.target.encode(lightness, ab)
        painted = self.model(network_input(self.model, lightness))
        seen = Tensor.wrap(lightness)
        real, fake = self._critic_step(seen, Tensor.wrap(encoded), painted.detach())
        self._generator_step(seen, painted, encoded)
        self.last_parts |= {"critic_real": real, "critic_fake": fake}

    def _critic_step(self, seen: Tensor, true: Tensor, painted: Tensor) -> tuple[float, float]:
        """Move the critic; returns its loss on true and on painted colours."""
        self.critic.requires_grad_(True)
        self.critic_optimizer.zero_grad()
        real = self._said(self.critic(cat([seen, true], dim=1)), self.real_label)
        fake = self._said(self.critic(cat([seen, painted], dim=1)), 0.0)
        loss = (real + fake) * 0.5
        self._require_finite("loss of the discriminator", loss.item())
        loss.backward()
        self._require_finite_gradients(self.critic)
        self.critic_optimizer.step()
        return real.item(), fake.item()

    def _generator_step(self, seen: Tensor, painted: Tensor, encoded: np.ndarray) -> None:
        """Move the generator against the critic, whose weights need no gradient meanwhile."""
        self.critic.requires_grad_(False)
        self.optimizer.zero_grad()
        fooled = self._said(self.critic(cat([seen, painted], dim=1)), 1.0)
        apart = self.target.loss(painted, encoded)
        loss = fooled + self.target_weight * apart
        self.last_loss = loss.item()
        self._require_finite("loss", self.last_loss)
        loss.backward()
        self._require_finite_gradients(self.model)
        self.optimizer.step()
        self.last_parts = {"adversarial": fooled.item(), "target": apart.item()}

    def _said(self, scores: Tensor, label: float) -> Tensor:
        return self.say(scores, Tensor.wrap(np.full(scores.shape, label, np.float32)))


def _no_single_loss(model: Module, batch: Any) -> Tensor:
    raise NotImplementedError("AdversarialTrainer has two losses, one for each network")
