#include "CPeak.h"

enum { CHAINS = 12 };

// Written once for each width. The chains do not depend on each other, so that only the multipliers limit them.
#define PEAK(name, attributes, lanes)                                                                    \
  typedef float name##_vector __attribute__((vector_size(4 * lanes)));                                   \
  attributes static uint64_t name(uint64_t rounds) {                                                     \
    name##_vector chain[CHAINS], a, b;                                                                   \
    for (int l = 0; l < lanes; l++) { a[l] = 0.999f; b[l] = 0.001f; }                                    \
    for (int c = 0; c < CHAINS; c++) chain[c] = a + (float)c;                                            \
    for (uint64_t r = 0; r < rounds; r++) {                                                              \
      _Pragma("clang loop unroll(full)") for (int c = 0; c < CHAINS; c++) chain[c] = chain[c] * a + b;   \
    }                                                                                                    \
    for (int c = 0; c < CHAINS; c++) __asm__ volatile("" : : "m"(chain[c]));                             \
    return rounds * CHAINS * lanes * 2;                                                                  \
  }

#pragma clang fp contract(fast)

#if defined(__x86_64__)
PEAK(peak_avx512, __attribute__((target("avx512f"))), 16)
PEAK(peak_avx2, __attribute__((target("avx2,fma"))), 8)
#endif
PEAK(peak_plain, , 4)

uint64_t cpeak_run(uint64_t rounds) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return peak_avx512(rounds);
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return peak_avx2(rounds);
#endif
  return peak_plain(rounds);
}
