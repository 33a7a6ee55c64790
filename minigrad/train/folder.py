"""The folder of a run: made or taken up again, and locked while the run lasts."""

from __future__ import annotations

import itertools
import os
import re
from pathlib import Path
from types import ModuleType, TracebackType

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

__all__ = ["RunFolder", "RunFolderError", "latest_run", "unused_folder"]


class RunFolderError(RuntimeError):
    """A folder that a run cannot use."""


class RunFolder:
    """A folder that one run at a time writes to, as a ``with`` block.

    Parameters
    ----------
    path : path
        Made if it does not exist.
    resume : bool
        Whether a folder that already holds a run is meant to be used.

    Raises
    ------
    RunFolderError
        If the folder holds a run and ``resume`` is not set, if another run is using it, or if it
        cannot be written.
    """

    MARK = "last.safetensors"

    def __init__(self, path: str | os.PathLike, resume: bool = False) -> None:
        self.path = Path(path)
        self.resume = resume

    def __enter__(self) -> RunFolder:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock = open(self.path / "run.lock", "a+", encoding="utf-8")
        except OSError as error:
            raise RunFolderError(
                f"folder {self.path} cannot be written: {error}; choose another with --out"
            ) from error
        self._acquire()
        if self.resume and not (self.path / self.MARK).exists():
            self._lock.close()
            raise RunFolderError(
                f"folder {self.path} holds no {self.MARK} to go on from; leave --resume out to "
                "start a run there"
            )
        if (self.path / self.MARK).exists() and not self.resume:
            self._lock.close()
            raise RunFolderError(
                f"folder {self.path} already holds a run; go on with it (--resume) or choose "
                "another folder (--out)"
            )
        return self

    def _acquire(self) -> None:
        if fcntl is not None:
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                self._lock.seek(0)
                owner = self._lock.read().strip() or "unknown"
                self._lock.close()
                raise RunFolderError(
                    f"folder {self.path} is in use by another run (process {owner}); wait for it, "
                    "or choose another folder (--out)"
                ) from error
        self._lock.truncate(0)
        self._lock.write(f"{os.getpid()}\n")
        self._lock.flush()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lock.close()  # and so unlocks; the file stays, since removing it would be a race

    def __truediv__(self, name: str) -> Path:
        return self.path / name


def unused_folder(base: str | os.PathLike) -> Path:
    """Return the first of base, base-2, base-3, ... that does not exist."""
    base = Path(base)
    numbered = (base.with_name(f"{base.name}-{k}") for k in itertools.count(2))
    return next(path for path in itertools.chain([base], numbered) if not path.exists())


def latest_run(folder: str | os.PathLike, name: str | None = None) -> Path:
    """Return the run in a folder whose last checkpoint is the newest.

    Parameters
    ----------
    folder : path
        Holds the folders of runs.
    name : str, optional
        Look at the folders name, name-2, name-3, ... only.

    Raises
    ------
    RunFolderError
        If none of them holds a run.
    """
    wanted = re.compile(".*" if name is None else re.escape(name) + r"(-[0-9]+)?")
    marks = [
        mark
        for mark in Path(folder).glob(f"*/{RunFolder.MARK}")
        if wanted.fullmatch(mark.parent.name)
    ]
    if not marks:
        raise RunFolderError(
            f"there is no run to go on with or to use: no folder {Path(folder, name or '*')} holds "
            f"{RunFolder.MARK}; train a network first, or name the run (--out, --checkpoint)"
        )
    return max(marks, key=lambda mark: mark.stat().st_mtime_ns).parent
