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
  size_t tile = conv->tile, columns = (conv->out_width + tile - 1) / tile, rows = (conv->out_height + tile - 1) / tile;
  for (size_t t = part.first_tile; t < part.end_tile; t++) {
    size_t number = t / columns / rows, top = t / columns % rows * tile, left = t % columns * tile;
    const float *image = images + number * conv->height * conv->width * conv->channels;
    for (size_t place = 0; place < tile * tile; place++) {
      size_t y = top + place / tile, x = left + place % tile, pixel = (number * conv->out_height + y) * conv->out_width + x;
      if (y >= conv->out_height || x >= conv->out_width) continue;
      for (size_t j = part.first_filter; j < part.end_filter; j++) {
        float v = output_at(conv, image, packed, y, x, j, epilogue && epilogue->bias ? epilogue->bias[j] : 0.0f);
        if (epilogue && epilogue->residual) v += epilogue->residual[pixel * epilogue->ldr + j];
        c[pixel * ldc + j] = epilogue ? ref_activate(v, epilogue->activation) : v;
      }
    }
  }
}
