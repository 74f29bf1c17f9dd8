// Cell updates of LSTM and GRU, all gates of a vector of units at once.

#include "activation.h"

VF_INLINE vf load_sum(const float *a, const float *b, size_t n) { return vf_add(vf_load_n(a, n), vf_load_n(b, n)); }

// Keras' default pair is compiled in; any other goes through the run-time choice.
VF_INLINE int is_default_pair(ck_activation activation, ck_activation recurrent) {
  return activation.kind == CK_ACT_TANH && recurrent.kind == CK_ACT_SIGMOID;
}
VF_INLINE vf cell_activation(vf x, ck_activation act, int is_default) {
  return is_default ? vf_tanh(x) : vf_activate(x, act);
}
VF_INLINE vf cell_recurrent(vf x, ck_activation act, int is_default) {
  return is_default ? vf_sigmoid(x) : vf_activate(x, act);
}

VF_INLINE void lstm_row(size_t units, const float *xz, const float *hz, const float *c_prev, float *h, float *c,
                        ck_activation activation, ck_activation recurrent, int is_default) {
  for (size_t u = 0; u < units; u += VF_LANES) {
    size_t width = vf_width(u, units);
    vf i = cell_recurrent(load_sum(xz + u, hz + u, width), recurrent, is_default);
    vf f = cell_recurrent(load_sum(xz + units + u, hz + units + u, width), recurrent, is_default);
    vf g = cell_activation(load_sum(xz + 2 * units + u, hz + 2 * units + u, width), activation, is_default);
    vf o = cell_recurrent(load_sum(xz + 3 * units + u, hz + 3 * units + u, width), recurrent, is_default);
    vf next = vf_fma(f, vf_load_n(c_prev + u, width), vf_mul(i, g));
    vf_store_n(c + u, next, width);
    vf_store_n(h + u, vf_mul(o, cell_activation(next, activation, is_default)), width);
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
    vf z = cell_recurrent(load_sum(xz + u, hz + u, width), recurrent, is_default);
    vf r = cell_recurrent(load_sum(xz + units + u, hz + units + u, width), recurrent, is_default);
    vf inner = vf_fma(r, vf_load_n(hz + 2 * units + u, width), vf_load_n(xz + 2 * units + u, width));
    vf g = cell_activation(inner, activation, is_default);
    vf keep = vf_mul(z, vf_load_n(h_prev + u, width));
    vf_store_n(h + u, vf_fma(vf_sub(vf_set(1.0f), z), g, keep), width);
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
