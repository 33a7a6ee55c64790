/* The arrays of a scene, drawn as matrices: a few planes of each, those that the step touches.

   const stage = new minigrad.Stage(scene, { onPoint(array, cell), onChoose(array, cell) });
   stage.element
   stage.show({ x: [cells], ... })  choose the planes that hold these cells
   stage.mark(array, cell, mark, corner), stage.clear()
   stage.fill(array, known)         a Map of values; cells that it lacks are not known yet
   stage.grid(name, cell)           the Grid that holds a cell now, or undefined
*/
"use strict";
(function (minigrad) {
  // Planes of an array that stand side by side.
  const MOST = window.matchMedia("(max-width: 640px)").matches ? 2 : 4;
  const element = minigrad.element;

  class Drawn {
    constructor(array, calls) {
      this.array = array;
      this.calls = calls;
      const shape = array.shape;
      this.rows = shape.length > 1 ? shape[shape.length - 2] : 1;
      this.columns = shape[shape.length - 1];
      this.leading = this.listed(shape.slice(0, -2), array.origin.slice(0, -2));
      this.widest = Math.max(1, ...array.values.map((value) => minigrad.text(value).length));
      this.grids = new Map();
      this.known = null;
      this.shift = 0;
      this.planes = element("div", { class: "planes" });
      this.pager = element("span", { class: "pager", hidden: "" });
      this.element = element("div", { class: "array" },
        element("div", { class: "head" }, element("b", {}, array.name),
          element("span", {}, array.caption), this.pager), this.planes);
      this.element.dataset.array = array.name;
      this.wanted = this.leading.slice(0, MOST);
      if (this.leading.length > MOST) this.makePager();
      this.draw();
    }

    /* All indices of the leading axes, as lists. */
    listed(shape, origin) {
      let found = [[]];
      shape.forEach((size, axis) => {
        const next = Array.from({ length: size }, (_, k) => k + origin[axis]);
        found = found.flatMap((head) => next.map((k) => [...head, k]));
      });
      return found.map((indices) => indices.join(","));
    }

    makePager() {
      this.back = element("button", { type: "button", "aria-label": "earlier channels" }, "‹");
      this.forth = element("button", { type: "button", "aria-label": "later channels" }, "›");
      this.back.addEventListener("click", () => this.turn(-MOST));
      this.forth.addEventListener("click", () => this.turn(MOST));
      this.which = element("span", {});
      this.pager.append(this.back, this.which, this.forth);
      this.pager.hidden = false;
    }

    turn(by) {
      const first = this.leading.indexOf(this.wanted[0]);
      const start = Math.max(0, Math.min(first + by, this.leading.length - MOST));
      this.wanted = this.leading.slice(start, start + MOST);
      this.draw();
      this.calls.onTurn();
    }

    split(cell) {
      if (cell.length === 1) return ["", 0, cell[0] - this.array.origin[0]];
      const [i, j] = cell.slice(-2);
      const [top, left] = this.array.origin.slice(-2);
      return [cell.slice(0, -2).join(","), i - top, j - left];
    }

    join(head, i, j) {
      if (this.array.shape.length === 1) return [j + this.array.origin[0]];
      const [top, left] = this.array.origin.slice(-2);
      return [...(head === "" ? [] : head.split(",").map(Number)), i + top, j + left];
    }

    /* Of few planes all stay; of many, those that hold the cells, as a book is opened at the page
       of the first cell. */
    choose(cells) {
      if (this.leading.length <= MOST || !cells.length) return;
      const first = this.split(cells[0])[0];
      const heads = [...new Set(cells.map((cell) => this.split(cell)[0]))]
        .sort((a, b) => this.leading.indexOf(a) - this.leading.indexOf(b));
      const page = Math.floor(heads.indexOf(first) / MOST) * MOST;
      const chosen = heads.slice(page, page + MOST);
      if (chosen.join(";") === this.wanted.join(";")) return;
      this.wanted = chosen;
      this.draw();
    }

    draw() {
      this.planes.replaceChildren(...this.wanted.map((head) => this.grid(head).element));
      if (!this.back) return;
      const first = this.leading.indexOf(this.wanted[0]);
      const last = first + this.wanted.length - 1;
      const text = first === last ? `${first}` : `${first}\u2013${last}`;
      this.which.textContent = `${text} of ${this.leading.length}`;
      this.back.disabled = first <= 0;
      this.forth.disabled = last >= this.leading.length - 1;
    }

    grid(head) {
      if (this.grids.has(head)) return this.grids.get(head);
      const { array, rows, columns } = this;
      const size = rows * columns;
      const first = this.leading.indexOf(head) * size;
      const origin = array.shape.length > 1 ? array.origin.slice(-2) : [0, array.origin[0]];
      const kinds = {};
      const corners = {};
      const values = Array.from({ length: rows }, (_, i) => Array.from({ length: columns },
        (_, j) => {
          const key = minigrad.key(this.join(head, i, j));
          if (array.kinds[key]) kinds[`${i},${j}`] = array.kinds[key];
          if (array.corners[key]) corners[`${i},${j}`] = array.corners[key];
          if (this.known) return this.known.has(key) ? this.known.get(key) : null;
          return array.values[first + i * columns + j];
        }));
      const grid = new minigrad.Grid({
        name: this.planeName(head), rows, columns, origin, kinds, corners, values,
        rowLabels: array.shape.length === 1 || (rows === 1 && array.shape.length === 2)
          ? [] : undefined,
        interactive: true, widest: this.widest,
        onPoint: (i, j) => this.calls.onPoint(array, i === null ? null : this.join(head, i, j)),
        onChoose: (i, j) => this.calls.onChoose(array, this.join(head, i, j)),
      });
      grid.captionElement.hidden = this.leading.length === 1;
      this.grids.set(head, grid);
      return grid;
    }

    planeName(head) {
      if (this.leading.length === 1) return this.array.name;
      const skipped = this.array.shape.length === 4 && this.array.shape[0] === 1 ? 1 : 0;
      return `${this.array.name}[${head.split(",").slice(skipped).join(",")}]`;
    }

    fill(known) {
      this.known = known;
      for (const [head, grid] of this.grids) {
        for (let i = 0; i < this.rows; i++) {
          for (let j = 0; j < this.columns; j++) {
            const key = minigrad.key(this.join(head, i, j));
            const value = known.has(key) ? known.get(key) : null;
            const shown = value === null ? undefined : String(value);
            if (grid.value(i, j) !== shown) grid.set(i, j, value);
          }
        }
      }
    }
  }

  minigrad.Stage = class Stage {
    constructor(scene, calls) {
      const all = { ...calls, onTurn: () => calls.onTurn && calls.onTurn() };
      this.drawn = new Map(scene.arrays.map((array) => [array.name, new Drawn(array, all)]));
      this.element = element("div", { class: "stage" },
        ...[...this.drawn.values()].map((drawn) => drawn.element));
    }

    show(cells) {
      for (const [name, list] of Object.entries(cells)) {
        if (this.drawn.has(name)) this.drawn.get(name).choose(list);
      }
    }

    grid(name, cell) {
      const drawn = this.drawn.get(name);
      if (!drawn) return undefined;
      const [head] = drawn.split(cell);
      return drawn.wanted.includes(head) ? drawn.grid(head) : undefined;
    }

    mark(array, cell, mark, corner) {
      const grid = this.grid(array.name, cell);
      if (!grid) return;
      const [, i, j] = this.drawn.get(array.name).split(cell);
      grid.mark(i, j, mark, corner);
      if (mark === "now") grid.reveal(i, j);
    }

    clear() {
      for (const drawn of this.drawn.values()) {
        for (const grid of drawn.grids.values()) grid.clear();
      }
    }

    fill(array, known) { this.drawn.get(array.name).fill(known); }
  };
})(window.minigrad);
