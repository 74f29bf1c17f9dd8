// 3×3 convolution of stride 1 by Winograd's F(4×4, 3×3): a 6×6 patch per 4×4 tile of outputs, transformed so that the
// convolution becomes 36 matrix products over the tiles (Lavin and Gray 2015), with the points 0, ±NEAR, ±FAR, ∞.
//
//   U = G·g·Gᵀ per filter, V = Bᵀ·d·B per patch, y = Aᵀ·(sum over channels of U·V)·A

#include "epilogue.h"

enum { TILE = 4, PATCH = 6, POINTS = PATCH * PATCH };

// Chosen for a small error: the entries of the matrices are of similar size, and their products are exact in float.
#define NEAR 0.6875f
#define FAR 1.375f
#define NEAR2 (NEAR * NEAR)
#define FAR2 (FAR * FAR)

// Tiles that are transformed together: enough rows for the product, few enough for the workspace to stay in L2.
VF_INLINE size_t conv3x3_tiles(size_t channels, size_t filters) {
  size_t fit = (1 << 17) / (POINTS * (channels + filters)) / 12 * 12;
  return fit < 24 ? 24 : fit > 96 ? 96 : fit;
}

static size_t CK_LEVEL(conv3x3_workspace)(size_t channels, size_t filters) {
  return POINTS * conv3x3_tiles(channels, filters) * (channels + filters);
}

static size_t CK_LEVEL(conv3x3_packed_size)(size_t channels, size_t filters) {
  return POINTS * CK_LEVEL(packed_size)(channels, filters);
}

static void CK_LEVEL(conv3x3_pack)(size_t channels, size_t filters, const float *kernel, float *packed,
                                   float *scratch) {
  const double a = NEAR, b = FAR, at_zero = a * a * b * b;
  const double at_a = 2 * a * a * (a * a - b * b), at_b = 2 * b * b * (b * b - a * a);
  const double g[PATCH][3] = {
    {1 / at_zero, 0, 0},
    {1 / at_a, a / at_a, a * a / at_a},
    {1 / at_a, -a / at_a, a * a / at_a},
    {1 / at_b, b / at_b, b * b / at_b},
    {1 / at_b, -b / at_b, b * b / at_b},
    {0, 0, 1},
  };
  size_t count = channels * filters;
  for (int point = 0; point < POINTS; point++) {
    for (size_t i = 0; i < count; i++) {
      double sum = 0;
      for (int tap = 0; tap < 9; tap++) {
        sum += g[point / PATCH][tap / 3] * g[point % PATCH][tap % 3] * kernel[tap * count + i];
      }
      scratch[i] = (float)sum;
    }
    CK_LEVEL(pack_b)(channels, filters, scratch, filters, packed);
    packed += CK_LEVEL(packed_size)(channels, filters);
  }
}

// Bᵀ·x for one column of a patch, `step` vectors between its elements.
VF_INLINE void patch_transform(vf *x, int step) {
  vf x0 = x[0], x1 = x[step], x2 = x[2 * step], x3 = x[3 * step], x4 = x[4 * step], x5 = x[5 * step];
  vf near = vf_set(NEAR), far = vf_set(FAR), minus_near2 = vf_set(-NEAR2), minus_far2 = vf_set(-FAR2);
  vf product = vf_set(NEAR2 * FAR2), minus_sum = vf_set(-NEAR2 - FAR2);
  vf near_even = vf_fma(minus_far2, x2, x4), near_odd = vf_mul(near, vf_fma(minus_far2, x1, x3));
  vf far_even = vf_fma(minus_near2, x2, x4), far_odd = vf_mul(far, vf_fma(minus_near2, x1, x3));
  x[0] = vf_fma(product, x0, vf_fma(minus_sum, x2, x4));
  x[step] = vf_add(near_even, near_odd);
  x[2 * step] = vf_sub(near_even, near_odd);
  x[3 * step] = vf_add(far_even, far_odd);
  x[4 * step] = vf_sub(far_even, far_odd);
  x[5 * step] = vf_fma(product, x1, vf_fma(minus_sum, x3, x5));
}

// Aᵀ·x for one column of products; the result takes the place of the first four elements.
VF_INLINE void tile_transform(vf *x, int step) {
  vf x0 = x[0], x5 = x[5 * step];
  vf near_sum = vf_add(x[step], x[2 * step]), near_difference = vf_sub(x[step], x[2 * step]);
  vf far_sum = vf_add(x[3 * step], x[4 * step]), far_difference = vf_sub(x[3 * step], x[4 * step]);
  x[0] = vf_add(x0, vf_add(near_sum, far_sum));
  x[step] = vf_fma(vf_set(NEAR), near_difference, vf_mul(vf_set(FAR), far_difference));
  x[2 * step] = vf_fma(vf_set(NEAR2), near_sum, vf_mul(vf_set(FAR2), far_sum));
  x[3 * step] = vf_fma(vf_set(NEAR * NEAR2), near_difference, vf_fma(vf_set(FAR * FAR2), far_difference, x5));
}

// Transforms the patch whose first pixel is (top, left), which may lie outside the image, into 36 rows `stride` apart.
static void transform_patch(const ck_conv3x3 *conv, const float *image, ptrdiff_t top, ptrdiff_t left, float *rows,
                            size_t stride) {
  ptrdiff_t height = (ptrdiff_t)conv->height, width = (ptrdiff_t)conv->width;
  for (size_t j = 0; j < conv->channels; j += VF_LANES) {
    size_t lanes = vf_width(j, conv->channels);
    vf patch[POINTS];
    for (int p = 0; p < POINTS; p++) {
      ptrdiff_t y = top + p / PATCH, x = left + p % PATCH;
      int inside = y >= 0 && y < height && x >= 0 && x < width;
      patch[p] = inside ? vf_load_n(image + (y * width + x) * conv->channels + j, lanes) : vf_set(0.0f);
    }
    for (int column = 0; column < PATCH; column++) patch_transform(patch + column, PATCH);
    for (int row = 0; row < PATCH; row++) patch_transform(patch + row * PATCH, 1);
    for (int p = 0; p < POINTS; p++) vf_store_n(rows + p * stride + j, patch[p], lanes);
  }
}

// Turns 36 rows of products of some filters into the outputs of the tile at (top, left), as far as they lie inside.
static void transform_tile(const ck_conv3x3 *conv, size_t filters, const float *rows, size_t stride, size_t top,
                           size_t left, float *c, size_t ldc, const ck_epilogue *epilogue) {
  size_t height = conv->out_height - top < TILE ? conv->out_height - top : TILE;
  size_t width = conv->out_width - left < TILE ? conv->out_width - left : TILE;
  const float *bias = epilogue ? epilogue->bias : NULL, *residual = epilogue ? epilogue->residual : NULL;
  vf_bounds bounds = vf_bounds_of(epilogue);
  for (size_t j = 0; j < filters; j += VF_LANES) {
    size_t lanes = vf_width(j, filters);
    vf products[POINTS];
    for (int p = 0; p < POINTS; p++) products[p] = vf_load_n(rows + p * stride + j, lanes);
    for (int column = 0; column < PATCH; column++) tile_transform(products + column, PATCH);
    for (int row = 0; row < TILE; row++) tile_transform(products + row * PATCH, 1);
    vf start = bias ? vf_load_n(bias + j, lanes) : vf_set(0.0f);
    for (size_t y = 0; y < height; y++) {
      for (size_t x = 0; x < width; x++) {
        size_t pixel = (top + y) * conv->out_width + left + x;
        const float *add = residual ? residual + pixel * epilogue->ldr + j : NULL;
        vf v = vf_finish(vf_add(products[y * PATCH + x], start), add, lanes, bounds);
        vf_store_n(c + pixel * ldc + j, v, lanes);
      }
    }
  }
  for (size_t y = 0; y < height; y++) {
    activate_tile(c + ((top + y) * conv->out_width + left) * ldc, width, filters, ldc, epilogue);
  }
}

static void CK_LEVEL(conv3x3)(const ck_conv3x3 *conv, ck_conv3x3_part part, const float *image, const float *packed,
                              float *c, size_t ldc, const ck_epilogue *epilogue, float *workspace) {
  size_t channels = conv->channels, first = part.first_filter, filters = part.end_filter - first;
  size_t most = conv3x3_tiles(channels, conv->filters), point = CK_LEVEL(packed_size)(channels, conv->filters);
  size_t columns = (conv->out_width + TILE - 1) / TILE, last = part.end_row * columns;
  float *patches = workspace, *products = workspace + POINTS * most * channels;
  ck_epilogue shifted = epilogue ? *epilogue : (ck_epilogue){0};
  if (shifted.bias) shifted.bias += first;
  if (shifted.residual) shifted.residual += first;
  for (size_t begin = part.first_row * columns, end; begin < last; begin = end) {
    end = last - begin < most ? last : begin + most;
    for (size_t t = begin; t < end; t++) {
      ptrdiff_t top = (ptrdiff_t)(t / columns * TILE) - (ptrdiff_t)conv->pad_top;
      ptrdiff_t left = (ptrdiff_t)(t % columns * TILE) - (ptrdiff_t)conv->pad_left;
      transform_patch(conv, image, top, left, patches + (t - begin) * channels, most * channels);
    }
    for (size_t p = 0; p < POINTS; p++) {
      CK_LEVEL(gemm)(end - begin, filters, channels, patches + p * most * channels, channels, packed + p * point + first * channels,
                     products + p * most * filters, filters, NULL);
    }
    for (size_t t = begin; t < end; t++) {
      transform_tile(conv, filters, products + (t - begin) * filters, most * filters, t / columns * TILE,
                     t % columns * TILE, c + first, ldc, epilogue ? &shifted : NULL);
    }
  }
}
