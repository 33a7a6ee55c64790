// What the explorer shows: the settings, what they come to, and the link that holds them.
"use strict";

const model = (() => {
  const OPERATIONS = {
    conv2d: {label: "convolution", uses: ["kernel", "stride", "padding", "dilation", "groups"]},
    conv_transpose2d: {label: "transposed convolution",
                       uses: ["kernel", "stride", "padding", "output_padding", "dilation",
                              "groups"]},
    max_pool2d: {label: "max pooling",
                 uses: ["kernel", "stride", "padding", "dilation", "ceil_mode"]},
    avg_pool2d: {label: "average pooling",
                 uses: ["kernel", "stride", "padding", "ceil_mode", "count_include_pad"]},
    upsample: {label: "nearest up-sampling", uses: ["factor"]},
  };
  const hasWeight = (operation) => operation.startsWith("conv");

  // Smallest and largest value of every setting: what can be drawn on one page.
  const LIMITS = {
    size: [1, 14], kernel: [1, 7], stride: [1, 5], padding: [0, 6], dilation: [1, 4],
    output_padding: [0, 4], factor: [0.5, 4], channels: [1, 3], out_channels: [1, 3],
    groups: [1, 3],
  };

  const DEFAULTS = {
    operation: "conv2d", size: [5, 5], channels: 1, out_channels: 1, kernel: [3, 3],
    stride: [1, 1], padding: [0, 0], output_padding: [0, 0], dilation: [1, 1], groups: 1,
    factor: [2, 2], ceil_mode: false, count_include_pad: true,
    x: {kind: "random", seed: 1}, w: {kind: "random", seed: 1}, b: [0],
  };
  const PAIRS = ["size", "kernel", "stride", "padding", "output_padding", "dilation", "factor"];
  const WHOLE = ["channels", "out_channels", "groups"];
  const FLAGS = ["ceil_mode", "count_include_pad"];

  const defaults = () => structuredClone(DEFAULTS);
  const outChannels = (state) => (hasWeight(state.operation) ? state.out_channels : state.channels);

  function weightShape({operation, channels, out_channels, groups, kernel}) {
    const per = (count) => Math.max(Math.floor(count / groups), 1);
    return operation === "conv2d"
      ? [out_channels, per(channels), ...kernel]
      : [channels, per(out_channels), ...kernel];
  }

  // The settings that this operation does not have are at rest: 0, 1 or false.
  function settled(state) {
    const uses = OPERATIONS[state.operation].uses, found = {...state};
    for (const name of ["dilation", "output_padding", "groups", "ceil_mode"]) {
      if (!uses.includes(name)) found[name] = DEFAULTS[name];
    }
    if (state.padding === "same" && state.operation !== "conv2d") found.padding = [0, 0];
    return found;
  }

  // Links

  const pairText = (values) =>
    values === "same" || values[0] === values[1] ? String(values === "same" ? values : values[0])
      : values.join("x");

  // The part of the address behind #: what differs from the defaults, in words.
  function toHash(state) {
    const parts = [`op=${state.operation}`];
    const given = {x: state.x.kind === "given", w: state.w.kind === "given"};
    const uses = OPERATIONS[state.operation].uses;
    const add = (name, value) => parts.push(`${name}=${value}`);
    for (const name of PAIRS) {
      if (name === "size" ? given.x : !uses.includes(name)) continue;
      if (name === "kernel" && given.w && hasWeight(state.operation)) continue;
      if (name === "size" || name === "kernel" ||
          pairText(state[name]) !== pairText(DEFAULTS[name])) add(name, pairText(state[name]));
    }
    for (const name of [...WHOLE, ...FLAGS]) {
      const used = name === "channels" || (name === "out_channels" && hasWeight(state.operation)) ||
        uses.includes(name);
      if (used && state[name] !== DEFAULTS[name]) add(name, state[name]);
    }
    const source = ({kind, seed, values}, sizes) => {
      if (kind === "given") return numbers.written(numbers.make({kind, values}, sizes));
      return seed === undefined ? kind : `${kind}:${seed}`;
    };
    add("x", source(state.x, [state.channels, ...state.size]));
    if (hasWeight(state.operation)) {
      add("w", source(state.w, weightShape(state)));
      const b = biasOf(state);
      if (b.some((value) => value !== 0)) add("b", b.join(","));
    }
    return parts.join("&");
  }

  const clamp = (value, [low, high]) => Math.min(Math.max(value, low), high);

  function readPair(text, name) {
    const found = text.split(/[x,]/).map(Number);
    if (found.length > 2 || !found.every(Number.isFinite)) {
      throw new Error(`${name}=${text}: write a number, or two such as 2x1`);
    }
    const whole = name === "factor" ? found : found.map(Math.round);
    const inside = whole.map((value) => clamp(value, LIMITS[name]));
    return [inside[0], inside[inside.length - 1]];
  }

  function readSource(text, axes, name, named) {
    const [kind, seed] = text.split(":");
    if (kind in named) {
      if (!named[kind].seeded) return {kind};
      return {kind, seed: Math.abs(Math.round(Number(seed))) || 0};
    }
    return {kind: "given", values: numbers.read(text, axes, name)};
  }

  // The settings of a link. What cannot be read stays as it is by default, and is told in
  // `problems`, a list of sentences.
  function fromHash(hash) {
    const state = defaults(), problems = [];
    for (const part of hash.replace(/^#/, "").split("&").filter(Boolean)) {
      const [name, value = ""] = part.split("=").map(decodeURIComponent);
      try {
        readPart(state, name, value);
      } catch (error) {
        problems.push(error.message);
      }
    }
    try {
      return {state: fitted(state), problems};
    } catch (error) {
      return {state: {...defaults(), operation: state.operation},
              problems: [...problems, error.message]};
    }
  }

  function readPart(state, name, value) {
    if (name === "op") {
      if (!(value in OPERATIONS)) throw new Error(`there is no operation ${value}`);
      state.operation = value;
    } else if (name === "padding" && value === "same") {
      state.padding = "same";
    } else if (PAIRS.includes(name)) {
      state[name] = readPair(value, name);
    } else if (WHOLE.includes(name)) {
      if (!/^\d+$/.test(value)) throw new Error(`${name}=${value} is no whole number`);
      state[name] = clamp(Number(value), LIMITS[name]);
    } else if (FLAGS.includes(name)) {
      state[name] = value === "true";
    } else if (name === "x") {
      state.x = readSource(value, 3, "x", numbers.INPUTS);
    } else if (name === "w") {
      state.w = readSource(value, 4, "w", numbers.KERNELS);
    } else if (name === "b") {
      state.b = numbers.read(value, 1, "b");
    } else {
      throw new Error(`there is no setting ${name}`);
    }
  }

  function within(array, name, values) {
    const most = LIMITS[name][1];
    if (values.some((value) => value > most)) {
      throw new Error(`${array}: ${name} ${values.join(" x ")} is more than this page can show ` +
                      `(${most})`);
    }
  }

  // Given numbers bring their sizes with them.
  function fitted(state) {
    if (state.x.kind === "given") {
      const [C, H, W] = engine.shape(state.x.values);
      within("x", "channels", [C]);
      within("x", "size", [H, W]);
      state.channels = clamp(C, LIMITS.channels);
      state.size = [clamp(H, LIMITS.size), clamp(W, LIMITS.size)];
    }
    if (state.w.kind === "given" && hasWeight(state.operation)) {
      const [first, second, KH, KW] = engine.shape(state.w.values);
      within("w", "kernel", [KH, KW]);
      state.kernel = [clamp(KH, LIMITS.kernel), clamp(KW, LIMITS.kernel)];
      const out = state.operation === "conv2d" ? first : second * state.groups;
      state.out_channels = clamp(out, LIMITS.out_channels);
    }
    return state;
  }

  const biasOf = (state) =>
    Array.from({length: outChannels(state)}, (_, o) => state.b[o] ?? 0);

  // What the settings come to

  const key = (cell) => cell.join(",");

  function grouped(notes, name) {
    const found = new Map();
    for (const note of notes) {
      const at = key(note[name]);
      if (!found.has(at)) found.set(at, []);
      found.get(at).push(note);
    }
    return found;
  }

  const MOST = 40;

  // Refuse what would be too much for one page.
  function drawable(sizes) {
    const [rows, columns] = sizes.slice(-2);
    if (Math.max(rows, columns) > MOST) {
      throw new SizeError(`${rows} x ${columns} cells are more than this page draws ` +
                          `(${MOST} x ${MOST}); choose a smaller input, stride or dilation`);
    }
  }

  // Run the operation. Returns {x, w, b, y, notes, byOutput, byInput, ...}, or throws SizeError.
  //
  //   byOutput, byInput   Map from "c,h,w" to the notes of that cell (see engine), in order
  //   first, sizes        the padded input: its first cell (-PH, -PW), and its rows and columns
  //   wide                of a transposed convolution: the same with nothing cropped
  function run(given) {
    const state = settled(given), {operation} = state;
    const x = numbers.make(state.x, [state.channels, ...state.size], numbers.INPUTS);
    const found = {state, operation, x, w: null, b: null, index: null, wide: null, notes: []};
    const note = (one) => found.notes.push(one);
    if (hasWeight(operation)) {
      found.w = numbers.make(state.w, weightShape(state), numbers.KERNELS);
      found.b = biasOf(state);
    }
    const sizes = engine.shape(x);
    if (operation === "conv_transpose2d") drawable(uncroppedSizes(state, sizes));
    if (operation === "upsample") drawable(geometry.upsample_geometry(sizes, state.factor).y_shape);
    if (operation === "conv2d") {
      Object.assign(found, geometry.conv2d_geometry(sizes, engine.shape(found.w), state));
      found.y = engine.zeros(...found.y_shape);
      engine.conv2d(found.y, x, found.w, found.b, found.geometry, note);
    } else if (operation === "conv_transpose2d") {
      Object.assign(found, geometry.conv_transpose2d_geometry(sizes, engine.shape(found.w), state));
      found.y = engine.zeros(...found.y_shape);
      engine.conv_transpose2d(found.y, x, found.w, found.b, found.geometry, note);
      found.wide = uncropped(found);
    } else if (operation === "upsample") {
      Object.assign(found, geometry.upsample_geometry(sizes, state.factor));
      found.y = engine.zeros(...found.y_shape);
      engine.upsample_nearest2d(found.y, x, found.scale, note);
    } else {
      Object.assign(found, geometry.pool2d_geometry(sizes, state, operation));
      found.y = engine.zeros(...found.y_shape);
      if (operation === "max_pool2d") {
        found.index = engine.zeros(...found.y_shape);
        engine.max_pool2d(found.y, found.index, x, found.geometry, note);
      } else {
        engine.avg_pool2d(found.y, x, found.geometry, state.count_include_pad, 0, note);
      }
    }
    found.byOutput = grouped(found.notes, "y");
    found.byInput = grouped(found.notes, "x");
    Object.assign(found, padded(found));
    return found;
  }

  // The padded input: windows of ceil mode may even reach beyond the padding.
  function padded({operation, x, y, geometry: how, totals, state}) {
    const [, H, W] = engine.shape(x), [, OH, OW] = engine.shape(y);
    if (!totals) return {first: [0, 0], sizes: [H, W], lost: [0, 0]};
    const kernel = how.kernel ?? state.kernel;
    const sizes = [0, 1].map((a) => [H, W][a] + totals[a]);
    const reach = [0, 1].map(
      (a) => ([OH, OW][a] - 1) * how.stride[a] + how.dilation[a] * (kernel[a] - 1) + 1);
    return {
      first: how.padding.map((P) => -P),
      sizes: sizes.map((size, a) => Math.max(size, reach[a])),
      beyond: sizes.map((size, a) => Math.max(reach[a] - size, 0)),
      lost: sizes.map((size, a) => Math.max(size - reach[a], 0)),
    };
  }

  const uncroppedSizes = ({stride, dilation, kernel}, [, ...sizes]) =>
    sizes.map((H, a) => (H - 1) * stride[a] + dilation[a] * (kernel[a] - 1) + 1);

  // The same kernel into an output that nothing is cropped from: {y, first, notes, byOutput,
  // byInput}, whose cell (0, 0) is the real output's (-PH, -PW).
  function uncropped({x, w, b, y, geometry: how, state}) {
    const [O, OH, OW] = engine.shape(y);
    const sizes = uncroppedSizes(state, engine.shape(x)).map((size, a) =>
      Math.max(size, how.padding[a] + [OH, OW][a]));
    const wide = engine.zeros(O, ...sizes), notes = [];
    engine.conv_transpose2d(wide, x, w, b, {...how, padding: [0, 0]}, (one) => notes.push(one));
    return {y: wide, first: how.padding.map((P) => -P), sizes, notes,
            byOutput: grouped(notes, "y"), byInput: grouped(notes, "x")};
  }

  return {LIMITS, OPERATIONS, biasOf, defaults, fitted, fromHash, hasWeight, key, outChannels, run,
          settled, toHash, weightShape};
})();
