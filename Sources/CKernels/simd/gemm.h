// Matrix product over packed weights: register tiles of VF_TILE_ROWS rows by one panel, row blocks outside panels.

#include "gemm_narrow.h"

enum { PANEL = 2 * VF_LANES, BLOCK_ROWS = 96, MAX_VECTORS = 8, LINE = 16, CHUNK = 32 };

typedef struct gemm_output {
  float *c;
  size_t ldc;
  const float *bias;      // columns of the tile, padded to whole vectors
  const float *residual;  // NULL without one
  size_t ldr;
  size_t width;           // columns of the tile
  vf_bounds bounds;       // of the result
  int first, last;        // whether this block of k starts from the bias, and whether it finishes the element
} gemm_output;

// The tile's share of the panel that comes next, in lines, to be brought in while this one is multiplied: the hardware
// does not foresee it, because a panel is read once for each tile of rows.
typedef struct gemm_ahead {
  const float *next;
  size_t lines_per_chunk;
} gemm_ahead;

// What an earlier block of k left. `width`, that of the tile, is a constant where its vectors are whole: a test for each
// would take as long as a few steps of k.
VF_INLINE void load_tile(const int mr, const int nv, size_t width, vf acc[][MAX_VECTORS], const gemm_output *out) {
  VF_EACH(i, mr) {
    VF_EACH(v, nv) acc[i][v] = vf_load_n(out->c + i * out->ldc + v * VF_LANES, vector_width(v, width));
  }
}

VF_INLINE void start_tile(const int mr, const int nv, vf acc[][MAX_VECTORS], const gemm_output *out) {
  if (!out->first) {
    if (out->width == (size_t)nv * VF_LANES) load_tile(mr, nv, nv * VF_LANES, acc, out);
    else load_tile(mr, nv, out->width, acc, out);
    return;
  }
  VF_EACH(v, nv) {
    vf bias = vf_load(out->bias + v * VF_LANES);
    VF_EACH(i, mr) acc[i][v] = bias;
  }
}

// acc[i][v] += a[i] · b[v]; vector v lies in panel v / 2.
VF_INLINE void accumulate_step(const int mr, const int nv, vf acc[][MAX_VECTORS], const float *a, size_t lda,
                               const float *b, size_t panel_stride) {
  vf row[MAX_VECTORS];
  VF_EACH(v, nv) row[v] = vf_load(b + v / 2 * panel_stride + v % 2 * VF_LANES);
  VF_EACH(i, mr) {
    vf x = vf_set(a[i * lda]);
    VF_EACH(v, nv) acc[i][v] = vf_fma(x, row[v], acc[i][v]);
  }
}

// acc[i][v] += sum over k of a[i, k] · b[k, v].
VF_INLINE void accumulate_chunk(const int mr, const int nv, vf acc[][MAX_VECTORS], size_t k, const float *a, size_t lda,
                                const float *b, size_t panel_stride) {
#pragma clang loop unroll_count(VF_TILE_UNROLL)
  for (size_t kk = 0; kk < k; kk++) accumulate_step(mr, nv, acc, a + kk, lda, b + kk * PANEL, panel_stride);
}

// The same where the elements of a row do not follow each other.
VF_INLINE void accumulate_offsets(const int mr, const int nv, vf acc[][MAX_VECTORS], const gemm_rows *a, const float *b,
                                  size_t panel_stride) {
  size_t k = a->lines * a->run;
#pragma clang loop unroll_count(VF_TILE_UNROLL)
  for (size_t kk = 0; kk < k; kk++) {
    accumulate_step(mr, nv, acc, a->base + a->offsets[kk], a->lda, b + kk * PANEL, panel_stride);
  }
}

// In chunks, between which a few lines are asked for: all at once would have to wait for each other.
VF_INLINE void accumulate_run(const int mr, const int nv, vf acc[][MAX_VECTORS], size_t k, const float *a, size_t lda,
                              const float *b, size_t panel_stride, gemm_ahead *ahead) {
  for (size_t kk = 0; kk < k; kk += CHUNK) {
    for (size_t l = 0; l < ahead->lines_per_chunk; l++, ahead->next += LINE) __builtin_prefetch(ahead->next);
    size_t chunk = k - kk < CHUNK ? k - kk : CHUNK;
    accumulate_chunk(mr, nv, acc, chunk, a + kk, lda, b + kk * PANEL, panel_stride);
  }
}

// `width` as for `load_tile`.
VF_INLINE void store_tile(const int mr, const int nv, size_t width, vf acc[][MAX_VECTORS], const gemm_output *out) {
  if (out->last) {
    VF_EACH(i, mr) {
      VF_EACH(v, nv) {
        const float *residual = out->residual ? out->residual + i * out->ldr + v * VF_LANES : NULL;
        acc[i][v] = vf_finish(acc[i][v], residual, vector_width(v, width), out->bounds);
      }
    }
  }
  // What whole vectors have beyond the end of a row lies in the next row, which is stored after it.
  int spills = out->ldc == width && 2 * width >= (size_t)nv * VF_LANES;
  VF_EACH(i, mr) {
    size_t stored = spills && i + 1 < mr ? nv * VF_LANES : width;
    VF_EACH(v, nv) {
      vf_store_n(out->c + i * out->ldc + v * VF_LANES, acc[i][v], vector_width(v, stored));
    }
  }
}

VF_INLINE void finish_tile(const int mr, const int nv, vf acc[][MAX_VECTORS], const gemm_output *out) {
  if (out->width == (size_t)nv * VF_LANES) store_tile(mr, nv, nv * VF_LANES, acc, out);
  else store_tile(mr, nv, out->width, acc, out);
}

// Asks for the lines that the next tile of rows writes. Where k is small, writing is what takes the time.
VF_INLINE void prefetch_outputs(const int mr, const int nv, const gemm_output *out) {
  VF_EACH(i, mr) {
    const float *row = out->c + (mr + i) * out->ldc;
    __builtin_prefetch(row, 1);
    __builtin_prefetch(row + nv * VF_LANES - 1, 1);
  }
}

// One loop for the lines of all planes: a second one around it would take as long as some steps of k.
VF_INLINE void accumulate_lines(const int mr, const int nv, vf acc[][MAX_VECTORS], const gemm_rows *a, const float *b,
                                size_t panel_stride, gemm_ahead *ahead) {
  const float *base = a->base;
  for (size_t left = a->planes * a->lines, l = 0; left > 0; left--, l++) {
    if (l == a->lines) l = 0, base += a->plane_gap, b += a->plane_gap_k * PANEL;
    accumulate_run(mr, nv, acc, a->run, base, a->lda, b, panel_stride, ahead);
    base += a->line_stride;
    b += a->run * PANEL;
  }
}

// mr and nv are constants at every call, so that acc stays in registers.
VF_INLINE void multiply_tile(const int mr, const int nv, const gemm_rows *a, const float *b, size_t panel_stride,
                             const gemm_output *out, gemm_ahead *ahead) {
  vf acc[VF_TILE_ROWS][MAX_VECTORS];
  prefetch_outputs(mr, nv, out);
  start_tile(mr, nv, acc, out);
  if (a->offsets) accumulate_offsets(mr, nv, acc, a, b, panel_stride);
  else accumulate_lines(mr, nv, acc, a, b, panel_stride, ahead);
  finish_tile(mr, nv, acc, out);
}

// One instance of the tile for each number of rows; those above VF_TILE_ROWS vanish.
VF_INLINE void multiply_rows(size_t mr, const int nv, const gemm_rows *a, const float *b, size_t panel_stride,
                             const gemm_output *out, gemm_ahead *ahead) {
  switch (mr) {
  case 1: multiply_tile(1, nv, a, b, panel_stride, out, ahead); return;
  case 2: multiply_tile(2, nv, a, b, panel_stride, out, ahead); return;
  case 3: multiply_tile(3, nv, a, b, panel_stride, out, ahead); return;
  case 4: multiply_tile(4, nv, a, b, panel_stride, out, ahead); return;
  case 5: multiply_tile(5, nv, a, b, panel_stride, out, ahead); return;
  case 6: multiply_tile(6, nv, a, b, panel_stride, out, ahead); return;
#if VF_TILE_ROWS > 6
  case 7: multiply_tile(7, nv, a, b, panel_stride, out, ahead); return;
  case 8: multiply_tile(8, nv, a, b, panel_stride, out, ahead); return;
#endif
#if VF_TILE_ROWS > 8
  case 9: multiply_tile(9, nv, a, b, panel_stride, out, ahead); return;
  case 10: multiply_tile(10, nv, a, b, panel_stride, out, ahead); return;
  case 11: multiply_tile(11, nv, a, b, panel_stride, out, ahead); return;
  case 12: multiply_tile(12, nv, a, b, panel_stride, out, ahead); return;
#endif
  }
}

static void multiply(size_t mr, size_t nv, const gemm_rows *a, const float *b, size_t panel_stride,
                     const gemm_output *out, gemm_ahead *ahead) {
  switch (nv) {
  case 8: multiply_tile(1, 8, a, b, panel_stride, out, ahead); return;
  case 4:
    if (mr == 1) multiply_tile(1, 4, a, b, panel_stride, out, ahead);
    else if (mr == 2) multiply_tile(2, 4, a, b, panel_stride, out, ahead);
    else multiply_tile(3, 4, a, b, panel_stride, out, ahead);
    return;
  case 2: multiply_rows(mr, 2, a, b, panel_stride, out, ahead); return;
  default: multiply_rows(mr, 1, a, b, panel_stride, out, ahead); return;
  }
}

VF_INLINE void next_rows(size_t mr, gemm_rows *a, gemm_output *out) {
  a->base += mr * a->lda;
  out->c += mr * out->ldc;
  if (out->residual) out->residual += mr * out->ldr;
}

// All tiles of m rows. Whole ones follow each other without a call, which would take as long as some steps of k.
static void multiply_columns(size_t m, size_t nv, const gemm_rows *first, const float *b, size_t panel_stride,
                             const gemm_output *out_first, gemm_ahead *ahead) {
  gemm_rows a = *first;
  gemm_output out = *out_first;
  for (; nv == 2 && m >= 2 * VF_TILE_ROWS; m -= VF_TILE_ROWS) {
    multiply_tile(VF_TILE_ROWS, 2, &a, b, panel_stride, &out, ahead);
    next_rows(VF_TILE_ROWS, &a, &out);
  }
  for (size_t mr; m > 0; m -= mr) {
    mr = tile_share(m, VF_TILE_ROWS);
    multiply(mr, nv, &a, b, panel_stride, &out, ahead);
    next_rows(mr, &a, &out);
  }
}

// Vectors per tile: few rows take several panels at once, because one panel has too few chains to hide the latency.
VF_INLINE size_t vectors_for(size_t m, size_t columns) {
  size_t nv = m == 1 ? 8 : m <= 3 ? 4 : 2;
  while (nv > 2 && nv / 2 * PANEL > (columns + PANEL - 1) / PANEL * PANEL) nv /= 2;
  return nv == 2 && columns <= VF_LANES ? 1 : nv;
}

// Lines of the next panel between two chunks of one of the tiles of m rows; none for runs that are less than a chunk,
// nor for rows so few that the processor, which foresees lines by itself, has enough to do with those of this panel.
VF_INLINE size_t lines_per_chunk(size_t m, size_t run) {
  return m >= 2 * VF_TILE_ROWS && run >= CHUNK ? (CHUNK * PANEL / LINE * VF_TILE_ROWS + m - 1) / m : 0;
}

// A block of k for m rows and all n columns. `packed` points at the block's first row of the first panel.
static void multiply_block(size_t m, size_t n, const gemm_rows *a, const float *packed, size_t panel_stride, float *c,
                           size_t ldc, const ck_epilogue *epilogue, const float *residual, int first, int last) {
  const float *bias = epilogue ? epilogue->bias : NULL;
  float padded_bias[MAX_VECTORS * VF_LANES] = {0};
  gemm_output out = {.ldc = ldc, .bias = padded_bias, .ldr = residual ? epilogue->ldr : 0,
                     .bounds = vf_bounds_of(epilogue), .first = first, .last = last};
  gemm_ahead ahead = {.lines_per_chunk = lines_per_chunk(m, a->run)};
  for (size_t j = 0, nv; j < n; j += nv * VF_LANES) {
    nv = vectors_for(m, n - j);
    const float *panel = packed + j / PANEL * panel_stride;
    ahead.next = panel + panel_stride;
    out.width = n - j < nv * VF_LANES ? n - j : nv * VF_LANES;
    for (size_t v = 0; bias && v < nv; v++) {
      vf_store(padded_bias + v * VF_LANES, vf_load_n(bias + j + v * VF_LANES, vector_width(v, out.width)));
    }
    out.c = c + j;
    out.residual = residual ? residual + j : NULL;
    multiply_columns(m, nv, a, panel, panel_stride, &out, &ahead);
    if (last) activate_tile(out.c, m, out.width, ldc, epilogue);
  }
}

// All of k at once: the panel and the rows come from the second cache in time, and C is written once. `packed` points
// at the first row of the first panel that A meets.
static void multiply_blocks(size_t m, size_t n, gemm_rows a, const float *packed, size_t panel_stride, float *c,
                            size_t ldc, const ck_epilogue *epilogue, const float *residual) {
  for (size_t i = 0; i < m; i += BLOCK_ROWS, a.base += BLOCK_ROWS * a.lda) {
    multiply_block(m - i < BLOCK_ROWS ? m - i : BLOCK_ROWS, n, &a, packed, panel_stride, c + i * ldc, ldc, epilogue,
                   residual ? residual + i * epilogue->ldr : NULL, 1, 1);
  }
}

// The product with a packed matrix of k × n, all of whose rows A meets.
static void multiply_all(size_t m, size_t n, size_t k, const gemm_rows *a, const float *packed, float *c, size_t ldc,
                         const ck_epilogue *epilogue) {
  const float *residual = epilogue ? epilogue->residual : NULL;
  if (ck_is_narrow(k, n)) narrow_block(m, n, a, packed, narrow_stride(k), c, ldc, epilogue, residual, 1, 1);
  else multiply_blocks(m, n, *a, packed, k * PANEL, c, ldc, epilogue, residual);
}

static size_t CK_LEVEL(packed_size)(size_t k, size_t n) {
  return ck_is_narrow(k, n) ? n * narrow_stride(k) : (n + PANEL - 1) / PANEL * PANEL * k;
}

static void CK_LEVEL(pack_b)(size_t k, size_t n, const float *b, size_t ldb, float *packed) {
  if (ck_is_narrow(k, n)) {
    narrow_pack(k, n, b, ldb, 1, packed);
    return;
  }
  for (size_t j = 0; j < n; j += PANEL) {
    for (size_t kk = 0; kk < k; kk++, packed += PANEL) {
      for (int v = 0; v < 2; v++) {
        size_t width = vector_width(v, n - j);
        vf_store(packed + v * VF_LANES, vf_load_n(b + kk * ldb + j + v * VF_LANES, width));
      }
    }
  }
}

static void CK_LEVEL(pack_b_transposed)(size_t k, size_t n, const float *b, size_t ldb, float *packed) {
  if (ck_is_narrow(k, n)) {
    narrow_pack(k, n, b, 1, ldb, packed);
    return;
  }
  for (size_t j = 0; j < n; j += PANEL, packed += k * PANEL) {
    for (size_t v = 0; v < PANEL; v++) {
      for (size_t kk = 0; kk < k; kk++) packed[kk * PANEL + v] = j + v < n ? b[(j + v) * ldb + kk] : 0.0f;
    }
  }
}

// How much of A is copied at once where it is copied before it is multiplied. PITCH keeps its rows on different cache
// sets, and has room for one vector beyond COPIED_K.
enum { COPIED_ROWS = 36, COPIED_K = 768, PITCH = COPIED_K + 16 };

// Where the rows of A come from: a matrix, or segments of an image (offsets not NULL).
typedef struct gemm_source {
  const float *base;
  size_t lda;
  const int32_t *offsets;
  size_t taps, channels;
} gemm_source;

// Copies n floats in whole vectors; `out` has room for one vector more.
VF_INLINE void copy_run(float *out, const float *x, size_t n) {
  for (size_t i = 0; i < n; i += VF_LANES) vf_store(out + i, vf_load_n(x + i, vf_width(i, n)));
}
VF_INLINE void zero_run(float *out, size_t n) {
  for (size_t i = 0; i < n; i += VF_LANES) vf_store(out + i, vf_set(0.0f));
}

// Elements k0 ..< k0 + k of the concatenation of one row's segments. Segments that follow each other are one run.
VF_INLINE void gather_row(float *out, const gemm_source *from, const int32_t *offsets, size_t k0, size_t k) {
  size_t tap = k0 / from->channels, skip = k0 % from->channels;
  while (k > 0) {
    int32_t offset = offsets[tap++];
    size_t run = from->channels - skip;
    while (offset >= 0 && run < k && offsets[tap] == offsets[tap - 1] + (int32_t)from->channels) {
      run += from->channels;
      tap++;
    }
    if (run > k) run = k;
    if (offset < 0) zero_run(out, run);
    else copy_run(out, from->base + offset + skip, run);
    out += run;
    k -= run;
    skip = 0;
  }
}

// Copies a block of rows to `block`, PITCH apart.
static void copy_block(float *block, const gemm_source *from, size_t row, size_t m, size_t k0, size_t k) {
  for (size_t i = 0; i < m; i++, block += PITCH) {
    if (from->offsets) gather_row(block, from, from->offsets + (row + i) * from->taps, k0, k);
    else copy_run(block, from->base + (row + i) * from->lda + k0, k);
  }
}

// Row blocks outside, so that a block of C stays in cache while the blocks of k go by.
static void multiply_copied(size_t m, size_t n, size_t k, const gemm_source *from, const float *packed, float *c,
                            size_t ldc, const ck_epilogue *epilogue) {
  _Alignas(64) float block[COPIED_ROWS * PITCH];
  const float *residual = epilogue ? epilogue->residual : NULL;
  for (size_t i = 0; i < m; i += COPIED_ROWS) {
    size_t rows = m - i < COPIED_ROWS ? m - i : COPIED_ROWS;
    const float *block_residual = residual ? residual + i * epilogue->ldr : NULL;
    for (size_t k0 = 0; k0 < k; k0 += COPIED_K) {
      size_t depth = k - k0 < COPIED_K ? k - k0 : COPIED_K;
      gemm_rows a = matrix_rows(block, PITCH, depth);
      copy_block(block, from, i, rows, k0, depth);
      int first = k0 == 0, last = k0 + depth == k;
      if (ck_is_narrow(k, n)) {
        narrow_block(rows, n, &a, packed + k0, narrow_stride(k), c + i * ldc, ldc, epilogue, block_residual, first,
                     last);
      } else {
        multiply_block(rows, n, &a, packed + k0 * PANEL, k * PANEL, c + i * ldc, ldc, epilogue, block_residual, first,
                       last);
      }
    }
  }
}

// Whether the lines of a tile's rows are so many rivals for one set of the first cache that long rows are copied first.
VF_INLINE int are_rivals(size_t lda, size_t k) { return VF_TILE_ROWS > 8 && lda % 1024 == 0 && k > 256; }

static void CK_LEVEL(gemm)(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *packed, float *c,
                           size_t ldc, const ck_epilogue *epilogue) {
  if (are_rivals(lda, k) && m > VF_TILE_ROWS && n > VF_LANES && !ck_is_narrow(k, n)) {
    gemm_source from = {.base = a, .lda = lda};
    multiply_copied(m, n, k, &from, packed, c, ldc, epilogue);
    return;
  }
  gemm_rows rows = matrix_rows(a, lda, k);
  multiply_all(m, n, k, &rows, packed, c, ldc, epilogue);
}

static void CK_LEVEL(igemm)(size_t m, size_t n, size_t taps, size_t channels, const float *base,
                            const int32_t *offsets, const float *packed, float *c, size_t ldc,
                            const ck_epilogue *epilogue) {
  gemm_source from = {.base = base, .offsets = offsets, .taps = taps, .channels = channels};
  multiply_copied(m, n, taps * channels, &from, packed, c, ldc, epilogue);
}
