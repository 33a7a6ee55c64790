// Sizes and settings, checked before any kernel runs: kernels/geometry.py and its siblings, with
// the same names and the same words in the errors (the tests compare them letter by letter).
//
// Every setting is a pair [along the height, along the width] of whole numbers.
"use strict";

class SizeError extends Error {}

const geometry = (() => {
  const AXES = ["height", "width"];
  const pair = (values) => `(${values[0]}, ${values[1]})`;
  const shape = (sizes) => `(${sizes.join(", ")})`;
  const float = (value) => (Number.isInteger(value) ? `${value}.0` : String(value));

  function at_least(operation, name, values, minimum) {
    for (const value of values) {
      if (value < minimum) {
        throw new SizeError(`${operation}: ${name} must be at least ${minimum}, but got ${value}`);
      }
    }
  }

  function check_window({kernel, stride, padding, dilation}, operation) {
    at_least(operation, "kernel_size", kernel, 1);
    at_least(operation, "stride", stride, 1);
    if (Array.isArray(padding)) at_least(operation, "padding", padding, 0);
    at_least(operation, "dilation", dilation, 1);
  }

  function check_groups(G, in_channels, out_channels, operation) {
    at_least(operation, "groups", [G], 1);
    for (const [name, channels] of [["in_channels", in_channels], ["out_channels", out_channels]]) {
      if (channels % G) {
        throw new SizeError(`${operation}: ${name} (=${channels}) must be divisible by groups ` +
                            `(=${G}); choose a divisor of ${channels}`);
      }
    }
  }

  // How many windows fit along each axis; `totals` is the padding of both sides together.
  function window_count(sizes, kernels, strides, totals, dilations, operation, ceil_mode = false) {
    return AXES.map((axis, a) => {
      const [H, K, S, P, D] = [sizes, kernels, strides, totals, dilations].map((all) => all[a]);
      const room = H + P - D * (K - 1) - 1;
      let count = (ceil_mode ? Math.ceil(room / S) : Math.floor(room / S)) + 1;
      if (ceil_mode && (count - 1) * S >= H + Math.floor(P / 2)) count -= 1;
      if (count < 1) {
        throw new SizeError(
          `${operation}: the kernel does not fit into the padded input along the ${axis}: ` +
          `kernel ${K} with dilation ${D} spans ${D * (K - 1) + 1} pixels, input ${H} ` +
          `with padding ${P} in all has ${H + P}. Output ${axis} = ` +
          `(input + padding - dilation*(kernel - 1) - 1) // stride + 1 ` +
          `= (${H} + ${P} - ${D}*(${K} - 1) - 1) // ${S} + 1 = ${count}; ` +
          "use a larger input, more padding or a smaller kernel");
      }
      return count;
    });
  }

  // The padding [top, left] and the totals [top + bottom, left + right]; "same" is for stride 1.
  function conv2d_padding(padding, kernels, strides, dilations, operation) {
    if (padding !== "same") return [padding, padding.map((P) => 2 * P)];
    if (strides[0] !== 1 || strides[1] !== 1) {
      throw new SizeError(`${operation}: padding='same' needs stride 1, but stride is ` +
                          `${pair(strides)}; give the padding as a number`);
    }
    const totals = dilations.map((D, a) => D * (kernels[a] - 1));
    return [totals.map((total) => Math.floor(total / 2)), totals];
  }

  // The settings of a convolution and the shape of its output: {geometry, totals, y_shape}.
  function conv2d_geometry([C, H, W], [O, CG, KH, KW], settings) {
    const {stride, dilation, groups: G} = settings, operation = "conv2d";
    check_window({...settings, kernel: [KH, KW]}, operation);
    check_groups(G, C, O, operation);
    if (CG * G !== C) {
      throw new SizeError(
        `${operation}: weight of shape ${shape([O, CG, KH, KW])} with groups=${G} expects an ` +
        `input of ${CG}*${G} = ${CG * G} channels, but the input of shape ` +
        `${shape([1, C, H, W])} has ${C}`);
    }
    const [padding, totals] =
      conv2d_padding(settings.padding, [KH, KW], stride, dilation, operation);
    const counts = window_count([H, W], [KH, KW], stride, totals, dilation, operation);
    return {geometry: {stride, padding, dilation, groups: G}, totals, y_shape: [O, ...counts]};
  }

  function conv_transpose2d_geometry([I, H, W], [first, OG, KH, KW], settings) {
    const {stride, padding, dilation, output_padding, groups: G} = settings;
    const operation = "conv_transpose2d", kernel = [KH, KW];
    if (first !== I) {
      throw new SizeError(
        `${operation}: weight of shape ${shape([first, OG, KH, KW])} expects an input of ` +
        `${first} channels, but the input of shape ${shape([1, I, H, W])} has ${I}`);
    }
    check_groups(G, I, OG * G, operation);
    check_window({kernel, stride, padding, dilation}, operation);
    at_least(operation, "output_padding", output_padding, 0);
    const counts = AXES.map((axis, a) => {
      const [N, K, S, P, D, OP] =
        [[H, W], kernel, stride, padding, dilation, output_padding].map((all) => all[a]);
      if (Math.max(S, D) <= OP) {
        throw new SizeError(
          `${operation}: output_padding must be smaller than stride or dilation, but along ` +
          `the ${axis} output_padding is ${OP}, stride ${S} and dilation ${D}; ` +
          `use at most ${Math.max(S, D) - 1}`);
      }
      const count = (N - 1) * S - 2 * P + D * (K - 1) + OP + 1;
      if (count < 1) {
        throw new SizeError(
          `${operation}: nothing remains of the output along the ${axis}: (input - 1)*stride ` +
          `- 2*padding + dilation*(kernel - 1) + output_padding + 1 = (${N} - 1)*${S} ` +
          `- 2*${P} + ${D}*(${K} - 1) + ${OP} + 1 = ${count}; use less padding or a larger input`);
      }
      return count;
    });
    return {geometry: {stride, padding, dilation, groups: G}, y_shape: [OG * G, ...counts]};
  }

  // Refuse padding that could leave a window without a single pixel.
  function check_pool(sizes, counts, {kernel, stride, padding, dilation}, operation) {
    AXES.forEach((axis, a) => {
      const [H, OH, K, S, P, D] =
        [sizes, counts, kernel, stride, padding, dilation].map((all) => all[a]);
      if (K < 2 * P) {
        throw new SizeError(
          `${operation}: padding must be at most half of kernel_size, but along the ${axis} ` +
          `padding is ${P} and kernel_size ${K}; use at most ${Math.floor(K / 2)}`);
      }
      for (let o = 0; D > H && o < Math.min(OH, Math.ceil(P / S)); o++) {
        const taps = Array.from({length: K}, (_, k) => o * S - P + k * D);
        if (!taps.some((ih) => 0 <= ih && ih < H)) {
          throw new SizeError(
            `${operation}: window ${o} along the ${axis} meets no pixel: with dilation ${D} ` +
            `and padding ${P} its taps leap over the input of ${H}; use less dilation or ` +
            "no padding");
        }
      }
    });
  }

  function pool2d_geometry([C, H, W], settings, operation) {
    const {kernel, stride, padding, dilation, ceil_mode} = settings;
    check_window(settings, operation);
    const totals = padding.map((P) => 2 * P);
    const counts = window_count([H, W], kernel, stride, totals, dilation, operation, ceil_mode);
    check_pool([H, W], counts, settings, operation);
    return {geometry: {kernel, stride, padding, dilation}, totals, y_shape: [C, ...counts]};
  }

  function upsample_geometry([C, H, W], [high, wide], operation = "interpolate") {
    for (const factor of [high, wide]) {
      if (!(Number.isFinite(factor) && factor > 0)) {
        throw new SizeError(`${operation}: scale_factor must be positive and finite, ` +
                            `but got ${factor}`);
      }
    }
    const [OH, OW] = [Math.floor(H * high), Math.floor(W * wide)];
    if (Math.min(OH, OW) < 1) {
      throw new SizeError(
        `${operation}: scale_factor (${float(high)}, ${float(wide)}) leaves nothing of an input ` +
        `of ${H} x ${W}: floor(${H}*${float(high)}) = ${OH}, floor(${W}*${float(wide)}) = ` +
        `${OW}; ` +
        "use larger factors");
    }
    return {scale: [1 / high, 1 / wide], y_shape: [C, OH, OW]};
  }

  return {conv2d_geometry, conv_transpose2d_geometry, pool2d_geometry, upsample_geometry};
})();
