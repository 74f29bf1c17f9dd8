// Convolution of lines of output pixels, without a copy: neighbouring pixels read overlapping runs of the image.
// Most filters run in the register tiles of gemm.h, where the runs are rows of A that overlap. Those that are packed as
// few columns are dot products, or where pixels lie close to each other take a vector of pixels per lane, with broadcast
// weights, PIXEL_FILTERS at a time.

// Filters, and vectors of pixels, of a tile; floats from pixel to pixel of those that lie close.
enum { PIXEL_FILTERS = 4, CLOSE_PIXELS = 8 };

typedef struct pixel_source {
  const float *a;
  size_t lda;  // floats from pixel to pixel
  size_t run, lines, line_stride;
  const float *weights;  // of the first line and filter
  size_t ldw;            // floats from filter to filter
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

// A vector of pixels of each of n filters, pixel by pixel.
VF_INLINE void store_interleaved(const int n, float *c, vf *v) {
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
  VF_EACH(j, n) vf_store(c + j * VF_LANES, v[j]);
}

// acc[p][j] += the runs of pixel vector p, which starts at pixel at[p], times the weights of filter j.
VF_INLINE void accumulate_pixels(const int pv, const int n, const int contiguous, vf acc[][PIXEL_FILTERS],
                                 const pixel_source *from, const size_t *at, size_t width) {
  for (size_t l = 0; l < from->lines; l++) {
    const float *a = from->a + l * from->line_stride, *weights = from->weights + l * from->run;
    for (size_t t = 0; t < from->run; t++) {
      vf w[PIXEL_FILTERS];
      VF_EACH(j, n) w[j] = vf_set(weights[j * from->ldw + t]);
      VF_EACH(p, pv) {
        const float *first = a + at[p] * from->lda + t;
        vf x = contiguous ? vf_load_n(first, width) : load_strided(first, from->lda, width);
        VF_EACH(j, n) acc[p][j] = vf_fma(x, w[j], acc[p][j]);
      }
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
    if (width == VF_LANES && out->ldc == (size_t)n) {
      store_interleaved(n, c, acc[p]);
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

// Dot products of pixels that lie apart.
static void conv_lines_apart(const ck_conv_lines *conv, size_t m, size_t n, const float *a, const float *packed,
                             float *c, size_t ldc, const ck_epilogue *epilogue) {
  const float *residual = epilogue ? epilogue->residual : NULL;
  gemm_rows rows = {.base = a, .lda = conv->lda, .run = conv->run, .lines = conv->lines,
                    .line_stride = conv->line_stride};
  for (size_t y = 0; y < conv->outputs; y++, rows.base += conv->step, c += m * ldc) {
    narrow_block(m, n, &rows, packed + conv->first_line * conv->run, narrow_stride(conv->kernel_lines * conv->run), c,
                 ldc, epilogue, residual ? residual + y * m * epilogue->ldr : NULL, 1, 1);
  }
}

static void conv_lines_close(const ck_conv_lines *conv, size_t m, size_t n, const float *a, const float *packed,
                             float *c, size_t ldc, const ck_epilogue *epilogue) {
  pixel_source from = {.a = a, .lda = conv->lda, .run = conv->run, .lines = conv->lines,
                       .line_stride = conv->line_stride, .weights = packed + conv->first_line * conv->run,
                       .ldw = narrow_stride(conv->kernel_lines * conv->run)};
  narrow_output out = {.c = c, .ldc = ldc, .bias = epilogue ? epilogue->bias : NULL,
                       .residual = epilogue ? epilogue->residual : NULL, .ldr = epilogue ? epilogue->ldr : 0,
                       .bounds = vf_bounds_of(epilogue)};
  if (m == 0) return;
  for (size_t j = 0, filters; j < n; j += filters) {
    filters = n - j < PIXEL_FILTERS ? n - j : PIXEL_FILTERS;
    pixel_lines(conv, m, filters, from, out);
    from.weights += filters * from.ldw;
    out.c += filters;
    if (out.bias) out.bias += filters;
    if (out.residual) out.residual += filters;
  }
  activate_tile(c, conv->outputs * m, n, ldc, epilogue);
}

// Runs this short are not worth a loop each. A tile of twelve rows covers the start of a loop.
enum { SHORT_RUN = VF_TILE_ROWS < 12 ? 8 : 0 };

// Lines of the kernel whose part of a panel stays in L1 from one tile of rows to the next: so much of k.
enum { BLOCK_K = 256 };
VF_INLINE size_t lines_per_block(const ck_conv_lines *conv) {
  return conv->run < BLOCK_K ? BLOCK_K / conv->run : 1;
}

// One output line of filters that are packed in panels.
static void conv_line(const ck_conv_lines *conv, size_t m, size_t n, const float *a, const uint32_t *offsets,
                      const float *packed, float *c, size_t ldc, const ck_epilogue *epilogue, const float *residual) {
  size_t depth = lines_per_block(conv);
  for (size_t i = 0; i < m; i += BLOCK_ROWS) {
    size_t count = m - i < BLOCK_ROWS ? m - i : BLOCK_ROWS;
    size_t l = 0, lines;
    // Once at least: without any line in the image the bias alone is the output.
    do {
      lines = conv->lines - l < depth ? conv->lines - l : depth;
      gemm_rows rows = {.base = a + i * conv->lda + l * conv->line_stride, .lda = conv->lda, .run = conv->run,
                        .lines = lines, .line_stride = conv->line_stride, .offsets = offsets};
      multiply_block(count, n, &rows, packed + (conv->first_line + l) * conv->run * PANEL,
                     conv->kernel_lines * conv->run * PANEL, c + i * ldc, ldc, epilogue,
                     residual ? residual + i * epilogue->ldr : NULL, l == 0, l + lines == conv->lines);
    } while ((l += lines) < conv->lines);
  }
}

static void CK_LEVEL(conv_lines)(const ck_conv_lines *conv, size_t m, size_t n, const float *a, const float *packed,
                                 float *c, size_t ldc, const ck_epilogue *epilogue) {
  if (ck_is_narrow(conv->kernel_lines * conv->run, n)) {
    if (conv->lda <= CLOSE_PIXELS) conv_lines_close(conv, m, n, a, packed, c, ldc, epilogue);
    else conv_lines_apart(conv, m, n, a, packed, c, ldc, epilogue);
    return;
  }
  const float *residual = epilogue ? epilogue->residual : NULL;
  uint32_t table[BLOCK_K], *offsets = conv->run < SHORT_RUN ? table : NULL;
  for (size_t l = 0; offsets && l < conv->lines && l < lines_per_block(conv); l++) {
    for (size_t t = 0; t < conv->run; t++) offsets[l * conv->run + t] = (uint32_t)(l * conv->line_stride + t);
  }
  for (size_t y = 0; y < conv->outputs; y++) {
    conv_line(conv, m, n, a + y * conv->step, offsets, packed, c + y * m * ldc, ldc, epilogue,
              residual ? residual + y * m * epilogue->ldr : NULL);
  }
}
