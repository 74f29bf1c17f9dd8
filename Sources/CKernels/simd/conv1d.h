// Convolution along one axis, of stride 1, by the method of Toom and Cook: the taps in groups, the outputs in tiles of
// four. F(4, 4) has 7 products in place of 16, at the points ±a, ±b, ±c, ∞. Group g of tile t reads the inputs of tile
// t + g, so that each tile is transformed once, and the products at a point are those of a matrix whose rows overlap.
// Where a strand has few tiles, the rows are copied apart instead, so that many strands are one matrix:
//
//   y = Aᵀ·(sum over groups and channels of (G·g)·(Bᵀ·d))
//
// Three and five taps are one group, F(4, 3) and F(4, 5), with the points 0, ±a, ±b, ∞ and 0, ±a, ±b, ±c, ∞.
//
// A dilated kernel is one for each of `dilation` strands: the outputs that many pixels apart.

#include "winograd.h"

enum { C1_TILE = 4, C1_SPAN = 96, C1_FEW = 24, C1_PIECES = 8, C1_PAIRS = 3, C1_MOST = 2 * C1_PAIRS + 2 };

VF_INLINE size_t groups_of(size_t taps) { return (taps + ck_conv1d_group(taps) - 1) / ck_conv1d_group(taps); }

// Points of a transform: 0 where their number is even, pairs of ±x, and ∞. The taps of a group, on which they depend, are
// a constant wherever vectors do.
VF_INLINE int conv1d_points(const int group) { return C1_TILE + group - 1; }
VF_INLINE int has_zero(const int group) { return conv1d_points(group) % 2 == 0; }
VF_INLINE int pairs_of(const int group) { return (conv1d_points(group) - 1) / 2; }

// The power of a pair's x, chosen for a small error; what the transforms multiply by is exact in float.
VF_INLINE float power_at(const int group, int pair, int exponent) {
  static const float pairs[][C1_PAIRS] = {{0.625f, 1.5f}, {0.3125f, 0.8125f, 1.75f}, {0.5f, 1, 1.75f}};
  float power = 1;
  VF_EACH(i, exponent) power *= pairs[group - 3][pair];
  return power;
}

// How a convolution is cut. A unit is at most `span` tiles of one strand of one line.
typedef struct conv1d_plan {
  int group;        // taps of a group
  size_t groups;
  size_t strands;   // of a line
  size_t span;      // tiles of a unit
  size_t spans;     // units of a strand
  size_t copies;    // of a transformed input tile: 1 where rows overlap
  size_t lda;       // floats from row to row
  size_t inputs;    // floats of a unit's rows
  size_t together;  // units whose products are computed point by point
} conv1d_plan;

// A unit: tiles `first` ..< first + tiles of a strand.
typedef struct conv1d_unit {
  size_t line, strand, first, tiles;
} conv1d_unit;

// Whether the rows of a unit go on where those of the unit before it end.
VF_INLINE int is_one_matrix(const conv1d_plan *plan) { return plan->copies > 1 || plan->groups == 1; }

VF_INLINE conv1d_plan conv1d_plan_of(const ck_conv1d *conv) {
  conv1d_plan plan = {.group = (int)ck_conv1d_group(conv->taps), .groups = groups_of(conv->taps)};
  plan.strands = conv->dilation < conv->out_length ? conv->dilation : conv->out_length;
  size_t tiles = plan.strands ? ((conv->out_length + plan.strands - 1) / plan.strands + C1_TILE - 1) / C1_TILE : 0;
  plan.copies = tiles < C1_FEW ? plan.groups : 1;
  plan.lda = plan.copies * conv->channels;
  // As many as leave the workspace in L2, and so few that threads find several.
  size_t fit = (3 << 15) / (conv1d_points(plan.group) * (plan.lda + conv->filters));
  size_t most = fit < C1_FEW || is_one_matrix(&plan) ? C1_FEW : fit > C1_SPAN ? C1_SPAN : fit;
  size_t lines = conv->lines * plan.strands, least = lines ? (C1_PIECES + lines - 1) / lines : 1;
  size_t pieces = (tiles + most - 1) / most;
  if (pieces < least) pieces = least;
  plan.span = (tiles + pieces - 1) / pieces;
  if (pieces > 1 && !is_one_matrix(&plan)) plan.span = (plan.span + VF_TILE_ROWS - 1) / VF_TILE_ROWS * VF_TILE_ROWS;
  plan.spans = plan.span ? (tiles + plan.span - 1) / plan.span : 0;
  plan.inputs = (plan.span + plan.groups - plan.copies) * plan.lda;
  plan.together = plan.span && fit / plan.span ? fit / plan.span : 1;
  return plan;
}

static size_t CK_LEVEL(conv1d_units)(const ck_conv1d *conv) {
  conv1d_plan plan = conv1d_plan_of(conv);
  return conv->lines * plan.strands * plan.spans;
}

static size_t CK_LEVEL(conv1d_workspace)(const ck_conv1d *conv) {
  conv1d_plan plan = conv1d_plan_of(conv);
  return conv1d_points(plan.group) * plan.together * (plan.inputs + plan.span * conv->filters);
}

static size_t CK_LEVEL(conv1d_packed_size)(size_t taps, size_t channels, size_t filters) {
  return conv1d_points(ck_conv1d_group(taps)) * panels_size(groups_of(taps) * channels, filters);
}

static kernel_transform conv1d_transform(const int group) {
  int finite = conv1d_points(group) - 1;
  double at[C1_MOST - 1] = {0};
  for (int p = 0; p < 2 * pairs_of(group); p++) {
    at[has_zero(group) + p] = p % 2 ? -power_at(group, p / 2, 1) : power_at(group, p / 2, 1);
  }
  kernel_transform transform = {.points = finite + 1, .taps = group};
  for (int point = 0; point < finite; point++) {
    double *weights = transform.weights[point], scale = 1;
    for (int other = 0; other < finite; other++) {
      if (other != point) scale *= at[point] - at[other];
    }
    for (int t = 0; t < group; t++) weights[t] = t ? weights[t - 1] * at[point] : 1 / scale;
  }
  transform.weights[finite][group - 1] = 1;
  return transform;
}

static void CK_LEVEL(conv1d_pack)(size_t taps, size_t channels, size_t filters, const float *kernel, float *packed) {
  kernel_transform transform = conv1d_transform(ck_conv1d_group(taps));
  size_t group = transform.taps, k = groups_of(taps) * channels, count = channels * filters;
  for (size_t j = 0; j < filters; j += PANEL) {
    for (size_t tap = 0; tap < taps; tap += group, packed += channels * PANEL) {
      transform.taps = taps - tap < group ? taps - tap : group;
      weigh_panel(&no_transform, &transform, channels, filters - j, kernel + tap * count + j, count, filters, packed,
                  panels_size(k, filters));
    }
  }
}

VF_INLINE conv1d_unit conv1d_unit_at(const ck_conv1d *conv, const conv1d_plan *plan, size_t index) {
  size_t strand = index / plan->spans, outputs;
  conv1d_unit unit = {.line = strand / plan->strands, .strand = strand % plan->strands,
                      .first = index % plan->spans * plan->span};
  outputs = (conv->out_length - unit.strand + plan->strands - 1) / plan->strands;
  size_t tiles = (outputs + C1_TILE - 1) / C1_TILE - unit.first;
  unit.tiles = tiles < plan->span ? tiles : plan->span;
  return unit;
}

// Every second input, x[0], x[2], …, weighed by the coefficients of a polynomial of X²: the product of X² - p² over the
// pairs ±p, but for one of them.
VF_INLINE vf pair_product(const int group, const int but, const vf *x) {
  float s[C1_PAIRS];
  int n = 0;
  VF_EACH(p, pairs_of(group)) {
    if (p != but) s[n++] = power_at(group, p, 2);
  }
  if (n == 1) return vf_fma(vf_set(-s[0]), x[0], x[2]);
  if (n == 2) return vf_fma(vf_set(-s[0] - s[1]), x[2], vf_fma(vf_set(s[0] * s[1]), x[0], x[4]));
  vf sum = vf_fma(vf_set(-s[0] - s[1] - s[2]), x[4], x[6]);
  sum = vf_fma(vf_set(s[0] * s[1] + s[0] * s[2] + s[1] * s[2]), x[2], sum);
  return vf_fma(vf_set(-s[0] * s[1] * s[2]), x[0], sum);
}

// y = Bᵀ·x, from as many inputs as there are points.
VF_INLINE void input_transform(const int group, const vf *x, vf *y) {
  if (has_zero(group)) *y++ = pair_product(group, -1, x++);
  VF_EACH(p, pairs_of(group)) {
    vf even = pair_product(group, p, x), odd = pair_product(group, p, x + 1);
    *y++ = vf_fma(vf_set(power_at(group, p, 1)), even, odd);
    *y++ = vf_fma(vf_set(-power_at(group, p, 1)), even, odd);
  }
  *y = pair_product(group, -1, x);
}

// y = Aᵀ·x, four outputs from the products at the points.
VF_INLINE void output_transform(const int group, const vf *x, vf *y) {
  const vf *pairs = x + has_zero(group);
  VF_EACH(j, C1_TILE) {
    VF_EACH(p, pairs_of(group)) {
      vf plus = pairs[2 * p], minus = pairs[2 * p + 1];
      vf both = j % 2 ? vf_sub(plus, minus) : vf_add(plus, minus), weight = vf_set(power_at(group, p, j));
      y[j] = p ? vf_fma(weight, both, y[j]) : vf_mul(weight, both);
    }
  }
  if (has_zero(group)) y[0] = vf_add(y[0], x[0]);
  y[C1_TILE - 1] = vf_add(y[C1_TILE - 1], pairs[2 * pairs_of(group)]);
}

// Stores a transformed vector at channel j of its slot, or wherever a row has a copy of it.
VF_INLINE void store_input(const ck_conv1d *conv, const conv1d_plan *plan, float *rows, size_t slot, size_t j, vf v,
                           size_t lanes) {
  if (plan->copies == 1) {
    vf_store_n(rows + slot * plan->lda + j, v, lanes);
    return;
  }
  for (size_t g = 0; g < plan->copies && g <= slot; g++) {
    if (slot - g < plan->span) vf_store_n(rows + (slot - g) * plan->lda + g * conv->channels + j, v, lanes);
  }
}

// Transforms channels j ..< j + lanes of the inputs of a tile, NULL for one outside the line.
VF_INLINE void transform_input(const int group, const ck_conv1d *conv, const conv1d_plan *plan,
                               const float *const *inputs, float *rows, size_t stride, size_t slot, size_t j,
                               const size_t lanes) {
  vf x[C1_MOST], y[C1_MOST];
  VF_EACH(q, conv1d_points(group)) x[q] = inputs[q] ? vf_load_n(inputs[q] + j, lanes) : vf_set(0.0f);
  input_transform(group, x, y);
  VF_EACH(q, conv1d_points(group)) store_input(conv, plan, rows + q * stride, slot, j, y[q], lanes);
}

// Transforms the input tiles of a unit; those of a point lie `stride` apart from the next point's.
VF_INLINE void transform_inputs(const int group, const ck_conv1d *conv, const conv1d_plan *plan,
                                conv1d_unit unit, const float *x, float *rows, size_t stride) {
  const float *line = x + unit.line * conv->length * conv->channels;
  for (size_t slot = 0; slot < plan->span + plan->groups - 1; slot++) {
    const float *inputs[C1_MOST];
    VF_EACH(q, conv1d_points(group)) {
      // An index before the line wraps around to one far behind it.
      size_t pixel = (C1_TILE * (unit.first + slot) + q) * conv->dilation + unit.strand - conv->pad;
      inputs[q] = pixel < conv->length ? line + pixel * conv->channels : NULL;
    }
    size_t j = 0;
    for (; j + VF_LANES <= conv->channels; j += VF_LANES) {
      transform_input(group, conv, plan, inputs, rows, stride, slot, j, VF_LANES);
    }
    if (j < conv->channels) transform_input(group, conv, plan, inputs, rows, stride, slot, j, conv->channels - j);
  }
}

// The products of units begin ..< stop at one point.
static void multiply_units(const ck_conv1d *conv, const conv1d_plan *plan, size_t begin, size_t stop, const float *rows,
                           const float *packed, float *products) {
  size_t k = plan->groups * conv->channels;
  if (is_one_matrix(plan)) {
    size_t tiles = (stop - begin - 1) * plan->span + conv1d_unit_at(conv, plan, stop - 1).tiles;
    multiply_panels(tiles, conv->filters, k, rows, k, packed, products, conv->filters, (ck_epilogue){0});
    return;
  }
  for (size_t u = begin; u < stop; u++, rows += plan->inputs, products += plan->span * conv->filters) {
    size_t tiles = conv1d_unit_at(conv, plan, u).tiles;
    multiply_panels(tiles, conv->filters, k, rows, plan->lda, packed, products, conv->filters, (ck_epilogue){0});
  }
}

// Turns the products of a unit into its outputs.
VF_INLINE void transform_outputs(const int group, const ck_conv1d *conv, const conv1d_plan *plan,
                                 conv1d_unit unit, const float *rows, size_t stride, float *c, size_t ldc,
                                 const ck_epilogue *epilogue) {
  const float *bias = epilogue ? epilogue->bias : NULL, *residual = epilogue ? epilogue->residual : NULL;
  vf_bounds bounds = vf_bounds_of(epilogue);
  size_t first = unit.line * conv->out_length, end = first + conv->out_length;
  for (size_t t = 0; t < unit.tiles; t++, rows += conv->filters) {
    size_t pixel = first + C1_TILE * (unit.first + t) * plan->strands + unit.strand;
    for (size_t j = 0; j < conv->filters; j += VF_LANES) {
      size_t lanes = vf_width(j, conv->filters);
      vf x[C1_MOST], y[C1_TILE], start = bias ? vf_load_n(bias + j, lanes) : vf_set(0.0f);
      VF_EACH(q, conv1d_points(group)) x[q] = vf_load_n(rows + q * stride + j, lanes);
      output_transform(group, x, y);
      for (size_t q = 0, to = pixel; q < C1_TILE && to < end; q++, to += plan->strands) {
        const float *add = residual ? residual + to * epilogue->ldr + j : NULL;
        vf_store_n(c + to * ldc + j, vf_finish(vf_add(y[q], start), add, lanes, bounds), lanes);
      }
    }
    for (size_t q = 0, to = pixel; q < C1_TILE && to < end; q++, to += plan->strands) {
      activate_tile(c + to * ldc, 1, conv->filters, ldc, epilogue);
    }
  }
}

VF_INLINE void convolve_units(const int group, const ck_conv1d *conv, const conv1d_plan *plan, size_t first,
                              size_t end, const float *x, const float *packed, float *c, size_t ldc,
                              const ck_epilogue *epilogue, float *workspace) {
  size_t point = panels_size(plan->groups * conv->channels, conv->filters);
  size_t outputs = plan->span * conv->filters;
  size_t input_stride = plan->together * plan->inputs, output_stride = plan->together * outputs;
  float *transformed = workspace, *products = workspace + conv1d_points(group) * input_stride;
  for (size_t begin = first, stop; begin < end; begin = stop) {
    stop = end - begin < plan->together ? end : begin + plan->together;
    for (size_t u = begin; u < stop; u++) {
      transform_inputs(group, conv, plan, conv1d_unit_at(conv, plan, u), x,
                       transformed + (u - begin) * plan->inputs, input_stride);
    }
    VF_EACH(p, conv1d_points(group)) {
      multiply_units(conv, plan, begin, stop, transformed + p * input_stride, packed + p * point,
                     products + p * output_stride);
    }
    for (size_t u = begin; u < stop; u++) {
      transform_outputs(group, conv, plan, conv1d_unit_at(conv, plan, u), products + (u - begin) * outputs,
                        output_stride, c, ldc, epilogue);
    }
  }
}

static void CK_LEVEL(conv1d)(const ck_conv1d *conv, size_t first, size_t end, const float *x, const float *packed,
                             float *c, size_t ldc, const ck_epilogue *epilogue, float *workspace) {
  conv1d_plan plan = conv1d_plan_of(conv);
  switch (plan.group) {
  case 3: convolve_units(3, conv, &plan, first, end, x, packed, c, ldc, epilogue, workspace); return;
  case 5: convolve_units(5, conv, &plan, first, end, x, packed, c, ldc, epilogue, workspace); return;
  default: convolve_units(4, conv, &plan, first, end, x, packed, c, ldc, epilogue, workspace); return;
  }
}
