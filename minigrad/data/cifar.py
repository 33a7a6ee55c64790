"""CIFAR-10 in its binary version: 60,000 pictures of 32 x 32 in ten classes.

Krizhevsky (2009), "Learning multiple layers of features from tiny images". The download page offers
three versions. This reads "CIFAR-10 binary version (suitable for C programs)", unpacked or as the
archive cifar-10-binary.tar.gz. The "python version" is made of pickles, which can run any program
when they are opened; it is refused.

A file is a row of records of 3,073 bytes::

    label  R, 32 x 32 row by row   G                 B
    1      1024                    1024              1024
"""

from __future__ import annotations

import os
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import numpy as np

from minigrad.data.folders import check_choice
from minigrad.data.pictures import is_gray, shown
from minigrad.data.records import Picture

__all__ = ["CIFAR10_CLASSES", "CifarError", "cifar10_pictures", "load_cifar10"]

CIFAR10_CLASSES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
"""What the labels 0 to 9 mean."""

_SIDE = 32
_RECORD = 1 + 3 * _SIDE * _SIDE
_LARGEST = 100_000 * _RECORD  # ten times a file of the original
_PARTS = {
    "train": tuple(f"data_batch_{k}.bin" for k in range(1, 6)),
    "test": ("test_batch.bin",),
}
_PARTS["all"] = _PARTS["train"] + _PARTS["test"]
_REMEDY = "give the folder or the archive of CIFAR-10's binary version (cifar-10-binary.tar.gz)"


class CifarError(ValueError):
    """Files that are not CIFAR-10's binary version."""


def load_cifar10(path: str | os.PathLike, part: str = "train") -> tuple[np.ndarray, np.ndarray]:
    """Read CIFAR-10.

    Parameters
    ----------
    path : path-like
        The folder that holds the .bin files or the folder cifar-10-batches-bin; the archive
        cifar-10-binary.tar.gz; or one .bin file.
    part : {"train", "test", "all"}
        data_batch_1.bin ... data_batch_5.bin, those of them that are there; test_batch.bin; or all.
        Of a single file this asks nothing.

    Returns
    -------
    tuple of numpy.ndarray
        Pictures (N, 32, 32, 3), uint8, RGB, and labels (N,), int64, in [0, 10).

    Raises
    ------
    CifarError
        No such files, the version made of pickles, a size that is not a number of records, a label
        above 9, or a damaged archive. The message names file, cause and remedy.
    """
    check_choice("load_cifar10", "part", part, tuple(_PARTS))
    records = [_records(name, data) for name, data in _files(Path(path), _PARTS[part])]
    whole = np.concatenate(records)
    images = whole[:, 1:].reshape(-1, 3, _SIDE, _SIDE).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(images), whole[:, 0].astype(np.int64)


def cifar10_pictures(
    path: str | os.PathLike, part: str = "train", limit: int | None = None
) -> tuple[list[Picture], int]:
    """Read CIFAR-10 as pictures for colorization, without the gray ones.

    Parameters
    ----------
    path, part
        As in `load_cifar10`.
    limit : int, optional
        Take the first N pictures of colour only.

    Returns
    -------
    tuple
        The list of `Picture`, named by number and class, and how many were left out because they
        have no colour (see `is_gray`).

    Raises
    ------
    CifarError
        As `load_cifar10`; or no picture has colour.
    """
    if limit is not None and limit < 1:
        raise ValueError(f"cifar10_pictures: limit={limit} must be 1 or more")
    pictures, gray = [], 0
    for k, (image, label) in enumerate(zip(*load_cifar10(path, part), strict=True)):
        if is_gray(image):
            gray += 1
            continue
        pictures.append(Picture(f"{part} {k:05} {CIFAR10_CLASSES[label]}", image))
        if len(pictures) == limit:
            break
    if not pictures:
        raise CifarError(f"cifar10_pictures: {shown(path)}: none of {gray} pictures has colour")
    return pictures, gray


def _records(name: str, data: bytes) -> np.ndarray:
    """Return (N, 3073) uint8, checked."""
    if not data or len(data) % _RECORD:
        raise CifarError(
            f"load_cifar10: {name} has {len(data):,} bytes, which is not a number of records of "
            f"{_RECORD:,}: it is cut, or not CIFAR-10 (CIFAR-100 has records of 3,074); {_REMEDY}"
        )
    records = np.frombuffer(data, np.uint8).reshape(-1, _RECORD)
    wrong = np.flatnonzero(records[:, 0] >= len(CIFAR10_CLASSES))
    if wrong.size:
        raise CifarError(
            f"load_cifar10: {name}: record {wrong[0]} has the label {records[wrong[0], 0]}, above "
            f"9: the file is damaged, or not CIFAR-10; {_REMEDY}"
        )
    return records


def _files(path: Path, wanted: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    if path.is_dir():
        found = _in_folder(path, wanted)
    elif not path.exists():
        raise CifarError(f"load_cifar10: {shown(path)} does not exist; {_REMEDY}")
    elif path.suffix == ".bin":
        found = [path]
    else:
        yield from _in_archive(path, wanted)
        return
    for file in found:
        if file.stat().st_size > _LARGEST:
            raise CifarError(f"load_cifar10: {shown(file)} is larger than any of CIFAR-10's files")
        yield shown(file), file.read_bytes()


def _in_folder(folder: Path, wanted: tuple[str, ...]) -> list[Path]:
    for place in (folder, folder / "cifar-10-batches-bin"):
        found = [place / name for name in wanted if (place / name).is_file()]
        if found:
            return found
    names = {file.name for file in (*folder.glob("*"), *folder.glob("cifar-10-batches-py/*"))}
    raise CifarError(_missing(shown(folder), names, wanted))


def _in_archive(path: Path, wanted: tuple[str, ...]) -> list[tuple[str, bytes]]:
    found, names = {}, set()
    try:
        with tarfile.open(path, "r:*") as archive:
            for member in archive:
                name = PurePosixPath(member.name).name
                names.add(name)
                if name in wanted and member.isfile() and member.size <= _LARGEST:
                    file = archive.extractfile(member)
                    found[name] = file.read() if file is not None else b""
            while archive.fileobj is not None and archive.fileobj.read(1 << 20):
                pass  # to the end of the archive, where its checksum is
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise CifarError(
            f"load_cifar10: {shown(path)}: cannot be read as a .tar.gz archive ({error}); copy or "
            f"download it again; {_REMEDY}"
        ) from error
    if not found:
        raise CifarError(_missing(shown(path), names, wanted))
    return [(f"{shown(path)}: {name}", found[name]) for name in wanted if name in found]


def _missing(place: str, names: set[str], wanted: tuple[str, ...]) -> str:
    if names & {"data_batch_1", "test_batch", "batches.meta", "cifar-10-python.tar.gz"}:
        return (
            f"load_cifar10: {place} holds CIFAR-10's python version: pickles, which can run any "
            f"program when they are opened, and are not read here; {_REMEDY}"
        )
    if "cifar-10-binary.tar.gz" in names:
        return f"load_cifar10: {place} holds cifar-10-binary.tar.gz: give that file itself"
    return f"load_cifar10: {place} holds none of {', '.join(wanted)}; {_REMEDY}"
