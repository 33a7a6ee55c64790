"""Folders of pictures: what is taken, what is refused, what the user is told (57, 66)."""

import numpy as np
import pytest
from PIL import Image

from minigrad.data import (
    BUNDLED,
    FolderError,
    Picture,
    PictureError,
    PictureFiles,
    bundled_pictures,
    is_gray,
    load_folder,
    load_pairs,
    pair_folders,
    rgb_to_lab,
    scan_folder,
)

pytestmark = pytest.mark.unit


def colour(seed, H=20, W=30):
    return np.random.default_rng(seed).integers(0, 256, (H, W, 3), dtype=np.uint8)


def put(path, image):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path)
    return path


@pytest.fixture
def mixed(tmp_path):
    """A folder with two colour pictures, a gray one, and all that lies about in folders."""
    put(tmp_path / "b ü.png", colour(1))
    put(tmp_path / "A.PNG", colour(2))
    put(tmp_path / "gray.png", np.full((20, 30), 90, np.uint8))
    put(tmp_path / ".hidden.png", colour(3))
    (tmp_path / "._b.png").write_bytes(b"what a Mac leaves")
    put(tmp_path / "below" / "c.png", colour(4))
    put(tmp_path / ".cache" / "d.png", colour(5))
    for name in ("notes.txt", "more.TXT", "README"):
        (tmp_path / name).write_text("text")
    return tmp_path


def names(paths):
    return [path.name for path in paths]


def test_a_mixed_folder(mixed):
    scan = scan_folder(mixed)
    assert names(scan.pictures) == ["A.PNG", "b ü.png", "gray.png"]
    assert names(scan.gray) == ["gray.png"]
    assert names(scan.others) == ["README", "more.TXT", "notes.txt"]
    assert scan.refused == ()
    text = str(scan)
    assert "3 pictures" in text
    assert "1 without colour" in text
    assert "2 .txt (more.TXT, notes.txt)" in text
    assert "1 no extension (README)" in text
    assert ".hidden" not in text


def test_subfolders_on_request(mixed):
    scan = scan_folder(mixed, recursive=True)
    assert names(scan.pictures) == ["A.PNG", "b ü.png", "c.png", "gray.png"]


def test_stop_gives_the_whole_list(mixed):
    (mixed / "bad1.jpg").write_bytes(b"\xff\xd8\xff\xe0 cut")
    (mixed / "bad2.gif").write_bytes(b"")
    put(mixed / "tiny.png", colour(6, 3, 3))
    with pytest.raises(FolderError, match="3 of 6 pictures are refused") as caught:
        scan_folder(mixed)
    assert names(error.path for error in caught.value.refused) == [
        "bad1.jpg",
        "bad2.gif",
        "tiny.png",
    ]
    for name in ("bad1.jpg", "bad2.gif: the file is empty", "tiny.png: 3 x 3 pixels", "skip"):
        assert name in str(caught.value)


def test_skip_counts_them(mixed):
    (mixed / "bad.jpg").write_bytes(b"\xff\xd8\xff\xe0 cut")
    scan = scan_folder(mixed, "skip")
    assert len(scan.pictures) == 3
    assert len(scan.refused) == 1
    assert "1 refused:\n" in str(scan)
    assert "bad.jpg" in str(scan)


def test_a_long_list_is_cut(tmp_path):
    for k in range(25):
        (tmp_path / f"{k:02}.png").write_bytes(b"x")
    with pytest.raises(FolderError, match=r"... and 15 more") as caught:
        scan_folder(tmp_path, "skip")
    assert len(caught.value.refused) == 25


def test_an_empty_folder_names_itself_and_the_extensions(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"film")
    with pytest.raises(FolderError) as caught:
        scan_folder(tmp_path)
    for part in (str(tmp_path), ".jpeg .jpg", "1 .mp4 (a.mp4)"):
        assert part in str(caught.value)


def test_pictures_one_floor_below_are_pointed_out(tmp_path):
    put(tmp_path / "color" / "x" / "1.png", colour(1))
    (tmp_path / "empty").mkdir()
    with pytest.raises(FolderError, match="in its subfolders color: give one of these"):
        scan_folder(tmp_path)


def test_wrong_folders(tmp_path):
    with pytest.raises(FolderError, match="does not exist"):
        scan_folder(tmp_path / "nowhere")
    path = put(tmp_path / "x.png", colour(1))
    with pytest.raises(FolderError, match="is a file, not a folder"):
        scan_folder(path)
    with pytest.raises(ValueError, match="policy='ignore' is not one of stop, skip"):
        scan_folder(tmp_path, "ignore")


def test_notices_are_collected(tmp_path):
    frames = [Image.fromarray(colour(k)) for k in range(2)]
    frames[0].save(tmp_path / "x.gif", save_all=True, append_images=frames[1:])
    scan = scan_folder(tmp_path)
    assert len(scan.notices) == 1
    assert "x.gif: holds several frames" in str(scan)


# -- loading ------------------------------------------------------------------


def test_load_folder_leaves_out_gray_pictures(mixed):
    pictures, scan = load_folder(mixed)
    assert [picture.name for picture in pictures] == ["A.PNG", "b ü.png"]
    assert (pictures[1].image == colour(1)).all()
    assert len(scan.gray) == 1
    assert len(load_folder(mixed, colourless="keep")[0]) == 3
    assert load_folder(mixed, recursive=True)[0][2].name == "below/c.png"


def test_a_folder_without_colour(tmp_path):
    put(tmp_path / "x.png", np.full((20, 30), 90, np.uint8))
    with pytest.raises(FolderError, match="has colour"):
        load_folder(tmp_path)


def test_load_folder_shrinks_and_never_enlarges(tmp_path):
    put(tmp_path / "large.png", colour(1, 40, 100))
    put(tmp_path / "small.png", colour(2, 12, 10))
    pictures, _ = load_folder(tmp_path, side=20)
    assert [picture.image.shape for picture in pictures] == [(20, 50, 3), (12, 10, 3)]


def test_picture_checks_its_arrays():
    with pytest.raises(ValueError, match=r"not \(H, W, 3\) and uint8"):
        Picture("x", np.zeros((8, 8, 3)))
    with pytest.raises(ValueError, match="gray has shape"):
        Picture("x", colour(1), gray=np.zeros((8, 8), np.uint8))


# -- two folders, seed 004 ----------------------------------------------------


@pytest.fixture
def two_folders(tmp_path):
    for k in range(3):
        put(tmp_path / "color" / f"{k}.png", colour(k))
        put(tmp_path / "gray" / f"{k}.jpg", np.full((20, 30), 60 * k, np.uint8))
    return tmp_path


def test_pairs_are_matched_by_name(two_folders):
    pairs = pair_folders(two_folders)
    assert [(c.parent.name, c.name, g.parent.name, g.name) for c, g in pairs] == [
        ("color", f"{k}.png", "gray", f"{k}.jpg") for k in range(3)
    ]
    pictures, left_out = load_pairs(pairs)
    assert left_out == []
    assert [picture.name for picture in pictures] == ["0", "1", "2"]
    assert (pictures[1].image == colour(1)).all()
    assert (pictures[2].gray == 120).all()


def test_pairs_in_folders_of_other_names(two_folders):
    (two_folders / "gray").rename(two_folders / "old")
    with pytest.raises(FolderError, match="no subfolder called gray or grey"):
        pair_folders(two_folders)
    assert len(pair_folders(two_folders, gray="old")) == 3


@pytest.mark.parametrize("folder", ["color", "gray"])
def test_a_picture_without_twin(two_folders, folder):
    put(two_folders / folder / "alone.png", colour(9))
    with pytest.raises(FolderError, match=rf"1 of 4 pictures in .*{folder} have no twin.*alone"):
        pair_folders(two_folders)


def test_two_pictures_of_one_name(two_folders):
    put(two_folders / "gray" / "0.png", colour(9))
    with pytest.raises(FolderError, match="have one name"):
        pair_folders(two_folders)


def test_pairs_that_do_not_fit(two_folders):
    put(two_folders / "gray" / "1.jpg", np.zeros((20, 31), np.uint8))
    put(two_folders / "gray" / "2.jpg", colour(1))
    pairs = pair_folders(two_folders)
    with pytest.raises(FolderError, match="2 of 3 pictures are refused"):
        load_pairs(pairs)
    pictures, left_out = load_pairs(pairs, "skip")
    assert [picture.name for picture in pictures] == ["0"]
    assert [error.cause for error in left_out] == [
        "H, W = (20, 31), but its colour twin has (20, 30)",
        "has colour",
    ]


def test_colour_pictures_without_colour_are_left_out_of_pairs(two_folders):
    put(two_folders / "color" / "1.png", np.full((20, 30, 3), 77, np.uint8))
    pairs = pair_folders(two_folders)
    pictures, left_out = load_pairs(pairs)
    assert len(pictures) == 2
    assert [error.cause for error in left_out] == ["has no colour"]
    assert len(load_pairs(pairs, colourless="keep")[0]) == 3


# -- whole pictures from disk -------------------------------------------------


def test_picture_files_resizes_in_rgb(two_folders):
    pairs = pair_folders(two_folders)
    dataset = PictureFiles([c for c, _ in pairs], (10, 15))
    lightness, ab = dataset[2]
    assert lightness.shape == (1, 10, 15)
    assert ab.shape == (2, 10, 15)
    assert lightness.dtype == ab.dtype == np.float32
    averaged = colour(2).reshape(10, 2, 15, 2, 3).astype(float).mean(axis=(1, 3))
    lab = rgb_to_lab(np.round(averaged) / 255)
    assert np.abs((lightness[0] + 1) * 50 - lab[..., 0]).max() < 1.0  # a level of rounding
    assert len(dataset) == 3


def test_picture_files_takes_the_lightness_from_the_gray_twin(two_folders):
    lightness, ab = PictureFiles(pair_folders(two_folders), (10, 15))[2]
    wanted = rgb_to_lab(np.full((1, 1, 3), 120, np.uint8))[0, 0, 0] / 50 - 1
    assert np.allclose(lightness, wanted, atol=1e-5)
    assert np.abs(ab).max() > 0.1


def test_picture_files_refuses(two_folders):
    with pytest.raises(ValueError, match="0 files"):
        PictureFiles([], (8, 8))
    put(two_folders / "gray" / "1.jpg", np.zeros((20, 31), np.uint8))
    dataset = PictureFiles(pair_folders(two_folders), (10, 15))
    with pytest.raises(PictureError, match=r"1\.jpg: H, W"):
        dataset[1]


# -- bundled pictures ---------------------------------------------------------


def test_the_bundled_photographs_need_no_network(monkeypatch):
    def refuse(*args):
        raise AssertionError("a bundled picture must not need the network")

    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("socket.getaddrinfo", refuse)
    pictures = bundled_pictures()
    assert [picture.name for picture in pictures] == list(BUNDLED)
    assert not any(is_gray(picture.image) for picture in pictures)
    assert all(min(picture.image.shape[:2]) >= 300 for picture in pictures)
    assert len({picture.scene for picture in pictures}) == 8


def test_bundled_pictures_by_name():
    assert [picture.name for picture in bundled_pictures(["rocket", "cat"])] == ["rocket", "cat"]
    with pytest.raises(ValueError, match="dog: unknown; there are astronaut, cat"):
        bundled_pictures(["dog"])
