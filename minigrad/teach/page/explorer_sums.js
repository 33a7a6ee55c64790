// The lines below the matrices: the products of a cell, in the order of the engine's loops.
"use strict";

const sums = (() => {
  const MOST = 60;
  const text = (value) => minigrad.text(value);
  const factor = (value) => (value < 0 ? `(${text(value)})` : text(value));
  const element = minigrad.element;

  function cellName(letter, cell, planes) {
    const inside = (planes > 1 ? cell : cell.slice(1)).map(text).join(",");
    return `${letter}[${inside}]`;
  }

  function step(above, middle, below) {
    return element("li", {}, element("span", {class: "factors"}, above),
                   element("span", {class: "product"}, middle),
                   ...(below === null ? [] : [element("span", {class: "running"}, below)]));
  }

  function fill(place, heading, said, steps, left = 0) {
    const list = element("ol", {class: "steps", tabindex: "0",
                                "aria-label": "products and running sum"}, ...steps);
    if (left > 0) list.append(element("li", {class: "left"}, `and ${left} more`));
    place.replaceChildren(element("p", {class: "equals"}, ...heading),
                          ...(said ? [element("p", {class: "note"}, said)] : []),
                          ...(steps.length ? [list] : []));
  }

  function ofOutput(place, found, cell, notes, cropped) {
    const {operation, x, y, wide, b} = found;
    const name = cellName("y", cell, engine.shape(y)[0]);
    const [o, oh, ow] = cell, P = wide ? found.geometry.padding : [0, 0];
    const value = wide ? wide.y[o][oh + P[0]][ow + P[1]] : y[o][oh][ow];
    const C = engine.shape(x)[0], bias = b ? b[o] : 0;
    const heading = [element("b", {}, `${name} = ${text(value)}`)];
    if (operation === "upsample") {
      fill(place, heading, `A copy of ${cellName("x", notes[0].x, C)}.`, []);
      return;
    }
    const taps = found.state.kernel[0] * found.state.kernel[1];
    if (operation === "max_pool2d") {
      const winner = notes.find(({x: [, ih, iw]}) =>
        ih * engine.shape(x)[2] + iw === found.index[o][oh][ow]);
      fill(place, heading, `The largest of ${words.count(notes.length, "number")}: ` +
           `${cellName("x", winner.x, C)} wins. Below, what is compared and the largest so far.`,
           notes.map((note) => step(cellName("x", note.x, C), text(note.value),
                                    `max ${text(note.sum)}`)));
      return;
    }
    if (operation === "avg_pool2d") {
      const total = notes.length ? notes[notes.length - 1].sum : 0;
      const area = notes.length ? notes[0].area : taps;
      heading.push(` = ${text(total)} / ${area}`);
      fill(place, heading, area === notes.length ? "" :
           `${area - notes.length} of the ${area} counted are zeros of the padding.`,
           notes.map((note) => step(cellName("x", note.x, C), text(note.value),
                                    `Σ ${text(note.sum)}`)));
      return;
    }
    const all = operation === "conv2d" ? taps * engine.shape(found.w)[1] : notes.length;
    const said = [];
    if (cropped) said.push("Cropped away: this sum is made and then lost.");
    if (!notes.length) {
      said.push(`No product reaches it${bias ? "; the bias alone stands here" : ""}.`);
    }
    if (all > notes.length) {
      said.push(`${all - notes.length} of ${all} taps meet padding and are left out.`);
    }
    if (bias && notes.length) said.push(`The sum begins with the bias ${text(bias)}.`);
    const shown = notes.slice(0, MOST);
    if (notes.length) {
      const written = shown.map((note, k) => {
        const sign = note.product < 0 ? " − " : " + ";
        const size = text(Math.abs(note.product));
        return k === 0 && !bias ? text(note.product) : sign + size;
      });
      const alone = notes.length === 1 && !bias;
      heading.push(alone ? ` = ${factor(notes[0].value)} · ${factor(notes[0].factor)}`
        : ` = ${bias ? text(bias) : ""}${written.join("")}${notes.length > MOST ? " + …" : ""}`);
    }
    fill(place, heading, said.join(" "),
         shown.map((note) => step(`${text(note.value)} · ${factor(note.factor)}`,
                                  text(note.product), `Σ ${text(note.sum)}`)),
         notes.length - shown.length);
  }

  function ofInput(place, found, cell, notes, isCropped) {
    const {operation, x, y} = found;
    const [c, h, w] = cell, [C, H, W] = engine.shape(x), O = engine.shape(y)[0];
    const inside = 0 <= h && h < H && 0 <= w && w < W;
    const name = cellName("x", cell, C);
    if (!inside) {
      fill(place, [element("b", {}, `${name} is padding`)],
           operation === "max_pool2d" ? "It never wins." : "Its products are zeros.", []);
      return;
    }
    const value = x[c][h][w], heading = [element("b", {}, `${name} = ${text(value)}`)];
    const lost = notes.filter((note) => isCropped(note.y)).length;
    if (!notes.length) {
      fill(place, heading, "No window reads it: no output depends on this number.", []);
      return;
    }
    const verb = {max_pool2d: "is compared in", avg_pool2d: "is counted in",
                  upsample: "is copied to"}[operation] ?? "goes to";
    heading.push(` ${verb} ${words.count(notes.length, "output")}`);
    const won = found.index && notes.filter(({y: [o, oh, ow]}) =>
      found.index[o][oh][ow] === h * W + w).length;
    const said = lost ? `${lost} of its products ${lost === 1 ? "is" : "are"} cropped away.`
      : found.index ? `It wins ${won} of them.` : "";
    fill(place, heading, said, notes.slice(0, MOST).map((note) => step(
      `${cellName("y", note.y, O)}${note.w ? " +=" : ""}`,
      note.w ? `${text(value)} · ${factor(note.factor)}` : text(note.value),
      note.w ? `= ${text(note.product)}${isCropped(note.y) ? ", cropped" : ""}` : null)),
         notes.length - MOST);
  }

  function ofWeight(place, found, cell, notes) {
    const [p, q, kh, kw] = cell, planes = engine.shape(found.w).slice(0, 2);
    const inside = (planes[0] * planes[1] > 1 ? cell : cell.slice(2)).join(",");
    fill(place, [element("b", {}, `w[${inside}] = ${text(found.w[p][q][kh][kw])}`),
                 ` takes part in ${words.count(notes.length, "product")}`],
         "Marked are the inputs that it multiplies and the outputs that they go to: the same " +
         "weight everywhere.", []);
  }

  // Instead of the products, while the output is hidden.
  function ofExercise(place, found, {of, cell}, exercise) {
    const isOutput = of === "y" && exercise.isAsked(cell);
    const heading = isOutput ? [element("b", {}, cellName("y", cell, engine.shape(found.y)[0])),
                                " is to be worked out"]
      : ["Fill in the output"];
    const said = isOutput ? `${exercise.about(cell)} ` : "";
    fill(place, heading, said + exercise.progress(), []);
  }

  return {ofExercise, ofInput, ofOutput, ofWeight};
})();
