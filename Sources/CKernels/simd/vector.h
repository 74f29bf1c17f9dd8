// What a level's vector header provides, and what the kernels of this folder build on:
//
//   vf, vm, VF_LANES             vector of floats, lane mask, lanes per vector
//   vf_load_n, vf_store_n        the first n lanes, 0 <= n <= VF_LANES; a load sets the others to 0
//   vm_first(n)                  mask of the first n lanes
//   vf_fma(a, b, c)              a·b + c, rounded once
//   vf_min, vf_max               b when a or b is NaN
//   vf_pow2(n)                   2ⁿ for integral n in -126...127
//   vf_scale(a, n)               a·2ⁿ for integral n in -252...254, subnormal results included
//   vf_sum, vf_largest           over the lanes, in a fixed order
//   vf_zip(v), vf_zip3(v)        the elements of 2 or 3 vectors in turn, over them: v0[0], v1[0], …, v0[1], v1[1], …
//
// A level's source file includes its vector header, defines CK_LEVEL(op) as the symbol of the level's kernel, and then
// includes the kernels.

#ifndef CK_SIMD_VECTOR_H
#define CK_SIMD_VECTOR_H

#include "../include/CKernels.h"

// A loop over constants: unrolled, so that what it indexes stays in registers.
#define VF_EACH(i, count) _Pragma("clang loop unroll(full)") for (int i = 0; i < (count); i++)

// Floats of a line of the cache.
enum { LINE = 16 };

// Stores past the caches, where p is aligned to a vector.
VF_INLINE void vf_stream(float *p, vf v) {
  if ((size_t)p % sizeof v) return vf_store(p, v);
  __builtin_nontemporal_store(v, (vf *)p);
}

// Lanes of the vector that starts at element i of n.
VF_INLINE size_t vf_width(size_t i, size_t n) { return n - i < VF_LANES ? n - i : VF_LANES; }

// Lanes of vector v of a run of `width` floats; 0 beyond its end.
VF_INLINE size_t vector_width(size_t v, size_t width) {
  return v * VF_LANES < width ? vf_width(v * VF_LANES, width) : 0;
}

// How many of those that are left the next tile takes. The last two tiles share, because one of few has too few chains
// to hide the latency.
VF_INLINE size_t tile_share(size_t left, size_t most) {
  return left <= most ? left : left < 2 * most ? (left + 1) / 2 : most;
}

#endif
