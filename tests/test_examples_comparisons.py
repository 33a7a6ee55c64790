"""examples/comparisons.py, at toy size: what it prints, and what it leaves behind."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from minigrad.data import landscape

pytestmark = pytest.mark.end_to_end

ROOT = Path(__file__).resolve().parent.parent
METHODS = ["gray", "mean colour"] + [
    f"{name}, {when}"
    for name in ("Lab", "Lab + noise", "RGB")
    for when in ("early stop", "to the end")
]


def run(tmp_path, *arguments):
    return subprocess.run(
        [sys.executable, ROOT / "examples" / "comparisons.py", "--quick", *map(str, arguments)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "80"},
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_a_table_and_a_sheet(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for k in range(4):
        Image.fromarray(landscape(0, k, (32, 48))).save(folder / f"{k}.png")
    done = run(tmp_path, "--data", folder, "--size", 16, "--out", "x")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    rows = json.loads((tmp_path / "x" / "comparisons.json").read_text(encoding="utf-8"))
    assert [row["name"] for row in rows] == METHODS
    for row in rows:
        line = next(
            line for line in done.stdout.splitlines() if line.strip().startswith(row["name"] + " ")
        )
        for side, keys in (("train", ("psnr", "ab_error")), ("held_out", tuple(row["held_out"]))):
            for key in keys:
                value = row[side][key]
                assert (f"{value:.2f}" if value >= 2 else f"{value:.3f}") in line
    gray = rows[0]
    assert gray["held_out"]["colourfulness_ratio"] < 0.02
    assert "best inf: 10 log10(1 / MSE)" in done.stdout
    with Image.open(tmp_path / "x" / "comparisons.png") as image:
        assert image.size == (8 * 134 + 6, 40 + 6 * 134)


def test_a_wrong_folder_is_one_line(tmp_path):
    done = run(tmp_path, "--data", "nowhere")
    assert done.returncode == 1
    assert done.stderr.startswith("error: open_data: there is no folder nowhere; give bundled")
