"""How far a pixel acts on a network's result, found by changing one row of pixels."""

import numpy as np

import minigrad

__all__ = ["check_reach"]


def check_reach(net, width=4):
    """A row of pixels acts as far as ``net.reach``, and not beyond.

    With no negative weight and no negative pixel nothing cancels and no ReLU is off: what a window
    covers does act.
    """
    net.double().eval()
    with minigrad.no_grad():
        for p in net.parameters():
            p.copy_(p.abs() + 0.01)
    side = -(-(2 * net.reach + 4 * net.multiple) // net.multiple) * net.multiple
    x = np.random.default_rng(1).uniform(0, 0.1, size=(1, net.in_channels, side, width))
    y = net(minigrad.from_numpy(x)).detach().numpy()
    farthest = 0
    for place in range(side // 2, side // 2 + net.multiple):
        moved = x.copy()
        moved[..., place, :] += 3
        z = net(minigrad.from_numpy(moved)).detach().numpy()
        found = np.flatnonzero((y != z).any(axis=(0, 1, 3)))
        if len(found):
            farthest = max(farthest, place - found.min(), found.max() - place)
    assert farthest == net.reach
