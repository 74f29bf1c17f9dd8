// y[i] = f(x[i]).

#include "activation.h"

VF_INLINE vf vf_relu(vf x) { return vf_max(vf_set(0.0f), x); }

VF_INLINE void map(const float *x, float *y, size_t n, vf (*f)(vf)) {
  for (size_t i = 0; i < n; i += VF_LANES) {
    size_t width = vf_width(i, n);
    vf_store_n(y + i, f(vf_load_n(x + i, width)), width);
  }
}

static void CK_LEVEL(exp)(const float *x, float *y, size_t n) { map(x, y, n, vf_exp); }

static void CK_LEVEL(sigmoid)(const float *x, float *y, size_t n) { map(x, y, n, vf_sigmoid); }

static void CK_LEVEL(tanh)(const float *x, float *y, size_t n) { map(x, y, n, vf_tanh); }

static void CK_LEVEL(erf)(const float *x, float *y, size_t n) { map(x, y, n, vf_erf); }

static void CK_LEVEL(relu)(const float *x, float *y, size_t n) { map(x, y, n, vf_relu); }

static void CK_LEVEL(activate)(const float *x, float *y, size_t n, ck_activation activation) {
  activate_rows(x, y, 1, n, n, activation);
}
