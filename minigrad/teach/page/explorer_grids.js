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
    if (this.onEdit) this.element.classList.add("editable");
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
  edit(i, j, text = this.value(i, j)) {
    const td = this.cell(i, j);
    if (!this.isOwn(i, j) || td.querySelector("input")) return;
    const field = minigrad.element("input", {
      type: "text", inputmode: "text", class: "edit", "aria-label": `new value of ${this.name}`,
    });
    field.value = text;
    let open = true;
    const close = (take, back) => {
      if (!open) return;
      open = false;
      const value = Number(field.value.trim().replace("−", "-"));
      field.remove();
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
    if (text === this.value(i, j)) field.select();
  }

  // Padding is no number of the reader's.
  isOwn(i, j) {
    return !this.kinds[`${i},${j}`];
  }
}

const grids = (() => {
  const name = (letter, index, of) => (of > 1 ? `${letter}[${index}]` : letter);

  // The padded input, a grid for each channel.
  function inputs(found, handlers) {
    const {x, first, sizes, operation} = found, [C, H, W] = engine.shape(x);
    const isPadded = sizes[0] > H || sizes[1] > W;
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
      values: plane, caption, ...handlers(p, q),
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

  return {counts, inputs, outputs, weights};
})();
