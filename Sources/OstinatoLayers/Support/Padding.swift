import OstinatoGraph
import OstinatoTensors

/// How a sliding window meets the border.
///
/// Source: `keras/src/backend/common/backend_utils.py` and `keras/src/ops/operation_utils.py`.
public enum Padding: String, Sendable, CaseIterable {
  /// Only where the whole window lies inside.
  case valid
  /// `ceil(input / stride)` outputs; the odd cell of padding goes to the end.
  case same
  /// Everything before the first cell, so that an output sees no later input.
  case causal
}

/// The sliding window of a convolution or pooling layer, one entry per spatial axis.
struct SlidingWindow: Sendable {
  let kernel: [Int]
  let strides: [Int]
  let dilation: [Int]
  let padding: Padding

  init(kernel: [Int], strides: [Int], dilation: [Int]? = nil, padding: Padding) {
    self.kernel = kernel
    self.strides = strides
    self.dilation = dilation ?? [Int](repeating: 1, count: kernel.count)
    self.padding = padding
  }

  /// Cells from the first to the last tap along `axis`.
  private func span(_ axis: Int) -> Int { (kernel[axis] - 1) * dilation[axis] + 1 }

  /// The extents of the output, nil where the input's is.
  func output(for input: [Int?]) throws(ModelError) -> [Int?] {
    var output: [Int?] = []
    for (axis, extent) in input.enumerated() {
      guard let extent else {
        output.append(nil)
        continue
      }
      guard padding != .valid || extent >= span(axis) else {
        throw ModelError(
          .shapeMismatch, "", "expected at least \(span(axis)) cells along spatial axis \(axis). Received: \(extent)")
      }
      let starts = padding == .valid ? extent - span(axis) + 1 : extent
      output.append((starts + strides[axis] - 1) / strides[axis])
    }
    return output
  }

  /// The window with its padding spelled out for an input of the given extents.
  func geometry(for input: [Int]) -> WindowGeometry {
    let cells = input.indices.map { axis -> WindowGeometry.Padding in
      switch padding {
      case .valid: return .init(before: 0, after: 0)
      case .causal: return .init(before: span(axis) - 1, after: 0)
      case .same:
        let outputs = (input[axis] + strides[axis] - 1) / strides[axis]
        let total = max((outputs - 1) * strides[axis] + span(axis) - input[axis], 0)
        return .init(before: total / 2, after: total - total / 2)
      }
    }
    return WindowGeometry(kernel: kernel, strides: strides, dilation: dilation, padding: cells)
  }
}
