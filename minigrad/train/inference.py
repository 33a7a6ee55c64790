"""How batch normalisation and dropout behave while a network is used."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from minigrad import nn
from minigrad.autograd import no_grad
from minigrad.tensor import Tensor

__all__ = ["BATCH_NORM_MODES", "inference_mode_of"]

BATCH_NORM_MODES = ("running", "batch")
"""Normalise by the training set's running statistics, or by those of the picture itself."""


@contextlib.contextmanager
def inference_mode_of(model: nn.Module, batch_norm: str, dropout: bool) -> Iterator[None]:
    """Put a model's batch norm and dropout into the given modes, and back; nothing else changes."""
    before = {module: module.training for module in model.modules()}
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    drops = [m for m in model.modules() if isinstance(m, nn.Dropout | nn.Dropout2d)]
    kept = [{name: b.numpy().copy() for name, b in norm.named_buffers()} for norm in norms]
    model.eval()
    for norm in norms:
        norm.training = batch_norm == "batch"
    for drop in drops:
        drop.training = dropout
    try:
        yield
    finally:
        for module, training in before.items():
            module.training = training
        if batch_norm == "batch":
            for norm, values in zip(norms, kept, strict=True):
                for name, buffer in norm.named_buffers():
                    with no_grad():
                        buffer.copy_(Tensor.wrap(values[name]))
