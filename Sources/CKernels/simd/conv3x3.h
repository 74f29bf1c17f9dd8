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

// Floats from the values of one point to those of the next: an odd number of cache lines, because a transform touches
// the same place of all points, which must not be rivals for one set of the cache.
VF_INLINE size_t conv3x3_pitch(size_t values) { return ((values + LINE - 1) / LINE | 1) * LINE; }

static size_t CK_LEVEL(conv3x3_workspace)(size_t channels, size_t filters) {
  size_t tiles = conv3x3_tiles(channels, filters);
  return POINTS * (conv3x3_pitch(tiles * channels) + conv3x3_pitch(tiles * filters));
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

// The pixels of a patch, and where its transformed values go: 36 rows `stride` apart.
typedef struct conv3x3_patch {
  const float *pixels[POINTS];  // NULL for one outside the image
  int is_inside;                // whether none is
  float *rows;
  size_t stride;
} conv3x3_patch;

VF_INLINE void transform_channels(const conv3x3_patch *patch, size_t j, const size_t lanes) {
  vf x[POINTS];
  if (patch->is_inside) {
#pragma clang loop unroll(full)
    for (int column = 0; column < PATCH; column++) {
#pragma clang loop unroll(full)
      for (int p = column; p < POINTS; p += PATCH) x[p] = vf_load_n(patch->pixels[p] + j, lanes);
      patch_transform(x + column, PATCH);
    }
  } else {
    for (int p = 0; p < POINTS; p++) x[p] = patch->pixels[p] ? vf_load_n(patch->pixels[p] + j, lanes) : vf_set(0.0f);
#pragma clang loop unroll(full)
    for (int column = 0; column < PATCH; column++) patch_transform(x + column, PATCH);
  }
#pragma clang loop unroll(full)
  for (int row = 0; row < PATCH; row++) {
    patch_transform(x + row * PATCH, 1);
#pragma clang loop unroll(full)
    for (int p = row * PATCH; p < (row + 1) * PATCH; p++) vf_store_n(patch->rows + p * patch->stride + j, x[p], lanes);
  }
}

// Transforms the patch whose first pixel is (top, left), which may lie outside the image.
static void transform_patch(const ck_conv3x3 *conv, const float *image, ptrdiff_t top, ptrdiff_t left, float *rows,
                            size_t stride) {
  conv3x3_patch patch = {.is_inside = 1, .rows = rows, .stride = stride};
  ptrdiff_t height = (ptrdiff_t)conv->height, width = (ptrdiff_t)conv->width;
  for (int p = 0; p < POINTS; p++) {
    ptrdiff_t y = top + p / PATCH, x = left + p % PATCH;
    int inside = y >= 0 && y < height && x >= 0 && x < width;
    patch.pixels[p] = inside ? image + (y * width + x) * conv->channels : NULL;
    patch.is_inside &= inside;
  }
  size_t j = 0;
  for (; j + VF_LANES <= conv->channels; j += VF_LANES) transform_channels(&patch, j, VF_LANES);
  if (j < conv->channels) transform_channels(&patch, j, conv->channels - j);
}

// The products of a tile, 36 rows `stride` apart, and where its outputs go: `height` × `width` of them lie inside.
typedef struct conv3x3_tile {
  const float *rows;
  size_t stride;
  float *c;
  size_t ldc, line;  // floats from output to output, and from line to line
  const float *bias, *residual;
  size_t ldr, residual_line;
  size_t height, width;
  vf_bounds bounds;
} conv3x3_tile;

VF_INLINE void finish_output(const conv3x3_tile *tile, size_t y, size_t x, size_t j, vf v, const size_t lanes) {
  const float *add = tile->residual ? tile->residual + y * tile->residual_line + x * tile->ldr + j : NULL;
  vf_store_n(tile->c + y * tile->line + x * tile->ldc + j, vf_finish(v, add, lanes, tile->bounds), lanes);
}

VF_INLINE void transform_filters(const conv3x3_tile *tile, size_t j, const size_t lanes) {
  vf x[POINTS];
#pragma clang loop unroll(full)
  for (int column = 0; column < PATCH; column++) {
#pragma clang loop unroll(full)
    for (int row = 0; row < PATCH; row++) {
      x[row * PATCH + column] = vf_load_n(tile->rows + (row * PATCH + column) * tile->stride + j, lanes);
    }
    tile_transform(x + column, PATCH);
  }
#pragma clang loop unroll(full)
  for (int row = 0; row < TILE; row++) tile_transform(x + row * PATCH, 1);
  vf start = tile->bias ? vf_load_n(tile->bias + j, lanes) : vf_set(0.0f);
  if (tile->height == TILE && tile->width == TILE) {
#pragma clang loop unroll(full)
    for (int i = 0; i < TILE * TILE; i++) {
      finish_output(tile, i / TILE, i % TILE, j, vf_add(x[i / TILE * PATCH + i % TILE], start), lanes);
    }
    return;
  }
  for (size_t i = 0; i < TILE * TILE; i++) {
    if (i / TILE >= tile->height || i % TILE >= tile->width) continue;
    finish_output(tile, i / TILE, i % TILE, j, vf_add(x[i / TILE * PATCH + i % TILE], start), lanes);
  }
}

// Turns the products of some filters into the outputs of the tile at (top, left), as far as they lie inside.
static void transform_tile(const ck_conv3x3 *conv, size_t filters, const float *rows, size_t stride, size_t top,
                           size_t left, float *c, size_t ldc, const ck_epilogue *epilogue) {
  size_t first = top * conv->out_width + left, ldr = epilogue ? epilogue->ldr : 0;
  conv3x3_tile tile = {.rows = rows, .stride = stride, .c = c + first * ldc, .ldc = ldc, .line = conv->out_width * ldc,
                       .bias = epilogue ? epilogue->bias : NULL, .ldr = ldr, .residual_line = conv->out_width * ldr,
                       .height = conv->out_height - top < TILE ? conv->out_height - top : TILE,
                       .width = conv->out_width - left < TILE ? conv->out_width - left : TILE,
                       .bounds = vf_bounds_of(epilogue)};
  if (epilogue && epilogue->residual) tile.residual = epilogue->residual + first * ldr;
  size_t j = 0;
  for (; j + VF_LANES <= filters; j += VF_LANES) transform_filters(&tile, j, VF_LANES);
  if (j < filters) transform_filters(&tile, j, filters - j);
  for (size_t y = 0; y < tile.height; y++) activate_tile(tile.c + y * tile.line, tile.width, filters, ldc, epilogue);
}

static void CK_LEVEL(conv3x3)(const ck_conv3x3 *conv, ck_conv3x3_part part, const float *image, const float *packed,
                              float *c, size_t ldc, const ck_epilogue *epilogue, float *workspace) {
  size_t channels = conv->channels, first = part.first_filter, filters = part.end_filter - first;
  size_t most = conv3x3_tiles(channels, conv->filters), point = CK_LEVEL(packed_size)(channels, conv->filters);
  size_t columns = (conv->out_width + TILE - 1) / TILE, last = part.end_row * columns;
  size_t patch_pitch = conv3x3_pitch(most * channels), product_pitch = conv3x3_pitch(most * conv->filters);
  float *patches = workspace, *products = workspace + POINTS * patch_pitch;
  ck_epilogue shifted = epilogue ? *epilogue : (ck_epilogue){0};
  if (shifted.bias) shifted.bias += first;
  if (shifted.residual) shifted.residual += first;
  for (size_t begin = part.first_row * columns, end; begin < last; begin = end) {
    end = last - begin < most ? last : begin + most;
    for (size_t t = begin; t < end; t++) {
      ptrdiff_t top = (ptrdiff_t)(t / columns * TILE) - (ptrdiff_t)conv->pad_top;
      ptrdiff_t left = (ptrdiff_t)(t % columns * TILE) - (ptrdiff_t)conv->pad_left;
      transform_patch(conv, image, top, left, patches + (t - begin) * channels, patch_pitch);
    }
    for (size_t p = 0; p < POINTS; p++) {
      CK_LEVEL(gemm)(end - begin, filters, channels, patches + p * patch_pitch, channels,
                     packed + p * point + first * channels, products + p * product_pitch, filters, NULL);
    }
    for (size_t t = begin; t < end; t++) {
      transform_tile(conv, filters, products + (t - begin) * filters, product_pitch,
                     t / columns * TILE, t % columns * TILE, c + first, ldc, epilogue ? &shifted : NULL);
    }
  }
}
