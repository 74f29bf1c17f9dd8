// 3×3 convolution of stride 1 by Winograd's F(4×4, 3×3) or F(2×2, 3×3): a patch of 6×6 or 4×4 per tile of outputs,
// transformed so that the convolution becomes 36 or 16 matrix products over the tiles (Lavin and Gray 2015), with the
// points 0, ±NEAR, ±FAR, ∞ or 0, ±1, ∞.
//
//   U = G·g·Gᵀ per filter, V = Bᵀ·d·B per patch, y = Aᵀ·(sum over channels of U·V)·A
//
// In a volume the sum goes over the planes of the kernel as well. A patch is transformed once for all planes of the
// output that see it: patches of a plane follow those of the plane before, so that the rows of the product overlap.
//
// `tile`, the side of a tile, is a constant wherever vectors depend on it.

#include "winograd.h"

// Floats of a point's weights up to which all points are multiplied panel by panel.
enum { SMALL_PRODUCT = 4096 };

VF_INLINE size_t points_of(size_t tile) { return (tile + 2) * (tile + 2); }

// Floats of the transformed weights from panel to panel and from point to point.
typedef struct conv3x3_weights {
  size_t panel, point;
} conv3x3_weights;

// The weights lie in the order in which they are multiplied: each panel at all points, where products are so small that
// what goes before one counts, and all panels at each point, where reading the patches again for each panel costs more.
VF_INLINE conv3x3_weights conv3x3_weights_of(size_t points, size_t k, size_t filters) {
  if (k * filters <= SMALL_PRODUCT) return (conv3x3_weights){.panel = points * k * PANEL, .point = k * PANEL};
  return (conv3x3_weights){.panel = k * PANEL, .point = panels_size(k, filters)};
}

// Chosen for a small error: the entries of the matrices are of similar size, and their products are exact in float.
#define NEAR 0.6875f
#define FAR 1.375f
#define NEAR2 (NEAR * NEAR)
#define FAR2 (FAR * FAR)

// Rows of a product: enough of them, few enough for the workspace to stay in L2.
VF_INLINE size_t conv3x3_rows(size_t tile, size_t channels, size_t filters) {
  size_t fit = (1 << 17) / (points_of(tile) * (channels + filters)) / 12 * 12;
  return fit < 36 ? 36 : fit > 96 ? 96 : fit;
}

// What goes through the products together: tiles, and planes of the output at each of them.
typedef struct conv3x3_chunk {
  size_t tiles, planes;
} conv3x3_chunk;

VF_INLINE conv3x3_chunk conv3x3_most(const ck_conv3x3 *conv) {
  size_t rows = conv3x3_rows(conv->tile, conv->channels, conv->filters);
  size_t cuts = (conv->out_depth + rows - 1) / rows, planes = (conv->out_depth + cuts - 1) / cuts;
  return (conv3x3_chunk){.tiles = rows / planes, .planes = planes};
}

// Floats from the values of one point to those of the next: an odd number of cache lines, because a transform touches
// the same place of all points, which must not be rivals for one set of the cache.
VF_INLINE size_t conv3x3_pitch(size_t values) { return ((values + LINE - 1) / LINE | 1) * LINE; }

// Planes of the input that `planes` of the output see.
VF_INLINE size_t planes_seen(const ck_conv3x3 *conv, size_t planes) { return planes + conv->kernel_depth - 1; }

// Floats of the transformed patches of one point, and of the products.
VF_INLINE size_t patch_pitch_of(const ck_conv3x3 *conv, conv3x3_chunk most) {
  return conv3x3_pitch(most.tiles * planes_seen(conv, most.planes) * conv->channels);
}
VF_INLINE size_t product_pitch_of(const ck_conv3x3 *conv, conv3x3_chunk most) {
  return conv3x3_pitch(most.tiles * most.planes * conv->filters);
}

static size_t CK_LEVEL(conv3x3_workspace)(const ck_conv3x3 *conv) {
  conv3x3_chunk most = conv3x3_most(conv);
  return points_of(conv->tile) * (patch_pitch_of(conv, most) + product_pitch_of(conv, most));
}

static size_t CK_LEVEL(conv3x3_packed_size)(size_t tile, size_t kernel_depth, size_t channels, size_t filters) {
  return points_of(tile) * panels_size(kernel_depth * channels, filters);
}

static void CK_LEVEL(conv3x3_pack)(size_t tile, size_t kernel_depth, size_t channels, size_t filters,
                                   const float *kernel, float *packed) {
  const double a = NEAR, b = FAR, at_zero = a * a * b * b;
  const double at_a = 2 * a * a * (a * a - b * b), at_b = 2 * b * b * (b * b - a * a);
  const kernel_transform small = {
    .points = 4, .taps = 3, .weights = {{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0, 0, 1}},
  };
  const kernel_transform large = {
    .points = 6, .taps = 3, .weights = {
      {1 / at_zero, 0, 0},
      {1 / at_a, a / at_a, a * a / at_a},
      {1 / at_a, -a / at_a, a * a / at_a},
      {1 / at_b, b / at_b, b * b / at_b},
      {1 / at_b, -b / at_b, b * b / at_b},
      {0, 0, 1},
    },
  };
  const kernel_transform *transform = tile == 2 ? &small : &large;
  size_t count = channels * filters, k = kernel_depth * channels;
  conv3x3_weights weights = conv3x3_weights_of(points_of(tile), k, filters);
  for (size_t j = 0; j < filters; j += PANEL, packed += weights.panel) {
    for (size_t plane = 0; plane < kernel_depth; plane++) {
      weigh_panel(transform, transform, channels, filters - j, kernel + plane * 9 * count + j, count, filters,
                  packed + plane * channels * PANEL, weights.point);
    }
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

// A patch, and where its transformed values go: a row for each point, `stride` apart.
typedef struct conv3x3_patch {
  const float *first;  // where all pixels lie inside the image: the first, neighbours `line` and `pixel` apart
  size_t line, pixel;
  const float *const *pixels;  // elsewhere: each, NULL for one outside
  float *rows;
  size_t stride;
} conv3x3_patch;

VF_INLINE void transform_channels(const int tile, const int is_inside, conv3x3_patch from, size_t j,
                                  const size_t lanes) {
  const int patch = tile + 2, points = patch * patch;
  vf x[MOST_POINTS];
  if (!is_inside) {
    VF_EACH(p, points) x[p] = from.pixels[p] ? vf_load_n(from.pixels[p] + j, lanes) : vf_set(0.0f);
  }
  VF_EACH(column, patch) {
    if (is_inside) {
      const float *pixels = from.first + column * from.pixel + j;
      VF_EACH(row, patch) x[row * patch + column] = vf_load_n(pixels + row * from.line, lanes);
    }
    patch_transform(tile, x + column, patch);
  }
  float *to = from.rows + j;
  VF_EACH(row, patch) {
    patch_transform(tile, x + row * patch, 1);
    VF_EACH(p, patch) vf_store_n(to + p * from.stride, x[row * patch + p], lanes);
    to += patch * from.stride;
  }
}

VF_INLINE void transform_all_channels(const int tile, const int is_inside, conv3x3_patch from) {
  size_t channels = from.pixel, j = 0;
  for (; j + VF_LANES <= channels; j += VF_LANES) transform_channels(tile, is_inside, from, j, VF_LANES);
  if (j < channels) transform_channels(tile, is_inside, from, j, channels - j);
}

// Which tile of which volume: the place of its first output in each plane.
typedef struct conv3x3_place {
  size_t volume, top, left;
} conv3x3_place;

// The place of a tile; those of a volume are counted row by row, and the volumes one after another.
VF_INLINE conv3x3_place place_of(size_t tile, const ck_conv3x3 *conv, size_t number) {
  size_t columns = (conv->out_width + tile - 1) / tile, rows = (conv->out_height + tile - 1) / tile;
  size_t row = number / columns;
  return (conv3x3_place){.volume = row / rows, .top = row % rows * tile, .left = number % columns * tile};
}

VF_INLINE void advance(size_t tile, const ck_conv3x3 *conv, conv3x3_place *place) {
  place->left += tile;
  if (place->left < conv->out_width) return;
  place->left = 0;
  place->top += tile;
  if (place->top < conv->out_height) return;
  place->top = 0;
  place->volume++;
}

// The places of a patch along one axis that lie inside the image.
typedef struct conv3x3_range {
  size_t begin, end;
} conv3x3_range;

VF_INLINE conv3x3_range inside_of(size_t side, size_t first, size_t pad, size_t count) {
  size_t left = count + pad > first ? count + pad - first : 0;
  return (conv3x3_range){.begin = pad > first ? pad - first : 0, .end = left < side ? left : side};
}

// Transforms the patch of a tile, which may lie outside the image; the image is NULL where its plane does.
VF_INLINE void transform_patch(const int tile, const ck_conv3x3 *conv, const float *image, conv3x3_place place,
                               float *rows, size_t stride) {
  const size_t side = tile + 2, pixel = conv->channels, line = conv->width * pixel;
  conv3x3_range y = inside_of(side, place.top, conv->pad_top, conv->height);
  conv3x3_range x = inside_of(side, place.left, conv->pad_left, conv->width);
  size_t top = place.top - conv->pad_top, left = place.left - conv->pad_left;  // wrap around in front of the image
  conv3x3_patch patch = {.line = line, .pixel = pixel, .rows = rows, .stride = stride};
  if (image && y.end == y.begin + side && x.end == x.begin + side) {
    patch.first = image + top * line + left * pixel;
    transform_all_channels(tile, 1, patch);
    return;
  }
  const float *pixels[MOST_POINTS] = {NULL};
  for (size_t row = y.begin; image && row < y.end; row++) {
    for (size_t i = x.begin; i < x.end; i++) pixels[row * side + i] = image + (top + row) * line + (left + i) * pixel;
  }
  patch.pixels = pixels;
  transform_all_channels(tile, 0, patch);
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

// Turns the products of some filters into the outputs of a tile, as far as they lie inside, in a plane of all volumes.
VF_INLINE void transform_tile(const int tile, const ck_conv3x3 *conv, size_t filters, const float *rows, size_t stride,
                              size_t plane, conv3x3_place place, float *c, size_t ldc, const ck_epilogue *epilogue) {
  size_t first = (plane * conv->out_height + place.top) * conv->out_width + place.left;
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

// The planes of the output that go through the products together, at some tiles, and what stands of them in the
// workspace.
typedef struct conv3x3_planes {
  size_t first, count, tiles;
  float *patches, *products;  // each point's, a pitch apart
  size_t patch_pitch, product_pitch;
} conv3x3_planes;

// Transforms the patches of the tiles from `from` on in all planes that these see.
VF_INLINE void transform_patches(const int tile, const ck_conv3x3 *conv, const conv3x3_planes *planes,
                                 const float *images, conv3x3_place from) {
  float *rows = planes->patches;
  for (size_t i = 0; i < planes_seen(conv, planes->count); i++) {
    size_t plane = planes->first + i - conv->pad_front;  // wraps around in front of the volume
    conv3x3_place place = from;
    for (size_t t = 0; t < planes->tiles; t++, rows += conv->channels, advance(tile, conv, &place)) {
      size_t number = place.volume * conv->depth + plane;
      const float *image = plane < conv->depth ? images + number * conv->height * conv->width * conv->channels : NULL;
      transform_patch(tile, conv, image, place, rows, planes->patch_pitch);
    }
  }
}

VF_INLINE void multiply_points(const ck_conv3x3 *conv, const conv3x3_planes *planes, size_t points, size_t first,
                               size_t filters, const float *packed) {
  size_t channels = conv->channels, k = conv->kernel_depth * channels;
  size_t m = planes->count * planes->tiles;
  gemm_rows rows = {.base = planes->patches, .lda = channels, .run = channels, .lines = conv->kernel_depth,
                    .line_stride = planes->tiles * channels, .planes = 1};
  conv3x3_weights weights = conv3x3_weights_of(points, k, conv->filters);
  gemm_blocks each = {.count = points, .a = planes->patch_pitch, .weights = weights.point, .c = planes->product_pitch};
  packed += first / PANEL * weights.panel;
  if (weights.point < weights.panel) {  // each panel at all points
    multiply_blocks(&each, m, filters, &rows, packed, weights.panel, planes->products, filters, (ck_epilogue){0});
    return;
  }
  for (size_t p = 0; p < points; p++, rows.base += each.a) {
    multiply_block(m, filters, rows, packed + p * each.weights, weights.panel, planes->products + p * each.c, filters,
                   (ck_epilogue){0});
  }
}

VF_INLINE void transform_tiles(const int tile, const ck_conv3x3 *conv, const conv3x3_planes *planes, size_t filters,
                               conv3x3_place from, float *c, size_t ldc, const ck_epilogue *epilogue) {
  const float *rows = planes->products;
  for (size_t i = 0; i < planes->count; i++) {
    conv3x3_place place = from;
    for (size_t t = 0; t < planes->tiles; t++, rows += filters, advance(tile, conv, &place)) {
      size_t plane = place.volume * conv->out_depth + planes->first + i;
      transform_tile(tile, conv, filters, rows, planes->product_pitch, plane, place, c, ldc, epilogue);
    }
  }
}

VF_INLINE void conv3x3(const int tile, const ck_conv3x3 *conv, ck_conv3x3_part part, const float *images,
                       const float *packed, float *c, size_t ldc, const ck_epilogue *epilogue, float *workspace) {
  size_t first = part.first_filter, filters = part.end_filter - first, points = points_of(tile);
  conv3x3_chunk most = conv3x3_most(conv);
  conv3x3_planes planes = {.patches = workspace, .patch_pitch = patch_pitch_of(conv, most),
                           .product_pitch = product_pitch_of(conv, most)};
  planes.products = workspace + points * planes.patch_pitch;
  ck_epilogue shifted = epilogue_or_none(epilogue);
  if (shifted.bias) shifted.bias += first;
  if (shifted.residual) shifted.residual += first;
  for (size_t begin = part.first_tile; begin < part.end_tile; begin += planes.tiles) {
    planes.tiles = tile_share(part.end_tile - begin, most.tiles);
    conv3x3_place from = place_of(tile, conv, begin);
    for (planes.first = 0; planes.first < conv->out_depth; planes.first += planes.count) {
      size_t left = conv->out_depth - planes.first;
      planes.count = left < most.planes ? left : most.planes;
      transform_patches(tile, conv, &planes, images, from);
      multiply_points(conv, &planes, points, first, filters, packed);
      transform_tiles(tile, conv, &planes, filters, from, c + first, ldc, epilogue ? &shifted : NULL);
    }
  }
}

static void CK_LEVEL(conv3x3)(const ck_conv3x3 *conv, ck_conv3x3_part part, const float *images, const float *packed,
                              float *c, size_t ldc, const ck_epilogue *epilogue, float *workspace) {
  if (conv->tile == 2) conv3x3(2, conv, part, images, packed, c, ldc, epilogue, workspace);
  else conv3x3(4, conv, part, images, packed, c, ldc, epilogue, workspace);
}
