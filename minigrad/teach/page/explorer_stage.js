// The stage: input, kernel and output side by side. Pointing at a cell shows where it comes from
// or where it goes; the slider walks through the windows (or, transposed, the copies).
"use strict";

class Stage {
  // `changed(name, place, value)` is told of a number that the reader typed.
  constructor(element, changed) {
    this.element = element;
    this.changed = changed;
    this.parts = element.querySelector(".parts");
    this.sum = element.querySelector(".sum");
    this.slider = element.querySelector("input[type=range]");
    this.where = element.querySelector(".where");
    this.playing = null;
    this.slider.addEventListener("input", () => this.walk(Number(this.slider.value)));
    element.querySelector(".back").addEventListener("click", () => this.walk(this.at() - 1));
    element.querySelector(".on").addEventListener("click", () => this.walk(this.at() + 1));
    element.querySelector(".all").addEventListener("click", () => this.showAll());
    this.playButton = element.querySelector(".play");
    this.playButton.addEventListener("click", () => (this.playing ? this.stop() : this.play()));
  }

  get scatters() { return this.found.operation === "conv_transpose2d"; }

  draw(found) {
    const before = document.activeElement?.closest?.("[data-name]")?.dataset.name;
    const old = this.all?.find((grid) => grid.name === before);
    this.stop();
    if (this.found?.operation !== found.operation) this.forget();
    this.found = found;
    this.step = null;
    const point = (of, c, first) => (i, j) =>
      i === null ? this.show(this.pinned)
        : this.show({of, cell: [c, i + first[0], j + first[1]]});
    const choose = (of, c, first, grid) => (i, j) => this.choose(of, [c, i, j], first, grid());
    this.x = grids.inputs(found, (c) => this.handlers(point, choose, "x", c, found.first,
      (i, j, value) => this.changed("x", [c, i + found.first[0], j + found.first[1]], value)));
    this.w = found.w ? grids.weights(found.w, "w", "kernel", (p, q) => ({
      onPoint: (i, j) => this.show(i === null ? this.pinned : {of: "w", cell: [p, q, i, j]}),
      onChoose: (i, j) => this.chooseWeight(p, q, i, j),
      onEdit: (i, j, value) => this.changed("w", [p, q, i, j], value),
    })) : [];
    const first = found.wide ? found.wide.first : [0, 0];
    this.y = grids.outputs(found, (o) => this.handlers(point, choose, "y", o, first));
    this.all = [...this.x, ...this.w, ...this.y];
    this.lay();
    const cells = this.order();
    this.slider.max = cells.length - 1;
    if (!this.isChosen || !this.exists(this.pinned)) {
      const [, rows, columns] = engine.shape(this.scatters ? found.x : found.y);
      const middle = Math.floor((rows - 1) / 2) * columns + Math.floor((columns - 1) / 2);
      this.pinned = {of: this.scatters ? "x" : "y", cell: cells[middle]};
      this.slider.value = middle;
    }
    this.show(this.pinned);
    this.tellStep();
    const again = old && this.all.find((grid) => grid.name === old.name);
    if (again) {
      again.focus(Math.min(old.here[0], again.rows - 1), Math.min(old.here[1], again.columns - 1));
    }
  }

  // Until the reader chooses a cell, the one in the middle is explained.
  forget() {
    this.pinned = null;
    this.isChosen = false;
  }

  handlers(point, choose, of, channel, first, onEdit) {
    let made = null;
    const find = () => made ?? (made = this[of][channel]);
    return {onPoint: point(of, channel, first), onChoose: choose(of, channel, first, find), onEdit};
  }

  lay() {
    const arrow = {max_pool2d: "max →", avg_pool2d: "mean →", upsample: "copy →"};
    const joined = this.w.length ? [[this.scatters ? "⊛" : "∗", this.w]] : [];
    grids.lay(this.parts, ["", this.x], ...joined, [arrow[this.found.operation] ?? "=", this.y]);
  }

  // Which output cells (or, transposed, input cells) the slider visits.
  order() {
    const [C, H, W] = engine.shape(this.scatters ? this.found.x : this.found.y);
    const cells = [];
    for (let c = 0; c < C; c++) {
      for (let h = 0; h < H; h++) for (let w = 0; w < W; w++) cells.push([c, h, w]);
    }
    return cells;
  }

  exists({of, cell}) {
    if (of === "w") return false;
    const [C, H, W] = engine.shape(of === "x" ? this.found.x : this.found.y);
    return cell[0] < C && 0 <= cell[1] && cell[1] < H && 0 <= cell[2] && cell[2] < W;
  }

  choose(of, [c, i, j], first, grid) {
    const cell = [c, i + first[0], j + first[1]];
    const again = this.pinned?.of === of && model.key(this.pinned.cell) === model.key(cell);
    if (again && of === "x" && grid.onEdit) grid.edit(i, j);
    this.pinned = {of, cell};
    this.isChosen = true;
    const index = this.order().findIndex((one) => model.key(one) === model.key(cell));
    if ((of === "x") === this.scatters && index >= 0) this.slider.value = index;
    this.show(this.pinned);
    this.tellStep();
  }

  chooseWeight(p, q, i, j) {
    const grid = this.w.find((one) => one.cell(i, j).matches(":focus"));
    const again = this.chosenWeight === model.key([p, q, i, j]);
    this.chosenWeight = model.key([p, q, i, j]);
    if (again && grid) grid.edit(i, j);
  }

  // Walking

  at() { return Number(this.slider.value); }

  walk(index) {
    const cells = this.order();
    this.step = Math.min(Math.max(index, 0), cells.length - 1);
    this.isChosen = true;
    this.slider.value = this.step;
    this.pinned = {of: this.scatters ? "x" : "y", cell: cells[this.step]};
    this.reveal();
    this.show(this.pinned);
    this.tellStep();
    if (this.step === cells.length - 1) this.stop();
  }

  showAll() {
    this.stop();
    this.step = null;
    this.reveal();
    this.show(this.pinned);
    this.tellStep();
  }

  play() {
    this.walk(this.step === null || this.step >= Number(this.slider.max) ? 0 : this.step + 1);
    const pause = Math.max(250, Math.min(900, 12000 / (Number(this.slider.max) + 1)));
    if (Number(this.slider.max) > 0) this.playing = setInterval(() => this.walk(this.at() + 1), pause);
    this.tellPlay();
  }

  stop() {
    clearInterval(this.playing);
    this.playing = null;
    this.tellPlay();
  }

  tellPlay() {
    this.playButton.textContent = this.playing ? "Pause" : "Play";
    this.sum.setAttribute("aria-live", this.playing ? "off" : "polite");
  }

  tellStep() {
    const total = Number(this.slider.max) + 1;
    const [what, whats] = this.scatters ? ["copy", "copies"]
      : this.found.operation === "upsample" ? ["output", "outputs"] : ["window", "windows"];
    const place = this.at() + 1;
    const text = this.step === null ? `${total === 1 ? what : whats}: ${total}, all done`
      : `${what} ${place} of ${total}`;
    this.where.textContent = text;
    this.slider.setAttribute("aria-valuetext", text);
    this.element.querySelector(".all").disabled = this.step === null;
  }

  // The output as it stands after the step; what is not known yet is left empty.
  reveal() {
    const {found, step} = this, wide = found.wide;
    const shown = wide ? wide.y : found.y, [O, rows, columns] = engine.shape(shown);
    const index = new Map(this.order().map((cell, k) => [model.key(cell), k]));
    const so_far = wide ? numbers.filled([O, rows, columns], ([o]) => found.b[o]) : null;
    if (wide && step !== null) {
      for (const {y, x, sum} of wide.notes) {
        if (index.get(model.key(x)) <= step) so_far[y[0]][y[1]][y[2]] = sum;
      }
    }
    for (let o = 0; o < O; o++) {
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++) {
          let value = shown[o][i][j];
          if (step !== null) {
            if (wide) value = so_far[o][i][j];
            else if (index.get(model.key([o, i, j])) > step) value = null;
          }
          this.y[o].set(i, j, value);
        }
      }
    }
  }

  // Marks

  show(focus) {
    if (!focus) return; // a cell that lost the focus because it is being replaced
    for (const grid of this.all) grid.clear();
    if (focus.of === "w") this.showWeight(focus.cell);
    else if (focus.of === "x") this.showInput(focus.cell);
    else this.showOutput(focus.cell);
    if (this.pointed) this.pointed(focus);
  }

  mark(name, [c, h, w], mark, corner) {
    const {found} = this;
    const first = name === "x" ? found.first : found.wide ? found.wide.first : [0, 0];
    const grid = this[name][c], [i, j] = [h - first[0], w - first[1]];
    if (grid && i >= 0 && j >= 0 && i < grid.rows && j < grid.columns) grid.mark(i, j, mark, corner);
  }

  markWeight([p, q, kh, kw], mark) {
    const second = engine.shape(this.found.w)[1];
    this.w[p * second + q]?.mark(kh, kw, mark);
  }

  // Notes of an output cell; of a transposed convolution also of one that is cropped.
  notesOfOutput([o, oh, ow]) {
    const {found} = this;
    if (!found.wide) return found.byOutput.get(model.key([o, oh, ow])) ?? [];
    const [PH, PW] = found.geometry.padding;
    return found.wide.byOutput.get(model.key([o, oh + PH, ow + PW])) ?? [];
  }

  notesOfInput(cell) {
    const {found} = this;
    if (!found.wide) return found.byInput.get(model.key(cell)) ?? [];
    const [PH, PW] = found.geometry.padding;
    return (found.wide.byInput.get(model.key(cell)) ?? []).map((note) =>
      ({...note, y: [note.y[0], note.y[1] - PH, note.y[2] - PW]}));
  }

  isCropped([, oh, ow]) {
    const [, OH, OW] = engine.shape(this.found.y);
    return oh < 0 || ow < 0 || oh >= OH || ow >= OW;
  }

  showOutput(cell) {
    const {found} = this, notes = this.notesOfOutput(cell), weighted = Boolean(found.w);
    if (!this.scatters) this.markWindow(cell);
    const winner = found.index?.[cell[0]][cell[1]][cell[2]];
    for (const note of notes) {
      const corner = weighted ? `×${minigrad.text(note.factor)}` : null;
      const won = winner === note.x[1] * engine.shape(found.x)[2] + note.x[2];
      this.mark("x", note.x, winner !== undefined && won ? "won" : "window", corner);
      if (weighted) this.markWeight(note.w, "window");
    }
    this.mark("y", cell, "now");
    sums.ofOutput(this.sum, found, cell, notes, this.isCropped(cell));
  }

  // All taps of a window, also those on padding.
  markWindow([o, oh, ow]) {
    const {found} = this, {stride, padding, dilation} = found.geometry ?? {};
    if (!stride) return;
    const channels = found.w ? engine.shape(found.w)[1] : 1;
    const start = found.w ? Math.floor(o / (engine.shape(found.y)[0] / found.state.groups)) * channels
      : o;
    const [KH, KW] = found.state.kernel;
    for (let c = 0; c < channels; c++) {
      for (let kh = 0; kh < KH; kh++) {
        for (let kw = 0; kw < KW; kw++) {
          this.mark("x", [start + c, oh * stride[0] + kh * dilation[0] - padding[0],
                          ow * stride[1] + kw * dilation[1] - padding[1]], "window");
          if (found.w) this.markWeight([o, c, kh, kw], "window");
        }
      }
    }
  }

  showInput(cell) {
    const notes = this.notesOfInput(cell);
    this.mark("x", cell, "from");
    for (const note of notes) {
      const corner = note.w ? `×${minigrad.text(note.factor)}` : null;
      this.mark("y", note.y, "goes", corner);
      if (note.w) this.markWeight(note.w, "goes");
    }
    sums.ofInput(this.sum, this.found, cell, notes, (y) => this.isCropped(y));
  }

  // Which inputs and outputs a weight joins.
  showWeight(cell) {
    const found = this.found;
    const notes = found.notes.filter((note) => model.key(note.w) === model.key(cell));
    this.markWeight(cell, "from");
    for (const note of notes) {
      this.mark("x", note.x, "window");
      this.mark("y", note.y, "goes");
    }
    sums.ofWeight(this.sum, found, cell, notes);
  }
}

// The line below the matrices: the products of a cell, in the order of the engine's loops.
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

  return {ofInput, ofOutput, ofWeight};
})();
