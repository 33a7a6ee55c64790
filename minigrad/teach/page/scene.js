/* A scene's numbers, looked up: which steps there are, who makes a cell, where a cell goes.
   Nothing is computed here: every product and every running sum is in the trace.

   const scene = new minigrad.Scene(data, trace);
   scene.array("x")                 {name, role, shape, origin, values, kinds, corners}
   scene.entries                    one an output cell: {cell, key, value, start, startCell,
                                    divisor, terms, steps, taps, winner}
   scene.entry(key)                 the entry of an output cell
   scene.goes(name, key)            [{entry, term}]: where a cell of a factor goes
   scene.steps(fine)                the steps; fine: one a product
   scene.shown(step)                a Map: key of an output cell -> value, as known after the step
*/
"use strict";
(function (minigrad) {
  minigrad.key = (cell) => cell.join(",");

  /* y[0,2]: leading indices are left out where there is one picture, one channel, number 0. */
  minigrad.cellName = function (array, cell) {
    let skipped = 0;
    while (skipped < array.shape.length - 2 && array.shape[skipped] === 1
      && array.origin[skipped] === 0) skipped++;
    return `${array.name}[${cell.slice(skipped).join(",")}]`;
  };

  minigrad.Scene = class Scene {
    constructor(data, trace) {
      Object.assign(this, data);
      this.columns = trace.columns;
      const wide = trace.wide;
      const found = { trace: trace.cells, wide: wide && wide.cells }[data.cells] || data.cells;
      this.output = data.arrays.find((array) => array.role === "output");
      this.input = data.arrays.find((array) => array.role === "input");
      this.weight = data.arrays.find((array) => array.role === "weight");
      this.entries = found.map((cell, place) => this.read(cell, place));
      this.byKey = new Map(this.entries.map((entry) => [entry.key, entry]));
      // Nothing to multiply by: a plain sum, a mean, a maximum.
      this.bare = !this.weight && this.entries.every((entry) => entry.terms.every(
        (term) => term.w === 1));
      if (data.taps && wide) this.readTaps(wide.cells);
      this.users = { input: new Map(), weight: new Map() };
      for (const entry of this.entries) {
        for (const term of entry.terms) {
          this.use("input", term.input, entry, term);
          if (term.weight) this.use("weight", term.weight, entry, term);
        }
      }
    }

    read(cell, place) {
      const terms = cell.terms.map((row, at) => {
        const term = { at };
        this.columns.forEach((name, k) => { term[name] = row[k]; });
        return term;
      });
      return {
        cell: cell.cell, key: minigrad.key(cell.cell), value: cell.value, start: cell.start,
        startCell: cell.start_cell, divisor: cell.divisor, terms, steps: cell.steps || [],
        winner: this.winners.length ? this.winners[place] : -1, taps: [],
      };
    }

    /* The taps that lie on padding: they are marked, but add nothing. */
    readTaps(cells) {
      const [input, w] = [this.columns.indexOf("input"), this.columns.indexOf("w")];
      for (const cell of cells) {
        const entry = this.byKey.get(minigrad.key(cell.cell));
        if (!entry) continue;
        const real = new Set(entry.terms.map((term) => minigrad.key(term.input)));
        entry.taps = cell.terms
          .filter((row) => !real.has(minigrad.key(row[input])))
          .map((row) => ({ input: row[input], w: row[w] }));
      }
    }

    use(role, cell, entry, term) {
      const key = minigrad.key(cell);
      if (!this.users[role].has(key)) this.users[role].set(key, []);
      this.users[role].get(key).push({ entry, term });
    }

    array(name) { return this.arrays.find((array) => array.name === name); }

    entry(key) { return this.byKey.get(key); }

    goes(array, key) { return (this.users[array.role] || new Map()).get(key) || []; }

    /* A step is {entry, upTo} or, where pixels scatter, {pixel, landed, upTo};
       upTo counts the terms that have been added. */
    steps(fine) {
      if (this.order === "map") return [];
      const whole = this.order === "scatter" ? this.scattered() : this.gathered();
      if (!fine) return whole;
      return whole.flatMap((step) => {
        const count = (step.landed || step.entry.terms).length;
        if (count < 2) return [step];
        return Array.from({ length: count }, (_, k) => ({ ...step, upTo: k + 1, count }));
      });
    }

    gathered() {
      const order = this.sequence.length ? this.sequence : this.entries.map((_, k) => k);
      return order.map((place, k) => {
        const entry = this.entries[place];
        return { entry, upTo: entry.terms.length, label: this.labels[k] || "" };
      });
    }

    /* The products in the kernel's order, those of one pixel together. */
    scattered() {
      const all = this.entries.flatMap((entry) => entry.terms.map((term) => ({ entry, term })));
      all.sort((a, b) => a.term.step - b.term.step);
      const found = [];
      for (const one of all) {
        const last = found[found.length - 1];
        const key = minigrad.key(one.term.input);
        if (last && last.key === key) last.landed.push(one);
        else found.push({ key, pixel: one.term.input, landed: [one], label: "" });
      }
      for (const step of found) step.upTo = step.landed.length;
      return found;
    }

    /* What the output holds after step number `at` of `steps`. */
    shown(steps, at) {
      const known = new Map();
      if (this.order === "map") return null;
      if (this.order === "scatter") {
        for (const entry of this.entries) known.set(entry.key, entry.start);
        for (const step of steps.slice(0, at + 1)) {
          for (const { entry, term } of step.landed.slice(0, step.upTo)) {
            known.set(entry.key, term.sum);
          }
        }
        return known;
      }
      for (const { entry, upTo } of steps.slice(0, at + 1)) {
        const whole = upTo >= entry.terms.length;
        known.set(entry.key, whole ? entry.value : entry.terms[upTo - 1].sum);
      }
      return known;
    }
  };
})(window.minigrad);
