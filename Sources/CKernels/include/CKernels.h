// Single-precision kernels behind one function table per instruction set.
//
// Every kernel exists as plain C (`reference/`) and as SIMD code (`simd/`, written once over the vector type that
// `x86/` or `arm/` provides). The plain `ck_*` functions at the end of this header go through the table of the best
// level the machine has; `OSTINATO_ISA=reference|avx2|avx512|neon` in the environment picks another one.
//
// Contract of all kernels:
// - Sizes are in floats and may be 0. No pointer needs alignment. Buffers do not overlap unless the kernel says so.
// - Nothing allocates; nothing keeps state; every function may be called from any thread.
// - On a given level, an output element depends on its own inputs only: its value is bitwise the same whatever its
//   index, the length `n`, the number of rows `m`, and the tile it falls into. Tails run the same instructions as the
//   body; a matrix product accumulates each element by fused multiply-adds in an order that k and n alone decide
//   (one chain in the order of k; where `ck_is_narrow`, one chain per lane of a vector).
// - Stated errors hold for the SIMD levels; the reference level has those of libm.

#ifndef CKERNELS_H
#define CKERNELS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__clang__)
#define CK_CLOSED_ENUM __attribute__((enum_extensibility(closed)))
#else
#define CK_CLOSED_ENUM
#endif

// MARK: - Activations and epilogue

// The functions an epilogue may apply; a and b stand for `alpha` and `beta`.
typedef enum CK_CLOSED_ENUM ck_act {
  CK_ACT_NONE,          // x
  CK_ACT_RELU,          // max(x, 0)
  CK_ACT_CLIP,          // min(max(x, a), b); relu6 is a = 0, b = 6
  CK_ACT_LEAKY_RELU,    // x < 0 ? a·x : x
  CK_ACT_ELU,           // x < 0 ? a·(eˣ - 1) : b·x; elu has b = 1, selu a = scale·alpha and b = scale
  CK_ACT_SIGMOID,       // 1 / (1 + e⁻ˣ)
  CK_ACT_HARD_SIGMOID,  // min(max(a·x + b, 0), 1)
  CK_ACT_TANH,          // tanh x
  CK_ACT_SILU,          // x / (1 + e⁻ˣ)
  CK_ACT_HARD_SILU,     // x · min(max(a·x + b, 0), 1)
  CK_ACT_GELU,          // x/2 · (1 + erf(x/√2))
  CK_ACT_GELU_TANH,     // x/2 · (1 + tanh(√(2/π)·(x + 0.044715·x³)))
  CK_ACT_SOFTPLUS,      // log(1 + eˣ)
  CK_ACT_EXP,           // eˣ
  CK_ACT_ERF,           // erf x
} ck_act;

typedef struct ck_activation {
  ck_act kind;
  float alpha;
  float beta;
} ck_activation;

// out[i, j] = activation(value[i, j] + bias[j] + residual[i·ldr + j]); bias and residual may be NULL.
typedef struct ck_epilogue {
  const float *bias;
  const float *residual;
  size_t ldr;
  ck_activation activation;
} ck_epilogue;

// Sums over a row's distances from a center, and over their squares.
typedef struct ck_moments {
  float sum, squares;
} ck_moments;

// What a row is brought to: x becomes ((x − center)·scale + shift)·gamma + beta; gamma and beta, of an element for each of
// the row, may be NULL.
typedef struct ck_rescaling {
  float center, scale, shift;
  const float *gamma, *beta;
} ck_rescaling;

// A convolution along some lines of output pixels: pixel i of output line y reads, for each line l of each plane p of
// the kernel that lie in the input, the `run` floats at a + y·step + p·plane_stride + l·line_stride + i·lda. They meet
// the weights of line first_line + l of plane first_plane + p. The kernel of an image has one plane.
typedef struct ck_conv_lines {
  size_t outputs;                         // output lines
  size_t kernel_planes, kernel_lines;     // k = kernel_planes·kernel_lines·run
  size_t first_plane, planes;             // those that lie in the input; the others stand for zeros
  size_t first_line, lines;               // likewise
  size_t run;                             // kernel width times channels
  size_t plane_stride, line_stride, lda;  // lda is stride times channels
  size_t step;
} ck_conv_lines;

// A depthwise convolution of neighbours in some lines of output pixels: tap t of kernel line l of pixel i of output line y
// reads the pixel at a + y·step + l·line_stride + (i·stride + t)·channels, and its sum goes to row y·pitch + i of c.
typedef struct ck_depthwise_lines {
  size_t outputs, pitch;  // output lines, and rows of c from one to the next
  size_t lines, width;    // of the kernel; width is 3, 5 or 7
  size_t stride;          // 1 or 2
  size_t channels, line_stride, step;
} ck_depthwise_lines;

// A convolution of stride 1 by a kernel of kernel_depth × 3 × 3 over volumes of depth × height × width × channels, zero
// padding in front as given, in tiles of tile × tile outputs of a plane, 2 or 4. Images are volumes of one plane.
// out_depth, kernel_depth > 0.
typedef struct ck_conv3x3 {
  size_t tile;
  size_t depth, height, width, channels;
  size_t out_depth, out_height, out_width, filters;
  size_t kernel_depth;
  size_t pad_front, pad_top, pad_left;
} ck_conv3x3;

// What one call computes of it: some tiles in all planes, which are counted row by row and volume by volume, and
// filters first_filter ..< end_filter. Where that is not all filters, both are multiples of 64, the end unless it is
// the last filter, and at least 64 apart.
typedef struct ck_conv3x3_part {
  size_t first_tile, end_tile, first_filter, end_filter;
} ck_conv3x3_part;

// A convolution along one axis, of stride 1: output i of a line is the sum over t < taps of the input at
// i + t·dilation - pad, zeros outside of 0 ..< length. taps, channels, filters, dilation > 0.
typedef struct ck_conv1d {
  size_t lines, length, channels;
  size_t out_length, filters;
  size_t taps, dilation, pad;
} ck_conv1d;

// What a cell makes of the input's share x, the states h and c, and its recurrent kernel U, whose columns stand in blocks
// of `units` as below; s is `recurrent`, a is `activation`, and the bias is part of the products.
typedef enum CK_CLOSED_ENUM ck_cell_kind {
  // h' = a(x + hU).
  CK_CELL_SIMPLE,
  // [z r g]: z = s(xz + hUz), r = s(xr + hUr), g = a(xg + r·(hUg)), h' = z·h + (1 - z)·g: `reset_after`.
  CK_CELL_GRU,
  // The same with g = a(xg + (r·h)Ug).
  CK_CELL_GRU_RESET_FIRST,
  // [i f g o]: c' = s(f)·c + s(i)·a(g), h' = s(o)·a(c').
  CK_CELL_LSTM,
} ck_cell_kind;

// A cell with its recurrent kernel, packed by `ck_cell_pack_f32`, and a bias on the products, or NULL. Where it has
// `inputs`, it makes the share xz of an input of so many values itself, by a kernel packed likewise, and a bias, or NULL.
typedef struct ck_cell {
  ck_cell_kind kind;
  size_t units;
  const float *kernel, *bias;
  size_t inputs;
  const float *input_kernel, *input_bias;
  ck_activation activation, recurrent;
} ck_cell;

// Rows of a batch at one step: the input x, or its share xz of the gates where the cell has no inputs; the states h_prev
// and h of before and after it and the carry c, all three with rows `units` apart; and where h goes besides, y. Row i
// takes row lookup[i·ldlookup] of xz, or row i where lookup is NULL, as it is where the cell has inputs. A row whose mask
// is 0 keeps its states, and y is not written; mask may be NULL. Of cells without a carry, CK_CELL_GRU_RESET_FIRST writes
// what it has reset to c, and the others leave it alone.
//
// The step that follows finds its lookup, or without one its x, `ahead` elements further on, and the shares xz that it
// takes are brought near meanwhile; 0 where none follows.
typedef struct ck_cell_rows {
  size_t count;
  const float *x, *mask;
  size_t ldx, ldmask;
  const int32_t *lookup;
  size_t ldlookup;
  ptrdiff_t ahead;
  const float *h_prev;
  float *h, *c, *y;
  size_t ldy;
} ck_cell_rows;

// MARK: - Levels

typedef enum CK_CLOSED_ENUM ck_isa_level {
  CK_ISA_REFERENCE,
  CK_ISA_AVX2,
  CK_ISA_AVX512,
  CK_ISA_NEON,
} ck_isa_level;

// One level's functions; each is described at the `ck_*_f32` function of the same name below.
typedef struct ck_kernels {
  const char *name;
  size_t tile_rows;
  void (*exp)(const float *x, float *y, size_t n);
  void (*sigmoid)(const float *x, float *y, size_t n);
  void (*tanh)(const float *x, float *y, size_t n);
  void (*erf)(const float *x, float *y, size_t n);
  void (*relu)(const float *x, float *y, size_t n);
  void (*activate)(const float *x, float *y, size_t n, ck_activation activation);
  void (*softmax)(const float *x, float *y, size_t rows, size_t n);
  ck_moments (*moments)(const float *x, size_t n, float center);
  void (*rescale)(const float *x, float *y, size_t n, const ck_rescaling *by);
  void (*bias_act)(float *y, size_t rows, size_t n, size_t ldy, const ck_epilogue *epilogue);
  void (*lstm_cell)(size_t rows, size_t units, const float *xz, size_t ldxz, const float *hz, size_t ldhz,
                    const float *c_prev, size_t ldcp, float *h, size_t ldh, float *c, size_t ldc,
                    ck_activation activation, ck_activation recurrent);
  void (*gru_cell)(size_t rows, size_t units, const float *xz, size_t ldxz, const float *hz, size_t ldhz,
                   const float *h_prev, size_t ldhp, float *h, size_t ldh,
                   ck_activation activation, ck_activation recurrent);
  size_t (*cell_packed_size)(ck_cell_kind kind, size_t k, size_t units);
  void (*cell_pack)(ck_cell_kind kind, size_t k, size_t units, const float *kernel, float *packed);
  void (*cell_step)(const ck_cell *cell, const ck_cell_rows *rows, size_t begin, size_t end);
  void (*transpose)(size_t rows, size_t columns, const float *x, size_t ldx, float *y, size_t ldy);
  size_t (*packed_size)(size_t k, size_t n);
  void (*pack_b)(size_t k, size_t n, const float *b, size_t ldb, float *packed);
  void (*pack_b_transposed)(size_t k, size_t n, const float *b, size_t ldb, float *packed);
  void (*gemm)(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *packed, float *c, size_t ldc,
               const ck_epilogue *epilogue);
  void (*igemm)(size_t m, size_t n, size_t taps, size_t channels, const float *base, const int32_t *offsets,
                const float *packed, float *c, size_t ldc, const ck_epilogue *epilogue);
  void (*conv_lines)(const ck_conv_lines *conv, size_t m, size_t n, const float *a, const float *packed, float *c,
                     size_t ldc, const ck_epilogue *epilogue);
  void (*depthwise)(size_t m, size_t channels, size_t taps, const float *base, const int32_t *offsets,
                    const float *weights, float *c, size_t ldc, const ck_epilogue *epilogue);
  void (*depthwise_lines)(const ck_depthwise_lines *conv, size_t m, const float *a, const float *weights, float *c,
                          size_t ldc, const ck_epilogue *epilogue);
  void (*maxpool)(size_t m, size_t channels, size_t taps, const float *base, const int32_t *offsets, float *c,
                  size_t ldc);
  void (*avgpool)(size_t m, size_t channels, size_t taps, const float *base, const int32_t *offsets, float *c,
                  size_t ldc);
  size_t (*conv3x3_packed_size)(size_t tile, size_t kernel_depth, size_t channels, size_t filters);
  size_t (*conv3x3_workspace)(const ck_conv3x3 *conv);
  void (*conv3x3_pack)(size_t tile, size_t kernel_depth, size_t channels, size_t filters, const float *kernel,
                       float *packed);
  void (*conv3x3)(const ck_conv3x3 *conv, ck_conv3x3_part part, const float *images, const float *packed, float *c,
                  size_t ldc, const ck_epilogue *epilogue, float *workspace);
  size_t (*conv1d_packed_size)(size_t taps, size_t channels, size_t filters);
  void (*conv1d_pack)(size_t taps, size_t channels, size_t filters, const float *kernel, float *packed);
  size_t (*conv1d_units)(const ck_conv1d *conv);
  size_t (*conv1d_workspace)(const ck_conv1d *conv);
  void (*conv1d)(const ck_conv1d *conv, size_t first, size_t end, const float *x, const float *packed, float *c,
                 size_t ldc, const ck_epilogue *epilogue, float *workspace);
} ck_kernels;

// The table of a level, or NULL when this machine (or this build) lacks it.
const ck_kernels *ck_kernels_for(ck_isa_level level);

// Name of the level in use: "reference", "avx2", "avx512" or "neon".
const char *ck_isa(void);

// MARK: - Elementwise: x == y allowed

// y[i] = e^x[i]. Cody-Waite reduction by ln 2 and a polynomial of degree 7; all x, subnormal results included;
// e^-inf = 0, e^inf = inf, NaN stays NaN. Error at most 1.1 ULP.
void ck_exp_f32(const float *x, float *y, size_t n);

// y[i] = 1 / (1 + e^-x[i]); all x. Error at most 2.5 ULP; what is less than 2⁻¹²⁶ may be 0.
void ck_sigmoid_f32(const float *x, float *y, size_t n);

// y[i] = tanh x[i] = x·P(x²) / Q(x²) with P and Q of degree 4 for |x| <= 9, ±1 beyond; all x. Error at most 6 ULP.
void ck_tanh_f32(const float *x, float *y, size_t n);

// y[i] = erf x[i] = x·P(x²) / Q(x²) with P and Q of degree 5 for |x| <= 3.92, ±1 beyond; all x. Error at most 7 ULP.
void ck_erf_f32(const float *x, float *y, size_t n);

// y[i] = max(x[i], 0); NaN stays NaN.
void ck_relu_f32(const float *x, float *y, size_t n);

// y[i] = activation(x[i]).
void ck_activate_f32(const float *x, float *y, size_t n, ck_activation activation);

// y[r, i] = e^(x[r, i] - max x[r]) / sum over i; `rows` contiguous rows of n; x == y allowed. An exponential less than
// 2⁻¹²⁶ counts as 0.
void ck_softmax_f32(const float *x, float *y, size_t rows, size_t n);

// The sums over n elements of x[i] − center and of its square; right to n / 16 · 2⁻²⁴ of the sum of magnitudes.
ck_moments ck_moments_f32(const float *x, size_t n, float center);

// y[i] = ((x[i] − center)·scale + shift)·gamma[i] + beta[i] with the members of `by`; y may be x.
void ck_rescale_f32(const float *x, float *y, size_t n, const ck_rescaling *by);

// y[r, j] = activation(y[r, j] + bias[j] + residual[r, j]) over `rows` rows of n, ldy >= n apart. residual may be y.
void ck_bias_act_f32(float *y, size_t rows, size_t n, size_t ldy, const ck_epilogue *epilogue);

// MARK: - Recurrent cells

// The default pair, sigmoid and tanh, is computed as quotients: tanh as by `ck_tanh_f32`, and s(x) = (1 + tanh(x/2)) / 2;
// all x, NaN stays NaN. tanh is right to 4.5e-7 of its value, s to 2.5e-7. Other functions are those of `ck_activate_f32`.

// The step of CK_CELL_LSTM after its product hz; the bias is part of xz or hz. c may be c_prev; h may be the h that hz
// came from.
void ck_lstm_cell_f32(size_t rows, size_t units, const float *xz, size_t ldxz, const float *hz, size_t ldhz,
                      const float *c_prev, size_t ldcp, float *h, size_t ldh, float *c, size_t ldc,
                      ck_activation activation, ck_activation recurrent);

// The step of CK_CELL_GRU after its product hz; both biases are part of xz and hz. h may be h_prev.
void ck_gru_cell_f32(size_t rows, size_t units, const float *xz, size_t ldxz, const float *hz, size_t ldhz,
                     const float *h_prev, size_t ldhp, float *h, size_t ldh,
                     ck_activation activation, ck_activation recurrent);

// Floats that `ck_cell_pack_f32` writes.
size_t ck_cell_packed_size_f32(ck_cell_kind kind, size_t k, size_t units);

// packed = the kernel (k, gates·units) of a cell, for a step.
void ck_cell_pack_f32(ck_cell_kind kind, size_t k, size_t units, const float *kernel, float *packed);

// One step of units begin ..< end, each sum of a gate one chain of fused multiply-adds in the order of k, of the input
// first where the cell has inputs. h overlaps nothing else. `begin` is a multiple of CK_CELL_UNITS, `end` too or all units;
// CK_CELL_GRU_RESET_FIRST takes all of them.
enum { CK_CELL_UNITS = 16 };
void ck_cell_step_f32(const ck_cell *cell, const ck_cell_rows *rows, size_t begin, size_t end);

// MARK: - Transposing

// y[j, i] = x[i, j] for the rows × columns of x, bit by bit; rows of x and y are ldx and ldy apart, and do not overlap.
void ck_transpose_f32(size_t rows, size_t columns, const float *x, size_t ldx, float *y, size_t ldy);

// MARK: - Waiting

// Tells the processor that a loop waits for another thread.
static inline void ck_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

// MARK: - Matrix product and convolution, channels last

// Floats that `ck_pack_b_f32` writes: about k times n rounded up to whole panels, whose width depends on the level.
size_t ck_packed_size_f32(size_t k, size_t n);

// How many rows of a matrix product are computed together: fewer, at the end, cost nearly as much.
size_t ck_tile_rows(void);

// Whether a k × n matrix has so few columns that they are packed as columns rather than in panels: up to 4, and up to 12
// where k is long enough to make up for the sums over lanes that follow.
static inline int ck_is_narrow(size_t k, size_t n) { return n <= 4 || (n <= 12 && k >= 12 * n); }

// packed = the k × n matrix b (rows ldb apart) as panels of columns, the last one padded with zeros, or as columns where
// it is narrow.
// 64-byte alignment of `packed` is faster. Packed weights belong to the level that packed them.
void ck_pack_b_f32(size_t k, size_t n, const float *b, size_t ldb, float *packed);

// The same for b stored as its transpose: n × k, rows ldb apart.
void ck_pack_b_transposed_f32(size_t k, size_t n, const float *b, size_t ldb, float *packed);

// c[i, j] = activation(bias[j] + sum over k of a[i, k]·b[k, j] + residual[i, j]); epilogue may be NULL.
// Rows of a, c and the residual are lda, ldc and ldr apart. c overlaps no input except that residual may be c. Uses up
// to 112 KiB of stack, as `ck_igemm_f32` does.
void ck_gemm_f32(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *packed, float *c, size_t ldc,
                 const ck_epilogue *epilogue);

// As gemm with k = taps·channels, where row i of a is the concatenation over t of the `channels` floats at
// base + offsets[i·taps + t]; a negative offset stands for zeros (padding); taps, channels > 0. So a convolution needs
// no copied patches, and its offsets hold for any image of the same shape.
void ck_igemm_f32(size_t m, size_t n, size_t taps, size_t channels, const float *base, const int32_t *offsets,
                  const float *packed, float *c, size_t ldc, const ck_epilogue *epilogue);

// c[i, j] = activation(bias[j] + sum over the lines of pixel i times column j of the packed weights + residual[i, j])
// for the m pixels of each output line, row i of c being pixel i mod m of line i / m: no padding along the line, no
// offsets, no copies. Each element is one chain of fused multiply-adds in the order of k, or where the weights are narrow
// and pixels lie apart one chain per lane. c overlaps no input. For k·n that fits L1 or L2; no blocks of k.
void ck_conv_lines_f32(const ck_conv_lines *conv, size_t m, size_t n, const float *a, const float *packed, float *c,
                       size_t ldc, const ck_epilogue *epilogue);

// c[i, j] = activation(bias[j] + sum over t of base[offsets[i·taps + t] + j]·weights[t·channels + j] + residual[i, j]);
// a negative offset stands for zeros. residual may be c.
void ck_depthwise_f32(size_t m, size_t channels, size_t taps, const float *base, const int32_t *offsets,
                      const float *weights, float *c, size_t ldc, const ck_epilogue *epilogue);

// c[i, j] = activation(bias[j] + sum over the lines and taps of row i times weights[(l·width + t)·channels + j] +
// residual[i, j]) for the m pixels of each output line, none of whose taps is padding. The sum is one chain of fused
// multiply-adds in the order of the weights, as in `ck_depthwise_f32`. c overlaps no input.
void ck_depthwise_lines_f32(const ck_depthwise_lines *conv, size_t m, const float *a, const float *weights, float *c,
                            size_t ldc, const ck_epilogue *epilogue);

// c[i, j] = max over t of base[offsets[i·taps + t] + j]; a negative offset is left out. -inf when all are.
void ck_maxpool_f32(size_t m, size_t channels, size_t taps, const float *base, const int32_t *offsets, float *c,
                    size_t ldc);

// c[i, j] = mean over t of base[offsets[i·taps + t] + j]; a negative offset is left out of sum and count, one at least
// is not negative.
void ck_avgpool_f32(size_t m, size_t channels, size_t taps, const float *base, const int32_t *offsets, float *c,
                    size_t ldc);

// Floats that `ck_conv3x3_pack_f32` writes, and floats of workspace that one call of `ck_conv3x3_f32` needs.
size_t ck_conv3x3_packed_size_f32(size_t tile, size_t kernel_depth, size_t channels, size_t filters);
size_t ck_conv3x3_workspace_f32(const ck_conv3x3 *conv);

// packed = the kernel of kernel_depth × 3 × 3 × channels × filters, prepared for tiles of this side.
void ck_conv3x3_pack_f32(size_t tile, size_t kernel_depth, size_t channels, size_t filters, const float *kernel,
                         float *packed);

// c[z, y, x, j] = activation(bias[j] + sum over the taps + residual[z, y, x, j]); pixels of c and residual are ldc and
// ldr apart. Computes one part, so that threads can share a volume, and tiles of several volumes a product. Winograd
// F(4×4, 3×3): a quarter of the multiplications, for four times the weights; the error is about three times that of a
// direct sum, at most 5e-7 of the sum of the magnitudes as measured. F(2×2, 3×3): 4/9 of them, for 16/9 of the weights;
// the error is no more than that of a direct sum, 1e-7 as measured.
void ck_conv3x3_f32(const ck_conv3x3 *conv, ck_conv3x3_part part, const float *images, const float *packed, float *c,
                    size_t ldc, const ck_epilogue *epilogue, float *workspace);

// Floats that `ck_conv1d_pack_f32` writes, and floats of workspace that one call of `ck_conv1d_f32` needs.
size_t ck_conv1d_packed_size_f32(size_t taps, size_t channels, size_t filters);
size_t ck_conv1d_workspace_f32(const ck_conv1d *conv);

// packed = the kernel of taps × channels × filters, prepared.
void ck_conv1d_pack_f32(size_t taps, size_t channels, size_t filters, const float *kernel, float *packed);

// How many of so many taps are transformed together.
static inline size_t ck_conv1d_group(size_t taps) { return taps == 3 || taps == 5 ? taps : 4; }

// Pieces that a convolution is computed in, of about the same size.
size_t ck_conv1d_units_f32(const ck_conv1d *conv);

// c[i, j] = activation(bias[j] + sum over the taps + residual[i, j]) over the outputs of all lines, which are ldc and ldr
// apart. Computes units first ..< end, so that threads can share a line. F(4, n) of n + 3 products in place of 4n, for
// each group of n taps. The error is about twice that of a direct sum.
void ck_conv1d_f32(const ck_conv1d *conv, size_t first, size_t end, const float *x, const float *packed, float *c,
                   size_t ldc, const ck_epilogue *epilogue, float *workspace);

#ifdef __cplusplus
}
#endif

#endif
