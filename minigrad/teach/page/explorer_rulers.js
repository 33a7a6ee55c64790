// One axis at a time: a ruler of positions, and below it a line for every window (or, transposed,
// for every input row) with a dot for each tap.
"use strict";

const rulers = (() => {
  const NS = "http://www.w3.org/2000/svg";
  function svg(tag, attributes = {}, text = null) {
    const made = document.createElementNS(NS, tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    if (text !== null) made.textContent = text;
    return made;
  }

  // What is to be drawn along axis a: {first, length, kinds, lines: [{label, taps}], notes}.
  // The kind of a position is "", "padding", "beyond", "lost", "cropped", "extra" or "empty".
  function plan(found, a) {
    const {state, operation} = found, n = words.along(state, a);
    const H = n.H, OH = found.y_shape[a + 1];
    const range = (length, make) => Array.from({length}, (_, i) => make(i));
    if (operation === "upsample") {
      return {
        first: 0, length: OH, top: "output", kinds: range(OH, () => ""),
        lines: range(H, (i) => ({label: i, taps: range(OH, (o) => o).filter((o) =>
          engine.nearest_index(o, H, OH, 1 / n.f) === i)})),
      };
    }
    if (operation === "conv_transpose2d") {
      const first = -n.P, length = found.wide.sizes[a];
      const full = (H - 1) * n.S + n.D * (n.K - 1) + 1;
      const kind = (at) => {
        if (at < 0 || at >= OH) return "cropped";
        if (at >= OH - n.OP) return at - first >= full ? "empty" : "extra";
        return "";
      };
      return {
        first, length, top: "output", kinds: range(length, (i) => kind(i + first)),
        lines: range(H, (i) => ({label: i, taps: range(n.K, (k) => i * n.S + k * n.D - n.P)})),
      };
    }
    const first = found.first[a], length = found.sizes[a], end = H + n.total - n.P;
    const kind = (at) => {
      if (at >= end) return "beyond";
      if (at >= first + length - found.lost[a]) return "lost";
      return at < 0 || at >= H ? "padding" : "";
    };
    return {
      first, length, top: "input", kinds: range(length, (i) => kind(i + first)),
      lines: range(OH, (o) => ({label: o, taps: range(n.K, (k) => o * n.S + k * n.D - n.P)})),
    };
  }

  const LEGEND = {
    padding: "padding", beyond: "beyond the padding", lost: "reached by no window",
    cropped: "cropped away", extra: "kept through output padding",
    empty: "output padding that no product reaches",
  };

  // An <svg> of the plan, at most `room` pixels wide.
  function draw(found, a, room) {
    const {first, length, kinds, lines, top} = plan(found, a);
    const margin = 46, unit = Math.max(Math.min((room - margin - 4) / length, 32), 9);
    const pitch = lines.length > 12 ? 11 : 17, head = 18, cell = Math.min(unit - 2, 26);
    const below = head + cell + 22, height = below + lines.length * pitch + 4;
    const width = margin + unit * length + 4;
    const x = (at) => margin + (at - first + 0.5) * unit;
    const picture = svg("svg", {
      viewBox: `0 0 ${width} ${height}`, width, height, role: "img", class: "ruler",
    });
    const bottom = top === "input" ? "output" : "input";
    picture.append(svg("title", {}, described(found, a, lines, bottom)));
    picture.append(svg("text", {x: 0, y: head + cell / 2 + 4, class: "label"}, top));
    picture.append(svg("text", {x: 0, y: below - 2, class: "label"}, bottom));
    kinds.forEach((kind, i) => {
      const left = x(i + first) - cell / 2;
      const box = svg("g", {class: `place ${kind}`});
      box.append(svg("rect", {x: left, y: head, width: cell, height: cell, rx: 3}));
      if (kind === "cropped" || kind === "lost" || kind === "beyond") {
        const d = `M${left + 2} ${head + cell - 2}L${left + cell - 2} ${head + 2}`;
        box.append(svg("path", {d}));
      }
      if (kind === "extra" || kind === "empty") {
        box.append(svg("rect", {x: left + 3, y: head + 3, width: cell - 6, height: cell - 6,
                                rx: 2}));
      }
      if (unit >= 15) {
        box.append(svg("text", {x: x(i + first), y: head - 5}, words.minus(i + first)));
      }
      picture.append(box);
    });
    lines.forEach(({label, taps}, row) => {
      const y = below + row * pitch + pitch / 2;
      const line = svg("g", {class: "taps"});
      line.dataset.line = label;
      line.append(svg("text", {x: margin - 12, y: y + 4, class: "index"}, label));
      if (taps.length) {
        line.append(svg("line", {x1: x(taps[0]), x2: x(taps[taps.length - 1]), y1: y, y2: y}));
      }
      for (const at of taps) {
        const kind = kinds[at - first];
        const out = kind === "padding" || kind === "cropped" || kind === "beyond";
        line.append(svg("circle", {cx: x(at), cy: y, r: Math.min(unit / 4, 4.5),
                                   class: out ? "out" : ""}));
      }
      picture.append(line);
    });
    const met = [...new Set(kinds)].filter(Boolean);
    return {picture, legend: met.map((kind) => [kind, LEGEND[kind]])};
  }

  function described(found, a, lines, bottom) {
    const told = lines.slice(0, 12).map(({label, taps}) =>
      `${bottom} ${label}: positions ${taps.join(", ")}`);
    return `The taps along the ${words.SIDES[a].axis}. ${told.join("; ")}.`;
  }

  // Make the line of a window (or an input row) stand out; null for none.
  function point(boxes, cell) {
    for (const box of boxes) {
      for (const line of box.querySelectorAll(".taps")) {
        const here = cell && line.dataset.line === String(cell[1 + Number(box.dataset.axis)]);
        line.classList.toggle("here", Boolean(here));
      }
    }
  }

  return {draw, plan, point};
})();
