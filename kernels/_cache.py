"""Compiled kernels on disk: where they are kept, and how a damaged or stale file is told apart.

One folder per *digest*, and the digest covers all that decides the machine code: the text of every
file of ``kernels/``, the versions of Python and Numba, the processor, and Numba's flags.  Change a
line anywhere in ``kernels/`` and the next run compiles into a new folder, so a kernel can never be
older than a function it calls.

    <cache>/minigrad/kernels-<digest>/loops.conv._conv2d-1f0c...

is the file of one kernel for one choice of argument types: 32 bytes SHA-256 of the rest, then the
rest.

A file is written under a temporary name and renamed, so many processes may share a folder.  A
file whose SHA-256 is wrong is replaced.  The files are pickles: a folder that others can write to
is not used.
"""

import contextlib
import hashlib
import logging
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

__all__ = ["KernelCache", "folder_digest", "on_compile"]

_KERNELS = Path(__file__).resolve().parent
_PREFIX = "kernels-"
_DAY = 24 * 60 * 60  # seconds
_KEPT = 8  # newest folders that pruning leaves alone, whatever their age

_log = logging.getLogger("minigrad.kernels")
_compile_hook: Callable[[str], object] | None = None


def on_compile(hook: Callable[[str], object] | None) -> Callable[[str], object] | None:
    """Have ``hook(name)`` called before a kernel is compiled (not when it comes from the cache).

    Compiling happens once per machine and takes seconds; a user interface says so through this.
    ``None`` switches the calls off.  Returns the previous hook.
    """
    global _compile_hook
    previous, _compile_hook = _compile_hook, hook
    return previous


def announce_compilation(name: str) -> None:
    """Tell the hook, if there is one, that the kernel ``name`` is about to be compiled."""
    if _compile_hook is not None:
        _compile_hook(name)


def folder_digest(folder: Path, *circumstances: object) -> str:
    """SHA-256 (32 hex digits of it) of every Python file below ``folder`` and the circumstances."""
    digest = hashlib.sha256(repr(circumstances).encode())
    for path in sorted(folder.rglob("*.py")):
        text = path.read_bytes()
        digest.update(f"{path.relative_to(folder).as_posix()} {len(text)}\n".encode())
        digest.update(text)
    return digest.hexdigest()[:32]


def _cache_home() -> Path:
    """``MINIGRAD_CACHE_DIR``, else ``minigrad`` in the user's cache folder."""
    if chosen := os.environ.get("MINIGRAD_CACHE_DIR"):
        return Path(chosen).expanduser()
    if user_cache := os.environ.get("XDG_CACHE_HOME"):
        return Path(user_cache) / "minigrad"
    return Path.home() / ".cache" / "minigrad"


class KernelCache:
    """The files of one digest's folder.  Any trouble with the disk switches the cache off, once.

    Parameters
    ----------
    circumstances
        Whatever else decides the machine code; part of the digest.
    """

    def __init__(self, *circumstances: object) -> None:
        self.folder: Path | None = None
        try:
            home = _cache_home()
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder = home / (_PREFIX + folder_digest(_KERNELS, *circumstances))
            folder.mkdir(mode=0o700, exist_ok=True)
            self._refuse_shared(folder)
            tempfile.TemporaryFile(dir=folder).close()
            os.utime(folder)
            self.folder = folder
            self._prune(home)
        except (OSError, RuntimeError) as error:
            self._give_up(error)

    def load(self, name: str) -> bytes | None:
        """The bytes stored under ``name``; ``None`` if there are none or they are damaged."""
        if self.folder is None:
            return None
        try:
            stored = (self.folder / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            self._give_up(error)
            return None
        if hashlib.sha256(stored[32:]).digest() != stored[:32]:
            self.discard(name, "its checksum is wrong")
            return None
        return stored[32:]

    def save(self, name: str, data: bytes) -> None:
        """Store ``data`` under ``name``, whole or not at all."""
        if self.folder is None:
            return
        folder = self.folder
        temporary = folder / f".{name[:40]}.{os.getpid()}.{time.monotonic_ns()}"
        try:
            temporary.write_bytes(hashlib.sha256(data).digest() + data)
            os.replace(temporary, folder / name)
        except OSError as error:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            self._give_up(error)

    def discard(self, name: str, reason: str) -> None:
        """Remove a file that cannot be used, and say so."""
        _log.warning("damaged compiled kernel %s in %s (%s): compiling it again",
                     name, self.folder, reason)  # fmt: skip
        if self.folder is not None:
            with contextlib.suppress(OSError):
                (self.folder / name).unlink(missing_ok=True)

    def _give_up(self, error: Exception) -> None:
        self.folder = None
        _log.warning(
            "compiled kernels cannot be kept, so every start compiles them again (%s); "
            "set MINIGRAD_CACHE_DIR to a folder that only you can write", error,
        )  # fmt: skip

    @staticmethod
    def _refuse_shared(folder: Path) -> None:
        """Raise if somebody else could put a pickle there."""
        if os.name != "posix":
            return
        own, home = folder.stat(), folder.parent.stat()
        if own.st_uid != os.getuid() or own.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise PermissionError(f"{folder} can be written by other users")
        if home.st_mode & stat.S_IWOTH and not home.st_mode & stat.S_ISVTX:
            raise PermissionError(f"{folder.parent} can be written by everybody")

    @staticmethod
    def _prune(home: Path) -> None:
        """Delete the folders of earlier digests: all but the newest few, when unused for a day."""
        ages = []
        for other in home.glob(_PREFIX + "*"):
            with contextlib.suppress(OSError):
                ages.append((time.time() - other.stat().st_mtime, other))
        for age, other in sorted(ages)[_KEPT:]:
            if age > _DAY:
                shutil.rmtree(other, ignore_errors=True)
