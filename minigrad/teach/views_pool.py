"""Views of pooling, resampling, normalisation and the linear layer."""

from __future__ import annotations

from minigrad.teach.explain_subject import Subject
from minigrad.teach.matrices import format_number
from minigrad.teach.views_blocks import Lines, Matrix, Table, View, product_text
from minigrad.teach.views_conv import window_marks
from minigrad.teach.views_tools import around, cell_name, exactly, written_out

__all__ = ["copies", "pool_window", "rows", "statistics"]


def pool_window(subject: Subject) -> View:
    """The window of each output, and what is taken from it."""
    trace = subject.trace
    largest = subject.operation == "max_pool2d"
    view = View("window", "The window slides over the input, one plane at a time")
    view.say(
        "[ ] marks the window"
        + (", { } its largest value, the first of equals; . is padding." if largest else ".")
    )
    wide = trace.wide
    picture, origin = wide.inputs["x"], wide.origins["x"]
    for cell in subject.cells[: subject.limit]:
        how, (first, first_out) = trace.cells[cell], subject.offset
        real = (*cell[:2], cell[2] + first_out[0], cell[3] + first_out[1])
        name = cell_name("y", real, subject.y.shape)
        marks = window_marks(trace, cell)
        if largest:
            winner = next(t.input for t in how.terms if t.x == how.value or how.value != how.value)
            marks[tuple(i - o for i, o in zip(winner, origin, strict=True))] = "chosen"
        here = {(p[2], p[3]): m for p, m in marks.items() if p[:2] == cell[:2]}
        title = f"{name} = {format_number(how.value)}"
        corner = (0, 0, origin[2] + first[0], origin[3] + first[1])
        matrix = around(picture[cell[0], cell[1]], title, here, corner)
        values = ", ".join(format_number(term.x) for term in how.terms)
        if largest:
            index = int(trace.outputs["index"][cell])
            W = subject.x.shape[3]
            ih, iw = index // W + first[0], index % W + first[1]
            text = f"max({values}) = {format_number(how.value)}\nat row {ih}, column {iw}"
            if subject.offset[0] == (0, 0):
                text += f": index ih*W + iw = {ih}*{W} + {iw} = {index}"
            view.show(matrix, Lines(text))
        else:
            view.show(matrix)
            view.show(written_out(name, how))
    if rest := subject.steps_left_out(len(subject.cells)):
        view.say(rest)
    view.numbers = dict(trace.outputs)
    return view


def copies(subject: Subject) -> View:
    """Where every output of a resampling comes from."""
    trace = subject.trace
    view = View("copies", "Where every output pixel comes from")
    H, W = subject.x.shape[2:]
    OH, OW = subject.y.shape[2:]
    C = subject.x.shape[0] * subject.x.shape[1]
    view.say(
        f"{subject.x.size} numbers become {subject.y.size}: {C}*{OH}*{OW}. The cost is linear in "
        "the number of pixels, so it grows with the square of the factor."
    )
    lines = []
    for cell in subject.cells[: subject.limit]:
        how = trace.cells[cell]
        name = cell_name("y", cell, subject.y.shape)
        parts = [
            (f"{format_number(t.w)}*" if t.w != 1 else "")
            + f"{cell_name('x', t.input, subject.x.shape)}"
            for t in how.terms
            if t.w != 0
        ]
        values = [product_text(t.w, t.x) for t in how.terms if t.w != 0]
        middle = f" = {' + '.join(values)}" if len(parts) > 1 else ""
        lines.append(f"{name} = {' + '.join(parts)}{middle} = {format_number(how.value)}")
    view.show(Lines("\n".join(lines)))
    if rest := subject.steps_left_out(len(subject.cells)):
        view.say(rest)
    view.numbers = {"y": subject.y}
    return view


def rows(subject: Subject) -> View:
    """Every output of a linear layer as one dot product."""
    trace = subject.trace
    view = View("rows", "Every output is a row of x times a row of the weight")
    for cell in subject.cells[: subject.limit]:
        view.show(written_out(cell_name("y", cell, subject.y.shape), trace.cells[cell]))
    if rest := subject.steps_left_out(len(subject.cells)):
        view.say(rest)
    view.say(
        f"Together: y = x W'{' + b' if 'b' in trace.inputs else ''}, {subject.y.shape[0]} x "
        f"{subject.x.shape[1]} times {subject.x.shape[1]} x {subject.w.shape[0]}, "
        f"{trace.counts['products']} products."
    )
    view.show(Matrix(subject.x, "x"), Matrix(subject.w.T, "W'"), Matrix(subject.y, "y"))
    view.numbers = {"y": subject.y}
    return view


def statistics(subject: Subject) -> View:
    """Mean and variance of each group, and what they do to each value."""
    trace = subject.trace
    how = subject.settings_pairs
    view = View("statistics", "Mean and variance, and what they do to each value")
    names = {"N": "pictures", "C": "channels", "H": "rows", "W": "columns"}
    over = ", ".join(names[letter] for letter in how["over"])
    groups = trace.outputs["mean"].size
    M = subject.x.size // max(groups, 1)
    view.say(
        f"Averaged over {over}: {groups} group{'s' * (groups != 1)} of M = {M} values. The "
        "variance is divided by M (biased), and eps keeps a constant group from a division by zero."
    )
    call = trace.call.arrays()
    cells, values = call["x"].cells(), call["x"].for_kernel().reshape(groups, M)
    gamma, beta = trace.inputs["w"], trace.inputs["b"]
    entries = []
    for group in range(min(groups, subject.limit)):
        found = [trace.outputs[name][group] for name in ("mean", "var", "rstd")]
        entries.append([group, *found, gamma[group], beta[group]])
    view.blocks.append(Table(["group", "mean", "var", "1/sqrt(var + eps)", "w", "b"], entries))
    if groups:
        shown = ", ".join(format_number(v) for v in values[0][:12]) + ", ..." * (M > 12)
        view.show(
            Lines(
                f"group 0: {shown}\n"
                f"  mean = {format_number(values[0].sum())} / {M} = "
                f"{format_number(trace.outputs['mean'][0])}\n"
                f"  var  = mean of (x - mean)**2 = {format_number(trace.outputs['var'][0])}"
            )
        )
    for cell in cells[: min(subject.limit, 4)]:
        steps = [s for s in trace.cells[cell].steps() if not (s[0] == "*" and s[2] == 1.0)]
        texts = [
            f"{_part(left)} {sign} {_part(right)} = {value:.6g}"
            for sign, left, right, value in steps
        ]
        view.show(Lines(cell_name("y", cell, subject.y.shape) + ": " + "; ".join(texts)))
    mean = trace.output.mean(tuple("NCHW".index(letter) for letter in how["over"]))
    view.say(f"Check: the mean of every group of y is its b; {exactly(mean.ravel(), beta)}.")
    view.numbers = dict(trace.outputs)
    return view


def _part(part: object) -> str:
    if isinstance(part, str):
        name, _, cell = part.partition("[")
        return f"{name}[{cell.replace(' ', '')}"
    return f"{part:.6g}"
