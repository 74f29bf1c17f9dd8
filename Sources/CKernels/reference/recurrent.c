#include "activation.h"
#include "reference.h"

void ck_lstm_cell_f32_ref(size_t rows, size_t units, const float *xz, size_t ldxz, const float *hz, size_t ldhz,
                          const float *c_prev, size_t ldcp, float *h, size_t ldh, float *c, size_t ldc,
                          ck_activation activation, ck_activation recurrent) {
  for (size_t r = 0; r < rows; r++, xz += ldxz, hz += ldhz, c_prev += ldcp, h += ldh, c += ldc) {
    for (size_t u = 0; u < units; u++) {
      float i = ref_activate(xz[u] + hz[u], recurrent);
      float f = ref_activate(xz[units + u] + hz[units + u], recurrent);
      float g = ref_activate(xz[2 * units + u] + hz[2 * units + u], activation);
      float o = ref_activate(xz[3 * units + u] + hz[3 * units + u], recurrent);
      c[u] = f * c_prev[u] + i * g;
      h[u] = o * ref_activate(c[u], activation);
    }
  }
}

void ck_gru_cell_f32_ref(size_t rows, size_t units, const float *xz, size_t ldxz, const float *hz, size_t ldhz,
                         const float *h_prev, size_t ldhp, float *h, size_t ldh,
                         ck_activation activation, ck_activation recurrent) {
  for (size_t r = 0; r < rows; r++, xz += ldxz, hz += ldhz, h_prev += ldhp, h += ldh) {
    for (size_t u = 0; u < units; u++) {
      float z = ref_activate(xz[u] + hz[u], recurrent);
      float reset = ref_activate(xz[units + u] + hz[units + u], recurrent);
      float g = ref_activate(xz[2 * units + u] + reset * hz[2 * units + u], activation);
      h[u] = z * h_prev[u] + (1.0f - z) * g;
    }
  }
}
