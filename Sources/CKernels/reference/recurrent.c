#include <string.h>

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

size_t ck_gates_packed_size_f32_ref(size_t units, size_t gates) { return units * gates * units; }

void ck_gates_pack_f32_ref(size_t units, size_t gates, const float *kernel, float *packed) {
  memcpy(packed, kernel, units * gates * units * sizeof *kernel);
}

// The sum of one gate of one unit: bias + h·kernel.
static float gate_sum(const ck_cell *cell, size_t gates, const float *h, size_t column) {
  float sum = cell->bias ? cell->bias[column] : 0.0f;
  for (size_t k = 0; k < cell->units; k++) sum += h[k] * cell->kernel[k * gates * cell->units + column];
  return sum;
}

// The state after the step of one unit of one row.
static float lstm_unit(const ck_cell *cell, const float *xz, const float *h, size_t u, float *c) {
  float z[4];
  for (size_t g = 0; g < 4; g++) z[g] = xz[g * cell->units + u] + gate_sum(cell, 4, h, g * cell->units + u);
  *c = ref_activate(z[1], cell->recurrent) * *c + ref_activate(z[0], cell->recurrent) * ref_activate(z[2], cell->activation);
  return ref_activate(z[3], cell->recurrent) * ref_activate(*c, cell->activation);
}

static float gru_unit(const ck_cell *cell, const float *xz, const float *h, size_t u) {
  size_t reset = cell->units + u, candidate = 2 * cell->units + u;
  float z = ref_activate(xz[u] + gate_sum(cell, 3, h, u), cell->recurrent);
  float r = ref_activate(xz[reset] + gate_sum(cell, 3, h, reset), cell->recurrent);
  float g = ref_activate(xz[candidate] + r * gate_sum(cell, 3, h, candidate), cell->activation);
  return z * h[u] + (1.0f - z) * g;
}

static void step(const ck_cell *cell, const ck_cell_rows *rows, int is_lstm) {
  size_t units = cell->units;
  for (size_t row = 0; row < rows->count; row++) {
    size_t taken = rows->lookup ? (size_t)rows->lookup[row * rows->ldlookup] : row;
    const float *xz = rows->xz + taken * rows->ldxz, *h_prev = rows->h_prev + row * units;
    int is_masked = rows->mask && rows->mask[row * rows->ldmask] == 0.0f;
    for (size_t u = 0; u < units; u++) {
      float *h = rows->h + row * units + u;
      if (is_masked) *h = h_prev[u];
      else *h = is_lstm ? lstm_unit(cell, xz, h_prev, u, rows->c + row * units + u) : gru_unit(cell, xz, h_prev, u);
      if (!is_masked) rows->y[row * rows->ldy + u] = *h;
    }
  }
}

void ck_lstm_step_f32_ref(const ck_cell *cell, const ck_cell_rows *rows) { step(cell, rows, 1); }

void ck_gru_step_f32_ref(const ck_cell *cell, const ck_cell_rows *rows) { step(cell, rows, 0); }
