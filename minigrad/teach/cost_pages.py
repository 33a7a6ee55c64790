"""The pages of `cost`: formulas, numbers, counting rules, times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minigrad.teach.cost_formulas import formula, put, quantities, sympy, totals
from minigrad.teach.cost_layers import RULES, macs
from minigrad.teach.cost_report import Report, plain
from minigrad.teach.cost_time import Timing

__all__ = ["formula_pages", "number_pages", "rule_pages", "time_pages"]

_MEANINGS = {
    "NIC": "input channels",
    "NF": "width",
    "NC": "output channels",
    "k": "side of a kernel (odd)",
    "H": "height of the picture",
    "W": "its width",
}
_TITLES = {
    "weights": "weights",
    "outputs": "outputs",
    "connections": "connections",
    "dense": "multiply-adds",
    "taps": "on real pixels",
}


def formula_pages(report: Report, cost: Any) -> None:
    """The formulas of each layer, and their sums."""
    report.heading("Formulas")
    layers = [layer for layer in cost.symbolic if layer.multiplies]
    each, sums = [quantities(layer) for layer in layers], totals(layers)
    letters = sorted({str(s) for e in sums.values() if e is not None for s in e.free_symbols})
    meanings = [f"{letter} {_MEANINGS[letter]}" for letter in _MEANINGS if letter in letters]
    report.paragraph("; ".join(meanings) + ". Without biases and batch normalisation.")
    report.table(
        ("layer", "weights", "outputs", "multiply-adds"),
        [
            [
                layer.name,
                *(formula(found[name]) for name in ("weights", "outputs", "dense")),
            ]
            for layer, found in zip(layers, each, strict=True)
        ],
    )
    report.line(f"weights = {plain(formula(sums['weights']))}")
    report.line(f"outputs = {plain(formula(sums['outputs']))}")
    report.line(f"connections = {plain(formula(sums['connections']))}")
    report.line(f"multiply-adds = {plain(formula(sums['dense']))}")
    if sums["taps"] is not None:
        k = cost.values.get("k")
        exact = formula(put(sums["taps"], {"k": k} if k else {}))
        given = f" (k = {k})" if k else ""
        report.line(f"on real pixels{given} = {plain(exact)}")
    _connections(report, layers, each)


def _connections(report: Report, layers: Sequence[Any], each: Sequence[dict[str, Any]]) -> None:
    """Where 'connections' are not the work: the transposed convolutions with a stride."""
    wrong = [
        [
            layer.name,
            formula(found["connections"]),
            formula(found["dense"]),
            f"{sympy.simplify(found['connections'] / found['dense'])} x too high",
        ]
        for layer, found in zip(layers, each, strict=True)
        if layer.transposed and sympy.simplify(found["connections"] - found["dense"]) != 0
    ]
    if not wrong:
        return
    report.paragraph(
        "Connections are weights times OUTPUT positions. In a transposed convolution each weight "
        "meets each INPUT once, so there they are not the work that is done:"
    )
    report.table(("layer", "connections", "multiply-adds", "connections are"), wrong)


def number_pages(report: Report, cost: Any) -> None:
    """Each case in numbers, and what the formulas say when its size is put in."""
    for case, ((H, W), layers) in enumerate(cost.cases):
        given = ", ".join(f"{letter} = {value}" for letter, value in cost.values.items())
        report.heading(f"{H} x {W}" + (f", {given}" if given else ""))
        sums = totals([layer for layer in cost.symbolic or [] if layer.multiplies])
        known = {**cost.values, "H": H, "W": W}
        if put(sums["dense"], known) != cost.total("dense", case=case):
            if cost.symbolic:
                report.paragraph(
                    "The formulas do not hold at this size: the network pads it, or halves a side "
                    "that is odd."
                )
        else:
            for name in ("outputs", "connections", "dense"):
                filled = formula(put(sums[name], {"H": H, "W": W}))
                report.line(f"{_TITLES[name]} = {plain(filled)}")
        report.line(f"weights = {cost.total('weights', case=case):,}, without biases and all else")
        rows: list[list[Any]] = [
            [
                layer.name,
                _kind(layer),
                layer.parameters,
                layer.outputs,
                macs(layer, "dense"),
                macs(layer, "taps"),
            ]
            for layer in layers
            if layer.multiplies
        ]
        others = sum(layer.extra for layer in layers)
        if others:
            rows.append(["others", "", others, "-", 0, 0])
        names = ("parameters", "outputs", "dense", "taps")
        rows.append(["total", "", *(cost.total(name, case=case) for name in names)])
        headers = ("layer", "kind", "parameters", "outputs", "multiply-adds", "on real pixels")
        report.table(headers, rows, strong=(len(rows) - 1,))


def _kind(layer: Any) -> str:
    """Such as "3x3 /2" for a kernel of 3 and a stride of 2, "3x3 x2" if transposed."""
    (KH, KW), (S, _) = layer.kernel, layer.stride
    if layer.kind == "linear":
        return "linear"
    stride = "" if S == 1 else f" {'x' if layer.transposed else '/'}{S}"
    return f"{KH}x{KW}{stride}" + ("" if layer.groups == 1 else f" g{layer.groups}")


def rule_pages(report: Report, cost: Any) -> None:
    """The four rules side by side, each with its count and its reason."""
    (H, W), _ = cost.cases[0]
    report.heading(f"Multiply-adds by four rules, {H} x {W}")
    rows, counts = [], cost.counts()
    real = cost.total("taps") or 1
    for name, rule in RULES.items():
        row: list[Any] = [rule.title]
        for step in cost.passes:
            row.append(cost.total(name, step))
        rows.append([*row, round(cost.total(name) / real, 3)])
    report.table(("rule", "forward", "input gradient", "weight grad.", "/ real"), rows)
    wrong = [key for key, value in counts.items() if cost.total(*key) != value]
    every = len(RULES) * len(cost.passes)
    if wrong:
        report.paragraph(f"A COUNT DISAGREES with its formula, please report this: {wrong}")
    elif counts:
        those = "all" if len(counts) == every else f"{len(counts)} of {every}"
        report.paragraph(
            f"Counted, too ({those} of these numbers): the textbook loops ran on numbers that "
            "count their products, on each layer's own geometry. Every count agrees."
            + (" The picture's own gradient is not needed and left out." if cost.begins else "")
        )
    for rule in RULES.values():
        report.paragraph(f"{rule.title} ({rule.users}). {rule.reason}")


def time_pages(report: Report, timings: Sequence[Timing]) -> None:
    """Predicted beside measured times; the layers that only pass numbers on are one row."""
    ceiling = timings[0].ceiling
    report.heading("Time of one picture's forward pass [ms]")
    report.paragraph(
        f"This machine, {ceiling.threads} threads, measured now: {ceiling.micro_kernel:.0f} GFLOP/s"
        f" in the matrix product, {ceiling.bandwidth:.0f} GB/s from memory. Predicted: the longer "
        "of multiply-adds (2 operations each) at the first and numbers moved at the second."
    )
    measured = timings[0].measured is not None
    main = [timing for timing in timings if timing.layer.multiplies]
    rest = [timing for timing in timings if not timing.layer.multiplies]
    rows = [_time_row(timing.layer.name, [timing], measured) for timing in main]
    if rest:
        rows.append(_time_row(f"{len(rest)} others", rest, measured))
    rows.append(_time_row("total", timings, measured))
    headers = ["layer", "work", "traffic", "predicted"]
    headers += ["measured", "/ predicted"] if measured else []
    report.table(tuple(headers), rows, strong=(len(rows) - 1,))
    if measured:
        least = 1e3 * min(timing.measured or 0.0 for timing in main or timings)
        report.paragraph(
            "What the prediction leaves out is what every call costs, however little it computes: "
            f"here at most {least:.2f} ms, the shortest of these layers. On small maps that is "
            "nearly all."
        )


def _time_row(name: str, timings: Sequence[Timing], measured: bool) -> list[Any]:
    sums = [
        1e3 * sum(getattr(timing, part) for timing in timings)
        for part in ("work", "traffic", "predicted")
    ]
    row: list[Any] = [name, *(f"{value:.3f}" for value in sums)]
    if measured:
        found = 1e3 * sum(timing.measured or 0.0 for timing in timings)
        row += [f"{found:.3f}", f"{found / sums[2]:.1f}" if sums[2] else "-"]
    return row
