// Settings to begin with. A preset is a link; `told` is said under the title while it is chosen.
"use strict";

const presets = (() => {
  const I = "2,0,-1,-1;0,1,0,2;-2,0,1,1;1,1,0,-1", K = "1,-1,1;0,1,0;1,-1,1";
  const W = "-1,2,-3;1,-2,3;3,2,-1";
  const X = "3,1,2,6,5;6,8,1,7,9;2,7,4,2,3;8,3,5,4,1;1,5,2,7,6";

  const WORKED = [
    {name: "a first convolution", facts: "s001.q3a.conv", link: `op=conv2d&x=${I}&w=${K}`,
     told: "Sixteen numbers, nine weights, four windows. Turned by 180 degrees this kernel is " +
           "the same, so it cannot tell a convolution from a correlation; change one weight, and it " +
           "can."},
    {name: "transposed, stride 1", facts: "s001.q3b.convt",
     link: `op=conv_transpose2d&x=${I}&w=${K}`,
     told: "The way back from 4 × 4 reaches 6 × 6: every number leaves a copy of the kernel, " +
           "sixteen copies in all. It restores the shape of an input, not its values."},
    {name: "two by two", facts: "s002.p3.3.part1.final",
     link: "op=conv_transpose2d&x=4,3;2,1&w=-1,2;3,-4",
     told: "Small enough to be done by hand: four copies of a 2 × 2 kernel, one cell apart."},
    {name: "output padding", facts: "s002.p3.3.part2.final",
     link: `op=conv_transpose2d&stride=2&padding=1&output_padding=1&x=9,8,7;6,5,4;3,2,1&w=${W}`,
     told: "The uncropped result is 7 × 7. Padding 1 would take the first and the last row and " +
           "column; output padding 1 leaves the last ones in place. No zero is added."},
    {name: "dilation", facts: "s002.p4.1.final",
     link: `op=conv2d&stride=2&padding=2&dilation=2&x=${X}&w=${W}`,
     told: "Stride, padding and dilation are all 2, so every tap of every window falls on an " +
           "even row and column: 9 of the 25 numbers are read."},
  ];

  const SIGHTS = [
    {name: "where the kernel turns round",
     link: "op=conv2d&size=5&kernel=3&padding=1&x=impulse&w=ramp",
     told: "A single 1 gives the kernel back turned by 180 degrees: the 1 meets the last weight " +
           "first. A transposed convolution of the same 1 gives it back as it is."},
    {name: "left-over rows", link: "op=conv2d&size=6x7&kernel=3&stride=2x3&x=ramp&w=random:3",
     told: "The last row and the last column are never seen. Nothing warns of it: the formula " +
           "rounds down."},
    {name: "edges", link: "op=conv2d&size=7&kernel=3&padding=1&x=edge&w=upright",
     told: "Where left and right are alike the kernel's two sides cancel; only the edge remains " +
           "(and a second one that the padding made)."},
    {name: "checkerboard", link: "op=conv_transpose2d&size=4&kernel=3&stride=2&x=ones&w=ones",
     told: "A flat picture and a flat kernel, and yet a pattern: where copies overlap, more is " +
           "added."},
    {name: "no checkerboard",
     link: "op=conv_transpose2d&size=4&kernel=4&stride=2&padding=1&x=ones&w=ones",
     told: "Stride 2 divides kernel 4: away from the border every cell gets as many products as " +
           "its neighbour."},
    {name: "rows of nothing but bias",
     link: "op=conv_transpose2d&size=3&kernel=2&stride=2&output_padding=1&x=random:4&w=ones&b=5",
     told: "Output padding beyond the padding: no product reaches the last row and column."},
    {name: "groups",
     link: "op=conv2d&size=4&kernel=3&channels=3&out_channels=3&groups=3&x=random:2&w=random:5",
     told: "Depthwise: each channel has a kernel of its own and never meets the others."},
    {name: "max pooling, rounded up",
     link: "op=max_pool2d&size=5&kernel=2&stride=2&ceil_mode=true&x=signed:6",
     told: "Five rows in steps of two: rounding up keeps a last window that hangs over the end."},
    {name: "the mean at the border",
     link: "op=avg_pool2d&size=6&kernel=3&stride=2&padding=1&x=ones",
     told: "The mean of ones is less than 1 at the border as long as the padding is counted."},
  ];

  return {WORKED, SIGHTS};
})();
