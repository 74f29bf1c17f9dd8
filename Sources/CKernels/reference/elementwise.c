#include "activation.h"
#include "reference.h"

void ck_exp_f32_ref(const float *x, float *y, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] = expf(x[i]);
}

void ck_sigmoid_f32_ref(const float *x, float *y, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] = ref_sigmoid(x[i]);
}

void ck_tanh_f32_ref(const float *x, float *y, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] = tanhf(x[i]);
}

void ck_erf_f32_ref(const float *x, float *y, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] = erff(x[i]);
}

void ck_relu_f32_ref(const float *x, float *y, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] = x[i] < 0 ? 0.0f : x[i];
}

void ck_activate_f32_ref(const float *x, float *y, size_t n, ck_activation activation) {
  for (size_t i = 0; i < n; i++) y[i] = ref_activate(x[i], activation);
}

void ck_softmax_f32_ref(const float *x, float *y, size_t rows, size_t n) {
  for (size_t r = 0; r < rows; r++, x += n, y += n) {
    float largest = -INFINITY, sum = 0.0f;
    for (size_t i = 0; i < n; i++) largest = x[i] > largest ? x[i] : largest;
    for (size_t i = 0; i < n; i++) sum += y[i] = expf(x[i] - largest);
    for (size_t i = 0; i < n; i++) y[i] /= sum;
  }
}

ck_moments ck_moments_f32_ref(const float *x, size_t n, float center) {
  double sum = 0.0, squares = 0.0;
  for (size_t i = 0; i < n; i++) {
    double distance = (double)x[i] - center;
    sum += distance;
    squares += distance * distance;
  }
  return (ck_moments){.sum = (float)sum, .squares = (float)squares};
}

void ck_rescale_f32_ref(const float *x, float *y, size_t n, const ck_rescaling *by) {
  for (size_t i = 0; i < n; i++) {
    double v = ((double)x[i] - by->center) * by->scale + by->shift;
    y[i] = (float)v * (by->gamma ? by->gamma[i] : 1.0f) + (by->beta ? by->beta[i] : 0.0f);
  }
}

void ck_bias_act_f32_ref(float *y, size_t rows, size_t n, size_t ldy, const ck_epilogue *epilogue) {
  for (size_t r = 0; r < rows; r++) {
    for (size_t j = 0; j < n; j++) {
      float v = y[r * ldy + j];
      if (epilogue->bias) v += epilogue->bias[j];
      if (epilogue->residual) v += epilogue->residual[r * epilogue->ldr + j];
      y[r * ldy + j] = ref_activate(v, epilogue->activation);
    }
  }
}
