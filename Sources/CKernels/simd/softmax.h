// Softmax of contiguous rows: largest element, exponentials and their sum, division.

#include "elementary.h"

VF_INLINE float row_largest(const float *x, size_t n) {
  vf largest = vf_set(-INFINITY);
  for (size_t i = 0; i < n; i += VF_LANES) {
    size_t width = vf_width(i, n);
    largest = vf_max(vf_select(vm_first(width), vf_load_n(x + i, width), largest), largest);
  }
  return vf_largest(largest);
}

VF_INLINE float row_exp(const float *x, float *y, size_t n, float shift) {
  vf sum = vf_set(0.0f);
  for (size_t i = 0; i < n; i += VF_LANES) {
    size_t width = vf_width(i, n);
    vf e = vf_exp(vf_sub(vf_load_n(x + i, width), vf_set(shift)));
    vf_store_n(y + i, e, width);
    sum = vf_add(sum, vf_select(vm_first(width), e, vf_set(0.0f)));
  }
  return vf_sum(sum);
}

static void CK_LEVEL(softmax)(const float *x, float *y, size_t rows, size_t n) {
  for (size_t r = 0; r < rows; r++, x += n, y += n) {
    vf sum = vf_set(row_exp(x, y, n, row_largest(x, n)));
    for (size_t i = 0; i < n; i += VF_LANES) {
      size_t width = vf_width(i, n);
      vf_store_n(y + i, vf_div(vf_load_n(y + i, width), sum), width);
    }
  }
}
