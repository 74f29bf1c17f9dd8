// Matrix product over packed weights: register tiles of VF_TILE_ROWS rows by one panel, row blocks outside panels.

#ifndef CK_SIMD_GEMM_H
#define CK_SIMD_GEMM_H

#include "gemm_narrow.h"
#include "transpose.h"

enum { PANEL = 2 * VF_LANES, BLOCK_ROWS = 96, MAX_VECTORS = 8 };

// Rows that take two panels at once: as many as leave registers for the weights.
enum { MOST_WIDE = VF_REGISTERS > 16 ? 3 : 2 };

// Steps of k between which lines are asked for, and floats of weights that stay in cache without being asked for.
enum { CHUNK = 32, CLOSE_WEIGHTS = 8192 };

// The outputs of tiles that lie below each other.
typedef struct gemm_output {
  float *c;
  size_t ldc;
  const float *bias;      // of the columns, padded to whole vectors
  const float *residual;  // NULL without one
  size_t ldr;
  size_t width;           // columns
  vf_bounds bounds;
} gemm_output;

// Blocks of as many rows, and the floats from one to the next in A, in the weights, in C and in the residual.
typedef struct gemm_blocks {
  size_t count, a, weights, c, residual;
} gemm_blocks;

VF_INLINE void skip_rows(size_t rows, gemm_output *out) {
  out->c += rows * out->ldc;
  if (out->residual) out->residual += rows * out->ldr;
}

// The weights of some columns, and what comes next of the weights, to be brought in while these are multiplied: the
// hardware does not foresee it, because a panel is read once for each tile of rows.
typedef struct gemm_panels {
  const float *first;
  size_t stride;           // from panel to panel
  const float *next;
  size_t lines_per_chunk;  // 0 to ask for nothing
} gemm_panels;

VF_INLINE void start_tile(const int mr, const int nv, const size_t width, vf acc[][MAX_VECTORS],
                          const gemm_output *out) {
  VF_EACH(v, nv) {
    vf bias = vf_load(out->bias + v * VF_LANES);
    VF_EACH(i, mr) acc[i][v] = bias;
  }
  if (!out->residual) return;
  VF_EACH(i, mr) {
    VF_EACH(v, nv) {
      vf residual = vf_load_n(out->residual + i * out->ldr + v * VF_LANES, vector_width(v, width));
      acc[i][v] = vf_add(acc[i][v], residual);
    }
  }
}

// acc[i][v] += sum over k of a[i, k] · b[k, v]; vector v lies in panel v / 2.
VF_INLINE void accumulate_run(const int mr, const int nv, vf acc[][MAX_VECTORS], size_t k, const float *a, size_t lda,
                              const float *b, size_t panel_stride) {
#pragma clang loop unroll_count(VF_TILE_UNROLL)
  for (size_t kk = 0; kk < k; kk++) {
    vf row[MAX_VECTORS];
    VF_EACH(v, nv) row[v] = vf_load(b + kk * PANEL + v / 2 * panel_stride + v % 2 * VF_LANES);
    VF_EACH(i, mr) {
      vf x = vf_set(a[i * lda + kk]);
      VF_EACH(v, nv) acc[i][v] = vf_fma(x, row[v], acc[i][v]);
    }
  }
}

// The same in chunks, between which a few lines of the next panel are asked for: all at once would have to wait for
// each other.
VF_INLINE void accumulate_chunks(const int mr, const int nv, vf acc[][MAX_VECTORS], size_t k, const float *a,
                                 size_t lda, const float *b, gemm_panels *panels) {
  for (size_t kk = 0; kk < k; kk += CHUNK) {
    for (size_t l = 0; l < panels->lines_per_chunk; l++, panels->next += LINE) __builtin_prefetch(panels->next);
    size_t chunk = k - kk < CHUNK ? k - kk : CHUNK;
    accumulate_run(mr, nv, acc, chunk, a + kk, lda, b + kk * PANEL, panels->stride);
  }
}

VF_INLINE void accumulate_lines(const int mr, const int nv, const int looks_ahead, vf acc[][MAX_VECTORS],
                                const gemm_rows *a, gemm_panels *panels) {
  const float *base = a->base, *b = panels->first;
  for (size_t plane = a->planes; plane > 0; plane--, base += a->plane_gap, b += a->plane_gap_k * PANEL) {
    for (size_t line = a->lines; line > 0; line--, base += a->line_stride, b += a->run * PANEL) {
      if (looks_ahead) accumulate_chunks(mr, nv, acc, a->run, base, a->lda, b, panels);
      else accumulate_run(mr, nv, acc, a->run, base, a->lda, b, panels->stride);
    }
  }
}

VF_INLINE void store_tile(const int mr, const int nv, const size_t width, vf acc[][MAX_VECTORS],
                          const gemm_output *out) {
  // What whole vectors have beyond the end of a row lies in the next row, which is stored after it.
  int spills = out->ldc == width && 2 * width >= (size_t)nv * VF_LANES;
  VF_EACH(i, mr) {
    size_t stored = spills && i + 1 < mr ? nv * VF_LANES : width;
    VF_EACH(v, nv) {
      vf_store_n(out->c + i * out->ldc + v * VF_LANES, vf_clip(acc[i][v], out->bounds.low, out->bounds.high),
                 vector_width(v, stored));
    }
  }
}

// Asks for the lines that a tile writes. Where the weights fill the cache, they are far as well.
VF_INLINE void prefetch_outputs(const int mr, const int nv, const gemm_output *out) {
  VF_EACH(i, mr) {
    __builtin_prefetch(out->c + i * out->ldc, 1);
    __builtin_prefetch(out->c + i * out->ldc + nv * VF_LANES - 1, 1);
  }
}

VF_INLINE void next_block(const gemm_blocks *blocks, gemm_rows *a, gemm_panels *panels, gemm_output *out) {
  a->base += blocks->a;
  panels->first += blocks->weights;
  out->c += blocks->c;
  if (out->residual) out->residual += blocks->residual;
}

// Tiles that follow each other without a call, and by copies of their arguments that nothing points at: a store could
// change what is pointed at, and looking it up again for each tile would take as long as some steps of k.
VF_INLINE void multiply_each(const int mr, const int nv, const size_t width, const int looks_ahead, size_t tiles,
                             gemm_blocks blocks, gemm_rows a, gemm_panels panels, gemm_output out) {
  for (; blocks.count > 0; blocks.count--, next_block(&blocks, &a, &panels, &out)) {
    gemm_rows rows = a;
    gemm_output to = out;
    for (size_t tile = 0; tile < tiles; tile++, rows.base += mr * rows.lda, skip_rows(mr, &to)) {
      vf acc[VF_TILE_ROWS][MAX_VECTORS];
      if (looks_ahead) prefetch_outputs(mr, nv, &to);
      start_tile(mr, nv, width, acc, &to);
      accumulate_lines(mr, nv, looks_ahead, acc, &rows, &panels);
      store_tile(mr, nv, width, acc, &to);
    }
  }
}

// In each block `tiles` tiles of mr rows by nv vectors, which are constants at every call, so that sums stay in
// registers. So is the width where its vectors are whole: a test for each would take as long as a few steps of k.
VF_INLINE void multiply_tiles(const int mr, const int nv, size_t tiles, const gemm_blocks *blocks,
                              const gemm_rows *a, const gemm_panels *panels, const gemm_output *out) {
  const size_t whole = nv * VF_LANES;
  if (out->width < whole) multiply_each(mr, nv, out->width, 0, tiles, *blocks, *a, *panels, *out);
  else if (nv == 2 && panels->lines_per_chunk) multiply_each(mr, nv, whole, 1, tiles, *blocks, *a, *panels, *out);
  else multiply_each(mr, nv, whole, 0, tiles, *blocks, *a, *panels, *out);
}

// One instance for each number of rows; those above VF_TILE_ROWS vanish.
VF_INLINE void multiply_rows(size_t mr, const int nv, size_t tiles, const gemm_blocks *blocks,
                             const gemm_rows *a, const gemm_panels *panels, const gemm_output *out) {
  switch (mr) {
  case 1: multiply_tiles(1, nv, tiles, blocks, a, panels, out); return;
  case 2: multiply_tiles(2, nv, tiles, blocks, a, panels, out); return;
  case 3: multiply_tiles(3, nv, tiles, blocks, a, panels, out); return;
  case 4: multiply_tiles(4, nv, tiles, blocks, a, panels, out); return;
  case 5: multiply_tiles(5, nv, tiles, blocks, a, panels, out); return;
  case 6: multiply_tiles(6, nv, tiles, blocks, a, panels, out); return;
#if VF_TILE_ROWS > 6
  case 7: multiply_tiles(7, nv, tiles, blocks, a, panels, out); return;
  case 8: multiply_tiles(8, nv, tiles, blocks, a, panels, out); return;
#endif
#if VF_TILE_ROWS > 8
  case 9: multiply_tiles(9, nv, tiles, blocks, a, panels, out); return;
  case 10: multiply_tiles(10, nv, tiles, blocks, a, panels, out); return;
  case 11: multiply_tiles(11, nv, tiles, blocks, a, panels, out); return;
  case 12: multiply_tiles(12, nv, tiles, blocks, a, panels, out); return;
#endif
  }
}

static void multiply(size_t mr, size_t nv, size_t tiles, const gemm_blocks *blocks, const gemm_rows *a,
                     const gemm_panels *panels, const gemm_output *out) {
  switch (nv) {
  case 8: multiply_tiles(1, 8, tiles, blocks, a, panels, out); return;
  case 4:
    if (mr == 1) multiply_tiles(1, 4, tiles, blocks, a, panels, out);
    else if (mr == 2) multiply_tiles(2, 4, tiles, blocks, a, panels, out);
    else if (MOST_WIDE > 2) multiply_tiles(3, 4, tiles, blocks, a, panels, out);
    return;
  case 2: multiply_rows(mr, 2, tiles, blocks, a, panels, out); return;
  default: multiply_rows(mr, 1, tiles, blocks, a, panels, out); return;
  }
}

// Leaves out what so many tiles have asked for.
VF_INLINE void skip_asked(size_t tiles, const gemm_rows *a, gemm_panels *panels) {
  if (panels->lines_per_chunk == 0) return;
  size_t chunks = a->planes * a->lines * ((a->run + CHUNK - 1) / CHUNK);
  panels->next += tiles * chunks * panels->lines_per_chunk * LINE;
}

// All tiles of blocks of m rows: whole ones, and where rows are left over, the last two of shares.
static void multiply_columns(size_t m, size_t nv, const gemm_blocks *blocks, gemm_rows a, gemm_panels panels,
                             gemm_output out) {
  for (size_t mr, tiles; m > 0; m -= tiles * mr) {
    mr = tile_share(m, VF_TILE_ROWS);
    tiles = m < 2 * VF_TILE_ROWS ? m / mr : m / VF_TILE_ROWS - (m % VF_TILE_ROWS > 0);
    multiply(mr, nv, tiles, blocks, &a, &panels, &out);
    skip_asked(blocks->count * tiles, &a, &panels);
    a.base += tiles * mr * a.lda;
    skip_rows(tiles * mr, &out);
  }
}

// Vectors per tile: few rows take several panels at once, because one panel has too few chains to hide the latency.
VF_INLINE size_t vectors_for(size_t m, size_t columns) {
  size_t nv = m == 1 ? 8 : m <= MOST_WIDE ? 4 : 2;
  while (nv > 2 && nv / 2 * PANEL > (columns + PANEL - 1) / PANEL * PANEL) nv /= 2;
  return nv == 2 && columns <= VF_LANES ? 1 : nv;
}

// What of the panels that come next is asked for between two chunks of one of the tiles of m rows: nothing where all n
// columns are close by, where runs are less than a chunk, or for rows so few that the processor, which foresees lines
// by itself, has enough to do with those of this panel.
VF_INLINE size_t lines_per_chunk(size_t m, size_t n, const gemm_rows *a) {
  int is_close = a->planes * a->lines * a->run * n <= CLOSE_WEIGHTS;
  if (is_close || a->run < CHUNK || m < 2 * VF_TILE_ROWS) return 0;
  return (CHUNK * PANEL / LINE * VF_TILE_ROWS + m - 1) / m;
}

// The bias of `width` columns, NULL for zeros, as nv whole vectors, for which there is room in `padded`.
VF_INLINE const float *whole_vectors(const float *bias, size_t width, size_t nv, float *padded) {
  static const float zeros[MAX_VECTORS * VF_LANES];
  if (!bias) return zeros;
  if (width == nv * VF_LANES) return bias;
  for (size_t v = 0; v < nv; v++) {
    vf_store(padded + v * VF_LANES, vf_load_n(bias + v * VF_LANES, vector_width(v, width)));
  }
  return padded;
}

// Blocks of m rows and all n columns. `packed` points at the first row of the first panel that A meets. The outputs of
// the blocks follow each other where the activation is more than a clip.
static void multiply_blocks(const gemm_blocks *blocks, size_t m, size_t n, const gemm_rows *a, const float *packed,
                            size_t panel_stride, float *c, size_t ldc, ck_epilogue epilogue) {
  float padded[MAX_VECTORS * VF_LANES];
  gemm_output out = {.ldc = ldc, .ldr = epilogue.ldr, .bounds = vf_bounds_of(&epilogue)};
  gemm_panels panels = {.stride = panel_stride, .lines_per_chunk = lines_per_chunk(blocks->count * m, n, a)};
  for (size_t j = 0, nv; j < n; j += nv * VF_LANES) {
    nv = vectors_for(m, n - j);
    panels.first = packed + j / PANEL * panel_stride;
    panels.next = panels.first + panel_stride;
    out.width = n - j < nv * VF_LANES ? n - j : nv * VF_LANES;
    out.bias = whole_vectors(epilogue.bias ? epilogue.bias + j : NULL, out.width, nv, padded);
    out.c = c + j;
    out.residual = epilogue.residual ? epilogue.residual + j : NULL;
    multiply_columns(m, nv, blocks, *a, panels, out);
    activate_tile(c + j, blocks->count * m, out.width, ldc, &epilogue);
  }
}

// One block of any m. All of k at once: the panel and the rows come from the second cache in time, and C is written
// once.
static void multiply_block(size_t m, size_t n, gemm_rows a, const float *packed, size_t panel_stride, float *c,
                           size_t ldc, ck_epilogue epilogue) {
  const gemm_blocks one = {.count = 1};
  for (size_t i = 0; i < m; i += BLOCK_ROWS, a.base += BLOCK_ROWS * a.lda) {
    multiply_blocks(&one, m - i < BLOCK_ROWS ? m - i : BLOCK_ROWS, n, &a, packed, panel_stride, c + i * ldc, ldc,
                    epilogue_from(epilogue, i));
  }
}

// Copies n floats in whole vectors; `out` has room for one vector more.
VF_INLINE void copy_run(float *out, const float *x, size_t n) {
  for (size_t i = 0; i < n; i += VF_LANES) vf_store(out + i, vf_load_n(x + i, vf_width(i, n)));
}
VF_INLINE void zero_run(float *out, size_t n) {
  for (size_t i = 0; i < n; i += VF_LANES) vf_store(out + i, vf_set(0.0f));
}

// Floats of a matrix of k × n in panels.
VF_INLINE size_t panels_size(size_t k, size_t n) { return (n + PANEL - 1) / PANEL * PANEL * k; }

static size_t CK_LEVEL(packed_size)(size_t k, size_t n) {
  return ck_is_narrow(k, n) ? n * narrow_stride(k) : panels_size(k, n);
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
    if (n - j < PANEL) zero_run(packed, k * PANEL);
    CK_LEVEL(transpose)(n - j < PANEL ? n - j : PANEL, k, b + j * ldb, ldb, packed, PANEL);
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

// What is done to the outputs of the block of k from k0 on: those after the first start from what the one before left.
VF_INLINE ck_epilogue block_epilogue(ck_epilogue whole, size_t k0, int is_last, const float *c, size_t ldc) {
  ck_epilogue block = whole;
  if (k0 > 0) block.bias = NULL, block.residual = c, block.ldr = ldc;
  if (!is_last) block.activation = (ck_activation){0};
  return block;
}

// Row blocks outside, so that a block of C stays in cache while the blocks of k go by.
static void multiply_copied(size_t m, size_t n, size_t k, const gemm_source *from, const float *packed, float *c,
                            size_t ldc, ck_epilogue epilogue) {
  _Alignas(64) float block[COPIED_ROWS * PITCH];
  for (size_t i = 0; i < m; i += COPIED_ROWS, c += COPIED_ROWS * ldc) {
    size_t rows = m - i < COPIED_ROWS ? m - i : COPIED_ROWS;
    for (size_t k0 = 0; k0 < k; k0 += COPIED_K) {
      size_t depth = k - k0 < COPIED_K ? k - k0 : COPIED_K;
      gemm_rows a = matrix_rows(block, PITCH, depth);
      copy_block(block, from, i, rows, k0, depth);
      ck_epilogue part = block_epilogue(epilogue_from(epilogue, i), k0, k0 + depth == k, c, ldc);
      if (ck_is_narrow(k, n)) narrow_block(rows, n, &a, packed + k0, narrow_stride(k), c, ldc, part);
      else multiply_block(rows, n, a, packed + k0 * PANEL, k * PANEL, c, ldc, part);
    }
  }
}

// Whether the lines of a tile's rows are so many rivals for one set of the first cache that long rows are copied first.
VF_INLINE int are_rivals(size_t lda, size_t k) { return VF_TILE_ROWS > 8 && lda % 1024 == 0 && k > 256; }

// The product with a matrix in panels.
static void multiply_panels(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *packed, float *c,
                            size_t ldc, ck_epilogue epilogue) {
  if (are_rivals(lda, k) && m > VF_TILE_ROWS && n > VF_LANES) {
    gemm_source from = {.base = a, .lda = lda};
    multiply_copied(m, n, k, &from, packed, c, ldc, epilogue);
  } else {
    multiply_block(m, n, matrix_rows(a, lda, k), packed, k * PANEL, c, ldc, epilogue);
  }
}

static void CK_LEVEL(gemm)(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *packed, float *c,
                           size_t ldc, const ck_epilogue *epilogue) {
  if (!ck_is_narrow(k, n)) {
    multiply_panels(m, n, k, a, lda, packed, c, ldc, epilogue_or_none(epilogue));
    return;
  }
  gemm_rows rows = matrix_rows(a, lda, k);
  narrow_block(m, n, &rows, packed, narrow_stride(k), c, ldc, epilogue_or_none(epilogue));
}

static void CK_LEVEL(igemm)(size_t m, size_t n, size_t taps, size_t channels, const float *base,
                            const int32_t *offsets, const float *packed, float *c, size_t ldc,
                            const ck_epilogue *epilogue) {
  gemm_source from = {.base = base, .offsets = offsets, .taps = taps, .channels = channels};
  multiply_copied(m, n, taps * channels, &from, packed, c, ldc, epilogue_or_none(epilogue));
}

#endif
