// Convolution of lines of output pixels, without a copy: neighbouring pixels read overlapping runs of the image.
// Most filters run in the register tiles of gemm.h, where the runs are rows of A that overlap. Those that are packed as
// few columns are dot products, or where pixels lie close to each other take a vector of pixels per lane, with broadcast
// weights, PIXEL_FILTERS at a time. So do those that leave much of a panel empty, where pixels are neighbours.

// Filters, and vectors of pixels, of a tile; floats from pixel to pixel of those that lie close; filters that leave much
// of a panel empty.
enum { PIXEL_FILTERS = 4, CLOSE_PIXELS = 8, SPARSE_PANEL = 7 };

// Rows of the packed kernel.
VF_INLINE size_t kernel_k(const ck_conv_lines *conv) {
  return conv->kernel_planes * conv->kernel_lines * conv->run;
}

// Weights, of the first line and filter on, and the floats from filter to filter and from row to row of the kernel.
typedef struct pixel_weights {
  const float *first;
  size_t filter, row;
} pixel_weights;

typedef struct pixel_source {
  const gemm_rows *rows;
  const float *a;  // the first pixel of a line
  pixel_weights weights;
} pixel_source;

// Every step-th float.
VF_INLINE vf load_strided(const float *p, size_t step, size_t n) {
  float x[VF_LANES] = {0};
  for (size_t i = 0; i < n; i++) x[i] = p[i * step];
  return vf_load(x);
}

// Pixels of one filter to every ldc-th float.
VF_INLINE void store_strided(float *c, size_t ldc, vf v, size_t n) {
  float x[VF_LANES];
  vf_store(x, v);
  for (size_t i = 0; i < n; i++) c[i * ldc] = x[i];
}

// A vector of pixels of each of n filters, pixel by pixel, ldc apart.
VF_INLINE void store_interleaved(const int n, float *c, size_t ldc, vf *v) {
  if (n == 2) vf_zip(v);
  if (n == 3) vf_zip3(v);
  if (n == 4) {
    vf even[2] = {v[0], v[2]}, odd[2] = {v[1], v[3]};
    vf_zip(even);
    vf_zip(odd);
    v[0] = even[0], v[1] = odd[0], v[2] = even[1], v[3] = odd[1];
    vf_zip(v);
    vf_zip(v + 2);
  }
  if (ldc == (size_t)n) {
    VF_EACH(j, n) vf_store(c + j * VF_LANES, v[j]);
    return;
  }
  float x[PIXEL_FILTERS * VF_LANES];
  VF_EACH(j, n) vf_store(x + j * VF_LANES, v[j]);
  VF_EACH(i, VF_LANES) __builtin_memcpy(c + i * ldc, x + i * n, n * sizeof *c);
}

// acc[p][j] += a run of pixel vector p, which starts at pixel at[p], times weights of filter j.
VF_INLINE void accumulate_pixel_run(const int pv, const int n, const int contiguous, vf acc[][PIXEL_FILTERS],
                                    const float *a, const gemm_rows *rows, pixel_weights weights, const size_t *at,
                                    size_t width) {
  for (size_t t = 0; t < rows->run; t++) {
    vf w[PIXEL_FILTERS];
    VF_EACH(j, n) w[j] = vf_set(weights.first[j * weights.filter + t * weights.row]);
    VF_EACH(p, pv) {
      const float *first = a + at[p] * rows->lda + t;
      vf x = contiguous ? vf_load_n(first, width) : load_strided(first, rows->lda, width);
      VF_EACH(j, n) acc[p][j] = vf_fma(x, w[j], acc[p][j]);
    }
  }
}

// The same for all runs.
VF_INLINE void accumulate_pixels(const int pv, const int n, const int contiguous, vf acc[][PIXEL_FILTERS],
                                 const pixel_source *from, const size_t *at, size_t width) {
  const gemm_rows *rows = from->rows;
  const float *a = from->a;
  pixel_weights weights = from->weights;
  for (size_t p = 0; p < rows->planes; p++, a += rows->plane_gap, weights.first += rows->plane_gap_k * weights.row) {
    for (size_t l = 0; l < rows->lines; l++, a += rows->line_stride, weights.first += rows->run * weights.row) {
      accumulate_pixel_run(pv, n, contiguous, acc, a, rows, weights, at, width);
    }
  }
}

// pv vectors of pixels by n filters from pixel i on, none of them beyond pixel `last`; pv, n, contiguous, and the width
// where it is VF_LANES, are constants.
VF_INLINE void pixel_tile(const int pv, const int n, const int contiguous, const pixel_source *from, size_t i,
                          size_t last, size_t width, const narrow_output *out) {
  vf acc[PIXEL_FILTERS][PIXEL_FILTERS];
  size_t at[PIXEL_FILTERS];
  VF_EACH(p, pv) at[p] = i + p * VF_LANES < last ? i + p * VF_LANES : last;
  VF_EACH(p, pv) {
    VF_EACH(j, n) acc[p][j] = vf_set(out->bias ? out->bias[j] : 0.0f);
  }
  accumulate_pixels(pv, n, contiguous, acc, from, at, width);
  VF_EACH(p, pv) {
    VF_EACH(j, n) {
      if (out->residual) {
        acc[p][j] = vf_add(acc[p][j], load_strided(out->residual + at[p] * out->ldr + j, out->ldr, width));
      }
      acc[p][j] = vf_finish(acc[p][j], NULL, width, out->bounds);
    }
    float *c = out->c + at[p] * out->ldc;
    if (width == VF_LANES) {
      store_interleaved(n, c, out->ldc, acc[p]);
    } else {
      VF_EACH(j, n) store_strided(c + j, out->ldc, acc[p][j], width);
    }
  }
}

// All pixels in tiles of at most `most` vectors. The last vector overlaps the one before rather than being cut.
VF_INLINE void pixel_tiles(const int most, const int n, const int contiguous, size_t m, const pixel_source *from,
                           const narrow_output *out) {
  if (m < VF_LANES) {
    pixel_tile(1, n, contiguous, from, 0, 0, m, out);
    return;
  }
  size_t last = m - VF_LANES;
  for (size_t i = 0, vectors; i < m; i += vectors * VF_LANES) {
    vectors = tile_share((m - i + VF_LANES - 1) / VF_LANES, most);
    switch (vectors) {
    case 1: pixel_tile(1, n, contiguous, from, i, last, VF_LANES, out); break;
    case 2: pixel_tile(2, n, contiguous, from, i, last, VF_LANES, out); break;
    case 3: pixel_tile(3, n, contiguous, from, i, last, VF_LANES, out); break;
    default: pixel_tile(most, n, contiguous, from, i, last, VF_LANES, out); break;
    }
  }
}

VF_INLINE void pixel_filters(const int contiguous, size_t m, size_t n, const pixel_source *from,
                             const narrow_output *out) {
  switch (n) {
  case 1: pixel_tiles(4, 1, contiguous, m, from, out); break;
  case 2: pixel_tiles(4, 2, contiguous, m, from, out); break;
  case 3: pixel_tiles(4, 3, contiguous, m, from, out); break;
  case 4: pixel_tiles(3, 4, contiguous, m, from, out); break;
  default: break;
  }
}

// All lines of at most PIXEL_FILTERS filters.
static void pixel_lines(const ck_conv_lines *conv, size_t m, size_t n, pixel_source from, narrow_output out) {
  for (size_t y = 0; y < conv->outputs; y++, from.a += conv->step, out.c += m * out.ldc) {
    if (conv->lda == 1) pixel_filters(1, m, n, &from, &out);
    else pixel_filters(0, m, n, &from, &out);
    if (out.residual) out.residual += m * out.ldr;
  }
}

static void close_lines(const ck_conv_lines *conv, size_t m, size_t n, const gemm_rows *rows, pixel_weights weights,
                        float *c, size_t ldc, ck_epilogue epilogue) {
  pixel_source from = {.rows = rows, .a = rows->base, .weights = weights};
  narrow_output out = narrow_output_of(c, ldc, epilogue);
  for (size_t j = 0, filters; j < n; j += filters) {
    filters = n - j < PIXEL_FILTERS ? n - j : PIXEL_FILTERS;
    pixel_lines(conv, m, filters, from, out);
    from.weights.first += filters * weights.filter;
    out.c += filters;
    if (out.bias) out.bias += filters;
    if (out.residual) out.residual += filters;
  }
  activate_tile(c, conv->outputs * m, n, ldc, &epilogue);
}

// All lines of m pixels: short ones together, so that what goes before a panel's tiles is done once for them.
static void multiply_lines(const ck_conv_lines *conv, size_t m, size_t n, gemm_rows rows, const float *packed,
                           size_t panel_stride, float *c, size_t ldc, ck_epilogue epilogue) {
  size_t most = m < BLOCK_ROWS ? BLOCK_ROWS / m : 1;
  gemm_blocks lines = {.a = conv->step, .c = m * ldc, .residual = m * epilogue.ldr};
  for (size_t y = 0; y < conv->outputs; y += lines.count, rows.base += lines.count * conv->step) {
    lines.count = conv->outputs - y < most ? conv->outputs - y : most;
    float *to = c + y * m * ldc;
    ck_epilogue rest = epilogue_from(epilogue, y * m);
    if (lines.count > 1) multiply_blocks(&lines, m, n, &rows, packed, panel_stride, to, ldc, rest);
    else multiply_block(m, n, rows, packed, panel_stride, to, ldc, rest);
  }
}

// The same by dot products, where the filters are few.
static void narrow_lines(const ck_conv_lines *conv, size_t m, size_t n, gemm_rows rows, const float *packed,
                         float *c, size_t ldc, ck_epilogue epilogue) {
  for (size_t y = 0; y < conv->outputs; y++, rows.base += conv->step) {
    narrow_block(m, n, &rows, packed, narrow_stride(kernel_k(conv)), c + y * m * ldc, ldc,
                 epilogue_from(epilogue, y * m));
  }
}

static void CK_LEVEL(conv_lines)(const ck_conv_lines *conv, size_t m, size_t n, const float *a, const float *packed,
                                 float *c, size_t ldc, const ck_epilogue *epilogue) {
  size_t k = kernel_k(conv), first = (conv->first_plane * conv->kernel_lines + conv->first_line) * conv->run;
  gemm_rows rows = {.base = a, .lda = conv->lda, .run = conv->run, .lines = conv->lines,
                    .line_stride = conv->line_stride, .planes = conv->planes,
                    .plane_gap = (ptrdiff_t)conv->plane_stride - (ptrdiff_t)(conv->lines * conv->line_stride),
                    .plane_gap_k = (conv->kernel_lines - conv->lines) * conv->run};
  ck_epilogue all = epilogue_or_none(epilogue);
  if (m == 0) return;
  if (ck_is_narrow(k, n)) {
    pixel_weights columns = {.first = packed + first, .filter = narrow_stride(k), .row = 1};
    if (conv->lda > CLOSE_PIXELS) narrow_lines(conv, m, n, rows, packed + first, c, ldc, all);
    else close_lines(conv, m, n, &rows, columns, c, ldc, all);
    return;
  }
  pixel_weights panel = {.first = packed + first * PANEL, .filter = 1, .row = PANEL};
  if (conv->lda == 1 && n <= SPARSE_PANEL) close_lines(conv, m, n, &rows, panel, c, ldc, all);
  else multiply_lines(conv, m, n, rows, packed + first * PANEL, k * PANEL, c, ldc, all);
}
