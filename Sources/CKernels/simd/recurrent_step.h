// One step of an LSTM or a GRU for some rows: for a vector of units, the products of the state with all gates, and the
// update of the cell while they are at hand.
//
// The kernel is packed by vectors of units: for each, and for each k, one vector of weights per gate.

#include "recurrent.h"

// Pairs of a row and a vector of units that a tile computes; its accumulators and weights fill the registers.
enum { MAX_GATES = 4, MAX_PAIRS = VF_TILE_ROWS / 2 };

VF_INLINE size_t unit_vectors(size_t units) { return (units + VF_LANES - 1) / VF_LANES; }

static size_t CK_LEVEL(gates_packed_size)(size_t units, size_t gates) {
  return units * gates * unit_vectors(units) * VF_LANES;
}

static void CK_LEVEL(gates_pack)(size_t units, size_t gates, const float *kernel, float *packed) {
  for (size_t u = 0; u < units; u += VF_LANES) {
    for (size_t row = 0; row < units * gates; row++, packed += VF_LANES) {
      vf_store(packed, vf_load_n(kernel + row * units + u, vf_width(u, units)));
    }
  }
}

// acc[i, v, g] += h[i] · weights[v, g]. Rows are few or gates are few: those stay in registers.
VF_INLINE void accumulate_gates(const int rows, const int vectors, const int gates, vf acc[][MAX_GATES], const float *h,
                                size_t units, const float *weights, size_t vector_stride) {
  if (rows > gates) {
    vf w[MAX_GATES];
#pragma clang loop unroll(full)
    for (int g = 0; g < gates; g++) w[g] = vf_load(weights + g * VF_LANES);
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) {
      vf x = vf_set(h[i * units]);
#pragma clang loop unroll(full)
      for (int g = 0; g < gates; g++) acc[i][g] = vf_fma(x, w[g], acc[i][g]);
    }
    return;
  }
  vf x[MAX_GATES];
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++) x[i] = vf_set(h[i * units]);
#pragma clang loop unroll(full)
  for (int v = 0; v < vectors; v++) {
#pragma clang loop unroll(full)
    for (int g = 0; g < gates; g++) {
      vf w = vf_load(weights + v * vector_stride + g * VF_LANES);
#pragma clang loop unroll(full)
      for (int i = 0; i < rows; i++) acc[i * vectors + v][g] = vf_fma(x[i], w, acc[i * vectors + v][g]);
    }
  }
}

// The sums of `rows` rows and `vectors` vectors of units, all constants at every call. `kernel` and `bias` begin at the
// first of these units.
VF_INLINE void multiply_gates(const int rows, const int vectors, const int gates, const ck_cell *cell,
                              const float *kernel, const float *bias, size_t width, const float *h,
                              vf sums[][MAX_GATES]) {
  vf acc[MAX_PAIRS][MAX_GATES];
  size_t units = cell->units, vector_stride = units * gates * VF_LANES;
#pragma clang loop unroll(full)
  for (int v = 0; v < vectors; v++) {
#pragma clang loop unroll(full)
    for (int g = 0; g < gates; g++) {
      size_t lanes = v + 1 < vectors ? VF_LANES : width;
      vf start = bias ? vf_load_n(bias + g * units + v * VF_LANES, lanes) : vf_set(0.0f);
#pragma clang loop unroll(full)
      for (int i = 0; i < rows; i++) acc[i * vectors + v][g] = start;
    }
  }
  for (size_t k = 0; k < units; k++) {
    accumulate_gates(rows, vectors, gates, acc, h + k, units, kernel + k * gates * VF_LANES, vector_stride);
  }
#pragma clang loop unroll(full)
  for (int p = 0; p < rows * vectors; p++) {
#pragma clang loop unroll(full)
    for (int g = 0; g < gates; g++) sums[p][g] = acc[p][g];
  }
}

// One instance for each number of rows.
VF_INLINE void multiply_pairs(size_t rows, size_t vectors, const int gates, const ck_cell *cell, const float *kernel,
                              const float *bias, size_t width, const float *h, vf sums[][MAX_GATES]) {
  if (vectors == 2) {
    multiply_gates(1, 2, gates, cell, kernel, bias, width, h, sums);
    return;
  }
  switch (rows) {
  case 1: multiply_gates(1, 1, gates, cell, kernel, bias, width, h, sums); return;
  case 2: multiply_gates(2, 1, gates, cell, kernel, bias, width, h, sums); return;
  case 3: multiply_gates(3, 1, gates, cell, kernel, bias, width, h, sums); return;
#if VF_TILE_ROWS > 6
  case 4: multiply_gates(4, 1, gates, cell, kernel, bias, width, h, sums); return;
#endif
#if VF_TILE_ROWS > 8
  case 5: multiply_gates(5, 1, gates, cell, kernel, bias, width, h, sums); return;
  case 6: multiply_gates(6, 1, gates, cell, kernel, bias, width, h, sums); return;
#endif
  }
}

// The new state of one row's units u ..< u + width from the sums of its gates.
VF_INLINE void step_units(const int gates, const ck_cell *cell, const ck_cell_rows *rows, size_t row, size_t u,
                          const size_t width, const vf *sums, int is_default) {
  size_t units = cell->units, at = row * units + u;
  const float *xz = rows->xz + row * rows->ldxz + u;
  vf x[MAX_GATES], h = vf_load_n(rows->h_prev + at, width);
#pragma clang loop unroll(full)
  for (int g = 0; g < gates; g++) x[g] = vf_load_n(xz + g * units, width);
  if (rows->mask && rows->mask[row * rows->ldmask] == 0.0f) {
    vf_store_n(rows->h + at, h, width);
    return;
  }
  if (gates == 4) {
    vf c = vf_load_n(rows->c + at, width);
    h = lstm_unit(vf_add(x[0], sums[0]), vf_add(x[1], sums[1]), vf_add(x[2], sums[2]), vf_add(x[3], sums[3]), &c,
                  cell->activation, cell->recurrent, is_default);
    vf_store_n(rows->c + at, c, width);
  } else {
    h = gru_unit(vf_add(x[0], sums[0]), vf_add(x[1], sums[1]), x[2], sums[2], h, cell->activation, cell->recurrent,
                 is_default);
  }
  vf_store_n(rows->h + at, h, width);
  vf_store_n(rows->y + row * rows->ldy + u, h, width);
}

VF_INLINE void step_pair(const int gates, const ck_cell *cell, const ck_cell_rows *rows, size_t row, size_t u,
                         const vf *sums, int is_default) {
  if (u + VF_LANES <= cell->units) step_units(gates, cell, rows, row, u, VF_LANES, sums, is_default);
  else step_units(gates, cell, rows, row, u, cell->units - u, sums, is_default);
}

// A single row takes two vectors of units at once, because one has too few chains to hide the latency.
VF_INLINE void step_rows(const int gates, const ck_cell *cell, const ck_cell_rows *rows, int is_default) {
  size_t units = cell->units;
  vf sums[MAX_PAIRS][MAX_GATES];
  for (size_t u = 0, vectors; u < units; u += vectors * VF_LANES) {
    vectors = rows->count == 1 && u + VF_LANES < units ? 2 : 1;
    const float *kernel = cell->kernel + u * units * gates, *bias = cell->bias ? cell->bias + u : NULL;
    size_t width = vf_width(u + (vectors - 1) * VF_LANES, units);
    for (size_t row = 0, count; row < rows->count; row += count) {
      count = tile_share(rows->count - row, MAX_PAIRS);
      multiply_pairs(count, vectors, gates, cell, kernel, bias, width, rows->h_prev + row * units, sums);
      for (size_t p = 0; p < count * vectors; p++) {
        step_pair(gates, cell, rows, row + p / vectors, u + p % vectors * VF_LANES, sums[p], is_default);
      }
    }
  }
}

static void CK_LEVEL(lstm_step)(const ck_cell *cell, const ck_cell_rows *rows) {
  if (is_default_pair(cell->activation, cell->recurrent)) step_rows(4, cell, rows, 1);
  else step_rows(4, cell, rows, 0);
}

static void CK_LEVEL(gru_step)(const ck_cell *cell, const ck_cell_rows *rows) {
  if (is_default_pair(cell->activation, cell->recurrent)) step_rows(3, cell, rows, 1);
  else step_rows(3, cell, rows, 0);
}
