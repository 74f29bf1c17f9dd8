// Activations chosen at run time: of one vector, and of rows of floats.

#ifndef CK_SIMD_ACTIVATION_H
#define CK_SIMD_ACTIVATION_H

#include "elementary.h"

VF_INLINE vf vf_hard_sigmoid(vf x, ck_activation act) {
  return vf_clip(vf_fma(vf_set(act.alpha), x, vf_set(act.beta)), 0.0f, 1.0f);
}

VF_INLINE vf vf_elu(vf x, ck_activation act) {
  vf zero = vf_set(0.0f);
  vf below = vf_mul(vf_set(act.alpha), vf_expm1_negative(vf_min(zero, x)));
  return vf_select(vf_less(x, zero), below, vf_mul(vf_set(act.beta), x));
}

VF_INLINE vf vf_activate(vf x, ck_activation act) {
  switch (act.kind) {
  case CK_ACT_NONE: return x;
  case CK_ACT_RELU: return vf_max(vf_set(0.0f), x);
  case CK_ACT_CLIP: return vf_clip(x, act.alpha, act.beta);
  case CK_ACT_LEAKY_RELU: return vf_select(vf_less(x, vf_set(0.0f)), vf_mul(vf_set(act.alpha), x), x);
  case CK_ACT_ELU: return vf_elu(x, act);
  case CK_ACT_SIGMOID: return vf_sigmoid(x);
  case CK_ACT_HARD_SIGMOID: return vf_hard_sigmoid(x, act);
  case CK_ACT_TANH: return vf_tanh(x);
  case CK_ACT_SILU: return vf_silu(x);
  case CK_ACT_HARD_SILU: return vf_mul(x, vf_hard_sigmoid(x, act));
  case CK_ACT_GELU: return vf_gelu(x);
  case CK_ACT_GELU_TANH: return vf_gelu_tanh(x);
  case CK_ACT_SOFTPLUS: return vf_softplus(x);
  case CK_ACT_EXP: return vf_exp(x);
  case CK_ACT_ERF: return vf_erf(x);
  }
  return x;
}

// For one vector here and there: out of line, because the code of all of them is long.
static __attribute__((noinline)) vf vf_activate_one(vf x, ck_activation act) { return vf_activate(x, act); }

// y = act(x) for rows of n, ldy apart in both; `kind` is a constant at every call.
VF_INLINE void map_rows(const ck_act kind, const float *x, float *y, size_t rows, size_t n, size_t ldy,
                        ck_activation act) {
  act.kind = kind;
  for (size_t r = 0; r < rows; r++, x += ldy, y += ldy) {
    size_t j = 0;
    for (; j + VF_LANES <= n; j += VF_LANES) vf_store(y + j, vf_activate(vf_load(x + j), act));
    if (j < n) vf_store_n(y + j, vf_activate(vf_load_n(x + j, n - j), act), n - j);
  }
}

#define EACH_KIND(X)                                                                                              \
  X(CK_ACT_NONE) X(CK_ACT_RELU) X(CK_ACT_CLIP) X(CK_ACT_LEAKY_RELU) X(CK_ACT_ELU) X(CK_ACT_SIGMOID)               \
  X(CK_ACT_HARD_SIGMOID) X(CK_ACT_TANH) X(CK_ACT_SILU) X(CK_ACT_HARD_SILU) X(CK_ACT_GELU) X(CK_ACT_GELU_TANH)     \
  X(CK_ACT_SOFTPLUS) X(CK_ACT_EXP) X(CK_ACT_ERF)

// One loop for each kind, because its code and its constants stay in registers then; and one function for each loop:
// without optimisation, the frame of all of them is larger than a thread's stack may be.
#define KIND(kind)                                                                                                \
  static void activate_##kind(const float *x, float *y, size_t rows, size_t n, size_t ldy, ck_activation act) {  \
    map_rows(kind, x, y, rows, n, ldy, act);                                                                      \
  }
EACH_KIND(KIND)
#undef KIND

static void activate_rows(const float *x, float *y, size_t rows, size_t n, size_t ldy, ck_activation act) {
  if (ldy == n) n *= rows, rows = 1;
  switch (act.kind) {
#define KIND(kind) case kind: activate_##kind(x, y, rows, n, ldy, act); return;
    EACH_KIND(KIND)
#undef KIND
  }
}
#undef EACH_KIND

#endif
