"""The benchmarks' scripts as they are run, at toy size and without a peer."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.end_to_end

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT))  # benchmarks/ is run from a checkout and never installed

from benchmarks import ladder, scaling  # noqa: E402
from benchmarks.assembly import hottest_loop  # noqa: E402

SCRIPTS = ("steps", "layers", "ladder", "scaling", "machine")


def run(*arguments):
    environment = {**os.environ, "MINIGRAD_NUM_THREADS": "1"}
    command = [sys.executable, "-m", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("script", SCRIPTS)
def test_help(script):
    text = run(f"benchmarks.{script}", "--help")
    assert f"python -m benchmarks.{script}" in text
    assert "--threads" in text


TOY = ["--rounds", "1", "--seconds", "0.01", "--threads", "1"]
ALONE = [*TOY, "--no-peer"]


def test_toy_run_of_steps(tmp_path):
    out = tmp_path / "steps.json"
    text = run(
        "benchmarks.steps", *TOY, "--no-peer", "--only", "unet32", "--batch", 2, "--out", out
    )
    assert "| unet32 |" in text
    assert "torch==2.13.0" in text
    data = json.loads(out.read_text())
    (facts,) = data["steps"]["unet32"].values()
    assert facts["parameters"] == 223_344
    first, others = 288 * 256, 11_501_568 - 288 * 256  # the picture itself wants no gradient
    assert math.isclose(facts["gflop"], 2 * 2 * (2 * first + 3 * others) / 1e9)
    assert data["machine"]["cores"] >= 1


def test_toy_profile():
    text = run("benchmarks.steps", *ALONE, "--only", "unet32", "--batch", 2, "--profile")
    for row in ("forward: Conv2d ", "backward: Conv2dWeightGrad ", "optimizer: Adam "):
        assert f"| {row}" in text
    assert "| conv2d(2x24x32x32, 2x33x32x32, 24x33x1x1) " in text


def test_toy_run_of_layers(tmp_path):
    out = tmp_path / "layers.md"
    text = run("benchmarks.layers", *ALONE, "--only", "average 7", "MSE", "--out", out)
    assert out.read_text() in text
    assert "| pool: adaptive average 7 |" in text
    assert "| loss: MSELoss " in text


def test_toy_run_of_scaling(monkeypatch, capsys):
    monkeypatch.setattr(scaling, "SWEEPS", {"side": (6, 12, 24)})
    monkeypatch.setattr(scaling, "USUAL", {"channels": 3, "side": 5, "batch": 1})
    scaling.main([*TOY])
    text = capsys.readouterr().out
    assert [line.split("|")[1].strip() for line in text.splitlines() if line[:1] == "|"] == [
        *("side", "----", "6", "12", "24"),
        *("threads", "-------", "1"),
    ]
    assert "the arithmetic grows with 2" in text


def test_toy_run_of_the_ladder():
    text = run("benchmarks.ladder", *TOY, "--only", "im2col", "packed")
    assert "| packed " in text
    assert "| ceiling " in text


@pytest.mark.slow
def test_the_whole_ladder_climbs():
    text = run("benchmarks.ladder", *TOY)
    table = [line.split("|") for line in text.splitlines() if line.startswith("|")]
    rates = {row[1].strip(): float(row[4]) for row in table if row[1].strip() in ladder.RUNGS}
    order = [rates[name] for name in ("formula", "compiled", "im2col", "packed")]
    assert order == sorted(order)
    assert "| both in one pass " in text


@pytest.mark.unit
def test_the_hottest_loop_is_the_one_with_most_multiply_adds():
    cold = ".LBB0_1:\n\tvfmadd231ps\t%zmm0, %zmm1, %zmm2\n\tjne\t.LBB0_1\n"
    hot = ".LBB0_2:\n\t# a remark\n\tvfmadd231ps\ta\n\tvfmadd231ps\tb\n\tjne\t.LBB0_2\n\tret\n"
    straight = ".LBB0_3:\n" + "\tvfmadd231ps\ta\n" * 5 + "\tret\n"
    found = hottest_loop(cold + hot + straight)
    assert found == ["vfmadd231ps a", "vfmadd231ps b", "jne .LBB0_2"]


@pytest.mark.slow
def test_the_innermost_loop_does_a_tile_of_multiply_adds():
    text = run("benchmarks.assembly")
    assert "fm" in text
    assert "| instruction " in text


@pytest.mark.parametrize("script", ["steps", "layers", "ladder", "scaling"])
def test_an_unknown_name_is_refused(script):
    command = [sys.executable, "-m", f"benchmarks.{script}", "--only", "vgg"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("--only vgg: no such ")
