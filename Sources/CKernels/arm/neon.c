// The NEON level: its vector type, the shared kernels over it, and their table.

#if defined(__aarch64__)

#include "../tables.h"
#include "vector_neon.h"

#define CK_LEVEL(op) ck_##op##_f32_neon

#include "../simd/elementwise.h"
#include "../simd/softmax.h"
#include "../simd/transpose.h"
#include "../simd/normalize.h"
#include "../simd/epilogue.h"
#include "../simd/recurrent_step.h"
#include "../simd/gemm.h"
#include "../simd/conv_lines.h"
#include "../simd/spatial.h"
#include "../simd/conv3x3.h"
#include "../simd/conv1d.h"

const ck_kernels ck_kernels_neon = {
  .name = "neon",
  .tile_rows = VF_TILE_ROWS,
  .exp = CK_LEVEL(exp),
  .sigmoid = CK_LEVEL(sigmoid),
  .tanh = CK_LEVEL(tanh),
  .erf = CK_LEVEL(erf),
  .relu = CK_LEVEL(relu),
  .activate = CK_LEVEL(activate),
  .softmax = CK_LEVEL(softmax),
  .moments = CK_LEVEL(moments),
  .rescale = CK_LEVEL(rescale),
  .bias_act = CK_LEVEL(bias_act),
  .lstm_cell = CK_LEVEL(lstm_cell),
  .gru_cell = CK_LEVEL(gru_cell),
  .cell_packed_size = CK_LEVEL(cell_packed_size),
  .cell_pack = CK_LEVEL(cell_pack),
  .cell_step = CK_LEVEL(cell_step),
  .transpose = CK_LEVEL(transpose),
  .packed_size = CK_LEVEL(packed_size),
  .pack_b = CK_LEVEL(pack_b),
  .pack_b_transposed = CK_LEVEL(pack_b_transposed),
  .gemm = CK_LEVEL(gemm),
  .igemm = CK_LEVEL(igemm),
  .conv_lines = CK_LEVEL(conv_lines),
  .depthwise = CK_LEVEL(depthwise),
  .depthwise_lines = CK_LEVEL(depthwise_lines),
  .maxpool = CK_LEVEL(maxpool),
  .avgpool = CK_LEVEL(avgpool),
  .conv3x3_packed_size = CK_LEVEL(conv3x3_packed_size),
  .conv3x3_workspace = CK_LEVEL(conv3x3_workspace),
  .conv3x3_pack = CK_LEVEL(conv3x3_pack),
  .conv3x3 = CK_LEVEL(conv3x3),
  .conv1d_packed_size = CK_LEVEL(conv1d_packed_size),
  .conv1d_pack = CK_LEVEL(conv1d_pack),
  .conv1d_units = CK_LEVEL(conv1d_units),
  .conv1d_workspace = CK_LEVEL(conv1d_workspace),
  .conv1d = CK_LEVEL(conv1d),
};

#endif
