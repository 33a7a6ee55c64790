"""Runs a command line of the pages in this process and catches what it prints.

No Sphinx here: the tests run the same function.
"""

from __future__ import annotations

import contextlib
import io
import os
import runpy
import shlex
import shutil
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

from minigrad.cli.main import main as minigrad

__all__ = ["Ran", "run_line"]

ROOT = Path(__file__).resolve().parents[2]
FILES = ROOT / "docs" / "_files"
"""What a command may read: it runs in a copy of this folder."""

# The same lines on every machine: no colours, one width, one place for the kernels.
_ENVIRONMENT = {"COLUMNS": "80", "LINES": "40", "NO_COLOR": "1", "TERM": "dumb"}


@dataclass(frozen=True)
class Ran:
    """What a command did: exit status, what it printed, the text files it wrote."""

    status: int
    output: str
    files: dict[str, str] = field(default_factory=dict)


def run_line(line: str) -> Ran:
    """Run ``minigrad ...`` or ``python SCRIPT ...`` (a path from the project's root).

    Parameters
    ----------
    line : str
        The command line; quotes and backslashes at line ends as in a shell, nothing else.

    Returns
    -------
    Ran
        Standard output and standard error are one text, as on a terminal.

    Raises
    ------
    ValueError
        If it is no such command.
    """
    words = shlex.split(line.replace("\\\n", " "))
    text = io.StringIO()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "here")
        shutil.copytree(FILES, folder)
        given = set(folder.rglob("*"))
        with (
            contextlib.chdir(folder),
            mock.patch.dict(os.environ, _ENVIRONMENT),
            contextlib.redirect_stdout(text),
            contextlib.redirect_stderr(text),
        ):
            status = _run(words)
        written = {
            path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
            for path in sorted(set(folder.rglob("*")) - given)
            if path.suffix in {".html", ".json", ".md", ".svg", ".tex", ".txt"}
        }
    lines = [row.rstrip() for row in text.getvalue().rstrip().splitlines()]
    return Ran(status, "\n".join(lines), written)


def _run(words: list[str]) -> int:
    try:
        match words:
            case ["minigrad", *rest]:
                return minigrad(rest)
            case ["python", script, *rest]:
                with mock.patch.object(sys, "argv", [script, *rest]):
                    runpy.run_path(str(ROOT / script), run_name="__main__")
                return 0
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
            return 1
        return int(end.code or 0)
    raise ValueError(f"{' '.join(words)!r}: a page shows 'minigrad ...' or 'python SCRIPT ...'")
