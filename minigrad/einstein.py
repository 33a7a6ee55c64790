"""Sums of products in Einstein's notation."""

from __future__ import annotations

import math
from typing import Any

from minigrad.errors import SizeError
from minigrad.methods.operands import check_broadcast, need_tensors
from minigrad.tensor import Tensor

__all__ = ["einsum"]

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def einsum(equation: str, *operands: Any) -> Tensor:
    """The sums of products that an equation of letters names.

    A letter stands for an axis; letters that the output (after "->") leaves out are summed over,
    a letter that one tensor has twice is its diagonal, "..." stands for leading axes that
    broadcast.  Without "->" the output has the letters that occur once, in alphabetical order.

    Raises
    ------
    ValueError
        For an equation that does not fit the tensors.

    Examples
    --------
    >>> import minigrad
    >>> minigrad.einsum("ij,jk->ik", minigrad.ones(2, 3), minigrad.ones(3, 4)).shape
    minigrad.Size([2, 4])
    """
    xs = (
        list(operands[0])
        if len(operands) == 1 and not isinstance(operands[0], Tensor)
        else operands
    )
    if not isinstance(equation, str):
        raise TypeError(f"einsum: equation must be a string, got {equation!r}")
    for i, x in enumerate(xs):
        need_tensors("einsum", **{f"operands[{i}]": x})
    terms, output, xs = _parsed(equation.replace(" ", ""), list(xs))
    sizes: dict[str, int] = {}
    for term, x in zip(terms, xs, strict=True):
        for letter, size in zip(term, x.shape, strict=True):
            known = sizes.setdefault(letter, size)
            if known != size and 1 not in (known, size):
                raise SizeError(f"einsum: axis {letter!r} has sizes {known} and {size}")
            sizes[letter] = max(known, size) if 0 not in (known, size) else 0
    if set(output) - set(sizes) or len(set(output)) != len(output):
        raise ValueError(f"einsum: the output {output!r} must name axes of the operands, once each")
    first, x = _diagonal(terms[0], xs[0])
    for i in range(1, len(xs)):
        second, y = _diagonal(terms[i], xs[i])
        later = set(output).union(*terms[i + 1 :])
        first, x = _contracted(first, x, second, y, later)
    summed = tuple(i for i, letter in enumerate(first) if letter not in output)
    x = x.sum(summed) if summed else x
    first = [letter for letter in first if letter in output]
    return x.permute(*(first.index(letter) for letter in output))


def _parsed(equation: str, xs: list[Any]) -> tuple[list[str], str, list[Any]]:
    """The letters of every operand and of the output, with letters instead of "..."."""
    inputs, arrow, output = equation.partition("->")
    terms = inputs.split(",")
    if len(terms) != len(xs):
        raise ValueError(
            f"einsum: equation (={equation!r}) has {len(terms)} terms for {len(xs)} tensors"
        )
    spare = [c for c in _LETTERS if c not in equation]
    most = 0
    for i, (term, x) in enumerate(zip(terms, xs, strict=True)):
        extra = x.ndim - len(term.replace("...", ""))
        if extra < 0 or (extra and "..." not in term):
            raise SizeError(
                f"einsum: term {term!r} does not name the {x.ndim} axes of a tensor of shape "
                f"{tuple(x.shape)}"
            )
        most = max(most, extra if "..." in term else 0)
        terms[i] = term.replace("...", "".join(spare[:extra][::-1]))
    dots = "".join(spare[:most][::-1])
    letters = "".join(terms)
    if not arrow:
        once = sorted(c for c in set(letters) - set(dots) if letters.count(c) == 1)
        output = dots + "".join(once)
    if bad := set(letters + output.replace("...", "")) - set(_LETTERS):
        raise ValueError(f"einsum: equation (={equation!r}) has {bad.pop()!r} in it")
    return terms, output.replace("...", dots), xs


def _diagonal(term: str, x: Any) -> tuple[list[str], Any]:
    """Every letter once: a repeated one becomes a diagonal."""
    letters = list(term)
    for letter in dict.fromkeys(term):
        while letters.count(letter) > 1:
            i = letters.index(letter)
            j = letters.index(letter, i + 1)
            if x.shape[i] != x.shape[j]:
                raise SizeError(f"einsum: axis {letter!r} has sizes {x.shape[i]} and {x.shape[j]}")
            x = x.diagonal(0, i, j)
            letters = [c for k, c in enumerate(letters) if k not in (i, j)] + [letter]
    return letters, x


def _contracted(
    left: list[str], x: Any, right: list[str], y: Any, later: set[str]
) -> tuple[list[str], Any]:
    """The product of two tensors, summed over the letters that nobody needs later."""
    for letters, other in ((left, right), (right, left)):
        alone = [i for i, c in enumerate(letters) if c not in other and c not in later]
        if alone:
            if letters is left:
                x = x.sum(tuple(alone))
            else:
                y = y.sum(tuple(alone))
            letters[:] = [c for i, c in enumerate(letters) if i not in alone]
    batch = [c for c in left if c in right and c in later]
    inner = [c for c in left if c in right and c not in later]
    rows, columns = [c for c in left if c not in right], [c for c in right if c not in left]
    size = {}
    for c in (*left, *right):
        pair = _size(left, x, c), _size(right, y, c)
        size[c] = max(pair) if all(pair) else 0
    for c in batch + inner:
        check_broadcast((_size(left, x, c),), (_size(right, y, c),), "einsum")
    x = x.permute(*(left.index(c) for c in batch + rows + inner))
    y = y.permute(*(right.index(c) for c in batch + inner + columns))
    shape = [[size[c] for c in group] for group in (batch, rows, inner, columns)]
    x = x.expand(*shape[0], *shape[1], *shape[2])
    y = y.expand(*shape[0], *shape[2], *shape[3])
    B, R, K, C = (math.prod(sizes) for sizes in shape)
    z = x.reshape(B, R, K).matmul(y.reshape(B, K, C))
    return batch + rows + columns, z.reshape(*shape[0], *shape[1], *shape[3])


def _size(letters: list[str], x: Any, letter: str) -> int:
    return x.shape[letters.index(letter)] if letter in letters else 1
