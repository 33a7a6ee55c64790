"""Receptive fields against gradients: what a pixel depends on is where its gradient is not 0."""

import numpy as np
import pytest

import minigrad
from minigrad import nn
from minigrad.nn import functional as F
from minigrad.summary import summarize
from minigrad.summary.rows import Watch, weightless

pytestmark = pytest.mark.unit


class Branches(nn.Module):
    """A skip of small reach, a branch of large reach, and a sum of both."""

    def __init__(self):
        super().__init__()
        self.wide = nn.Conv2d(1, 2, (5, 3), padding=(4, 3), dilation=(2, 3))
        self.down = nn.Conv2d(1, 2, (4, 2), stride=(2, 2), padding=(1, 0))
        self.up = nn.ConvTranspose2d(2, 2, (4, 2), stride=(2, 2), padding=(1, 0))
        self.last = nn.Conv2d(4, 1, (3, 1), padding=(1, 0))

    def forward(self, x):
        return self.last(minigrad.cat([self.wide(x), self.up(self.down(x))], 1)) + x


class Sliced(nn.Module):
    """Margins, a crop and one axis read by stride."""

    def forward(self, x):
        x = F.pad(x, (2, 0, 1, 3), mode="replicate")
        return F.pad(x[:, :, 1:-2, ::2], (1, 1, 0, 0)) * 2


class Squeezed(nn.Module):
    """Channels weighed by the mean of the whole picture."""

    def forward(self, x):
        return x * x.mean((2, 3), keepdim=True)


NETS = {
    "conv": lambda: nn.Conv2d(1, 1, (3, 4), stride=(2, 3), padding=(1, 2), dilation=(2, 1)),
    "transposed": lambda: nn.ConvTranspose2d(
        1, 1, (4, 3), stride=(3, 2), padding=(1, 0), output_padding=(1, 1)
    ),
    "gaps": lambda: nn.ConvTranspose2d(1, 1, (2, 1), stride=(3, 2), output_padding=(2, 1)),
    "dilated": lambda: nn.ConvTranspose2d(1, 1, (3, 2), stride=2, padding=1, dilation=(2, 3)),
    "pool": lambda: nn.AvgPool2d((3, 2), stride=(2, 1), padding=(1, 0), ceil_mode=True),
    "cells": lambda: nn.AdaptiveAvgPool2d((5, 4)),
    "nearest": lambda: nn.Upsample(scale_factor=(2, 3)),
    "sizes": lambda: nn.Upsample(size=(23, 9)),
    "bilinear": lambda: nn.Upsample(scale_factor=(2, 3), mode="bilinear"),
    "corners": lambda: nn.Upsample(size=(25, 11), mode="bilinear", align_corners=True),
    "shuffle": lambda: nn.Sequential(nn.PixelUnshuffle(2), nn.Conv2d(4, 4, 1), nn.PixelShuffle(2)),
    "reflect": lambda: nn.Conv2d(1, 1, 3, padding=(2, 1), padding_mode="reflect"),
    "chain": lambda: nn.Sequential(
        nn.Conv2d(1, 2, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(2, 2, (1, 3), padding=(0, 1)),
        nn.Upsample(scale_factor=2),
        nn.Conv2d(2, 1, 3, padding=1),
    ),
    "branches": Branches,
    "sliced": Sliced,
    "squeezed": Squeezed,
}


def measured(net, H, W):
    """For every output row the first and last input row with a gradient; for columns alike."""
    with minigrad.no_grad():
        for p in net.parameters():
            p.copy_(minigrad.rand_like(p) + 0.5)
    x = (minigrad.rand(1, 1, H, W, dtype=minigrad.float64) + 1).requires_grad_()
    y = net.double()(x)
    found = []
    for axis in (2, 3):
        ends = []
        for o in range(y.shape[axis]):
            (g,) = minigrad.autograd.grad(y.narrow(axis, o, 1).sum(), x, retain_graph=True)
            rows = np.nonzero(g.numpy()[0, 0].any(3 - axis))[0]
            ends.append((rows.min(), rows.max()) if len(rows) else (0, -1))
        found.append(ends)
    return found


@pytest.mark.parametrize("make", NETS.values(), ids=NETS)
def test_spans_are_where_gradients_are(make):
    minigrad.manual_seed(1)
    net, size = make(), (12, 10)
    with weightless(net):
        watch = Watch(net)
        watch((1, 1, *size))
        spans = watch.rows[-1].spans
    for span, want in zip(spans, measured(net, *size), strict=True):
        ends = list(zip(span.first.tolist(), span.last.tolist(), strict=True))
        assert ends == want if span.placed else set(want) <= {*ends, (0, -1)}


def test_fields_by_hand():
    net = nn.Sequential(
        nn.Conv2d(1, 1, (3, 5)),  # 3, 5
        nn.MaxPool2d(2),  # + 1 = 4, 6; steps of 2
        nn.Conv2d(1, 1, 3, dilation=(2, 1)),  # + 2 * 4 = 12, + 2 * 2 = 10
        nn.ConvTranspose2d(1, 1, 2, stride=2),  # one pixel gives two: the same; steps of 1
        nn.Conv2d(1, 1, (2, 1)),  # two pixels of one or of two: + 2
    )
    fields = [row.fields for row in summarize(net, (1, 40, 30)).rows]
    assert fields == [(3, 5), (4, 6), (12, 10), (12, 10), (14, 10)]


def test_a_field_larger_than_the_picture_is_found_and_what_sees_all_says_so():
    net = nn.Sequential(*(nn.Conv2d(1, 1, 3, stride=2, padding=1) for _ in range(5)))
    assert summarize(net, (1, 16, 16)).rows[-1].fields == (63, 63)  # 1 + 2 (1 + 2 + ... + 16)
    net.append(nn.Flatten()).append(nn.Linear(1, 3))
    rows = summarize(net, (1, 16, 16)).rows
    assert rows[-1].fields == (None, None)


def test_patches_of_seed_004_are_70_pixels_wide():
    assert summarize("patchgan").rows[-1].fields == (70, 70)


def test_signals_have_one_axis():
    net = nn.Sequential(nn.Conv1d(2, 3, 5, stride=2), nn.ReLU(), nn.Conv1d(3, 1, 3))
    assert [row.fields for row in summarize(net, (2, 50)).rows][-1] == (9,)
