// 3×3 convolution of stride 1 by Winograd's F(4×4, 3×3) or F(2×2, 3×3): a patch of 6×6 or 4×4 per tile of outputs,
// transformed so that the convolution becomes 36 or 16 matrix products over the tiles (Lavin and Gray 2015), with the
// points 0, ±NEAR, ±FAR, ∞ or 0, ±1, ∞.
//
//   U = G·g·Gᵀ per filter, V = Bᵀ·d·B per patch, y = Aᵀ·(sum over channels of U·V)·A
//
// `tile`, the side of a tile, is a constant wherever vectors depend on it.

#include "epilogue.h"

enum { MOST_TILE = 4, MOST_PATCH = MOST_TILE + 2, MOST_POINTS = MOST_PATCH * MOST_PATCH };

VF_INLINE size_t points_of(size_t tile) { return (tile + 2) * (tile + 2); }

// Chosen for a small error: the entries of the matrices are of similar size, and their products are exact in float.
#define NEAR 0.6875f
#define FAR 1.375f
#define NEAR2 (NEAR * NEAR)
#define FAR2 (FAR * FAR)

// Tiles that are transformed together: enough rows for the product, few enough for the workspace to stay in L2.
VF_INLINE size_t conv3x3_tiles(size_t tile, size_t channels, size_t filters) {
  size_t fit = (1 << 17) / (points_of(tile) * (channels + filters)) / 12 * 12;
  return fit < 24 ? 24 : fit > 96 ? 96 : fit;
}

// Floats from the values of one point to those of the next: an odd number of cache lines, because a transform touches
// the same place of all points, which must not be rivals for one set of the cache.
VF_INLINE size_t conv3x3_pitch(size_t values) { return ((values + LINE - 1) / LINE | 1) * LINE; }

static size_t CK_LEVEL(conv3x3_workspace)(size_t tile, size_t channels, size_t filters) {
  size_t tiles = conv3x3_tiles(tile, channels, filters);
  return points_of(tile) * (conv3x3_pitch(tiles * channels) + conv3x3_pitch(tiles * filters));
}

static size_t CK_LEVEL(conv3x3_packed_size)(size_t tile, size_t channels, size_t filters) {
  return points_of(tile) * CK_LEVEL(packed_size)(channels, filters);
}

static void CK_LEVEL(conv3x3_pack)(size_t tile, size_t channels, size_t filters, const float *kernel, float *packed,
                                   float *scratch) {
  const double a = NEAR, b = FAR, at_zero = a * a * b * b;
  const double at_a = 2 * a * a * (a * a - b * b), at_b = 2 * b * b * (b * b - a * a);
  const double small[4][3] = {{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0, 0, 1}};
  const double large[6][3] = {
    {1 / at_zero, 0, 0},
    {1 / at_a, a / at_a, a * a / at_a},
    {1 / at_a, -a / at_a, a * a / at_a},
    {1 / at_b, b / at_b, b * b / at_b},
    {1 / at_b, -b / at_b, b * b / at_b},
    {0, 0, 1},
  };
  const double(*g)[3] = tile == 2 ? small : large;
  size_t count = channels * filters, patch = tile + 2;
  for (size_t point = 0; point < points_of(tile); point++) {
    for (size_t i = 0; i < count; i++) {
      double sum = 0;
      for (int tap = 0; tap < 9; tap++) {
        sum += g[point / patch][tap / 3] * g[point % patch][tap % 3] * kernel[tap * count + i];
      }
      scratch[i] = (float)sum;
    }
    CK_LEVEL(pack_b)(channels, filters, scratch, filters, packed);
    packed += CK_LEVEL(packed_size)(channels, filters);
  }
}

// Bᵀ·x for one column of a patch, `step` vectors between its elements.
VF_INLINE void patch_transform(const int tile, vf *x, int step) {
  if (tile == 2) {
    vf x1 = x[step], x2 = x[2 * step];
    x[0] = vf_sub(x[0], x2);
    x[step] = vf_add(x1, x2);
    x[2 * step] = vf_sub(x2, x1);
    x[3 * step] = vf_sub(x[3 * step], x1);
    return;
  }
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

// Aᵀ·x for one column of products; the result takes the place of the first elements, as many as a tile has.
VF_INLINE void tile_transform(const int tile, vf *x, int step) {
  if (tile == 2) {
    vf sum = vf_add(x[step], x[2 * step]), difference = vf_sub(x[step], x[2 * step]);
    x[0] = vf_add(x[0], sum);
    x[step] = vf_add(difference, x[3 * step]);
    return;
  }
  vf x0 = x[0], x5 = x[5 * step];
  vf near_sum = vf_add(x[step], x[2 * step]), near_difference = vf_sub(x[step], x[2 * step]);
  vf far_sum = vf_add(x[3 * step], x[4 * step]), far_difference = vf_sub(x[3 * step], x[4 * step]);
  x[0] = vf_add(x0, vf_add(near_sum, far_sum));
  x[step] = vf_fma(vf_set(NEAR), near_difference, vf_mul(vf_set(FAR), far_difference));
  x[2 * step] = vf_fma(vf_set(NEAR2), near_sum, vf_mul(vf_set(FAR2), far_sum));
  x[3 * step] = vf_fma(vf_set(NEAR * NEAR2), near_difference, vf_fma(vf_set(FAR * FAR2), far_difference, x5));
}

// The pixels of a patch, and where its transformed values go: a row for each point, `stride` apart.
typedef struct conv3x3_patch {
  const float *pixels[MOST_POINTS];  // NULL for one outside the image
  int is_inside;                     // whether none is
  float *rows;
  size_t stride;
} conv3x3_patch;

VF_INLINE void transform_channels(const int tile, const conv3x3_patch *from, size_t j, const size_t lanes) {
  const int patch = tile + 2, points = patch * patch;
  vf x[MOST_POINTS];
  if (from->is_inside) {
    VF_EACH(column, patch) {
      VF_EACH(row, patch) x[row * patch + column] = vf_load_n(from->pixels[row * patch + column] + j, lanes);
      patch_transform(tile, x + column, patch);
    }
  } else {
    VF_EACH(p, points) x[p] = from->pixels[p] ? vf_load_n(from->pixels[p] + j, lanes) : vf_set(0.0f);
    VF_EACH(column, patch) patch_transform(tile, x + column, patch);
  }
  VF_EACH(row, patch) {
    int first = row * patch;
    patch_transform(tile, x + first, 1);
    VF_EACH(p, patch) vf_store_n(from->rows + (first + p) * from->stride + j, x[first + p], lanes);
  }
}

// Which tile of which image: the place of its first output.
typedef struct conv3x3_place {
  size_t image, top, left;
} conv3x3_place;

// The place of a tile; those of an image are counted row by row, and the images one after another.
VF_INLINE conv3x3_place place_of(size_t tile, const ck_conv3x3 *conv, size_t number) {
  size_t columns = (conv->out_width + tile - 1) / tile, rows = (conv->out_height + tile - 1) / tile;
  size_t row = number / columns;
  return (conv3x3_place){.image = row / rows, .top = row % rows * tile, .left = number % columns * tile};
}

VF_INLINE void advance(size_t tile, const ck_conv3x3 *conv, conv3x3_place *place) {
  place->left += tile;
  if (place->left < conv->out_width) return;
  place->left = 0;
  place->top += tile;
  if (place->top < conv->out_height) return;
  place->top = 0;
  place->image++;
}

// Transforms the patch of a tile, which may lie outside the image.
VF_INLINE void transform_patch(const int tile, const ck_conv3x3 *conv, const float *images, conv3x3_place place,
                               float *rows, size_t stride) {
  const int side = tile + 2;
  conv3x3_patch patch = {.is_inside = 1, .rows = rows, .stride = stride};
  ptrdiff_t height = (ptrdiff_t)conv->height, width = (ptrdiff_t)conv->width;
  ptrdiff_t top = (ptrdiff_t)place.top - (ptrdiff_t)conv->pad_top;
  ptrdiff_t left = (ptrdiff_t)place.left - (ptrdiff_t)conv->pad_left;
  const float *image = images + place.image * conv->height * conv->width * conv->channels;
  for (int p = 0; p < side * side; p++) {
    ptrdiff_t y = top + p / side, x = left + p % side;
    int inside = y >= 0 && y < height && x >= 0 && x < width;
    patch.pixels[p] = inside ? image + (y * width + x) * conv->channels : NULL;
    patch.is_inside &= inside;
  }
  size_t j = 0;
  for (; j + VF_LANES <= conv->channels; j += VF_LANES) transform_channels(tile, &patch, j, VF_LANES);
  if (j < conv->channels) transform_channels(tile, &patch, j, conv->channels - j);
}

// The products of a tile, a row for each point, `stride` apart, and where its outputs go: `height` × `width` of them lie
// inside.
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

VF_INLINE void finish_output(const conv3x3_tile *to, size_t y, size_t x, size_t j, vf v, const size_t lanes) {
  const float *add = to->residual ? to->residual + y * to->residual_line + x * to->ldr + j : NULL;
  vf_store_n(to->c + y * to->line + x * to->ldc + j, vf_finish(v, add, lanes, to->bounds), lanes);
}

VF_INLINE void transform_filters(const int tile, const conv3x3_tile *to, size_t j, const size_t lanes) {
  const int patch = tile + 2;
  vf x[MOST_POINTS];
  VF_EACH(column, patch) {
    VF_EACH(row, patch) {
      x[row * patch + column] = vf_load_n(to->rows + (row * patch + column) * to->stride + j, lanes);
    }
    tile_transform(tile, x + column, patch);
  }
  VF_EACH(row, tile) tile_transform(tile, x + row * patch, 1);
  vf start = to->bias ? vf_load_n(to->bias + j, lanes) : vf_set(0.0f);
  if (to->height == (size_t)tile && to->width == (size_t)tile) {
    VF_EACH(i, tile * tile) {
      finish_output(to, i / tile, i % tile, j, vf_add(x[i / tile * patch + i % tile], start), lanes);
    }
    return;
  }
  for (size_t y = 0; y < to->height; y++) {
    for (size_t i = 0; i < to->width; i++) finish_output(to, y, i, j, vf_add(x[y * patch + i], start), lanes);
  }
}

// Turns the products of some filters into the outputs of a tile, as far as they lie inside.
VF_INLINE void transform_tile(const int tile, const ck_conv3x3 *conv, size_t filters, const float *rows, size_t stride,
                              conv3x3_place place, float *c, size_t ldc, const ck_epilogue *epilogue) {
  size_t first = (place.image * conv->out_height + place.top) * conv->out_width + place.left;
  size_t height = conv->out_height - place.top, width = conv->out_width - place.left;
  size_t ldr = epilogue ? epilogue->ldr : 0;
  conv3x3_tile to = {.rows = rows, .stride = stride, .c = c + first * ldc, .ldc = ldc, .line = conv->out_width * ldc,
                     .bias = epilogue ? epilogue->bias : NULL, .ldr = ldr, .residual_line = conv->out_width * ldr,
                     .height = height < (size_t)tile ? height : (size_t)tile,
                     .width = width < (size_t)tile ? width : (size_t)tile, .bounds = vf_bounds_of(epilogue)};
  if (epilogue && epilogue->residual) to.residual = epilogue->residual + first * ldr;
  size_t j = 0;
  for (; j + VF_LANES <= filters; j += VF_LANES) transform_filters(tile, &to, j, VF_LANES);
  if (j < filters) transform_filters(tile, &to, j, filters - j);
  for (size_t y = 0; y < to.height; y++) activate_tile(to.c + y * to.line, to.width, filters, ldc, epilogue);
}

VF_INLINE void conv3x3(const int tile, const ck_conv3x3 *conv, ck_conv3x3_part part, const float *images,
                       const float *packed, float *c, size_t ldc, const ck_epilogue *epilogue, float *workspace) {
  size_t channels = conv->channels, first = part.first_filter, filters = part.end_filter - first;
  size_t most = conv3x3_tiles(tile, channels, conv->filters), points = points_of(tile);
  size_t point = CK_LEVEL(packed_size)(channels, conv->filters);
  size_t patch_pitch = conv3x3_pitch(most * channels), product_pitch = conv3x3_pitch(most * conv->filters);
  float *patches = workspace, *products = workspace + points * patch_pitch;
  ck_epilogue shifted = epilogue ? *epilogue : (ck_epilogue){0};
  if (shifted.bias) shifted.bias += first;
  if (shifted.residual) shifted.residual += first;
  conv3x3_place from = place_of(tile, conv, part.first_tile), to = from;
  for (size_t begin = part.first_tile, count; begin < part.end_tile; begin += count) {
    count = part.end_tile - begin < most ? part.end_tile - begin : most;
    for (size_t t = 0; t < count; t++, advance(tile, conv, &from)) {
      transform_patch(tile, conv, images, from, patches + t * channels, patch_pitch);
    }
    for (size_t p = 0; p < points; p++) {
      CK_LEVEL(gemm)(count, filters, channels, patches + p * patch_pitch, channels,
                     packed + p * point + first * channels, products + p * product_pitch, filters, NULL);
    }
    for (size_t t = 0; t < count; t++, advance(tile, conv, &to)) {
      transform_tile(tile, conv, filters, products + t * filters, product_pitch, to, c + first, ldc,
                     epilogue ? &shifted : NULL);
    }
  }
}

static void CK_LEVEL(conv3x3)(const ck_conv3x3 *conv, ck_conv3x3_part part, const float *images, const float *packed,
                              float *c, size_t ldc, const ck_epilogue *epilogue, float *workspace) {
  if (conv->tile == 2) conv3x3(2, conv, part, images, packed, c, ldc, epilogue, workspace);
  else conv3x3(4, conv, part, images, packed, c, ldc, epilogue, workspace);
}
