"""The command minigrad: its help, its refusals, and what doctor reports."""

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from minigrad.kernels.simd.instructions import VECTOR_BYTES

from minigrad import get_num_threads, kernels
from minigrad.cli import main
from minigrad.cli.doctor import examine
from minigrad.cli.main import COMMANDS
from minigrad.machine import measure_ceiling

pytestmark = pytest.mark.unit
ROOT = Path(__file__).parents[1]


def test_help_names_every_command(capsys):
    for words in ([], ["--help"], ["-h"], ["help"]):
        assert main(words) == 0
        text = capsys.readouterr().out
        assert all(f"  {name} " in text and purpose in text for name, purpose in COMMANDS.items())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_help_of_its_own(name, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit) as stop:
        import_module(f"minigrad.cli.{name}").main(["--help"])
    assert stop.value.code == 0
    text = capsys.readouterr().out
    assert f"usage: minigrad {name}" in text
    assert [line for line in text.splitlines() if line[:1] > " " and len(line) > 80] == []


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("minigrad 0.")


def test_an_unknown_command_is_refused_with_the_nearest(capsys):
    assert main(["docter"]) == 2
    assert "no command 'docter'; did you mean doctor?" in capsys.readouterr().err
    assert main(["x"]) == 2
    error = capsys.readouterr().err
    assert "there are " in error
    assert "doctor" in error


def test_python_dash_m_minigrad():
    done = subprocess.run(
        [sys.executable, "-m", "minigrad", "x"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 2
    assert done.stderr.startswith("minigrad: there is no command 'x'")


def test_doctor_reports_what_is_there(capsys, monkeypatch):
    monkeypatch.setenv("MINIGRAD_KEEP_MEMORY", "1")
    assert main(["doctor", "--quick", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["environment"]["MINIGRAD_KEEP_MEMORY"] == "1"
    assert report["versions"]["numpy"] == import_module("numpy").__version__
    assert report["kernels"]["backend"] == kernels.backend().__name__.split(".")[-1]
    assert report["kernels"]["vector width"].startswith(f"{8 * VECTOR_BYTES} bits")
    assert report["threads"]["kernels"].startswith(f"{get_num_threads()},")
    assert "measured" not in report


def test_doctor_prints_a_page(capsys):
    assert main(["doctor", "--quick"]) == 0
    text = capsys.readouterr().out
    assert all(f"{section}\n" in text for section in ("machine", "versions", "kernels", "threads"))
    assert f"vector width              {8 * VECTOR_BYTES} bits" in text


@pytest.mark.skipif(kernels.rates.DISABLED, reason="nothing is compiled")
def test_measured_rates_are_those_of_a_machine():
    one = measure_ceiling(1, seconds=0.02)
    assert 0.5 < one.micro_kernel < 5000
    assert 0.5 < one.matmul < 5000
    assert 0.1 < one.bandwidth < 5000
    report = examine(seconds=0.02)
    assert report["measured"]["micro-kernel [GFLOP/s]"] > 0.5
