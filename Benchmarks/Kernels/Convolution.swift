import CKernels

/// A convolution of an image without padding, by the kernels that can compute it.
struct Convolution {
  let height: Int
  let width: Int
  let channels: Int
  /// Taps along the two axes.
  let taps: (Int, Int)
  let filters: Int
  let stride: Int

  /// An image; a single line where `height` is 1.
  init(_ height: Int, _ width: Int, _ channels: Int, taps: (Int, Int), filters: Int, stride: Int = 1) {
    (self.height, self.width, self.channels) = (height, width, channels)
    (self.taps, self.filters, self.stride) = (taps, filters, stride)
  }

  var name: String {
    let image = height == 1 ? "\(width)×\(channels)" : "\(height)×\(width)×\(channels)"
    let kernel = height == 1 ? "\(taps.1)" : "\(taps.0)×\(taps.1)"
    return "\(image), \(kernel)\(stride > 1 ? " stride \(stride)" : ""), \(filters)"
  }

  private var lines: Int { (height - taps.0) / stride + 1 }
  private var columns: Int { (width - taps.1) / stride + 1 }
  private var run: Int { taps.1 * channels }
  private var k: Int { taps.0 * run }
  private var flops: Int { 2 * lines * columns * filters * k }

  /// By patches that are looked up.
  var patches: KernelCase {
    KernelCase(name: name, flops: flops) { [self] kernels in
      let (x, y, bias) = (Floats(height * width * channels), Floats(lines * columns * filters), Floats(filters))
      let packed = kernels.packedMatrix(k: k, n: filters)
      let offsets = (0..<lines * columns * taps.0).map { index in
        let (pixel, tap) = index.quotientAndRemainder(dividingBy: taps.0)
        return Int32(((pixel / columns * stride + tap) * width + pixel % columns * stride) * channels)
      }
      return { [self] in
        var epilogue = ck_epilogue(bias: bias)
        kernels.igemm(
          lines * columns, filters, taps.0, run, x.base, offsets, packed.base, y.base, filters, &epilogue)
      }
    }
  }

  /// By lines of the image.
  var byLines: KernelCase {
    KernelCase(name: name, flops: flops) { [self] kernels in
      let (x, y, bias) = (Floats(height * width * channels), Floats(lines * columns * filters), Floats(filters))
      let packed = kernels.packedMatrix(k: k, n: filters)
      return { [self] in
        var epilogue = ck_epilogue(bias: bias)
        var problem = ck_conv_lines(
          outputs: lines, kernel_planes: 1, kernel_lines: taps.0, first_plane: 0, planes: 1, first_line: 0,
          lines: taps.0, run: run, plane_stride: 0, line_stride: width * channels, lda: stride * channels,
          step: stride * width * channels)
        kernels.conv_lines(&problem, columns, filters, x.base, packed.base, y.base, filters, &epilogue)
      }
    }
  }
}
