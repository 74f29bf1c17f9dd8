// An activation chosen at run time, applied to one vector.

#ifndef CK_SIMD_ACTIVATION_H
#define CK_SIMD_ACTIVATION_H

#include "elementary.h"

VF_INLINE vf vf_clip(vf x, float low, float high) { return vf_min(vf_set(high), vf_max(vf_set(low), x)); }

VF_INLINE vf vf_hard_sigmoid(vf x, ck_activation act) {
  return vf_clip(vf_fma(vf_set(act.alpha), x, vf_set(act.beta)), 0.0f, 1.0f);
}

VF_INLINE vf vf_elu(vf x, ck_activation act) {
  vf zero = vf_set(0.0f);
  vf below = vf_mul(vf_set(act.alpha), vf_expm1_negative(vf_min(zero, x)));
  return vf_select(vf_less(x, zero), below, vf_mul(vf_set(act.beta), x));
}

// Kept out of line: an epilogue calls it once per vector, and the code of all of them is long.
static __attribute__((noinline)) vf vf_activate_long(vf x, ck_activation act) {
  switch (act.kind) {
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
  default: return x;
  }
}

VF_INLINE vf vf_activate(vf x, ck_activation act) {
  switch (act.kind) {
  case CK_ACT_NONE: return x;
  case CK_ACT_RELU: return vf_max(vf_set(0.0f), x);
  case CK_ACT_CLIP: return vf_clip(x, act.alpha, act.beta);
  case CK_ACT_LEAKY_RELU: return vf_select(vf_less(x, vf_set(0.0f)), vf_mul(vf_set(act.alpha), x), x);
  default: return vf_activate_long(x, act);
  }
}

#endif
