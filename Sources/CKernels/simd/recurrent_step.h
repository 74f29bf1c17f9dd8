// One step of an LSTM or a GRU for some rows: for a vector of units, the products of the state with all gates, and the
// update of the cell while they are at hand.
//
// The kernel is packed by vectors of units: for each, and for each k, one vector of weights per gate.

#include "recurrent.h"

// Pairs of a row and a vector of units that a tile computes; its accumulators and weights fill the registers.
enum { MOST_PAIRS = VF_TILE_ROWS / 2 };

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
VF_INLINE void accumulate_gates(const int rows, const int vectors, const int gates, vf acc[][MOST_GATES], const float *h,
                                size_t units, const float *weights, size_t vector_stride) {
  if (rows > gates) {
    vf w[MOST_GATES];
    VF_EACH(g, gates) w[g] = vf_load(weights + g * VF_LANES);
    VF_EACH(i, rows) {
      vf x = vf_set(h[i * units]);
      VF_EACH(g, gates) acc[i][g] = vf_fma(x, w[g], acc[i][g]);
    }
    return;
  }
  vf x[MOST_GATES];
  VF_EACH(i, rows) x[i] = vf_set(h[i * units]);
  VF_EACH(v, vectors) {
    VF_EACH(g, gates) {
      vf w = vf_load(weights + v * vector_stride + g * VF_LANES);
      VF_EACH(i, rows) acc[i * vectors + v][g] = vf_fma(x[i], w, acc[i * vectors + v][g]);
    }
  }
}

// The sums of `rows` rows and `vectors` vectors of units, all constants at every call. `kernel` and `bias` begin at the
// first of these units.
VF_INLINE void multiply_gates(const int rows, const int vectors, const int gates, const ck_cell *cell,
                              const float *kernel, const float *bias, size_t width, const float *h,
                              vf sums[][MOST_GATES]) {
  vf acc[MOST_PAIRS][MOST_GATES];
  size_t units = cell->units, vector_stride = units * gates * VF_LANES;
  VF_EACH(v, vectors) {
    VF_EACH(g, gates) {
      size_t lanes = v + 1 < vectors ? VF_LANES : width;
      vf start = bias ? vf_load_n(bias + g * units + v * VF_LANES, lanes) : vf_set(0.0f);
      VF_EACH(i, rows) acc[i * vectors + v][g] = start;
    }
  }
  for (size_t k = 0; k < units; k++) {
    accumulate_gates(rows, vectors, gates, acc, h + k, units, kernel + k * gates * VF_LANES, vector_stride);
  }
  VF_EACH(p, rows * vectors) {
    VF_EACH(g, gates) sums[p][g] = acc[p][g];
  }
}

// One instance for each number of rows.
VF_INLINE void multiply_pairs(size_t rows, size_t vectors, const int gates, const ck_cell *cell, const float *kernel,
                              const float *bias, size_t width, const float *h, vf sums[][MOST_GATES]) {
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

VF_INLINE const float *input_of(const ck_cell_rows *rows, size_t row) {
  return rows->xz + (rows->lookup ? (size_t)rows->lookup[row * rows->ldlookup] : row) * rows->ldxz;
}

// The new states of units u ..< u + width of n rows, from the sums of their gates.
VF_INLINE void step_cells(const int n, const int gates, const ck_cell *cell, const ck_cell_rows *rows, size_t row,
                          size_t u, const size_t width, vf sums[][MOST_GATES], int is_default) {
  size_t units = cell->units, at = row * units + u;
  vf x[MOST_GATES][MOST_CELLS], h[MOST_CELLS], c[MOST_CELLS];
  VF_EACH(i, n) {
    const float *xz = input_of(rows, row + i) + u;
    VF_EACH(g, gates) x[g][i] = vf_load_n(xz + g * units, width);
    if (gates == 3) x[3][i] = sums[i][2];
    VF_EACH(g, gates == 3 ? 2 : 4) x[g][i] = vf_add(x[g][i], sums[i][g]);
    h[i] = vf_load_n(rows->h_prev + at + i * units, width);
    if (gates == 4) c[i] = vf_load_n(rows->c + at + i * units, width);
  }
  if (gates == 4) lstm_cells(n, x, c, h, cell->activation, cell->recurrent, is_default);
  else gru_cells(n, x, h, cell->activation, cell->recurrent, is_default);
  VF_EACH(i, n) {
    float *state = rows->h + at + i * units;
    if (rows->mask && rows->mask[(row + i) * rows->ldmask] == 0.0f) {
      vf_store_n(state, vf_load_n(rows->h_prev + at + i * units, width), width);
    } else {
      if (gates == 4) vf_store_n(rows->c + at + i * units, c[i], width);
      vf_store_n(state, h[i], width);
      vf_store_n(rows->y + (row + i) * rows->ldy + u, h[i], width);
    }
  }
}

VF_INLINE void step_all_cells(size_t count, const int gates, const ck_cell *cell, const ck_cell_rows *rows, size_t row,
                              size_t u, const size_t width, vf sums[][MOST_GATES], int is_default) {
  size_t i = 0;
  for (; i + MOST_CELLS <= count; i += MOST_CELLS) {
    step_cells(MOST_CELLS, gates, cell, rows, row + i, u, width, sums + i, is_default);
  }
  for (; i < count; i++) step_cells(1, gates, cell, rows, row + i, u, width, sums + i, is_default);
}

// `width` is a constant where the vector of units is whole.
VF_INLINE void step_unit_vector(size_t count, const int gates, const ck_cell *cell, const ck_cell_rows *rows, size_t row,
                                size_t u, vf sums[][MOST_GATES], int is_default) {
  size_t width = vf_width(u, cell->units);
  if (width == VF_LANES) step_all_cells(count, gates, cell, rows, row, u, VF_LANES, sums, is_default);
  else step_all_cells(count, gates, cell, rows, row, u, width, sums, is_default);
}

// Asks for what the cells of n rows take of the input. Rows of the same time lie far apart, which the hardware does not
// foresee.
VF_INLINE void prefetch_inputs(size_t n, const int gates, const ck_cell *cell, const ck_cell_rows *rows, size_t row,
                               size_t u) {
  for (size_t i = 0; i < n; i++) {
    VF_EACH(g, gates) __builtin_prefetch(input_of(rows, row + i) + g * cell->units + u);
  }
}

// Rows whose sums wait for their cells.
enum { STEP_ROWS = 4 * MOST_PAIRS };

// A single row takes two vectors of units at once, because one has too few chains to hide the latency.
VF_INLINE void step_rows(const int gates, const ck_cell *cell, const ck_cell_rows *rows, int is_default) {
  size_t units = cell->units;
  vf sums[STEP_ROWS][MOST_GATES];
  for (size_t u = 0, vectors; u < units; u += vectors * VF_LANES) {
    vectors = rows->count == 1 && u + VF_LANES < units ? 2 : 1;
    const float *kernel = cell->kernel + u * units * gates, *bias = cell->bias ? cell->bias + u : NULL;
    size_t width = vf_width(u + (vectors - 1) * VF_LANES, units);
    for (size_t row = 0, count; row < rows->count; row += count) {
      count = rows->count - row < STEP_ROWS ? rows->count - row : STEP_ROWS;
      for (size_t i = 0, tile; i < count; i += tile) {
        tile = tile_share(count - i, MOST_PAIRS);
        prefetch_inputs(tile, gates, cell, rows, row + i, u);
        multiply_pairs(tile, vectors, gates, cell, kernel, bias, width, rows->h_prev + (row + i) * units, sums + i);
      }
      step_unit_vector(count, gates, cell, rows, row, u, sums, is_default);
      if (vectors == 2) step_unit_vector(1, gates, cell, rows, row, u + VF_LANES, sums + 1, is_default);
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
