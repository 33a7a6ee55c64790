"""A run of a generator and its critic: full disk, shared folder, Ctrl-C twice, a loss of NaN."""

import os
import signal
import time

import numpy as np
import pytest
from killing import PATIENCE, finished, started
from PIL import Image

from minigrad.train import load_checkpoint, load_state

pytestmark = pytest.mark.end_to_end

TOY = ["pix2pix", "--width", "2", "--depth", "3", "--critic-width", "2", "--size", "24",
       "--batch-size", "4", "--max-crops", "6", "--data", "pictures"]  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with five small colour pictures, and a run of one epoch beside them."""
    folder = tmp_path_factory.mktemp("gan")
    (folder / "pictures").mkdir()
    for k in range(5):
        y, x = np.mgrid[0:52, 0:52] / 52
        planes = [(np.sin(6 * x + k) + 1) / 2, y, (np.cos(5 * y + k * x) + 1) / 2]
        image = (np.stack(planes, axis=-1) * 255).astype(np.uint8)
        Image.fromarray(image).save(folder / "pictures" / f"p{k}.png")
    before = os.getcwd()
    os.chdir(folder)
    assert finished([*TOY, "--epochs", "1", "--out", "run"]) == 0
    yield folder
    os.chdir(before)


def wait_for(condition, process):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert process.is_alive()
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_a_full_disk_leaves_the_last_checkpoint_of_both_networks(place):
    last = place / "run" / "last.safetensors"
    before, size = last.read_bytes(), last.stat().st_size
    line = ["pix2pix", "--resume", "--out", "run", "--epochs", "3"]
    assert finished(line, place / "errors", largest=size // 2) == 1
    said = (place / "errors").read_text()
    assert "could not be written" in said
    assert "Free some space" in said
    assert "Traceback" not in said
    assert last.read_bytes() == before
    arrays, _ = load_checkpoint(last)
    assert {"model", "critic", "optimizer", "critic_optimizer"} < {n.split(".")[0] for n in arrays}
    assert not list((place / "run").glob(".*.tmp"))


def test_a_second_run_in_the_folder_is_refused_with_the_firsts_number(place):
    first = started([*TOY, "--epochs", "5000", "--patience", "9999", "--out", "shared"])
    try:
        wait_for((place / "shared" / "last.safetensors").exists, first)
        for line in ([*TOY], ["pix2pix", "--resume"]):
            assert finished([*line, "--out", "shared"], place / "errors") == 1
            said = (place / "errors").read_text()
            assert f"is in use by another run (process {first.pid})" in said
            assert said.count("\n") == 1
        assert first.is_alive()
    finally:
        first.kill()
        first.join()


def test_ctrl_c_twice_ends_at_once_and_what_was_saved_goes_on(place):
    mark = place / "twice" / "last.safetensors"
    line = [*TOY, "--patience", "9999", "--save-every", "0.02", "--out", "twice"]
    process = started([*line, "--epochs", "5000"], place / "errors")
    wait_for(mark.exists, process)
    for _ in range(2):
        os.kill(process.pid, signal.SIGINT)
    process.join(PATIENCE)
    assert process.exitcode == 130
    assert "Traceback" not in (place / "errors").read_text()
    arrays, state = load_checkpoint(mark)
    assert state["step"] > 0
    assert all(np.isfinite(array).all() for array in arrays.values() if array.dtype.kind == "f")
    process = started(["pix2pix", "--resume", "--out", "twice"], place / "errors")
    wait_for(lambda: load_state(mark)["step"] > state["step"] + 2, process)
    os.kill(process.pid, signal.SIGINT)
    process.join(PATIENCE)
    assert process.exitcode == 130


def test_a_loss_that_diverges_stops_the_run_and_names_the_pictures(place):
    line = [*TOY, "--epochs", "3", "--schedule", "constant", "--lr", "1e18", "--out", "wild"]
    assert finished(line, place / "errors") == 1
    (said,) = (place / "errors").read_text().splitlines()
    assert "in epoch 1, step " in said
    assert "The batch held crops of p" in said
    mark = place / "wild" / "last.safetensors"
    assert not mark.exists()
