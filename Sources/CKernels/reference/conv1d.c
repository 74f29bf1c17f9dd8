#include <string.h>

#include "activation.h"
#include "reference.h"

size_t ck_conv1d_units_f32_ref(const ck_conv1d *conv) { return conv->lines; }

size_t ck_conv1d_workspace_f32_ref(const ck_conv1d *conv) {
  (void)conv;
  return 0;
}

size_t ck_conv1d_packed_size_f32_ref(size_t taps, size_t channels, size_t filters) { return taps * channels * filters; }

void ck_conv1d_pack_f32_ref(size_t taps, size_t channels, size_t filters, const float *kernel, float *packed) {
  memcpy(packed, kernel, taps * channels * filters * sizeof *kernel);
}

static float output_at(const ck_conv1d *conv, const float *line, const float *kernel, size_t i, size_t filter,
                       float sum) {
  for (size_t tap = 0; tap < conv->taps; tap++) {
    size_t pixel = i + tap * conv->dilation - conv->pad;
    // An index before the line wraps around to one far behind it.
    if (pixel >= conv->length) continue;
    for (size_t j = 0; j < conv->channels; j++) {
      sum += line[pixel * conv->channels + j] * kernel[(tap * conv->channels + j) * conv->filters + filter];
    }
  }
  return sum;
}

void ck_conv1d_f32_ref(const ck_conv1d *conv, size_t first, size_t end, const float *x, const float *packed, float *c,
                       size_t ldc, const ck_epilogue *epilogue, float *workspace) {
  (void)workspace;
  for (size_t pixel = first * conv->out_length; pixel < end * conv->out_length; pixel++) {
    const float *line = x + pixel / conv->out_length * conv->length * conv->channels;
    for (size_t j = 0; j < conv->filters; j++) {
      float v = output_at(conv, line, packed, pixel % conv->out_length, j,
                          epilogue && epilogue->bias ? epilogue->bias[j] : 0.0f);
      if (epilogue && epilogue->residual) v += epilogue->residual[pixel * epilogue->ldr + j];
      c[pixel * ldc + j] = epilogue ? ref_activate(v, epilogue->activation) : v;
    }
  }
}
