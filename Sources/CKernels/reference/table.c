// The reference level.

#include "../tables.h"
#include "reference.h"

const ck_kernels ck_kernels_reference = {
  .name = "reference",
  .exp = ck_exp_f32_ref,
  .sigmoid = ck_sigmoid_f32_ref,
  .tanh = ck_tanh_f32_ref,
  .erf = ck_erf_f32_ref,
  .relu = ck_relu_f32_ref,
  .activate = ck_activate_f32_ref,
  .softmax = ck_softmax_f32_ref,
  .bias_act = ck_bias_act_f32_ref,
  .lstm_cell = ck_lstm_cell_f32_ref,
  .gru_cell = ck_gru_cell_f32_ref,
  .cell_packed_size = ck_cell_packed_size_f32_ref,
  .cell_pack = ck_cell_pack_f32_ref,
  .cell_step = ck_cell_step_f32_ref,
  .packed_size = ck_packed_size_f32_ref,
  .pack_b = ck_pack_b_f32_ref,
  .gemm = ck_gemm_f32_ref,
  .igemm = ck_igemm_f32_ref,
  .conv_lines = ck_conv_lines_f32_ref,
  .depthwise = ck_depthwise_f32_ref,
  .depthwise_lines = ck_depthwise_lines_f32_ref,
  .maxpool = ck_maxpool_f32_ref,
  .avgpool = ck_avgpool_f32_ref,
  .conv3x3_packed_size = ck_conv3x3_packed_size_f32_ref,
  .conv3x3_workspace = ck_conv3x3_workspace_f32_ref,
  .conv3x3_pack = ck_conv3x3_pack_f32_ref,
  .conv3x3 = ck_conv3x3_f32_ref,
  .conv1d_packed_size = ck_conv1d_packed_size_f32_ref,
  .conv1d_pack = ck_conv1d_pack_f32_ref,
  .conv1d_units = ck_conv1d_units_f32_ref,
  .conv1d_workspace = ck_conv1d_workspace_f32_ref,
  .conv1d = ck_conv1d_f32_ref,
};
