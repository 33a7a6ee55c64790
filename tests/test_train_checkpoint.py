"""Checkpoints: whole or not at all, refused unless they are what they should be; locked folders."""

import errno
import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file

from minigrad import atomic as module
from minigrad.train import (
    CheckpointError,
    RunFolder,
    RunFolderError,
    load_checkpoint,
    load_state,
    save_checkpoint,
)
from minigrad.train.folder import latest_run, unused_folder

OLD = {"w": np.arange(6, dtype=np.float32).reshape(2, 3), "n": np.array(7)}
NEW = {"w": -OLD["w"], "n": np.array(8)}


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "last.safetensors"
    save_checkpoint(path, OLD, {"step": 1})
    return path


def assert_holds(path, arrays, state):
    found, found_state = load_checkpoint(path)
    assert found_state == state == load_state(path)
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        assert found[name].shape == array.shape
        np.testing.assert_array_equal(found[name], array)


@pytest.mark.unit
def test_values_come_back_exactly(tmp_path):
    base = np.arange(24, dtype=np.float64).reshape(2, 3, 4)
    arrays = {
        "fortran": np.asfortranarray(base),
        "turned": base.transpose(2, 0, 1),
        "flipped": base[:, ::-1],
        "strided": base[..., ::2],
        "broadcast": np.broadcast_to(np.float32(3), (2, 2)),
        "scalar": np.array(5, np.int64),
        "empty": np.empty((0, 3), np.float32),
        "bytes": np.arange(5, dtype=np.uint8),
        "odd": np.array([np.nan, np.inf, -0.0, 5e-324]),
    }
    state = {"lr": 0.1 + 0.2, "text": "Grün", "best": float("inf"), "list": [1, None, True]}
    save_checkpoint(tmp_path / "x", arrays, state)
    assert_holds(tmp_path / "x", arrays, state)
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


CALLS = ["open", "write", "flush", "fsync of the file", "replace"]


def failing(monkeypatch, call):
    """Let one of the system calls of a save raise "no space left on device"."""
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def fail(*arguments, **named):
        raise full

    if call == "replace":
        monkeypatch.setattr(module.os, "replace", fail)
    elif call == "fsync of the file":
        monkeypatch.setattr(module.os, "fsync", fail)
    else:
        real = open

        class File:
            def __init__(self, file):
                self.file = file

            def __enter__(self):
                return self

            def __exit__(self, *error):
                self.file.close()

            def write(self, data):
                self.file.write(data[: len(data) // 2])
                if call == "write":
                    raise full

            def flush(self):
                self.file.flush()
                if call == "flush":
                    raise full

        def open_file(*arguments, **named):
            if call == "open":
                raise full
            return File(real(*arguments, **named))

        monkeypatch.setattr(module, "open", open_file, raising=False)


@pytest.mark.unit
@pytest.mark.parametrize("call", CALLS)
def test_a_save_that_fails_leaves_the_old_file_and_nothing_else(path, monkeypatch, call):
    with monkeypatch.context() as patch:
        failing(patch, call)
        with pytest.raises(CheckpointError, match=rf"{path.name}.*\(\d+ bytes\).*No space") as info:
            save_checkpoint(path, NEW, {"step": 2})
    assert isinstance(info.value.__cause__, OSError)
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    assert_holds(path, OLD, {"step": 1})
    save_checkpoint(path, NEW, {"step": 2})
    assert_holds(path, NEW, {"step": 2})


@pytest.mark.unit
def test_a_file_is_on_the_disk_before_it_gets_its_name_and_then_its_folder(path, monkeypatch):
    calls = []
    fsync, replace = os.fsync, os.replace

    def note_fsync(descriptor):
        calls.append("folder" if os.path.isdir(f"/proc/self/fd/{descriptor}") else "file")
        fsync(descriptor)

    def note_replace(source, target):
        calls.append("rename")
        replace(source, target)

    monkeypatch.setattr(module.os, "fsync", note_fsync)
    monkeypatch.setattr(module.os, "replace", note_replace)
    save_checkpoint(path, NEW, {})
    assert calls in (["file", "rename", "folder"], ["file", "rename", "file"])


@pytest.mark.unit
def test_a_link_stays_a_link_to_the_file_that_changes(tmp_path, path):
    link = tmp_path / "other" / "link.safetensors"
    link.parent.mkdir()
    link.symlink_to(path)
    save_checkpoint(link, NEW, {"step": 2})
    assert link.is_symlink()
    assert_holds(path, NEW, {"step": 2})
    assert [p.name for p in link.parent.iterdir()] == [link.name]


@pytest.mark.unit
def test_leftovers_of_the_dead_are_cleaned_and_of_the_living_kept(path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    own, dead, alive, foreign = (
        path.parent / name
        for name in (
            f".{path.name}.{os.getpid()}.tmp",
            f".{path.name}.{gone.pid}.tmp",
            f".{path.name}.{os.getppid()}.tmp",
            ".notes.tmp",
        )
    )
    for leftover in (own, dead, alive, foreign):
        leftover.write_text("half")
    save_checkpoint(path, NEW, {})
    assert [p.exists() for p in (own, dead, alive, foreign)] == [False, False, True, True]


@pytest.mark.unit
def test_a_real_limit_of_the_file_size(path):
    script = (
        "import resource, sys, numpy as np\n"
        "from minigrad.train import save_checkpoint\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))\n"
        "save_checkpoint(sys.argv[1], {'w': np.zeros(10_000)}, {})\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert f"checkpoint {path} could not be written" in done.stderr
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    assert_holds(path, OLD, {"step": 1})


@pytest.mark.property
@given(data=st.data())
def test_a_damaged_file_is_refused_or_reads_as_what_it_was(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("damaged") / "x.safetensors"
    save_checkpoint(path, OLD, {"step": 1})
    whole = path.read_bytes()
    if data.draw(st.booleans(), "cut"):
        path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    else:
        # The header: a flipped bit of a weight is a weight, and no format can tell.
        place = data.draw(st.integers(0, len(whole) - OLD["w"].nbytes - OLD["n"].nbytes - 1))
        bit = 1 << data.draw(st.integers(0, 7))
        path.write_bytes(whole[:place] + bytes([whole[place] ^ bit]) + whole[place + 1 :])
    try:
        arrays, _ = load_checkpoint(path, {"w": (2, 3), "n": ()})
    except CheckpointError as error:
        message = str(error)
    else:  # the bit was in the JSON of the state, or of a name
        assert arrays.keys() >= OLD.keys()
        message = str(path)
    assert str(path) in message


@pytest.mark.unit
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "damaged"),
        (b"hello", "damaged"),
        (b"\xff" * 64, "damaged"),
        (np.random.default_rng(0).bytes(1000), "damaged"),
        ((10**15).to_bytes(8, "little") + b"{}", "damaged"),
    ],
)
def test_what_is_no_checkpoint_is_refused(tmp_path, content, reason):
    path = tmp_path / "x.safetensors"
    path.write_bytes(content)
    for read in (load_checkpoint, load_state):
        with pytest.raises(CheckpointError, match=f"x.safetensors.*{reason}"):
            read(path)


@pytest.mark.unit
def test_foreign_newer_and_broken_files_say_what_they_are(tmp_path):
    good = {"format": "minigrad checkpoint", "version": "2", "state": "{}"}
    cases = {
        "foreign": ({}, "not written by minigrad"),
        "other": ({**good, "format": "x"}, "not written by minigrad"),
        "newer": ({**good, "version": "3"}, "format 3, this minigrad reads 2"),
        "version": ({**good, "version": "new"}, "damaged"),
        "json": ({**good, "state": "{"}, "damaged"),
        "list": ({**good, "state": "[]"}, "damaged"),
        "nothing": ({"format": "minigrad checkpoint", "version": "2"}, "damaged"),
    }
    for name, (metadata, reason) in cases.items():
        path = tmp_path / name
        save_file(OLD, path, metadata)
        with pytest.raises(CheckpointError, match=f"{name} .*{reason}"):
            load_checkpoint(path)


@pytest.mark.unit
def test_a_missing_file_and_a_folder(tmp_path):
    with pytest.raises(CheckpointError, match=r"none\.safetensors does not exist"):
        load_checkpoint(tmp_path / "none.safetensors")
    with pytest.raises(CheckpointError):
        load_checkpoint(tmp_path)
    with pytest.raises(CheckpointError, match=r"could not be written"):
        save_checkpoint(tmp_path / "no" / "folder", OLD, {})


@pytest.mark.unit
def test_shapes_are_compared_all_at_once(path):
    with pytest.raises(CheckpointError) as caught:
        load_checkpoint(path, {"w": (3, 2), "v": (1,), "n": ()})
    assert "v is missing" in str(caught.value)
    assert "w has shape (2, 3), expected (3, 2)" in str(caught.value)


# -- folders ------------------------------------------------------------------------------


@pytest.mark.unit
def test_a_folder_that_holds_a_run_is_only_taken_to_go_on(tmp_path):
    with RunFolder(tmp_path / "a" / "b") as folder:
        (folder / "last.safetensors").touch()
    with pytest.raises(RunFolderError, match=r"already holds a run.*--resume.*--out"), folder:
        pass
    with RunFolder(folder.path, resume=True):
        pass
    with (
        pytest.raises(RunFolderError, match=r"holds no last.safetensors"),
        RunFolder(tmp_path / "empty", resume=True),
    ):
        pass


HOLD = (
    "import sys\nfrom minigrad.train import RunFolder\n"
    "with RunFolder(sys.argv[1]): print('ready', flush=True); sys.stdin.read()\n"
)


@pytest.mark.unit
def test_a_folder_in_use_is_refused_until_its_run_is_gone(tmp_path):
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], **pipes) as other:
        assert other.stdout.readline() == "ready\n"
        with (
            pytest.raises(RunFolderError, match=rf"in use by another run \(process {other.pid}\)"),
            RunFolder(tmp_path),
        ):
            pass
        other.send_signal(signal.SIGKILL)
        other.wait()
    with RunFolder(tmp_path):
        pass


@pytest.mark.unit
def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(RunFolderError, match=r"cannot be written.*--out"),
        RunFolder(tmp_path / "file" / "x"),
    ):
        pass


@pytest.mark.unit
def test_unused_and_latest_folders(tmp_path):
    base = tmp_path / "unet"
    assert unused_folder(base) == base
    with pytest.raises(RunFolderError, match="no run to go on with"):
        latest_run(tmp_path, "unet")
    for k, name in enumerate(("unet", "unet-2", "unet-wide", "unet-3")):
        (tmp_path / name).mkdir()
        if name != "unet-3":
            mark = tmp_path / name / "last.safetensors"
            mark.write_text(json.dumps(k))
            os.utime(mark, (1000 + k, 1000 + k))
    assert unused_folder(base) == tmp_path / "unet-4"
    assert latest_run(tmp_path, "unet") == tmp_path / "unet-2"
    assert latest_run(tmp_path) == tmp_path / "unet-wide"
