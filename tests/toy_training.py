"""A tiny run for the tests of training: a network with every kind of state, on made-up pictures."""

import numpy as np

from minigrad import from_numpy, manual_seed, nn, optim
from minigrad.data import DataLoader
from minigrad.nn import functional as F
from minigrad.optim import lr_scheduler
from minigrad.train import Trainer

ITEMS, BATCH = 10, 4


def toy_items(seed=3, count=ITEMS, sides=(6, 5)):
    """Pairs of a lightness (1, H, W) and colours (2, H, W) that follow from it."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, 1, *sides)).astype(np.float32)
    return [(plane, np.concatenate([plane**2, -plane]) * np.float32(0.3)) for plane in x]


def toy_model(dropout=0.2):
    """Batch norm has buffers, dropout draws from the default generator."""
    return nn.Sequential(
        nn.Conv2d(1, 6, 3, padding=1, bias=False),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Conv2d(6, 2, 1),
    )


def toy_loss(model, batch):
    x, y = batch
    return F.mse_loss(model(x), y)


def toy_trainer(callbacks=(), seed=0, epochs=4, lr=0.02, items=None, **settings):
    """Everything of a run, built anew: as a new process would."""
    manual_seed(seed)
    model = toy_model()
    loader = DataLoader(items or toy_items(), BATCH, shuffle=True, seed=seed)
    optimizer = optim.AdamW(model.parameters(), lr=lr)
    schedule = lr_scheduler.OneCycleLR(optimizer, lr, total_steps=epochs * len(loader) + 1)
    settings = {"validate": toy_validation, "scheduler": schedule, **settings}
    return Trainer(model, optimizer, toy_loss, loader, callbacks=callbacks, **settings)


def toy_validation(model):
    x, y = zip(*toy_items(seed=8), strict=True)
    arrays = [np.stack(planes) for planes in (x, y)]
    predicted = model(from_numpy(arrays[0])).detach().numpy()
    return {"val_loss": float(np.mean((predicted - arrays[1]) ** 2))}


class Scripted:
    """A validation whose values are known."""

    def __init__(self, *values):
        self.values = list(values)

    def __call__(self, model):
        assert not model.training
        return {"val_loss": self.values.pop(0)}


def everything(trainer):
    """All that a run has come to, but for times, as bytes and plain values that can be compared."""
    optimizer = trainer.optimizer.state_dict()
    moments = {
        (i, name): np.asarray(value).tobytes()
        for i, values in optimizer["state"].items()
        for name, value in values.items()
    }
    history = [{k: v for k, v in row.items() if k != "seconds"} for row in trainer.history]
    weights = {name: array.tobytes() for name, array in trainer.weights().items()}
    rates = [group["lr"] for group in optimizer["param_groups"]]
    return weights, moments, rates, history, trainer.step, trainer.epoch
