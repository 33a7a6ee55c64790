"""A network's formulas as LaTeX."""

from __future__ import annotations

from typing import Any

from minigrad.teach.cost_formulas import formula, put, quantities, sympy, totals

__all__ = ["latex"]

_NAMES = {
    "weights": "Weights",
    "outputs": "Outputs (activation elements)",
    "connections": "Connections (weights $\\times$ output positions)",
    "dense": "Multiply-adds (weights $\\times$ positions of the small map)",
}


def latex(cost: Any) -> str:
    """The formulas of each layer and their sums: four blocks, with each case put in.

    Raises
    ------
    ValueError
        Where there are no formulas.
    """
    if cost.symbolic is None:
        raise ValueError("cost: formulas need a network by its name, such as colornet")
    letters = {str(s): sympy.Symbol(_spelled(str(s))) for s in _symbols(cost)}
    rename = {s: letters[str(s)] for s in _symbols(cost)}

    def write(expression: Any) -> str:
        return sympy.latex(formula(sympy.sympify(expression).subs(rename)))

    layers = [layer for layer in cost.symbolic if layer.multiplies]
    each, sums = [quantities(layer) for layer in layers], totals(layers)
    parts = []
    for quantity, title in _NAMES.items():
        parts.append(f"\\paragraph{{{title}}}\n\\begin{{align*}}")
        for layer, found in zip(layers, each, strict=True):
            name = layer.name.replace("_", "\\_")
            parts.append(f"\\text{{{name}:}}\\quad & {write(found[quantity])} \\\\")
        parts.append(f"\\text{{sum:}}\\quad & {write(sums[quantity])}\n\\end{{align*}}")
        if quantity != "weights":
            for (H, W), _ in cost.cases:
                parts.append(
                    f"At ${H} \\times {W}$: ${write(put(sums[quantity], {'H': H, 'W': W}))}$."
                )
    return "\n".join(parts)


def _symbols(cost: Any) -> list[Any]:
    found = {
        s for value in totals(cost.symbolic).values() for s in sympy.sympify(value).free_symbols
    }
    return sorted(found, key=str)


def _spelled(letter: str) -> str:
    return letter if len(letter) == 1 else f"\\mathrm{{{letter}}}"
