// One step of a recurrent cell for some rows: for a vector of units, the products of the state, and of the input where the
// cell projects it, with some gates, and what the cell makes of them while they are at hand.
//
// A step is one sweep over the units, or two where the second needs what the first makes of all of them. The kernels are
// packed by sweeps and vectors of units: for each, and for each k, one vector of weights per gate.

#include "recurrent.h"

// All of it constants where the functions below are inlined.
typedef struct sweep {
  enum { SIMPLE, GRU, RESET, CANDIDATE, LSTM } kind;
  // The first of its gates, and how many they are.
  int first, gates;
  // Whether it makes the input's share itself, and whether the cell's functions are Keras' defaults.
  int projects, is_default;
} sweep;

// Pairs of a row and a vector of units that a tile computes; its accumulators and weights fill the registers.
enum { MOST_PAIRS = 6 };
VF_INLINE size_t most_pairs(const int gates) { return gates > 2 ? VF_TILE_ROWS / 2 : MOST_PAIRS; }

// Vectors of units that a single row takes at once, because one has too few chains to hide the latency.
VF_INLINE size_t most_vectors(const int gates) { return gates > 2 ? 2 : 4; }

VF_INLINE size_t sweep_size(size_t k, size_t units, size_t gates) {
  return k * gates * ((units + VF_LANES - 1) / VF_LANES) * VF_LANES;
}

VF_INLINE size_t gates_of(ck_cell_kind kind) { return kind == CK_CELL_LSTM ? 4 : kind == CK_CELL_SIMPLE ? 1 : 3; }

static size_t CK_LEVEL(cell_packed_size)(ck_cell_kind kind, size_t k, size_t units) {
  return sweep_size(k, units, gates_of(kind));
}

VF_INLINE void pack_sweep(size_t rows, size_t units, size_t first, size_t gates, size_t all_gates, const float *kernel,
                          float *packed) {
  for (size_t u = 0; u < units; u += VF_LANES) {
    for (size_t k = 0; k < rows; k++) {
      for (size_t g = first; g < first + gates; g++, packed += VF_LANES) {
        vf_store(packed, vf_load_n(kernel + (k * all_gates + g) * units + u, vf_width(u, units)));
      }
    }
  }
}

static void CK_LEVEL(cell_pack)(ck_cell_kind kind, size_t k, size_t units, const float *kernel, float *packed) {
  if (kind == CK_CELL_GRU_RESET_FIRST) {
    pack_sweep(k, units, 0, 2, 3, kernel, packed);
    pack_sweep(k, units, 2, 1, 3, kernel, packed + sweep_size(k, units, 2));
  } else {
    pack_sweep(k, units, 0, gates_of(kind), gates_of(kind), kernel, packed);
  }
}

// One side of a sweep's sums: rows of k values, `stride` apart, and the weights and the bias, or NULL, of the units at
// hand.
typedef struct factor {
  const float *rows;
  size_t stride, k;
  const float *weights, *bias;
} factor;

// The same from a row and a unit on.
VF_INLINE factor factor_at(factor all, size_t row, size_t u, size_t gates) {
  all.rows += row * all.stride;
  all.weights += u * all.k * gates;
  if (all.bias) all.bias += u;
  return all;
}

// acc[i, v, g] += x[i] · weights[v, g]. Rows are few or gates are few: those stay in registers.
VF_INLINE void accumulate_gates(const int rows, const int vectors, const int gates, vf acc[][MOST_GATES],
                                const float *values, size_t stride, const float *weights, size_t vector_stride) {
  if (rows > gates) {
    vf w[MOST_GATES];
    VF_EACH(g, gates) w[g] = vf_load(weights + g * VF_LANES);
    VF_EACH(i, rows) {
      vf x = vf_set(values[i * stride]);
      VF_EACH(g, gates) acc[i][g] = vf_fma(x, w[g], acc[i][g]);
    }
    return;
  }
  vf x[MOST_GATES];
  VF_EACH(i, rows) x[i] = vf_set(values[i * stride]);
  VF_EACH(v, vectors) {
    VF_EACH(g, gates) {
      vf w = vf_load(weights + v * vector_stride + g * VF_LANES);
      VF_EACH(i, rows) acc[i * vectors + v][g] = vf_fma(x[i], w, acc[i * vectors + v][g]);
    }
  }
}

// acc[p, g] += bias + rows · weights for the first `kept` gates, and the same without what was there for the others.
VF_INLINE void add_products(const int rows, const int vectors, const int gates, const int kept, factor factor,
                            size_t units, size_t width, vf acc[][MOST_GATES]) {
  VF_EACH(v, vectors) {
    VF_EACH(g, gates) {
      if (!factor.bias && g < kept) continue;
      size_t lanes = v + 1 < vectors ? VF_LANES : width;
      vf bias = factor.bias ? vf_load_n(factor.bias + g * units + v * VF_LANES, lanes) : vf_set(0.0f);
      VF_EACH(i, rows) acc[i * vectors + v][g] = g < kept ? vf_add(acc[i * vectors + v][g], bias) : bias;
    }
  }
  for (size_t k = 0; k < factor.k; k++) {
    accumulate_gates(rows, vectors, gates, acc, factor.rows + k, factor.stride, factor.weights + k * gates * VF_LANES,
                     factor.k * gates * VF_LANES);
  }
}

// The sums of `rows` rows and `vectors` vectors of units, all constants at every call. The reset gate scales the state's
// share of a GRU's candidate: the input's stays apart, in place 3.
VF_INLINE void multiply_gates(const int rows, const int vectors, const sweep sweep, size_t units, size_t width,
                              factor input, factor state, vf sums[][MOST_GATES]) {
  const int gates = sweep.gates, together = sweep.kind == GRU ? 2 : gates;
  vf acc[MOST_PAIRS][MOST_GATES];
  if (sweep.projects) {
    add_products(rows, vectors, gates, 0, input, units, width, acc);
    if (sweep.kind == GRU) VF_EACH(p, rows * vectors) sums[p][3] = acc[p][2];
  }
  add_products(rows, vectors, gates, sweep.projects ? together : 0, state, units, width, acc);
  VF_EACH(p, rows * vectors) {
    VF_EACH(g, gates) sums[p][g] = acc[p][g];
  }
}

// One instance for each number of rows.
VF_INLINE void multiply_pairs(size_t rows, size_t vectors, const sweep sweep, size_t units, size_t width, factor input,
                              factor state, vf sums[][MOST_GATES]) {
  const size_t most = most_pairs(sweep.gates);
  if (vectors > 1) {
    multiply_gates(1, most_vectors(sweep.gates), sweep, units, width, input, state, sums);
    return;
  }
  switch (rows) {
  case 1: multiply_gates(1, 1, sweep, units, width, input, state, sums); return;
  case 2: multiply_gates(2, 1, sweep, units, width, input, state, sums); return;
  case 3: multiply_gates(3, 1, sweep, units, width, input, state, sums); return;
  case 4: if (most >= 4) multiply_gates(4, 1, sweep, units, width, input, state, sums); return;
  case 5: if (most >= 5) multiply_gates(5, 1, sweep, units, width, input, state, sums); return;
  case 6: if (most >= 6) multiply_gates(6, 1, sweep, units, width, input, state, sums); return;
  }
}

VF_INLINE const float *input_of(const ck_cell_rows *rows, size_t row) {
  return rows->x + (rows->lookup ? (size_t)rows->lookup[row * rows->ldlookup] : row) * rows->ldx;
}

// Writes the new states of units u ..< u + width of n rows; those of masked rows stay what they were.
VF_INLINE void store_states(const int n, size_t units, const ck_cell_rows *rows, size_t row, size_t u,
                            const size_t width, const vf *h, const vf *carry) {
  VF_EACH(i, n) {
    size_t at = (row + i) * units + u;
    if (rows->mask && rows->mask[(row + i) * rows->ldmask] == 0.0f) {
      vf_store_n(rows->h + at, vf_load_n(rows->h_prev + at, width), width);
    } else {
      if (carry) vf_store_n(rows->c + at, carry[i], width);
      vf_store_n(rows->h + at, h[i], width);
      vf_store_n(rows->y + (row + i) * rows->ldy + u, h[i], width);
    }
  }
}

VF_INLINE void load_each(const int n, const float *from, size_t stride, const size_t width, vf *to) {
  VF_EACH(i, n) to[i] = vf_load_n(from + i * stride, width);
}

// What a sweep makes of the sums of the gates of units u ..< u + width of n rows. Between the sweeps of a cell that resets
// first, the update gates wait in h, and in c the states that the reset gates leave.
VF_INLINE void step_cells(const int n, const sweep sweep, const ck_cell *cell, const ck_cell_rows *rows, size_t row,
                          size_t u, const size_t width, vf sums[][MOST_GATES]) {
  size_t units = cell->units, at = row * units + u;
  vf x[MOST_GATES][MOST_CELLS], h[MOST_CELLS], c[MOST_CELLS];
  load_each(n, rows->h_prev + at, units, width, h);
  VF_EACH(i, n) {
    VF_EACH(g, sweep.gates) x[g][i] = sums[i][g];
    if (sweep.kind == GRU) {
      x[2][i] = sums[i][3];
      x[3][i] = sums[i][2];
    }
    if (sweep.projects) continue;
    const float *xz = input_of(rows, row + i) + sweep.first * units + u;
    if (sweep.kind == GRU) x[2][i] = vf_load_n(xz + 2 * units, width);
    VF_EACH(g, sweep.kind == GRU ? 2 : sweep.gates) x[g][i] = vf_add(vf_load_n(xz + g * units, width), x[g][i]);
  }
  ck_activation activation = cell->activation, recurrent = cell->recurrent;
  switch (sweep.kind) {
  case SIMPLE: simple_cells(n, x[0], h, activation, sweep.is_default); break;
  case GRU: gru_cells(n, x, h, activation, recurrent, sweep.is_default); break;
  case RESET:
    reset_cells(n, x, h, recurrent, sweep.is_default);
    VF_EACH(i, n) vf_store_n(rows->h + at + i * units, x[0][i], width);
    VF_EACH(i, n) vf_store_n(rows->c + at + i * units, h[i], width);
    return;
  case CANDIDATE:
    load_each(n, rows->h + at, units, width, c);
    candidate_cells(n, x[0], c, h, activation, sweep.is_default);
    break;
  case LSTM:
    load_each(n, rows->c + at, units, width, c);
    lstm_cells(n, x, c, h, activation, recurrent, sweep.is_default);
    break;
  }
  store_states(n, units, rows, row, u, width, h, sweep.kind == LSTM ? c : NULL);
}

VF_INLINE void step_all_cells(size_t count, const sweep sweep, const ck_cell *cell, const ck_cell_rows *rows,
                              size_t row, size_t u, const size_t width, vf sums[][MOST_GATES]) {
  size_t i = 0;
  for (; i + MOST_CELLS <= count; i += MOST_CELLS) {
    step_cells(MOST_CELLS, sweep, cell, rows, row + i, u, width, sums + i);
  }
  for (; i < count; i++) step_cells(1, sweep, cell, rows, row + i, u, width, sums + i);
}

// `width` is a constant where the vector of units is whole.
VF_INLINE void step_unit_vector(size_t count, const sweep sweep, const ck_cell *cell, const ck_cell_rows *rows,
                                size_t row, size_t u, vf sums[][MOST_GATES]) {
  size_t width = vf_width(u, cell->units);
  if (width == VF_LANES) step_all_cells(count, sweep, cell, rows, row, u, VF_LANES, sums);
  else step_all_cells(count, sweep, cell, rows, row, u, width, sums);
}

// What the next step takes of the input, of which each tile asks for some lines: rows of the same time lie far apart,
// which the hardware does not foresee.
typedef struct next_inputs {
  ck_cell_rows rows;
  size_t row, at;  // what to ask for first
} next_inputs;

VF_INLINE next_inputs inputs_after(const ck_cell_rows *rows, const sweep sweep) {
  next_inputs after = {.rows = *rows};
  if (rows->ahead == 0 || sweep.projects) after.rows.count = 0;
  else if (rows->lookup) after.rows.lookup += rows->ahead;
  else after.rows.x += rows->ahead;
  return after;
}

VF_INLINE void prefetch_inputs(next_inputs *after, const sweep sweep, size_t units) {
  const size_t lines = most_pairs(sweep.gates) * sweep.gates * VF_LANES / LINE + 1;
  for (size_t l = 0; l < lines && after->row < after->rows.count; l++) {
    __builtin_prefetch(input_of(&after->rows, after->row) + sweep.first * units + after->at, 0, 2);
    after->at += LINE;
    if (after->at >= sweep.gates * units) after->at = 0, after->row++;
  }
}

// Rows whose sums wait for their cells.
enum { STEP_ROWS = 2 * VF_TILE_ROWS };

VF_INLINE void step_rows(const sweep sweep, const ck_cell *cell, const ck_cell_rows *rows, size_t begin, size_t end) {
  const int gates = sweep.gates, most = most_vectors(gates);
  size_t units = cell->units, k = cell->inputs, first = sweep.first * units;
  const factor input = {rows->x, rows->ldx, k, cell->input_kernel + sweep_size(k, units, sweep.first),
                        cell->input_bias ? cell->input_bias + first : NULL};
  const factor state = {sweep.kind == CANDIDATE ? rows->c : rows->h_prev, units, units,
                        cell->kernel + sweep_size(units, units, sweep.first), cell->bias ? cell->bias + first : NULL};
  next_inputs after = inputs_after(rows, sweep);
  vf sums[STEP_ROWS][MOST_GATES];
  for (size_t u = begin, vectors; u < end; u += vectors * VF_LANES) {
    vectors = rows->count == 1 && u + (most - 1) * VF_LANES < end ? most : 1;
    size_t width = vf_width(u + (vectors - 1) * VF_LANES, units);
    for (size_t row = 0, count; row < rows->count; row += count) {
      count = rows->count - row < STEP_ROWS ? rows->count - row : STEP_ROWS;
      for (size_t i = 0, tile; i < count; i += tile) {
        tile = tile_share(count - i, most_pairs(gates));
        prefetch_inputs(&after, sweep, units);
        multiply_pairs(tile, vectors, sweep, units, width, factor_at(input, row + i, u, gates),
                       factor_at(state, row + i, u, gates), sums + i);
      }
      step_unit_vector(count, sweep, cell, rows, row, u, sums);
      for (size_t v = 1; v < vectors; v++) {
        step_unit_vector(1, sweep, cell, rows, row, u + v * VF_LANES, sums + v);
      }
    }
  }
}

// One function for each sweep: without optimisation, the frame of one is as large as a thread of a pool may bear.
#define SWEEP(name, kind, first, gates)                                                                              \
  static void name(const ck_cell *cell, const ck_cell_rows *rows, size_t begin, size_t end, int is_default) {        \
    int projects = cell->inputs > 0;                                                                                 \
    if (!is_default) step_rows((sweep){kind, first, gates, projects, 0}, cell, rows, begin, end);                    \
    else if (projects) step_rows((sweep){kind, first, gates, 1, 1}, cell, rows, begin, end);                         \
    else step_rows((sweep){kind, first, gates, 0, 1}, cell, rows, begin, end);                                       \
  }
SWEEP(simple_sweep, SIMPLE, 0, 1)
SWEEP(gru_sweep, GRU, 0, 3)
SWEEP(reset_sweep, RESET, 0, 2)
SWEEP(candidate_sweep, CANDIDATE, 2, 1)
SWEEP(lstm_sweep, LSTM, 0, 4)
#undef SWEEP

static void CK_LEVEL(cell_step)(const ck_cell *cell, const ck_cell_rows *rows, size_t begin, size_t end) {
  int is_default = is_default_pair(cell->activation, cell->recurrent);
  switch (cell->kind) {
  case CK_CELL_SIMPLE: simple_sweep(cell, rows, begin, end, cell->activation.kind == CK_ACT_TANH); return;
  case CK_CELL_GRU: gru_sweep(cell, rows, begin, end, is_default); return;
  case CK_CELL_GRU_RESET_FIRST:
    reset_sweep(cell, rows, begin, end, is_default);
    candidate_sweep(cell, rows, begin, end, is_default);
    return;
  case CK_CELL_LSTM: lstm_sweep(cell, rows, begin, end, is_default); return;
  }
}
