"""``minigrad train``, ``colorize`` and ``evaluate``, as a user calls them, at toy size."""

import json
import re

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import save_file

from minigrad.cli import main
from minigrad.train import load_checkpoint, load_colorizer, load_state
from minigrad.train.defaults import DEFAULTS

pytestmark = pytest.mark.end_to_end

RUN = [
    "--size",
    "16",
    "--batch-size",
    "4",
    "--max-crops",
    "6",
    "--epochs",
    "2",
    "--save-every",
    "9",
]
SMALL = {
    "unet": ["--width", "2", "--depth", "1"],
    "colornet": ["--width", "2", "--colours", "5"],
    "upunet": ["--width", "2", "--depth", "2"],
    "cnn": ["--width", "2", "--hidden", "8", "--side", "36"],
    "autoencoder": ["--width", "2"],
    "pix2pix": ["--width", "2", "--depth", "3", "--size", "32", "--critic-width", "2"],
}


@pytest.fixture
def pictures(tmp_path, monkeypatch):
    """Five smooth colour pictures; the test runs beside their folder."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "pictures"
    folder.mkdir()
    for k in range(5):
        y, x = np.mgrid[0:48, 0:64] / 64
        planes = [(np.sin(6 * x + k) + 1) / 2, y, (np.cos(5 * y + k * x) + 1) / 2]
        image = (np.stack(planes, axis=-1) * 255).astype(np.uint8)
        Image.fromarray(image).save(folder / f"p{k}.png")
    return folder


def train(name, *arguments):
    given = [*RUN, *SMALL[name], "--data", "pictures", *arguments]
    return main(["train", name, *map(str, given)])


@pytest.mark.parametrize("name", DEFAULTS)
def test_every_network_trains_is_measured_and_colorizes(name, pictures, capsys, tmp_path):
    assert train(name) == 0, capsys.readouterr().err
    printed = capsys.readouterr().out
    assert "report     " in printed
    folder = tmp_path / "runs" / name
    report = (folder / "report.html").read_text(encoding="utf-8")
    assert f"minigrad colorize PICTURE ... --checkpoint runs/{name}/best.safetensors" in report
    state = load_state(folder / "best.safetensors")
    assert state["model"]["name"] == name
    assert len(state["mean_ab"]) == 2
    assert state["scale"] == (32 if name == "pix2pix" else 16)

    Image.fromarray(np.zeros((57, 83, 3), np.uint8) + np.uint8(90)).save("gray.png")
    assert main(["colorize", "gray.png", "-o", "out"]) == 0
    with Image.open("out/gray-colour.png") as image:
        assert image.size == (83, 57)
    capsys.readouterr()
    assert main(["evaluate", "--json", "numbers.json"]) == 0
    text = capsys.readouterr().out
    for part in (
        "Frechet distance",
        "held-out crops",
        "held-out pictures (1)",
        "SSIM",
        "dE2000",
        "mean colour",
        "ours",
    ):
        assert part.lower() in text.lower()
    numbers = json.loads((tmp_path / "numbers.json").read_text(encoding="utf-8"))
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    for own, other in zip(numbers["evaluations"], results["evaluations"], strict=True):
        for a, b in zip(own["scores"], other["scores"], strict=True):
            assert a["psnr"] == pytest.approx(b["psnr"], rel=1e-9)
            assert 0 < a["measures"]["ab_auc"] <= 1
    assert ("accuracy" in text) == (name == "colornet")


@pytest.mark.parametrize("target", ["ab", "rgb", "palette", "bins"])
@pytest.mark.parametrize("span", ["symmetric", "unit"])
def test_every_target_resumes_to_the_same_bits_and_comes_back(target, span, pictures, capsys):
    if target in ("palette", "bins") and span == "unit":
        pytest.skip("scores have no span")
    options = ["--target", target, "--span", span, "--colours", 6, "--bin-size", 25]
    assert train("unet", *options, "--out", "whole") == 0
    assert train("unet", *options, "--out", "halves", "--epochs", 1) == 0
    states = [load_checkpoint(f"{name}/last.safetensors") for name in ("whole", "halves")]
    assert states[0][1]["target"] == states[1][1]["target"]
    colorizer, state = load_colorizer("whole/best.safetensors")
    assert colorizer.target.name == target
    lightness = np.random.default_rng(0).uniform(-1, 1, (1, 20, 30)).astype(np.float32)
    ab = colorizer.ab(lightness)
    assert ab.shape == (2, 20, 30)
    assert np.isfinite(ab).all()
    assert "accuracy" in capsys.readouterr().out or target in ("ab", "rgb")


def test_a_resumed_palette_is_the_runs_own(pictures, capsys):
    options = ["--target", "palette", "--colours", 6]
    assert train("unet", *options, "--out", "x", "--epochs", 1) == 0
    before = load_checkpoint("x/last.safetensors")[0]
    assert main(["train", "unet", "--resume", "--out", "x", "--epochs", "2"]) == 0
    after = load_checkpoint("x/last.safetensors")[0]
    for name in ("target.centres", "target.weights"):
        assert after[name].tobytes() == before[name].tobytes()


def test_two_folders_are_trained_and_measured_on(pictures, tmp_path, capsys):
    gray = tmp_path / "other"
    gray.mkdir()
    for path in pictures.iterdir():
        Image.open(path).convert("L").save(gray / path.name)
    Image.new("RGB", (30, 30)).save(pictures / "blank.png")
    Image.new("RGB", (30, 30)).save(gray / "blank.png")
    assert train("unet", "--data", "pictures", "other", "--epochs", 1) == 0
    note = "1 picture left out, 1 of them without colour: pictures/blank.png: has no colour"
    assert note in " ".join(capsys.readouterr().out.split())
    assert load_state("runs/unet/last.safetensors")["options"]["data"] == ["pictures", "other"]
    (pictures / "broken.png").write_text("no picture")
    (gray / "broken.png").write_text("no picture")
    assert main(["evaluate", "--data", "pictures", "other"]) == 1
    assert "--bad-pictures skip" in capsys.readouterr().err
    words = ["--data", "pictures", "other", "--bad-pictures", "skip", "--most", "3"]
    assert main(["evaluate", *words]) == 0
    printed = capsys.readouterr().out
    assert "2 pictures left out, 1 of them without colour" in printed
    assert "pictures (3)" in printed


def test_command_line_before_file_before_defaults(pictures, tmp_path):
    (tmp_path / "my.toml").write_text(
        'model = "unet"\ndata = "pictures"\nlr = 0.004\nmax-crops = 4\n'
        "[training]\nepochs = 1\nbatch-size = 4\n[network]\nwidth = 3\ndepth = 1\n",
        encoding="utf-8",
    )
    assert main(["train", "--config", "my.toml", "--size", "16", "--lr", "0.001"]) == 0
    state = load_state("runs/unet/last.safetensors")
    options = state["options"]
    assert (options["lr"], options["epochs"], options["weight_decay"]) == (0.001, 1, 0.01)
    assert state["network"]["width"] == 3
    # What a run leaves behind makes the same run again.
    assert main(["train", "unet", "--config", "runs/unet/run.toml", "--out", "again"]) == 0
    first, second = (load_checkpoint(f"{f}/last.safetensors")[0] for f in ("runs/unet", "again"))
    assert {k: v.tobytes() for k, v in first.items()} == {k: v.tobytes() for k, v in second.items()}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("train unett", "there is no model 'unett'; did you mean unet?"),
        ("train patchgan", "there is no model 'patchgan'; there are unet"),
        ("train --config nothing.toml", "there is no model ''"),
        ("train unet --config nothing.toml", "nothing.toml"),
        ("train unet --config bad.toml", "epoch is unknown; did you mean epochs?"),
        ("train cnn --config other.toml", "other.toml is of another model"),
        ("train unet --data pictures --strategy gan --target bins --size 32", "class labels"),
        ("train pix2pix --depth 3 --data pictures --size 40", "needs two held-out crops or more"),
        (
            "train unet --data pictures --size 16 --monitor val_accuracy",
            "--monitor val_accuracy needs classes, and the target is ab",
        ),
        ("train unet --data pictures --size 16 --betas 0.9", "give two numbers"),
        ("colorize x.png", "no run to go on with or to use"),
        ("evaluate", "no run to go on with or to use"),
        ("evaluate --checkpoint x", "x does not exist"),
    ],
)
def test_what_a_user_gets_wrong_is_one_clear_line(line, message, pictures, tmp_path, capsys):
    (tmp_path / "bad.toml").write_text("epoch = 3\n", encoding="utf-8")
    (tmp_path / "other.toml").write_text('model = "unet"\n', encoding="utf-8")
    assert main(line.split()) in (1, 2)
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_features_of_another_network(pictures, capsys, tmp_path):
    assert train("unet", "--epochs", "1") == 0
    layers = [{"op": "conv", "weight": "w", "stride": 2}, {"op": "relu"}, {"op": "mean"}]
    told = {"features": json.dumps({"name": "toy features", "layers": layers})}
    arrays = {"w": np.random.default_rng(0).normal(size=(6, 3, 3, 3)).astype(np.float32)}
    save_file(arrays, "toy.safetensors", told)
    capsys.readouterr()
    for more in ([], ["--features", "toy.safetensors"]):
        assert main(["evaluate", "--json", "numbers.json", *more]) == 0
        printed = " ".join(capsys.readouterr().out.split())
        numbers = json.loads((tmp_path / "numbers.json").read_text(encoding="utf-8"))
        crops, whole = numbers["evaluations"]
        gray, _, ours = (score["measures"]["frechet_distance"] for score in crops["scores"])
        assert gray > 0 < ours
        # There is one held-out picture, and one has no spread.
        assert "frechet_distance" not in whole["scores"][0]["measures"]
        assert ("features of toy features (toy.safetensors)" in printed) == bool(more)
        assert ("our own fixed encoder" in printed) != bool(more)
    assert main(["evaluate", "--features", "runs/unet/best.safetensors"]) == 1
    assert "has no 'features' among its metadata" in capsys.readouterr().err


def test_options_that_do_not_fit_the_checkpoint(pictures, capsys):
    assert train("unet", "--epochs", "1") == 0
    Image.fromarray(np.zeros((20, 30, 3), np.uint8)).save("x.png")
    capsys.readouterr()
    assert main(["colorize", "x.png", "--temperature", "0.2"]) == 1
    assert "puts out ab, no scores" in capsys.readouterr().err
    Image.fromarray(np.zeros((40, 40, 3), np.uint8) + np.uint8([9, 99, 9])).save("pictures/q.png")
    assert main(["evaluate"]) == 1
    assert "have changed" in capsys.readouterr().err
    assert main(["evaluate", "--data", "pictures"]) == 0
    assert "pictures (6)" in capsys.readouterr().out


def test_help_lists_the_networks_and_their_own_defaults(capsys):
    for line in (["train"], ["train", "--help"]):
        with pytest.raises(SystemExit) as stop:
            main(line)
        assert stop.value.code == 0
        text = capsys.readouterr().out
        assert all(f"  {name} " in text for name in DEFAULTS)
    with pytest.raises(SystemExit):
        main(["train", "pix2pix", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert text.startswith("usage: minigrad train pix2pix ")
    assert re.search(r"--lr X learning rate, at its largest \(default: 0\.0002\)", text)
    assert re.search(r"--betas X \[X \.\.\.\] .* \(default: 0\.5 0\.999\)", text)
