#include <string.h>

#include "activation.h"
#include "reference.h"

size_t ck_conv3x3_packed_size_f32_ref(size_t tile, size_t kernel_depth, size_t channels, size_t filters) {
  (void)tile;
  return kernel_depth * 9 * channels * filters;
}

size_t ck_conv3x3_workspace_f32_ref(const ck_conv3x3 *conv) {
  (void)conv;
  return 0;
}

void ck_conv3x3_pack_f32_ref(size_t tile, size_t kernel_depth, size_t channels, size_t filters, const float *kernel,
                             float *packed) {
  (void)tile;
  memcpy(packed, kernel, kernel_depth * 9 * channels * filters * sizeof *kernel);
}

static float output_at(const ck_conv3x3 *conv, const float *volume, const float *kernel, size_t z, size_t y, size_t x,
                       size_t filter, float sum) {
  for (size_t tap = 0; tap < conv->kernel_depth * 9; tap++) {
    size_t plane = z + tap / 9 - conv->pad_front;
    size_t row = y + tap / 3 % 3 - conv->pad_top, column = x + tap % 3 - conv->pad_left;
    // An index before the volume wraps around to one far behind it.
    if (plane >= conv->depth || row >= conv->height || column >= conv->width) continue;
    const float *pixel = volume + ((plane * conv->height + row) * conv->width + column) * conv->channels;
    for (size_t j = 0; j < conv->channels; j++) {
      sum += pixel[j] * kernel[(tap * conv->channels + j) * conv->filters + filter];
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
    const float *volume = images + number * conv->depth * conv->height * conv->width * conv->channels;
    for (size_t place = 0; place < conv->out_depth * tile * tile; place++) {
      size_t z = place / (tile * tile), y = top + place / tile % tile, x = left + place % tile;
      size_t pixel = ((number * conv->out_depth + z) * conv->out_height + y) * conv->out_width + x;
      if (y >= conv->out_height || x >= conv->out_width) continue;
      for (size_t j = part.first_filter; j < part.end_filter; j++) {
        float v = output_at(conv, volume, packed, z, y, x, j, epilogue && epilogue->bias ? epilogue->bias[j] : 0.0f);
        if (epilogue && epilogue->residual) v += epilogue->residual[pixel * epilogue->ldr + j];
        c[pixel * ldc + j] = epilogue ? ref_activate(v, epilogue->activation) : v;
      }
    }
  }
}
