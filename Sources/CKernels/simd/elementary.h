// Elementary functions of one vector. Methods and errors: CKernels.h.

#ifndef CK_SIMD_ELEMENTARY_H
#define CK_SIMD_ELEMENTARY_H

#include "vector.h"

// x = n·ln 2 + r with |r| <= ln 2 / 2; returns r.
VF_INLINE vf vf_reduce_ln2(vf x, vf *n) {
  *n = vf_round(vf_mul(x, vf_set(0x1.715476p+0f)));
  vf r = vf_fma(*n, vf_set(-0x1.62e400p-1f), x);
  return vf_fma(*n, vf_set(-0x1.7f7d1cp-20f), r);
}

// (eʳ - 1 - r) / r² for |r| <= ln 2 / 2 (Cephes expf).
VF_INLINE vf vf_exp_polynomial(vf r) {
  vf p = vf_fma(vf_set(1.9875691500e-4f), r, vf_set(1.3981999507e-3f));
  p = vf_fma(p, r, vf_set(8.3334519073e-3f));
  p = vf_fma(p, r, vf_set(4.1665795894e-2f));
  p = vf_fma(p, r, vf_set(1.6666665459e-1f));
  return vf_fma(p, r, vf_set(5.0000001201e-1f));
}

// The bounds lie where the result is already 0 or infinite. A NaN passes both.
VF_INLINE vf vf_exp(vf x) {
  x = vf_max(vf_set(-104.0f), vf_min(vf_set(89.0f), x));
  vf n, r = vf_reduce_ln2(x, &n);
  vf p = vf_fma(vf_exp_polynomial(r), vf_mul(r, r), r);
  return vf_scale(vf_add(p, vf_set(1.0f)), n);
}

// eˣ for x <= 0; 0 where it is less than 2⁻¹²⁶.
VF_INLINE vf vf_exp_negative(vf x) {
  vf least = vf_set(-87.336f);
  vf n, r = vf_reduce_ln2(vf_max(least, x), &n);
  vf p = vf_fma(vf_exp_polynomial(r), vf_mul(r, r), r);
  vf s = vf_pow2(n);
  return vf_select(vf_less(x, least), vf_set(0.0f), vf_fma(s, p, s));
}

// eˣ - 1 for x <= 0: 2ⁿ·(eʳ - 1) + (2ⁿ - 1), without cancellation near 0.
VF_INLINE vf vf_expm1_negative(vf x) {
  x = vf_max(vf_set(-20.0f), x);
  vf n, r = vf_reduce_ln2(x, &n);
  vf p = vf_fma(vf_exp_polynomial(r), vf_mul(r, r), r);
  vf s = vf_pow2(n);
  return vf_fma(s, p, vf_sub(s, vf_set(1.0f)));
}

VF_INLINE vf vf_negative_abs(vf x) { return vf_copysign(x, vf_set(-0.0f)); }

VF_INLINE vf vf_sigmoid(vf x) {
  vf one = vf_set(1.0f);
  vf e = vf_exp(vf_negative_abs(x));
  return vf_div(vf_select(vf_less(x, vf_set(0.0f)), e, one), vf_add(one, e));
}

VF_INLINE vf vf_tanh(vf x) {
  vf t = vf_expm1_negative(vf_mul(vf_set(2.0f), vf_negative_abs(x)));
  return vf_copysign(vf_div(t, vf_add(t, vf_set(2.0f))), x);
}

// Both branches are minimax fits by N. Juffa.
VF_INLINE vf vf_erf(vf x) {
  vf t = vf_abs(x), s = vf_mul(x, x);
  vf far = vf_fma(vf_set(-1.72853470e-5f), t, vf_set(3.83197126e-4f));
  far = vf_fma(far, s, vf_fma(vf_set(-3.88396438e-3f), t, vf_set(2.42546219e-2f)));
  far = vf_fma(far, t, vf_set(-1.06777877e-1f));
  far = vf_fma(far, t, vf_set(-6.34846687e-1f));
  far = vf_fma(far, t, vf_set(-1.28717512e-1f));
  far = vf_sub(vf_set(1.0f), vf_exp(vf_fma(far, t, vf_negative_abs(x))));
  vf near = vf_fma(vf_set(-5.96761703e-4f), s, vf_set(4.99119423e-3f));
  near = vf_fma(near, s, vf_set(-2.67681349e-2f));
  near = vf_fma(near, s, vf_set(1.12819925e-1f));
  near = vf_fma(near, s, vf_set(-3.76125336e-1f));
  near = vf_fma(near, s, vf_set(1.28379166e-1f));
  near = vf_fma(near, x, x);
  return vf_select(vf_less(vf_set(0.927734375f), t), vf_copysign(far, x), near);
}

// log(1 + e) for 0 <= e <= 1 (Cephes logf): f is e, or (1 + e)/2 - 1 above √2 - 1.
VF_INLINE vf vf_log1p_unit(vf e) {
  vm high = vf_less(vf_set(0.41421356f), e);
  vf f = vf_select(high, vf_mul(vf_set(0.5f), vf_sub(e, vf_set(1.0f))), e);
  vf k = vf_select(high, vf_set(1.0f), vf_set(0.0f));
  vf z = vf_mul(f, f);
  vf p = vf_fma(vf_set(7.0376836292e-2f), f, vf_set(-1.1514610310e-1f));
  p = vf_fma(p, f, vf_set(1.1676998740e-1f));
  p = vf_fma(p, f, vf_set(-1.2420140846e-1f));
  p = vf_fma(p, f, vf_set(1.4249322787e-1f));
  p = vf_fma(p, f, vf_set(-1.6668057665e-1f));
  p = vf_fma(p, f, vf_set(2.0000714765e-1f));
  p = vf_fma(p, f, vf_set(-2.4999993993e-1f));
  p = vf_fma(p, f, vf_set(3.3333331174e-1f));
  p = vf_fma(vf_mul(p, f), z, vf_mul(k, vf_set(-2.12194440e-4f)));
  p = vf_fma(vf_set(-0.5f), z, p);
  return vf_fma(k, vf_set(0.693359375f), vf_add(f, p));
}

VF_INLINE vf vf_softplus(vf x) { return vf_add(vf_log1p_unit(vf_exp(vf_negative_abs(x))), vf_max(vf_set(0.0f), x)); }

VF_INLINE vf vf_silu(vf x) { return vf_mul(x, vf_sigmoid(x)); }

VF_INLINE vf vf_gelu(vf x) {
  vf half = vf_mul(vf_set(0.5f), x);
  return vf_fma(half, vf_erf(vf_mul(x, vf_set(0.70710678f))), half);
}

VF_INLINE vf vf_gelu_tanh(vf x) {
  vf half = vf_mul(vf_set(0.5f), x);
  vf cubic = vf_fma(vf_mul(vf_set(0.044715f), vf_mul(x, x)), x, x);
  return vf_fma(half, vf_tanh(vf_mul(vf_set(0.79788456f), cubic)), half);
}

#endif
