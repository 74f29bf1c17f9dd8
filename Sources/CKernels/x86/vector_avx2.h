// The vector type of the AVX2 level: 8 floats. simd/vector.h says what the operations mean.

#include <immintrin.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

#define VF_INLINE static inline __attribute__((always_inline, unused))

typedef __m256 vf;
typedef __m256 vm;

enum { VF_LANES = 8 };

// Vector registers.
#define VF_REGISTERS 16
// Rows of a matrix tile two vectors wide, as many as the registers hold.
#define VF_TILE_ROWS 6
// Steps of k per turn of the tile loop. More than fit make the compiler spill accumulators.
#define VF_TILE_UNROLL 2

VF_INLINE vf vf_set(float x) { return _mm256_set1_ps(x); }
VF_INLINE vf vf_load(const float *p) { return _mm256_loadu_ps(p); }
VF_INLINE void vf_store(float *p, vf v) { _mm256_storeu_ps(p, v); }

VF_INLINE __m256i vf_lane_mask(size_t n) {
  static const int32_t window[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
  return _mm256_loadu_si256((const __m256i *)(window + 8 - n));
}
VF_INLINE vm vm_first(size_t n) { return _mm256_castsi256_ps(vf_lane_mask(n)); }
VF_INLINE vf vf_load_n(const float *p, size_t n) {
  return n == VF_LANES ? vf_load(p) : _mm256_maskload_ps(p, vf_lane_mask(n));
}
VF_INLINE void vf_store_n(float *p, vf v, size_t n) {
  if (n == VF_LANES) vf_store(p, v);
  else _mm256_maskstore_ps(p, vf_lane_mask(n), v);
}

VF_INLINE vf vf_add(vf a, vf b) { return _mm256_add_ps(a, b); }
VF_INLINE vf vf_sub(vf a, vf b) { return _mm256_sub_ps(a, b); }
VF_INLINE vf vf_mul(vf a, vf b) { return _mm256_mul_ps(a, b); }
VF_INLINE vf vf_div(vf a, vf b) { return _mm256_div_ps(a, b); }
VF_INLINE vf vf_fma(vf a, vf b, vf c) { return _mm256_fmadd_ps(a, b, c); }
VF_INLINE vf vf_min(vf a, vf b) { return _mm256_min_ps(a, b); }
VF_INLINE vf vf_max(vf a, vf b) { return _mm256_max_ps(a, b); }
VF_INLINE vf vf_round(vf a) { return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }

VF_INLINE vm vf_less(vf a, vf b) { return _mm256_cmp_ps(a, b, _CMP_LT_OQ); }
VF_INLINE vf vf_select(vm mask, vf yes, vf no) { return _mm256_blendv_ps(no, yes, mask); }

VF_INLINE vf vf_negate(vf a) { return _mm256_xor_ps(_mm256_set1_ps(-0.0f), a); }
VF_INLINE vf vf_copysign(vf magnitude, vf sign) {
  vf bit = _mm256_set1_ps(-0.0f);
  return _mm256_or_ps(_mm256_andnot_ps(bit, magnitude), _mm256_and_ps(bit, sign));
}

// n + 127 stands in the last bits of n + 1.5·2²³ + 127.
VF_INLINE vf vf_pow2(vf n) {
  __m256i biased = _mm256_castps_si256(vf_add(n, vf_set(0x1.8000fep23f)));
  return _mm256_castsi256_ps(_mm256_slli_epi32(biased, 23));
}

// Two factors, because 2ⁿ alone may be subnormal or infinite where a·2ⁿ is not.
VF_INLINE vf vf_scale(vf a, vf n) {
  vf half = _mm256_floor_ps(vf_mul(n, vf_set(0.5f)));
  return vf_mul(vf_mul(a, vf_pow2(half)), vf_pow2(vf_sub(n, half)));
}

VF_INLINE float vf_sum(vf a) {
  __m128 x = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
  x = _mm_add_ps(x, _mm_movehl_ps(x, x));
  return _mm_cvtss_f32(_mm_add_ss(x, _mm_movehdup_ps(x)));
}
VF_INLINE float vf_largest(vf a) {
  __m128 x = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
  x = _mm_max_ps(x, _mm_movehl_ps(x, x));
  return _mm_cvtss_f32(_mm_max_ss(x, _mm_movehdup_ps(x)));
}

VF_INLINE void vf_zip(vf v[2]) {
  vf low = _mm256_unpacklo_ps(v[0], v[1]), high = _mm256_unpackhi_ps(v[0], v[1]);
  v[0] = _mm256_permute2f128_ps(low, high, 0x20);
  v[1] = _mm256_permute2f128_ps(low, high, 0x31);
}

// Element i of v[j] belongs to lane (3i + j) mod 8; then each result takes every third lane of each.
VF_INLINE void vf_zip3(vf v[3]) {
  vf a = _mm256_permutevar8x32_ps(v[0], _mm256_setr_epi32(0, 3, 6, 1, 4, 7, 2, 5));
  vf b = _mm256_permutevar8x32_ps(v[1], _mm256_setr_epi32(5, 0, 3, 6, 1, 4, 7, 2));
  vf c = _mm256_permutevar8x32_ps(v[2], _mm256_setr_epi32(2, 5, 0, 3, 6, 1, 4, 7));
  v[0] = _mm256_blend_ps(_mm256_blend_ps(a, b, 0x92), c, 0x24);
  v[1] = _mm256_blend_ps(_mm256_blend_ps(a, b, 0x24), c, 0x49);
  v[2] = _mm256_blend_ps(_mm256_blend_ps(a, b, 0x49), c, 0x92);
}

#pragma clang attribute pop
