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
    vf e = vf_exp_negative(vf_sub(vf_load_n(x + i, width), vf_set(shift)));
    vf_store_n(y + i, e, width);
    sum = vf_add(sum, vf_select(vm_first(width), e, vf_set(0.0f)));
  }
  return vf_sum(sum);
}

// Rows at once of those that fit two vectors: each is loaded before any is stored, because a load waits long for a
// store through a mask that reaches into it.
enum { SHORT_ROWS = 4, SHORT_VECTORS = 2 };

// Softmax of `count` rows of at most `vectors` vectors, which stay in registers.
VF_INLINE void short_rows(const float *x, float *y, size_t count, size_t n, size_t vectors) {
  vf e[SHORT_ROWS][SHORT_VECTORS], share[SHORT_ROWS];
  size_t tail = n - (vectors - 1) * VF_LANES;
  vm inside = vm_first(tail);
  for (size_t r = 0; r < count; r++) {
    for (size_t v = 0; v < vectors; v++) {
      size_t width = v + 1 == vectors ? tail : VF_LANES;
      e[r][v] = vf_load_n(x + r * n + v * VF_LANES, width);
    }
  }
  for (size_t r = 0; r < count; r++) {
    vf largest = vf_select(inside, e[r][vectors - 1], vf_set(-INFINITY));
    for (size_t v = 0; v + 1 < vectors; v++) largest = vf_max(e[r][v], largest);
    vf shift = vf_set(vf_largest(largest));
    for (size_t v = 0; v < vectors; v++) e[r][v] = vf_exp_negative(vf_sub(e[r][v], shift));
    vf total = vf_select(inside, e[r][vectors - 1], vf_set(0.0f));
    for (size_t v = 0; v + 1 < vectors; v++) total = vf_add(total, e[r][v]);
    share[r] = vf_div(vf_set(1.0f), vf_set(vf_sum(total)));
  }
  for (size_t r = 0; r < count; r++) {
    for (size_t v = 0; v < vectors; v++) {
      size_t width = v + 1 == vectors ? tail : VF_LANES;
      vf_store_n(y + r * n + v * VF_LANES, vf_mul(e[r][v], share[r]), width);
    }
  }
}

VF_INLINE void all_short_rows(const float *x, float *y, size_t rows, size_t n, size_t vectors) {
  size_t r = 0;
  for (; r + SHORT_ROWS <= rows; r += SHORT_ROWS) short_rows(x + r * n, y + r * n, SHORT_ROWS, n, vectors);
  for (; r < rows; r++) short_rows(x + r * n, y + r * n, 1, n, vectors);
}

static void CK_LEVEL(softmax)(const float *x, float *y, size_t rows, size_t n) {
  if (n <= VF_LANES) return all_short_rows(x, y, rows, n, 1);
  if (n <= 2 * VF_LANES) return all_short_rows(x, y, rows, n, 2);
  for (size_t r = 0; r < rows; r++, x += n, y += n) {
    vf share = vf_div(vf_set(1.0f), vf_set(row_exp(x, y, n, row_largest(x, n))));
    for (size_t i = 0; i < n; i += VF_LANES) {
      size_t width = vf_width(i, n);
      vf_store_n(y + i, vf_mul(vf_load_n(y + i, width), share), width);
    }
  }
}
