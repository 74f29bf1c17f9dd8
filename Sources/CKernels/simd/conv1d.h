// Convolution along one axis, of stride 1, by the method of Toom and Cook: the taps in groups of four, the outputs in
// tiles of four, F(4, 4) with 7 products in place of 16, at the points ±A1, ±A2, ±A3, ∞. Group g of tile t reads the
// inputs of tile t + g, so that each tile is transformed once, and the products at a point are those of a matrix whose
// rows overlap. Where a strand has few tiles, the rows are copied apart instead, so that many strands are one matrix:
//
//   y = Aᵀ·(sum over groups and channels of (G·g)·(Bᵀ·d))
//
// A dilated kernel is one for each of `dilation` strands: the outputs that many pixels apart.

#include "winograd.h"

enum { C1_TILE = 4, C1_TAPS = 4, C1_POINTS = C1_TILE + C1_TAPS - 1, C1_SPAN = 96, C1_FEW = 24, C1_PIECES = 8 };

// Chosen for a small error; what the transforms multiply by is exact in float.
#define A1 0.3125f
#define A2 0.8125f
#define A3 1.75f
#define SQ1 (A1 * A1)
#define SQ2 (A2 * A2)
#define SQ3 (A3 * A3)

// How a convolution is cut. A unit is at most `span` tiles of one strand of one line.
typedef struct conv1d_plan {
  size_t groups;    // of four taps
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
  conv1d_plan plan = {.groups = (conv->taps + C1_TAPS - 1) / C1_TAPS};
  plan.strands = conv->dilation < conv->out_length ? conv->dilation : conv->out_length;
  size_t tiles = plan.strands ? ((conv->out_length + plan.strands - 1) / plan.strands + C1_TILE - 1) / C1_TILE : 0;
  plan.copies = tiles < C1_FEW ? plan.groups : 1;
  plan.lda = plan.copies * conv->channels;
  // As many as leave the workspace in L2, and so few that threads find several.
  size_t fit = (3 << 15) / (C1_POINTS * (plan.lda + conv->filters));
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
  return C1_POINTS * plan.together * (plan.inputs + plan.span * conv->filters);
}

static size_t CK_LEVEL(conv1d_packed_size)(size_t taps, size_t channels, size_t filters) {
  return C1_POINTS * panels_size((taps + C1_TAPS - 1) / C1_TAPS * channels, filters);
}

static kernel_transform conv1d_transform(void) {
  const double points[C1_POINTS - 1] = {A1, -A1, A2, -A2, A3, -A3};
  kernel_transform transform = {.points = C1_POINTS};
  for (int point = 0; point < C1_POINTS - 1; point++) {
    double *weights = transform.weights[point], scale = 1;
    for (int other = 0; other < C1_POINTS - 1; other++) {
      if (other != point) scale *= points[point] - points[other];
    }
    for (int t = 0; t < C1_TAPS; t++) weights[t] = t ? weights[t - 1] * points[point] : 1 / scale;
  }
  transform.weights[C1_POINTS - 1][C1_TAPS - 1] = 1;
  return transform;
}

static void CK_LEVEL(conv1d_pack)(size_t taps, size_t channels, size_t filters, const float *kernel, float *packed) {
  size_t k = (taps + C1_TAPS - 1) / C1_TAPS * channels, count = channels * filters;
  kernel_transform transform = conv1d_transform();
  for (size_t j = 0; j < filters; j += PANEL) {
    for (size_t tap = 0; tap < taps; tap += C1_TAPS, packed += channels * PANEL) {
      transform.taps = taps - tap < C1_TAPS ? taps - tap : C1_TAPS;
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

// Bᵀ·x: x stands for seven inputs before and for seven points after.
VF_INLINE void input_transform(vf *x) {
  vf even1 = vf_fma(vf_set(-SQ2 - SQ3), x[2], vf_fma(vf_set(SQ2 * SQ3), x[0], x[4]));
  vf even2 = vf_fma(vf_set(-SQ1 - SQ3), x[2], vf_fma(vf_set(SQ1 * SQ3), x[0], x[4]));
  vf even3 = vf_fma(vf_set(-SQ1 - SQ2), x[2], vf_fma(vf_set(SQ1 * SQ2), x[0], x[4]));
  vf odd1 = vf_fma(vf_set(-SQ2 - SQ3), x[3], vf_fma(vf_set(SQ2 * SQ3), x[1], x[5]));
  vf odd2 = vf_fma(vf_set(-SQ1 - SQ3), x[3], vf_fma(vf_set(SQ1 * SQ3), x[1], x[5]));
  vf odd3 = vf_fma(vf_set(-SQ1 - SQ2), x[3], vf_fma(vf_set(SQ1 * SQ2), x[1], x[5]));
  vf last = vf_fma(vf_set(-SQ1 - SQ2 - SQ3), x[4], x[6]);
  last = vf_fma(vf_set(SQ1 * SQ2 + SQ1 * SQ3 + SQ2 * SQ3), x[2], last);
  x[6] = vf_fma(vf_set(-SQ1 * SQ2 * SQ3), x[0], last);
  x[0] = vf_fma(vf_set(A1), even1, odd1);
  x[1] = vf_fma(vf_set(-A1), even1, odd1);
  x[2] = vf_fma(vf_set(A2), even2, odd2);
  x[3] = vf_fma(vf_set(-A2), even2, odd2);
  x[4] = vf_fma(vf_set(A3), even3, odd3);
  x[5] = vf_fma(vf_set(-A3), even3, odd3);
}

// Aᵀ·x: x stands for seven products before; the first four are outputs after.
VF_INLINE void output_transform(vf *x) {
  vf sum1 = vf_add(x[0], x[1]), sum2 = vf_add(x[2], x[3]), sum3 = vf_add(x[4], x[5]);
  vf difference1 = vf_sub(x[0], x[1]), difference2 = vf_sub(x[2], x[3]), difference3 = vf_sub(x[4], x[5]);
  x[0] = vf_add(vf_add(sum1, sum2), sum3);
  x[1] = vf_fma(vf_set(A1), difference1, vf_fma(vf_set(A2), difference2, vf_mul(vf_set(A3), difference3)));
  x[2] = vf_fma(vf_set(SQ1), sum1, vf_fma(vf_set(SQ2), sum2, vf_mul(vf_set(SQ3), sum3)));
  x[3] = vf_fma(vf_set(A1 * SQ1), difference1,
                vf_fma(vf_set(A2 * SQ2), difference2, vf_fma(vf_set(A3 * SQ3), difference3, x[6])));
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

// Transforms channels j ..< j + lanes of seven inputs, NULL for one outside the line.
VF_INLINE void transform_input(const ck_conv1d *conv, const conv1d_plan *plan, const float *const *inputs, float *rows,
                               size_t stride, size_t slot, size_t j, const size_t lanes) {
  vf v[C1_POINTS];
  VF_EACH(q, C1_POINTS) v[q] = inputs[q] ? vf_load_n(inputs[q] + j, lanes) : vf_set(0.0f);
  input_transform(v);
  VF_EACH(q, C1_POINTS) store_input(conv, plan, rows + q * stride, slot, j, v[q], lanes);
}

// Transforms the input tiles of a unit; those of a point lie `stride` apart from the next point's.
static void transform_inputs(const ck_conv1d *conv, const conv1d_plan *plan, conv1d_unit unit, const float *x,
                             float *rows, size_t stride) {
  const float *line = x + unit.line * conv->length * conv->channels;
  for (size_t slot = 0; slot < plan->span + plan->groups - 1; slot++) {
    const float *inputs[C1_POINTS];
    for (size_t q = 0; q < C1_POINTS; q++) {
      // An index before the line wraps around to one far behind it.
      size_t pixel = (C1_TILE * (unit.first + slot) + q) * conv->dilation + unit.strand - conv->pad;
      inputs[q] = pixel < conv->length ? line + pixel * conv->channels : NULL;
    }
    size_t j = 0;
    for (; j + VF_LANES <= conv->channels; j += VF_LANES) {
      transform_input(conv, plan, inputs, rows, stride, slot, j, VF_LANES);
    }
    if (j < conv->channels) transform_input(conv, plan, inputs, rows, stride, slot, j, conv->channels - j);
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
static void transform_outputs(const ck_conv1d *conv, const conv1d_plan *plan, conv1d_unit unit, const float *rows,
                              size_t stride, float *c, size_t ldc, const ck_epilogue *epilogue) {
  const float *bias = epilogue ? epilogue->bias : NULL, *residual = epilogue ? epilogue->residual : NULL;
  vf_bounds bounds = vf_bounds_of(epilogue);
  size_t first = unit.line * conv->out_length, end = first + conv->out_length;
  for (size_t t = 0; t < unit.tiles; t++, rows += conv->filters) {
    size_t pixel = first + C1_TILE * (unit.first + t) * plan->strands + unit.strand;
    for (size_t j = 0; j < conv->filters; j += VF_LANES) {
      size_t lanes = vf_width(j, conv->filters);
      vf v[C1_POINTS], start = bias ? vf_load_n(bias + j, lanes) : vf_set(0.0f);
      for (int q = 0; q < C1_POINTS; q++) v[q] = vf_load_n(rows + q * stride + j, lanes);
      output_transform(v);
      for (size_t q = 0, to = pixel; q < C1_TILE && to < end; q++, to += plan->strands) {
        const float *add = residual ? residual + to * epilogue->ldr + j : NULL;
        vf_store_n(c + to * ldc + j, vf_finish(vf_add(v[q], start), add, lanes, bounds), lanes);
      }
    }
    for (size_t q = 0, to = pixel; q < C1_TILE && to < end; q++, to += plan->strands) {
      activate_tile(c + to * ldc, 1, conv->filters, ldc, epilogue);
    }
  }
}

static void CK_LEVEL(conv1d)(const ck_conv1d *conv, size_t first, size_t end, const float *x, const float *packed,
                             float *c, size_t ldc, const ck_epilogue *epilogue, float *workspace) {
  conv1d_plan plan = conv1d_plan_of(conv);
  size_t point = panels_size(plan.groups * conv->channels, conv->filters);
  size_t outputs = plan.span * conv->filters;
  size_t input_stride = plan.together * plan.inputs, output_stride = plan.together * outputs;
  float *transformed = workspace, *products = workspace + C1_POINTS * input_stride;
  for (size_t begin = first, stop; begin < end; begin = stop) {
    stop = end - begin < plan.together ? end : begin + plan.together;
    for (size_t u = begin; u < stop; u++) {
      transform_inputs(conv, &plan, conv1d_unit_at(conv, &plan, u), x,
                       transformed + (u - begin) * plan.inputs, input_stride);
    }
    for (size_t p = 0; p < C1_POINTS; p++) {
      multiply_units(conv, &plan, begin, stop, transformed + p * input_stride, packed + p * point,
                     products + p * output_stride);
    }
    for (size_t u = begin; u < stop; u++) {
      transform_outputs(conv, &plan, conv1d_unit_at(conv, &plan, u), products + (u - begin) * outputs, output_stride, c,
                        ldc, epilogue);
    }
  }
}
