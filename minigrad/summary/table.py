"""A summary as text: a table that is readable at 80 columns, and totals below it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from minigrad.summary.rows import Row

__all__ = [
    "cells",
    "count",
    "field_of",
    "memory",
    "sides",
    "table_of",
    "text_of",
    "totals",
    "window",
]

_HEADS = ("#", "layer", "from", "window", "output", "parameters", "MACs", "field")


def sides(values: Sequence[Any] | None) -> str:
    """A pair as people write it: one number where both are the same.

    >>> sides((3, 3)), sides((3, 2)), sides(None)
    ('3', '3x2', '')
    """
    if values is None:
        return ""
    if len(set(values)) == 1:
        return str(values[0])
    return "x".join(map(str, values))


def count(number: float) -> str:
    """A large number in three digits and a unit, a small one as it is.

    >>> count(540), count(14_200_000), count(5_981_077_504)
    ('540', '14.2 M', '5.98 G')
    """
    for unit in ("", " k", " M", " G", " T"):
        if number < 999.5 or unit == " T":
            return f"{number:.3g}{unit}" if unit else str(int(number))
        number /= 1000
    raise AssertionError


def memory(size: int | None) -> str:
    """Bytes in KiB, MiB or GiB.

    >>> memory(1000), memory(3_000_000)
    ('1000 B', '2.86 MiB')
    """
    if size is None:
        return "-"
    number = float(size)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if number < 1024 or unit == "GiB":
            break
        number /= 1024
    return f"{number:.0f} B" if unit == "B" else f"{number:,.2f} {unit}"


def window(row: Row) -> str:
    """Kernel, stride and padding, and the settings that are not usual.

    >>> window(Row(1, "", "", kernel=(4, 4), stride=(2, 2), padding=(1, 1)))
    'k4 s2 p1'
    """
    if row.kernel is None:
        return ""
    parts = [f"k{sides(row.kernel)}", f"s{sides(row.stride)}", f"p{sides(row.padding)}"]
    if row.output_padding and any(row.output_padding):
        parts.append(f"op{sides(row.output_padding)}")
    if row.dilation and any(d > 1 for d in row.dilation):
        parts.append(f"d{sides(row.dilation)}")
    if row.groups > 1:
        parts.append(f"g{row.groups}")
    return " ".join(parts)


def field_of(row: Row) -> str:
    """The receptive field; "all" along an axis that is seen from end to end."""
    if row.fields is None:
        return ""
    return sides(["all" if size is None else size for size in row.fields])


def cells(row: Row) -> tuple[str, ...]:
    """A row's texts in the order of the columns, without the names of its sources."""
    parameters = f"= {row.again}" if row.again else f"{row.parameters:,}" if row.parameters else ""
    return (
        str(row.number),
        f"{row.name} {row.kind}".strip(),
        " + ".join(map(str, row.sources)) or "-",
        window(row),
        "x".join(map(str, row.output[1:])) or "-",
        parameters,
        count(row.macs) if row.macs else "",
        field_of(row),
    )


def table_of(summary: Any) -> Table:
    """The rows as a table of rich's."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for head in _HEADS:
        right = head in ("#", "parameters", "MACs", "field")
        fixed = head not in ("layer", "from")
        table.add_column(head, justify="right" if right else "left", no_wrap=fixed, overflow="fold")
    for row in summary.rows:
        table.add_row(*cells(row), style="dim" if not (row.parameters or row.macs) else None)
    return table


def totals(summary: Any) -> list[tuple[str, str]]:
    """The lines below the table: what, and how much."""
    fixed = summary.parameters - summary.trainable
    lines = [
        (
            "parameters",
            f"{summary.parameters:,} ({summary.trainable:,} trainable, {fixed:,} not), "
            f"{memory(summary.parameter_bytes)}",
        ),
        (
            "multiply-adds",
            f"{summary.macs:,}; {summary.exact_macs:,} without padded and cropped taps",
        ),
        ("activations", f"{memory(summary.forward_bytes)} at most to infer"),
    ]
    if summary.backward_bytes is None:
        lines.append(("", f"cannot train on this input: {summary.remark}"))
    else:
        lines.append(("", f"{memory(summary.backward_bytes)} kept for backward, in training"))
    return lines


def text_of(summary: Any, width: int) -> str:
    """The whole summary in plain text."""
    stream = io.StringIO()
    console = Console(file=stream, width=width, color_system=None, highlight=False)
    print_on(summary, console)
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines())


def print_on(summary: Any, console: Console) -> None:
    """Print the whole summary."""
    shapes = ", ".join("x".join(map(str, shape)) for shape in summary.inputs)
    console.print(f"{summary.title}, input {shapes}", markup=False, soft_wrap=True)
    console.print(table_of(summary))
    for what, much in totals(summary):
        console.print(f"{what:14}{much}", markup=False, soft_wrap=True)
    note = "from: rows, 0 is the input; field: receptive field [pixels]"
    if any(row.again for row in summary.rows):
        note += "; = n: row n again"
    console.print(note, markup=False, soft_wrap=True)
