/// How a pooling window becomes one value.
package enum PoolingFunction: String, Sendable, Hashable {
  case maximum
  /// The mean of the cells that are not padding.
  case average
}

/// Pools output pixels `pixels` of a channels-last input.
package func pool(_ function: PoolingFunction, _ window: Window, pixels: Range<Int>, from x: Source, to y: Target) {
  let channels = window.channels
  for pixel in pixels {
    let target = y + pixel * channels
    let (row, start) = window.origin(ofPixel: pixel)
    var cells = 0
    target.update(repeating: function == .maximum ? -.infinity : 0, count: channels)
    window.forEachValidTap(row: row, start: start) { _, offset in
      let cell = x + offset
      cells += 1
      switch function {
      case .maximum:
        for channel in 0..<channels {
          let value = cell[channel]
          if value > target[channel] || value.isNaN { target[channel] = value }
        }
      case .average:
        for channel in 0..<channels { target[channel] += cell[channel] }
      }
    }
    if function == .average {
      let scale = 1 / Float(cells)
      for channel in 0..<channels { target[channel] *= scale }
    }
  }
}
