// Chooses a level once and forwards the public functions to its table.

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "tables.h"

const ck_kernels *ck_kernels_for(ck_isa_level level) {
  switch (level) {
  case CK_ISA_REFERENCE:
    return &ck_kernels_reference;
#if defined(__x86_64__)
  case CK_ISA_AVX2:
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &ck_kernels_avx2 : NULL;
  case CK_ISA_AVX512:
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")
               ? &ck_kernels_avx512
               : NULL;
#elif defined(__aarch64__)
  case CK_ISA_NEON:
    return &ck_kernels_neon;
#endif
  default:
    return NULL;
  }
}

// The level named by OSTINATO_ISA when the machine has it, else the highest one the machine has.
static const ck_kernels *choose(void) {
  static const ck_isa_level best_first[] = {CK_ISA_AVX512, CK_ISA_AVX2, CK_ISA_NEON, CK_ISA_REFERENCE};
  const char *wanted = getenv("OSTINATO_ISA");
  const ck_kernels *best = NULL;
  for (size_t i = 0; i < sizeof best_first / sizeof *best_first; i++) {
    const ck_kernels *table = ck_kernels_for(best_first[i]);
    if (table && wanted && strcmp(table->name, wanted) == 0) return table;
    if (table && !best) best = table;
  }
  return best;
}

static const ck_kernels *kernels(void) {
  static _Atomic(const ck_kernels *) chosen;
  const ck_kernels *table = atomic_load_explicit(&chosen, memory_order_relaxed);
  if (!table) {
    table = choose();
    atomic_store_explicit(&chosen, table, memory_order_relaxed);
  }
  return table;
}

const char *ck_isa(void) { return kernels()->name; }

void ck_exp_f32(const float *x, float *y, size_t n) { kernels()->exp(x, y, n); }

void ck_sigmoid_f32(const float *x, float *y, size_t n) { kernels()->sigmoid(x, y, n); }

void ck_tanh_f32(const float *x, float *y, size_t n) { kernels()->tanh(x, y, n); }

void ck_erf_f32(const float *x, float *y, size_t n) { kernels()->erf(x, y, n); }

void ck_relu_f32(const float *x, float *y, size_t n) { kernels()->relu(x, y, n); }

void ck_activate_f32(const float *x, float *y, size_t n, ck_activation activation) {
  kernels()->activate(x, y, n, activation);
}

void ck_softmax_f32(const float *x, float *y, size_t rows, size_t n) { kernels()->softmax(x, y, rows, n); }

ck_moments ck_moments_f32(const float *x, size_t n, float center) { return kernels()->moments(x, n, center); }

void ck_rescale_f32(const float *x, float *y, size_t n, const ck_rescaling *by) { kernels()->rescale(x, y, n, by); }

void ck_bias_act_f32(float *y, size_t rows, size_t n, size_t ldy, const ck_epilogue *epilogue) {
  kernels()->bias_act(y, rows, n, ldy, epilogue);
}

void ck_lstm_cell_f32(size_t rows, size_t units, const float *xz, size_t ldxz, const float *hz, size_t ldhz,
                      const float *c_prev, size_t ldcp, float *h, size_t ldh, float *c, size_t ldc,
                      ck_activation activation, ck_activation recurrent) {
  kernels()->lstm_cell(rows, units, xz, ldxz, hz, ldhz, c_prev, ldcp, h, ldh, c, ldc, activation, recurrent);
}

void ck_gru_cell_f32(size_t rows, size_t units, const float *xz, size_t ldxz, const float *hz, size_t ldhz,
                     const float *h_prev, size_t ldhp, float *h, size_t ldh,
                     ck_activation activation, ck_activation recurrent) {
  kernels()->gru_cell(rows, units, xz, ldxz, hz, ldhz, h_prev, ldhp, h, ldh, activation, recurrent);
}

size_t ck_cell_packed_size_f32(ck_cell_kind kind, size_t k, size_t units) {
  return kernels()->cell_packed_size(kind, k, units);
}

void ck_cell_pack_f32(ck_cell_kind kind, size_t k, size_t units, const float *kernel, float *packed) {
  kernels()->cell_pack(kind, k, units, kernel, packed);
}

void ck_cell_step_f32(const ck_cell *cell, const ck_cell_rows *rows, size_t begin, size_t end) {
  kernels()->cell_step(cell, rows, begin, end);
}

void ck_transpose_f32(size_t rows, size_t columns, const float *x, size_t ldx, float *y, size_t ldy) {
  kernels()->transpose(rows, columns, x, ldx, y, ldy);
}

size_t ck_tile_rows(void) { return kernels()->tile_rows; }

size_t ck_packed_size_f32(size_t k, size_t n) { return kernels()->packed_size(k, n); }

void ck_pack_b_f32(size_t k, size_t n, const float *b, size_t ldb, float *packed) {
  kernels()->pack_b(k, n, b, ldb, packed);
}

void ck_pack_b_transposed_f32(size_t k, size_t n, const float *b, size_t ldb, float *packed) {
  kernels()->pack_b_transposed(k, n, b, ldb, packed);
}

void ck_gemm_f32(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *packed, float *c, size_t ldc,
                 const ck_epilogue *epilogue) {
  kernels()->gemm(m, n, k, a, lda, packed, c, ldc, epilogue);
}

void ck_igemm_f32(size_t m, size_t n, size_t taps, size_t channels, const float *base, const int32_t *offsets,
                  const float *packed, float *c, size_t ldc, const ck_epilogue *epilogue) {
  kernels()->igemm(m, n, taps, channels, base, offsets, packed, c, ldc, epilogue);
}

void ck_conv_lines_f32(const ck_conv_lines *conv, size_t m, size_t n, const float *a, const float *packed, float *c,
                       size_t ldc, const ck_epilogue *epilogue) {
  kernels()->conv_lines(conv, m, n, a, packed, c, ldc, epilogue);
}

void ck_depthwise_f32(size_t m, size_t channels, size_t taps, const float *base, const int32_t *offsets,
                      const float *weights, float *c, size_t ldc, const ck_epilogue *epilogue) {
  kernels()->depthwise(m, channels, taps, base, offsets, weights, c, ldc, epilogue);
}

void ck_depthwise_lines_f32(const ck_depthwise_lines *conv, size_t m, const float *a, const float *weights, float *c,
                            size_t ldc, const ck_epilogue *epilogue) {
  kernels()->depthwise_lines(conv, m, a, weights, c, ldc, epilogue);
}

void ck_maxpool_f32(size_t m, size_t channels, size_t taps, const float *base, const int32_t *offsets, float *c,
                    size_t ldc) {
  kernels()->maxpool(m, channels, taps, base, offsets, c, ldc);
}

void ck_avgpool_f32(size_t m, size_t channels, size_t taps, const float *base, const int32_t *offsets, float *c,
                    size_t ldc) {
  kernels()->avgpool(m, channels, taps, base, offsets, c, ldc);
}

size_t ck_conv3x3_packed_size_f32(size_t tile, size_t kernel_depth, size_t channels, size_t filters) {
  return kernels()->conv3x3_packed_size(tile, kernel_depth, channels, filters);
}

size_t ck_conv3x3_workspace_f32(const ck_conv3x3 *conv) { return kernels()->conv3x3_workspace(conv); }

void ck_conv3x3_pack_f32(size_t tile, size_t kernel_depth, size_t channels, size_t filters, const float *kernel,
                         float *packed) {
  kernels()->conv3x3_pack(tile, kernel_depth, channels, filters, kernel, packed);
}

void ck_conv3x3_f32(const ck_conv3x3 *conv, ck_conv3x3_part part, const float *images, const float *packed, float *c,
                    size_t ldc, const ck_epilogue *epilogue, float *workspace) {
  kernels()->conv3x3(conv, part, images, packed, c, ldc, epilogue, workspace);
}

size_t ck_conv1d_packed_size_f32(size_t taps, size_t channels, size_t filters) {
  return kernels()->conv1d_packed_size(taps, channels, filters);
}

void ck_conv1d_pack_f32(size_t taps, size_t channels, size_t filters, const float *kernel, float *packed) {
  kernels()->conv1d_pack(taps, channels, filters, kernel, packed);
}

size_t ck_conv1d_units_f32(const ck_conv1d *conv) { return kernels()->conv1d_units(conv); }

size_t ck_conv1d_workspace_f32(const ck_conv1d *conv) { return kernels()->conv1d_workspace(conv); }

void ck_conv1d_f32(const ck_conv1d *conv, size_t first, size_t end, const float *x, const float *packed, float *c,
                   size_t ldc, const ck_epilogue *epilogue, float *workspace) {
  kernels()->conv1d(conv, first, end, x, packed, c, ldc, epilogue, workspace);
}
