#include <string.h>

#include "activation.h"
#include "reference.h"

size_t ck_conv3x3_packed_size_f32_ref(size_t tile, size_t channels, size_t filters) {
  (void)tile;
  return 9 * channels * filters;
}

size_t ck_conv3x3_workspace_f32_ref(size_t tile, size_t channels, size_t filters) {
  (void)tile, (void)channels, (void)filters;
  return 0;
}

void ck_conv3x3_pack_f32_ref(size_t tile, size_t channels, size_t filters, const float *kernel, float *packed,
                             float *scratch) {
  (void)tile, (void)scratch;
  memcpy(packed, kernel, 9 * channels * filters * sizeof *kernel);
}

static float output_at(const ck_conv3x3 *conv, const float *image, const float *kernel, size_t y, size_t x,
                       size_t filter, float sum) {
  for (size_t tap = 0; tap < 9; tap++) {
    size_t row = y + tap / 3 - conv->pad_top, column = x + tap % 3 - conv->pad_left;
    // An index before the image wraps around to one far behind it.
    if (row >= conv->height || column >= conv->width) continue;
    for (size_t j = 0; j < conv->channels; j++) {
      sum += image[(row * conv->width + column) * conv->channels + j] *
             kernel[(tap * conv->channels + j) * conv->filters + filter];
    }
  }
  return sum;
}

void ck_conv3x3_f32_ref(const ck_conv3x3 *conv, ck_conv3x3_part part, const float *images, const float *packed,
                        float *c, size_t ldc, const ck_epilogue *epilogue, float *workspace) {
  (void)workspace;
  size_t rows = (conv->out_height + conv->tile - 1) / conv->tile;
  for (size_t line = part.first_row * conv->tile; line < part.end_row * conv->tile; line++) {
    size_t number = line / (rows * conv->tile), y = line % (rows * conv->tile);
    if (y >= conv->out_height) continue;
    const float *image = images + number * conv->height * conv->width * conv->channels;
    for (size_t x = 0; x < conv->out_width; x++) {
      size_t pixel = (number * conv->out_height + y) * conv->out_width + x;
      for (size_t j = part.first_filter; j < part.end_filter; j++) {
        float v = output_at(conv, image, packed, y, x, j, epilogue && epilogue->bias ? epilogue->bias[j] : 0.0f);
        if (epilogue && epilogue->residual) v += epilogue->residual[pixel * epilogue->ldr + j];
        c[pixel * ldc + j] = epilogue ? ref_activate(v, epilogue->activation) : v;
      }
    }
  }
}
