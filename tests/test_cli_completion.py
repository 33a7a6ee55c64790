"""``minigrad completion``: what bash really offers, and that the other scripts say the same."""

import argparse
import re
import shlex
import shutil
import subprocess

import pytest

from minigrad.cli import main
from minigrad.cli.completion import _catching
from minigrad.cli.main import COMMANDS
from minigrad.models import MODELS
from minigrad.train.defaults import DEFAULTS

pytestmark = pytest.mark.end_to_end


@pytest.fixture(scope="module")
def scripts(tmp_path_factory):
    """The three scripts, by shell."""
    with pytest.MonkeyPatch.context() as patch:
        said = {}
        patch.setattr("builtins.print", lambda text: said.setdefault(shell, text))
        for shell in ("bash", "zsh", "fish"):
            assert main(["completion", shell]) == 0
    return said


LINES = {
    "minigrad ": set(COMMANDS),
    "minigrad ev": {"evaluate"},
    "minigrad train ": set(DEFAULTS),
    "minigrad train pi": {"pix2pix"},
    "minigrad summary ": set(MODELS),
    "minigrad models p": {"pix2pix", "patchgan"},
    "minigrad cost xo": {"xor"},
    "minigrad explain conv_": {"conv_transpose2d"},
    "minigrad train unet --target ": {"ab", "rgb", "palette", "bins"},
    "minigrad train unet --epochs 3 --sched": {"--schedule"},
    "minigrad train unet --no-f": {"--no-flip"},
    "minigrad train colornet --variant ": {"transposed", "upsampling", "unet"},
    "minigrad train unet --var": set(),
    "minigrad summary unet --ups": {"--upsampling"},
    "minigrad evaluate --feat": {"--features"},
    "minigrad completion ": {"bash", "zsh", "fish"},
    "minigrad nothing ": set(),
}


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_bash_offers_what_fits(scripts, tmp_path):
    ask = [scripts["bash"]]
    for line in LINES:
        words = [shlex.quote(word) for word in line.split(" ")]
        ask.append(f"COMP_WORDS=({' '.join(words)}); COMP_CWORD={len(words) - 1}; _minigrad")
        ask.append('echo "${COMPREPLY[*]}"')
    (tmp_path / "ask.sh").write_text("\n".join(ask), encoding="utf-8")
    done = subprocess.run(
        ["bash", "--norc", str(tmp_path / "ask.sh")], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    offered = [set(words.split()) for words in done.stdout.split("\n")]
    for (line, wanted), found in zip(LINES.items(), offered, strict=False):
        assert found == wanted, line


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_other_shells_take_their_script(scripts, shell, tmp_path):
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    (tmp_path / "script").write_text(scripts[shell], encoding="utf-8")
    subprocess.run([shell, "-n", str(tmp_path / "script")], check=True)


def test_every_script_knows_every_command_network_and_option(scripts):
    flags = set(re.findall(r"--[a-z][a-z0-9-]+", scripts["bash"]))
    assert {"--features", "--no-flip", "--target", "--solutions", "--help"} < flags
    for shell, script in scripts.items():
        for word in (*COMMANDS, *MODELS):
            assert re.search(rf"\b{word}\b", script), (shell, word)
    told = set(re.findall(r"^complete .* -l ([a-z0-9-]+)", scripts["fish"], re.MULTILINE))
    assert {f[2:] for f in flags} == told
    assert flags <= set(re.findall(r"--[a-z][a-z0-9-]+", scripts["zsh"]))


def test_quotes_are_closed_in_each_script(scripts):
    for line in scripts["zsh"].splitlines() + scripts["bash"].splitlines():
        if not line.startswith(("#", "complete")):
            shlex.split(line)
    for line in scripts["fish"].splitlines():
        if line.startswith("complete"):
            shlex.split(line.replace("\\'", ""))


def test_parsers_read_again_afterwards():
    with _catching():
        pass
    parser = argparse.ArgumentParser()
    parser.add_argument("--x")
    assert parser.parse_args(["--x", "1"]).x == "1"


def test_an_unknown_shell(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["completion", "powershell"])
    assert stop.value.code == 2
    assert "bash" in capsys.readouterr().err
