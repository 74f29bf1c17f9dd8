extension Tensor {
  /// One element, as a float. `tensor[1, 2]` of a matrix is row 1, column 2.
  /// - Precondition: one index per axis, each within its extent.
  public subscript(_ indices: Int...) -> Float {
    get {
      let offset = offset(of: indices)
      switch dataType {
      case .float32: return withUnsafeElements(of: Float.self) { $0[offset] }
      case .int32: return withUnsafeElements(of: Int32.self) { Float($0[offset]) }
      case .string: preconditionFailure("strings are not numbers")
      }
    }
    set {
      let offset = offset(of: indices) * DataType.byteCount
      let dataType = dataType
      withUnsafeMutableBytes { bytes in
        switch dataType {
        case .float32: bytes.storeBytes(of: newValue, toByteOffset: offset, as: Float.self)
        case .int32: bytes.storeBytes(of: Int32(saturating: newValue), toByteOffset: offset, as: Int32.self)
        case .string: preconditionFailure("strings are not numbers")
        }
      }
    }
  }

  /// A float32 tensor of the same shape: `transform` of each element.
  public func map(_ transform: (Float) throws -> Float) rethrows -> Tensor {
    Tensor(try floats.map(transform), shape: shape)
  }

  /// The rows `range` of the first axis: `images[0..<3]` is the first three images. Copies them.
  /// - Precondition: the tensor has an axis, and `range` lies within it.
  public subscript(_ range: Range<Int>) -> Tensor {
    precondition(shape.rank > 0, "a scalar has no rows")
    precondition(range.upperBound <= shape[0] && range.lowerBound >= 0, "rows \(range) of \(shape[0])")
    let rowBytes = shape[0] == 0 ? 0 : byteCount / shape[0]
    let rows = withUnsafeBytes { bytes in
      Tensor(
        copying: UnsafeRawBufferPointer(rebasing: bytes[range.lowerBound * rowBytes..<range.upperBound * rowBytes]),
        shape: shape.withBatch(range.count), dataType: dataType)
    }
    return dataType == .string ? Tensor(numbers: rows, stringTable: stringTable) : rows
  }

  /// Tensors of equal row shape one after another along the first axis.
  /// - Precondition: at least one tensor; all agree in type and in every axis but the first.
  public static func concatenated(_ tensors: [Tensor]) -> Tensor {
    guard let first = tensors.first else { preconditionFailure("nothing to concatenate") }
    for tensor in tensors {
      precondition(
        tensor.dataType == first.dataType && tensor.shape.dropFirst().elementsEqual(first.shape.dropFirst()),
        "cannot concatenate \(tensor.shape) to \(first.shape)")
    }
    let rows = tensors.reduce(0) { $0 + $1.shape[0] }
    if first.dataType == .string { return concatenatedStrings(tensors, shape: first.shape.withBatch(rows)) }
    return Tensor(uninitialized: first.shape.withBatch(rows), dataType: first.dataType) { target in
      var offset = 0
      for tensor in tensors {
        tensor.withUnsafeBytes { source in
          UnsafeMutableRawBufferPointer(rebasing: target[offset..<offset + source.count]).copyMemory(from: source)
        }
        offset += tensor.byteCount
      }
    }
  }

  /// The index of the largest element along the last axis; the first of equals. A NaN counts as the largest.
  ///
  /// A tensor of shape `(…, n)` gives an int32 tensor of shape `(…)`.
  /// - Precondition: the last axis has at least one element.
  public func argmax() -> Tensor {
    guard let width = shape.last, width > 0 else { preconditionFailure("argmax needs a last axis that is not empty") }
    let values = floats
    let winners = stride(from: 0, to: values.count, by: width).map { start in
      Self.indexOfMaximum(values[start..<start + width])
    }
    return Tensor(winners, shape: Shape(shape.dropLast()))
  }

  private static func indexOfMaximum(_ row: ArraySlice<Float>) -> Int32 {
    var best = row.startIndex
    for index in row.indices where row[index] > row[best] || (row[index].isNaN && !row[best].isNaN) {
      best = index
    }
    return Int32(best - row.startIndex)
  }

  private func offset(of indices: [Int]) -> Int {
    precondition(indices.count == shape.rank, "\(indices.count) indices for a tensor of shape \(shape)")
    var offset = 0
    for (index, dimension) in zip(indices, shape) {
      precondition(index >= 0 && index < dimension, "index \(indices) is outside shape \(shape)")
      offset = offset * dimension + index
    }
    return offset
  }
}
