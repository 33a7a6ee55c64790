"""How the help of a command line is laid out."""

from __future__ import annotations

import argparse
import textwrap
from itertools import groupby

__all__ = ["HelpFormatter"]


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Fills the prose of descriptions and epilogs; blank and indented lines stay as they are."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        found: list[str] = []
        for is_prose, group in groupby(text.splitlines(), lambda line: line[:1].strip() != ""):
            lines = list(group)
            found += textwrap.wrap(" ".join(lines), width) if is_prose else lines
        return "\n".join(indent + line for line in found)
