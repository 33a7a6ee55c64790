"""Single operations and two old questions, costed: up-sampling, and separable convolution.

=================  ==================================================  ========================
story              question                                            values
=================  ==================================================  ========================
conv2d, ...        weights, outputs and work of one layer              C O k s p d op G bias H W
linear             the same                                            C O bias
upsampling         seed 003: is nearest up-sampling linear in n?       n c s k O
separable          seed 002, problem 6: is separable always smaller?   B C N k H W
=================  ==================================================  ========================
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from minigrad.kernels.geometry import conv2d_output_size, conv_transpose2d_output_size
from minigrad.teach.cost import Cost
from minigrad.teach.cost_formulas import check_sympy, formula, sympy
from minigrad.teach.cost_layers import Layer, counted_macs, macs
from minigrad.teach.cost_pages import number_pages, rule_pages
from minigrad.teach.cost_report import Report, plain
from minigrad.teach.count import count_upsampling

__all__ = ["STORIES", "Story", "story"]


@dataclass
class Story:
    """A report, the formulas in it, and the numbers it comes to."""

    report: Report
    formulas: list[tuple[str, Any]] = field(default_factory=list)
    numbers: dict[str, Any] = field(default_factory=dict)

    def add(self, name: str, expression: Any, title: str = "") -> None:
        """Add a formula, as a line of the report, too."""
        self.formulas.append((title or name, expression))
        shortest = min(formula(expression), expression, key=lambda e: len(plain(e)))
        self.report.line(f"{title or name} = {plain(shortest)}")

    def __str__(self) -> str:
        return str(self.report)

    def to_html(self) -> str:
        """The report as one piece of HTML."""
        return self.report.to_html()

    def _repr_html_(self) -> str:
        return self.to_html()

    def to_latex(self) -> str:
        """The formulas as LaTeX."""
        rows = [
            f"\\text{{{name}}} &= {sympy.latex(formula(expression))}"
            for name, expression in self.formulas
        ]
        return "\\begin{align*}\n" + " \\\\\n".join(rows) + "\n\\end{align*}"


def story(name: str, **values: Any) -> Story:
    """Cost one operation.

    Raises
    ------
    ValueError
        An unknown story or value, or sizes that do not fit.

    Examples
    --------
    >>> story("conv2d", C=3, O=3, k=7).numbers["parameters"]
    444
    >>> story("upsampling", n=4, c=3, s=2).numbers["written"]
    192
    """
    check_sympy()
    if name not in STORIES:
        raise ValueError(f"cost: there is no {name!r}; there are {', '.join(STORIES)}")
    tell, defaults = STORIES[name]
    unknown = sorted(set(values) - set(defaults))
    if unknown:
        raise ValueError(
            f"cost {name}: {', '.join(unknown)} is unknown; there are {', '.join(defaults)}"
        )
    wrong = [key for key, value in values.items() if not isinstance(value, int)]
    if wrong:
        raise ValueError(f"cost {name}: {wrong[0]}={values[wrong[0]]} must be a whole number")
    chosen = {**defaults, **values}
    low = [key for key, value in chosen.items() if value < (key not in ("p", "op", "bias"))]
    if low:
        raise ValueError(f"cost {name}: {low[0]}={chosen[low[0]]} is too small")
    return tell(name, chosen)


def _symbols(names: str) -> tuple[Any, ...]:
    return sympy.symbols(names, positive=True, integer=True)


def _one_layer(kind: str, v: dict[str, int]) -> Story:
    """One layer by the letters of its settings."""
    C, O, k, G, OH, OW, H, W = _symbols("C O k G OH OW H W")
    if kind == "linear":
        layer = Layer(kind, kind, (v["C"], v["O"]), (1, 1), (1, 1), bias=bool(v["bias"]))
        weights, small, outputs = C * O, 1, O
    else:
        k_, s, p, d = (v["k"],) * 2, (v["s"],) * 2, (v["p"],) * 2, (v["d"],) * 2
        size = v["H"], v["W"]
        if v["C"] % v["G"] or v["O"] % v["G"]:
            raise ValueError(f"cost {kind}: G={v['G']} must divide C={v['C']} and O={v['O']}")
        if kind == "conv2d":
            output = conv2d_output_size(size, k_, s, p, d)
        else:
            output = conv_transpose2d_output_size(size, k_, s, p, v["op"], d)
        channels = v["C"], v["O"]
        layer = Layer(kind, kind, channels, size, output, k_, s, p, d, v["G"], bool(v["bias"]))
        weights, outputs = C * O * k**2 / (G if v["G"] > 1 else 1), O * OH * OW
        small = H * W if layer.transposed else OH * OW
    costs = Cost(f"{kind}: what it costs", [(layer.input, [layer])], begins=False)
    told = Story(Report(costs.title))
    told.add("weights", weights)
    if layer.bias:
        told.add("parameters", weights + O)
    told.add("outputs", outputs)
    told.add("multiply-adds", weights * small)
    if layer.transposed:
        told.add("connections", weights * OH * OW)
    number_pages(told.report, costs)
    rule_pages(told.report, costs)
    told.numbers = {
        name: costs.total(name) for name in ("parameters", "weights", "outputs", "dense", "taps")
    }
    return told


def _upsampling(name: str, v: dict[str, int]) -> Story:
    """Seed 003: nearest up-sampling, what it writes, and what the convolution after it costs."""
    n, c, s, k, O = _symbols("n c s k O")
    told = Story(Report("Nearest up-sampling of a c x n x n map by s: what it costs"))
    report = told.report
    told.add("read", c * n**2, "numbers in")
    told.add("written", c * n**2 * s**2, "numbers written")
    report.line('"2 c n s, so O(n), linear" (seed 003)')
    rows = []
    for times in (1, 2, 4):
        side = v["n"] * times
        tally = count_upsampling(v["c"], (side, side), v["s"])
        rows.append(
            [side, v["c"], v["s"], v["c"] * side**2, tally.writes, 2 * v["c"] * side * v["s"]]
        )
    report.table(("n", "c", "s", "numbers in", "written (counted)", "2 c n s"), rows)
    grows = rows[1][4] // rows[0][4]
    report.paragraph(
        f"Counted in the textbook loop. Twice the side, {grows} times the work: linear in the "
        "number of pixels, quadratic in the side n. Each side grows by s, the number of elements "
        f"by s^2 = {v['s'] ** 2}."
    )
    report.heading("What it makes the convolution after it cost")
    C, positions = c, (n * s) ** 2
    told.add("before", C * O * k**2 * n**2, "k x k convolution on the small map")
    told.add("after", C * O * k**2 * positions, "on the up-sampled map")
    taps = v["k"] + v["s"] - 1
    told.add("phases", C * O * (k + s - 1) ** 2 * n**2, "s x s small convolutions instead")
    small = _square("small map", v["c"], v["O"], v["k"], v["n"])
    after = _square("up-sampled map", v["c"], v["O"], v["k"], v["n"] * v["s"])
    merged = Layer(
        "phases", "conv_transpose2d", (v["c"], v["O"]), small.output, after.output, (taps, taps),
        (v["s"],) * 2,
    )  # fmt: skip
    rows2 = [
        [layer.name, macs(layer, "dense"), counted_macs(layer, "dense")]
        for layer in (small, after, merged)
    ]
    report.table((f"{v['k']} x {v['k']} convolution", "multiply-adds", "counted"), rows2)
    share = sympy.Rational(rows2[2][1], rows2[1][1])
    report.paragraph(
        "The copies themselves may be ignored, but not what they do to the next layer: it works on "
        f"{v['s'] ** 2} times as many pixels, and multiplies each copy anew. Copies that meet the "
        f"same weights can be added up first: {v['s']} x {v['s']} small convolutions on the small "
        f"map, together one transposed convolution of kernel {taps}, do with {share} of the "
        "multiplications and give the same numbers."
    )
    told.numbers = {
        "read": rows[0][3],
        "written": rows[0][4],
        "seed": rows[0][5],
        "before": rows2[0][1],
        "after": rows2[1][1],
        "phases": rows2[2][1],
    }
    return told


def _square(name: str, C: int, O: int, k: int, side: int) -> Layer:
    """A convolution that keeps a square map's size, its zeros counted in."""
    first = (k - 1) // 2
    return Layer(name, "conv2d", (C, O), (side, side), (side, side), (k, k), padding=(first, first))


def _separable(name: str, v: dict[str, int]) -> Story:
    """Seed 002, problem 6: a k x k convolution, or a depthwise one and a 1 x 1."""
    B, C, N, k, H, W = _symbols("B C N k H W")
    told = Story(Report("Vanilla and depthwise separable convolution"))
    report = told.report
    report.paragraph(
        "B pictures, C channels in and N out, k x k kernels without bias, H x W outputs. An "
        "operation is one multiplication or one addition; a sum of n products has n - 1 additions."
    )
    places = B * H * W
    pairs = {
        "vanilla": (N * C * k**2, places * N * (2 * C * k**2 - 1)),
        "depthwise": (C * k**2, places * C * (2 * k**2 - 1)),
        "pointwise": (C * N, places * N * (2 * C - 1)),
    }
    for part, (weights, operations) in pairs.items():
        told.formulas += [(f"{part} weights", weights), (f"{part} operations", operations)]
    report.table(
        ("convolution", "weights", "operations"),
        [[part, formula(w), sympy.factor(o)] for part, (w, o) in pairs.items()],
    )
    ratio = sympy.expand((C * k**2 + C * N) / (N * C * k**2))
    told.add("ratio", ratio, "separable / vanilla weights")
    known = {B: v["B"], C: v["C"], N: v["N"], k: v["k"], H: v["H"], W: v["W"]}
    numbers = {
        part: [int(expression.subs(known)) for expression in found] for part, found in pairs.items()
    }
    rows: list[list[Any]] = []
    for part, (weights, operations) in numbers.items():
        layer = _part(part, v)
        products = v["B"] * counted_macs(layer, "dense")
        counted = 2 * products - v["B"] * layer.outputs
        rows.append([part, weights, operations, counted])
    both = [numbers["depthwise"][i] + numbers["pointwise"][i] for i in (0, 1)]
    rows.append(["separable", *both, rows[1][3] + rows[2][3]])
    given = ", ".join(f"{letter} = {value}" for letter, value in v.items())
    report.heading(given)
    report.table(("convolution", "weights", "operations", "counted"), rows)
    fewer = [both[i] < numbers["vanilla"][i] for i in (0, 1)]
    verdict = {True: "fewer", False: "NOT fewer"}
    report.paragraph(
        f"Separable has {verdict[fewer[0]]} weights and {verdict[fewer[1]]} operations here. "
        '"Always less" (seed 002) is not so: weights are fewer only if 1/N + 1/k^2 < 1, '
        "operations only if 1/N - 1/(2 N k^2) + 1/k^2 < 1. Both fail for N = 1 and for k = 1. "
        "H and W are the OUTPUT's sides."
    )
    told.numbers = {
        "vanilla": tuple(numbers["vanilla"]),
        "depthwise": tuple(numbers["depthwise"]),
        "pointwise": tuple(numbers["pointwise"]),
        "separable": tuple(both),
        "counted": tuple(row[3] for row in rows),
        "fewer": tuple(fewer),
    }
    return told


def _part(part: str, v: dict[str, int]) -> Layer:
    C, N, k = v["C"], v["N"], v["k"]
    O, k, G = {"vanilla": (N, k, 1), "depthwise": (C, k, C), "pointwise": (N, 1, 1)}[part]
    side = v["H"], v["W"]
    padding = ((k - 1) // 2,) * 2
    return Layer(part, "conv2d", (C, O), side, side, (k, k), padding=padding, groups=G)


_LAYER = {"C": 1, "O": 1, "k": 3, "s": 1, "p": 0, "d": 1, "G": 1, "bias": 1, "H": 32, "W": 32}
STORIES: dict[str, tuple[Any, dict[str, int]]] = {
    "conv2d": (_one_layer, _LAYER),
    "conv_transpose2d": (_one_layer, {**_LAYER, "s": 2, "p": 1, "op": 1}),
    "linear": (_one_layer, {"C": 1, "O": 1, "bias": 1}),
    "upsampling": (_upsampling, {"n": 4, "c": 3, "s": 2, "k": 3, "O": 1}),
    "separable": (_separable, {"B": 1, "C": 8, "N": 16, "k": 3, "H": 5, "W": 5}),
}
"""Name of a story: what tells it, and its values where none are given."""
