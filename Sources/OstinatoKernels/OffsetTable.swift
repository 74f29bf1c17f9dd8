/// Where the patches of a sliding window lie in one image: for each output pixel the offsets of its runs of floats,
/// negative where a run is padding.
///
/// Where neighbours along the last spatial axis are neighbours in memory too, a whole line of the kernel is one run.
package struct OffsetTable: Sendable {
  /// Runs per output pixel.
  package let taps: Int
  /// Floats per run.
  package let run: Int
  /// `(pixels of one image, taps)`.
  package let offsets: [Int32]

  /// - Parameters:
  ///   - channels: how many channels of each cell a run takes: all of them, or one group's.
  ///   - mergesLines: whether a run may be a line of the kernel, which a kernel of one channel at a time must not.
  package init(_ window: Window, channels: Int, mergesLines: Bool = true) {
    let isLine =
      mergesLines && channels == window.channels && window.dilation.z == 1 && window.padding.z == 0
      && (window.output.z - 1) * window.strides.z + window.kernel.z <= window.input.z
    let reach = SIMD3(window.kernel.x, window.kernel.y, isLine ? 1 : window.kernel.z)
    taps = reach.x * reach.y * reach.z
    run = channels * (isLine ? window.kernel.z : 1)
    var offsets = [Int32](repeating: -1, count: window.outputCells * taps)
    for pixel in 0..<window.outputCells {
      let start = window.origin(ofPixel: pixel).start
      for x in window.validTaps(0, from: start.x) {
        for y in window.validTaps(1, from: start.y) {
          let line = ((start.x + x * window.dilation.x) * window.input.y + start.y + y * window.dilation.y)
          for z in isLine ? 0..<1 : window.validTaps(2, from: start.z) {
            let cell = line * window.input.z + start.z + z * window.dilation.z
            offsets[pixel * taps + (x * reach.y + y) * reach.z + z] = Int32(truncatingIfNeeded: cell * window.channels)
          }
        }
      }
    }
    self.offsets = offsets
  }

  /// Whether all offsets of an image with its padding are numbers of 32 bits, and not too many.
  package static func fits(_ window: Window) -> Bool {
    var (elements, entries) = (Double(window.channels), Double(window.outputCells))
    for axis in 0..<3 {
      elements *= Double(window.input[axis] + (window.kernel[axis] - 1) * window.dilation[axis])
      entries *= Double(window.kernel[axis])
    }
    return elements < Double(Int32.max) && entries <= mostEntries
  }

  /// A gigabyte of them.
  private static let mostEntries = Double(1 << 28)
}
