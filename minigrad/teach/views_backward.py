"""The way back: what the input, the weight and the bias owe to a gradient gy at the output."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.teach.explain_subject import Subject
from minigrad.teach.trace import Trace, record
from minigrad.teach.views_blocks import Lines, Matrix, View
from minigrad.teach.views_faces import inserted, padded_to_fit, turned
from minigrad.teach.views_tools import cell_name, exactly, planes, written_out

__all__ = ["backward", "gradients"]


def gradients(subject: Subject) -> dict[str, Trace]:
    """The recorded gradients, "gx" and, where there are any, "gw" and "gb"."""
    name, how, gy = subject.operation, subject.settings, subject.gy
    shape = {"x_shape": subject.x.shape}
    if name in ("conv2d", "conv_transpose2d"):
        kernel = {"kernel_size": subject.w.shape[2:]}
        return {
            "gx": record(f"{name}_input_grad", gy, subject.w, **shape, **how),
            "gw": record(f"{name}_weight_grad", subject.x, gy, **kernel, **how),
            "gb": record(f"{name}_bias_grad", gy),
        }
    if name == "linear":
        return {
            "gx": record("linear_input_grad", gy, subject.w),
            "gw": record("linear_weight_grad", subject.x, gy),
            "gb": record("linear_bias_grad", gy),
        }
    if name == "max_pool2d":
        return {"gx": record("max_pool2d_input_grad", gy, subject.trace.outputs["index"], **shape)}
    if name == "batch_norm":
        weight = subject.trace.inputs["w"]
        return {"gx": record("batch_norm_input_grad", gy, subject.x, weight, **how)}
    if name == "adaptive_avg_pool2d":  # the cells follow from the sizes alone
        how = {}
    return {"gx": record(f"{name}_input_grad", gy, **shape, **how)}


_EXPLAINED = {
    "max_pool2d": "Every window hands its gradient to the pixel that won; the others get 0. A "
    "pixel that won several windows gets the sum.",
    "avg_pool2d": "Every window hands each of its pixels the same share, gy / area.",
    "adaptive_avg_pool2d": "Every cell hands each of its pixels the same share, gy / area.",
    "upsample": "Every output hands its gradient back to the pixels it was made of, each times "
    "its share; so a copied pixel gets the sum over its copies.",
    "batch_norm": "gx = w * rstd * (gy - mean of gy - xhat * mean of gy*xhat). The two means are "
    "what x owes through its own statistics; without them (in inference) gx = w * rstd * gy.",
    "linear": "y = x W' + b: the input gets gx = gy W, the weight gw = gy' x (one row an output), "
    "the bias the sum of gy.",
}


def backward(subject: Subject) -> View:
    """The gradients, each from its own textbook kernel, and where the rotation went."""
    view = View("backward", "The way back: gradients of input, weight and bias")
    found = gradients(subject)
    given = "1, 2, 3, ... in reading order" if subject._gy is None else "as given"
    view.say(
        f"gy is the gradient that arrives at y; here it is {given}. Each gradient is again an "
        "operation of the engine, with its own loops."
    )
    if subject.operation in ("conv2d", "conv_transpose2d"):
        _convolution(view, subject, found)
    else:
        view.say(_EXPLAINED[subject.operation])
        view.show(*_matrices("gy", subject.gy), *_matrices("gx", found["gx"].output))
        if "gw" in found:
            view.show(*_matrices("gw", found["gw"].output), *_matrices("gb", found["gb"].output))
        if subject.operation == "batch_norm":
            outputs = found["gx"].outputs
            view.show(*_matrices("gw", outputs["gw"]), *_matrices("gb", outputs["gb"]))
        else:
            _first_sum(view, "gx", found["gx"])
    view.numbers |= {name: trace.output for name, trace in found.items()}
    if subject.operation == "batch_norm":
        view.numbers |= {name: found["gx"].outputs[name] for name in ("gw", "gb")}
    view.numbers["gy"] = subject.gy
    return view


def _matrices(name: str, values: np.ndarray) -> list[Any]:
    if values.ndim == 4:
        return planes(name, values, most=4)
    return [Matrix(np.atleast_2d(values), name)]


def _first_sum(view: View, name: str, trace: Trace) -> None:
    """The sum of the cell with the most terms."""
    cell = max(trace.cells, key=lambda place: len(trace.cells[place].terms))
    if trace.cells[cell].terms:
        shown = written_out(cell_name(name, cell, trace.output.shape), trace.cells[cell])
        view.show(Lines("\n".join(shown.text.splitlines()[:2])))


def _convolution(view: View, subject: Subject, found: dict[str, Trace]) -> None:
    forward = subject.operation == "conv2d"
    how = subject.settings_pairs
    S, P, D, G = (how[key] for key in ("stride", "padding", "dilation", "groups"))
    gx, gw, gb = (found[name] for name in ("gx", "gw", "gb"))
    view.show(*_matrices("gy", subject.gy), *_matrices("w", subject.w), *_matrices("gx", gx.output))
    if forward:
        view.say(
            "The input's gradient is a transposed convolution of gy with the same w: every gy "
            "scatters the kernel over the window it came from. Nothing is turned:"
        )
    else:
        view.say(
            "The input's gradient is a plain convolution of gy with the same w: every pixel "
            "gathers from where it had scattered. Nothing is turned:"
        )
    _first_sum(view, "gx", gx)
    if forward:
        kernel = turned(subject.w, G)
        spread = inserted(subject.gy, S)
        picture = padded_to_fit(spread, subject.w.shape[2:], P, D, subject.x.shape[2:])
        full = record("conv2d", picture, kernel, dilation=D, groups=G)
        view.say(
            "Where is the 180-degree rotation? The relation ih = oh*S + kh*D - P can be read both "
            "ways. Walk over gy and scatter: kh runs forwards, and w is as it is. Walk over gx and "
            "gather: oh = (ih + P - kh*D) / S, kh runs backwards, and the sum is a convolution "
            "with w turned by 180 degrees, of gy with S - 1 zeros between its pixels. The same "
            "products, in another order: " + exactly(full.output, gx.output) + "."
        )
        view.show(Matrix(subject.w[0, 0], "w"), Matrix(kernel[0, 0], "w turned"))
        view.numbers["rotated"] = full.output
    view.say(
        "Every tap of the weight collects the products of the two ends it joined, over all windows:"
    )
    view.show(*_matrices("gw", gw.output))
    _first_sum(view, "gw", gw)
    view.say("The bias of a channel is added to every cell, so it collects all of gy:")
    view.show(*_matrices("gb", gb.output))
