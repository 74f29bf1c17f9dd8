// Softmax of contiguous rows: largest element, exponentials and their sum, division.

#include "elementary.h"

VF_INLINE float row_largest(const float *x, size_t n) {
  vf chains[4], largest = vf_set(-INFINITY);
  size_t i = 0;
  VF_EACH(c, 4) chains[c] = largest;
  for (; i + 4 * VF_LANES <= n; i += 4 * VF_LANES) {
    VF_EACH(c, 4) chains[c] = vf_max(vf_load(x + i + c * VF_LANES), chains[c]);
  }
  VF_EACH(c, 4) largest = vf_max(chains[c], largest);
  for (; i + VF_LANES <= n; i += VF_LANES) largest = vf_max(vf_load(x + i), largest);
  if (i < n) largest = vf_max(vf_select(vm_first(n - i), vf_load_n(x + i, n - i), largest), largest);
  return vf_largest(largest);
}

VF_INLINE float row_exp(const float *x, float *y, size_t n, float shift) {
  vf sum = vf_set(0.0f);
  size_t i = 0;
  for (; i + VF_LANES <= n; i += VF_LANES) {
    vf e = vf_exp_negative(vf_sub(vf_load(x + i), vf_set(shift)));
    vf_store(y + i, e);
    sum = vf_add(sum, e);
  }
  if (i < n) {
    vf e = vf_exp_negative(vf_sub(vf_load_n(x + i, n - i), vf_set(shift)));
    vf_store_n(y + i, e, n - i);
    sum = vf_add(sum, vf_select(vm_first(n - i), e, vf_set(0.0f)));
  }
  return vf_sum(sum);
}

// Rows at once of those that fit one or two vectors, half as many of those that fit four, each stage of all of them before
// the next: the chain of one row is long, and the processor does not look far enough ahead to find the other rows by itself.
enum { SHORT_ROWS = 8, SHORT_VECTORS = 4 };

// Softmax of `count` rows of `vectors` vectors, the last of them perhaps cut; both are constants at every call.
VF_INLINE void short_rows(const float *x, float *y, const int count, size_t n, const int vectors) {
  vf e[SHORT_ROWS][SHORT_VECTORS], shift[SHORT_ROWS], share[SHORT_ROWS];
  size_t last = vectors - 1, tail = n - last * VF_LANES;
  vm inside = vm_first(tail);
  VF_EACH(r, count) {
    VF_EACH(v, vectors) e[r][v] = vf_load_n(x + r * n + v * VF_LANES, v < vectors - 1 ? VF_LANES : tail);
  }
  VF_EACH(r, count) {
    vf largest = vf_select(inside, e[r][last], vf_set(-INFINITY));
    VF_EACH(v, vectors - 1) largest = vf_max(e[r][v], largest);
    shift[r] = vf_set(vf_largest(largest));
  }
  VF_EACH(r, count) {
    VF_EACH(v, vectors) e[r][v] = vf_exp_negative(vf_sub(e[r][v], shift[r]));
  }
  VF_EACH(r, count) {
    vf total = vf_select(inside, e[r][last], vf_set(0.0f));
    VF_EACH(v, vectors - 1) total = vf_add(total, e[r][v]);
    share[r] = vf_div(vf_set(1.0f), vf_set(vf_sum(total)));
  }
  // What whole vectors have beyond the end of a row lies in the next row, which is stored after it.
  int spills = 2 * n >= (size_t)vectors * VF_LANES;
  VF_EACH(r, count) {
    VF_EACH(v, vectors) {
      int is_whole = v < vectors - 1 || (spills && r < count - 1);
      vf_store_n(y + r * n + v * VF_LANES, vf_mul(e[r][v], share[r]), is_whole ? VF_LANES : tail);
    }
  }
}

VF_INLINE void all_short_rows(const float *x, float *y, size_t rows, size_t n, const int vectors) {
  const int together = vectors <= 2 ? SHORT_ROWS : SHORT_ROWS / 2;
  size_t r = 0;
  for (; r + together <= rows; r += together) short_rows(x + r * n, y + r * n, together, n, vectors);
  for (; r < rows; r++) short_rows(x + r * n, y + r * n, 1, n, vectors);
}

static void CK_LEVEL(softmax)(const float *x, float *y, size_t rows, size_t n) {
  if (n <= VF_LANES) return all_short_rows(x, y, rows, n, 1);
  if (n <= 2 * VF_LANES) return all_short_rows(x, y, rows, n, 2);
  if (n <= 3 * VF_LANES) return all_short_rows(x, y, rows, n, 3);
  if (n <= 4 * VF_LANES) return all_short_rows(x, y, rows, n, 4);
  for (size_t r = 0; r < rows; r++, x += n, y += n) {
    vf share = vf_div(vf_set(1.0f), vf_set(row_exp(x, y, n, row_largest(x, n))));
    size_t i = 0;
    for (; i + VF_LANES <= n; i += VF_LANES) vf_store(y + i, vf_mul(vf_load(y + i), share));
    if (i < n) vf_store_n(y + i, vf_mul(vf_load_n(y + i, n - i), share), n - i);
  }
}
