// The kernels of the explorer: minigrad's textbook loops (kernels/loops), written once more in
// JavaScript, with the same names, letters and order. tests/test_teach_explorer.py runs them in a
// browser and compares every cell with minigrad's fast kernels.
//
//   C  input channels     KH  kernel size    SH  stride      PH  padding at the top
//   O  output channels    H   input size     DH  dilation    OH  output size
//   I  input channels of a transposed convolution            G   groups
//
// Arrays are nested: x[c][ih][iw], w[o][c][kh][kw], y[o][oh][ow], b[o]; there is no batch. As in
// the kernels, y comes first, has its size, and is written. `note`, where it is given, is told
// every product (or comparison, or copy) in the order in which it happens:
//
//   {y: [o, oh, ow], x: [c, ih, iw], w: [o, c, kh, kw] or null, value, factor, product, sum}
"use strict";

const engine = (() => {
  const shape = (array) => {
    const sizes = [];
    for (let part = array; Array.isArray(part); part = part[0]) sizes.push(part.length);
    return sizes;
  };

  const zeros = (first, ...rest) =>
    Array.from({length: first}, () => (rest.length ? zeros(...rest) : 0));

  const silent = () => {};

  // Convolution: every output pixel gathers the window it looks at. The kernel is not turned round.
  function conv2d(y, x, w, b, geometry, note = silent) {
    const {stride: [SH, SW], padding: [PH, PW], dilation: [DH, DW], groups: G} = geometry;
    const [, H, W] = shape(x);
    const [O, CG, KH, KW] = shape(w);
    const [, OH, OW] = shape(y);
    for (let o = 0; o < O; o++) {
      const g = Math.floor(o / (O / G));
      for (let oh = 0; oh < OH; oh++) {
        for (let ow = 0; ow < OW; ow++) {
          y[o][oh][ow] = b[o];
          for (let c = 0; c < CG; c++) {
            for (let kh = 0; kh < KH; kh++) {
              for (let kw = 0; kw < KW; kw++) {
                const ih = oh * SH + kh * DH - PH;
                const iw = ow * SW + kw * DW - PW;
                if (0 <= ih && ih < H && 0 <= iw && iw < W) {
                  const value = x[g * CG + c][ih][iw], factor = w[o][c][kh][kw];
                  y[o][oh][ow] += value * factor;
                  note({y: [o, oh, ow], x: [g * CG + c, ih, iw], w: [o, c, kh, kw],
                        value, factor, product: value * factor, sum: y[o][oh][ow]});
                }
              }
            }
          }
        }
      }
    }
  }

  // Transposed convolution: every input pixel scatters its kernel into the output. Taps that fall
  // outside y are cropped; output padding is not a setting here, it is the size of y.
  function conv_transpose2d(y, x, w, b, geometry, note = silent) {
    const {stride: [SH, SW], padding: [PH, PW], dilation: [DH, DW], groups: G} = geometry;
    const [I, H, W] = shape(x);
    const [, OG, KH, KW] = shape(w);
    const [O, OH, OW] = shape(y);
    for (let o = 0; o < O; o++) {
      for (let oh = 0; oh < OH; oh++) {
        for (let ow = 0; ow < OW; ow++) y[o][oh][ow] = b[o];
      }
    }
    for (let i = 0; i < I; i++) {
      const g = Math.floor(i / (I / G));
      for (let ih = 0; ih < H; ih++) {
        for (let iw = 0; iw < W; iw++) {
          for (let o = 0; o < OG; o++) {
            for (let kh = 0; kh < KH; kh++) {
              for (let kw = 0; kw < KW; kw++) {
                const oh = ih * SH + kh * DH - PH;
                const ow = iw * SW + kw * DW - PW;
                if (0 <= oh && oh < OH && 0 <= ow && ow < OW) {
                  const value = x[i][ih][iw], factor = w[i][o][kh][kw];
                  y[g * OG + o][oh][ow] += value * factor;
                  note({y: [g * OG + o, oh, ow], x: [i, ih, iw], w: [i, o, kh, kw],
                        value, factor, product: value * factor, sum: y[g * OG + o][oh][ow]});
                }
              }
            }
          }
        }
      }
    }
  }

  // Largest value of each window; of equal values the first in reading order counts.
  function max_pool2d(y, index, x, geometry, note = silent) {
    const {kernel: [KH, KW], stride: [SH, SW], padding: [PH, PW], dilation: [DH, DW]} = geometry;
    const [C, H, W] = shape(x);
    const [, OH, OW] = shape(y);
    for (let c = 0; c < C; c++) {
      for (let oh = 0; oh < OH; oh++) {
        for (let ow = 0; ow < OW; ow++) {
          index[c][oh][ow] = -1;
          for (let kh = 0; kh < KH; kh++) {
            for (let kw = 0; kw < KW; kw++) {
              const ih = oh * SH + kh * DH - PH;
              const iw = ow * SW + kw * DW - PW;
              if (0 <= ih && ih < H && 0 <= iw && iw < W) {
                const value = x[c][ih][iw];
                if (index[c][oh][ow] < 0 || value > y[c][oh][ow]) {
                  y[c][oh][ow] = value;
                  index[c][oh][ow] = ih * W + iw;
                }
                note({y: [c, oh, ow], x: [c, ih, iw], w: null,
                      value, factor: 1, product: value, sum: y[c][oh][ow]});
              }
            }
          }
        }
      }
    }
  }

  // How many rows of a window that begins at pixel `start` count in its average.
  function share(start, K, H, P, count_include_pad) {
    let stop = Math.min(start + K, H + P);
    if (!count_include_pad) {
      start = Math.max(start, 0);
      stop = Math.min(stop, H);
    }
    return stop - start;
  }

  // Mean of each window; `divisor` 0 for none.
  function avg_pool2d(y, x, geometry, count_include_pad, divisor, note = silent) {
    const {kernel: [KH, KW], stride: [SH, SW], padding: [PH, PW]} = geometry;
    const [C, H, W] = shape(x);
    const [, OH, OW] = shape(y);
    for (let c = 0; c < C; c++) {
      for (let oh = 0; oh < OH; oh++) {
        for (let ow = 0; ow < OW; ow++) {
          const rows = share(oh * SH - PH, KH, H, PH, count_include_pad);
          const columns = share(ow * SW - PW, KW, W, PW, count_include_pad);
          const area = divisor !== 0 ? divisor : rows * columns;
          let total = 0;
          for (let kh = 0; kh < KH; kh++) {
            for (let kw = 0; kw < KW; kw++) {
              const ih = oh * SH + kh - PH;
              const iw = ow * SW + kw - PW;
              if (0 <= ih && ih < H && 0 <= iw && iw < W) {
                total += x[c][ih][iw];
                note({y: [c, oh, ow], x: [c, ih, iw], w: null,
                      value: x[c][ih][iw], factor: 1, product: x[c][ih][iw], sum: total, area});
              }
            }
          }
          y[c][oh][ow] = total / area;
        }
      }
    }
  }

  // Input row that output row o copies, in float32 as in the kernel.
  function nearest_index(o, H, OH, step) {
    if (OH === H) return o;
    if (OH === 2 * H) return Math.floor(o / 2);
    return Math.min(Math.floor(Math.fround(Math.fround(o) * Math.fround(step))), H - 1);
  }

  // Copy the nearest pixel up and to the left; `scale` is the step in the input.
  function upsample_nearest2d(y, x, scale, note = silent) {
    const [C, H, W] = shape(x);
    const [, OH, OW] = shape(y);
    for (let c = 0; c < C; c++) {
      for (let oh = 0; oh < OH; oh++) {
        for (let ow = 0; ow < OW; ow++) {
          const ih = nearest_index(oh, H, OH, scale[0]);
          const iw = nearest_index(ow, W, OW, scale[1]);
          y[c][oh][ow] = x[c][ih][iw];
          note({y: [c, oh, ow], x: [c, ih, iw], w: null,
                value: x[c][ih][iw], factor: 1, product: x[c][ih][iw], sum: x[c][ih][iw]});
        }
      }
    }
  }

  // The kernel of a transposed convolution for the convolution that replaces it: turned by 180
  // degrees, and the channels of each group exchanged. (I, O/G, KH, KW) becomes (O, I/G, KH, KW).
  function turned(w, G) {
    const [I, OG, KH, KW] = shape(w);
    const IG = I / G, found = zeros(G * OG, IG, KH, KW);
    for (let i = 0; i < I; i++) {
      const g = Math.floor(i / IG);
      for (let o = 0; o < OG; o++) {
        for (let kh = 0; kh < KH; kh++) {
          for (let kw = 0; kw < KW; kw++) {
            found[g * OG + o][i - g * IG][KH - 1 - kh][KW - 1 - kw] = w[i][o][kh][kw];
          }
        }
      }
    }
    return found;
  }

  // The picture with S - 1 zeros between neighbouring pixels.
  function spread(x, [SH, SW]) {
    const [I, H, W] = shape(x);
    const found = zeros(I, (H - 1) * SH + 1, (W - 1) * SW + 1);
    for (let i = 0; i < I; i++) {
      for (let ih = 0; ih < H; ih++) {
        for (let iw = 0; iw < W; iw++) found[i][ih * SH][iw * SW] = x[i][ih][iw];
      }
    }
    return found;
  }

  // Transposed convolution as a convolution of the picture with zeros inserted: stride 1, padding
  // D*(K - 1) - P (negative: cropping), the kernel turned.
  function conv_transpose2d_zero_insertion(y, x, w, b, geometry, note = silent) {
    const {stride, padding: [PH, PW], dilation: [DH, DW], groups} = geometry;
    const [, , KH, KW] = shape(w);
    const padding = [DH * (KH - 1) - PH, DW * (KW - 1) - PW];
    conv2d(y, spread(x, stride), turned(w, groups), b,
           {stride: [1, 1], padding, dilation: [DH, DW], groups}, note);
  }

  return {avg_pool2d, conv2d, conv_transpose2d, conv_transpose2d_zero_insertion, max_pool2d,
          nearest_index, shape, share, spread, turned, upsample_nearest2d, zeros};
})();
