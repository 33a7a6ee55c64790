r"""Answers as people write them: products with their sum, counts as arithmetic, shapes.

2*1 + 0*(-1) + ... = 2 - 1 + 1 = 2      products of a cell, each line of the way
32*(64*3*3 + 1) = 18,464                 a count, with its arithmetic
16 x 32 x 32, (None, 32, 32, 16)         a shape
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

__all__ = ["Counts", "Products", "evaluate", "read_counts", "read_products"]

_SIGNS = {
    "\u2212": "-", "\u00b7": "*", "\u22c5": "*", "\u00d7": "*", "\\cdot": "*", "\\times": "*",
    "\u2217": "*", "\\left": "", "\\right": "", "\\,": "", "\\;": "", "\\!": "", "$": "", "&": "",
    "\\\\": " ", "\\": "", "\u2009": "", "\u202f": "", "^": "**",
}  # fmt: skip
_BINARY: dict[type, Callable] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Pow: operator.pow,
}


@dataclass(frozen=True)
class Products:
    """The products of one cell as they were written.

    Attributes
    ----------
    factors : list of (a, b) or of (p,)
        In the order of writing; one number where no product was written out.
    sums : list of numbers
        What each side of an equals sign comes to, from the products on.
    """

    factors: list[tuple[Fraction, ...]]
    sums: list[Fraction]


@dataclass(frozen=True)
class Counts:
    """A count or a shape as it was written.

    Attributes
    ----------
    sides : list of tuple of numbers
        The numbers between equals signs; a shape has several.
    texts : list of str
    """

    sides: list[tuple[Fraction, ...]]
    texts: list[str]


def _plain(text: str) -> str:
    """Arithmetic in ASCII, decorations left out."""
    text = re.sub(r"\\(?:cancel|boxed|mathbf|text|fbox)\b", "", text)
    text = re.sub(r"\\[td]?frac\{([^{}]+)\}\{([^{}]+)\}", r"((\1)/(\2))", text)
    for sign, plain in _SIGNS.items():
        text = text.replace(sign, plain)
    text = text.replace("{", "(").replace("}", ")")
    return re.sub(r"(?<=\d),\s?(?=\d{3}(?!\d))", "", text).strip().strip(".")


def _tree(text: str) -> ast.expr:
    try:
        return ast.parse(" ".join(text.split()), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ValueError(f"{text.strip()!r} is not arithmetic such as 2*3 + 4*(-1)") from None


def _value(node: ast.expr) -> Fraction:
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return Fraction(str(node.value))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        value = _value(node.operand)
        return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        left, right = _value(node.left), _value(node.right)
        if isinstance(node.op, ast.Pow) and not (right.denominator == 1 and 0 <= right <= 64):
            raise ValueError(f"the power {right} is not among 0, 1, ..., 64")
        if isinstance(node.op, ast.Div | ast.FloorDiv) and right == 0:
            raise ValueError("it divides by zero")
        return Fraction(_BINARY[type(node.op)](left, right))
    raise ValueError(f"{ast.unparse(node)!r} is not a number, a sum or a product")


def evaluate(text: str) -> Fraction:
    r"""What an arithmetic expression comes to, exactly.

    Raises
    ------
    ValueError
        It is anything else than numbers, ``+ - * / // **`` and brackets.

    Examples
    --------
    >>> evaluate("32*(64*3^2 + 1)"), evaluate("11, 329, 414, 656")
    (Fraction(18464, 1), Fraction(11329414656, 1))
    """
    return _value(_tree(_plain(text)))


def _summands(node: ast.expr, sign: int = 1) -> list[tuple[int, ast.expr]]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        last = sign if isinstance(node.op, ast.Add) else -sign
        return [*_summands(node.left, sign), *_summands(node.right, last)]
    return [(sign, node)]


def read_products(text: str) -> Products:
    r"""Read the products of a cell, and the sums written after them.

    Raises
    ------
    ValueError
        If it is not a sum.

    Examples
    --------
    >>> found = read_products(r"2 \cdot 1 + 0 \cdot (-1) = 2 + 0 = 2")
    >>> [tuple(map(int, pair)) for pair in found.factors], [int(s) for s in found.sums]
    ([(2, 1), (0, -1)], [2, 2, 2])
    """
    text = re.sub(r"^\s*\w+\s*[\[_({][^=]*=", "", text)  # y[0,1] = ...
    sides = [side for side in _plain(text).split("=") if side.strip()]
    if not sides:
        raise ValueError("there are no products; write 2*1 + 0*(-1) + ... = 2")
    if not re.search(r"[*+]", sides[0]):
        sides[0] = " + ".join(f"({word})" for word in re.split(r"[\s,;]+", sides[0].strip()))
    tree = _tree(sides[0])
    factors: list[tuple[Fraction, ...]] = []
    for sign, node in _summands(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
            factors.append((sign * _value(node.left), _value(node.right)))
        else:
            factors.append((sign * _value(node),))
    return Products(factors, [_value(tree), *(evaluate(side) for side in sides[1:])])


def read_counts(text: str) -> Counts:
    """Read a count or a shape; arithmetic is worked out.

    Raises
    ------
    ValueError
        It is neither.

    Examples
    --------
    >>> [tuple(map(int, side)) for side in read_counts("4 x 5 x 6 = 120").sides]
    [(4, 5, 6), (120,)]
    >>> read_counts("(None, 32, 32, 16)").sides == [(32, 32, 16)]
    True
    """
    sides, texts = [], []
    for part in text.split("="):
        if part.strip():
            sides.append(_side(part))
            texts.append(part.strip())
    if not sides:
        raise ValueError("there is no number in the answer")
    return Counts(sides, texts)


def _side(text: str) -> tuple[Fraction, ...]:
    inner = re.sub(r"\bNone\b\s*,?|^(\s*[\[(]\s*)-1\s*,", r"\1", text).strip()
    if re.fullmatch(r"[\[(][^()]*,[^()]*[\])]", inner):
        inner = inner[1:-1]
    words = [word for word in re.split(r"\s*(?:[x\u00d7]|\\times)\s*", inner) if word]
    if len(words) == 1 and "," in inner:
        shape = [word.strip() for word in inner.split(",")]
        if not all(re.fullmatch(r"\d{3}", word) for word in shape[1:]) and all(shape):
            words = shape
    return tuple(evaluate(word) for word in words)
