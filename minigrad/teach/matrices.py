r"""Matrices as people write them: on a command line, in a file, in LaTeX, in NumPy, in MATLAB.

All of these are the same 2 x 3 matrix::

    1 2 3; 4 5 6                        rows end with ; or a line's end
    1, 2, 3; 4, 5, 6
    [[1, 2, 3], [4, 5, 6]]              NumPy, JSON
    array([[1., 2., 3.], [4., 5., 6.]])
    \begin{bmatrix} 1 & 2 & 3 \\ 4 & 5 & 6 \end{bmatrix}
    random 2x3                          small whole numbers, the same for the same seed
    FILE.txt, FILE.csv, FILE.npy

Deeper brackets give more axes: ``[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]`` has two channels; so does
``1 2; 3 4 | 5 6; 7 8``, and || parts what lies one axis further out: pictures, or filters.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["format_matrix", "format_number", "parse_matrix", "random_matrix"]

_NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?(?:/\d+)?|[-+]?(?:nan|inf)\b")
_RANDOM = re.compile(r"random\s+(\d+(?:\s*[x,]\s*\d+)*)(?:\s+seed\s+(\d+))?")
_SUFFIXES = (".txt", ".csv", ".tsv", ".npy", ".tex", ".json")
MOST = 10**7  # numbers of a matrix


def parse_matrix(text: str, seed: int = 0, name: str = "matrix") -> np.ndarray:
    r"""Read a matrix, or an array with more axes, in any of the notations above.

    Parameters
    ----------
    text : str
        The notation, or the name of a file of one.
    seed : int
        For ``random``, where the text names none.
    name : str
        What the matrix is, for the errors.

    Returns
    -------
    ndarray of float64

    Raises
    ------
    ValueError
        If the text is none of these; rows of different lengths are named.
    FileNotFoundError
        If the text names a file that is not there.

    Examples
    --------
    >>> parse_matrix("1 2 3; 4 5 6").tolist()
    [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    >>> parse_matrix(r"\begin{bmatrix} 1 & -2 \\ 3 & 1/2 \end{bmatrix}").tolist()
    [[1.0, -2.0], [3.0, 0.5]]
    """
    stripped = text.strip()
    if stripped.lower().endswith(_SUFFIXES) and "\n" not in stripped:
        return _from_file(Path(stripped), seed, name)
    if stripped.startswith("random"):
        found = _RANDOM.fullmatch(stripped)
        if not found:
            raise ValueError(f"{name}: write random 4x5, or random 4x5 seed 7; got {stripped!r}")
        sizes = tuple(int(size) for size in re.findall(r"\d+", found[1]))
        return random_matrix(sizes, int(found[2] or seed))
    plain = _without_latex(_without_calls(stripped))
    nested = _brackets(plain, name) if "[" in plain or "(" in plain else _rows(plain, name)
    return _array(nested, name)


def random_matrix(shape: tuple[int, ...], seed: int = 0, largest: int = 4) -> np.ndarray:
    """Whole numbers from -largest to largest without 0, the same for the same seed.

    Examples
    --------
    >>> random_matrix((2, 3), seed=1).tolist() == random_matrix((2, 3), seed=1).tolist()
    True
    """
    if int(np.prod(shape)) > MOST:
        raise ValueError(f"random: {shape} has more than {MOST} numbers; choose smaller sizes")
    values = [number for number in range(-largest, largest + 1) if number]
    return np.random.default_rng(seed).choice(values, shape).astype(np.float64)


def format_number(value: Any, digits: int = 4) -> str:
    """A number as a student writes it: whole numbers without a point, others rounded.

    Examples
    --------
    >>> [format_number(v) for v in (2.0, -0.0, 0.5, 1 / 3, 1e-9, float("-inf"))]
    ['2', '0', '0.5', '0.3333', '1e-09', '-inf']
    """
    if isinstance(value, str):
        return value
    number = float(value)
    if not np.isfinite(number):
        return str(number)
    if number.is_integer() and abs(number) < 1e15:
        return str(int(number))
    return f"{number:.{digits}g}"


def format_matrix(matrix: Any, indent: str = "") -> str:
    """A matrix in columns, one row a line.

    Examples
    --------
    >>> print(format_matrix([[1, -2], [10, 0.5]]))
     1  -2
    10 0.5
    """
    rows = [[format_number(value) for value in row] for row in np.asarray(matrix)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        indent + " ".join(f"{text:>{width}}" for text, width in zip(row, widths, strict=True))
        for row in rows
    )


def _from_file(path: Path, seed: int, name: str) -> np.ndarray:
    if not path.is_file():
        raise FileNotFoundError(f"{name}: there is no file {path}")
    if path.suffix.lower() == ".npy":
        values = np.load(path, allow_pickle=False)
        if values.dtype.kind not in "fiub":
            raise ValueError(f"{name}: {path} holds {values.dtype}, not numbers")
        return values.astype(np.float64)
    lines = path.read_text(encoding="utf-8").splitlines()
    text = "\n".join(line.split("#")[0] for line in lines).strip()
    if text.lower().endswith(_SUFFIXES):
        raise ValueError(f"{name}: {path} holds the name of a file, not a matrix")
    return parse_matrix(text, seed, name)


def _without_calls(text: str) -> str:
    """``np.array([[1, 2]], dtype=float)`` to ``[[1, 2]]``; decorations of text left out."""
    text = re.sub(r",?\s*dtype\s*=\s*[\w.]+", "", text)
    found = re.fullmatch(
        r"(?:\w+\s*=\s*)?(?:(?:np|numpy|torch|minigrad)\.)?(?:array|tensor|matrix|Tensor)\((.*)\)",
        text,
        re.DOTALL,
    )
    return found[1].strip() if found else re.sub(r"^\w+\s*=\s*", "", text)


def _without_latex(text: str) -> str:
    if "\\" not in text and "&" not in text:
        return text
    text = re.sub(r"\\(?:begin|end)\{\w+\*?\}(?:\{[lcr|]*\})?", " ", text)
    text = re.sub(r"\\[td]?frac\{([-+]?\d+)\}\{(\d+)\}", r"\1/\2", text)
    text = re.sub(r"\\(?:left|right)\s*[][()|.]", " ", text)
    text = text.replace("$", " ").replace("\\,", " ").replace("\\;", " ")
    text = re.sub(r"\\\\(?:\[[^]]*\])?", ";", text).replace("\\hline", " ")
    return text.replace("\n", " ").replace("&", " ").strip().strip(";")


def _numbers(text: str, name: str) -> list[float]:
    found = []
    for word in re.split(r"[\s,]+", text.strip().strip(",")):
        cleaned = word.replace("\u2212", "-").replace("{", "").replace("}", "")
        if not _NUMBER.fullmatch(cleaned):
            raise ValueError(f"{name}: {word!r} is not a number; write rows as '1 2 3; 4 5 6'")
        above, _, below = cleaned.partition("/")
        if below and int(below) == 0:
            raise ValueError(f"{name}: {word!r} divides by zero")
        found.append(float(above) / int(below) if below else float(above))
    return found


def _rows(text: str, name: str) -> Any:
    """Rows end with ; or a line, channels with |, pictures with ||."""
    if not text.strip():
        raise ValueError(f"{name}: it is empty; write rows as '1 2 3; 4 5 6'")
    if "||" in text:
        return [[_rows(one, name) for one in part.split("|")] for part in text.split("||")]
    if "|" in text:
        return [_rows(part, name) for part in text.split("|")]
    return [_numbers(row, name) for row in re.split(r"[;\n]", text) if row.strip()]


def _brackets(text: str, name: str) -> Any:
    """Nested brackets; inside the innermost, numbers, with commas or without, or MATLAB's ;."""
    text = text.replace("(", "[").replace(")", "]")
    inner = text.strip()
    if inner.count("[") == 1 and inner.startswith("[") and inner.endswith("]"):
        rows = _rows(inner[1:-1], name)
        return rows if len(rows) > 1 else rows[0]
    stack: list[list[Any]] = [[]]
    for piece in re.findall(r"\[|\]|[^][]+", text):
        if piece == "[":
            stack.append([])
        elif piece == "]":
            if len(stack) == 1:
                raise ValueError(f"{name}: a bracket is closed that was not opened")
            done = stack.pop()
            stack[-1].append(done)
        elif piece.strip(" ,;\n\t"):
            stack[-1].extend(_numbers(piece.strip(" ,;\n\t"), name))
    if len(stack) != 1:
        raise ValueError(f"{name}: {len(stack) - 1} brackets are not closed")
    return stack[0][0] if len(stack[0]) == 1 and isinstance(stack[0][0], list) else stack[0]


def _array(nested: Any, name: str) -> np.ndarray:
    def shape(part: Any, place: str) -> tuple[int, ...]:
        if not isinstance(part, list):
            return ()
        shapes = [shape(item, f"{place}[{i}]") for i, item in enumerate(part)]
        for i, found in enumerate(shapes):
            if found != shapes[0]:
                many = [str(sizes[0]) if sizes else "a number" for sizes in (found, shapes[0])]
                raise ValueError(
                    f"{name}: {place} does not have rows of one length: row {i} has {many[0]} "
                    f"entries, row 0 has {many[1]}"
                )
        return (len(part), *(shapes[0] if shapes else ()))

    if 0 in shape(nested, "it"):
        raise ValueError(f"{name}: it is empty; write rows as '1 2 3; 4 5 6'")
    return np.array(nested, dtype=np.float64)
