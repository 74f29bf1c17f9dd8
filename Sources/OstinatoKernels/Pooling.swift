import CKernels

/// How a pooling window becomes one value.
package enum PoolingFunction: String, Sendable, Hashable {
  case maximum
  /// The mean of the cells that are not padding.
  case average
}

/// Pools `pixels` output pixels, of `channels` each, from `base`.
package func pool(
  _ function: PoolingFunction, pixels: Int, channels: Int, taps: Int, base: Source, offsets: UnsafePointer<Int32>,
  to y: Target
) {
  switch function {
  case .maximum: ck_maxpool_f32(pixels, channels, taps, base, offsets, y, channels)
  case .average: ck_avgpool_f32(pixels, channels, taps, base, offsets, y, channels)
  }
}
