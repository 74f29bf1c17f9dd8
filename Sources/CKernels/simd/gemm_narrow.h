// Matrix product with few columns: dot products of rows, because a vector of columns would be mostly empty. The weights
// are packed as the rows of the transposed matrix, padded with zeros to whole vectors.
//
// Each element is the sum of VF_LANES chains, added in a fixed order at the end of k (of each block of k for igemm).

#include "epilogue.h"

// Columns, and rows of a tile; floats of rows that are asked for before they are needed: the hardware does not foresee
// where the next short rows begin.
enum { NARROW_MOST = 12, NARROW_ROWS = 4, NARROW_AHEAD = 2048 };

// Row i of A: in each of some planes `lines` runs of `run` floats, the first at base + i·lda, the next line_stride
// further. After the last line of a plane, `plane_gap` floats of A and `plane_gap_k` rows of the packed matrix are left
// out. Rows may overlap.
typedef struct gemm_rows {
  const float *base;
  size_t lda, run, lines, line_stride;
  size_t planes, plane_gap_k;
  ptrdiff_t plane_gap;
} gemm_rows;

// The rows of a matrix.
VF_INLINE gemm_rows matrix_rows(const float *base, size_t lda, size_t k) {
  return (gemm_rows){.base = base, .lda = lda, .run = k, .lines = 1, .planes = 1};
}

VF_INLINE size_t narrow_stride(size_t k) { return (k + VF_LANES - 1) / VF_LANES * VF_LANES; }

// The columns of b, whose element (kk, j) is at b + kk·row + j·column.
VF_INLINE void narrow_pack(size_t k, size_t n, const float *b, size_t row, size_t column, float *packed) {
  for (size_t j = 0; j < n; j++) {
    for (size_t kk = 0; kk < narrow_stride(k); kk++) *packed++ = kk < k ? b[kk * row + j * column] : 0.0f;
  }
}

typedef struct narrow_output {
  float *c;
  size_t ldc;
  const float *bias, *residual;  // NULL without one
  size_t ldr;
  vf_bounds bounds;
} narrow_output;

VF_INLINE narrow_output narrow_output_of(float *c, size_t ldc, ck_epilogue epilogue) {
  return (narrow_output){.c = c, .ldc = ldc, .bias = epilogue.bias, .residual = epilogue.residual,
                         .ldr = epilogue.ldr, .bounds = vf_bounds_of(&epilogue)};
}

VF_INLINE void narrow_step(const int rows, const int n, vf acc[][NARROW_MOST], const float *a, size_t lda,
                           const float *b, size_t ldb, size_t width, size_t ahead) {
  vf x[NARROW_ROWS];
  VF_EACH(i, rows) __builtin_prefetch(a + i * lda + ahead);
  VF_EACH(i, rows) x[i] = vf_load_n(a + i * lda, width);
  VF_EACH(j, n) {
    vf w = vf_load_n(b + j * ldb, width);
    VF_EACH(i, rows) acc[i][j] = vf_fma(x[i], w, acc[i][j]);
  }
}

VF_INLINE void narrow_run(const int rows, const int n, vf acc[][NARROW_MOST], const float *a, size_t lda, size_t run,
                          const float *b, size_t ldb, size_t ahead) {
  size_t k = 0;
  for (; k + VF_LANES <= run; k += VF_LANES) narrow_step(rows, n, acc, a + k, lda, b + k, ldb, VF_LANES, ahead);
  if (k < run) narrow_step(rows, n, acc, a + k, lda, b + k, ldb, run - k, ahead);
}

// The elements of row i from column j on, a vector at most.
VF_INLINE void narrow_finish(const float *sums, size_t j, const int n, size_t i, const narrow_output *out) {
  size_t width = vf_width(j, n);
  vf v = vf_load(sums + j);
  if (out->bias) v = vf_add(v, vf_load_n(out->bias + j, width));
  v = vf_finish(v, out->residual ? out->residual + i * out->ldr + j : NULL, width, out->bounds);
  vf_store_n(out->c + i * out->ldc + j, v, width);
}

// `rows` and `n` are constants at every call.
VF_INLINE void narrow_tile(const int rows, const int n, const gemm_rows *from, const float *b, size_t ldb, size_t ahead,
                           const narrow_output *out) {
  vf acc[NARROW_ROWS][NARROW_MOST];
  VF_EACH(i, rows) {
    VF_EACH(j, n) acc[i][j] = vf_set(0.0f);
  }
  const float *a = from->base;
  for (size_t p = 0; p < from->planes; p++, a += from->plane_gap, b += from->plane_gap_k) {
    for (size_t l = 0; l < from->lines; l++, a += from->line_stride, b += from->run) {
      narrow_run(rows, n, acc, a, from->lda, from->run, b, ldb, ahead);
    }
  }
  VF_EACH(i, rows) {
    float sums[NARROW_MOST + VF_LANES] = {0};
    VF_EACH(j, n) sums[j] = vf_sum(acc[i][j]);
    VF_EACH(v, (n + VF_LANES - 1) / VF_LANES) narrow_finish(sums, v * VF_LANES, n, i, out);
  }
}

VF_INLINE void narrow_rows(const int n, size_t m, gemm_rows from, const float *b, size_t ldb, narrow_output out) {
  // As many as leave registers for their elements and the weights.
  const int fit = (VF_REGISTERS - 1) / (n + 1), most = fit < NARROW_ROWS ? fit : NARROW_ROWS;
  size_t lda = from.lda, ahead = lda > 0 ? (NARROW_AHEAD + lda - 1) / lda * lda : 0;
  for (size_t i = 0, rows; i < m; i += rows) {
    rows = m - i < (size_t)most ? 1 : most;
    if (rows == 1) narrow_tile(1, n, &from, b, ldb, ahead, &out);
    else narrow_tile(most, n, &from, b, ldb, ahead, &out);
    from.base += rows * lda;
    out.c += rows * out.ldc;
    if (out.residual) out.residual += rows * out.ldr;
  }
}

// A block of k for m rows. `packed` points at the block's first element of the first column, ldb apart.
static void narrow_block(size_t m, size_t n, const gemm_rows *a, const float *packed, size_t ldb, float *c, size_t ldc,
                         ck_epilogue epilogue) {
  narrow_output out = narrow_output_of(c, ldc, epilogue);
  switch (n) {
  case 1: narrow_rows(1, m, *a, packed, ldb, out); break;
  case 2: narrow_rows(2, m, *a, packed, ldb, out); break;
  case 3: narrow_rows(3, m, *a, packed, ldb, out); break;
  case 4: narrow_rows(4, m, *a, packed, ldb, out); break;
  case 5: narrow_rows(5, m, *a, packed, ldb, out); break;
  case 6: narrow_rows(6, m, *a, packed, ldb, out); break;
  case 7: narrow_rows(7, m, *a, packed, ldb, out); break;
  case 8: narrow_rows(8, m, *a, packed, ldb, out); break;
  case 9: narrow_rows(9, m, *a, packed, ldb, out); break;
  case 10: narrow_rows(10, m, *a, packed, ldb, out); break;
  case 11: narrow_rows(11, m, *a, packed, ldb, out); break;
  case 12: narrow_rows(12, m, *a, packed, ldb, out); break;
  default: break;
  }
  activate_tile(c, m, n, ldc, &epilogue);
}
