#include "activation.h"
#include "reference.h"

enum { PANEL = 16 };

size_t ck_packed_size_f32_ref(size_t k, size_t n) { return (n + PANEL - 1) / PANEL * PANEL * k; }

void ck_pack_b_f32_ref(size_t k, size_t n, const float *b, size_t ldb, float *packed) {
  for (size_t j = 0; j < n; j += PANEL) {
    for (size_t kk = 0; kk < k; kk++) {
      for (size_t v = 0; v < PANEL; v++) *packed++ = j + v < n ? b[kk * ldb + j + v] : 0.0f;
    }
  }
}

void ck_pack_b_transposed_f32_ref(size_t k, size_t n, const float *b, size_t ldb, float *packed) {
  for (size_t j = 0; j < n; j += PANEL) {
    for (size_t kk = 0; kk < k; kk++) {
      for (size_t v = 0; v < PANEL; v++) *packed++ = j + v < n ? b[(j + v) * ldb + kk] : 0.0f;
    }
  }
}

static float packed_at(const float *packed, size_t k, size_t kk, size_t j) {
  return packed[(j / PANEL * k + kk) * PANEL + j % PANEL];
}

static float finish(float sum, size_t i, size_t j, const ck_epilogue *epilogue) {
  if (!epilogue) return sum;
  if (epilogue->residual) sum += epilogue->residual[i * epilogue->ldr + j];
  return ref_activate(sum, epilogue->activation);
}

void ck_gemm_f32_ref(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *packed, float *c,
                     size_t ldc, const ck_epilogue *epilogue) {
  for (size_t i = 0; i < m; i++) {
    for (size_t j = 0; j < n; j++) {
      float sum = epilogue && epilogue->bias ? epilogue->bias[j] : 0.0f;
      for (size_t kk = 0; kk < k; kk++) sum += a[i * lda + kk] * packed_at(packed, k, kk, j);
      c[i * ldc + j] = finish(sum, i, j, epilogue);
    }
  }
}

void ck_igemm_f32_ref(size_t m, size_t n, size_t taps, size_t channels, const float *base, const int32_t *offsets,
                      const float *packed, float *c, size_t ldc, const ck_epilogue *epilogue) {
  size_t k = taps * channels;
  for (size_t i = 0; i < m; i++) {
    for (size_t j = 0; j < n; j++) {
      float sum = epilogue && epilogue->bias ? epilogue->bias[j] : 0.0f;
      for (size_t kk = 0; kk < k; kk++) {
        int32_t offset = offsets[i * taps + kk / channels];
        float x = offset < 0 ? 0.0f : base[offset + kk % channels];
        sum += x * packed_at(packed, k, kk, j);
      }
      c[i * ldc + j] = finish(sum, i, j, epilogue);
    }
  }
}

void ck_conv_lines_f32_ref(const ck_conv_lines *conv, size_t m, size_t n, const float *a, const float *packed, float *c,
                           size_t ldc, const ck_epilogue *epilogue) {
  size_t k = conv->kernel_planes * conv->kernel_lines * conv->run;
  for (size_t i = 0; i < conv->outputs * m; i++) {
    for (size_t j = 0; j < n; j++) {
      float sum = epilogue && epilogue->bias ? epilogue->bias[j] : 0.0f;
      for (size_t l = 0; l < conv->planes * conv->lines; l++) {
        size_t plane = l / conv->lines, line = l % conv->lines;
        const float *x =
          a + i / m * conv->step + plane * conv->plane_stride + line * conv->line_stride + i % m * conv->lda;
        size_t first = ((conv->first_plane + plane) * conv->kernel_lines + conv->first_line + line) * conv->run;
        for (size_t t = 0; t < conv->run; t++) sum += x[t] * packed_at(packed, k, first + t, j);
      }
      c[i * ldc + j] = finish(sum, i, j, epilogue);
    }
  }
}
