"""The network of a run, its target, and the trainer that brings the two together."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from minigrad.data import ColorizationCrops, DataLoader
from minigrad.models import build_model
from minigrad.nn import Module
from minigrad.tensor import Tensor
from minigrad.train.adversarial import AdversarialTrainer
from minigrad.train.learning import make_optimizer, make_schedule
from minigrad.train.networks import critic_arguments, network_input
from minigrad.train.options import ColorizationOptions
from minigrad.train.targets import Target
from minigrad.train.trainer import Callback, Trainer

__all__ = ["CRITIC", "color_loss", "make_loader", "make_trainer"]

CRITIC = "patchgan"
"""The discriminator, in `minigrad.models.MODELS`."""


def make_loader(crops: ColorizationCrops, options: ColorizationOptions) -> DataLoader:
    """Return the training batches of a run."""
    return DataLoader(
        crops,
        batch_size=min(options.batch_size, len(crops)),
        shuffle=True,
        drop_last=True,
        num_workers=options.workers,
        seed=options.seed,
    )


def make_trainer(
    model: Module,
    target: Target,
    loader: DataLoader,
    options: ColorizationOptions,
    validate: Any,
    callbacks: Sequence[Callback],
) -> Trainer:
    """Return the trainer that ``options.strategy`` names, with everything that it needs."""
    steps = options.epochs * len(loader)
    optimizer = make_optimizer(options, model.parameters())
    settings: dict[str, Any] = {
        "validate": validate,
        "scheduler": make_schedule(optimizer, options, steps),
        "callbacks": callbacks,
    }
    if options.strategy == "supervised":
        loss = functools.partial(color_loss, target)
        return Trainer(model, optimizer, loss, loader, **settings)
    critic = build_model(CRITIC, critic_arguments(options, target))
    critic_optimizer = make_optimizer(options, critic.parameters())
    return AdversarialTrainer(
        model,
        critic,
        optimizer,
        critic_optimizer,
        target,
        loader,
        critic_scheduler=make_schedule(critic_optimizer, options, steps),
        adversarial=options.adversarial,
        target_weight=options.target_weight,
        real_label=options.real_label,
        **settings,
    )


def color_loss(target: Target, model: Module, batch: Any) -> Tensor:
    """Return how far a network is from its target on a batch of (lightness, ab)."""
    lightness, ab = (part.numpy() for part in batch)
    return target.loss(model(network_input(model, lightness)), target.encode(lightness, ab))
