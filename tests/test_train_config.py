"""Options as dataclasses: the command line made from them, and what a file may hold."""

from dataclasses import asdict, dataclass, fields

import pytest

from minigrad.train import ColorizationOptions, network_options, run_options
from minigrad.train.config import from_dict, option, parse
from minigrad.train.defaults import DEFAULTS

pytestmark = pytest.mark.unit

REAL = [
    ColorizationOptions,
    *(f(name) for name in DEFAULTS for f in (run_options, network_options)),
]


@dataclass(frozen=True)
class Sample:
    count: int = option(3, "how many [pieces]", least=1, most=9, group="numbers")
    rate: float = option(0.5, "how fast, in % of all", above=0)
    flip: bool = option(True, "turn around")
    loud: bool = option(False, "say more")
    kind: str = option("a", "which one", choices=("a", "b"))
    folder: str | None = option(None, "where", metavar="DIR", group="files")
    limit: int | None = option(None, "at most")
    names: list[str] | None = option(None, "whom", metavar="NAME")  # noqa: RUF009 - a field()


def test_defaults_and_every_type():
    assert parse(Sample, []) == Sample()
    line = "--count 4 --rate 2 --no-flip --loud --kind b --folder x --limit 7 --names u v"
    wanted = Sample(4, 2.0, False, True, "b", "x", 7, ["u", "v"])
    assert parse(Sample, line.split()) == wanted


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--count 0", "argument --count: 0 must be at least 1"),
        ("--count 10", "10 must be at most 9"),
        ("--count 1.5", "invalid whole number value: '1.5'"),
        ("--rate 0", "0 must be greater than 0"),
        ("--rate nan", "nan must be finite"),
        ("--rate inf", "inf must be finite"),
        ("--rate fast", "invalid number value"),
        ("--kind c", "invalid choice: 'c'"),
        ("--colour x", "unrecognized arguments"),
        ("--names", "expected at least one argument"),
    ],
)
def test_what_a_user_gets_wrong(line, message, capsys):
    with pytest.raises(SystemExit) as caught:
        parse(Sample, line.split())
    assert caught.value.code == 2
    assert message in capsys.readouterr().err


def help_of(kind, capsys):
    with pytest.raises(SystemExit) as caught:
        parse(kind, ["--help"], "What it does.")
    assert caught.value.code == 0
    return " ".join(capsys.readouterr().out.split())


def test_help_tells_everything(capsys):
    text = help_of(Sample, capsys)
    for part in (
        "What it does.",
        "numbers: --count N how many [pieces] (default: 3)",
        "--rate X how fast, in % of all (default: 0.5)",
        "--flip, --no-flip turn around (default: yes)",
        "--loud say more (default: no)",
        "--kind {a,b} which one (default: a)",
        "files: --folder DIR where",
        "--names NAME [NAME ...] whom",
    ):
        assert part in text


@pytest.mark.parametrize("kind", REAL)
def test_help_of_the_real_options_explains_each(kind, capsys):
    text = help_of(kind, capsys)
    for field in fields(kind):
        assert f"--{field.name.replace('_', '-')}" in text
        assert len(field.metadata["help"].split()) >= 4


@pytest.mark.parametrize("kind", [*REAL, Sample])
def test_options_come_back_from_a_file(kind):
    assert from_dict(kind, asdict(kind()), "file") == kind()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"size": 3}, "size is unknown"),
        ({"count": "4"}, r"count \(='4'\) must be of type int"),
        ({"count": 4.0}, "of type int"),
        ({"count": True}, "of type int"),
        ({"count": None}, "of type int"),
        ({"count": 0}, "at least 1"),
        ({"rate": float("nan")}, "finite"),
        ({"flip": 1}, "of type bool"),
        ({"kind": "c"}, "one of a, b"),
        ({"names": ["x", 3]}, "of type str"),
        ({"folder": 3}, "of type str"),
        ({"names": "x"}, "a list"),
    ],
)
def test_values_that_a_file_may_not_hold(values, message):
    with pytest.raises(ValueError, match=f"run.toml: .*{message}"):
        from_dict(Sample, values, "run.toml")


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(ValueError, match=r"x is unknown.*must be") as caught:
        from_dict(Sample, {"x": 1, "count": 0, "kind": "c"}, "file")
    assert str(caught.value).count(";") == 2
