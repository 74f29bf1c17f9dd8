import OstinatoLayers
import OstinatoTensors

/// A kernel that was saved after `model.quantize("int8")` or `quantize("int4")`: whole numbers with their scales.
///
/// Without blocks an element is its number divided by the scale of its channel. With blocks there are a scale and a zero
/// point for each channel of each block: `(number - zero) * scale`. Numbers of four bits lie two in a byte, those of the
/// lower bits first, as a matrix of what is summed by what is not.
///
/// Source: `keras/src/quantizers/quantizers.py`, and `variable_serialization_spec` of Dense, EinsumDense and Embedding.
struct QuantizedWeight {
  /// The axes of kernel and scale, a letter each.
  private struct Axes {
    var kernel: [Character]
    var scale: [Character]
    /// Whether axes of the scale that have no letter come first.
    var leadsWithOthers = true
  }

  /// The numbers of a weight's arrays among the layer's.
  struct Places {
    var numbers = 0
    let scale: Int
    /// Nil where there are no blocks.
    var zeros: Int?
    var blocks: Int?
  }

  private let slot: WeightSlot
  private let axes: Axes
  let places: Places

  /// Nil for a weight that is not quantised.
  /// - Parameter arrayCount: how many arrays the file has for the layer; only counted for a layer that can be quantised.
  init?(_ slot: WeightSlot, arrayCount: @autoclosure () -> Int) {
    self.slot = slot
    if let layer = slot.layer as? ReversibleEmbedding, slot.index == 1, arrayCount() > 2 {
      axes = Axes(kernel: ["k", "n"], scale: ["n"])
      places =
        layer.tieWeights || arrayCount() < 7
        ? Places(numbers: 2, scale: 3) : Places(numbers: 4, scale: 5, zeros: 6, blocks: 3)
      return
    }
    guard slot.index == 0 else { return nil }
    func kernelPlaces(scale: Int) -> Places {
      arrayCount() > scale + 2 ? Places(scale: scale, zeros: scale + 1, blocks: scale + 2) : Places(scale: scale)
    }
    switch slot.layer {
    case let layer as Dense:
      axes = Axes(kernel: ["k", "n"], scale: ["n"])
      places = kernelPlaces(scale: layer.useBias ? 2 : 1)
    case is Embedding:
      axes = Axes(kernel: ["k", "n"], scale: ["k"])
      places = kernelPlaces(scale: 1)
    case let layer as ReversibleEmbedding:
      axes = Axes(kernel: ["k", "n"], scale: ["k"])
      places = layer.tieWeights || arrayCount() >= 7 ? kernelPlaces(scale: 1) : Places(scale: 1)
    case let layer as EinsumDense:
      let terms = layer.equation.filter { $0 != " " && $0 != ">" }.split { $0 == "," || $0 == "-" }
      guard terms.count == 3 else { return nil }
      axes = Axes(
        kernel: terms[1].filter { $0 != "." }, scale: terms[2].filter { $0 != "." },
        leadsWithOthers: terms[2].hasPrefix("."))
      places = kernelPlaces(scale: layer.biasAxes == nil ? 1 : 2)
    default: return nil
    }
  }

  /// The kernel as floats.
  /// - Parameters:
  ///   - numbers: as they lie in the file.
  ///   - scale: a scale for each channel, or for each block and channel.
  ///   - blocks: zero points, and the block of each row or, in an embedding, column; nil where there are no blocks.
  func floats(
    _ numbers: Tensor, scale: Tensor, blocks: (zeros: Tensor, numbers: Tensor)?
  ) throws(ModelError) -> Tensor {
    guard let shape = slot.variable.shape.known else { throw mismatch("\(slot.variable.shape)", "\(numbers.shape)") }
    let isPacked = blocks != nil || numbers.shape != shape || Self.isNibbles(numbers)
    let whole = isPacked ? try unpacked(numbers, to: shape) : numbers
    let axes = isPacked ? matrixAxes : self.axes
    guard let blocks else {
      let scales = try spread(scale, over: whole.shape, axes)
      return Tensor(zip(whole.int32s, scales.floats).map { Float($0) / $1 }, shape: shape)
    }
    let scales = try spread(scale, over: whole.shape, axes, blocks.numbers)
    let zeros = try spread(blocks.zeros.converted(to: .float32), over: whole.shape, axes, blocks.numbers)
    let values = zip(whole.int32s, zip(scales.floats, zeros.floats)).map { (Float($0) - $1.1) * $1.0 }
    return Tensor(values, shape: shape)
  }

  // MARK: Numbers of four bits

  /// Whether a single column is of numbers of four bits: its shape does not tell. Keras scales one of eight bits to 127.
  private static func isNibbles(_ numbers: Tensor) -> Bool {
    numbers.shape.last == 1 && numbers.int32s.allSatisfy { (0...15).contains($0) }
  }

  private func unpacked(_ bytes: Tensor, to shape: Shape) throws(ModelError) -> Tensor {
    if isPackedByRows {
      guard shape.rank == 2, bytes.shape.rank == 2 else { throw mismatch("\(shape)", "\(bytes.shape)") }
      return Self.turned(try unpackedColumns(Self.turned(bytes), to: [shape[1], shape[0]]))
    }
    return try unpackedColumns(bytes, to: shape)
  }

  private static func turned(_ matrix: Tensor) -> Tensor {
    matrix.converted(to: .float32).transposed([1, 0]).converted(to: .int32)
  }

  /// Two rows lie in each byte, rather than two columns.
  private var isPackedByRows: Bool { slot.layer is ReversibleEmbedding && slot.index == 1 }

  private func unpackedColumns(_ bytes: Tensor, to shape: Shape) throws(ModelError) -> Tensor {
    let rows = bytes.shape.first ?? 0
    guard rows > 0, bytes.shape.rank == 2, shape.elementCount.isMultiple(of: rows),
      bytes.shape[1] == (shape.elementCount / rows + 1) / 2
    else { throw mismatch("\(shape), or two columns in each byte", "\(bytes.shape)") }
    let (columns, packed) = (shape.elementCount / rows, bytes.int32s)
    let numbers = (0..<rows).flatMap { row in
      (0..<columns).map { column in
        let nibble = packed[row * bytes.shape[1] + column / 2] >> (column.isMultiple(of: 2) ? 0 : 4) & 15
        return nibble < 8 ? nibble : nibble - 16
      }
    }
    return Tensor(numbers, shape: [rows, columns])
  }

  private var matrixAxes: Axes { slot.layer is EinsumDense ? Axes(kernel: ["k", "n"], scale: ["n"]) : axes }

  // MARK: Scales

  /// The scale of each element.
  private func spread(_ scale: Tensor, over shape: Shape, _ axes: Axes) throws(ModelError) -> Tensor {
    let others = max(scale.shape.rank - axes.scale.count, 0)
    let extents = Array(axes.leadsWithOthers ? scale.shape.dropFirst(others) : scale.shape.dropLast(others))
    let wanted = axes.scale.map { letter in axes.kernel.firstIndex(of: letter).map { shape[$0] } ?? 1 }
    guard axes.kernel.count == shape.rank, extents == wanted, Shape(extents).elementCount == scale.elementCount else {
      throw mismatch("\(Shape(wanted)) for its scale", "\(scale.shape)")
    }
    let strides = axes.kernel.map { letter in axes.scale.firstIndex(of: letter).map { Shape(extents).strides[$0] } ?? 0
    }
    return scale.rearranged(shape, strides: strides, start: 0)
  }

  /// The scale or zero point of each element of a matrix, where those of a block are one row or, for scales of rows, one
  /// column.
  private func spread(
    _ values: Tensor, over shape: Shape, _ axes: Axes, _ blocks: Tensor
  ) throws(ModelError) -> Tensor {
    let (isByRow, table) = (axes.scale == ["k"], values.shape)
    let (blockAxis, channelAxis) = isByRow ? (1, 0) : (0, 1)
    guard table.rank == 2, table[channelAxis] == shape[channelAxis], blocks.elementCount == shape[blockAxis],
      blocks.floats.allSatisfy({ $0 >= 0 && $0 < Float(table[blockAxis]) })
    else { throw mismatch("a value for each block and channel of \(shape)", "\(table)") }
    let (source, block) = (values.floats, blocks.floats.map { Int($0) })
    let elements = (0..<shape[0]).flatMap { row in
      (0..<shape[1]).map { column in
        isByRow ? source[row * table[1] + block[column]] : source[block[row] * table[1] + column]
      }
    }
    return Tensor(elements, shape: shape)
  }

  private func mismatch(_ expected: String, _ received: String) -> ModelError {
    ModelError(
      .shapeMismatch, slot.subject,
      "expected quantised weight `\(slot.variable.name)` of shape \(expected). Received: \(received)")
  }
}
