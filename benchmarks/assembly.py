"""The innermost loop of the fast convolution, as the processor sees it: ``python -m
benchmarks.assembly``.

Compiles the gather kernel anew (machine code from the disk cannot be inspected), finds the loop
with the most fused multiply-adds in it, counts its instructions and prints it.  How to read it is
told in docs/ladder.md.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from minigrad.kernels.simd.gather import gather_blocks

from benchmarks.machine import describe, machine_line
from benchmarks.options import finish, new_parser
from benchmarks.tables import markdown
from minigrad import zeros
from minigrad.functional import conv2d

__all__ = ["hottest_loop", "main"]

_SHAPE, _WEIGHT = (2, 64, 57, 57), (64, 64, 3, 3)


def hottest_loop(assembly: str, instruction: str = "fma|fmla") -> list[str]:
    """The loop (a label, and a jump back to it) that has the instruction most often."""
    best: list[str] = []
    most, label, lines = 0, "", []
    for line in map(str.strip, assembly.splitlines()):
        if found := re.match(r"([.\w]+):$", line):
            label, lines = found[1], []
            continue
        if re.match(r"\.|#|$", line):
            continue
        lines.append(re.sub(r"\s+", " ", line))
        if label and re.search(rf"^(j|b\.|cb|tb)\S*\s.*{re.escape(label)}$", line):
            count = sum(bool(re.search(instruction, row)) for row in lines)
            if count > most:
                best, most = list(lines), count
    return best


def main(arguments: Sequence[str] | None = None) -> None:
    parser = new_parser("assembly", __doc__)
    parser.add_argument("--out", type=Path, help="write .json data or .md text to a file")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MINIGRAD_CACHE_DIR"] = folder
        conv2d(zeros(*_SHAPE), zeros(*_WEIGHT), stride=2, padding=1)
    (assembly,) = gather_blocks.inspect_asm().values()
    loop = hottest_loop(assembly)
    counts = Counter(row.split(" ")[0] for row in loop)
    rows = [[name, count] for name, count in counts.most_common()]
    listing = "\n".join(f"    {row}" for row in loop)
    text = f"{machine_line()}\n\n{listing}\n\n{markdown(['instruction', 'times'], rows)}"
    finish(options, text, {"machine": describe(), "loop": loop})


if __name__ == "__main__":
    main()
