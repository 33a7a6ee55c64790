"""Scenes of the operations themselves: windows, scatter, pooling, resampling, statistics.

The letters are those of ``kernels/loops/conv.py``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.teach.explain_subject import Subject
from minigrad.teach.matrices import format_number
from minigrad.teach.page.scenes import Picture, Scene, cells_json, from_trace, inside_out
from minigrad.teach.recording import Cell
from minigrad.teach.terms import CellTrace
from minigrad.teach.views_tools import counts_of

__all__ = ["copies", "crop", "leftover", "overlap", "pool_window", "rows", "scatter",
           "statistics", "sums", "window"]  # fmt: skip


def _weights(subject: Subject) -> list[Picture]:
    """The kernel, and the bias where there is one."""
    trace = subject.trace
    found = [Picture("w", trace.inputs["w"], "weight", "the kernel", trace.origins["w"])]
    if "b" in trace.inputs:
        found.append(Picture("b", trace.inputs["b"], "given", "the bias", trace.origins["b"]))
    return found


def _padded(subject: Subject) -> Picture:
    """The padded input."""
    wide = subject.trace.wide
    kinds = inside_out(subject, "x", "padding")
    caption = "the input, with its padding" if kinds else "the input"
    return Picture("x", wide.inputs["x"], "input", caption, wide.origins["x"], kinds)


def _made(subject: Subject, caption: str = "the output") -> Picture:
    trace = subject.trace
    return Picture("y", trace.output, "output", caption, trace.origins["y"])


def window(subject: Subject) -> list[Scene]:
    """The kernel slides over the padded picture."""
    lead = (
        "The kernel lies on the input. Each pixel under it is multiplied by the weight on it, and "
        "the products are added up: that is one output. Then the kernel moves on by the stride."
    )
    title = "The window slides"
    if subject.at is not None:
        title = "One cell, product by product"
        lead = (
            "The kernel lies on the input, one plane of weights on each channel. Step through the "
            "products in the order in which the kernel adds them up."
        )
    arrays = [_padded(subject), *_weights(subject), _made(subject)]
    return [Scene("window", "Window", title, lead, arrays, taps=True)]


def leftover(subject: Subject) -> list[Scene]:
    """How many windows see each pixel."""
    counts = counts_of(subject.trace, of_input=True)
    missed: dict[Cell, str] = {
        tuple(map(int, cell)): "extra" for cell in zip(*np.nonzero(counts == 0), strict=True)
    }
    caption = "in how many products each pixel takes part"
    reach = Picture("x", counts, "input", caption, kinds=missed)
    lead = "Point at a pixel to see the outputs that it reaches. " + (
        "Those in a double frame reach none: no window covers them, and changing them changes "
        "nothing."
        if missed
        else "Every pixel reaches at least one."
    )
    scene = Scene("leftover", "Leftovers", "Who is seen, and how often", lead,
                  [reach, _made(subject)], order="map")  # fmt: skip
    return [scene]


def scatter(subject: Subject) -> list[Scene]:
    """Every input pixel adds its copy of the kernel."""
    trace, wide = subject.trace, subject.trace.wide
    kinds = inside_out(subject, "y", "cropped")
    caption = "the output before it is cropped" if kinds else "the output"
    full = Picture("y", wide.output, "output", caption, wide.origins["y"], kinds)
    lead = (
        "A transposed convolution walks over the input. Each pixel multiplies the whole kernel, "
        "and this copy is added to the output, a stride further on than the last. Where copies "
        "overlap, they add up."
        + (" What lies outside the padding's border is cropped away in the end." if kinds else "")
    )
    x = Picture("x", trace.inputs["x"], "input", "the input", trace.origins["x"])
    arrays = [x, *_weights(subject), full]
    return [Scene("scatter", "Scatter", "Every pixel scatters the kernel", lead, arrays,
                  cells="wide" if wide is not trace else "trace", order="scatter")]  # fmt: skip


def sums(subject: Subject) -> list[Scene]:
    """The same products, gathered by output cell."""
    trace = subject.trace
    x = Picture("x", trace.inputs["x"], "input", "the input", trace.origins["x"])
    lead = (
        "The same products, asked for from the other side: which pixels reach this output, and "
        "through which weights? Note that the weights run backwards as the pixels run forwards."
    )
    arrays = [x, *_weights(subject), _made(subject)]
    title = "What lands where" if subject.at is None else "One cell, product by product"
    return [Scene("sums", "Gather", title, lead, arrays)]


def crop(subject: Subject) -> list[Scene]:
    """Padding crops; output padding leaves rows at the end."""
    trace, wide = subject.trace, subject.trace.wide
    kinds = inside_out(subject, "y", "cropped")
    OH, OW = subject.y.shape[2:]
    extra = subject.settings_pairs["output_padding"]
    only: dict[Cell, str] = {
        cell: "extra"
        for cell in trace.cells
        if cell[2] >= OH - extra[0] or cell[3] >= OW - extra[1]
    }
    full = Picture("y", wide.output, "output", "all that was scattered", wide.origins["y"],
                   kinds | only)  # fmt: skip
    x = Picture("x", trace.inputs["x"], "input", "the input", trace.origins["x"])
    lead = "Struck through: what padding crops away. " * bool(kinds) + (
        "In a double frame: what is there only because of output padding, which adds no zeros but "
        "moves the end of the crop. " * bool(only)
    )
    lead += "Point at a cell to see which products it holds."
    return [Scene("crop", "Crop", "What padding crops, what output padding keeps", lead, [x, full],
                  cells="wide" if wide is not trace else "trace", order="map")]  # fmt: skip


def overlap(subject: Subject) -> list[Scene]:
    """How many products land on each cell."""
    counts = counts_of(subject.trace, of_input=False)
    x = Picture("x", subject.x, "input", "the input")
    y = Picture("y", counts, "output", "how many products land on each cell")
    lead = (
        "Where the stride does not divide the kernel, neighbours get different numbers of "
        "products: a checkerboard, whatever the weights. Point at a cell to see who lands there."
    )
    return [Scene("overlap", "Overlap", "How often each cell is hit", lead, [x, y], order="map")]


def pool_window(subject: Subject) -> list[Scene]:
    """The window of a pooling."""
    largest = subject.operation == "max_pool2d"
    top = (0, 0, *subject.offset[0])
    out = (0, 0, *subject.offset[1])
    wide = subject.trace.wide
    kinds = {_moved(cell, top): k for cell, k in inside_out(subject, "x", "padding").items()}
    x = Picture("x", wide.inputs["x"], "input", "the input" + ", with its padding" * bool(kinds),
                _moved(wide.origins["x"], top), kinds)  # fmt: skip
    y = Picture("y", subject.trace.output, "output", "the output", out)
    cells: Any = "trace"
    if any(top) or any(out):
        cells = from_trace(subject.trace, lambda cell: _moved(cell, out),
                           lambda cell: _moved(cell, top))  # fmt: skip
    lead = (
        "The window keeps the largest value that it sees, the first of equals, and remembers where "
        "it was: that is where the gradient will go back to."
        if largest
        else "Each output is the mean of the pixels in its window."
    )
    start = 0 if subject.at is None else list(subject.trace.cells).index(subject.at)
    won = [_winner(how) for how in subject.trace.cells.values()] if largest else []
    return [Scene("window", "Window", "The window slides", lead, [x, y], cells=cells,
                  verb="max" if largest else "mean", taps=cells == "trace", start=start,
                  winners=won)]  # fmt: skip


def _moved(cell: Cell, by: Cell) -> Cell:
    return tuple(i + o for i, o in zip(cell, by, strict=True))


def _winner(how: CellTrace) -> int:
    """The place of the term that the maximum was taken from."""
    nan = how.value != how.value
    hits = (k for k, t in enumerate(how.terms) if t.x == how.value or (nan and t.x != t.x))
    return next(hits, -1)


def copies(subject: Subject) -> list[Scene]:
    """Where every pixel of a resampled picture comes from."""
    nearest = subject.settings_pairs["mode"] == "nearest"
    lead = (
        "Each output copies the pixel that it lies on."
        if nearest
        else "Each output is a mixture of the four pixels around it, each with its share."
    )
    x = Picture("x", subject.x, "input", "the input")
    return [Scene("copies", "Copies", "Where every output comes from", lead,
                  [x, _made(subject)])]  # fmt: skip


def rows(subject: Subject) -> list[Scene]:
    """A linear layer."""
    lead = "Each output is the product of a row of x and a row of the weight, plus the bias."
    trace = subject.trace
    arrays = [Picture("x", trace.inputs["x"], "input", "one input a row"),
              Picture("w", trace.inputs["w"], "weight", "one output a row")]  # fmt: skip
    if "b" in trace.inputs:
        arrays.append(Picture("b", trace.inputs["b"], "given", "the bias"))
    arrays.append(_made(subject))
    return [Scene("rows", "Rows", "Row by row", lead, arrays)]


def statistics(subject: Subject) -> list[Scene]:
    """Batch norm in three figures: the mean, the variance, the values."""
    trace = subject.trace
    x = Picture("x", trace.inputs["x"], "input", "the input")
    small = {name: Picture(name, trace.outputs[name], "given") for name in ("mean", "var", "rstd")}
    weights = [Picture(name, trace.inputs[name], "given") for name in ("w", "b")]
    means = trace.history("mean")
    shift = max((abs(how[-1].value - how[0].value) for how in means.values()), default=0.0)
    lead = (
        "The kernel adds up each group's values and divides by their number. A second pass then "
        "adds the mean of what is left of the differences, which is what rounding lost: here "
        f"{format_number(shift)} at most."
    )
    made = Picture("mean", trace.outputs["mean"], "output", "one for each group")
    cells = cells_json({cell: how[0] for cell, how in means.items()})
    found = [Scene("mean", "Mean", "The mean", lead, [x, made], cells=cells, verb="mean")]
    lead = (
        "The variance is the mean of the squared distances from the mean, divided by their number. "
        f"Then rstd = 1 / sqrt(var + eps), with eps = {trace.settings['eps']:g}, which keeps a "
        "constant group from a division by zero."
    )
    made = Picture("var", trace.outputs["var"], "output", "one for each group")
    cells = cells_json({cell: how[-1] for cell, how in trace.history("var").items()})
    found.append(Scene("var", "Variance", "The variance", lead, [x, small["mean"], made],
                       cells=cells, verb="steps"))  # fmt: skip
    lead = (
        "Every value gives up its group's mean, is divided by the group's standard deviation "
        "(rstd = 1 / sqrt(var + eps)), multiplied by the weight, and the bias is added."
    )
    arrays = [x, small["mean"], small["rstd"], *weights, _made(subject)]
    found.append(Scene("statistics", "Normalise", "What happens to each value", lead, arrays,
                       verb="steps"))  # fmt: skip
    return found
