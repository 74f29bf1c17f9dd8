// Transposing: blocks of 4 × 4 in registers, on every level, because stores of whole lines bound it, not the lanes.

#ifndef CK_SIMD_TRANSPOSE_H
#define CK_SIMD_TRANSPOSE_H

#include "vector.h"

// Four floats at any address.
typedef float quad __attribute__((vector_size(16), aligned(4), may_alias));

enum { QUAD = 4 };

VF_INLINE void transpose_block(const float *x, size_t ldx, float *y, size_t ldy) {
  quad a = *(const quad *)x, b = *(const quad *)(x + ldx);
  quad c = *(const quad *)(x + 2 * ldx), d = *(const quad *)(x + 3 * ldx);
  quad ac = __builtin_shufflevector(a, c, 0, 4, 1, 5), bd = __builtin_shufflevector(b, d, 0, 4, 1, 5);
  quad ac_end = __builtin_shufflevector(a, c, 2, 6, 3, 7), bd_end = __builtin_shufflevector(b, d, 2, 6, 3, 7);
  *(quad *)y = __builtin_shufflevector(ac, bd, 0, 4, 1, 5);
  *(quad *)(y + ldy) = __builtin_shufflevector(ac, bd, 2, 6, 3, 7);
  *(quad *)(y + 2 * ldy) = __builtin_shufflevector(ac_end, bd_end, 0, 4, 1, 5);
  *(quad *)(y + 3 * ldy) = __builtin_shufflevector(ac_end, bd_end, 2, 6, 3, 7);
}

// Some rows of x: as many as fill a line of the cache in each row of y.
VF_INLINE void transpose_rows(size_t rows, size_t columns, const float *x, size_t ldx, float *y, size_t ldy) {
  size_t height = rows / QUAD * QUAD, width = columns / QUAD * QUAD;
  for (size_t j = 0; j < width; j += QUAD) {
    for (size_t i = 0; i < height; i += QUAD) transpose_block(x + i * ldx + j, ldx, y + j * ldy + i, ldy);
  }
  for (size_t i = height; i < rows; i++) {
    for (size_t j = 0; j < width; j++) y[j * ldy + i] = x[i * ldx + j];
  }
  for (size_t j = width; j < columns; j++) {
    for (size_t i = 0; i < rows; i++) y[j * ldy + i] = x[i * ldx + j];
  }
}

static void CK_LEVEL(transpose)(size_t rows, size_t columns, const float *x, size_t ldx, float *y, size_t ldy) {
  for (size_t i = 0; i < rows; i += LINE) {
    transpose_rows(rows - i < LINE ? rows - i : LINE, columns, x + i * ldx, ldx, y + i, ldy);
  }
}

#endif
