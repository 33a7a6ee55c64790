"""`open_data` and CIFAR-10's binary files."""

import io
import tarfile

import numpy as np
import pytest
from PIL import Image

from minigrad.data import (
    BUNDLED,
    CIFAR10_CLASSES,
    CifarError,
    FolderError,
    cifar10_pictures,
    landscape,
    load_cifar10,
    open_data,
)

pytestmark = pytest.mark.unit

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (7, 3, 32, 32), dtype=np.uint8)
PIXELS[2] = PIXELS[2, :1]  # a gray one
LABELS = np.array([3, 9, 0, 6, 6, 1, 2], np.uint8)


def batch(some=slice(None)):
    """A file's bytes, record by record."""
    return b"".join(
        bytes([label]) + x.tobytes() for label, x in zip(LABELS[some], PIXELS[some], strict=True)
    )


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "cifar-10-batches-bin"
    place.mkdir()
    (place / "data_batch_1.bin").write_bytes(batch(slice(4)))
    (place / "data_batch_3.bin").write_bytes(batch(slice(4, 6)))
    (place / "test_batch.bin").write_bytes(batch(slice(6, 7)))
    (place / "batches.meta.txt").write_text("\n".join(CIFAR10_CLASSES))
    return place


def packed(path, members):
    with tarfile.open(path, "w:gz") as archive:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def test_cifar_pixels_and_labels(folder, tmp_path):
    archive = packed(
        tmp_path / "cifar-10-binary.tar.gz",
        {f"cifar-10-batches-bin/{path.name}": path.read_bytes() for path in folder.iterdir()},
    )
    for path in (folder, folder.parent, str(archive)):
        images, labels = load_cifar10(path)
        assert images.dtype == np.uint8
        assert labels.tolist() == LABELS[:6].tolist()
        for n, i, j, c in np.ndindex(2, 32, 32, 3):
            assert images[n + 4, i, j, c] == PIXELS[n + 4, c, i, j]
        assert load_cifar10(path, "test")[1].tolist() == [2]
        assert len(load_cifar10(path, "all")[0]) == 7
    assert len(load_cifar10(folder / "data_batch_3.bin")[0]) == 2


def test_cifar_pictures_leave_out_gray_ones(folder):
    pictures, gray = cifar10_pictures(folder)
    assert gray == 1
    assert [picture.name for picture in pictures] == [
        "train 00000 cat",
        "train 00001 truck",
        "train 00003 frog",
        "train 00004 frog",
        "train 00005 automobile",
    ]
    assert (pictures[2].image == PIXELS[3].transpose(1, 2, 0)).all()
    assert len(cifar10_pictures(folder, limit=2)[0]) == 2
    pictures, notes = open_data(f"cifar10:{folder}", limit=3)
    assert len(pictures) == 3
    assert notes == ["1 picture left out: without colour"]


def refused(path, part="train"):
    with pytest.raises(CifarError) as caught:
        load_cifar10(path, part)
    return str(caught.value)


def test_cifar_files_that_do_not_fit(folder, tmp_path):
    file = folder / "data_batch_1.bin"
    whole = file.read_bytes()
    for damaged in (whole[:-1], whole + b"\0", b"", bytes(3074)):
        file.write_bytes(damaged)
        text = refused(folder)
        assert f"data_batch_1.bin has {len(damaged):,} bytes" in text
        assert "CIFAR-100" in text
    file.write_bytes(whole[:3073] + b"\x0a" + whole[3074:])
    assert "record 1 has the label 10, above 9" in refused(folder)
    assert "does not exist" in refused(tmp_path / "nowhere")
    (folder / "test_batch.bin").unlink()
    assert "holds none of test_batch.bin" in refused(folder, "test")


def test_the_pickle_version_is_refused(tmp_path):
    place = tmp_path / "cifar-10-batches-py"
    place.mkdir()
    (place / "data_batch_1").write_bytes(b"\x80\x02}q")
    for path in (tmp_path, place):
        assert "pickles, which can run any program" in refused(path)
    archive = packed(tmp_path / "x.tar.gz", {"cifar-10-batches-py/data_batch_1": b"\x80\x02}q"})
    assert "binary version" in refused(archive)
    assert "pickles" in refused(archive)
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "holds none of data_batch_1.bin" in refused(empty)
    packed(empty / "cifar-10-binary.tar.gz", {})
    assert "give that file itself" in refused(empty)


def test_damaged_archives(folder, tmp_path):
    path = packed(tmp_path / "x.tar.gz", {"a/data_batch_1.bin": batch() * 5})
    data = path.read_bytes()
    for length in (0, 10, len(data) // 2, len(data) - 1):
        path.write_bytes(data[:length])
        assert "cannot be read as a .tar.gz" in refused(path)
    path.write_bytes(data[:-5] + bytes([data[-5] ^ 1]) + data[-4:])  # its checksum
    assert "cannot be read as a .tar.gz" in refused(path)
    path.write_bytes(b"no archive")
    assert "cannot be read as a .tar.gz" in refused(path)


# -- open_data ----------------------------------------------------------------


def colour(seed, H=20, W=30):
    return np.random.default_rng(seed).integers(0, 256, (H, W, 3), dtype=np.uint8)


@pytest.fixture
def folders(tmp_path):
    for k in range(3):
        for name, image in (("warm", colour(k)), ("old", np.full((20, 30), 50 * k, np.uint8))):
            (tmp_path / name).mkdir(exist_ok=True)
            Image.fromarray(image).save(tmp_path / name / f"{k}.png")
    Image.fromarray(np.full((20, 30, 3), 9, np.uint8)).save(tmp_path / "warm" / "9.png")
    Image.fromarray(np.full((20, 30), 9, np.uint8)).save(tmp_path / "old" / "9.png")
    return tmp_path


def test_bundled_and_landscapes():
    pictures, notes = open_data("bundled", side=32, limit=3)
    assert [picture.name for picture in pictures] == list(BUNDLED)[:3]
    assert min(pictures[0].image.shape[:2]) == 32
    assert notes == []
    stereo = [picture.scene for picture in open_data(side=16)[0]]
    assert stereo.count("motorcycle") == 2
    pictures, _ = open_data("landscapes:2:5")
    assert (pictures[1].image == landscape(5, 1)).all()
    assert len(open_data("landscapes", limit=2)[0]) == 2


def test_one_folder(folders):
    pictures, notes = open_data(folders / "warm", side=10)
    assert [picture.name for picture in pictures] == ["0.png", "1.png", "2.png"]
    assert pictures[0].image.shape == (10, 15, 3)
    assert len(notes) == 1
    assert notes[0].startswith("1 picture left out, 1 of them without colour: ")
    assert "9.png: has no colour" in notes[0]
    (folders / "warm" / "bad.png").write_bytes(b"x")
    with pytest.raises(FolderError, match="1 of 5 pictures"):
        open_data(folders / "warm")
    (note,) = open_data([folders / "warm"], policy="skip")[1]
    assert note.startswith("2 pictures left out, 1 of them without colour: ")


def test_two_folders_and_two_subfolders(folders):
    pictures, notes = open_data([str(folders / "warm"), str(folders / "old")])
    assert [int(picture.gray[0, 0]) for picture in pictures] == [0, 50, 100]
    assert "9.png: has no colour" in notes[0]
    (folders / "warm").rename(folders / "Colour")
    (folders / "old").rename(folders / "gray")
    again, _ = open_data(folders)
    assert [int(picture.gray[0, 0]) for picture in again] == [0, 50, 100]
    (folders / "gray" / "2.png").unlink()
    with pytest.raises(FolderError, match="no twin"):
        open_data(folders)


def test_relative_folders_of_those_names(folders, monkeypatch):
    monkeypatch.chdir(folders)
    (folders / "warm").rename("bundled")
    assert len(open_data("./bundled")[0]) == 3
    assert len(open_data("bundled", side=16)[0]) == len(BUNDLED)
    assert len(open_data(["bundled", "old"])[0]) == 3


@pytest.mark.parametrize(
    "spec",
    ["", [], ["a", "b", "c"], "landscapes:x", "landscapes:1:2:3", "landscapes:-1", "cifar10"],
)
def test_specs_that_mean_nothing(spec):
    with pytest.raises(ValueError, match="open_data: "):
        open_data(spec)


def test_a_missing_folder_names_the_choices(tmp_path):
    with pytest.raises(FolderError, match=r"no folder .*nowhere; give bundled .*cifar10:PATH"):
        open_data(tmp_path / "nowhere")
    with pytest.raises(FolderError, match="does not exist"):
        open_data([tmp_path / "nowhere", tmp_path])
    with pytest.raises(ValueError, match="limit=0"):
        open_data(limit=0)
    with pytest.raises(ValueError, match="count=0"):
        open_data("landscapes:0")
