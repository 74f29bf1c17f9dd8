#include "reference.h"

void ck_transpose_f32_ref(size_t rows, size_t columns, const float *x, size_t ldx, float *y, size_t ldy) {
  for (size_t j = 0; j < columns; j++) {
    for (size_t i = 0; i < rows; i++) y[j * ldy + i] = x[i * ldx + j];
  }
}
