"""Pages: an explanation as one HTML file in which the reader steps, points and changes views.

`assembled` inlines the files of this folder: theme.css and theme.js (the look), grid.js (a matrix
of cells) and what each kind of page adds.
"""

from minigrad.teach.page.assemble import assembled, asset, embedded, footer
from minigrad.teach.page.plain import plain_page

__all__ = ["assembled", "asset", "embedded", "footer", "plain_page"]
