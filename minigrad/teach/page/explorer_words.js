// What the explorer says: size formulas filled in with the numbers, and sentences that change with
// the settings. Everything here is a function from settings or a result to text or HTML.
"use strict";

const words = (() => {
  const SIDES = [
    {axis: "height", line: "row", lines: "rows", OH: "OH", H: "H", K: "KH", S: "SH", P: "PH",
     D: "DH", OP: "OPH"},
    {axis: "width", line: "column", lines: "columns", OH: "OW", H: "W", K: "KW", S: "SW", P: "PW",
     D: "DW", OP: "OPW"},
  ];
  const BOTH = {axis: "height and width", OH: "size", H: "input", K: "K", S: "S", P: "P", D: "D",
                OP: "OP"};

  const minus = (value) => String(value).replace("-", "−");
  const count = (n, one, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;
  const isAre = (n) => (n === 1 ? "is" : "are");

  // The settings along one axis, as the formulas need them.
  function along(state, a) {
    const of = (name) => state[name][a];
    const [K, S, D] = [of("kernel"), of("stride"), of("dilation")];
    const same = state.padding === "same";
    const P = same ? Math.floor(D * (K - 1) / 2) : of("padding");
    return {H: of("size"), K, S, D, P, OP: of("output_padding"), f: of("factor"),
            total: same ? D * (K - 1) : 2 * P, same, ceil: state.ceil_mode};
  }

  // Whether one formula does for both axes.
  function alike(state) {
    return JSON.stringify(along(state, 0)) === JSON.stringify(along(state, 1));
  }

  // A number with its letter below it.
  const term = (value, letter) =>
    `<span class="term"><span>${minus(value)}</span><i>${letter}</i></span>`;
  const fraction = (above, below) =>
    `<span class="fraction"><span>${above}</span><span>${below}</span></span>`;
  const result = (value) => (value > 0 ? `<b class="result">${minus(value)}</b>`
    : `<b class="result none">${minus(value)}: no output</b>`);
  const bracket = (text) => `<span class="bracket">${text}</span>`;

  // The size of the output along an axis: {letters, filled, value, plain}.
  function size(state, a) {
    const n = along(state, a), s = alike(state) ? BOTH : SIDES[a];
    if (state.operation === "upsample") return sizeUpsampled(n, s);
    if (state.operation === "conv_transpose2d") return sizeTransposed(n, s);
    const room = n.H + n.total - n.D * (n.K - 1) - 1;
    const [left, right] = n.ceil ? ["⌈", "⌉"] : ["⌊", "⌋"];
    const [open, close] = [left, right].map(bracket);
    let value = (n.ceil ? Math.ceil(room / n.S) : Math.floor(room / n.S)) + 1;
    const dropped = n.ceil && (value - 1) * n.S >= n.H + n.P;
    if (dropped) value -= 1;
    const padding = n.same ? `D·(K − 1)` : `2·P`;
    const given = n.same
      ? `${term(n.D, s.D)}·(${term(n.K, s.K)} − 1)`
      : `2·${term(n.P, s.P)}`;
    const above = `${term(n.H, s.H)} + ${given} − ${term(n.D, s.D)}·(${term(n.K, s.K)} − 1) − 1`;
    return {
      value, name: s.axis,
      letters: `${s.OH} = ${left} (${s.H} + ${padding} − D·(K − 1) − 1) / S ${right} + 1`,
      filled: `${open} ${fraction(above, term(n.S, s.S))} ${close} + 1 ` +
        `<span class="then">= ${open} ${fraction(minus(room), n.S)} ${close} + 1</span> ` +
        `<span class="then">= ${dropped ? `${value + 1} − 1 = ` : ""}${result(value)}</span>`,
      plain: `${s.axis}: (${n.H} + ${n.total} - ${n.D}*(${n.K} - 1) - 1) / ${n.S}, rounded ` +
        `${n.ceil ? "up" : "down"}, + 1 ${dropped ? "- 1 " : ""}= ${value}`,
    };
  }

  function sizeTransposed(n, s) {
    const full = (n.H - 1) * n.S + n.D * (n.K - 1) + 1, value = full - 2 * n.P + n.OP;
    return {
      value, name: s.axis,
      letters: `${s.OH} = (${s.H} − 1)·S + D·(K − 1) + 1 − 2·P + OP`,
      filled: `(${term(n.H, s.H)} − 1)·${term(n.S, s.S)} + ` +
        `${term(n.D, s.D)}·(${term(n.K, s.K)} − 1) + 1 − 2·${term(n.P, s.P)} + ` +
        `${term(n.OP, s.OP)} <span class="then">= ${term(full, "uncropped")} − 2·${n.P} + ` +
        `${n.OP}</span> <span class="then">= ${result(value)}</span>`,
      plain: `${s.axis}: (${n.H} - 1)*${n.S} + ${n.D}*(${n.K} - 1) + 1 - 2*${n.P} + ${n.OP} ` +
        `= ${value}`,
    };
  }

  function sizeUpsampled(n, s) {
    const value = Math.floor(n.H * n.f);
    return {
      value, name: s.axis,
      letters: `${s.OH} = ⌊ ${s.H} · factor ⌋`,
      filled: `⌊ ${term(n.H, s.H)} · ${term(n.f, "factor")} ⌋ ` +
        `<span class="then">= ${result(value)}</span>`,
      plain: `${s.axis}: ${n.H}*${n.f}, rounded down = ${value}`,
    };
  }

  // Why rows are left over, or exist only through output padding: a list of sentences.
  function aboutAxis(found, a) {
    const {state, operation} = found, n = along(state, a);
    const s = SIDES[a];
    if (operation === "upsample") return aboutUpsampled(n, s);
    if (operation === "conv_transpose2d") return aboutCrop(found, n, s, a);
    const told = [], lost = found.lost[a];
    if (found.beyond[a]) {
      told.push(`Rounding up keeps a last window that reaches ${count(found.beyond[a], s.line)} ` +
                "beyond the padding; what lies there is no number, and no padding either.");
    } else if (n.S > 1 || lost) {
      const padding = n.total - n.P, pixels = Math.max(lost - padding, 0);
      const whose = !pixels ? `${lost === 1 ? "It is" : "They are"} padding: no number of yours ` +
          "is missed"
        : lost === pixels ? `${lost === 1 ? "It holds" : "They hold"} numbers of yours, no padding`
        : `${count(pixels, s.line)} of ${pixels === 1 ? "it holds" : "them hold"} numbers of ` +
          "yours, the rest is padding";
      told.push(lost
        ? `The last ${lost === 1 ? s.line : `${lost} ${s.lines}`} of the padded input ` +
          `${isAre(lost)} reached by no window: one more step of ${n.S} would need ` +
          `${n.S} ${s.lines}, and only ${lost} ${isAre(lost)} left. ${whose}.`
        : `The steps of ${n.S} come out even: the last window ends on the last ${s.line}.`);
    }
    if (n.S > 1 && !n.ceil && !n.same) {
      const least = n.H - found.lost[a];
      const sizes = Array.from({length: n.S}, (_, i) => least + i).filter((one) => one > 0);
      told.push(`Inputs of ${listed(sizes, "or")} ${s.lines} all give ` +
                `${count(found.y_shape[a + 1], s.line)}; a transposed convolution on the way ` +
                "back has to be told which one is meant, and that is its output padding.");
    }
    return told;
  }

  function aboutCrop({y_shape}, n, s, a) {
    const told = [], end = n.P - n.OP, OH = y_shape[a + 1];
    if (n.P) {
      told.push(`Here padding ${n.P} takes ${s.lines} away: ${count(n.P, s.line)} at the start ` +
                `of the uncropped output, and ${n.OP ? `without output padding ${n.P}` : n.P} at ` +
                "the end.");
    }
    if (n.OP && end >= 0) {
      told.push(`Output padding ${n.OP} adds no zeros. It moves the end of the crop: at the ` +
                `end ${count(end, s.line)} ${isAre(end)} cropped instead of ${n.P}.`);
    } else if (n.OP) {
      told.push(`Output padding ${n.OP} is more than the padding ${n.P}: after the last ` +
                `${s.line} nothing is cropped, and ${count(-end, s.line)} beyond the last kernel ` +
                `${isAre(-end)} added. No product reaches ${end === -1 ? "it" : "them"}: ` +
                "only the bias stands there.");
    }
    if (n.S > 1) {
      const sizes = Array.from({length: n.S}, (_, i) => OH - n.OP + i);
      told.push(`Why it is there: a convolution with these settings makes ${count(n.H, s.line)} ` +
                `from ${listed(sizes, "or")} ${s.lines} alike. On the way back, output padding ` +
                `0 to ${n.S - 1} says which is meant.`);
    }
    return told;
  }

  function aboutUpsampled(n, s) {
    return [`Output ${s.line} o copies input ${s.line} ⌊o / ${n.f}⌋` +
            (Number.isInteger(n.f) ? `: every ${s.line} stands ${n.f} times.`
              : `: with a factor that is not whole, some ${s.lines} are copied more often.`)];
  }

  function listed(values, word) {
    return values.length < 2 ? String(values[0])
      : `${values.slice(0, -1).join(", ")} ${word} ${values[values.length - 1]}`;
  }

  // The caption of the numbers: what one output cell is, and what the settings do to it.
  function caption(found) {
    const {state, operation, y_shape: [O, OH, OW]} = found;
    const [KH, KW] = state.kernel, [DH, DW] = state.dilation;
    const told = [];
    if (operation === "upsample") {
      return `Every number is copied; nothing is multiplied. ${OH * OW} numbers are written for ` +
        `${state.size[0] * state.size[1]} read.`;
    }
    if (operation === "conv2d") {
      const per = engine.shape(found.w)[1];
      told.push(`Each of the ${O > 1 ? `${O} × ` : ""}${OH} × ${OW} outputs is a sum of ` +
                `${per > 1 ? `${per} channels × ` : ""}${KH} × ${KW} products. The kernel is not ` +
                "turned round: its first number meets the window's first.");
    } else if (operation === "conv_transpose2d") {
      told.push("Every input number multiplies the whole kernel and adds the result into the " +
                "output; copies that overlap add up.");
    } else if (operation === "max_pool2d") {
      told.push(`Each output is the largest number of its ${KH} × ${KW} window. Of equal ones ` +
                "the first counts; padding never wins.");
    } else {
      told.push(`Each output is the mean of its ${KH} × ${KW} window.` +
                (state.padding[0] || state.padding[1] ? state.count_include_pad
                  ? " Padding counts as zeros: it pulls the border towards 0."
                  : " Only real numbers are counted, so at the border the divisor is smaller."
                  : ""));
    }
    if (DH > 1 || DW > 1) {
      told.push(`Dilation sets the taps ${DH === DW ? DH : `${DH} and ${DW}`} apart: ` +
                `${KH} × ${KW} numbers span ${DH * (KH - 1) + 1} × ${DW * (KW - 1) + 1}.`);
    }
    if (state.groups > 1) {
      told.push(`${state.groups} groups: each output channel reads only the ` +
                `${count(state.channels / state.groups, "input channel")} of its own group.`);
    }
    return told.join(" ");
  }

  // About the overlap map: a sentence for each thing worth seeing in the counts.
  function overlap({state}, counts) {
    const KS = `kernel ${state.kernel.join(" × ")}, stride ${state.stride.join(" × ")}`;
    const uneven = state.kernel.some((K, a) => K % state.stride[a]);
    const [SH, SW] = state.stride;
    const inner = counts.slice(SH, -SH).flatMap((row) => row.slice(SW, -SW));
    const seen = [...new Set(inner.length ? inner : counts.flat())].sort((p, q) => p - q);
    return uneven
      ? `The stride does not divide the kernel (${KS}), so neighbouring cells get different ` +
        `numbers of products (${seen.join(", ")}). With weights alike the picture shows a ` +
        "checkerboard; a kernel that the stride divides (4 for stride 2), or up-sampling before " +
        "a plain convolution, does not."
      : `The stride divides the kernel (${KS}): away from the border every cell gets the same ` +
        `number of products (${seen.join(", ")}), and no checkerboard is built in.`;
  }

  // How often the input's numbers are read.
  function uses({state}, counts) {
    const all = counts.flat(), unread = all.filter((n) => n === 0).length;
    const least = Math.min(...all), most = Math.max(...all);
    if (unread) {
      return `${unread} of ${all.length} numbers ${isAre(unread)} read by no window: whatever ` +
        `${unread === 1 ? "it is" : "they are"}, the output stays the same, and ` +
        `${unread === 1 ? "its" : "their"} gradient is 0.`;
    }
    if (state.operation === "upsample") {
      return least === most ? `Every number is copied to ${count(least, "output")}.`
        : `Numbers are copied to ${least} to ${count(most, "output")}: the factor is not whole.`;
    }
    if (least === most) return `Every number is read by ${count(least, "window")}.`;
    return `The middle counts more than the border: numbers are read by ${least} to ` +
      `${count(most, "window")}${state.operation === "conv2d" ? "; padding evens that out" : ""}.`;
  }

  return {SIDES, aboutAxis, alike, along, caption, count, minus, overlap, size, uses};
})();
