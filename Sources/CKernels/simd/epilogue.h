// Bias, residual and activation: of a tile in memory, and of a vector in a register.

#ifndef CK_SIMD_EPILOGUE_H
#define CK_SIMD_EPILOGUE_H

#include "activation.h"

// y += x.
VF_INLINE void add_row(float *y, const float *x, size_t n) {
  for (size_t j = 0; j < n; j += VF_LANES) {
    size_t width = vf_width(j, n);
    vf_store_n(y + j, vf_add(vf_load_n(y + j, width), vf_load_n(x + j, width)), width);
  }
}

static void CK_LEVEL(bias_act)(float *y, size_t rows, size_t n, size_t ldy, const ck_epilogue *epilogue) {
  for (size_t r = 0; r < rows; r++) {
    float *row = y + r * ldy;
    if (epilogue->bias) add_row(row, epilogue->bias, n);
    if (epilogue->residual) add_row(row, epilogue->residual + r * epilogue->ldr, n);
    activate_rows(row, row, 1, n, n, epilogue->activation);
  }
}

// Bounds that stand for an activation which only clips; infinite for any other.
typedef struct vf_bounds {
  float low, high;
} vf_bounds;

VF_INLINE vf_bounds vf_bounds_of(const ck_epilogue *epilogue) {
  vf_bounds bounds = {-INFINITY, INFINITY};
  if (epilogue && epilogue->activation.kind == CK_ACT_RELU) bounds.low = 0.0f;
  if (epilogue && epilogue->activation.kind == CK_ACT_CLIP) {
    bounds.low = epilogue->activation.alpha;
    bounds.high = epilogue->activation.beta;
  }
  return bounds;
}

VF_INLINE ck_epilogue epilogue_or_none(const ck_epilogue *epilogue) {
  return epilogue ? *epilogue : (ck_epilogue){0};
}

// The same from a row on.
VF_INLINE ck_epilogue epilogue_from(ck_epilogue epilogue, size_t row) {
  if (epilogue.residual) epilogue.residual += row * epilogue.ldr;
  return epilogue;
}

// What is cheap enough for a kernel's registers: residual (may be NULL) and bounds.
VF_INLINE vf vf_finish(vf v, const float *residual, size_t width, vf_bounds bounds) {
  if (residual) v = vf_add(v, vf_load_n(residual, width));
  return vf_clip(v, bounds.low, bounds.high);
}

// The rest of the epilogue, for a tile just stored: an activation that does more than clip.
VF_INLINE void activate_tile(float *c, size_t rows, size_t n, size_t ldc, const ck_epilogue *epilogue) {
  if (!epilogue) return;
  ck_act kind = epilogue->activation.kind;
  if (kind == CK_ACT_NONE || kind == CK_ACT_RELU || kind == CK_ACT_CLIP) return;
  activate_rows(c, c, rows, n, ldc, epilogue->activation);
}

#endif
