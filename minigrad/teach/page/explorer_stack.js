// The receptive field of a stack of layers, along one axis.
"use strict";

const stack = (() => {
  const MOST = 6, WIDEST = 160;
  const BEGIN = "3s1d1,3s2d1,3s1d1";

  // "4s2d1,3s1d1": kernel, stride and dilation of every layer, the first one first.
  function read(text) {
    return text.split(",").slice(0, MOST).map((part) => {
      const found = /^(\d+)(?:s(\d+))?(?:d(\d+))?$/.exec(part.trim());
      if (!found) throw new Error(`stack: ${part} is no layer; write 3s2d1`);
      const [K, S, D] = [found[1], found[2] ?? 1, found[3] ?? 1].map(Number);
      return {K: bounded(K, 11), S: bounded(S, 5), D: bounded(D, 8)};
    });
  }

  const bounded = (value, most) => Math.min(Math.max(value, 1), most);
  const written = (layers) => layers.map(({K, S, D}) => `${K}s${S}d${D}`).join(",");

  // After each layer: the jump (how far neighbours lie apart in the input) and the field.
  function fields(layers) {
    let jump = 1, field = 1;
    return layers.map(({K, S, D}) => {
      const before = {jump, field};
      field += (K - 1) * D * jump;
      jump *= S;
      return {before, jump, field};
    });
  }

  // The positions of every level that one output depends on, from the output down to the input,
  // and the lines between them: taps of position o lie on o*S + k*D.
  function reach(layers) {
    const levels = [[0]], lines = [];
    for (const {K, S, D} of [...layers].reverse()) {
      const here = levels[levels.length - 1], found = new Set(), joined = [];
      for (const o of here) {
        for (let k = 0; k < K; k++) {
          found.add(o * S + k * D);
          joined.push([o, o * S + k * D]);
        }
      }
      levels.push([...found].sort((p, q) => p - q));
      lines.push(joined);
    }
    return {levels, lines};
  }

  const NS = "http://www.w3.org/2000/svg";
  function svg(tag, attributes) {
    const made = document.createElementNS(NS, tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
  }

  // Every level is drawn centred above the one below it.
  function draw(layers, room) {
    const {levels, lines} = reach(layers), field = fields(layers).at(-1).field;
    if (field > WIDEST) return null;
    const label = 62, unit = Math.min((room - label - 8) / field, 26), drop = 46, top = 14;
    const height = top * 2 + drop * layers.length, width = label + unit * field + 8;
    const picture = svg("svg", {viewBox: `0 0 ${width} ${height}`, width, height, class: "stack",
                                role: "img", "aria-label":
                                  `One output depends on ${field} inputs along this axis.`});
    // Position p of a level lies, in the input, at p*jump + offset.
    const jumps = [1];
    for (const {S} of layers) jumps.push(jumps.at(-1) * S);
    jumps.reverse();
    const x = (level, at) => {
      const positions = levels[level], middle = (positions[0] + positions.at(-1)) / 2;
      return label + unit * (field / 2 + (at - middle) * jumps[level]);
    };
    lines.forEach((joined, level) => joined.forEach(([from, to]) => picture.append(
      svg("line", {x1: x(level, from), y1: top + drop * level, x2: x(level + 1, to),
                   y2: top + drop * (level + 1)}))));
    levels.forEach((positions, level) => {
      const y = top + drop * level;
      const text = svg("text", {x: 0, y: y + 4});
      const depth = layers.length - level;
      text.textContent = level === 0 ? "output" : depth === 0 ? "input" : `layer ${depth}`;
      picture.append(text);
      for (const at of positions) {
        picture.append(svg("circle", {cx: x(level, at), cy: y,
                                      r: Math.max(Math.min(unit / 3, 5), 1.5)}));
      }
    });
    return picture;
  }

  // The section: a row of steppers a layer, the sum, the drawing.
  function show(place, layers, changed) {
    const {element} = minigrad;
    const found = fields(layers), last = found.at(-1);
    const field = (layer, name, label, most) => {
      const input = element("input", {type: "number", min: 1, max: most, value: layers[layer][name],
                                      "aria-label": `${label} of layer ${layer + 1}`});
      input.addEventListener("change", () => {
        const next = layers.map((one) => ({...one}));
        next[layer][name] = bounded(Math.round(Number(input.value)) || 1, most);
        changed(next);
      });
      return element("td", {}, input);
    };
    const rows = layers.map((one, i) => element("tr", {}, element("th", {scope: "row"}, `${i + 1}`),
      field(i, "K", "kernel size", 11), field(i, "S", "stride", 5), field(i, "D", "dilation", 8),
      element("td", {}, `${found[i].jump}`),
      element("td", {class: "sum"}, `${found[i].before.field} + (${one.K} − 1)·${one.D}·` +
        `${found[i].before.jump} = `, element("b", {}, `${found[i].field}`))));
    const heads = ["layer", "kernel", "stride", "dilation", "jump", "receptive field"];
    const table = element("table", {class: "layers"},
      element("thead", {}, element("tr", {}, ...heads.map((text) =>
        element("th", {scope: "col"}, text)))), element("tbody", {}, ...rows));
    const button = (text, off, next) => {
      const made = element("button", {type: "button"}, text);
      made.disabled = off;
      made.addEventListener("click", () => changed(next()));
      return made;
    };
    const buttons = element("p", {class: "buttons"},
      button("add a layer", layers.length >= MOST, () => [...layers, {K: 3, S: 1, D: 1}]),
      button("remove the last", layers.length === 1, () => layers.slice(0, -1)),
      button("a 70 × 70 patch discriminator", false, () => read("4s2,4s2,4s2,4s1,4s1")));
    const picture = draw(layers, place.clientWidth);
    const holes = reach(layers).levels.at(-1).length;
    const told = `Each layer adds (K − 1)·D·jump, where the jump is the product of the strides ` +
      `before it. One output sees ${last.field} × ${last.field} inputs, and its neighbour the ` +
      `field ${words.count(last.jump, "pixel")} further on.` +
      (holes < last.field ? ` Only ${holes} of the ${last.field} positions along an axis are ` +
        "really read: the dilations leave holes." : "");
    place.replaceChildren(element("div", {class: "table-box"}, table), buttons,
      element("p", {}, told),
      picture ? element("div", {class: "ruler-box"}, picture)
        : element("p", {class: "note"}, `Too wide to be drawn (more than ${WIDEST}).`));
  }

  return {BEGIN, draw, fields, reach, read, show, written};
})();
