// The tables that `dispatch.c` chooses from.

#ifndef CK_TABLES_H
#define CK_TABLES_H

#include "include/CKernels.h"

extern const ck_kernels ck_kernels_reference;

#if defined(__x86_64__)
extern const ck_kernels ck_kernels_avx2;
extern const ck_kernels ck_kernels_avx512;
#elif defined(__aarch64__)
extern const ck_kernels ck_kernels_neon;
#endif

#endif
