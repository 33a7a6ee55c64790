// The exercise: the output is hidden, and the reader fills it in.
"use strict";

class Exercise {
  constructor() {
    this.answers = new Map(); // "o,oh,ow": the number that was typed
  }

  begin(found) {
    this.found = found;
    this.answers.clear();
  }

  truth([o, oh, ow]) {
    return this.found.y[o][oh][ow];
  }

  isAsked([, oh, ow]) {
    const [, OH, OW] = engine.shape(this.found.y);
    return 0 <= oh && oh < OH && 0 <= ow && ow < OW;
  }

  // Whole numbers are right exactly, others to two decimals.
  isRight(cell) {
    const truth = this.truth(cell), typed = this.answers.get(model.key(cell));
    return Number.isInteger(truth) ? typed === truth : Math.abs(typed - truth) <= 0.005;
  }

  // What is said about a cell: right, a slip that it looks like, or how far the exercise is.
  about(cell) {
    const typed = this.answers.get(model.key(cell));
    if (typed === undefined) return "Type its number into the cell.";
    if (this.isRight(cell)) return "Right.";
    return `Not ${minigrad.text(typed)}. ${this.slip(cell, typed)}`;
  }

  slip([o, oh, ow], typed) {
    const {found} = this;
    if (!found.w) return "Compare the window once more.";
    const bias = found.b[o];
    if (bias && typed === this.truth([o, oh, ow]) - bias) return "The bias is missing.";
    if (typed === -this.truth([o, oh, ow])) return "The sign is the other one.";
    const w = found.w.map((planes) => planes.map((plane) =>
      plane.map((row) => [...row].reverse()).reverse()));
    const y = engine.zeros(...engine.shape(found.y));
    engine[found.operation](y, found.x, w, found.b, found.geometry);
    if (y[o][oh][ow] === typed) return "That is what the kernel turned by 180 degrees gives.";
    return "Go through its products once more.";
  }

  progress() {
    const cells = [...this.answers.keys()].map((text) => text.split(",").map(Number));
    const right = cells.filter((cell) => this.isRight(cell)).length;
    const all = this.found.y.flat(2).length;
    return right === all ? `All ${all} are right.` : `${right} of ${all} are right.`;
  }
}
