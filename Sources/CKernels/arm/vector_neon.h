// The vector type of the NEON level: 4 floats. simd/vector.h says what the operations mean.

#include <arm_neon.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define VF_INLINE static inline __attribute__((always_inline, unused))

typedef float32x4_t vf;
typedef uint32x4_t vm;

enum { VF_LANES = 4 };

// Vector registers.
#define VF_REGISTERS 32
// Rows of a matrix tile two vectors wide, as many as the registers hold.
#define VF_TILE_ROWS 8
// Steps of k per turn of the tile loop. More than fit make the compiler spill accumulators.
#define VF_TILE_UNROLL 2

VF_INLINE vf vf_set(float x) { return vdupq_n_f32(x); }
VF_INLINE vf vf_load(const float *p) { return vld1q_f32(p); }
VF_INLINE void vf_store(float *p, vf v) { vst1q_f32(p, v); }

VF_INLINE vm vm_first(size_t n) {
  static const uint32_t window[8] = {~0u, ~0u, ~0u, ~0u};
  return vld1q_u32(window + 4 - n);
}
VF_INLINE vf vf_load_n(const float *p, size_t n) {
  if (n == VF_LANES) return vf_load(p);
  float padded[4] = {0};
  memcpy(padded, p, n * sizeof *p);
  return vld1q_f32(padded);
}
VF_INLINE void vf_store_n(float *p, vf v, size_t n) {
  if (n == VF_LANES) return vf_store(p, v);
  float padded[4];
  vst1q_f32(padded, v);
  memcpy(p, padded, n * sizeof *p);
}

VF_INLINE vf vf_add(vf a, vf b) { return vaddq_f32(a, b); }
VF_INLINE vf vf_sub(vf a, vf b) { return vsubq_f32(a, b); }
VF_INLINE vf vf_mul(vf a, vf b) { return vmulq_f32(a, b); }
VF_INLINE vf vf_div(vf a, vf b) { return vdivq_f32(a, b); }
VF_INLINE vf vf_fma(vf a, vf b, vf c) { return vfmaq_f32(c, a, b); }
VF_INLINE vf vf_min(vf a, vf b) { return vbslq_f32(vcltq_f32(a, b), a, b); }
VF_INLINE vf vf_max(vf a, vf b) { return vbslq_f32(vcgtq_f32(a, b), a, b); }
VF_INLINE vf vf_round(vf a) { return vrndnq_f32(a); }

VF_INLINE vm vf_less(vf a, vf b) { return vcltq_f32(a, b); }
VF_INLINE vf vf_select(vm mask, vf yes, vf no) { return vbslq_f32(mask, yes, no); }

VF_INLINE vf vf_negate(vf a) { return vnegq_f32(a); }
VF_INLINE vf vf_copysign(vf magnitude, vf sign) { return vbslq_f32(vdupq_n_u32(0x80000000u), sign, magnitude); }

VF_INLINE vf vf_pow2(vf n) {
  return vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(vcvtnq_s32_f32(n), vdupq_n_s32(127)), 23));
}

// Two factors, because 2ⁿ alone may be subnormal or infinite where a·2ⁿ is not.
VF_INLINE vf vf_scale(vf a, vf n) {
  vf half = vrndmq_f32(vf_mul(n, vf_set(0.5f)));
  return vf_mul(vf_mul(a, vf_pow2(half)), vf_pow2(vf_sub(n, half)));
}

VF_INLINE float vf_sum(vf a) { return vaddvq_f32(a); }
VF_INLINE float vf_largest(vf a) { return vmaxvq_f32(a); }

VF_INLINE void vf_zip(vf v[2]) {
  vf first = vzip1q_f32(v[0], v[1]);
  v[1] = vzip2q_f32(v[0], v[1]);
  v[0] = first;
}

VF_INLINE void vf_zip3(vf v[3]) {
  float x[12];
  float32x4x3_t all = {{v[0], v[1], v[2]}};
  vst3q_f32(x, all);
  for (int k = 0; k < 3; k++) v[k] = vf_load(x + 4 * k);
}
