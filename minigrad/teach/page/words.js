/* The sentences and the sums below the matrices.

   minigrad.told(scene, step)             {caption, chips} of a step; nodes
   minigrad.toldCell(scene, entry)        of an output cell that is pointed at
   minigrad.toldUse(scene, array, cell)   of a factor's cell that is pointed at
*/
"use strict";
(function (minigrad) {
  const MOST_WRITTEN = 12; // products of a sentence
  const MOST_CHIPS = 60;
  const element = minigrad.element;
  const bold = (text) => element("b", {}, text);
  const result = (value) => element("span", { class: "result" }, minigrad.text(value));

  function bracketed(value) {
    const text = minigrad.text(value);
    return text.startsWith("\u2212") ? `(${text})` : text;
  }

  /* 3·2, or 3 alone where there is nothing to multiply by. */
  function factors(scene, term) {
    return scene.bare ? bracketed(term.x) : `${bracketed(term.x)}\u00b7${bracketed(term.w)}`;
  }

  /* A factor in a cell's corner: \u00d7.25, without the zero that there is no room for. */
  minigrad.times = (value) => `\u00d7${minigrad.text(value, 2).replace(/^(\u2212?)0\./, "$1.")}`;

  minigrad.signed = function (value) {
    const text = minigrad.text(value, 3);
    return text.startsWith("\u2212") ? text : `+${text}`;
  };

  function count(number, what) { return `${number} ${what}${number === 1 ? "" : "s"}`; }

  function cut(parts, joint) {
    if (parts.length <= MOST_WRITTEN) return parts.join(joint);
    const left = parts.length - MOST_WRITTEN;
    return [...parts.slice(0, MOST_WRITTEN), `\u2026 ${left} more`].join(joint);
  }

  /* What a cell is, as a right side without the result. */
  function rightSide(scene, entry) {
    if (scene.verb === "max") {
      return `max(${cut(entry.terms.map((term) => minigrad.text(term.x)), ", ")})`;
    }
    const parts = entry.terms.map((term) => factors(scene, term));
    if (entry.startCell) parts.unshift(minigrad.text(entry.start));
    const sum = cut(parts, " + ");
    return entry.divisor === 1 ? sum : `(${sum}) / ${minigrad.text(entry.divisor)}`;
  }

  function place(scene, entry) {
    const term = entry.terms[entry.winner];
    return term ? `, found at ${minigrad.cellName(scene.input, term.input)}` : "";
  }

  function padded(entry) {
    if (!entry.taps.length) return "";
    const verb = entry.taps.length === 1 ? "tap lies" : "taps lie";
    return ` ${entry.taps.length} ${verb} on padding and add nothing.`;
  }

  function wholeCell(scene, entry) {
    const name = bold(minigrad.cellName(scene.output, entry.cell));
    if (entry.steps.length) return [name, " = ", result(entry.value)];
    if (!entry.terms.length) {
      return [name, " = ", result(entry.value), ": no product reaches it.", padded(entry)];
    }
    const parts = [name, ` = ${rightSide(scene, entry)} = `, result(entry.value)];
    const many = scene.order === "map" ? ` ${count(entry.terms.length, "product")}.` : "";
    return [...parts, place(scene, entry), ".", many, padded(entry)];
  }

  function chip(scene, term, state, from) {
    const item = element("li", { class: state });
    item.append(element("span", { class: "factors" }, from));
    item.append(element("span", { class: "product" }, minigrad.text(term.product)));
    const word = scene.verb === "max" ? "largest" : "sum";
    item.append(element("span", { class: "sum" }, `${word} ${minigrad.text(term.sum)}`));
    item.dataset.sum = String(term.sum);
    return item;
  }

  /* One chip a term; of very many, those around the one that is being added. */
  function chips(scene, list, upTo, fine, label) {
    const first = list.length <= MOST_CHIPS ? 0
      : Math.max(0, Math.min(upTo - MOST_CHIPS / 2, list.length - MOST_CHIPS));
    const shown = list.slice(first, first + MOST_CHIPS).map((one, k) => {
      const at = first + k;
      let state = at >= upTo ? "is-later" : "";
      if (fine && at === upTo - 1) state = "is-now";
      if (one.won) state += " is-won";
      return chip(scene, one.term, state, label(one));
    });
    const more = (number) => element("li", { class: "more" }, `${number} more`);
    if (first > 0) shown.unshift(more(first));
    const after = list.length - first - MOST_CHIPS;
    if (after > 0) shown.push(more(after));
    return shown;
  }

  function cellChips(scene, entry, upTo, fine) {
    if (entry.steps.length) return ledger(entry);
    const list = entry.terms.map((term, k) => ({ term, won: k === entry.winner }));
    const label = ({ term }) => (scene.bare
      ? minigrad.cellName(scene.input, term.input) : factors(scene, term));
    const made = chips(scene, list, upTo, fine, label);
    if (entry.startCell && upTo > 0) {
      const bias = element("li", {}, element("span", { class: "factors" }, "bias"),
        element("span", { class: "product" }, minigrad.text(entry.start)),
        element("span", { class: "sum" }, `sum ${minigrad.text(entry.start)}`));
      made.unshift(bias);
    }
    return made;
  }

  /* Batch norm: the kernel's operations one after the other. */
  function ledger(entry) {
    const signs = { "-": "\u2212", "*": "\u00b7", "/": "/", "+": "+", "**": "^" };
    const part = (side) => (typeof side === "string"
      ? side.replace(/, /g, ",").replace(/^(\w+)\[0\]$/, "$1") : bracketed(side));
    return entry.steps
      .filter(([sign, , right]) => !(sign === "*" && right === 1))
      .slice(0, MOST_CHIPS)
      .map(([sign, left, right, value]) => {
        const text = right === null ? `${sign}(${part(left)})`
          : `${part(left)} ${signs[sign] || sign} ${part(right)}`;
        const item = element("li", {}, element("span", { class: "factors" }, text),
          element("span", { class: "product" }, minigrad.text(value)));
        item.dataset.sum = String(value);
        return item;
      });
  }

  minigrad.toldCell = function (scene, entry) {
    return { caption: wholeCell(scene, entry),
      chips: cellChips(scene, entry, entry.terms.length, false) };
  };

  minigrad.told = function (scene, step) {
    const fine = step.count !== undefined;
    const label = step.label ? `${step.label} ` : "";
    if (step.landed) return toldScatter(scene, step, fine);
    const { entry, upTo } = step;
    if (!fine || upTo === entry.terms.length) {
      const whole = minigrad.toldCell(scene, entry);
      whole.caption.unshift(label);
      if (fine) whole.chips = cellChips(scene, entry, upTo, true);
      return whole;
    }
    const term = entry.terms[upTo - 1];
    const name = bold(minigrad.cellName(scene.output, entry.cell));
    const what = scene.verb === "max" ? "The largest so far is " : "The running sum is ";
    const from = minigrad.cellName(scene.input, term.input);
    const through = term.weight && scene.weight
      ? ` times ${minigrad.cellName(scene.weight, term.weight)}` : "";
    const made = factors(scene, term) === bracketed(term.product)
      ? `${from} = ${minigrad.text(term.x)}. `
      : `${from}${through}, ${factors(scene, term)} = ${minigrad.text(term.product)}. `;
    const caption = [label, name, `, ${upTo} of ${entry.terms.length}: ${made}`,
      what, result(term.sum), "."];
    return { caption, chips: cellChips(scene, entry, upTo, true) };
  };

  function toldScatter(scene, step, fine) {
    const [{ term }] = step.landed;
    const name = minigrad.cellName(scene.input, step.pixel);
    const list = step.landed.map((one) => ({ ...one }));
    const where = ({ entry }) => `to ${minigrad.cellName(scene.output, entry.cell)}`;
    const made = chips(scene, list, step.upTo, fine, where);
    if (fine) {
      const one = step.landed[step.upTo - 1];
      return { chips: made, caption: [bold(name), ` = ${minigrad.text(term.x)}, `,
        `${step.upTo} of ${step.count}: ${factors(scene, one.term)} = `,
        `${minigrad.text(one.term.product)} is added to `,
        bold(minigrad.cellName(scene.output, one.entry.cell)), ", which becomes ",
        result(one.term.sum), "."] };
    }
    const caption = [bold(name), " = ", result(term.x), " times the kernel: ",
      `${count(list.length, "product")}, each added where the kernel lies.`];
    return { caption, chips: made };
  }

  minigrad.toldUse = function (scene, array, cell) {
    const uses = scene.goes(array, minigrad.key(cell));
    const name = bold(minigrad.cellName(array, cell));
    if (!uses.length) return { caption: [name, " goes nowhere: no window covers it."], chips: [] };
    const cells = [...new Set(uses.map(({ entry }) =>
      minigrad.cellName(scene.output, entry.cell)))];
    const parts = cells.slice(0, 8).join(", ");
    const more = cells.length > 8 ? ` and ${cells.length - 8} more` : "";
    const verb = array.role === "weight" ? "takes part in" : "goes into";
    const made = uses.slice(0, MOST_CHIPS).map(({ entry, term }) => {
      const item = chip(scene, term, "", factors(scene, term));
      item.lastChild.textContent = `in ${minigrad.cellName(scene.output, entry.cell)}`;
      return item;
    });
    return { chips: made,
      caption: [name, ` ${verb} ${count(cells.length, "output")}: ${parts}${more}.`] };
  };
})(window.minigrad);
