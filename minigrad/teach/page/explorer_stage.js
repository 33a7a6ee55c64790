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
    this.exercise = new Exercise();
    this.isHidden = false;
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
    this.y = grids.outputs(found, (o) => this.handlers(point, choose, "y", o, first,
      this.isHidden && ((i, j, value) => this.answer([o, i + first[0], j + first[1]], value))));
    this.exercise.begin(found);
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
    if (this.isHidden) this.reveal();
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
    if (again && grid.onEdit) grid.edit(i, j);
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
    if (Number(this.slider.max) > 0) {
      this.playing = setInterval(() => this.walk(this.at() + 1), pause);
    }
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
    const text = this.step === null && this.isHidden ? words.count(total, what, whats)
      : this.step === null ? `${total === 1 ? what : whats}: ${total}, all done`
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
          if (this.isHidden) {
            value = this.exercise.answers.get(
              model.key([o, i - this.offset(0), j - this.offset(1)])) ?? null;
          } else if (step !== null) {
            if (wide) value = so_far[o][i][j];
            else if (index.get(model.key([o, i, j])) > step) value = null;
          }
          this.y[o].set(i, j, value);
        }
      }
    }
  }

  // How far the output's first cell lies inside what is drawn.
  offset(a) { return this.found.wide ? this.found.geometry.padding[a] : 0; }

  answer(cell, value) {
    this.exercise.answers.set(model.key(cell), value);
    this.pinned = {of: "y", cell};
    this.isChosen = true;
    this.reveal();
    this.show(this.pinned);
  }

  markAnswers() {
    for (const text of this.exercise.answers.keys()) {
      const cell = text.split(",").map(Number), right = this.exercise.isRight(cell);
      this.mark("y", cell, right ? "right" : "wrong", right ? "✓" : "✗");
    }
  }

  // Marks

  show(focus) {
    if (!focus) return; // a cell that lost the focus because it is being replaced
    for (const grid of this.all) grid.clear();
    if (focus.of === "w") this.showWeight(focus.cell);
    else if (focus.of === "x") this.showInput(focus.cell);
    else this.showOutput(focus.cell);
    if (this.isHidden) {
      this.markAnswers();
      sums.ofExercise(this.sum, this.found, focus, this.exercise);
    }
    if (this.pointed) this.pointed(focus);
  }

  mark(name, [c, h, w], mark, corner) {
    const {found} = this;
    const first = name === "x" ? found.first : found.wide ? found.wide.first : [0, 0];
    const grid = this[name][c], [i, j] = [h - first[0], w - first[1]];
    const inside = grid && i >= 0 && j >= 0 && i < grid.rows && j < grid.columns;
    if (inside) grid.mark(i, j, mark, corner);
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
    const perGroup = engine.shape(found.y)[0] / found.state.groups;
    const start = found.w ? Math.floor(o / perGroup) * channels : o;
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
