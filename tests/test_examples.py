"""The examples as a user runs them, at toy size: what they print, leave behind and survive."""

import errno
import functools
import json
import os
import re
import runpy
import signal
import subprocess
import sys
import time
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from minigrad import atomic
from minigrad.train import (
    colorize_command,
    load_checkpoint,
    network_options,
    run_options,
    save_checkpoint,
    train_command,
)
from minigrad.train.command import FileOptions

pytestmark = pytest.mark.end_to_end

ROOT = Path(__file__).resolve().parent.parent
TOY = ["--width", "2", "--depth", "1", "--size", "16", "--batch-size", "4", "--max-crops", "8"]


@pytest.fixture
def pictures(tmp_path):
    """Five small colour pictures, smooth enough to learn from."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for k in range(5):
        y, x = np.mgrid[0:40, 0:52] / 52
        planes = [(np.sin(6 * x + k) + 1) / 2, y, (np.cos(5 * y + k * x) + 1) / 2]
        image = (np.stack(planes, axis=-1) * 255).astype(np.uint8)
        Image.fromarray(image).save(folder / f"p{k}.png")
    return folder


def start(tmp_path, *arguments, script="train_unet.py", **options):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100"}
    return subprocess.Popen(
        [sys.executable, str(ROOT / "examples" / script), *map(str, arguments)],
        cwd=tmp_path, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options,
    )  # fmt: skip


def run(tmp_path, *arguments, script="train_unet.py"):
    with start(tmp_path, *arguments, script=script) as process:
        out, error = process.communicate(timeout=300)
    assert process.returncode == 0, out + error
    assert error == ""
    return out


def weights(path):
    return {name: array.tobytes() for name, array in load_checkpoint(path)[0].items()}


def last(folder):
    """All that a run has come to, but for the times."""
    arrays, state = load_checkpoint(folder / "last.safetensors")
    history = [{k: v for k, v in row.items() if k != "seconds"} for row in state["history"]]
    kept = {k: state[k] for k in ("epoch", "step", "loader", "optimizer", "scheduler")}
    return {k: v.tobytes() for k, v in arrays.items()}, history, kept


def test_a_run_from_estimate_to_report_and_a_picture_colorized(tmp_path, pictures):
    out = run(tmp_path, "--data", pictures, "--epochs", 3, *TOY)
    lines = out.splitlines()
    estimate = next(k for k, line in enumerate(lines) if line.startswith("estimate "))
    first_epoch = next(k for k, line in enumerate(lines) if line.startswith("epoch   1/3 "))
    assert estimate < first_epoch
    assert re.search(r"pictures/s  .* left", lines[first_epoch])
    for part in ("held-out crops", "held-out pictures (1)", "gray", "mean colour", "ours"):
        assert part in out
    assert lines[-1] == f"report     {Path('runs/unet/report.html')}"

    folder = tmp_path / "runs" / "unet"
    found = {path.name for path in folder.iterdir()}
    files = {"best.safetensors", "last.safetensors", "report.html", "results.json", "run.lock"}
    assert found == files | {"samples", "run.toml"}
    sheets = {path.name for path in (folder / "samples").iterdir()}
    assert sheets > {"crops.png", "pictures.png"}
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    report = (folder / "report.html").read_text(encoding="utf-8")
    for evaluation in results["evaluations"]:
        for score in evaluation["scores"]:
            assert f"{score['psnr']:.2f}" in out
            assert f"{score['psnr']:.2f}" in report
    assert str(tmp_path) not in report.replace(str(pictures), "")

    photo = tmp_path / "photo.jpg"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (75, 50, 3), np.uint8)).save(photo)
    out = run(tmp_path, photo, photo, script="colorize.py")
    assert "photo-colour-2.png" in out
    with Image.open(tmp_path / "colorized" / "photo-colour.png") as image:
        assert image.size == (50, 75)
    last = folder / "last.safetensors"
    run(tmp_path, photo, "--checkpoint", last, "-o", "x", script="colorize.py")
    assert (tmp_path / "x" / "photo-colour.png").exists()

    again = run(tmp_path, "--data", pictures, "--epochs", 1, *TOY)
    assert again.splitlines()[-1] == f"report     {Path('runs/unet-2/report.html')}"


@pytest.mark.parametrize(
    ("script", "toy"),
    [
        ("train_cnn.py", ["--width", "2", "--hidden", "8", "--side", "36", "--size", "16"]),
        ("train_autoencoder.py", ["--width", "2", "--size", "16", "--target", "palette"]),
        ("train_gan.py", ["--width", "2", "--depth", "3", "--critic-width", "2", "--size", "24"]),
    ],
)
def test_other_examples_train_and_go_on(tmp_path, pictures, script, toy, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def example(*arguments):
        monkeypatch.setattr(sys, "argv", [script, *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            runpy.run_path(str(ROOT / "examples" / script), run_name="__main__")
        printed = capsys.readouterr()
        assert stop.value.code == 0, printed.err
        return printed.out

    common = ["--data", pictures, "--batch-size", 4, "--max-crops", 8, "--colours", 5]
    out = example(*common, *toy, "--epochs", 2, "--out", "x")
    assert "report     x/report.html" in out.splitlines()[-1]
    assert "gan.py" not in script or re.search(r"val_frechet \S+  critic_real \S+", out)
    assert "extended   from 2 to 3 epochs" in example("--resume", "--out", "x", "--epochs", 3)


def wait_for(condition, process, seconds=120):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.01)


LONG = ["--epochs", "12", "--save-every", "0.05", "--patience", "99"]


def test_ctrl_c_saves_and_resume_goes_on_bit_for_bit(tmp_path, pictures):
    run(tmp_path, "--data", pictures, "--out", "unbroken", *LONG, *TOY)
    with start(tmp_path, "--data", pictures, "--out", "broken", *LONG, *TOY) as process:
        mark = tmp_path / "broken" / "last.safetensors"
        wait_for(mark.exists, process)
        process.send_signal(signal.SIGINT)
        out, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert error == ""
    assert "interrupted: everything is saved" in out
    assert load_checkpoint(mark)[1]["epoch"] < 12
    assert (tmp_path / "broken" / "report.html").exists()
    out = run(tmp_path, "--resume", "--out", "broken", "--threads", 1, "--workers", 0)
    assert "resumed    after epoch" in out
    assert last(tmp_path / "broken") == last(tmp_path / "unbroken")
    best = [tmp_path / name / "best.safetensors" for name in ("broken", "unbroken")]
    assert weights(best[0]) == weights(best[1])


TRAIN = functools.partial(train_command, "unet")


@pytest.fixture
def refused(tmp_path, monkeypatch, capsys):
    """Run a command in this process; returns the one line that says why it ended."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments, start=TRAIN):
        capsys.readouterr()
        assert start("", [str(argument) for argument in arguments]) == 1
        error = capsys.readouterr().err
        assert error.startswith("error: ")
        return error

    return command


def test_what_a_user_gets_wrong_is_one_clear_line(tmp_path, refused):
    (tmp_path / "empty").mkdir()
    assert "no picture in" in refused("--data", "empty")
    assert "there is no folder nowhere" in refused("--data", "nowhere")
    assert "no run to go on with" in refused("--resume")
    assert "no run to go on with or to use" in refused("a.jpg", start=colorize_command)
    assert "x does not exist" in refused("a.jpg", "--checkpoint", "x", start=colorize_command)


def test_a_folder_with_a_run_is_not_overwritten_and_options_do_not_change(pictures, refused):
    arguments = ["--data", pictures, "--out", "x", "--epochs", 1, *TOY]
    assert TRAIN("", [str(argument) for argument in arguments]) == 0
    assert "already holds a run" in refused(*arguments)
    error = refused("--resume", "--out", "x", "--lr", "0.5")
    assert "--lr 0.5 (the run has 0.002)" in error
    Image.fromarray(np.zeros((40, 40, 3), np.uint8) + np.uint8([9, 99, 9])).save(pictures / "q.png")
    assert "not those that the run began with" in refused("--resume", "--out", "x")


def test_a_finished_run_can_be_extended_but_not_shortened(tmp_path, pictures, refused, capsys):
    start = ["--data", pictures, "--out", "x", "--epochs", 2, *TOY]
    assert TRAIN("", [str(argument) for argument in start]) == 0
    capsys.readouterr()
    assert TRAIN("", ["--resume", "--out", "x", "--epochs", "4"]) == 0
    assert "extended   from 2 to 4 epochs" in capsys.readouterr().out
    state = load_checkpoint(tmp_path / "x" / "last.safetensors")[1]
    assert [row["epoch"] for row in state["history"]] == [1, 2, 3, 4]
    rates = [row["lr"] for row in state["history"]]
    assert rates[2] > rates[1] > rates[3] / 10
    assert state["options"]["epochs"] == 4
    assert "--epochs 3 (the run has 4)" in refused("--resume", "--out", "x", "--epochs", 3)


def test_a_checkpoint_of_another_kind_cannot_go_on(tmp_path, refused):
    path = tmp_path / "x" / "last.safetensors"
    path.parent.mkdir()
    states = ({}, {"kind": "colorization"}, {"kind": "colorization", "model": {"name": "cnn"}})
    for state in states:
        save_checkpoint(path, {}, state)
        assert "last.safetensors is not of a run" in refused("--resume", "--out", "x")
    state = {"kind": "colorization", "model": {"name": "unet"}, "network": {}}
    save_checkpoint(path, {}, {**state, "options": {"epochs": -3}})
    assert "epochs (=-3) must be at least 1" in refused("--resume", "--out", "x")
    save_checkpoint(path, {}, {**state, "options": {}, "network": {"width": "3"}})
    assert "width (='3') must be of type int" in refused("--resume", "--out", "x")


def test_a_loss_that_explodes_stops_with_a_message(pictures, refused):
    error = refused("--data", pictures, "--lr", "1e38", "--epochs", 3, *TOY)
    assert re.search(r"error: the (loss|gradient of \S+|val_loss) is (nan|inf) in epoch", error)
    assert "--lr" in error
    assert re.search(r"crops of p\d\.png", error)


def test_a_full_disk_ends_the_run_with_a_message(pictures, refused, monkeypatch):
    real = atomic._write
    full_for = [".toml"]

    def write(path, data):
        if full_for[0] in path.name:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(path, data)

    monkeypatch.setattr("minigrad.atomic._write", write)
    error = refused("--data", pictures, "--epochs", 3, *TOY)
    assert "run.toml could not be written: [Errno 28] No space" in error
    full_for[0] = ".safetensors"
    error = refused("--data", pictures, "--epochs", 3, *TOY)
    assert re.search(r"best.safetensors could not be written \(\d+ bytes\).*No space", error)


def test_help_explains_every_option(capsys):
    with pytest.raises(SystemExit) as caught:
        TRAIN("What it does.", ["--help"])
    assert caught.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    for kind in (run_options("unet"), network_options("unet"), FileOptions):
        for field in fields(kind):
            assert f"--{field.name.replace('_', '-')}" in text
            assert " ".join(field.metadata["help"].split()) in text


@pytest.mark.slow
def test_the_default_run_beats_both_baselines_after_six_epochs(tmp_path):
    begun = time.monotonic()
    run(tmp_path, "--epochs", 6)
    assert time.monotonic() - begun < 300  # half a minute on two idle cores
    results = json.loads((tmp_path / "runs/unet/results.json").read_text(encoding="utf-8"))
    scores = {score["method"]: score for score in results["evaluations"][0]["scores"]}
    for baseline in ("gray", "mean colour"):
        assert scores["ours"]["psnr"] > scores[baseline]["psnr"] + 2
        assert scores["ours"]["ab_error"] < 0.7 * scores[baseline]["ab_error"]
