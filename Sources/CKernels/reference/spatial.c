#include "activation.h"
#include "reference.h"

void ck_depthwise_f32_ref(size_t m, size_t channels, size_t taps, const float *base, const int32_t *offsets,
                          const float *weights, float *c, size_t ldc, const ck_epilogue *epilogue) {
  for (size_t i = 0; i < m; i++) {
    for (size_t j = 0; j < channels; j++) {
      float sum = epilogue && epilogue->bias ? epilogue->bias[j] : 0.0f;
      for (size_t t = 0; t < taps; t++) {
        int32_t offset = offsets[i * taps + t];
        if (offset >= 0) sum += base[offset + j] * weights[t * channels + j];
      }
      if (epilogue && epilogue->residual) sum += epilogue->residual[i * epilogue->ldr + j];
      c[i * ldc + j] = epilogue ? ref_activate(sum, epilogue->activation) : sum;
    }
  }
}

void ck_depthwise_lines_f32_ref(const ck_depthwise_lines *conv, size_t m, const float *a, const float *weights, float *c,
                                size_t ldc, const ck_epilogue *epilogue) {
  for (size_t i = 0; i < conv->outputs * m; i++) {
    const float *first = a + i / m * conv->step + i % m * conv->stride * conv->channels;
    size_t row = i / m * conv->pitch + i % m;
    for (size_t j = 0; j < conv->channels; j++) {
      float sum = epilogue && epilogue->bias ? epilogue->bias[j] : 0.0f;
      for (size_t t = 0; t < conv->lines * conv->width; t++) {
        const float *x = first + t / conv->width * conv->line_stride + t % conv->width * conv->channels;
        sum += x[j] * weights[t * conv->channels + j];
      }
      if (epilogue && epilogue->residual) sum += epilogue->residual[row * epilogue->ldr + j];
      c[row * ldc + j] = epilogue ? ref_activate(sum, epilogue->activation) : sum;
    }
  }
}

void ck_maxpool_f32_ref(size_t m, size_t channels, size_t taps, const float *base, const int32_t *offsets, float *c,
                        size_t ldc) {
  for (size_t i = 0; i < m; i++) {
    for (size_t j = 0; j < channels; j++) {
      float largest = -INFINITY;
      for (size_t t = 0; t < taps; t++) {
        int32_t offset = offsets[i * taps + t];
        if (offset >= 0 && base[offset + j] > largest) largest = base[offset + j];
      }
      c[i * ldc + j] = largest;
    }
  }
}

void ck_avgpool_f32_ref(size_t m, size_t channels, size_t taps, const float *base, const int32_t *offsets, float *c,
                        size_t ldc) {
  for (size_t i = 0; i < m; i++) {
    for (size_t j = 0; j < channels; j++) {
      float sum = 0.0f;
      size_t count = 0;
      for (size_t t = 0; t < taps; t++) {
        int32_t offset = offsets[i * taps + t];
        if (offset < 0) continue;
        sum += base[offset + j];
        count++;
      }
      c[i * ldc + j] = sum / (float)count;
    }
  }
}
