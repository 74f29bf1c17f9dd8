// Depthwise convolution and pooling, channels last: a vector is a run of channels of one tap.

#include "epilogue.h"

enum { DEPTHWISE_PIXELS = 4, DEPTHWISE_VECTORS = 2, LINE_PIXELS = 12, MOST_TAPS = 7, POOL_VECTORS = 4 };

typedef struct depthwise_output {
  float *c;
  size_t ldc;
  const float *bias, *residual;  // NULL without one
  size_t ldr;
  vf_bounds bounds;
} depthwise_output;

VF_INLINE depthwise_output depthwise_output_of(float *c, size_t ldc, const ck_epilogue *epilogue) {
  depthwise_output out = {.c = c, .ldc = ldc, .bounds = vf_bounds_of(epilogue)};
  if (epilogue) out.bias = epilogue->bias, out.residual = epilogue->residual, out.ldr = epilogue->ldr;
  return out;
}

// The output from a row and a channel on.
VF_INLINE depthwise_output output_at(const depthwise_output *out, size_t row, size_t channel) {
  depthwise_output at = *out;
  at.c += row * out->ldc + channel;
  if (at.bias) at.bias += channel;
  if (at.residual) at.residual += row * out->ldr + channel;
  return at;
}

// `pixels` outputs by `run` channels, at most two vectors. A weight serves all pixels, an offset both vectors.
// `pixels`, and `run` where it is whole vectors, are constants at every call.
VF_INLINE void depthwise_tile(const int pixels, size_t run, size_t channels, size_t taps, const float *base,
                              const int32_t *offsets, const float *weights, const depthwise_output *out) {
  static const float zeros[DEPTHWISE_VECTORS * VF_LANES];
  vf acc[DEPTHWISE_PIXELS][DEPTHWISE_VECTORS];
  size_t width[DEPTHWISE_VECTORS];
  VF_EACH(v, DEPTHWISE_VECTORS) {
    width[v] = vector_width(v, run);
    vf start = out->bias ? vf_load_n(out->bias + v * VF_LANES, width[v]) : vf_set(0.0f);
    VF_EACH(p, pixels) acc[p][v] = start;
  }
  for (size_t t = 0; t < taps; t++, weights += channels) {
    vf w[DEPTHWISE_VECTORS];
    VF_EACH(v, DEPTHWISE_VECTORS) w[v] = vf_load_n(weights + v * VF_LANES, width[v]);
    VF_EACH(p, pixels) {
      int32_t offset = offsets[p * taps + t];
      const float *x = offset < 0 ? zeros : base + offset;
      VF_EACH(v, DEPTHWISE_VECTORS) {
        acc[p][v] = vf_fma(vf_load_n(x + v * VF_LANES, width[v]), w[v], acc[p][v]);
      }
    }
  }
  VF_EACH(p, pixels) {
    VF_EACH(v, DEPTHWISE_VECTORS) {
      const float *residual = out->residual ? out->residual + p * out->ldr + v * VF_LANES : NULL;
      vf_store_n(out->c + p * out->ldc + v * VF_LANES, vf_finish(acc[p][v], residual, width[v], out->bounds), width[v]);
    }
  }
}

static void CK_LEVEL(depthwise)(size_t m, size_t channels, size_t taps, const float *base, const int32_t *offsets,
                                const float *weights, float *c, size_t ldc, const ck_epilogue *epilogue) {
  enum { MOST = DEPTHWISE_VECTORS * VF_LANES };
  depthwise_output out = depthwise_output_of(c, ldc, epilogue);
  for (size_t i = 0, pixels; i < m; i += pixels, offsets += pixels * taps) {
    pixels = m - i < DEPTHWISE_PIXELS ? 1 : DEPTHWISE_PIXELS;
    for (size_t j = 0; j < channels; j += MOST) {
      size_t run = channels - j < MOST ? channels - j : MOST;
      depthwise_output at = output_at(&out, i, j);
      const float *x = base + j, *w = weights + j;
      if (pixels == 1) depthwise_tile(1, run, channels, taps, x, offsets, w, &at);
      else if (run == MOST) depthwise_tile(DEPTHWISE_PIXELS, MOST, channels, taps, x, offsets, w, &at);
      else depthwise_tile(DEPTHWISE_PIXELS, run, channels, taps, x, offsets, w, &at);
    }
    activate_tile(c + i * ldc, pixels, channels, ldc, epilogue);
  }
}

// `pixels` neighbours of one line by a vector of channels: a cell of the image serves all pixels whose windows hold it.
// `pixels`, `width`, `stride`, and `lanes` where it is a whole vector, are constants at every call.
VF_INLINE void depthwise_neighbours(const int pixels, const int width, const int stride, size_t lanes,
                                    const ck_depthwise_lines *conv, const float *a, const float *weights,
                                    const depthwise_output *out) {
  vf acc[LINE_PIXELS], start = out->bias ? vf_load_n(out->bias, lanes) : vf_set(0.0f);
  VF_EACH(p, pixels) acc[p] = start;
  for (size_t l = 0; l < conv->lines; l++, a += conv->line_stride, weights += width * conv->channels) {
    vf w[MOST_TAPS];
    VF_EACH(t, width) w[t] = vf_load_n(weights + t * conv->channels, lanes);
    VF_EACH(cell, (pixels - 1) * stride + width) {
      vf x = vf_load_n(a + cell * conv->channels, lanes);
      VF_EACH(p, pixels) {
        int t = cell - p * stride;
        if (t >= 0 && t < width) acc[p] = vf_fma(x, w[t], acc[p]);
      }
    }
  }
  VF_EACH(p, pixels) {
    const float *residual = out->residual ? out->residual + p * out->ldr : NULL;
    vf_store_n(out->c + p * out->ldc, vf_finish(acc[p], residual, lanes, out->bounds), lanes);
  }
}

// `run` channels of `pixels` neighbours; the last vector overlaps the one before it.
VF_INLINE void depthwise_block(const int pixels, const int width, const int stride, size_t run,
                               const ck_depthwise_lines *conv, const float *a, const float *weights,
                               const depthwise_output *out) {
  if (run < VF_LANES) {
    depthwise_neighbours(pixels, width, stride, run, conv, a, weights, out);
    return;
  }
  for (size_t next = 0; next < run; next += VF_LANES) {
    size_t j = next + VF_LANES <= run ? next : run - VF_LANES;
    depthwise_output at = output_at(out, 0, j);
    depthwise_neighbours(pixels, width, stride, VF_LANES, conv, a + j, weights + j, &at);
  }
}

// Neighbours of a block: as many as leave registers for a line of weights. With stride 2 more than 8 do not pay.
VF_INLINE int most_neighbours(const int width, const int stride) { return width == 3 && stride == 1 ? LINE_PIXELS : 8; }

// `run` channels of m neighbours; the last block overlaps the one before it.
VF_INLINE void depthwise_line(const int width, const int stride, size_t m, size_t run, const ck_depthwise_lines *conv,
                              const float *a, const float *weights, const depthwise_output *out) {
  const size_t most = most_neighbours(width, stride);
  for (size_t next = 0, pixels; next < m; next += pixels) {
    size_t left = m - next;
    pixels = m >= most && left > 8 ? most : m >= 8 && left > 4 ? 8 : m >= 4 ? 4 : 1;
    size_t i = pixels < left ? next : m - pixels;
    depthwise_output at = output_at(out, i, 0);
    const float *from = a + i * stride * conv->channels;
    if (most > 8 && pixels == most) depthwise_block(most, width, stride, run, conv, from, weights, &at);
    else if (pixels == 8) depthwise_block(8, width, stride, run, conv, from, weights, &at);
    else if (pixels == 4) depthwise_block(4, width, stride, run, conv, from, weights, &at);
    else depthwise_block(1, width, stride, run, conv, from, weights, &at);
  }
}

// Some channels of all lines before the next channels, so that a line is in L1 for each kernel line that reads it.
static void CK_LEVEL(depthwise_lines)(const ck_depthwise_lines *conv, size_t m, const float *a, const float *weights,
                                      float *c, size_t ldc, const ck_epilogue *epilogue) {
  enum { L1_FLOATS = 6144, LEAST = 2 * VF_LANES };
  depthwise_output out = depthwise_output_of(c, ldc, epilogue);
  size_t cells = conv->lines * (m * conv->stride + conv->width), fit = cells ? L1_FLOATS / cells : 0;
  size_t chunk = fit < LEAST ? LEAST : fit / LEAST * LEAST;
  for (size_t j = 0; j < conv->channels; j += chunk) {
    size_t run = conv->channels - j < chunk ? conv->channels - j : chunk;
    for (size_t y = 0; y < conv->outputs; y++) {
      depthwise_output at = output_at(&out, y * conv->pitch, j);
      const float *from = a + y * conv->step + j, *w = weights + j;
      if (conv->width == 3 && conv->stride == 1) depthwise_line(3, 1, m, run, conv, from, w, &at);
      else if (conv->width == 3) depthwise_line(3, 2, m, run, conv, from, w, &at);
      else if (conv->width == 5 && conv->stride == 1) depthwise_line(5, 1, m, run, conv, from, w, &at);
      else if (conv->width == 5) depthwise_line(5, 2, m, run, conv, from, w, &at);
      else if (conv->stride == 1) depthwise_line(7, 1, m, run, conv, from, w, &at);
      else depthwise_line(7, 2, m, run, conv, from, w, &at);
    }
  }
  for (size_t y = 0; y < conv->outputs; y++) activate_tile(c + y * conv->pitch * ldc, m, conv->channels, ldc, epilogue);
}

// Maximum or mean of one output over a run of channels, of whose vectors `stored` floats may be written; `vectors`, and
// `run` where it is whole vectors, are constants.
VF_INLINE void pool_run(const int is_max, const int vectors, size_t run, const float *base, const int32_t *offsets,
                        size_t taps, float *c, size_t stored) {
  vf acc[POOL_VECTORS];
  VF_EACH(v, vectors) acc[v] = vf_set(is_max ? -INFINITY : 0.0f);
  size_t count = 0;
  for (size_t t = 0; t < taps; t++) {
    if (offsets[t] < 0) continue;
    count++;
    VF_EACH(v, vectors) {
      vf x = vf_load_n(base + offsets[t] + v * VF_LANES, vector_width(v, run));
      acc[v] = is_max ? vf_max(x, acc[v]) : vf_add(acc[v], x);
    }
  }
  VF_EACH(v, vectors) {
    vf result = is_max ? acc[v] : vf_div(acc[v], vf_set((float)count));
    vf_store_n(c + v * VF_LANES, result, vector_width(v, stored));
  }
}

VF_INLINE void pool(const int is_max, size_t m, size_t channels, size_t taps, const float *base, const int32_t *offsets,
                    float *c, size_t ldc) {
  enum { MOST = POOL_VECTORS * VF_LANES, TWO = 2 * VF_LANES };
  size_t rest = channels % TWO, whole = rest > VF_LANES ? TWO : VF_LANES;
  for (size_t i = 0; i < m; i++, offsets += taps, c += ldc) {
    size_t j = 0;
    for (; j + MOST <= channels; j += MOST) pool_run(is_max, POOL_VECTORS, MOST, base + j, offsets, taps, c + j, MOST);
    for (; j + TWO <= channels; j += TWO) pool_run(is_max, 2, TWO, base + j, offsets, taps, c + j, TWO);
    if (rest == 0) continue;
    // What whole vectors have beyond the end of a row lies in the next row, which is stored after it.
    size_t stored = i + 1 < m && ldc == channels && whole <= rest + channels ? whole : rest;
    if (rest > VF_LANES) pool_run(is_max, 2, rest, base + j, offsets, taps, c + j, stored);
    else pool_run(is_max, 1, rest, base + j, offsets, taps, c + j, stored);
  }
}

static void CK_LEVEL(maxpool)(size_t m, size_t channels, size_t taps, const float *base, const int32_t *offsets,
                              float *c, size_t ldc) {
  pool(1, m, channels, taps, base, offsets, c, ldc);
}

static void CK_LEVEL(avgpool)(size_t m, size_t channels, size_t taps, const float *base, const int32_t *offsets,
                              float *c, size_t ldc) {
  pool(0, m, channels, taps, base, offsets, c, ldc);
}
