// Matrices of the explorer: `minigrad.Grid` whose cells fit the page, can be shaded by value, and,
// where the numbers are the reader's own, can be changed in place.
"use strict";

class ExplorerGrid extends minigrad.Grid {
  // `options` are the Grid's and:
  //   onEdit(i, j, value)   the cells can be changed: type, press Enter, or click a chosen cell
  //   shaded                shade by value from the start
  constructor(options) {
    super({interactive: true, ...options});
    this.element.style.setProperty("--columns", this.columns);
    this.element.classList.remove("small", "tiny");
    if (this.shaded) this.element.classList.add("shaded");
    if (this.onEdit) {
      this.element.classList.add("editable");
      this.table.setAttribute("aria-readonly", "false");
    }
    this.fit();
  }

  // Font and shades follow the numbers.
  fit() {
    const texts = this.tds.flat().map((td) => td.firstChild.textContent.length);
    this.element.style.setProperty("--letters", Math.max(2, ...texts));
    const values = this.tds.flat().map((td) => Number(td.dataset.value)).filter(Number.isFinite);
    const most = Math.max(...values.map(Math.abs), 1e-9);
    for (const td of this.tds.flat()) {
      const value = Number(td.dataset.value ?? 0);
      td.style.setProperty("--shade", `${Math.round((60 * Math.abs(value)) / most)}%`);
      td.classList.toggle("negative", value < 0);
    }
  }

  onKey(event) {
    const editing = event.target.tagName === "INPUT";
    if (editing) return;
    if (this.onEdit && /^[-−.\d]$/.test(event.key) && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      this.edit(...this.here, event.key.replace("−", "-"));
    } else if (this.onEdit && (event.key === "Enter" || event.key === "F2")) {
      event.preventDefault();
      this.edit(...this.here);
    } else {
      super.onKey(event);
    }
  }

  // Put a text field into the cell; Enter or leaving it takes the number, Escape does not.
  edit(i, j, text = this.value(i, j) ?? "") {
    const td = this.cell(i, j);
    if (!this.isOwn(i, j) || td.querySelector("input")) return;
    const field = minigrad.element("input", {
      type: "text", inputmode: "text", class: "edit", "aria-label": `new value of ${this.name}`,
    });
    field.value = text;
    this.editing = true;
    let open = true;
    const close = (take, back) => {
      if (!open) return;
      open = false;
      const value = Number(field.value.trim().replace("−", "-"));
      field.remove();
      this.editing = false;
      if (back) td.focus();
      if (take && field.value.trim() && Number.isFinite(value)) this.onEdit(i, j, value);
    };
    field.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter") close(true, true);
      if (event.key === "Escape") close(false, true);
    });
    field.addEventListener("blur", () => close(true, false));
    td.append(field);
    field.focus();
    if (text === (this.value(i, j) ?? "")) field.select();
  }

  // While a number is being typed its cell holds the text field, and is left alone.
  clear() {
    if (this.editing) return;
    for (const td of this.marked ?? []) td.classList.remove("cornered", "right", "wrong");
    super.clear();
  }

  mark(i, j, name, corner) {
    if (this.editing) return;
    if (corner) this.cell(i, j).classList.add("cornered");
    super.mark(i, j, name, corner);
  }

  // Padding and what is cropped are no numbers of the reader's.
  isOwn(i, j) {
    return [undefined, "extra"].includes(this.kinds[`${i},${j}`]);
  }
}

const grids = (() => {
  const name = (letter, index, of) => (of > 1 ? `${letter}[${index}]` : letter);

  // The padded input, a grid for each channel.
  function inputs(found, handlers) {
    const {x, first, sizes, operation} = found, [C, H, W] = engine.shape(x);
    const isPadded = first.some((place) => place < 0) || found.totals?.some((total) => total > 0);
    return x.map((plane, c) => {
      const kinds = {}, values = [];
      for (let i = 0; i < sizes[0]; i++) {
        values.push([]);
        for (let j = 0; j < sizes[1]; j++) {
          const ih = i + first[0], iw = j + first[1];
          const inside = 0 <= ih && ih < H && 0 <= iw && iw < W;
          if (!inside) kinds[`${i},${j}`] = isBeyond(found, ih, iw) ? "beyond" : "padding";
          values[i].push(inside ? plane[ih][iw] : 0);
        }
      }
      return new ExplorerGrid({
        name: name("x", c, C), rows: sizes[0], columns: sizes[1], origin: first, kinds, values,
        caption: `input, ${H} × ${W}` +
          (isPadded && operation !== "conv_transpose2d" ? ", with its padding" : ""),
        ...handlers(c),
      });
    });
  }

  function isBeyond({totals, x, first}, ih, iw) {
    const [, H, W] = engine.shape(x);
    return ih >= H + totals[0] + first[0] || iw >= W + totals[1] + first[1];
  }

  // The weight, a grid for each pair of channels.
  function weights(w, letter, caption, handlers) {
    const [first, second, KH, KW] = engine.shape(w);
    return w.flatMap((planes, p) => planes.map((plane, q) => new ExplorerGrid({
      name: first * second > 1 ? `${letter}[${p},${q}]` : letter, rows: KH, columns: KW,
      values: plane, caption, across: second > 1 ? second : first, ...handlers(p, q),
    })));
  }

  // The output: of a transposed convolution uncropped, with what is cropped marked.
  function outputs(found, handlers) {
    const {y, wide, state} = found, [O, OH, OW] = engine.shape(y);
    const shown = wide ? wide.y : y, first = wide ? wide.first : [0, 0];
    return shown.map((plane, o) => {
      const kinds = {};
      plane.forEach((row, i) => row.forEach((_, j) => {
        const [oh, ow] = [i + first[0], j + first[1]];
        if (oh < 0 || ow < 0 || oh >= OH || ow >= OW) kinds[`${i},${j}`] = "cropped";
        else if (wide && (oh >= OH - state.output_padding[0] ||
                          ow >= OW - state.output_padding[1])) kinds[`${i},${j}`] = "extra";
      }));
      const cropped = Object.values(kinds).includes("cropped");
      return new ExplorerGrid({
        name: name("y", o, O), rows: plane.length, columns: plane[0].length, values: plane,
        origin: first, kinds,
        caption: `output, ${OH} × ${OW}` +
          (cropped ? `, cropped from ${plane.length} × ${plane[0].length}` : ""),
        ...handlers(o),
      });
    });
  }

  // How many notes each cell has, per channel that could reach it.
  function counts(map, [, rows, columns], channel = 0, per = 1) {
    return numbers.filled([rows, columns], ([i, j]) =>
      (map.get(model.key([channel, i, j])) ?? []).length / per);
  }

  // Groups of matrices with a sign before each: [["", inputs], ["∗", kernels], ["=", outputs]].
  function lay(place, ...parts) {
    place.replaceChildren(...parts.map(([sign, group]) => {
      const inner = minigrad.element("div", {class: "group"}, ...group.map((grid) => grid.element));
      const across = group[0].across ?? group.length;
      inner.style.setProperty("--planes", Math.min(across, 3));
      const mark = minigrad.element("span", {class: "sign", "aria-hidden": "true"}, sign);
      return minigrad.element("div", {class: "part"}, ...(sign ? [mark] : []), inner);
    }));
    fit(place);
  }

  let room = 0; // pixels; measured once, since measuring lays out the whole page

  function measure(width) {
    room = width;
    return room;
  }

  // Where all groups fit side by side with cells that can still be read, make them.
  function fit(place) {
    const groups = [...place.querySelectorAll(".group")];
    if (groups.some((group) => group.children.length > 1)) {
      place.style.removeProperty("--most");
      return;
    }
    const columns = groups.map((group) => Number(
      group.firstChild.style.getPropertyValue("--columns")));
    const total = columns.reduce((sum, one) => sum + one, 0);
    const cell = ((room || measure(place.clientWidth)) - groups.length * 68) / total - 3;
    if (cell >= 28) place.style.setProperty("--most", `${Math.min(cell, 42)}px`);
    else place.style.removeProperty("--most");
  }

  return {counts, fit, inputs, lay, measure, outputs, weights};
})();
