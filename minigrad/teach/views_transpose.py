"""Views of a transposed convolution: it scatters, it is cropped, some rows only padding adds.

The letters are those of ``kernels/loops/conv.py``; H is the small input, OH the large output.
"""

from __future__ import annotations

import numpy as np

from minigrad.teach.explain_subject import Subject
from minigrad.teach.recording import Cell
from minigrad.teach.terms import Term
from minigrad.teach.views_blocks import Block, Lines, Matrix, View, sum_text
from minigrad.teach.views_tools import cell_name, counts_of, plane_title, planes

__all__ = ["crop", "overlap", "scatter", "sums"]


def _outside(subject: Subject) -> dict[Cell, str]:
    """Marks of the uncropped output: what will be cropped."""
    trace, wide = subject.trace, subject.trace.wide
    origin = wide.origins["y"]
    return {
        tuple(i - o for i, o in zip(cell, origin, strict=True)): "outside"
        for cell in wide.cells
        if not trace.is_inside(cell, "y")
    }


def _steps(subject: Subject) -> list[tuple[Cell, list[tuple[Cell, Term]]]]:
    """The products in the kernel's order, by the input pixel that they come from."""
    wide = subject.trace.wide
    order = sorted(
        ((term, cell) for cell, terms in wide.terms.items() for term in terms),
        key=lambda pair: pair[0].step,
    )
    groups: list[tuple[Cell, list[tuple[Cell, Term]]]] = []
    for term, cell in order:
        if not groups or groups[-1][0] != term.input:
            groups.append((term.input, []))
        groups[-1][1].append((cell, term))
    return groups


def scatter(subject: Subject) -> View:
    """Every input pixel multiplies the whole kernel and adds it into the output."""
    wide = subject.trace.wide
    view = View("scatter", "Scatter: every input pixel adds its own copy of the kernel")
    outside = _outside(subject)
    view.say(
        "One step for each input pixel: the pixel times the kernel, added where the kernel lies. "
        "[ ] marks what the step touches"
        + (", ( ) what will be cropped." if outside else ".")
        + " Copies that overlap add up."
    )
    origin = wide.origins["y"]
    state = np.zeros(wide.output.shape, wide.output.dtype)
    for cell, how in wide.cells.items():
        state[tuple(i - o for i, o in zip(cell, origin, strict=True))] = how.start
    groups, states, products = _steps(subject), [], []
    OG, KH, KW = subject.w.shape[1:]
    for number, (pixel, added) in enumerate(groups, 1):
        touched, product = dict(outside), np.zeros((OG, KH, KW))
        for cell, term in added:
            place = tuple(i - o for i, o in zip(cell, origin, strict=True))
            state[place] = term.sum
            touched[place] = "window"
            assert term.weight is not None
            product[term.weight[1:]] = term.product
        states.append(state.copy())
        products.append(product)
        if number <= subject.limit:
            name = cell_name("x", pixel, subject.x.shape)
            value = f"{added[0][1].x:g}"
            blocks: list[Block] = []
            for o in range(min(OG, 3)):
                channel = added[0][0][1] if OG == 1 else added[o * KH * KW][0][1]
                many = f", channel {channel}" if subject.y.shape[1] > 1 else ""
                here = {(p[2], p[3]): m for p, m in touched.items() if p[:2] == (pixel[0], channel)}
                blocks.append(Matrix(product[o], f"{number}. {name} * w = {value} * w{many}"))
                state_now = state[pixel[0], channel].copy()
                blocks.append(Matrix(state_now, f"the sum so far{many}", here))
            view.show(*blocks)
            if OG > 3:
                view.say(f"{OG - 3} more output channels are left out of this step.")
    if rest := subject.steps_left_out(len(groups)):
        view.say(rest)
    view.numbers = {
        "states": np.array(states),
        "products": np.array(products),
        "full": wide.output,
        "y": subject.y,
    }
    return view


def sums(subject: Subject) -> View:
    """Every output cell as the sum of the products that landed on it."""
    wide = subject.trace.wide
    view = View("sums", "What lands where: every cell as a sum of products")
    outside = _outside(subject)
    view.say(
        "The uncropped output; each cell lists its products in the order in which they came."
        + (" ( ) will be cropped." if outside else "")
    )
    texts = np.empty(wide.output.shape, dtype=object)
    for (place, _), (_, how) in zip(np.ndenumerate(wide.output), wide.cells.items(), strict=True):
        start = [how.start] if how.start_cell is not None else []
        texts[place] = sum_text([*start, *(t.product for t in how.terms)]).replace(" ", "")
    for n, o in np.ndindex(*texts.shape[:2]):
        if (n, o) == (0, 3) or n:
            view.say("More planes are left out.")
            break
        here = {(p[2], p[3]): m for p, m in outside.items() if p[:2] == (n, o)}
        title = plane_title("the sums", n, o, texts.shape)
        view.show(Matrix(texts[n, o], title, here, largest=(16, 12)))
    view.show(*planes("added up", wide.output, outside))
    view.numbers = {"full": wide.output}
    return view


def crop(subject: Subject) -> View:
    """Padding takes rows away, output padding gives some of them back."""
    trace, wide = subject.trace, subject.trace.wide
    view = View("crop", "Padding crops; output padding leaves rows at the end")
    marks = _outside(subject)
    touched = {cell for cell, terms in wide.terms.items() if terms}
    only = _only_through_output_padding(subject)
    origin = wide.origins["y"]
    for cell in only:
        marks[tuple(i - o for i, o in zip(cell, origin, strict=True))] = "chosen"
    told = [_crop_of_axis(subject, axis) for axis in range(2)]
    alike = told[0] == [text.replace("column", "row") for text in told[1]]
    for formula, *sentences in told[: 1 if alike else 2]:
        if alike:
            formula = formula.replace("rows:", "rows and columns:")
        view.show(Lines(formula))
        for text in sentences:
            view.say(text)
    legend = []
    if any(mark == "outside" for mark in marks.values()):
        legend.append("( ) is cropped")
    if only:
        legend.append("{ } exists only through output padding")
    if legend:
        view.say(f"Of the uncropped output, {'; '.join(legend)}.")
    view.show(*planes("uncropped", wide.output, marks), *planes("y", subject.y))
    lost = sum(len(terms) for cell, terms in wide.terms.items() if not trace.is_inside(cell, "y"))
    view.say(
        f"{wide.counts['products']} products are made in all, {lost} of them are cropped, "
        f"{trace.counts['products']} remain."
    )
    untouched = [cell for cell in only if cell not in touched]
    view.numbers = {
        "full": wide.output,
        "y": subject.y,
        "only": np.array(only),
        "untouched": np.array(untouched),
        "cropped_products": np.array(lost),
    }
    return view


def _crop_of_axis(subject: Subject, axis: int) -> list[str]:
    """The size formula of one axis, and sentences on its output padding."""
    how, name = subject.settings_pairs, ("row", "column")[axis]
    H, K, OH = subject.x.shape[2 + axis], subject.w.shape[2 + axis], subject.y.shape[2 + axis]
    S, P, D, OP = (how[key][axis] for key in ("stride", "padding", "dilation", "output_padding"))
    full = (H - 1) * S + D * (K - 1) + 1
    found = [
        f"{name}s: (size - 1)*S + D*(K-1) + 1 = ({H} - 1)*{S} + {D}*{K - 1} + 1 = {full} "
        f"uncropped\n      - 2*P + OP = {full} - 2*{P} + {OP} = {OH}"
    ]
    end = P - OP
    if OP and end >= 0:
        found.append(
            f"Output padding {OP} adds no zeros. It moves the end of the crop: after the last "
            f"{name} {end} instead of {P} {name}s are cropped."
        )
    elif OP:
        found.append(
            f"Output padding {OP} is more than the padding {P}: after the last {name} nothing is "
            f"cropped, and {-end} {name}{'s' * (end != -1)} beyond the last kernel are added. No "
            "product reaches them: they hold the bias alone."
        )
    if S > 1:
        sizes = " or ".join(str(OH - OP + extra) for extra in range(S))
        found.append(
            f"Why it is there: a convolution with these settings makes {H} {name}s from {sizes} "
            f"{name}s alike. On the way back, output padding 0 to {S - 1} says which is meant."
        )
    return found


def _only_through_output_padding(subject: Subject) -> list[Cell]:
    """The cells of y that are not there with output padding 0."""
    extra = subject.settings_pairs["output_padding"]
    OH, OW = subject.y.shape[2:]
    return [
        cell for cell in subject.trace.cells if cell[2] >= OH - extra[0] or cell[3] >= OW - extra[1]
    ]


def overlap(subject: Subject) -> View:
    """How many products land on each output cell: even, or a checkerboard."""
    view = View("overlap", "The overlap map: how many products land on each cell")
    per_channel = max(subject.x.shape[1] // subject.settings_pairs["groups"], 1)
    counts = counts_of(subject.trace, of_input=False)[:1, :1] // per_channel
    view.show(*planes("products per input channel", counts))
    how = subject.settings_pairs
    kernel = subject.w.shape[2:]
    uneven = [K % S for K, S in zip(kernel, how["stride"], strict=True)]
    inner = counts[0, 0, how["stride"][0] : -how["stride"][0], how["stride"][1] : -how["stride"][1]]
    found = sorted(set(inner.ravel().tolist())) or sorted(set(counts.ravel().tolist()))
    KS = f"kernel {kernel[0]} x {kernel[1]}, stride {how['stride'][0]} x {how['stride'][1]}"
    if any(uneven):
        view.say(
            f"The stride does not divide the kernel ({KS}), so neighbouring cells get different "
            f"numbers of products ({', '.join(map(str, found))}). With weights alike the picture "
            "shows a checkerboard; a kernel that the stride divides (4 for stride 2), or "
            "up-sampling before a plain convolution, does not."
        )
    else:
        view.say(
            f"The stride divides the kernel ({KS}): away from the border every cell gets the same "
            f"number of products ({', '.join(map(str, found))}), and no checkerboard is built in."
        )
    view.numbers = {"counts": counts}
    return view
