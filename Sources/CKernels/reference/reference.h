// The reference kernels, in the order of the table.

#ifndef CK_REFERENCE_H
#define CK_REFERENCE_H

#include "../include/CKernels.h"

void ck_exp_f32_ref(const float *x, float *y, size_t n);
void ck_sigmoid_f32_ref(const float *x, float *y, size_t n);
void ck_tanh_f32_ref(const float *x, float *y, size_t n);
void ck_erf_f32_ref(const float *x, float *y, size_t n);
void ck_relu_f32_ref(const float *x, float *y, size_t n);
void ck_activate_f32_ref(const float *x, float *y, size_t n, ck_activation activation);
void ck_softmax_f32_ref(const float *x, float *y, size_t rows, size_t n);
ck_moments ck_moments_f32_ref(const float *x, size_t n, float center);
void ck_rescale_f32_ref(const float *x, float *y, size_t n, const ck_rescaling *by);
void ck_bias_act_f32_ref(float *y, size_t rows, size_t n, size_t ldy, const ck_epilogue *epilogue);
void ck_lstm_cell_f32_ref(size_t rows, size_t units, const float *xz, size_t ldxz, const float *hz, size_t ldhz,
                          const float *c_prev, size_t ldcp, float *h, size_t ldh, float *c, size_t ldc,
                          ck_activation activation, ck_activation recurrent);
void ck_gru_cell_f32_ref(size_t rows, size_t units, const float *xz, size_t ldxz, const float *hz, size_t ldhz,
                         const float *h_prev, size_t ldhp, float *h, size_t ldh,
                         ck_activation activation, ck_activation recurrent);
size_t ck_cell_packed_size_f32_ref(ck_cell_kind kind, size_t k, size_t units);
void ck_cell_pack_f32_ref(ck_cell_kind kind, size_t k, size_t units, const float *kernel, float *packed);
void ck_cell_step_f32_ref(const ck_cell *cell, const ck_cell_rows *rows, size_t begin, size_t end);
size_t ck_packed_size_f32_ref(size_t k, size_t n);
void ck_transpose_f32_ref(size_t rows, size_t columns, const float *x, size_t ldx, float *y, size_t ldy);
void ck_pack_b_f32_ref(size_t k, size_t n, const float *b, size_t ldb, float *packed);
void ck_pack_b_transposed_f32_ref(size_t k, size_t n, const float *b, size_t ldb, float *packed);
void ck_gemm_f32_ref(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *packed, float *c,
                     size_t ldc, const ck_epilogue *epilogue);
void ck_igemm_f32_ref(size_t m, size_t n, size_t taps, size_t channels, const float *base, const int32_t *offsets,
                      const float *packed, float *c, size_t ldc, const ck_epilogue *epilogue);
void ck_conv_lines_f32_ref(const ck_conv_lines *conv, size_t m, size_t n, const float *a, const float *packed, float *c,
                           size_t ldc, const ck_epilogue *epilogue);
void ck_depthwise_f32_ref(size_t m, size_t channels, size_t taps, const float *base, const int32_t *offsets,
                          const float *weights, float *c, size_t ldc, const ck_epilogue *epilogue);
void ck_depthwise_lines_f32_ref(const ck_depthwise_lines *conv, size_t m, const float *a, const float *weights, float *c,
                                size_t ldc, const ck_epilogue *epilogue);
void ck_maxpool_f32_ref(size_t m, size_t channels, size_t taps, const float *base, const int32_t *offsets, float *c,
                        size_t ldc);
void ck_avgpool_f32_ref(size_t m, size_t channels, size_t taps, const float *base, const int32_t *offsets, float *c,
                        size_t ldc);
size_t ck_conv3x3_packed_size_f32_ref(size_t tile, size_t kernel_depth, size_t channels, size_t filters);
size_t ck_conv3x3_workspace_f32_ref(const ck_conv3x3 *conv);
void ck_conv3x3_pack_f32_ref(size_t tile, size_t kernel_depth, size_t channels, size_t filters, const float *kernel,
                             float *packed);
void ck_conv3x3_f32_ref(const ck_conv3x3 *conv, ck_conv3x3_part part, const float *images, const float *packed,
                        float *c, size_t ldc, const ck_epilogue *epilogue, float *workspace);
size_t ck_conv1d_packed_size_f32_ref(size_t taps, size_t channels, size_t filters);
void ck_conv1d_pack_f32_ref(size_t taps, size_t channels, size_t filters, const float *kernel, float *packed);
size_t ck_conv1d_units_f32_ref(const ck_conv1d *conv);
size_t ck_conv1d_workspace_f32_ref(const ck_conv1d *conv);
void ck_conv1d_f32_ref(const ck_conv1d *conv, size_t first, size_t end, const float *x, const float *packed, float *c,
                       size_t ldc, const ck_epilogue *epilogue, float *workspace);

#endif
