// The settings: radio buttons, steppers, and where the numbers come from.
"use strict";

class Controls {
  // `changed(patch)` is told what the reader set.
  constructor(element, changed) {
    this.element = element;
    this.changed = changed;
    this.state = model.defaults();
    this.apart = false;
    this.fields = {};
    this.build();
  }

  build() {
    const {element} = minigrad;
    const operations = element("fieldset", {class: "operations"},
                               element("legend", {}, "Operation"));
    for (const [name, {label}] of Object.entries(model.OPERATIONS)) {
      const radio = element("input", {type: "radio", name: "operation", value: name});
      radio.addEventListener("change", () => this.setOperation(name));
      operations.append(element("label", {class: "choice"}, radio, element("span", {}, label)));
    }
    this.fields.operation = operations;
    const sizes = element("fieldset", {class: "steppers"}, element("legend", {}, "Settings"));
    const rows = [
      ["size", "input size"], ["kernel", "kernel size"], ["stride", "stride"],
      ["padding", "padding"], ["output_padding", "output padding"], ["dilation", "dilation"],
      ["factor", "scale factor"], ["channels", "input channels"],
      ["out_channels", "output channels"], ["groups", "groups"],
    ];
    for (const [name, label] of rows) sizes.append(this.stepper(name, label));
    this.same = this.check("same", "padding “same”: keep the size", (on) =>
      this.changed({padding: on ? "same" : [0, 0]}));
    this.separate = this.check("apart", "height and width apart", (on) => {
      this.apart = on;
      this.show(this.state);
    });
    const flags = [
      this.same,
      this.check("ceil_mode", "round the size up (ceil_mode)", (on) =>
        this.changed({ceil_mode: on})),
      this.check("count_include_pad", "count the padding (count_include_pad)", (on) =>
        this.changed({count_include_pad: on})),
      this.separate,
    ];
    sizes.append(element("div", {class: "flags"}, ...flags));
    this.element.append(operations, sizes, this.source("x", "Input numbers", numbers.INPUTS),
                        this.source("w", "Kernel numbers", numbers.KERNELS), this.bias());
  }

  setOperation(operation) {
    const patch = {operation}, pools = operation.includes("pool");
    const was = this.state.operation.includes("pool");
    // Windows side by side are the custom of pooling, and a sliding window that of convolution.
    if (pools && !was) Object.assign(patch, {kernel: [2, 2], stride: [2, 2], padding: [0, 0]});
    if (!pools && was && operation !== "upsample") {
      Object.assign(patch, {kernel: [3, 3], stride: [1, 1]});
    }
    if (operation !== "conv2d" && this.state.padding === "same") patch.padding = [0, 0];
    if (this.state.w.kind === "given") patch.w = {kind: "random", seed: 1};
    this.changed(patch);
  }

  stepper(name, label) {
    const {element} = minigrad, [low, high] = model.LIMITS[name];
    const step = name === "factor" ? 0.5 : 1;
    const isPair = Array.isArray(model.defaults()[name]);
    const row = element("div", {class: "stepper", role: "group", "aria-label": label});
    row.dataset.setting = name;
    row.append(element("span", {class: "name"}, label));
    const boxes = [0, ...(isPair ? [1] : [])].map((a) => {
      const side = isPair ? `, ${words.SIDES[a].axis}` : "";
      const field = element("input", {type: "number", min: low, max: high, step,
                                      "aria-label": label + side});
      const set = (value) => {
        const inside = Math.min(Math.max(value, low), high);
        if (Number.isFinite(inside)) this.set(name, a, inside);
      };
      const button = (sign, text) => {
        const made = element("button", {type: "button", "aria-label": `${text} ${label}${side}`},
                             sign);
        made.addEventListener("click", () => set(Number(field.value || 0) +
                                                 (sign === "+" ? step : -step)));
        return made;
      };
      field.addEventListener("change", () => field.value !== "" && set(Number(field.value)));
      const box = element("span", {class: "box"}, button("−", "less"), field,
                          button("+", "more"));
      row.append(box);
      return {box, field};
    });
    this.fields[name] = {row, boxes, isPair};
    return row;
  }

  set(name, a, value) {
    const {isPair} = this.fields[name];
    if (!isPair) {
      this.changed({[name]: value});
      return;
    }
    const old = this.state[name] === "same" ? [0, 0] : this.state[name];
    this.changed({[name]: this.apart ? old.map((one, i) => (i === a ? value : one))
      : [value, value]});
  }

  check(name, label, changed) {
    const {element} = minigrad;
    const box = element("input", {type: "checkbox"});
    box.addEventListener("change", () => changed(box.checked));
    const made = element("label", {class: "choice"}, box, element("span", {}, label));
    made.dataset.setting = name;
    this.fields[name] = {row: made, box};
    return made;
  }

  source(name, label, named) {
    const {element} = minigrad;
    const select = element("select", {"aria-label": label});
    for (const [kind, {label: text}] of Object.entries(named)) {
      select.append(element("option", {value: kind}, text));
    }
    select.append(element("option", {value: "given", disabled: ""}, "your own"));
    const again = element("button", {type: "button", class: "again"}, "draw again");
    const text = element("textarea", {rows: 4, spellcheck: "false",
                                      "aria-label": `${label} as text`});
    const problem = element("p", {class: "problem", role: "alert"});
    select.addEventListener("change", () => {
      const seeded = named[select.value].seeded;
      this.changed({[name]: seeded ? {kind: select.value, seed: 1} : {kind: select.value}});
    });
    again.addEventListener("click", () => {
      const {kind, seed} = this.state[name];
      this.changed({[name]: {kind: named[kind]?.seeded ? kind : "random", seed: (seed ?? 0) + 1}});
    });
    text.addEventListener("change", () => {
      try {
        const values = numbers.read(text.value, name === "x" ? 3 : 4, name);
        problem.textContent = "";
        this.changed(model.fitted({...this.state, [name]: {kind: "given", values}}));
      } catch (error) {
        problem.textContent = error.message;
      }
    });
    const more = element("details", {}, element("summary", {}, "type or paste"), text, problem);
    const set = element("fieldset", {class: "source"}, element("legend", {}, label),
                        element("div", {class: "line"}, select, again), more);
    this.fields[name] = {row: set, select, again, text, problem};
    return set;
  }

  bias() {
    const {element} = minigrad;
    const field = element("input", {type: "text", "aria-label": "bias, one number a channel"});
    field.addEventListener("change", () => {
      try {
        this.changed({b: numbers.read(field.value || "0", 1, "b")});
      } catch {
        field.value = model.biasOf(this.state).join(", ");
      }
    });
    const row = element("label", {class: "bias"}, element("span", {}, "bias"), field);
    this.fields.b = {row, field};
    return row;
  }

  // Bring every control to the state.
  show(state) {
    this.state = state;
    const {operation} = state, {uses} = model.OPERATIONS[operation];
    const weighted = model.hasWeight(operation);
    for (const radio of this.fields.operation.querySelectorAll("input")) {
      radio.checked = radio.value === operation;
    }
    const differs = ["size", ...uses].some((name) =>
      Array.isArray(state[name]) && state[name][0] !== state[name][1]);
    if (differs) this.apart = true;
    this.fields.apart.box.checked = this.apart;
    for (const name of Object.keys(model.LIMITS)) {
      const {row, boxes, isPair} = this.fields[name];
      row.hidden = !(uses.includes(name) || ["size", "channels"].includes(name) ||
                     (name === "out_channels" && weighted));
      const values = state[name] === "same" ? [0, 0] : [state[name]].flat();
      boxes.forEach(({box, field}, a) => {
        box.hidden = isPair && a === 1 && !this.apart;
        field.value = values[a];
        field.disabled = name === "padding" && state.padding === "same";
        const [low, high] = model.LIMITS[name], [less, more] = box.querySelectorAll("button");
        less.disabled = field.disabled || values[a] <= low;
        more.disabled = field.disabled || values[a] >= high;
      });
    }
    for (const name of ["ceil_mode", "count_include_pad"]) {
      this.fields[name].row.hidden = !uses.includes(name);
      this.fields[name].box.checked = state[name];
    }
    this.fields.same.row.hidden = operation !== "conv2d";
    this.fields.same.box.checked = state.padding === "same";
    this.showNumbers(state, weighted);
  }

  showNumbers(state, weighted) {
    const shapes = {x: [state.channels, ...state.size], w: model.weightShape(state)};
    for (const [name, named] of [["x", numbers.INPUTS], ["w", numbers.KERNELS]]) {
      const {row, select, again, text, problem} = this.fields[name];
      row.hidden = name === "w" && !weighted;
      select.value = state[name].kind;
      again.hidden = !named[state[name].kind]?.seeded;
      if (document.activeElement !== text) {
        const values = numbers.make(state[name], shapes[name], named);
        text.value = numbers.written(values).replace(/;/g, "\n").replace(/,/g, " ")
          .replace(/\/\//g, "\n||\n").replace(/\//g, "\n|\n");
        problem.textContent = "";
      }
    }
    this.fields.b.row.hidden = !weighted;
    if (document.activeElement !== this.fields.b.field) {
      this.fields.b.field.value = model.biasOf(state).join(", ");
    }
  }
}
