// Scalar activation for the reference kernels.

#ifndef CK_REFERENCE_ACTIVATION_H
#define CK_REFERENCE_ACTIVATION_H

#include <math.h>

#include "../include/CKernels.h"

static inline float ref_sigmoid(float x) {
  float e = expf(-fabsf(x));
  return (x < 0 ? e : 1.0f) / (1.0f + e);
}

// Written so that a NaN comes through.
static inline float ref_clip(float x, float low, float high) { return x < low ? low : x > high ? high : x; }

static inline float ref_hard_sigmoid(float x, ck_activation act) {
  return ref_clip(act.alpha * x + act.beta, 0.0f, 1.0f);
}

static inline float ref_activate(float x, ck_activation act) {
  switch (act.kind) {
  case CK_ACT_NONE: return x;
  case CK_ACT_RELU: return x < 0 ? 0.0f : x;
  case CK_ACT_CLIP: return ref_clip(x, act.alpha, act.beta);
  case CK_ACT_LEAKY_RELU: return x < 0 ? act.alpha * x : x;
  case CK_ACT_ELU: return x < 0 ? act.alpha * expm1f(x) : act.beta * x;
  case CK_ACT_SIGMOID: return ref_sigmoid(x);
  case CK_ACT_HARD_SIGMOID: return ref_hard_sigmoid(x, act);
  case CK_ACT_TANH: return tanhf(x);
  case CK_ACT_SILU: return x * ref_sigmoid(x);
  case CK_ACT_HARD_SILU: return x * ref_hard_sigmoid(x, act);
  case CK_ACT_GELU: return 0.5f * x * (1.0f + erff(x * 0.70710678f));
  case CK_ACT_GELU_TANH: return 0.5f * x * (1.0f + tanhf(0.79788456f * (x + 0.044715f * x * x * x)));
  case CK_ACT_SOFTPLUS: return log1pf(expf(-fabsf(x))) + (x < 0 ? 0.0f : x);
  case CK_ACT_EXP: return expf(x);
  case CK_ACT_ERF: return erff(x);
  }
  return x;
}

#endif
