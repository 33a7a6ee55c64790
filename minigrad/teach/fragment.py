"""How a result looks in a notebook: one small style for every object that shows itself as HTML.

The colours are those of the pages (``page/theme.css``). A notebook that is dark says so by its
color-scheme, and the fragment follows.
"""

__all__ = ["STYLE", "fragment"]

STYLE = """
.minigrad {
  --m-soft: light-dark(#565b65, #a9afbb); --m-rule: light-dark(#e2e2dd, #30343d);
  --m-accent: light-dark(#1d5bb8, #86b6ff); --m-accent-tint: light-dark(#e4eefb, #1d3050);
  --m-other: light-dark(#b14d08, #f5a55f); --m-other-tint: light-dark(#fcefe2, #3c2a18);
  --m-code: light-dark(#f2f2ee, #22262d); --m-faint: light-dark(#6f747e, #8f96a3);
  font-variant-numeric: tabular-nums; line-height: 1.55;
}
.minigrad p { max-width: 66ch; }
.minigrad pre {
  background: var(--m-code); border-radius: 8px; padding: 0.7rem 0.9rem; overflow-x: auto;
}
.minigrad .beside { display: flex; flex-wrap: wrap; gap: 0.5rem 2rem; align-items: flex-start; }
.minigrad .wide { overflow-x: auto; }
.minigrad table {
  border-collapse: collapse; margin: 0.5rem 0 1rem; display: block; max-width: 100%;
  overflow-x: auto;
}
.minigrad caption { text-align: left; color: var(--m-soft); font-size: 0.9rem; }
.minigrad th, .minigrad td {
  text-align: left; vertical-align: top; padding: 0.3rem 1.1rem 0.3rem 0;
  border-bottom: 1px solid var(--m-rule); background: none;
}
.minigrad th { color: var(--m-soft); font-weight: 500; font-size: 0.9em; }
.minigrad .n, .minigrad table.list td { text-align: right; white-space: nowrap; }
.minigrad tr.strong td { font-weight: 650; }
.minigrad table.matrix td, .minigrad table.matrix th {
  padding: 0.15rem 0.55rem; text-align: right; border: 1px solid var(--m-rule);
}
.minigrad td.window {
  box-shadow: inset 0 0 0 2px var(--m-accent); background: var(--m-accent-tint);
}
.minigrad td.chosen {
  box-shadow: inset 0 0 0 2px var(--m-other); background: var(--m-other-tint);
}
.minigrad td.outside { color: var(--m-faint); text-decoration: line-through; }
.minigrad td.structural, .minigrad td.padding { color: var(--m-faint); }
"""


def fragment(inner: str) -> str:
    """HTML with the style it needs, to be shown inside something else.

    Parameters
    ----------
    inner : str
        HTML; whoever makes it escapes what comes from users.

    Examples
    --------
    >>> fragment("<p>7</p>").endswith("<p>7</p></div>")
    True
    """
    return f'<div class="minigrad"><style>{STYLE}</style>{inner}</div>'
