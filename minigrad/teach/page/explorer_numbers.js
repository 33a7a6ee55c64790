// The numbers of the explorer: where they come from, and how they are written into a link.
//
// A source is {kind, seed, values}: kind is a name of `numbers.INPUTS` or `numbers.KERNELS`, or
// "given", whose values were typed, pasted, or came with a link.
"use strict";

const numbers = (() => {
  // A whole number that depends on the seed and the place alone, so that a picture that grows
  // keeps the numbers it had.
  function hashed(seed, place) {
    let h = Math.imul(seed + 1, 0x9e3779b1);
    for (const part of place) {
      h = Math.imul(h ^ (part + 0x7f4a7c15), 0x85ebca6b);
      h ^= h >>> 13;
      h = Math.imul(h, 0xc2b2ae35);
      h ^= h >>> 16;
    }
    return h >>> 0;
  }

  const nonzero = (largest) => (place, seed) => {
    const drawn = hashed(seed, place) % (2 * largest);
    return drawn < largest ? drawn - largest : drawn - largest + 1;
  };
  const last2 = (all) => all.slice(-2);
  const middle = (size) => Math.floor((size - 1) / 2);
  const isMiddle = (place, sizes) => {
    const [[h, w], [H, W]] = [last2(place), last2(sizes)];
    return h === middle(H) && w === middle(W);
  };
  const binomial = (K, k) => {
    let found = 1;
    for (let i = 1; i <= k; i++) found = (found * (K - i)) / i;
    return Math.round(found);
  };
  const slope = (K, k) => Math.sign(2 * k - (K - 1));
  const tent = (K, k) => Math.min(k + 1, K - k);

  const INPUTS = {
    random: {label: "random whole numbers", seeded: true, at: (p, s, seed) =>
      hashed(seed, p) % 10},
    signed: {label: "random, with signs", seeded: true, at: (p, s, seed) => nonzero(4)(p, seed)},
    ramp: {label: "ramp: 0, 1, 2, …", at: (p, s) =>
      (p[0] * s[1] + p[1]) * s[2] + p[2]},
    impulse: {label: "impulse: one 1 in the middle", at: (p, s) => Number(isMiddle(p, s))},
    edge: {label: "edge: dark left, bright right", at: (p, s) => (2 * p[2] >= s[2] ? 9 : 0)},
    checker: {label: "checkerboard", at: (p) => (p[1] + p[2]) % 2},
    ones: {label: "ones", at: () => 1},
  };

  const KERNELS = {
    random: {label: "random whole numbers", seeded: true, at: (p, s, seed) =>
      nonzero(2)([...p, 77], seed)},
    ramp: {label: "ramp: 1, 2, 3, …", at: (p, s) => p[2] * s[3] + p[3] + 1},
    ones: {label: "ones (a sum)", at: () => 1},
    identity: {label: "identity: a 1 in the middle", at: (p, s) => Number(isMiddle(p, s))},
    upright: {label: "upright edges (Sobel)", at: (p, s) =>
      binomial(s[2], p[2]) * slope(s[3], p[3])},
    level: {label: "level edges (Sobel)", at: (p, s) => slope(s[2], p[2]) * binomial(s[3], p[3])},
    outline: {label: "outlines (Laplace)", at: (p, s) => isMiddle(p, s) * s[2] * s[3] - 1},
    smooth: {label: "smoothing (binomial)", at: (p, s) =>
      binomial(s[2], p[2]) * binomial(s[3], p[3])},
    tent: {label: "tent (linear interpolation)", at: (p, s) => tent(s[2], p[2]) * tent(s[3], p[3])},
  };

  // An array of the given sizes from a function of the place.
  function filled(sizes, at, place = []) {
    if (place.length === sizes.length) return at(place);
    return Array.from({length: sizes[place.length]}, (_, i) => filled(sizes, at, [...place, i]));
  }

  const find = (array, place) =>
    place.reduce((part, i) => (part === undefined ? undefined : part[i]), array);

  // The array of a source. What was given keeps its numbers, and is filled up with zeros.
  function make(source, sizes, named) {
    if (source.kind === "given") {
      return filled(sizes, (place) => find(source.values, place) ?? 0);
    }
    return filled(sizes, (place) => named[source.kind].at(place, sizes, source.seed ?? 1));
  }

  // In a link: 1,2;3,4 with / between planes and // one axis further out.
  const ENDS = [",", ";", "/", "//"];
  function written(array) {
    const join = (part) => {
      if (!Array.isArray(part)) return {depth: 0, string: String(part)};
      const inner = part.map(join), depth = inner[0].depth;
      return {depth: depth + 1, string: inner.map((one) => one.string).join(ENDS[depth])};
    };
    return join(array).string;
  }

  // Read what `written` wrote, or what people write: rows end with ; or a line's end, numbers with
  // a comma, a space or a tab, planes with / or |; brackets are taken as NumPy's. `axes` is 1 to 4.
  function read(string, axes, name) {
    const plain = string.trim()
      .replace(/−/g, "-")
      .replace(/^\[+|\]+$/g, "")
      .replace(/\]\s*\]\s*,?\s*\[\s*\[/g, "/").replace(/\]\s*,?\s*\[/g, ";")
      .replace(/\|\|/g, "//").replace(/\|/g, "/");
    const cut = (part, depth) => {
      if (depth === 0) {
        const value = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(part) ? Number(part) : NaN;
        if (!Number.isFinite(value)) throw new Error(`${name}: ${part || "nothing"} is no number`);
        return value;
      }
      const ends = [/[\s,]+/, /[;\n]+/, /\/(?!\/)/, /\/\//][depth - 1];
      const parts = depth === 3 ? part.split("/") : part.split(ends);
      const full = parts.map((one) => one.trim().replace(/^,+|,+$/g, "").trim());
      return full.filter((one, i) => one || full.length === 1).map((one) => cut(one, depth - 1));
    };
    const found = cut(plain, axes);
    check_rectangular(found, engine.shape(found), name);
    return found;
  }

  function check_rectangular(array, sizes, name) {
    if (!Array.isArray(array)) return;
    if (array.length !== sizes[0]) {
      throw new Error(`${name}: rows of different lengths: ${array.length} and ${sizes[0]}`);
    }
    for (const part of array) check_rectangular(part, sizes.slice(1), name);
  }

  return {INPUTS, KERNELS, filled, make, read, written};
})();
