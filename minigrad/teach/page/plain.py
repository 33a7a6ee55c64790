"""A page of text and tables, without a figure: what costs, what a table says, what a cell sees."""

from __future__ import annotations

import html

from minigrad.teach.page.assemble import assembled, footer

__all__ = ["plain_page"]


def plain_page(title: str, fragment: str, command: str) -> str:
    """One HTML file around a fragment, in the look of the others.

    Parameters
    ----------
    title : str
        Of the window, and above the heading.
    fragment : str
        What an object's ``to_html()`` returns; its first heading becomes the page's.
    command : str
        What makes the page again.

    Examples
    --------
    >>> "<h1>Cost</h1>" in plain_page("minigrad cost", "<h2>Cost</h2>", "minigrad cost unet")
    True
    """
    inner = fragment.replace("<h2>", "<h1>", 1).replace("</h2>", "</h1>", 1)
    head = f'<p class="kicker">{html.escape(title)}</p>'
    return assembled(title, head + inner + footer(command, ""), styles=("theme.css", "plain.css"))
