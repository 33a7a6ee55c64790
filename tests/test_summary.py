"""`summarize`: rows, totals, memory, against the seeds' tables and numbers worked out by hand."""

import json
import math
from itertools import pairwise

import numpy as np
import pytest

import minigrad
from minigrad import nn
from minigrad.models import UNet, build_model, count_parameters
from minigrad.summary import summarize

pytestmark = pytest.mark.unit

# name, options, input: parameters, dense and exact multiply-adds (seed 004's tables, 1.6)
SEED_004 = {
    "cnn": (169_520_256, 3_904_897_024, None),
    "autoencoder": (1_022_961, 2_455_142_400, 2_425_958_016),
    "pix2pix": (54_410_882, 5_981_077_504, 5_633_312_000),
    "patchgan": (2_765_569, 3_146_809_344, 3_121_414_912),
}


@pytest.mark.parametrize("name", SEED_004)
def test_totals_of_seed_004(name):
    parameters, dense, exact = SEED_004[name]
    summary = summarize(name)
    assert summary.parameters == parameters == count_parameters(name, {})
    assert summary.macs == dense
    assert exact is None or summary.exact_macs == exact


def test_multiply_adds_of_seed_000():
    summary = summarize("colornet")
    assert summary.macs == 7_938_048  # k^2 (256 NF NIC + 768 NF^2) + 1024 NF NC
    assert summary.exact_macs == 7_268_384


def test_rows_of_seed_004_b():
    """Table B: names, from where, window, output and parameters of the twelve printed rows."""
    rows = summarize("autoencoder").rows
    convs = [row for row in rows if row.kernel]
    assert [row.output[1:] for row in convs] == [
        (64, 160, 160), (64, 80, 80), (128, 40, 40), (256, 20, 20),
        (128, 40, 40), (64, 80, 80), (128, 160, 160), (15, 160, 160), (2, 160, 160),
    ]  # fmt: skip
    assert [row.parameters for row in convs] == [
        640, 36_928, 73_856, 295_168, 295_040, 147_520, 147_584, 25_935, 290,
    ]  # fmt: skip
    assert [row.stride[0] for row in convs] == [1, 2, 2, 2, 2, 2, 2, 1, 1]
    assert {row.kernel for row in convs} == {(3, 3)}
    assert {row.padding for row in convs} == {(1, 1)}
    assert [row.output_padding for row in convs[4:8]] == [(1, 1)] * 3 + [(0, 0)]
    joins = [row for row in rows if len(row.sources) == 2]
    assert [row.output[1] for row in joins] == [256, 128, 192, 16]
    assert 0 in joins[-1].sources  # the gray input itself


def test_the_chain_of_seed_001_is_described_in_no_time():
    """104 layers, 58,810,528 parameters; and a first layer of 11 billion weights."""
    widths = [3, 16, 32, 64, 128, 256] + [256] * 99
    chain = nn.Sequential(*(nn.Conv2d(C, O, 3, padding=1) for C, O in pairwise(widths)))
    summary = summarize(chain, (3, 32, 32))
    assert len(summary.rows) == 104
    assert [row.parameters for row in summary.rows[:6]] == [
        448, 4_640, 18_496, 73_856, 295_168, 590_080,
    ]  # fmt: skip
    assert summary.parameters == 58_810_528


class Joined(nn.Module):
    """Skips, an operation outside of layers, a layer that runs twice, a parameter of its own."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(2, 3, (3, 2), stride=(2, 1), padding=(1, 0), bias=False)
        self.again = nn.Conv2d(3, 3, 1)
        self.drop = nn.Dropout(0.5)
        self.gain = nn.Parameter(minigrad.ones(6, 1, 1))

    def forward(self, x):
        a = self.first(x)
        b = self.again(self.drop(self.again(a)))
        return (minigrad.cat([b, a], 1) * self.gain).flatten(1)


def test_rows_by_hand():
    rows = summarize(Joined(), (2, 5, 4), batch=2).rows
    facts = [(row.name, row.kind, row.sources, row.output, row.parameters) for row in rows]
    assert facts == [
        ("first", "Conv2d", (0,), (2, 3, 3, 3), 36),
        ("again", "Conv2d", (1,), (2, 3, 3, 3), 12),
        ("drop", "Dropout", (2,), (2, 3, 3, 3), 0),
        ("again", "Conv2d", (3,), (2, 3, 3, 3), 0),
        ("", "cat", (4, 1), (2, 6, 3, 3), 0),
        ("", "mul", (5,), (2, 6, 3, 3), 6),
    ]
    assert [row.again for row in rows] == [0, 0, 0, 2, 0, 0]
    first = rows[0]
    assert (first.kernel, first.stride, first.padding) == ((3, 2), (2, 1), (1, 0))
    assert first.macs == 2 * 3 * 3 * 36  # positions of the output times weights, two pictures
    assert first.exact_macs == 2 * (2 + 3 + 2) * (3 * 2) * 6  # rows that lie inside, columns
    assert rows[1].macs == rows[3].macs == 2 * 9 * 9


def test_totals_and_memory_by_hand():
    summary = summarize(Joined(), (2, 5, 4), batch=2)
    assert (summary.parameters, summary.trainable) == (54, 54)
    assert summary.parameter_bytes == 216
    assert summary.macs == sum(row.macs for row in summary.rows)
    x, a = 4 * 2 * 2 * 5 * 4, 4 * 2 * 3 * 3 * 3
    # Held at the product: the input, a, b, both joined, and both joined times the gain.
    assert summary.forward_bytes == x + 2 * a + 2 * (2 * a)
    # The input, a, a again, what was dropped, both joined (for the gain's gradient), the result.
    assert summary.backward_bytes == x + a + a + 2 * a + 2 * a


def test_frozen_parameters_and_linear_layers():
    net = nn.Sequential(nn.Linear(5, 3), nn.Sigmoid(), nn.Linear(3, 2, bias=False))
    net[0].requires_grad_(False)
    summary = summarize(net, (7, 5))
    assert (summary.parameters, summary.trainable) == (24, 6)
    assert [row.macs for row in summary.rows] == [7 * 15, 0, 7 * 6]
    assert [row.trainable for row in summary.rows] == [0, 0, 6]


def test_a_true_run_agrees_and_the_network_is_left_as_it_was():
    minigrad.manual_seed(3)
    net = UNet(width=3, depth=2, dropout=0.5).train()
    net.head.eval()
    state = {name: value.clone() for name, value in net.state_dict().items()}
    modes = [module.training for module in net.modules()]
    before = minigrad.get_rng_state().tolist()
    summary = summarize(net, (1, 21, 14), batch=2)
    assert minigrad.get_rng_state().tolist() == before
    assert [module.training for module in net.modules()] == modes
    assert not any(module.has_hooks for module in net.modules())
    for name, value in net.state_dict().items():
        np.testing.assert_array_equal(value.numpy(), state[name].numpy())
    assert summary.rows[-1].output == tuple(net.eval()(minigrad.zeros(2, 1, 21, 14)).shape)


def test_what_cannot_train_says_why():
    summary = summarize("pix2pix", batch=1)
    assert summary.backward_bytes is None
    assert "batch" in summary.remark
    assert "cannot train" in str(summary)
    assert summarize("pix2pix", batch=2).backward_bytes > summary.forward_bytes


def test_names_are_described_with_their_options():
    by_name = summarize("unet", width=5, depth=2)
    built = build_model("unet", {"width": 5, "depth": 2})
    assert by_name.parameters == sum(math.prod(p.shape) for p in built.parameters())
    assert summarize("unet", (40, 30), in_channels=3).inputs == ((1, 3, 40, 30),)
    assert summarize("cnn", side=64).inputs == ((1, 3, 64, 64),)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nothing",), "nothing"),
        ((nn.ReLU(),), "input_shape"),
        ((nn.ReLU(), (1, 2), 0), "batch"),
    ],
)
def test_refusals(arguments, words):
    with pytest.raises(ValueError, match=words):
        summarize(*arguments)


def test_options_need_a_name():
    with pytest.raises(ValueError, match="width"):
        summarize(UNet(width=2, depth=1), (1, 8, 8), width=3)


def test_several_inputs_and_results():
    class Two(nn.Module):
        def forward(self, x, y):
            return {"sum": x + y, "pair": (x, y)}

    (row,) = summarize(Two(), [(3, 4), (3, 1)]).rows
    assert (row.kind, row.sources, row.output) == ("Two", (0,), (1, 3, 4))


# Text


def test_text_is_readable_at_80_columns():
    text = str(summarize("autoencoder"))
    lines = text.splitlines()
    assert lines[0] == "autoencoder, input 1x1x160x160"
    assert max(map(len, lines)) <= 80
    assert "k3 s2 p1 op1" in text
    assert "1,022,961 trainable" in text
    assert "2,455,142,400" in text


def test_reuse_is_marked():
    text = summarize(Joined(), (2, 5, 4)).text(100)
    assert " = 2 " in text
    assert "= n: row n again" in text
    assert "4 + 1" in text


def test_html_names_the_sources():
    page = summarize(Joined(), (2, 5, 4))._repr_html_()
    assert ">again, first<" in page
    assert page.count("<tr>") == 1 + 6 + 4


def test_plain_values_survive_json():
    summary = summarize(Joined(), (2, 5, 4))
    again = json.loads(json.dumps(summary.to_dict()))
    assert again["parameters"] == 54
    assert again["rows"][0]["kernel"] == [3, 2]
    assert "spans" not in again["rows"][0]
