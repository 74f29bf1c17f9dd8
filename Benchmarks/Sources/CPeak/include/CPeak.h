// What one core can do at most.

#ifndef CPEAK_H
#define CPEAK_H

#include <stdint.h>

// Runs `rounds` rounds of independent single-precision fused multiply-adds, as wide as the processor has them, and
// returns how many floating-point operations that was, a multiply-add counted as two.
uint64_t cpeak_run(uint64_t rounds);

#endif
