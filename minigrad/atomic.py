"""Files that are whole, the old one or the new, whatever happens while they are written."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

__all__ = ["replace_file"]


def replace_file(path: str | os.PathLike, data: bytes) -> None:
    """Write ``data`` under a temporary name, flush it to the disk, and rename it to ``path``.

    A link stays a link: the file that it names is replaced.  What an earlier, killed process left
    behind under a temporary name of this file is removed.

    Raises
    ------
    OSError
        If the file cannot be written; an older file of that name is then unchanged.
    """
    target = Path(os.path.realpath(path))  # the folder that is flushed is the one written to
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        for leftover in target.parent.glob(f".{target.name}.*.tmp"):
            _remove_if_abandoned(leftover)
        _write(temporary, data)
        os.replace(temporary, target)
        _flush_folder(target.parent)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def _remove_if_abandoned(temporary: Path) -> None:
    """Remove a temporary file whose process is gone (or is this one)."""
    owner = temporary.name.split(".")[-2]
    if owner.isdigit() and int(owner) != os.getpid():
        try:
            os.kill(int(owner), 0)
        except ProcessLookupError:
            pass
        except OSError:
            return
        else:
            return
    temporary.unlink(missing_ok=True)


def _write(path: Path, data: bytes) -> None:
    """Write a file, and wait until it is on the disk."""
    with open(path, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _flush_folder(path: Path) -> None:
    """Wait until a folder's entries are on the disk."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:  # Windows does not open folders
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
