"""The three nets of seed 001: fully connected, 36 convolutions, the chain of 104."""

import runpy
from pathlib import Path

import pytest
from model_rows import count, rows, train_once

import minigrad
from minigrad.errors import SizeError
from minigrad.machine import memory_size
from minigrad.models import DeepConv, DownChain, FullyConnected, build_model
from minigrad.summary import describing

pytestmark = pytest.mark.unit


def described(kind, **options):
    """The network and the rows of its table, without its numbers."""
    with describing():
        net = kind(**options)
        return net, rows(net, kind.INPUT, hidden=("ReLU",), examples=1)


def test_the_fully_connected_net_of_11_billion_weights():
    net, found = described(FullyConnected)
    assert found == [
        ("Flatten", (150_528,), 0),
        ("Linear", (75_264,), 11_329_414_656),
        ("Linear", (100,), 7_526_500),
    ]
    assert count(net) == FullyConnected.count_parameters() == 11_336_941_156


def test_36_convolutions():
    net, found = described(DeepConv)
    sides = range(218, 7, -6)
    assert len(sides) == 36
    assert found == [
        *(("Conv2d", (3, side, side), 444) for side in sides),
        *(("Flatten", (192,), 0), ("Linear", (100,), 19_300)),
    ]
    assert count(net) == DeepConv.count_parameters() == 35_284


def test_the_chain_of_104_convolutions():
    net, found = described(DownChain)
    counts = [448, 4_640, 18_496, 73_856, 295_168, *99 * [590_080]]
    widths = [16, 32, 64, 128, *100 * [256]]
    assert found == [
        ("Conv2d", (width, 222 - 2 * k, 222 - 2 * k), parameters)
        for k, (width, parameters) in enumerate(zip(widths, counts, strict=True))
    ]
    assert found[-1][1] == (256, 16, 16)
    assert count(net) == DownChain.count_parameters() == 58_810_528
    assert sum(p.numel() for p in net.parameters() if p.ndim == 1) == 25_840


@pytest.mark.parametrize(
    ("kind", "options", "side", "result"),
    [
        (FullyConnected, {"in_channels": 2, "out_channels": 3, "side": 5}, 5, (3,)),
        (DeepConv, {"in_channels": 2, "out_channels": 3, "side": 13, "last": 5, "kernel": 5}, 13,
         (3,)),
        (DeepConv, {"out_channels": 3, "side": 8}, 8, (3,)),
        (DownChain, {"out_channels": 4, "side": 13, "last": 7, "width": 2}, 14, (4, 8, 8)),
    ],
)  # fmt: skip
def test_a_step_of_training_reaches_every_weight(kind, options, side, result):
    minigrad.manual_seed(0)
    net = kind(**options)
    assert count(net) == kind.count_parameters(**options)
    y = train_once(net, minigrad.randn(2, net.in_channels, side, side))
    assert tuple(y.shape) == (2, *result)


def test_sides_that_no_number_of_layers_leads_to():
    with pytest.raises(
        ValueError, match=r"DeepConv: every 7 x 7 .* takes 6 pixels .*230 - 6 l is never 10;"
    ) as caught:
        DeepConv(side=230, last=10)
    assert "side (=230) can be 226 or 232, or last (=10) 14" in str(caught.value)
    DeepConv.count_parameters(side=226, last=10)
    DeepConv.count_parameters(side=232, last=10)
    DeepConv.count_parameters(side=230, last=14)
    with pytest.raises(
        ValueError, match=r"DownChain: side \(=5\) must be an integer of at least 9"
    ):
        DownChain(side=5, last=9)
    with pytest.raises(ValueError, match=r"3 layers double width \(=2\) to 8 and never reach"):
        DownChain(side=22, width=2)


def test_pictures_of_other_sizes():
    with pytest.raises(SizeError, match=r"\(1, 3, 9, 8\), and the linear layer .* \(N, 3, 8, 8\)"):
        FullyConnected(side=8)(minigrad.zeros(1, 3, 9, 8))
    with pytest.raises(SizeError, match=r"DeepConv: input .* DeepConv\(side=\.\.\.\)"):
        DeepConv(side=20)(minigrad.zeros(1, 3, 8, 8))
    chain = DownChain(out_channels=4, side=16, last=6, width=4)
    with pytest.raises(SizeError, match=r"20 x 9, of which 4 of the 5 layers leave a side of 1,"):
        chain(minigrad.zeros(1, 3, 20, 9))
    with pytest.raises(SizeError, match=r"20 x 10, of which 4 of the 5 layers leave a side of 2,"):
        chain(minigrad.zeros(1, 3, 20, 10))
    assert chain(minigrad.zeros(1, 3, 20, 11)).shape == (1, 4, 10, 1)
    with pytest.raises(SizeError, match=r"shape \(1, 2, 20, 20\); give \(N, 3, H, W\)"):
        chain(minigrad.zeros(1, 2, 20, 20))
    with pytest.raises(SizeError, match=r"shape \(3,\); give \(N, 3, H, W\)"):
        chain(minigrad.zeros(3))


def test_a_network_without_room_says_how_large_it_is(monkeypatch):
    def full(self, **options):
        raise MemoryError("no room")

    monkeypatch.setattr(FullyConnected, "__init__", full)
    with pytest.raises(
        MemoryError, match=r"11,336,941,156 parameters, 42\.2 GiB.*minigrad summary"
    ):
        build_model("fully_connected", {})


def test_a_network_that_no_memory_could_hold_is_refused_before_it_is_tried(monkeypatch):
    monkeypatch.setattr("minigrad.models.checks.memory_size", lambda: 2**30)
    with pytest.raises(
        MemoryError, match=r"FullyConnected: 11,336,941,156 parameters are 42\.2 GiB, .* 1\.0 GiB"
    ):
        FullyConnected()
    with pytest.raises(MemoryError, match="minigrad summary fully_connected"):
        build_model("fully_connected", {})
    with describing():
        assert sum(p.numel() for p in FullyConnected().parameters()) == 11_336_941_156
    monkeypatch.setattr("minigrad.models.checks.memory_size", lambda: None)
    assert FullyConnected(side=4).side == 4


def test_this_machine_has_some_memory():
    assert memory_size() is None or memory_size() > 2**28


def test_the_example_counts_them_all(capsys):
    script = Path(__file__).parent.parent / "examples" / "count_weights.py"
    runpy.run_path(str(script), run_name="__main__")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[-2:] for line in lines[1:]] == [
        ["11,336,941,156", "42.23"],
        ["35,284", "0.00"],
        ["58,810,528", "0.22"],
    ]
    assert "256 x 16 x 16" in lines[3]
