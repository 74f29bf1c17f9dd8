// What the kernels by Winograd's method have in common.

#ifndef CK_SIMD_WINOGRAD_H
#define CK_SIMD_WINOGRAD_H

#include "gemm.h"

enum { MOST_POINTS = 36, KERNEL_TAPS = 9 };

// What each tap of a kernel weighs at each point.
typedef struct kernel_transform {
  size_t points, taps;
  double weights[MOST_POINTS][KERNEL_TAPS];
} kernel_transform;

VF_INLINE void weigh_taps(size_t taps, const double *weights, const double (*x)[PANEL], float *packed) {
  double sum[PANEL] = {0};
  for (size_t tap = 0; tap < taps; tap++) {
    VF_EACH(i, PANEL) sum[i] += weights[tap] * x[tap][i];
  }
  VF_EACH(i, PANEL) packed[i] = (float)sum[i];
}

// Packs `rows` rows of a panel of the transformed kernel, each point's `point_size` floats further: element i of a row is
// the sum over the taps of their weight times x[tap·stride + i], rounded once. Rows of x are ldx apart and end after
// `width` elements.
static void weigh_panel(const kernel_transform *transform, size_t rows, size_t width, const float *x, size_t stride,
                        size_t ldx, float *packed, size_t point_size) {
  for (; rows > 0; rows--, x += ldx, packed += PANEL) {
    double taps[KERNEL_TAPS][PANEL];
    for (size_t tap = 0; tap < transform->taps; tap++) {
      __builtin_prefetch(x + tap * stride + ldx);
      for (size_t i = 0; i < PANEL; i++) taps[tap][i] = i < width ? x[tap * stride + i] : 0;
    }
    for (size_t point = 0; point < transform->points; point++) {
      weigh_taps(transform->taps, transform->weights[point], taps, packed + point * point_size);
    }
  }
}

#endif
