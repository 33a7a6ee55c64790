"""The words of a page: its heading, the equation with the numbers filled in, what was counted."""

from __future__ import annotations

import html
import re

from minigrad.teach.explain_subject import Subject

__all__ = ["equation_html", "facts_html", "headline"]

_HEADINGS = {
    "conv2d": "Convolution, cell by cell",
    "conv_transpose2d": "Transposed convolution, cell by cell",
    "max_pool2d": "Max pooling, window by window",
    "avg_pool2d": "Average pooling, window by window",
    "adaptive_avg_pool2d": "Adaptive average pooling, cell by cell",
    "upsample": "Up-sampling, pixel by pixel",
    "batch_norm": "Batch normalisation, value by value",
    "linear": "A linear layer, row by row",
}


def _size(height: int, width: int) -> str:
    return f"{height}\u00a0\u00d7\u00a0{width}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


def headline(subject: Subject) -> tuple[str, str]:
    """The heading and one or two sentences that say what is computed from what."""
    how, trace = subject.settings_pairs, subject.trace
    heading = _HEADINGS[subject.operation]
    if subject.at is not None and "w" in trace.inputs:
        products = trace.counts["products"]
        return heading, (
            f"One cell of the layer's output, y[{','.join(map(str, subject.at))}]: the sum of "
            f"{products} products, recorded while the engine made them."
        )
    if subject.operation == "linear":
        x, y = subject.x, subject.y
        return heading, (
            f"{_count(len(x), 'input')} of {_count(x.shape[1], 'number')} each, "
            f"{_count(y.shape[1], 'output')}: {trace.counts['products']} products."
        )
    picture = f"{_size(*subject.x.shape[2:])} picture"
    if subject.x.shape[1] > 1:
        picture += f" of {subject.x.shape[1]} channels"
    if subject.x.shape[0] > 1:
        picture = f"batch of {subject.x.shape[0]}, each a {picture}"
    output = _size(*subject.y.shape[2:])
    if subject.operation == "conv2d":
        return heading, (
            f"A {_size(*subject.w.shape[2:])} kernel slides over a {picture}, {_settings(how)}, "
            f"and makes an output of {output}. Every number below was recorded while the engine "
            "ran."
        )
    if subject.operation == "conv_transpose2d":
        return heading, (
            f"Every pixel of a {picture} spreads a {_size(*subject.w.shape[2:])} kernel, "
            f"{_settings(how)}, into an output of {output}. Every number below was recorded while "
            "the engine ran."
        )
    if "kernel_size" in how:
        return heading, (
            f"A {_size(*how['kernel_size'])} window moves over a {picture}, {_settings(how)}, and "
            f"leaves {output} values."
        )
    if subject.operation == "batch_norm":
        return heading, (
            f"{subject.x.size} values, a {picture}, are brought to mean 0 and variance 1 in "
            f"{_count(trace.outputs['mean'].size, 'group')}; then a weight and a bias have their "
            "say."
        )
    return heading, f"A {picture} becomes {output}."


def _settings(how: dict) -> str:
    """``with stride 2, padding 1 and dilation 1 × 2``; defaults are left out."""
    defaults = {"padding": (0, 0), "output_padding": (0, 0), "dilation": (1, 1), "groups": 1}
    parts = []
    for name in ("stride", "padding", "output_padding", "dilation", "groups"):
        value = how.get(name)
        if value is None or value == defaults.get(name):
            continue
        pair = value if isinstance(value, tuple) else (value, value)
        shown = str(pair[0]) if pair[0] == pair[1] else _size(*pair)
        parts.append(f"{name.replace('_', ' ')} {shown}")
    return "with " + " and ".join([", ".join(parts[:-1]), parts[-1]][not parts[:-1] :])


def equation_html(subject: Subject) -> str:
    """The equation, its indices small; conditions below it."""
    first, *others = re.split(r", (?=ih = |oh = |rstd = )", subject.trace.equation)
    lines = [f'<p class="formula">{_marked(first)}</p>']
    lines += [f'<p class="where">with {_marked(other)}</p>' for other in others]
    return f'<div class="equation">{"".join(lines)}</div>'


def _marked(text: str) -> str:
    """Names in italics, the sum as a sign, a product as a dot."""
    text = re.sub(r"sum over ([\w, ]+) of ", "\u2211[\\1] ", text)
    text = html.escape(text.replace(" * ", " \u00b7 ").replace("*", "\u00b7"))
    text = text.replace("-", "\u2212")
    return re.sub(r"(\w+|\u2211)\[([^\]]+)\]", r"<i>\1</i><sub>\2</sub>", text)


def facts_html(subject: Subject) -> str:
    """What was counted while the kernel ran."""
    trace = subject.trace
    counts = trace.counts
    facts = [("output cells", len(trace.cells))]
    if trace.factors[1] is not None:
        lost = trace.wide.counts["products"] - counts["products"]
        facts.append(("products made and added", counts["products"]))
        if lost:
            cropped = subject.operation == "conv_transpose2d"
            facts.append((f"products {'cropped away' if cropped else 'spared: padding'}", lost))
    for name in ("multiplications", "additions", "divisions", "comparisons"):
        if counts[name] and not (name == "multiplications" and trace.factors[1] is not None):
            facts.append((name, counts[name]))
    cells = "".join(
        f"<div><dt>{html.escape(name)}</dt><dd>{value:,}</dd></div>" for name, value in facts
    )
    return f'<h2>What the kernel did</h2><dl class="facts">{cells}</dl>'
