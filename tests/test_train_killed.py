"""Runs killed with SIGKILL at random moments end with the bits of a run that nobody touched.

``MINIGRAD_KILLS=200`` kills more often than the default.
"""

import os

import numpy as np
import pytest
from killing import finished, killed
from PIL import Image

from minigrad.train import load_checkpoint, load_state

pytestmark = pytest.mark.end_to_end

KILLS = int(os.environ.get("MINIGRAD_KILLS", "25"))

TOY = {
    "supervised": ["unet", "--width", "2", "--depth", "1", "--size", "16"],
    "palette": ["unet", "--width", "2", "--depth", "1", "--size", "16", "--target", "palette",
                "--colours", "5"],
    "gan": ["pix2pix", "--width", "2", "--depth", "3", "--critic-width", "2", "--size", "24"],
}  # fmt: skip


@pytest.fixture
def pictures(tmp_path):
    """Five small colour pictures, smooth enough to learn from."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for k in range(5):
        y, x = np.mgrid[0:52, 0:52] / 52
        planes = [(np.sin(6 * x + k) + 1) / 2, y, (np.cos(5 * y + k * x) + 1) / 2]
        image = (np.stack(planes, axis=-1) * 255).astype(np.uint8)
        Image.fromarray(image).save(folder / f"p{k}.png")
    return folder


def all_of(folder):
    """All that a run has come to, but for the times."""
    arrays, state = load_checkpoint(folder / "last.safetensors")
    history = [{k: v for k, v in row.items() if k != "seconds"} for row in state.pop("history")]
    options = {k: v for k, v in state.pop("options").items() if k not in ("out", "resume")}
    state.pop("running")
    best = load_checkpoint(folder / "best.safetensors")[0]
    bits = [{k: v.tobytes() for k, v in part.items()} for part in (arrays, best)]
    return bits, history, options, state


def compare_with_unbroken(tmp_path, pictures, kind, kills):
    rng = np.random.default_rng(kills)
    epochs = str(3 + 2 * kills)
    run = [*TOY[kind], "--data", pictures, "--batch-size", "4", "--max-crops", "6"]
    run += ["--epochs", epochs, "--patience", "9999", "--save-every", "0.02"]
    assert finished([*run, "--out", tmp_path / "whole"]) == 0
    folder = tmp_path / "killed"
    moments = []
    for _ in range(kills):
        go_on = (folder / "last.safetensors").exists()
        start = [run[0], "--resume"] if go_on else run
        moments.append(killed([*start, "--out", folder], folder, rng))
        for name in ("last", "best"):
            if (folder / f"{name}.safetensors").exists():
                load_checkpoint(folder / f"{name}.safetensors")
    go_on = (folder / "last.safetensors").exists()
    if go_on:
        assert load_state(folder / "last.safetensors")["epoch"] < int(epochs)
    assert finished([*([run[0], "--resume"] if go_on else run), "--out", folder]) == 0
    assert all_of(folder) == all_of(tmp_path / "whole")
    assert not list(folder.glob(".*.tmp"))
    return moments


def test_a_run_survives_being_killed(tmp_path, pictures):
    compare_with_unbroken(tmp_path, pictures, "supervised", 2)


@pytest.mark.slow
def test_a_run_survives_being_killed_many_times(tmp_path, pictures):
    moments = compare_with_unbroken(tmp_path, pictures, "supervised", KILLS)
    assert set(moments) == {"early", "writing", "later"}


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "share"), [("gan", 4), ("palette", 8)])
def test_other_runs_survive_being_killed(tmp_path, pictures, kind, share):
    compare_with_unbroken(tmp_path, pictures, kind, max(2, KILLS // share))
