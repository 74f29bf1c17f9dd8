// What the kernels by Winograd's method have in common.

#ifndef CK_SIMD_WINOGRAD_H
#define CK_SIMD_WINOGRAD_H

#include "gemm.h"

enum { MOST_POINTS = 36, KERNEL_TAPS = 9, AXIS_POINTS = 8, AXIS_TAPS = 5 };

// Rows of a panel that are transformed together: as many as stay in the fastest cache at all points.
enum { STRIP = 8 };

// What each tap of a kernel weighs at each point, along one axis.
typedef struct kernel_transform {
  size_t points, taps;
  double weights[AXIS_POINTS][AXIS_TAPS];
} kernel_transform;

// The transform along an axis that a kernel has not.
static const kernel_transform no_transform = {.points = 1, .taps = 1, .weights = {{1}}};

// The sum over the taps of what they weigh at a point times their rows of x.
VF_INLINE void weigh_taps(const kernel_transform *transform, size_t point, const double (*x)[PANEL], double *sum) {
  double values[PANEL] = {0};
  for (size_t tap = 0; tap < transform->taps; tap++) {
    double weight = transform->weights[point][tap];
    VF_EACH(i, PANEL) values[i] += weight * x[tap][i];
  }
  VF_EACH(i, PANEL) sum[i] = values[i];
}

// A row of a panel at all points, which are strips apart: its taps weighed along both axes, rounded once.
VF_INLINE void weigh_row(const kernel_transform *down, const kernel_transform *across, const float (*x)[PANEL],
                         float *points) {
  _Alignas(64) double taps[KERNEL_TAPS][PANEL], line[AXIS_TAPS][PANEL], sum[PANEL];
  for (size_t tap = 0; tap < down->taps * across->taps; tap++) VF_EACH(i, PANEL) taps[tap][i] = x[tap][i];
  for (size_t p = 0; p < across->points; p++) {
    for (size_t tap = 0; tap < down->taps; tap++) weigh_taps(across, p, taps + tap * across->taps, line[tap]);
    for (size_t q = 0; q < down->points; q++) {
      weigh_taps(down, q, line, sum);
      float *point = points + (q * across->points + p) * STRIP * PANEL;
      VF_EACH(i, PANEL) point[i] = (float)sum[i];
    }
  }
}

// Packs `rows` rows of a panel of the transformed kernel, each point's `point_size` floats further. Rows of x are ldx
// apart and end after `width` elements, those of the next tap are `stride` further. Taps and points are often a power of
// two apart, where few lines of each fit a cache: a strip of one is read or written at once.
static void weigh_panel(const kernel_transform *down, const kernel_transform *across, size_t rows, size_t width,
                        const float *x, size_t stride, size_t ldx, float *packed, size_t point_size) {
  size_t taps = down->taps * across->taps, points = down->points * across->points;
  for (size_t first = 0; first < rows; first += STRIP, x += STRIP * ldx, packed += STRIP * PANEL) {
    size_t count = rows - first < STRIP ? rows - first : STRIP;
    _Alignas(64) float in[STRIP][KERNEL_TAPS][PANEL], out[MOST_POINTS * STRIP * PANEL];
    for (size_t tap = 0; tap < taps; tap++) {
      for (size_t r = 0; r < count; r++) {
        const float *row = x + tap * stride + r * ldx;
        VF_EACH(v, 2) vf_store(in[r][tap] + v * VF_LANES, vf_load_n(row + v * VF_LANES, vector_width(v, width)));
      }
    }
    for (size_t r = 0; r < count; r++) weigh_row(down, across, in[r], out + r * PANEL);
    for (size_t point = 0; point < points; point++) {
      for (size_t i = 0; i < count * PANEL; i += VF_LANES) {
        vf_stream(packed + point * point_size + i, vf_load(out + point * STRIP * PANEL + i));
      }
    }
  }
  // What is streamed may else be seen after what is written next.
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

#endif
