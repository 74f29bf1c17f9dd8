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

VF_INLINE vf vf_clip(vf x, float low, float high) { return vf_min(vf_set(high), vf_max(vf_set(low), x)); }

// 1 + e⁻ˣ, infinite where it is more than 2¹²⁸.
VF_INLINE vf vf_one_plus_exp_minus(vf x) {
  vf n, r = vf_reduce_ln2(vf_clip(vf_negate(x), -87.0f, 89.0f), &n);
  vf p = vf_fma(vf_exp_polynomial(r), vf_mul(r, r), r);
  return vf_fma(vf_pow2(n), vf_add(p, vf_set(1.0f)), vf_set(1.0f));
}

VF_INLINE vf vf_sigmoid(vf x) { return vf_div(vf_set(1.0f), vf_one_plus_exp_minus(x)); }

VF_INLINE vf vf_silu(vf x) { return vf_div(x, vf_one_plus_exp_minus(x)); }

// A quotient not yet divided, so that a product of several needs one division.
typedef struct vf_ratio {
  vf n, d;
} vf_ratio;

// Vectors that may go through a function together, each operation for all of them before the next.
enum { MOST_AT_ONCE = 4 };

// tanh x as x·P(x²) / Q(x²), the rational function of these degrees that is nearest to it up to |x| = 9, from where on it
// is ±1 in float, as is the rounded quotient there. The function is within 2.1e-8 of tanh, relatively; with what rounding
// adds, see CKernels.h.
VF_INLINE void tanh_ratios(const int n, const vf *of, vf_ratio *tanh) {
  vf x[MOST_AT_ONCE], s[MOST_AT_ONCE], p[MOST_AT_ONCE], q[MOST_AT_ONCE];
  VF_EACH(i, n) x[i] = vf_clip(of[i], -9.0f, 9.0f);
  VF_EACH(i, n) s[i] = vf_mul(x[i], x[i]);
  VF_EACH(i, n) p[i] = vf_fma(vf_set(1.33520273e-8f), s[i], vf_set(2.06073799e-5f));
  VF_EACH(i, n) q[i] = vf_fma(vf_set(7.77553498e-7f), s[i], vf_set(3.28547542e-4f));
  VF_EACH(i, n) p[i] = vf_fma(p[i], s[i], vf_set(3.49549575e-3f));
  VF_EACH(i, n) q[i] = vf_fma(q[i], s[i], vf_set(2.58766443e-2f));
  VF_EACH(i, n) p[i] = vf_fma(p[i], s[i], vf_set(1.33809524e-1f));
  VF_EACH(i, n) q[i] = vf_fma(q[i], s[i], vf_set(4.67142682e-1f));
  VF_EACH(i, n) p[i] = vf_fma(p[i], s[i], vf_set(9.99999980e-1f));
  VF_EACH(i, n) q[i] = vf_fma(q[i], s[i], vf_set(1.0f));
  VF_EACH(i, n) tanh[i] = (vf_ratio){vf_mul(x[i], p[i]), q[i]};
}

VF_INLINE vf vf_tanh(vf x) {
  vf_ratio tanh;
  tanh_ratios(1, &x, &tanh);
  return vf_clip(vf_div(tanh.n, tanh.d), -1.0f, 1.0f);
}

// erf x in the same manner, up to |x| = 3.92; the function is within 1.9e-8 of erf, relatively. The bounds are where the
// rounded quotient is ±1.
VF_INLINE vf vf_erf(vf x) {
  x = vf_clip(x, -3.9200008f, 3.9200008f);
  vf s = vf_mul(x, x);
  vf p = vf_fma(vf_set(2.0500854134e-6f), s, vf_set(2.8488060343e-4f));
  vf q = vf_fma(vf_set(3.8091584429e-5f), s, vf_set(1.1625202606e-3f));
  p = vf_fma(p, s, vf_set(3.7655602209e-3f));
  q = vf_fma(q, s, vf_set(1.4969103038e-2f));
  p = vf_fma(p, s, vf_set(5.2748542279e-2f));
  q = vf_fma(q, s, vf_set(1.1410859972e-1f));
  p = vf_fma(p, s, vf_set(1.9040526450e-1f));
  q = vf_fma(q, s, vf_set(5.0207501650e-1f));
  p = vf_fma(p, s, vf_set(1.1283791065f));
  q = vf_fma(q, s, vf_set(1.0f));
  return vf_clip(vf_div(vf_mul(x, p), q), -1.0f, 1.0f);
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

VF_INLINE vf vf_softplus(vf x) {
  vf e = vf_exp_negative(vf_copysign(x, vf_set(-0.0f)));
  return vf_add(vf_log1p_unit(e), vf_max(vf_set(0.0f), x));
}

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
