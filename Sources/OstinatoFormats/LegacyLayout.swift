import OstinatoLayers
import OstinatoTensors

/// Brings the arrays of one layer of an old file into the layout of today's weights.
struct LegacyLayout {
  /// 1, 2 or 3.
  let kerasMajorVersion: Int
  /// Whether the kernels of convolutions are mirrored, as Theano has them.
  let flipsKernels: Bool

  /// A tensor for each of `slots`.
  /// - Throws: `ModelError` when there are more or fewer arrays than any Keras has written for these layers.
  func tensors(
    for slots: [WeightSlot], from arrays: [Tensor], group: String
  ) throws(ModelError) -> [Tensor] {
    let runs = slots.chunked { $0.filePath == $1.filePath }
    let counts = arrays.count == slots.count ? runs.map(\.count) : runs.map(Self.countByGate)
    guard counts.reduce(0, +) == arrays.count else {
      let wanted = slots.map { "`\($0.variable.name)` \($0.variable.shape)" }.joined(separator: ", ")
      throw ModelError(
        arrays.count < slots.count ? .missingWeight : .shapeMismatch, slots.first?.subject ?? group,
        "expected \(slots.count) weights (\(wanted)). Received: \(arrays.count) in group '\(group)' of shapes "
          + arrays.map(\.shape.description).joined(separator: ", "))
    }
    var rest = arrays[...]
    var tensors: [Tensor] = []
    for (run, count) in zip(runs, counts) {
      tensors += converted(Array(rest.prefix(count)), for: run)
      rest = rest.dropFirst(count)
    }
    return tensors
  }

  /// The arrays that Keras 1 wrote for a layer: three for each gate of a recurrent cell.
  private static func countByGate(_ run: [WeightSlot]) -> Int {
    run.count * (gates[run[0].layer.className]?.count ?? 1)
  }

  /// For each recurrent cell, where its gates are among those that Keras 1 wrote.
  private static let gates = [
    "GRUCell": [0, 1, 2], "LSTMCell": [0, 2, 1, 3], "ConvLSTM2DCell": [0, 2, 1, 3],
  ]

  /// The arrays of one layer's own weights.
  private func converted(_ arrays: [Tensor], for slots: [WeightSlot]) -> [Tensor] {
    var arrays = arrays
    let layer = slots[0].layer
    if let order = Self.gates[layer.className] {
      if arrays.count == 3 * order.count { arrays = Self.joined(arrays, order) }
      arrays = Self.fromCuDNN(arrays, slots, gateCount: order.count)
    }
    return zip(arrays, slots).map { array, slot in kernel(array, for: slot) }
  }

  // MARK: Recurrent

  /// Kernel, recurrent kernel and bias from those of each gate.
  private static func joined(_ arrays: [Tensor], _ order: [Int]) -> [Tensor] {
    (0..<3).map { part in Tensor.joined(order.map { arrays[3 * $0 + part] }) }
  }

  /// CuDNN's matrices are the transposes of Keras' in each gate, and it has two biases.
  private static func fromCuDNN(_ arrays: [Tensor], _ slots: [WeightSlot], gateCount: Int) -> [Tensor] {
    guard arrays.count == 3, arrays[2].shape.rank == 1, arrays[0].shape.rank == 2, arrays[1].shape.rank == 2,
      arrays[2].elementCount == 2 * arrays[0].shape[1], arrays[1].shape[1] == arrays[0].shape[1],
      arrays[0].shape[1].isMultiple(of: gateCount), arrays[1].shape[0] == arrays[0].shape[1] / gateCount
    else { return arrays }
    let (features, units) = (arrays[0].shape[0], arrays[1].shape[0])
    let kernel = Tensor.joined(
      arrays[0].columns(in: gateCount).map { $0.reshaped(to: [units, features]).transposed([1, 0]) })
    let recurrent = Tensor.joined(arrays[1].columns(in: gateCount).map { $0.transposed([1, 0]) })
    let biases = arrays[2].reshaped(to: [2, gateCount * units])
    if slots[2].variable.shape.rank == 2 { return [kernel, recurrent, biases] }
    let elements = biases.floats
    let (input, hidden) = (elements.prefix(gateCount * units), elements.suffix(gateCount * units))
    return [kernel, recurrent, Tensor(zip(input, hidden).map(+), shape: [gateCount * units])]
  }

  // MARK: Convolutions

  /// The kernel of a convolution; any other weight as it is.
  private func kernel(_ array: Tensor, for slot: WeightSlot) -> Tensor {
    guard slot.variable.name.hasSuffix("kernel"), let layout = slot.layer.config["data_format"]?.string else {
      return array
    }
    var array = array
    let rank = slot.variable.shape.rank
    if kerasMajorVersion == 1 { array = reordered(array, for: slot, isChannelsFirst: layout == "channels_first") }
    if flipsKernels, array.shape.rank == rank { array = array.flipped(axes: rank - 2) }
    return array
  }

  /// Keras 1 wrote channels-first kernels as `(filters, in, rows, columns)`, those of one dimension as if they had two,
  /// and those of transposed convolutions with the channels the other way round.
  private func reordered(_ array: Tensor, for slot: WeightSlot, isChannelsFirst: Bool) -> Tensor {
    let rank = slot.variable.shape.rank
    if rank == 3, array.shape.rank == 4 {
      let isOldest = array.shape[3] == 1 && array.shape[1] != 1
      let kernel = isOldest ? array.transposed([2, 3, 1, 0]) : array
      return kernel.shape[1] == 1 ? kernel.reshaped(to: [kernel.shape[0], kernel.shape[2], kernel.shape[3]]) : array
    }
    guard array.shape.rank == rank, rank >= 4 else { return array }
    let spatial = Array(2..<rank)
    if slot.layer.className.hasSuffix("Transpose") {
      return array.transposed(isChannelsFirst ? spatial + [0, 1] : Array(0..<rank - 2) + [rank - 1, rank - 2])
    }
    return isChannelsFirst ? array.transposed(spatial + [1, 0]) : array
  }
}

extension Array {
  /// The elements in runs of neighbours that belong together.
  fileprivate func chunked(by belongTogether: (Element, Element) -> Bool) -> [[Element]] {
    reduce(into: []) { runs, element in
      if let last = runs.last?.last, belongTogether(last, element) {
        runs[runs.count - 1].append(element)
      } else {
        runs.append([element])
      }
    }
  }
}
