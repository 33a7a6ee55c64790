"""Printed tables of networks: their rows read back.

Three layouts are understood, also several in one text, one after the other:

    Conv2d-2                    [-1, 64, 80, 80]      36,928     batch first, channels first
    Conv_02 (Conv2D)       (None, 128, 128, 128)      73,856     Keras: channels last
    conv2,64x80x80,36928                                         CSV: name, shape, parameters

Lines such as ``Total params: 169,520,256 (646.67 MB)`` are kept to be checked; any other is passed
over.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

__all__ = ["KINDS", "PrintedTable", "Row", "parse_size", "parse_tables"]

KINDS = {
    "conv2d": "conv",
    "conv": "conv",
    "convtranspose2d": "transposed",
    "conv2dtranspose": "transposed",
    "batchnorm2d": "norm",
    "batchnorm": "norm",
    "batchnormalization": "norm",
    "maxpool2d": "pool",
    "maxpooling2d": "pool",
    "avgpool2d": "pool",
    "averagepooling2d": "pool",
    "flatten": "flatten",
    "dense": "linear",
    "linear": "linear",
    "reshape": "reshape",
    "unflatten": "reshape",
    "zeropad2d": "pad",
    "zeropadding2d": "pad",
    "upsample": "upsample",
    "upsampling2d": "upsample",
    "concatenate": "join",
    "concat": "join",
    "cat": "join",
    "join": "join",
    "inputlayer": "input",
    "input": "input",
}
"""Printed type of a layer, in lower case without digits at its end: what is to be found out."""

_ROW = re.compile(
    r"^\s*(?P<name>\S.*?)\s*[\[(](?P<shape>[^\[\]()]*)[\])]\s+(?P<count>\d[\d,]*|--)(?!\S)"
)
_CSV = re.compile(
    r'^\s*"?(?P<name>[^",]+)"?\s*,\s*"?(?P<shape>[\dx× ]+)"?\s*,\s*"?(?P<count>[\d,]+)"?'
)
_TOTAL = re.compile(
    r"(?P<what>[\w -]*params?)\s*:?\s*(?P<count>\d[\d,]*)(?:\s*\((?P<size>[\d.]+)\s*MB)?"
)
_HEADER = re.compile(r"^\s*layer\b", re.I)


@dataclass(frozen=True)
class Row:
    """A printed row: name, kind, (C, H, W) or (C,), and the number of parameters."""

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int

    @property
    def channels(self) -> int:
        """C."""
        return self.shape[0]

    @property
    def sides(self) -> tuple[int, ...]:
        """(H, W), or nothing."""
        return self.shape[1:]

    @property
    def elements(self) -> int:
        """Numbers of one picture's output."""
        return math.prod(self.shape)


@dataclass
class PrintedTable:
    """The rows of one table, and the totals printed under it, by their words."""

    rows: list[Row] = field(default_factory=list)
    totals: dict[str, int] = field(default_factory=dict)
    megabytes: dict[str, float] = field(default_factory=dict)


def parse_tables(text: str, channels_last: bool | None = None) -> list[PrintedTable]:
    """Read every table in a text.

    Parameters
    ----------
    text : str
    channels_last : bool, optional
        By default a shape of three axes in round brackets, behind a ``None``, has them last.

    Raises
    ------
    ValueError
        No row was found.

    Examples
    --------
    >>> [table] = parse_tables("Conv2d-1   [-1, 64, 160, 160]   640")
    >>> table.rows
    [Row(name='Conv2d-1', kind='conv', shape=(64, 160, 160), parameters=640)]
    """
    tables = [PrintedTable()]
    for line in text.splitlines():
        row = _row(line, channels_last)
        if row is not None:
            if tables[-1].totals:
                tables.append(PrintedTable())
            tables[-1].rows.append(row)
        elif _HEADER.match(line) and tables[-1].rows:
            tables.append(PrintedTable())
        elif (found := _TOTAL.search(line)) and tables[-1].rows:
            what = found["what"].strip().lower()
            tables[-1].totals[what] = _integer(found["count"])
            if found["size"]:
                tables[-1].megabytes[what] = float(found["size"])
    tables = [table for table in tables if table.rows]
    if not tables:
        raise ValueError(
            "solve: no row was found; a row is a name, a shape in brackets and a number, such as "
            "'Conv2d-1  [-1, 64, 160, 160]  640', or CSV, such as 'conv1,64x160x160,640'"
        )
    return tables


def parse_size(text: str) -> tuple[int, ...]:
    """Read ``1x160x160``.

    Raises
    ------
    ValueError
        If it is anything else.
    """
    parts = re.split(r"\s*[x×,]\s*", text.strip().lower())
    if not all(part.isdigit() and int(part) > 0 for part in parts):
        raise ValueError(f"solve: give a shape as CxHxW, such as 1x160x160; got {text!r}")
    return tuple(map(int, parts))


def _row(line: str, channels_last: bool | None) -> Row | None:
    printed = _ROW.match(line)
    found = printed or _CSV.match(line)
    if found is None:
        return None
    if printed:
        parts = [part.strip() for part in found["shape"].split(",") if part.strip()]
        if len(parts) < 2 or not all(re.fullmatch(r"-?\d+|None", part) for part in parts):
            return None
        shape = tuple(int(part) for part in parts[1:] if part.isdigit())
        last = "None" in parts if channels_last is None else channels_last
    else:
        shape, last = parse_size(found["shape"]), bool(channels_last)
    if last and len(shape) == 3:
        shape = (shape[2], *shape[:2])
    if not shape or 0 in shape:
        return None
    name = found["name"].strip()
    typed = re.search(r"\((\w+)\)?$", name)
    kind = re.search(r"[a-z_]*[a-z](?:[123]d)?", (typed[1] if typed else name).lower())
    key = "" if kind is None else kind[0].replace("_", "")
    return Row(name.split(" (")[0], KINDS.get(key, "other"), shape, _integer(found["count"]))


def _integer(text: str) -> int:
    return 0 if text == "--" else int(text.replace(",", ""))
