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

static size_t gates_of(ck_cell_kind kind) {
  return kind == CK_CELL_LSTM ? 4 : kind == CK_CELL_SIMPLE ? 1 : 3;
}

size_t ck_cell_packed_size_f32_ref(ck_cell_kind kind, size_t k, size_t units) { return k * gates_of(kind) * units; }

void ck_cell_pack_f32_ref(ck_cell_kind kind, size_t k, size_t units, const float *kernel, float *packed) {
  memcpy(packed, kernel, k * gates_of(kind) * units * sizeof *kernel);
}

// One row at one step.
typedef struct cell_row {
  const ck_cell *cell;
  const float *x, *h;
} cell_row;

// The product of n values and a column of a kernel of the cell, the bias included.
static float column_product(const ck_cell *cell, size_t n, const float *values, const float *kernel, const float *bias,
                            size_t column) {
  float sum = bias ? bias[column] : 0.0f;
  for (size_t k = 0; k < n; k++) sum += values[k] * kernel[k * gates_of(cell->kind) * cell->units + column];
  return sum;
}

static float gate_product(cell_row row, const float *state, size_t gate, size_t u) {
  const ck_cell *cell = row.cell;
  return column_product(cell, cell->units, state, cell->kernel, cell->bias, gate * cell->units + u);
}

// The input's share of one gate of one unit.
static float input_share(cell_row row, size_t gate, size_t u) {
  const ck_cell *cell = row.cell;
  size_t column = gate * cell->units + u;
  if (cell->inputs == 0) return row.x[column];
  return column_product(cell, cell->inputs, row.x, cell->input_kernel, cell->input_bias, column);
}

// What goes into one gate of one unit.
static float gate_sum(cell_row row, size_t gate, size_t u) {
  return input_share(row, gate, u) + gate_product(row, row.h, gate, u);
}

static float lstm_unit(cell_row row, size_t u, float *c) {
  ck_activation s = row.cell->recurrent, a = row.cell->activation;
  *c *= ref_activate(gate_sum(row, 1, u), s);
  *c += ref_activate(gate_sum(row, 0, u), s) * ref_activate(gate_sum(row, 2, u), a);
  return ref_activate(gate_sum(row, 3, u), s) * ref_activate(*c, a);
}

// `reset` is the state that the reset gates leave, for a cell that resets first.
static float gru_unit(cell_row row, size_t u, const float *reset) {
  float z = ref_activate(gate_sum(row, 0, u), row.cell->recurrent);
  float hg = row.cell->kind == CK_CELL_GRU_RESET_FIRST
                 ? gate_product(row, reset, 2, u)
                 : ref_activate(gate_sum(row, 1, u), row.cell->recurrent) * gate_product(row, row.h, 2, u);
  float g = ref_activate(input_share(row, 2, u) + hg, row.cell->activation);
  return z * row.h[u] + (1.0f - z) * g;
}

// The state after the step of one unit. c is the row's.
static float step_unit(cell_row row, size_t u, float *c) {
  switch (row.cell->kind) {
  case CK_CELL_SIMPLE: return ref_activate(gate_sum(row, 0, u), row.cell->activation);
  case CK_CELL_GRU:
  case CK_CELL_GRU_RESET_FIRST: return gru_unit(row, u, c);
  case CK_CELL_LSTM: return lstm_unit(row, u, c + u);
  }
}

void ck_cell_step_f32_ref(const ck_cell *cell, const ck_cell_rows *rows, size_t begin, size_t end) {
  size_t units = cell->units;
  for (size_t r = 0; r < rows->count; r++) {
    size_t taken = rows->lookup ? (size_t)rows->lookup[r * rows->ldlookup] : r;
    cell_row row = {cell, rows->x + taken * rows->ldx, rows->h_prev + r * units};
    float *h = rows->h + r * units, *c = rows->c ? rows->c + r * units : NULL;
    if (rows->mask && rows->mask[r * rows->ldmask] == 0.0f) {
      memcpy(h + begin, row.h + begin, (end - begin) * sizeof *h);
      continue;
    }
    for (size_t u = 0; cell->kind == CK_CELL_GRU_RESET_FIRST && u < units; u++) {
      c[u] = ref_activate(gate_sum(row, 1, u), cell->recurrent) * row.h[u];
    }
    for (size_t u = begin; u < end; u++) rows->y[r * rows->ldy + u] = h[u] = step_unit(row, u, c);
  }
}
