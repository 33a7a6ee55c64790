"""A network's layers as a document's table lists them: kind, shape of the output, parameters."""

import re

import minigrad
from minigrad import nn

__all__ = [
    "copy_weights",
    "count",
    "drawn_by_nobody",
    "printed",
    "rows",
    "train_once",
    "weights_only",
]


def drawn_by_nobody(monkeypatch):
    """Layers with 100 million weights, which are not drawn: only their number matters."""
    for kind in (nn.Linear, nn.Conv2d, nn.ConvTranspose2d):
        monkeypatch.setattr(kind, "reset_parameters", lambda self: None)


def count(module):
    return sum(p.numel() for p in module.parameters())


def weights_only(module):
    """Without biases and batch normalisation: numbers that stand in kernels and matrices."""
    return sum(p.numel() for p in module.parameters() if p.ndim > 1)


def rows(net, shape, hidden=(), wrappers=(), examples=0):
    """Kind, output shape of one example, and parameters of every layer, in the order they ran.

    ``hidden`` are kinds that the table leaves out, ``wrappers`` those modules with children that it
    lists, with 0 parameters, after them.  If no example goes through, nothing is computed, and the
    shapes are those of any batch.
    """
    found = []

    def note(layer, inputs, output):
        kind = type(layer).__name__
        parameters = 0 if kind in wrappers else count(layer)
        found.append((kind, tuple(output.shape[1:]), parameters))

    for layer in net.modules():
        kind = type(layer).__name__
        listed = kind in wrappers or not list(layer.children())
        if listed and kind not in hidden:
            layer.register_forward_hook(note)
    with minigrad.no_grad():
        net(minigrad.zeros(examples, *shape))
    return found


def printed(table):
    """A table as it was printed, ``Conv2d-1 [-1, 64, 160, 160] 640`` in every line, as `rows`."""
    found = []
    for line in table.split("\n"):
        kind, shape, parameters = re.fullmatch(r"(\w+)-\d+ \[(.*)\] ([\d,]+)", line).groups()
        sizes = tuple(int(size) for size in shape.split(", "))
        found.append((kind, sizes[1:], int(parameters.replace(",", ""))))
    return found


def copy_weights(source, target):
    """Give a network the weights of another one whose layers stand in the same order."""
    pairs = zip(source.parameters(), target.parameters(), strict=True)
    with minigrad.no_grad():
        for p, q in pairs:
            assert p.shape == q.shape
            q.copy_(p)


def train_once(net, x, loss=lambda y: (y * y).mean()):
    """One step forward and back; returns the result, after every parameter got a gradient."""
    y = net(x)
    loss(y).backward()
    for name, p in net.named_parameters():
        assert p.grad is not None, name
        assert bool(minigrad.isfinite(p.grad).all()), name
    return y
