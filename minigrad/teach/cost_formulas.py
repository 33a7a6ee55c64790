"""The costs of a network as polynomials in its letters, with SymPy (the extra ``cost``).

NIC   input channels      k     side of the kernels (odd)
NF    width               H W   sides of the picture
NC    output channels
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from minigrad.teach.cost_layers import Layer, macs, real_taps
from minigrad.teach.cost_network import straight_lines

try:
    import sympy
except ModuleNotFoundError:  # the extra "cost" is not installed
    sympy = None

__all__ = [
    "check_sympy",
    "exact_taps",
    "formula",
    "put",
    "quantities",
    "symbolic_layers",
    "sympy",
    "totals",
]

QUANTITIES = ("weights", "outputs", "connections", "dense", "taps")
_PAIRS = ("channels", "input", "output", "kernel", "padding")


def check_sympy() -> None:
    """Say what to install where SymPy is missing.

    Raises
    ------
    ModuleNotFoundError
        If it is.
    """
    if sympy is None:
        raise ModuleNotFoundError(
            "cost: formulas need SymPy; from minigrad's folder: pip install -e '.[cost]'"
        )


def symbolic_layers(
    build: Any, base: Mapping[str, int], steps: Mapping[str, int], usual: Sequence[Layer]
) -> list[Layer]:
    """A network's layers with expressions for numbers.

    Parameters
    ----------
    build : callable
        ``build(NF=..., H=..., ...)`` returns the layers with numbers.
    base, steps : dict
        Values of the letters to try from, and by how much to change them.
    usual : list of Layer
        As they are with the usual numbers; a number that does not grow in a straight line is taken
        from here.
    """
    check_sympy()
    line = straight_lines(build, base, steps)
    letters = {name: sympy.Symbol(name, positive=True, integer=True) for name in steps}

    def number(field: str, layer: int, axis: int) -> Any:
        found = line(field, layer, axis)
        if found is None:
            value = getattr(usual[layer], field)
            return value[axis] if isinstance(value, tuple) else value
        return sum(
            sympy.Rational(slope.numerator, slope.denominator) * letters.get(name, 1)
            for name, slope in found.items()
        )

    def pairs(layer: int) -> dict[str, Any]:
        return {field: (number(field, layer, 0), number(field, layer, 1)) for field in _PAIRS}

    return [
        replace(
            layer,
            **pairs(i),
            groups=number("groups", i, 0),
            extra=number("extra", i, 0),
        )
        for i, layer in enumerate(usual)
    ]


def exact_taps(axis: Sequence[Any]) -> Any:
    """`real_taps` along one axis as an expression: kernel times positions, less what is lost.

    For maps that are larger than the kernel; None where no polynomial of degree 2 in k says it.
    """
    K, small = axis[2], axis[1]
    letters = sorted({s for part in axis for s in sympy.sympify(part).free_symbols}, key=str)
    k = next((s for s in letters if str(s) == "k"), None)
    tried = [1, 3, 5, 7, 9, 11] if k is not None else [0]

    def lost(value: int, side: int) -> Any:
        put = dict.fromkeys(letters, side) | ({k: value} if k is not None else {})
        H, OH, *rest = (int(sympy.sympify(part).subs(put)) for part in axis)
        return rest[0] * OH - real_taps(H, OH, *rest)

    losses = [{lost(value, side) for side in (1024, 3072)} for value in tried]
    if any(len(found) > 1 for found in losses):
        return None
    points = [found.pop() for found in losses]
    if k is None:
        return K * small - points[0]
    polynomial = sympy.interpolate(list(zip(tried[:3], points[:3], strict=True)), k)
    if any(polynomial.subs(k, value) != point for value, point in zip(tried, points, strict=True)):
        return None
    return K * small - polynomial


def quantities(layer: Layer) -> dict[str, Any]:
    """Weights, outputs, connections, dense and exact multiply-adds of a layer (exact or None)."""
    if not layer.multiplies:
        return dict.fromkeys(QUANTITIES, 0)
    taps = [exact_taps(axis) for axis in layer.axes()]
    return {
        "weights": layer.weights,
        "outputs": layer.outputs,
        "connections": macs(replace(layer, bias=False), "positions"),
        "dense": macs(layer, "dense"),
        "taps": None if None in taps else sympy.expand(macs(layer, "taps", taps=taps)),
    }


def totals(layers: Sequence[Layer]) -> dict[str, Any]:
    """The same of all layers together."""
    found = [quantities(layer) for layer in layers]
    parts = {name: [one[name] for one in found] for name in QUANTITIES}
    return {name: None if None in part else sum(part) for name, part in parts.items()}


def formula(expression: Any) -> Any:
    """An expression in the order in which such sums are written: powers of k outside.

    Examples
    --------
    >>> formula(0)
    0
    """
    if isinstance(expression, int) or expression is None:
        return expression
    expanded = sympy.expand(expression)
    k = next((s for s in expanded.free_symbols if str(s) == "k"), None)
    if k is None:
        return expanded
    return sympy.collect(expanded, k)


def put(expression: Any, values: Mapping[str, int]) -> Any:
    """An expression with numbers for some of its letters."""
    if isinstance(expression, int) or expression is None:
        return expression
    return expression.subs({s: values[str(s)] for s in expression.free_symbols if str(s) in values})
