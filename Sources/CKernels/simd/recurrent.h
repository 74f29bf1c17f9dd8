// Cell updates of LSTM and GRU, all gates of a vector of units at once.

#ifndef CK_SIMD_RECURRENT_H
#define CK_SIMD_RECURRENT_H

#include "activation.h"

VF_INLINE vf load_sum(const float *a, const float *b, size_t n) { return vf_add(vf_load_n(a, n), vf_load_n(b, n)); }

// Keras' default pair is compiled in; any other goes through the run-time choice.
VF_INLINE int is_default_pair(ck_activation activation, ck_activation recurrent) {
  return activation.kind == CK_ACT_TANH && recurrent.kind == CK_ACT_SIGMOID;
}

// Rows whose cells are computed together, each operation for all of them before the next: the chain of one is long, and
// the processor does not look far enough ahead to find the other rows by itself. Functions of n cells take a constant.
enum { MOST_GATES = 4, MOST_CELLS = MOST_AT_ONCE };

// 1 / (1 + e⁻ˣ) = (1 + tanh(x/2)) / 2.
VF_INLINE void sigmoid_ratios(const int n, const vf *of, vf_ratio *sigmoid) {
  vf x[MOST_CELLS];
  VF_EACH(i, n) x[i] = vf_mul(vf_set(0.5f), of[i]);
  tanh_ratios(n, x, sigmoid);
  VF_EACH(i, n) {
    vf_ratio tanh = sigmoid[i];
    sigmoid[i] = (vf_ratio){vf_add(tanh.d, tanh.n), vf_add(tanh.d, tanh.d)};
  }
}

// The states h of n cells after a step, from the sums that go into their input, forget, candidate and output gates, and
// their carries c.
VF_INLINE void lstm_cells(const int n, vf sums[MOST_GATES][MOST_CELLS], vf *c, vf *h, ck_activation activation,
                          ck_activation recurrent, int is_default) {
  if (is_default) {
    vf_ratio in[MOST_CELLS], candidate[MOST_CELLS], forget[MOST_CELLS], out[MOST_CELLS], state[MOST_CELLS];
    vf added[MOST_CELLS];
    sigmoid_ratios(n, sums[0], in);
    tanh_ratios(n, sums[2], candidate);
    VF_EACH(i, n) added[i] = vf_div(vf_mul(in[i].n, candidate[i].n), vf_mul(in[i].d, candidate[i].d));
    sigmoid_ratios(n, sums[1], forget);
    VF_EACH(i, n) c[i] = vf_fma(vf_div(forget[i].n, forget[i].d), c[i], added[i]);
    sigmoid_ratios(n, sums[3], out);
    tanh_ratios(n, c, state);
    VF_EACH(i, n) h[i] = vf_div(vf_mul(out[i].n, state[i].n), vf_mul(out[i].d, state[i].d));
    return;
  }
  for (int i = 0; i < n; i++) {
    vf in = vf_activate_one(sums[0][i], recurrent), forget = vf_activate_one(sums[1][i], recurrent);
    c[i] = vf_fma(forget, c[i], vf_mul(in, vf_activate_one(sums[2][i], activation)));
    h[i] = vf_mul(vf_activate_one(sums[3][i], recurrent), vf_activate_one(c[i], activation));
  }
}

// The states h of n cells after a step, from the sums that go into their update and reset gates, and the two of their
// candidates, which stay apart because the reset gate scales the second.
VF_INLINE void gru_cells(const int n, vf sums[MOST_GATES][MOST_CELLS], vf *h, ck_activation activation,
                         ck_activation recurrent, int is_default) {
  if (is_default) {
    vf_ratio reset[MOST_CELLS], candidate[MOST_CELLS], update[MOST_CELLS];
    vf x[MOST_CELLS];
    sigmoid_ratios(n, sums[1], reset);
    VF_EACH(i, n) x[i] = vf_fma(vf_div(reset[i].n, reset[i].d), sums[3][i], sums[2][i]);
    tanh_ratios(n, x, candidate);
    sigmoid_ratios(n, sums[0], update);
    VF_EACH(i, n) x[i] = vf_mul(vf_mul(update[i].n, h[i]), candidate[i].d);
    VF_EACH(i, n) x[i] = vf_fma(vf_sub(update[i].d, update[i].n), candidate[i].n, x[i]);
    VF_EACH(i, n) h[i] = vf_div(x[i], vf_mul(update[i].d, candidate[i].d));
    return;
  }
  for (int i = 0; i < n; i++) {
    vf update = vf_activate_one(sums[0][i], recurrent), reset = vf_activate_one(sums[1][i], recurrent);
    vf candidate = vf_activate_one(vf_fma(reset, sums[3][i], sums[2][i]), activation);
    h[i] = vf_fma(vf_sub(vf_set(1.0f), update), candidate, vf_mul(update, h[i]));
  }
}

// The states h of n cells without gates, from their sums.
VF_INLINE void simple_cells(const int n, const vf *sums, vf *h, ck_activation activation, int is_default) {
  if (is_default) {
    vf_ratio state[MOST_CELLS];
    tanh_ratios(n, sums, state);
    VF_EACH(i, n) h[i] = vf_div(state[i].n, state[i].d);
    return;
  }
  for (int i = 0; i < n; i++) h[i] = vf_activate_one(sums[i], activation);
}

// The first half of a GRU's step that resets before the candidate's product, from the sums of the update and reset gates:
// the update gates in place of the first sums, and in h what is left of the states.
VF_INLINE void reset_cells(const int n, vf sums[MOST_GATES][MOST_CELLS], vf *h, ck_activation recurrent,
                           int is_default) {
  if (is_default) {
    vf_ratio update[MOST_CELLS], reset[MOST_CELLS];
    sigmoid_ratios(n, sums[0], update);
    sigmoid_ratios(n, sums[1], reset);
    VF_EACH(i, n) sums[0][i] = vf_div(update[i].n, update[i].d);
    VF_EACH(i, n) h[i] = vf_div(vf_mul(reset[i].n, h[i]), reset[i].d);
    return;
  }
  for (int i = 0; i < n; i++) {
    sums[0][i] = vf_activate_one(sums[0][i], recurrent);
    h[i] = vf_mul(vf_activate_one(sums[1][i], recurrent), h[i]);
  }
}

// Its second half: the states h after the step, from the sums of the candidates and the update gates.
VF_INLINE void candidate_cells(const int n, const vf *sums, const vf *update, vf *h, ck_activation activation,
                               int is_default) {
  vf candidate[MOST_CELLS];
  simple_cells(n, sums, candidate, activation, is_default);
  VF_EACH(i, n) h[i] = vf_fma(vf_sub(vf_set(1.0f), update[i]), candidate[i], vf_mul(update[i], h[i]));
}

VF_INLINE void lstm_row(size_t units, const float *xz, const float *hz, const float *c_prev, float *h, float *c,
                        ck_activation activation, ck_activation recurrent, int is_default) {
  for (size_t u = 0; u < units; u += VF_LANES) {
    size_t width = vf_width(u, units);
    vf sums[MOST_GATES][MOST_CELLS], state, carry = vf_load_n(c_prev + u, width);
    for (int g = 0; g < 4; g++) sums[g][0] = load_sum(xz + g * units + u, hz + g * units + u, width);
    lstm_cells(1, sums, &carry, &state, activation, recurrent, is_default);
    vf_store_n(c + u, carry, width);
    vf_store_n(h + u, state, width);
  }
}

static void CK_LEVEL(lstm_cell)(size_t rows, size_t units, const float *xz, size_t ldxz, const float *hz, size_t ldhz,
                         const float *c_prev, size_t ldcp, float *h, size_t ldh, float *c, size_t ldc,
                         ck_activation activation, ck_activation recurrent) {
  int is_default = is_default_pair(activation, recurrent);
  for (size_t r = 0; r < rows; r++, xz += ldxz, hz += ldhz, c_prev += ldcp, h += ldh, c += ldc) {
    if (is_default) lstm_row(units, xz, hz, c_prev, h, c, activation, recurrent, 1);
    else lstm_row(units, xz, hz, c_prev, h, c, activation, recurrent, 0);
  }
}

VF_INLINE void gru_row(size_t units, const float *xz, const float *hz, const float *h_prev, float *h,
                       ck_activation activation, ck_activation recurrent, int is_default) {
  for (size_t u = 0; u < units; u += VF_LANES) {
    size_t width = vf_width(u, units);
    vf sums[MOST_GATES][MOST_CELLS], state = vf_load_n(h_prev + u, width);
    for (int g = 0; g < 2; g++) sums[g][0] = load_sum(xz + g * units + u, hz + g * units + u, width);
    sums[2][0] = vf_load_n(xz + 2 * units + u, width);
    sums[3][0] = vf_load_n(hz + 2 * units + u, width);
    gru_cells(1, sums, &state, activation, recurrent, is_default);
    vf_store_n(h + u, state, width);
  }
}

static void CK_LEVEL(gru_cell)(size_t rows, size_t units, const float *xz, size_t ldxz, const float *hz, size_t ldhz,
                        const float *h_prev, size_t ldhp, float *h, size_t ldh,
                        ck_activation activation, ck_activation recurrent) {
  int is_default = is_default_pair(activation, recurrent);
  for (size_t r = 0; r < rows; r++, xz += ldxz, hz += ldhz, h_prev += ldhp, h += ldh) {
    if (is_default) gru_row(units, xz, hz, h_prev, h, activation, recurrent, 1);
    else gru_row(units, xz, hz, h_prev, h, activation, recurrent, 0);
  }
}

#endif
