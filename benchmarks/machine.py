"""What this machine can do at best, measured: ``python -m benchmarks.machine``.

The rates are those of `minigrad.machine`, for one thread and for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from benchmarks.engines import PEER
from benchmarks.options import add_common_options, finish, new_parser
from benchmarks.tables import markdown
from minigrad.machine import Ceiling, describe_machine, describe_packages, measure_ceiling

__all__ = ["Ceiling", "describe", "machine_line", "main", "measure_ceiling"]


def describe() -> dict[str, Any]:
    """Processor, cores and versions."""
    return describe_machine() | describe_packages(PEER)


def machine_line() -> str:
    """The machine that numbers were measured on, in one line."""
    facts = describe()
    return (
        f"{facts['processor']}, {facts['cores']} cores; Python {facts['python']}, NumPy "
        f"{facts['numpy']}, Numba {facts['numba']}"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = new_parser("machine", __doc__)
    add_common_options(parser, seconds=1.0)
    options = parser.parse_args(arguments)
    facts = describe()
    ceilings = [
        measure_ceiling(threads, options.seconds) for threads in sorted({1, options.threads})
    ]
    rows = [
        [c.threads, f"{c.micro_kernel:.0f}", f"{c.matmul:.0f}", f"{c.bandwidth:.0f}"]
        for c in ceilings
    ]
    header = ["threads", "micro-kernel [GFLOP/s]", "matmul [GFLOP/s]", "bandwidth [GB/s]"]
    text = "\n".join(f"{name}: {value}" for name, value in facts.items())
    data = {"machine": facts, "ceilings": [asdict(c) for c in ceilings]}
    finish(options, f"{text}\n\n{markdown(header, rows)}", data)


if __name__ == "__main__":
    main()
