"""``minigrad summary`` and ``minigrad models``."""

import json
import re

import pytest

from minigrad.cli.main import main
from minigrad.cli.model_options import model_options
from minigrad.models import MODELS, count_parameters
from minigrad.train import save_checkpoint
from minigrad.train.defaults import DEFAULTS

pytestmark = pytest.mark.end_to_end


def run(capsys, *arguments):
    status = main(arguments)
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def test_a_table_at_80_columns(capsys):
    status, out, err = run(capsys, "summary", "unet", "--size", "100x75", "--batch", "2")
    assert (status, err) == (0, "")
    assert out.startswith("unet, input 2x1x100x75\n")
    assert max(map(len, out.splitlines())) <= 80
    assert f"{count_parameters('unet', {}):,}" in out


def test_options_of_the_network(capsys):
    status, out, _ = run(
        capsys, "summary", "unet", "--width", "5", "--upsampling", "nearest", "--no-pad"
    )
    assert status == 0
    wanted = count_parameters("unet", {"width": 5, "upsampling": "nearest"})
    assert f"parameters    {wanted:,}" in out


def test_a_size_that_does_not_fit_is_one_message(capsys):
    status, out, err = run(capsys, "summary", "unet", "--size", "100x75", "--no-pad")
    assert (status, out) == (1, "")
    assert err.startswith("minigrad summary: UNet: an input of 1x1x100x75 does not fit\n")
    assert "96x72 or 104x80 would fit" in err
    assert "Traceback" not in err


def test_json_and_html(capsys, tmp_path):
    page = tmp_path / "unet.html"
    status, out, _ = run(capsys, "summary", "unet", "--json", "--html", str(page))
    assert status == 0
    assert json.loads(out)["parameters"] == count_parameters("unet", {})
    assert "<table>" in page.read_text(encoding="utf-8")


def test_help_lists_the_networks_options(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["summary", "colornet", "--help"])
    out = capsys.readouterr().out
    assert not stopped.value.code
    assert "--variant" in out
    assert "--width INT" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "name a network"),
        (("nothing",), "there is no network and no file 'nothing'; there are unet"),
        (("unnet",), "did you mean unet?"),
        (("unet", "--size", "0x3"), "is no size"),
        (("unet", "--size", "3x4x5"), "is no size"),
        (("unet", "--width", "x"), "--width"),
        (("unet", "--nothing", "3"), "--nothing"),
    ],
)
def test_a_line_that_cannot_be_understood(capsys, arguments, words):
    with pytest.raises(SystemExit) as stopped:
        main(["summary", *arguments])
    assert stopped.value.code == 2
    assert words in capsys.readouterr().err


def test_a_bad_option_is_an_error_without_a_traceback(capsys):
    status, _, err = run(capsys, "summary", "unet", "--width", "0")
    assert status == 1
    assert "width (=0)" in err


@pytest.mark.parametrize("name", MODELS)
def test_every_network_has_a_summary(capsys, name):
    status, out, err = run(capsys, "summary", name)
    assert (status, err) == (0, "")
    assert f"parameters    {count_parameters(name, {}):,}" in out


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    path = tmp_path_factory.mktemp("run") / "best.safetensors"
    network = {"name": "unet", "options": {"width": 5, "depth": 2, "out_channels": 3}}
    save_checkpoint(path, {}, {"model": network, "options": {"size": 48}})
    return path


def test_a_checkpoint_is_described(capsys, checkpoint):
    status, out, err = run(capsys, "summary", str(checkpoint))
    assert (status, err) == (0, "")
    assert out.startswith("unet, input 1x1x48x48\n")
    options = {"width": 5, "depth": 2, "out_channels": 3}
    assert f"parameters    {count_parameters('unet', options):,}" in out
    assert run(capsys, "summary", str(checkpoint), "--size", "32x40")[1].startswith(
        "unet, input 1x1x32x40\n"
    )


def test_a_checkpoint_has_its_own_options(capsys, checkpoint):
    with pytest.raises(SystemExit):
        main(["summary", str(checkpoint), "--width", "3"])
    assert "--width" in capsys.readouterr().err


def test_a_file_that_names_no_network(capsys, tmp_path):
    for content in (b"", b"x" * 100):
        (tmp_path / "x").write_bytes(content)
        status, _, err = run(capsys, "summary", str(tmp_path / "x"))
        assert status == 1
        assert "is not a minigrad checkpoint" in err
    save_checkpoint(tmp_path / "x", {}, {"model": "unet"})
    assert "names no network" in run(capsys, "summary", str(tmp_path / "x"))[2]


def test_models_is_a_table_at_80_columns(capsys):
    status, out, _ = run(capsys, "models")
    assert status == 0
    lines = out.splitlines()
    assert max(map(len, lines)) <= 80
    for name, model in MODELS.items():
        (line,) = [line for line in lines if f"{line} ".startswith(f"{name} ")]
        assert (f"{name} *" in line) == (name in DEFAULTS)
        assert f" {count_parameters(name, {}):,} " in line
        assert "x".join(map(str, model.INPUT)) in line
        assert model.SOURCE in line
    assert len(lines) < 32


@pytest.mark.parametrize("name", MODELS)
def test_models_of_one_name_lists_its_options(name, capsys):
    status, out, _ = run(capsys, "models", name)
    assert status == 0
    assert out.startswith(f"{name}: {MODELS[name].TITLE}\n")
    assert f"{count_parameters(name, {}):,} parameters" in out
    for option, default, kind, line in model_options(name):
        flag = option.replace("_", "-")
        assert f"  --{'[no-]' if kind is bool else ''}{flag} " in out
        assert str(default) in out
        assert line
        assert line in " ".join(out.split())
    assert max(map(len, out.splitlines())) <= 80


def test_models_tells_where_training_differs(capsys):
    _, out, _ = run(capsys, "models", "pix2pix", "unet")
    assert re.search(r"--depth +8; minigrad train: 5\n", out)
    assert re.search(r"--upsampling +\w+; of transposed, nearest", out)
    assert "54,410,882 parameters, input 1x256x256, from seed 004 C" in out


def test_models_of_an_unknown_name(capsys):
    with pytest.raises(SystemExit):
        main(["models", "nothing"])
    assert "there are unet" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["models", "pix2pic"])
    assert "did you mean pix2pix?" in capsys.readouterr().err
