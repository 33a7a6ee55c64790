// The sections around the stage: the size, the equal convolution, the counts, a stack of layers.
"use strict";

const sections = (() => {
  const element = (...parts) => minigrad.element(...parts);
  const paragraph = (text, attributes = {}) => element("p", attributes, text);

  // How large the output is, and why; the formula also where no output exists.
  function size(place, state, found) {
    const parts = [];
    for (const a of words.alike(state) ? [0] : [0, 1]) {
      const {letters, filled, plain, name} = words.size(state, a);
      const filledIn = element("div", {class: "filled", role: "math", "aria-label": plain});
      filledIn.innerHTML = filled; // numbers and letters of our own alone
      parts.push(element("div", {class: "formula"}, element("h3", {}, `Along the ${name}`),
                         element("p", {class: "letters"}, letters), filledIn));
      if (!found) continue;
      const {picture, legend} = rulers.draw(found, a, place.clientWidth || 600);
      const keys = legend.map(([kind, text]) =>
        element("li", {}, element("span", {class: `key ${kind}`, "aria-hidden": "true"}), text));
      parts.push(element("div", {class: "ruler-box", "data-axis": a}, picture),
                 ...(keys.length ? [element("ul", {class: "legend"}, ...keys)] : []),
                 ...words.aboutAxis(found, a).map((text) => paragraph(text)));
    }
    place.replaceChildren(...parts);
  }

  // The transposed convolution as a convolution of the picture with zeros between its pixels.
  function zeroInsertion(place, found) {
    const {x, w, b, y, geometry: how, state} = found;
    const spread = engine.spread(x, how.stride), turned = engine.turned(w, state.groups);
    const again = engine.zeros(...engine.shape(y)), notes = [];
    engine.conv_transpose2d_zero_insertion(again, x, w, b, how, (note) => notes.push(note));
    const [I, rows, columns] = engine.shape(spread), [, OH, OW] = engine.shape(y);
    const pad = how.padding.map((P, a) => how.dilation[a] * (state.kernel[a] - 1) - P);
    const span = how.dilation.map((D, a) => D * (state.kernel[a] - 1));
    const low = pad.map((P) => Math.min(0, -P));
    const high = [rows, columns].map((length, a) =>
      Math.max(length, [OH, OW][a] + span[a] - pad[a]));
    const sides = high.map((end, a) => end - low[a]);
    const within = (at, a) => at >= -pad[a] && at < [OH, OW][a] + span[a] - pad[a];
    const inputs = spread.map((plane, i) => {
      const kinds = {}, values = [];
      for (let r = 0; r < sides[0]; r++) {
        values.push([]);
        for (let c = 0; c < sides[1]; c++) {
          const [ih, iw] = [r + low[0], c + low[1]];
          const inside = 0 <= ih && ih < rows && 0 <= iw && iw < columns;
          if (!within(ih, 0) || !within(iw, 1)) kinds[`${r},${c}`] = "cropped";
          else if (!inside) kinds[`${r},${c}`] = "padding";
          else if (ih % how.stride[0] || iw % how.stride[1]) kinds[`${r},${c}`] = "structural";
          values[r].push(inside ? plane[ih][iw] : 0);
        }
      }
      return new ExplorerGrid({name: I > 1 ? `x[${i}]` : "x", caption: "zeros between and around",
                               rows: sides[0], columns: sides[1], origin: low, kinds, values});
    });
    const kernels = grids.weights(turned, "w", "turned by 180°", () => ({interactive: false}));
    const outputs = again.map((plane, o) => new ExplorerGrid({
      name: again.length > 1 ? `y[${o}]` : "y", caption: "the same output", rows: OH, columns: OW,
      values: plane, onPoint: (i, j) => point(i === null ? [0, 0, 0] : [o, i, j]),
    }));
    const perGroup = engine.shape(turned)[1], perOut = again.length / state.groups;
    function point([o, oh, ow]) {
      for (const grid of [...inputs, ...kernels, ...outputs]) grid.clear();
      const start = Math.floor(o / perOut) * perGroup;
      for (let i = 0; i < perGroup; i++) {
        for (let kh = 0; kh < state.kernel[0]; kh++) {
          for (let kw = 0; kw < state.kernel[1]; kw++) {
            const at = [oh + kh * how.dilation[0] - pad[0] - low[0],
                        ow + kw * how.dilation[1] - pad[1] - low[1]];
            inputs[start + i].mark(...at, "window");
            kernels[o * perGroup + i].mark(kh, kw, "window");
          }
        }
      }
      outputs[o].mark(oh, ow, "now");
    }
    point([0, 0, 0]);
    const all = y.flat(2), equal = again.flat(2).filter((value, i) => value === all[i]).length;
    const zero = notes.filter((note) => note.x[1] % how.stride[0] || note.x[2] % how.stride[1]);
    const [PH, PW] = pad;
    const both = ([p, q]) => words.minus(p === q ? p : `${p} and ${q}`);
    const between = both(how.stride.map((S) => S - 1));
    place.querySelector(".said").textContent =
      (between === "0" ? "With stride 1 no zeros come between the pixels; pad"
        : `Between neighbouring rows and columns put S − 1 = ${between} ` +
          `${between === "1" ? "row or column" : "rows or columns"} of zeros; pad`) +
      ` with D·(K − 1) − P = ${both(pad)}${PH < 0 || PW < 0 ? " (negative: crop)" : ""}, turn ` +
      `the kernel by 180°, and convolve with stride 1: ${equal} of ${all.length} cells are equal.` +
      (zero.length ? ` ${zero.length} of the ${notes.length} products are by inserted zeros, ` +
        "which is why nobody computes it this way." : "");
    grids.lay(place.querySelector(".parts"), ["", inputs], ["∗", kernels], ["=", outputs]);
  }

  // How many products land on each output, or how often each input is read.
  function counts(place, found) {
    const transposed = found.operation === "conv_transpose2d";
    const shape = engine.shape(transposed ? found.y : found.x);
    const per = found.w ? (transposed ? engine.shape(found.x)[0] / found.state.groups
      : engine.shape(found.y)[0] / found.state.groups) : 1;
    const values = grids.counts(transposed ? found.byOutput : found.byInput, shape, 0, per);
    place.querySelector("h2").textContent = transposed ? "The overlap map"
      : "How often is each number read?";
    place.querySelector(".said").textContent = transposed ? words.overlap(found, values)
      : words.uses(found, values);
    const grid = new ExplorerGrid({
      name: transposed ? "products per output" : found.operation === "upsample"
        ? "copies of each input" : "windows that read each input",
      rows: shape[1], columns: shape[2], values, shaded: true, onPoint: () => {},
    });
    grids.lay(place.querySelector(".parts"), ["", [grid]]);
  }

  return {counts, size, zeroInsertion};
})();
