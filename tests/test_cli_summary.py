"""``minigrad summary`` and ``minigrad models``."""

import json

import pytest

from minigrad.cli.main import main
from minigrad.models import MODELS, count_parameters

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
        (("nothing",), "invalid choice"),
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


def test_models_lists_all(capsys):
    status, out, _ = run(capsys, "models")
    assert status == 0
    for name, model in MODELS.items():
        assert f"{name}: {model.TITLE}\n" in out
    assert "54,410,882 parameters, input 1x256x256" in out
    assert "--[no-]pad" in out


def test_models_of_one_name(capsys):
    _, out, _ = run(capsys, "models", "unet")
    assert out.startswith("unet: U-Net\n")
    assert "colornet" not in out


def test_models_of_an_unknown_name(capsys):
    with pytest.raises(SystemExit):
        main(["models", "nothing"])
    assert "there are unet" in capsys.readouterr().err
