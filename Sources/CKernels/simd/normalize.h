// Sums of a row, and the row brought to a common mean and size.

#include "elementary.h"

VF_INLINE void add_moments(vf x, vf center, vf *sum, vf *squares) {
  vf distance = vf_sub(x, center);
  *sum = vf_add(*sum, distance);
  *squares = vf_fma(distance, distance, *squares);
}

static ck_moments CK_LEVEL(moments)(const float *x, size_t n, float from) {
  vf sum[4], squares[4], center = vf_set(from);
  size_t i = 0;
  VF_EACH(c, 4) sum[c] = squares[c] = vf_set(0.0f);
  for (; i + 4 * VF_LANES <= n; i += 4 * VF_LANES) {
    VF_EACH(c, 4) add_moments(vf_load(x + i + c * VF_LANES), center, &sum[c], &squares[c]);
  }
  for (; i + VF_LANES <= n; i += VF_LANES) add_moments(vf_load(x + i), center, &sum[0], &squares[0]);
  if (i < n) {
    vf rest = vf_select(vm_first(n - i), vf_load_n(x + i, n - i), center);
    add_moments(rest, center, &sum[1], &squares[1]);
  }
  return (ck_moments){
    .sum = vf_sum(vf_add(vf_add(sum[0], sum[1]), vf_add(sum[2], sum[3]))),
    .squares = vf_sum(vf_add(vf_add(squares[0], squares[1]), vf_add(squares[2], squares[3]))),
  };
}

// `lanes` elements from i on; a constant where they are a whole vector.
VF_INLINE void rescale_at(size_t i, const size_t lanes, const float *x, float *y, ck_rescaling by) {
  vf v = vf_fma(vf_sub(vf_load_n(x + i, lanes), vf_set(by.center)), vf_set(by.scale), vf_set(by.shift));
  vf gamma = by.gamma ? vf_load_n(by.gamma + i, lanes) : vf_set(1.0f);
  vf_store_n(y + i, vf_fma(v, gamma, by.beta ? vf_load_n(by.beta + i, lanes) : vf_set(0.0f)), lanes);
}

static void CK_LEVEL(rescale)(const float *x, float *y, size_t n, const ck_rescaling *rescaling) {
  const ck_rescaling by = *rescaling;
  size_t i = 0;
  for (; i + VF_LANES <= n; i += VF_LANES) rescale_at(i, VF_LANES, x, y, by);
  if (i < n) rescale_at(i, n - i, x, y, by);
}
