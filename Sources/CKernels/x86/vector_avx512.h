// The vector type of the AVX-512 level: 16 floats. simd/vector.h says what the operations mean.

#include <immintrin.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512vl,avx2,fma"))), apply_to = function)

#define VF_INLINE static inline __attribute__((always_inline, unused))

typedef __m512 vf;
typedef __mmask16 vm;

enum { VF_LANES = 16 };

// Vector registers.
#define VF_REGISTERS 32
// Rows of a matrix tile two vectors wide, as many as the registers hold.
#define VF_TILE_ROWS 12
// Steps of k per turn of the tile loop. More than fit make the compiler spill accumulators.
#define VF_TILE_UNROLL 1

VF_INLINE vf vf_set(float x) { return _mm512_set1_ps(x); }
VF_INLINE vf vf_load(const float *p) { return _mm512_loadu_ps(p); }
VF_INLINE void vf_store(float *p, vf v) { _mm512_storeu_ps(p, v); }

VF_INLINE vm vm_first(size_t n) { return (vm)((1u << n) - 1); }
VF_INLINE vf vf_load_n(const float *p, size_t n) { return _mm512_maskz_loadu_ps(vm_first(n), p); }
VF_INLINE void vf_store_n(float *p, vf v, size_t n) { _mm512_mask_storeu_ps(p, vm_first(n), v); }

VF_INLINE vf vf_add(vf a, vf b) { return _mm512_add_ps(a, b); }
VF_INLINE vf vf_sub(vf a, vf b) { return _mm512_sub_ps(a, b); }
VF_INLINE vf vf_mul(vf a, vf b) { return _mm512_mul_ps(a, b); }
VF_INLINE vf vf_div(vf a, vf b) { return _mm512_div_ps(a, b); }
VF_INLINE vf vf_fma(vf a, vf b, vf c) { return _mm512_fmadd_ps(a, b, c); }
VF_INLINE vf vf_min(vf a, vf b) { return _mm512_min_ps(a, b); }
VF_INLINE vf vf_max(vf a, vf b) { return _mm512_max_ps(a, b); }
VF_INLINE vf vf_round(vf a) { return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }

VF_INLINE vm vf_less(vf a, vf b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
VF_INLINE vf vf_select(vm mask, vf yes, vf no) { return _mm512_mask_blend_ps(mask, no, yes); }

VF_INLINE vf vf_negate(vf a) { return _mm512_xor_ps(_mm512_set1_ps(-0.0f), a); }
VF_INLINE vf vf_copysign(vf magnitude, vf sign) {
  vf bit = _mm512_set1_ps(-0.0f);
  return _mm512_or_ps(_mm512_andnot_ps(bit, magnitude), _mm512_and_ps(bit, sign));
}

VF_INLINE vf vf_scale(vf a, vf n) { return _mm512_scalef_ps(a, n); }
VF_INLINE vf vf_pow2(vf n) { return vf_scale(vf_set(1.0f), n); }

VF_INLINE float vf_sum(vf a) { return _mm512_reduce_add_ps(a); }
VF_INLINE float vf_largest(vf a) { return _mm512_reduce_max_ps(a); }

VF_INLINE void vf_zip(vf v[2]) {
  __m512i low = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  vf first = _mm512_permutex2var_ps(v[0], low, v[1]);
  v[1] = _mm512_permutex2var_ps(v[0], _mm512_add_epi32(low, _mm512_set1_epi32(8)), v[1]);
  v[0] = first;
}

// Element i of v[j] belongs to lane (3i + j) mod 16; then each result takes every third lane of each.
VF_INLINE void vf_zip3(vf v[3]) {
  __m512i third = _mm512_setr_epi32(0, 11, 6, 1, 12, 7, 2, 13, 8, 3, 14, 9, 4, 15, 10, 5);
  vf a = _mm512_permutexvar_ps(third, v[0]);
  vf b = _mm512_permutexvar_ps(_mm512_add_epi32(third, _mm512_set1_epi32(5)), v[1]);
  vf c = _mm512_permutexvar_ps(_mm512_add_epi32(third, _mm512_set1_epi32(10)), v[2]);
  v[0] = _mm512_mask_blend_ps(0x4924, _mm512_mask_blend_ps(0x2492, a, b), c);
  v[1] = _mm512_mask_blend_ps(0x2492, _mm512_mask_blend_ps(0x9249, a, b), c);
  v[2] = _mm512_mask_blend_ps(0x9249, _mm512_mask_blend_ps(0x4924, a, b), c);
}

#pragma clang attribute pop
