// Sums of a row, and the row brought to a common mean and size.

#include "elementary.h"

// What an element adds to a sum: itself, or the square of its distance from the center.
VF_INLINE vf summand(const int is_squared, vf x, vf center) {
  vf distance = vf_sub(x, center);
  return is_squared ? vf_mul(distance, distance) : x;
}

VF_INLINE float row_sum(const int is_squared, const float *x, size_t n, float from) {
  vf chains[4], center = vf_set(from);
  size_t i = 0;
  VF_EACH(c, 4) chains[c] = vf_set(0.0f);
  for (; i + 4 * VF_LANES <= n; i += 4 * VF_LANES) {
    VF_EACH(c, 4) chains[c] = vf_add(chains[c], summand(is_squared, vf_load(x + i + c * VF_LANES), center));
  }
  vf sum = vf_add(vf_add(chains[0], chains[1]), vf_add(chains[2], chains[3]));
  for (; i + VF_LANES <= n; i += VF_LANES) sum = vf_add(sum, summand(is_squared, vf_load(x + i), center));
  if (i < n) {
    vf rest = summand(is_squared, vf_load_n(x + i, n - i), center);
    sum = vf_add(sum, vf_select(vm_first(n - i), rest, vf_set(0.0f)));
  }
  return vf_sum(sum);
}

static float CK_LEVEL(sum)(const float *x, size_t n) { return row_sum(0, x, n, 0.0f); }

static float CK_LEVEL(squares)(const float *x, size_t n, float center) { return row_sum(1, x, n, center); }

// `lanes` elements from i on; a constant where they are a whole vector.
VF_INLINE void rescale_at(size_t i, const size_t lanes, const float *x, float *y, vf center, vf scale,
                          const float *gamma, const float *beta) {
  vf v = vf_mul(vf_sub(vf_load_n(x + i, lanes), center), scale);
  vf factor = gamma ? vf_load_n(gamma + i, lanes) : vf_set(1.0f);
  vf_store_n(y + i, vf_fma(v, factor, beta ? vf_load_n(beta + i, lanes) : vf_set(0.0f)), lanes);
}

static void CK_LEVEL(rescale)(const float *x, float *y, size_t n, float center, float scale, const float *gamma,
                              const float *beta) {
  size_t i = 0;
  for (; i + VF_LANES <= n; i += VF_LANES) rescale_at(i, VF_LANES, x, y, vf_set(center), vf_set(scale), gamma, beta);
  if (i < n) rescale_at(i, n - i, x, y, vf_set(center), vf_set(scale), gamma, beta);
}
