"""An operation explained step by step, from a trace of its textbook kernel.

`explain` chooses views, each drawn from a `Subject`; what comes back prints itself in a terminal,
in a notebook and as HTML.
"""

from __future__ import annotations

import html
import textwrap
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minigrad.teach import (
    views_backward,
    views_conv,
    views_faces,
    views_pool,
    views_then,
    views_transpose,
)
from minigrad.teach.explain_frames import save_frames
from minigrad.teach.explain_subject import Subject
from minigrad.teach.fragment import fragment
from minigrad.teach.page.explained import explanation_page
from minigrad.teach.recording import Cell
from minigrad.teach.trace import Trace
from minigrad.teach.views_blocks import WIDTH, Beside, Block, Lines, Matrix, Paragraph, View
from minigrad.teach.views_tools import planes

__all__ = ["Explanation", "VIEWS", "explain"]

Make = Callable[[Subject], View]

VIEWS: dict[str, dict[str, Make]] = {
    "conv2d": {
        "window": views_conv.window,
        "leftover": views_conv.leftover,
        "im2col": views_conv.im2col,
        "toeplitz": views_conv.toeplitz,
        "backward": views_backward.backward,
    },
    "conv_transpose2d": {
        "scatter": views_transpose.scatter,
        "sums": views_transpose.sums,
        "crop": views_transpose.crop,
        "overlap": views_transpose.overlap,
        "zero_insertion": views_faces.zero_insertion,
        "toeplitz": views_conv.toeplitz,
        "phases": views_faces.phases,
        "backward": views_backward.backward,
    },
    "max_pool2d": {
        "window": views_pool.pool_window,
        "leftover": views_conv.leftover,
        "backward": views_backward.backward,
    },
    "avg_pool2d": {
        "window": views_pool.pool_window,
        "leftover": views_conv.leftover,
        "backward": views_backward.backward,
    },
    "adaptive_avg_pool2d": {
        "window": views_pool.pool_window,
        "backward": views_backward.backward,
    },
    "upsample": {
        "copies": views_pool.copies,
        "backward": views_backward.backward,
        "then_conv": views_then.then_conv,
    },
    "batch_norm": {"statistics": views_pool.statistics, "backward": views_backward.backward},
    "linear": {
        "rows": views_pool.rows,
        "backward": views_backward.backward,
        "network": views_then.network,
    },
}
"""Operation: its views by name, in the order in which "all" shows them."""

_FOLLOWING = ("network", "then_conv")  # views of weights that follow


class Explanation:
    """An operation, its trace and the views that were asked for.

    Attributes
    ----------
    subject : Subject
    views : list of View
    heading : str
        Stands in place of the title where it is not empty.
    """

    def __init__(self, subject: Subject, views: Sequence[View]) -> None:
        self.subject, self.views = subject, list(views)
        self.heading = ""

    @property
    def trace(self) -> Trace:
        """The forward trace."""
        return self.subject.trace

    @property
    def output(self) -> np.ndarray:
        """What the operation computed."""
        return self.trace.output

    def __getitem__(self, name: str) -> View:
        for view in self.views:
            if view.name == name:
                return view
        raise KeyError(f"no view {name!r} here; there are {', '.join(v.name for v in self.views)}")

    @property
    def title(self) -> str:
        """The operation and its sizes in one line, or the heading it was given."""
        if self.heading:
            return self.heading
        sizes = " x ".join(str(size) for size in self._squeezed(self.subject.trace.inputs["x"]))
        out = " x ".join(str(size) for size in self._squeezed(self.output))
        return f"{self.trace.operation}: {sizes} -> {out}"

    @staticmethod
    def _squeezed(values: np.ndarray) -> tuple[int, ...]:
        shape = values.shape
        while len(shape) > 2 and shape[0] == 1:
            shape = shape[1:]
        return shape

    def summary(self) -> list[Block]:
        """What is computed, with which settings, from what."""
        trace = self.trace
        how = ", ".join(f"{name} {_setting(value)}" for name, value in trace.settings.items())
        equation = trace.equation.replace(", ih = ", "\n  with ih = ")
        equation = equation.replace(", oh = ", "\n  with oh = ").replace(", rstd", "\n  with rstd")
        lines = [equation, *([how] if how else []), *_sizes(self.subject)]
        blocks: list[Block] = [Lines("\n".join(lines))]
        if not self.subject.is_part:
            matrices: list[Block] = []
            for name, values in {**trace.inputs, "y": trace.output}.items():
                if values.ndim == 4:
                    matrices += planes(name, values, most=4)
                else:
                    matrices.append(Matrix(np.atleast_2d(values), name))
            blocks.append(Beside(matrices))
        counts = trace.counts
        if trace.factors[1] is not None:
            wide = trace.wide.counts["products"]
            lost = wide - counts["products"]
            blocks.append(
                Paragraph(
                    f"{counts['products']} products are made and added"
                    + (f"; {lost} more would meet padding or be cropped." if lost else ".")
                )
            )
        return blocks

    def completed(self) -> Explanation:
        """The same with every view that the operation has; one cell alone keeps its own."""
        if self.subject.at is not None:
            return self
        known = VIEWS[self.trace.operation]
        names = [name for name in known if self.subject.then or name not in _FOLLOWING]
        found = Explanation(self.subject, [known[name](self.subject) for name in names])
        found.heading = self.heading
        return found

    def lines(self) -> list[str]:
        """The explanation as plain text, for 80 columns."""
        title = textwrap.wrap(self.title, WIDTH, subsequent_indent="    ")
        found = [*title, "=" * max(map(len, title))]
        for block in self.summary():
            found += [*block.lines(), ""]
        for view in self.views:
            found += [*view.lines(), ""]
        others = [n for n in VIEWS.get(self.trace.operation, {}) if n not in self._names()]
        others = [name for name in others if self.subject.then or name not in _FOLLOWING]
        if others and self.subject.at is None:
            found.append(f"More views: --view {' '.join(others)}")
        return [line.rstrip() for line in found]

    def _names(self) -> list[str]:
        return [view.name for view in self.views]

    def __str__(self) -> str:
        return "\n".join(self.lines()).rstrip()

    def to_html(self) -> str:
        """One HTML fragment, its style included: the summary and a section a view."""
        summary = "".join(block.to_html() for block in self.summary())
        views = "".join(view.to_html() for view in self.views)
        title = html.escape(self.title)
        return fragment(f"<h2>{title}</h2>{summary}{views}")

    def _repr_html_(self) -> str:
        return self.to_html()

    def to_page(self, command: str = "") -> str:
        """The explanation as one HTML file in which a reader steps through the operation.

        Parameters
        ----------
        command : str
            What makes the page again, for its footer; a call of `explain` by default.
        """
        command = command or f"minigrad.teach.explain.explain({self.trace.operation!r}, ...)"
        return explanation_page(self.title, self.subject, self.views, command)

    def to_gif(self, path: Any, seconds: float = 0.8) -> None:
        """Write an animation, one frame a step, to a GIF file.

        Parameters
        ----------
        path : path
        seconds : float
            For each frame [s].
        """
        save_frames(self.subject, path, seconds)


def explain(
    operation: str,
    *arrays: Any,
    views: Sequence[str] | str | None = None,
    limit: int = 9,
    gy: Any = None,
    at: Cell | None = None,
    then: Sequence[Any] = (),
    activation: str = "relu",
    **settings: Any,
) -> Explanation:
    """Explain an operation on given arrays.

    Parameters
    ----------
    operation : str
        One of `VIEWS`: "conv2d", "conv_transpose2d", "max_pool2d", ...
    arrays
        Input, weight and bias, as far as the operation has them. A matrix is a picture of one
        channel.
    views : list of str, "all", or None
        Which views; None takes the operation's first ones.
    limit : int
        How many steps each view shows.
    gy : array, "ones" or None
        The gradient at the output for the view "backward"; None is 1, 2, 3, ...
    at : tuple, optional
        (picture, channel, row, column) of the only output cell that is explained.
    then : sequence of arrays
        Weights of what follows: the next layers after ``linear`` (view "network"), or a convolution
        after ``upsample`` (view "then_conv").
    activation : {"relu", "abs", "none"}
        Between linear layers.
    settings
        PyTorch's, by name: ``stride=2, padding=1``.

    Returns
    -------
    Explanation

    Raises
    ------
    ValueError
        An unknown operation or view, or settings that do not fit; the message lists what there is.

    Examples
    --------
    >>> explanation = explain("conv2d", [[1, 2, 3], [4, 5, 6]], [[1, -1]])
    >>> explanation["window"].numbers["y"].tolist()
    [[[[-1.0, -1.0], [-1.0, -1.0]]]]
    >>> print(explanation)  # doctest: +ELLIPSIS
    conv2d: 2 x 3 -> 2 x 2
    ======================
    y[n,o,oh,ow] = sum over c, kh, kw of x[n,c,ih,iw] * w[o,c,kh,kw]
      with ih = oh*SH + kh*DH - PH
    ...
    """
    if operation not in VIEWS:
        raise ValueError(f"explain: there is no {operation!r}; there are {', '.join(VIEWS)}")
    known = VIEWS[operation]
    if limit < 1:
        raise ValueError(f"explain: limit must be at least 1, but got {limit}")
    if views is None:
        views = list(known)[:1]
        crops = [settings.get(name, 0) not in (0, (0, 0)) for name in ("padding", "output_padding")]
        if operation == "conv_transpose2d" and any(crops):
            views.append("crop")
        views += [name for name in _FOLLOWING if len(then) and name in known]
    elif isinstance(views, str):
        every = [name for name in known if len(then) or name not in _FOLLOWING]
        views = every if views == "all" else [views]
    for name in views:
        if name not in known:
            raise ValueError(
                f"explain: {operation} has no view {name!r}; there are {', '.join(known)}"
            )
        if name in _FOLLOWING and not len(then):
            raise ValueError(
                f"explain: the view {name!r} needs the weights that follow: then (--then)"
            )
    if activation not in views_then.ACTIVATIONS:
        known_ones = ", ".join(views_then.ACTIVATIONS)
        raise ValueError(f"explain: activation must be one of {known_ones}, but got {activation!r}")
    subject = Subject(operation, arrays, settings, limit, gy, at, then, activation)
    return Explanation(subject, [known[name](subject) for name in views])


def _setting(value: Any) -> str:
    if isinstance(value, tuple):
        return str(value[0]) if value[0] == value[-1] else " x ".join(map(str, value))
    return str(value)


def _sizes(subject: Subject) -> list[str]:
    """The size formulas with the numbers filled in."""
    how = subject.settings_pairs
    found: list[str] = []
    if "stride" not in how or subject.is_part:
        return found
    kernel = how.get("kernel_size") or subject.w.shape[2:]
    for axis, letter in enumerate("HW"):
        H, OH, K = subject.x.shape[2 + axis], subject.y.shape[2 + axis], kernel[axis]
        S, P, D = how["stride"][axis], how["padding"][axis], how["dilation"][axis]
        if subject.operation == "conv_transpose2d":
            OP = how["output_padding"][axis]
            found.append(
                f"O{letter} = ({letter} - 1)*S - 2*P + D*(K-1) + OP + 1 = ({H} - 1)*{S} - 2*{P} + "
                f"{D}*{K - 1} + {OP} + 1 = {OH}"
            )
        else:
            up = " (rounded up)" if how.get("ceil_mode") else ""
            found.append(
                f"O{letter} = ({letter} + 2*P - D*(K-1) - 1) // S + 1 = ({H} + 2*{P} - {D}*{K - 1} "
                f"- 1) // {S} + 1 = {OH}{up}"
            )
    same = len({f.replace("OW", "OH").replace("(W", "(H") for f in found}) == 1
    return found[:1] if same else found
