"""The look of ``report.html``: one style sheet, light and dark, from 360 pixels up."""

__all__ = ["STYLE"]

STYLE = """
:root {
  color-scheme: light dark;
  --page: #f6f6f4; --card: #ffffff; --ink: #1b1d22; --soft: #5c616b; --faint: #8b909a;
  --rule: #e3e3df; --grid: #ececea; --a: #2563c4; --b: #c2560c; --c: #747a85;
  --good: #16733d; --mark: #f0f4fb; --code: #f0f0ed;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #131519; --card: #1b1e24; --ink: #eceef2; --soft: #a6acb8; --faint: #7d8490;
    --rule: #2c3038; --grid: #272b32; --a: #7db0ff; --b: #f2a15c; --c: #8c94a1;
    --good: #7fd6a0; --mark: #20293a; --code: #23272e;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
}
main { max-width: 1080px; margin: 0 auto; padding: 40px 24px 72px; }
h1 { font-size: 2rem; line-height: 1.2; letter-spacing: -0.015em; margin: 0 0 6px; }
h2 { font-size: 1.2rem; letter-spacing: -0.005em; margin: 52px 0 4px; }
p { margin: 6px 0 0; max-width: 68ch; }
.lead, .note { color: var(--soft); }
.note { font-size: 0.9rem; }
.card {
  background: var(--card); border: 1px solid var(--rule); border-radius: 12px; padding: 16px;
}
.facts {
  display: grid; grid-template-columns: repeat(4, 1fr); gap: 14px; margin: 28px 0 0; padding: 0;
}
.facts div { padding: 16px 18px; }
.facts dt { color: var(--soft); font-size: 0.84rem; }
.facts dd { margin: 2px 0 0; }
.facts .value {
  display: block; font-size: 1.7rem; font-weight: 650; line-height: 1.25; letter-spacing: -0.02em;
  font-variant-numeric: tabular-nums;
}
.facts .value small { font-size: 0.95rem; font-weight: 500; letter-spacing: 0; }
.facts .beside { color: var(--soft); font-size: 0.84rem; }
.crops { display: grid; grid-template-columns: repeat(2, 1fr); gap: 14px; margin-top: 16px; }
.pictures { display: grid; gap: 14px; margin-top: 16px; }
figure { margin: 0; }
.three { display: grid; grid-template-columns: repeat(3, 1fr); gap: 6px; }
.three span { display: block; color: var(--faint); font-size: 0.78rem; margin-bottom: 3px; }
.three span.ours { color: var(--ink); font-weight: 600; }
.three img {
  display: block; width: 100%; height: auto; border-radius: 5px; background: var(--grid);
}
.crops img { image-rendering: pixelated; }
figcaption { color: var(--soft); font-size: 0.84rem; margin-top: 8px; }
.charts { display: grid; grid-template-columns: repeat(2, 1fr); gap: 14px; margin-top: 16px; }
.charts figcaption { color: var(--ink); font-size: 0.95rem; font-weight: 600; margin: 0 0 2px; }
.legend {
  display: flex; flex-wrap: wrap; gap: 2px 16px; list-style: none; margin: 0 0 6px; padding: 0;
  color: var(--soft); font-size: 0.84rem; min-height: 1.6em;
}
.legend i {
  display: inline-block; width: 18px; height: 0; border-top: 3px solid; border-radius: 2px;
  margin-right: 6px; vertical-align: middle;
}
.legend .a { color: var(--a); } .legend .b { color: var(--b); } .legend .c { color: var(--c); }
.legend .c { border-top-style: dashed; border-top-width: 2px; }
.legend .d { color: var(--c); border-top-style: dotted; border-top-width: 3px; }
.chart { display: block; width: 100%; height: auto; }
.chart text { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
.chart .tick { fill: var(--soft); font-variant-numeric: tabular-nums; }
.chart .unit { fill: var(--faint); }
.chart .grid { stroke: var(--grid); } .chart .axis { stroke: var(--faint); }
.chart .line { fill: none; stroke-width: 2.25; stroke-linejoin: round; stroke-linecap: round; }
.chart .line.a { stroke: var(--a); } .chart .line.b { stroke: var(--b); }
.chart .line.c { stroke: var(--c); stroke-width: 1.5; stroke-dasharray: 5 5; }
.chart .line.d { stroke: var(--c); stroke-width: 2; stroke-dasharray: 1.5 5; }
.chart .dot.a { fill: var(--a); } .chart .dot.b { fill: var(--b); }
.chart .dot.c, .chart .dot.d { fill: none; }
.chart .dot.best { stroke: var(--card); stroke-width: 2; }
.scroll { overflow-x: auto; margin-top: 16px; padding: 4px 0; }
table { border-collapse: collapse; width: 100%; font-size: 0.92rem; }
th, td { text-align: left; padding: 7px 16px; border-top: 1px solid var(--rule); }
thead th { border-top: 0; color: var(--soft); font-weight: 500; font-size: 0.84rem; }
tbody tr:first-child th[colspan] { border-top-color: var(--faint); }
th[colspan] { padding-top: 14px; font-weight: 600; }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
tr.ours td { background: var(--mark); }
td.best { font-weight: 650; color: var(--good); }
tr.ours td:first-child { font-weight: 600; }
tr.total td { font-weight: 600; border-top-color: var(--faint); }
td code, .plain { font: 0.86em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.pairs {
  display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 14px; margin-top: 16px;
  align-items: start;
}
.pairs table { font-size: 0.9rem; }
.pairs h3 { font-size: 0.95rem; margin: 0 0 6px; padding: 0 16px; }
.pairs .card { padding: 14px 0 6px; overflow-x: auto; }
.pairs td { padding: 5px 16px; vertical-align: top; }
.pairs td:first-child { color: var(--soft); white-space: nowrap; width: 50%; }
.pairs td:last-child { overflow-wrap: anywhere; }
.pairs .changed td:last-child { font-weight: 650; }
details.card { padding: 0; margin-top: 16px; }
details summary { cursor: pointer; padding: 14px 16px; font-weight: 600; font-size: 0.95rem; }
details .scroll { margin: 0; border-top: 1px solid var(--rule); padding: 0 0 6px; }
pre {
  background: var(--code); border-radius: 10px; padding: 14px 16px; overflow-x: auto;
  font: 0.86rem/1.6 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; margin: 14px 0 0;
}
@media (max-width: 760px) {
  main { padding: 26px 14px 48px; }
  h1 { font-size: 1.55rem; }
  h2 { margin-top: 40px; }
  .facts { grid-template-columns: repeat(2, 1fr); gap: 10px; }
  .facts div { padding: 12px 14px; }
  .facts .value { font-size: 1.35rem; }
  .crops, .charts, .pairs { grid-template-columns: minmax(0, 1fr); }
  .card { padding: 12px; border-radius: 10px; }
  .chart text { font-size: 21px; }
  th, td { padding: 6px 7px; }
  table { font-size: 0.84rem; }
  thead th { font-size: 0.76rem; line-height: 1.3; vertical-align: bottom; }
  thead th.n { white-space: normal; }
}
@media print { body { background: #fff; } .card { break-inside: avoid; } }
"""
