// Bias, residual and activation of a tile that is already in memory.

#include "activation.h"

static void CK_LEVEL(bias_act)(float *y, size_t rows, size_t n, size_t ldy, const ck_epilogue *epilogue) {
  const float *bias = epilogue->bias, *residual = epilogue->residual;
  for (size_t r = 0; r < rows; r++) {
    float *row = y + r * ldy;
    const float *add = residual ? residual + r * epilogue->ldr : NULL;
    for (size_t j = 0; j < n; j += VF_LANES) {
      size_t width = vf_width(j, n);
      vf v = vf_load_n(row + j, width);
      if (bias) v = vf_add(v, vf_load_n(bias + j, width));
      if (add) v = vf_add(v, vf_load_n(add + j, width));
      vf_store_n(row + j, vf_activate(v, epilogue->activation), width);
    }
  }
}
