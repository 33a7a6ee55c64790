"""Options from a TOML file: the command line goes before it, it before the defaults."""

from dataclasses import dataclass, fields

import pytest

from minigrad.train import network_options, run_options
from minigrad.train.config import option
from minigrad.train.run_file import read_run_file, write_run_file

pytestmark = pytest.mark.unit


@dataclass(frozen=True)
class Sample:
    batch_size: int = option(16, "pictures in a step", least=1)
    rate: float = option(0.5, "how fast", above=0)
    betas: list[float] = option([0.9, 0.999], "two means", most=1)  # noqa: RUF009 - a field()
    flip: bool = option(True, "turn around")
    kind: str = option("a", "which one", choices=("a", "b"))


def read(tmp_path, text):
    path = tmp_path / "run.toml"
    path.write_text(text, encoding="utf-8")
    return read_run_file(path, Sample)


def test_values_with_and_without_tables_and_both_spellings(tmp_path):
    text = 'model = "unet"\nbatch-size = 4\nrate = 2\n[training]\nbetas = [0, 0.5]\nflip = false\n'
    wanted = {"model": "unet", "batch_size": 4, "rate": 2.0, "betas": [0.0, 0.5], "flip": False}
    found = read(tmp_path, text)
    assert found == wanted
    assert isinstance(found["rate"], float)
    assert read(tmp_path, "batch_size = 4") == {"batch_size": 4}
    assert read(tmp_path, "") == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("batch-sise = 4", "batch_sise is unknown; did you mean batch_size?"),
        ("zzz = 4", "zzz is unknown; there are batch_size, rate"),
        ("[trainig]\nrate = 1", r"table \[trainig\] is unknown; did you mean training?"),
        ("rate = 1\n[training]\nrate = 2", "rate stands there twice"),
        ("rate = 0", r"rate \(=0\) must be greater than 0"),
        ("rate = nan", "finite"),
        ('rate = "fast"', "of type float"),
        ("batch-size = 2.5", "of type int"),
        ("batch-size = true", "of type int"),
        ("betas = 0.9", "a list"),
        ("betas = [0.9, 2]", "at most 1"),
        ('kind = "c"', "one of a, b"),
        ("flip = 1", "of type bool"),
        ("model = 3", "of type str"),
        ("rate = [", "is not TOML"),
    ],
)
def test_what_a_file_may_not_say(tmp_path, text, message):
    with pytest.raises(ValueError, match=rf"run\.toml.*{message}"):
        read(tmp_path, text)


def test_all_that_is_wrong_is_said_at_once(tmp_path):
    with pytest.raises(ValueError, match="x is unknown") as caught:
        read(tmp_path, 'x = 1\nrate = 0\nkind = "c"')
    assert str(caught.value).count("must be") == 2


def test_bytes_that_are_no_text(tmp_path):
    (tmp_path / "run.toml").write_bytes(b"rate = 1 # \xff\xfe")
    with pytest.raises(ValueError, match="is not TOML"):
        read_run_file(tmp_path / "run.toml", Sample)


def test_what_is_written_is_read(tmp_path):
    run, form = run_options("unet"), network_options("unet")
    odd = 'a "quoted" \\ name\nof é'
    given = {"epochs": 3, "lr": 1e-5, "betas": [0.5, 0.999], "flip": False, "data": [odd]}
    path = tmp_path / "run.toml"
    write_run_file(path, "unet", {**given, "side": None}, {"width": 4})
    assert read_run_file(path, run, form) == {"model": "unet", **given, "width": 4}
    path.write_text('data = "bundled"', encoding="utf-8")
    assert read_run_file(path, run, form) == {"data": ["bundled"]}
    everything = {f.name: getattr(run(), f.name) for f in fields(run)}
    write_run_file(path, "unet", everything)
    found = read_run_file(path, run, form)
    assert run(**{k: v for k, v in found.items() if k != "model"}) == run()
