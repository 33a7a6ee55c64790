/* A matrix of cells with marks, roles and keyboard movement. It shows numbers and computes none.

   const grid = new minigrad.Grid({
     name: "x",                    short name, stands in the caption and is read aloud
     caption: "the padded input",  optional, follows the name
     rows: 4, columns: 5,
     values: [[1, 2], ...],        numbers, texts, or null for "not known yet"
     origin: [-1, -1],             index of the first cell, for its name and the labels
     rowLabels, columnLabels,      texts in place of indices; [] for none
     kinds: {"0,0": "padding"},    what a cell is for good: padding, structural, cropped, extra
     corners: {"0,0": "A"},        a small text that stays in a cell's corner
     widest: 6,                    characters of the widest value to come
     interactive: true,            cells can be focused, and tell:
     onPoint(i, j),                pointed at, or focused; (null, null) when left
     onChoose(i, j),               clicked, or Enter pressed
   });
   grid.element                    a <figure> to be put into the page
   grid.mark(i, j, "window", "x2") add a mark, and a small text in the corner; marks are classes:
                                   window, done, now, won, goes, from (theme.css)
   grid.clear()                    remove all marks
   grid.set(i, j, value)           another value
   grid.value(i, j), grid.cell(i, j), grid.marks(i, j), grid.focus(i, j)
   minigrad.text(value)            a number as it is shown
*/
"use strict";
window.minigrad = window.minigrad || {};
(function (minigrad) {
  const MARKS = {
    window: "in the window", done: "already added", now: "the cell of this step",
    won: "the largest", goes: "reached", from: "pointed at",
  };
  const KINDS = {
    padding: "padding", structural: "zero by construction", cropped: "cropped away",
    extra: "there only through output padding",
  };

  /* Up to `digits` significant digits, a true minus sign, no exponent where it can be helped. */
  minigrad.text = function (value, digits) {
    if (value === null || value === undefined) return "";
    if (typeof value !== "number") return String(value).replace(/^-(?=[\d.i])/, "\u2212");
    let text = String(value);
    if (!Number.isInteger(value) || Math.abs(value) >= 1e7) {
      const size = Math.abs(value);
      if (size !== 0 && (size < 1e-4 || size >= 1e7)) {
        text = value.toExponential(2).replace("e+", "e");
      } else {
        text = String(Number(value.toPrecision(digits || 4)));
      }
    }
    return text.replace("-", "\u2212");
  };

  function element(tag, attributes, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value !== undefined && value !== null) made.setAttribute(name, value);
    }
    made.append(...children);
    return made;
  }
  minigrad.element = element;

  minigrad.Grid = class Grid {
    constructor(options) {
      const defaults = { caption: "", origin: [0, 0], kinds: {}, corners: {},
        interactive: false, values: [] };
      Object.assign(this, defaults, options);
      this.here = [0, 0]; // the cell that Tab reaches
      this.tds = [];
      const caption = element("figcaption", {}, element("b", {}, this.name));
      if (this.caption) caption.append(" ", this.caption);
      this.captionElement = caption;
      this.table = this.makeTable();
      this.box = element("div", { class: "box" }, this.table);
      this.element = element("figure", { class: "grid" }, caption, this.box);
      this.element.dataset.name = this.name;
      const most = Math.max(this.columns, this.rows);
      if (most > 24) this.element.classList.add("tiny");
      else if (most > 12) this.element.classList.add("small");
      if (this.widest > 5) this.element.classList.add("long");
      if (this.widest) this.table.style.setProperty("--wide", `${this.widest}ch`);
      if (this.interactive) this.listen();
    }

    labels(given, count, first) {
      if (given) return given;
      return Array.from({ length: count }, (_, k) => String(first + k).replace("-", "\u2212"));
    }

    makeTable() {
      const label = (this.name + " " + this.caption).trim();
      const table = element("table", {
        role: "grid", "aria-label": `${label}, ${this.rows} by ${this.columns}`,
        "aria-rowcount": this.rows, "aria-colcount": this.columns,
        "aria-readonly": "true",
      });
      const columns = this.labels(this.columnLabels, this.columns, this.origin[1]);
      const rows = this.labels(this.rowLabels, this.rows, this.origin[0]);
      this.names = [rows, columns];
      if (columns.length) {
        const head = element("tr", { role: "row" });
        if (rows.length) head.append(element("th", { "aria-hidden": "true" }));
        columns.forEach((text) => head.append(element("th", { role: "columnheader" }, text)));
        table.append(element("thead", { role: "rowgroup" }, head));
      }
      const body = element("tbody", { role: "rowgroup" });
      for (let i = 0; i < this.rows; i++) {
        const row = element("tr", { role: "row" });
        if (rows.length) row.append(element("th", { role: "rowheader" }, rows[i]));
        this.tds.push([]);
        for (let j = 0; j < this.columns; j++) {
          const td = element("td", { role: "gridcell" });
          td.dataset.at = `${i},${j}`;
          td.append(element("span", { class: "number" }));
          const kind = this.kinds[`${i},${j}`];
          if (kind) td.classList.add(kind);
          this.corner(td, this.corners[`${i},${j}`]);
          if (this.interactive) td.tabIndex = i === 0 && j === 0 ? 0 : -1;
          this.tds[i].push(td);
          row.append(td);
          const given = this.values[i] === undefined ? null : this.values[i][j];
          this.set(i, j, given === undefined ? null : given);
        }
        body.append(row);
      }
      table.append(body);
      return table;
    }

    cell(i, j) { return this.tds[i][j]; }

    value(i, j) { return this.cell(i, j).dataset.value; }

    marks(i, j) {
      return Object.keys(MARKS).filter((name) => this.cell(i, j).classList.contains(name));
    }

    set(i, j, value) {
      const td = this.cell(i, j);
      const kind = this.kinds[`${i},${j}`];
      const known = value !== null;
      td.classList.toggle("unknown", !known);
      if (known) td.dataset.value = String(value);
      else delete td.dataset.value;
      const dot = (kind === "structural" || kind === "padding") && value === 0;
      td.firstChild.textContent = dot ? "\u00b7" : minigrad.text(value);
      this.describe(i, j);
    }

    describe(i, j) {
      const td = this.cell(i, j);
      const row = this.names && this.names[0][i];
      const column = this.names && this.names[1][j];
      const kind = this.kinds[`${i},${j}`];
      const parts = [
        `${this.name}, row ${row || i}, column ${column || j}:`,
        td.dataset.value === undefined ? "not known yet" : minigrad.text(Number(td.dataset.value)
          || td.dataset.value),
      ];
      if (kind) parts.push(KINDS[kind] || kind);
      for (const name of Object.keys(MARKS)) {
        if (td.classList.contains(name)) parts.push(MARKS[name]);
      }
      if (td.children.length > 1) parts.push(td.lastChild.textContent);
      td.setAttribute("aria-label", parts.join(" "));
    }

    corner(td, text) {
      if (td.children.length > 1) td.lastChild.remove();
      if (text) td.append(element("span", { class: "corner", "aria-hidden": "true" }, text));
    }

    mark(i, j, name, corner) {
      const td = this.cell(i, j);
      td.classList.add(name);
      if (corner) this.corner(td, corner);
      (this.marked = this.marked || new Set()).add(td);
      this.describe(i, j);
    }

    clear() {
      for (const td of this.marked || []) {
        td.classList.remove(...Object.keys(MARKS));
        this.corner(td, this.corners[td.dataset.at]);
        this.describe(...td.dataset.at.split(",").map(Number));
      }
      this.marked = new Set();
    }

    /* Make a cell the one that Tab reaches; with `focus`, go there. */
    move(i, j, focus) {
      this.cell(...this.here).tabIndex = -1;
      this.here = [i, j];
      this.cell(i, j).tabIndex = 0;
      if (focus) this.cell(i, j).focus();
    }

    focus(i, j) { this.move(i, j, true); }

    /* Bring a cell into the view of the grid's own box, without moving the page. */
    reveal(i, j) {
      const td = this.cell(i, j);
      const [left, right] = [td.offsetLeft, td.offsetLeft + td.offsetWidth];
      const box = this.box;
      if (left < box.scrollLeft) box.scrollLeft = left - 8;
      else if (right > box.scrollLeft + box.clientWidth) {
        box.scrollLeft = right - box.clientWidth + 8;
      }
    }

    listen() {
      const at = (event) => {
        const td = event.target.closest("td[role=gridcell]");
        return td ? td.dataset.at.split(",").map(Number) : null;
      };
      const tell = (place) => this.onPoint && this.onPoint(...(place || [null, null]));
      this.table.addEventListener("pointerover", (event) => {
        if (event.pointerType !== "touch") tell(at(event));
      });
      this.table.addEventListener("pointerleave", () => tell(null));
      this.table.addEventListener("focusin", (event) => {
        const place = at(event);
        if (!place) return;
        this.move(...place, false);
        if (event.target.matches(":focus-visible")) tell(place);
      });
      this.table.addEventListener("focusout", () => tell(null));
      this.table.addEventListener("click", (event) => {
        const place = at(event);
        if (place && this.onChoose) this.onChoose(...place);
      });
      this.table.addEventListener("keydown", (event) => this.onKey(event));
    }

    onKey(event) {
      const [i, j] = this.here;
      const last = [this.rows - 1, this.columns - 1];
      const there = {
        ArrowUp: [Math.max(i - 1, 0), j], ArrowDown: [Math.min(i + 1, last[0]), j],
        ArrowLeft: [i, Math.max(j - 1, 0)], ArrowRight: [i, Math.min(j + 1, last[1])],
        Home: event.ctrlKey ? [0, 0] : [i, 0], End: event.ctrlKey ? last : [i, last[1]],
      }[event.key];
      if (there) this.move(...there, true);
      else if ((event.key === "Enter" || event.key === " ") && this.onChoose) this.onChoose(i, j);
      else return;
      event.preventDefault();
      event.stopPropagation();
    }
  };
})(window.minigrad);
