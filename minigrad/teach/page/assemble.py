"""One HTML file out of a template, style sheets, scripts and data; it needs no other file.

The files next to this one are read as they are and written into the page. Its security policy
forbids every request, so a page that a browser shows without complaint is complete.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

__all__ = ["RECORDED", "assembled", "asset", "embedded", "footer"]

_SLOT = re.compile(r"\{\{(\w+)\}\}")
_ESCAPES = {
    "<": "\\u003c",
    ">": "\\u003e",
    "&": "\\u0026",
    "\u2028": "\\u2028",
    "\u2029": "\\u2029",
}


def asset(name: str) -> str:
    """The text of a file of this folder: a template, a style sheet or a script.

    Raises
    ------
    FileNotFoundError
        If there is none of that name.

    Examples
    --------
    >>> asset("theme.css").startswith("/*")
    True
    """
    return (files(__name__.rpartition(".")[0]) / name).read_text(encoding="utf-8")


def embedded(data: Any) -> str:
    r"""JSON that can stand inside a script element: nothing in it can end the element.

    Examples
    --------
    >>> embedded({"title": "</script>"})
    '{"title":"\\u003c/script\\u003e"}'
    """
    text = json.dumps(data, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    return re.sub("[<>&\u2028\u2029]", lambda found: _ESCAPES[found[0]], text)


RECORDED = (
    "Every number on this page was recorded while minigrad's own textbook kernels ran; the script "
    "only shows them. "
)


def footer(command: str, said: str = RECORDED) -> str:
    """What stands at the end of a page: where its numbers come from, and the command that made it.

    Parameters
    ----------
    command : str
    said : str
        Plain text before it.
    """
    return (
        f"<footer><p>{html.escape(said)}This page is made by</p>"
        f"<pre>{html.escape(command)}</pre></footer>"
    )


def assembled(
    title: str,
    body: str,
    styles: Sequence[str] = ("theme.css",),
    scripts: Sequence[str] = ("theme.js",),
    data: Any = None,
    template: str = "template.html",
) -> str:
    """Fill the template.

    Parameters
    ----------
    title : str
        Plain text; it is escaped here.
    body : str
        HTML; whoever makes it escapes what comes from users.
    styles, scripts : sequence of str
        Files of this folder, in their order. Scripts run when the body stands.
    data : anything that JSON knows
        For the scripts: ``JSON.parse(document.getElementById("data").textContent)``.
    template : str
        The file with the slots title, styles, body, data and scripts.

    Returns
    -------
    str
        The file's text, the same for the same arguments.
    """
    parts = {
        "title": html.escape(title),
        "styles": "\n".join(asset(name).rstrip() for name in styles),
        "body": body,
        "data": embedded(data),
        "scripts": "\n".join(asset(name).rstrip() for name in scripts),
    }
    return _SLOT.sub(lambda slot: parts[slot[1]], asset(template))
