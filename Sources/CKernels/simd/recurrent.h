// Cell updates of LSTM and GRU, all gates of a vector of units at once.

#ifndef CK_SIMD_RECURRENT_H
#define CK_SIMD_RECURRENT_H

#include "activation.h"

VF_INLINE vf load_sum(const float *a, const float *b, size_t n) { return vf_add(vf_load_n(a, n), vf_load_n(b, n)); }

// Keras' default pair is compiled in; any other goes through the run-time choice.
VF_INLINE int is_default_pair(ck_activation activation, ck_activation recurrent) {
  return activation.kind == CK_ACT_TANH && recurrent.kind == CK_ACT_SIGMOID;
}

// A quotient not yet divided, so that a product of several needs one division.
typedef struct vf_ratio {
  vf n, d;
} vf_ratio;

// tanh x as x·P(x²) / Q(x²), the rational function of these degrees that is nearest to it up to |x| = 9, from where on it
// is ±1 in float. The function is within 2.1e-8 of tanh, relatively; with what rounding adds, see CKernels.h.
VF_INLINE vf_ratio tanh_ratio(vf x) {
  x = vf_clip(x, -9.0f, 9.0f);
  vf s = vf_mul(x, x);
  vf p = vf_fma(vf_set(1.33520273e-8f), s, vf_set(2.06073799e-5f));
  vf q = vf_fma(vf_set(7.77553498e-7f), s, vf_set(3.28547542e-4f));
  p = vf_fma(p, s, vf_set(3.49549575e-3f));
  q = vf_fma(q, s, vf_set(2.58766443e-2f));
  p = vf_fma(p, s, vf_set(1.33809524e-1f));
  q = vf_fma(q, s, vf_set(4.67142682e-1f));
  p = vf_fma(p, s, vf_set(9.99999980e-1f));
  q = vf_fma(q, s, vf_set(1.0f));
  return (vf_ratio){vf_mul(x, p), q};
}

// 1 / (1 + e⁻ˣ) = (1 + tanh(x/2)) / 2.
VF_INLINE vf_ratio sigmoid_ratio(vf x) {
  vf_ratio t = tanh_ratio(vf_mul(vf_set(0.5f), x));
  return (vf_ratio){vf_add(t.d, t.n), vf_add(t.d, t.d)};
}

// The state after a step, from the sums that go into the gates; *c is the carry.
VF_INLINE vf lstm_unit(vf i, vf f, vf g, vf o, vf *c, ck_activation activation, ck_activation recurrent,
                       int is_default) {
  if (is_default) {
    vf_ratio in = sigmoid_ratio(i), forget = sigmoid_ratio(f), candidate = tanh_ratio(g), out = sigmoid_ratio(o);
    vf added = vf_div(vf_mul(in.n, candidate.n), vf_mul(in.d, candidate.d));
    *c = vf_fma(vf_div(forget.n, forget.d), *c, added);
    vf_ratio state = tanh_ratio(*c);
    return vf_div(vf_mul(out.n, state.n), vf_mul(out.d, state.d));
  }
  i = vf_activate(i, recurrent);
  f = vf_activate(f, recurrent);
  g = vf_activate(g, activation);
  o = vf_activate(o, recurrent);
  *c = vf_fma(f, *c, vf_mul(i, g));
  return vf_mul(o, vf_activate(*c, activation));
}

// The candidate's two sums stay apart, because the reset gate scales the second.
VF_INLINE vf gru_unit(vf z, vf r, vf xg, vf hg, vf h_prev, ck_activation activation, ck_activation recurrent,
                      int is_default) {
  if (is_default) {
    vf_ratio reset = sigmoid_ratio(r), update = sigmoid_ratio(z);
    vf_ratio candidate = tanh_ratio(vf_fma(vf_div(reset.n, reset.d), hg, xg));
    vf kept = vf_mul(vf_mul(update.n, h_prev), candidate.d);
    vf sum = vf_fma(vf_sub(update.d, update.n), candidate.n, kept);
    return vf_div(sum, vf_mul(update.d, candidate.d));
  }
  z = vf_activate(z, recurrent);
  r = vf_activate(r, recurrent);
  vf g = vf_activate(vf_fma(r, hg, xg), activation);
  return vf_fma(vf_sub(vf_set(1.0f), z), g, vf_mul(z, h_prev));
}

VF_INLINE void lstm_row(size_t units, const float *xz, const float *hz, const float *c_prev, float *h, float *c,
                        ck_activation activation, ck_activation recurrent, int is_default) {
  for (size_t u = 0; u < units; u += VF_LANES) {
    size_t width = vf_width(u, units);
    vf sums[4], next = vf_load_n(c_prev + u, width);
    for (int g = 0; g < 4; g++) sums[g] = load_sum(xz + g * units + u, hz + g * units + u, width);
    vf state = lstm_unit(sums[0], sums[1], sums[2], sums[3], &next, activation, recurrent, is_default);
    vf_store_n(c + u, next, width);
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
    vf z = load_sum(xz + u, hz + u, width), r = load_sum(xz + units + u, hz + units + u, width);
    vf xg = vf_load_n(xz + 2 * units + u, width), hg = vf_load_n(hz + 2 * units + u, width);
    vf state = gru_unit(z, r, xg, hg, vf_load_n(h_prev + u, width), activation, recurrent, is_default);
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
