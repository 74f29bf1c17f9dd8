extension Tensor {
  /// The array in the bytes of a `.npy` file.
  ///
  /// Floats of two, four and eight bytes become `float32`; integers and bools become `int32`; `U` and `S` become strings.
  /// Either byte order, C and Fortran order, versions 1 to 3. Errors call the file `name`.
  /// - Throws: `ModelError.Code.malformedFile` when the bytes are not exactly one such array, or when an integer does
  ///   not fit an `int32`.
  public init(npy bytes: UnsafeRawBufferPointer, name: String) throws(ModelError) {
    let header = try NPYHeader(parsing: bytes, name: name)
    let (expected, overflow) = header.shape.elementCount.multipliedReportingOverflow(by: header.element.size)
    let data = UnsafeRawBufferPointer(rebasing: bytes[header.byteCount...])
    // Empty strings take no bytes, but their number is bounded by what a file can say in any other way.
    guard data.count == expected, !overflow, expected > 0 || header.shape.elementCount <= 1 << 20 else {
      throw ModelError(
        .malformedFile,
        name,
        "expected \(expected) bytes of elements for shape \(header.shape); received \(data.count)"
      )
    }
    let stored = header.isFortranOrder ? Shape(header.shape.reversed()) : header.shape
    let tensor = try ElementDecoder(name: name, data: data, shape: stored).decode(header.element)
    self = header.isFortranOrder ? tensor.axesReversed() : tensor
  }

  /// The array in the `.npy` file at `path`, as ``init(npy:name:)`` reads it.
  /// - Throws: `ModelError.Code.fileAccess` when the file cannot be read, and as ``init(npy:name:)`` does.
  public init(contentsOfNPY path: String) throws {
    let bytes = try FileBytes.read(path)
    self = try bytes.withUnsafeBytes { try Tensor(npy: $0, name: path) }
  }

  /// The bytes of a `.npy` file with this tensor: `<f4`, `<i4` or `<U…`, C order, as `numpy.save` writes them.
  public func npyData() -> [UInt8] {
    guard dataType != .string else { return npyStrings() }
    var bytes = NPYHeader.bytes(for: shape, type: dataType == .float32 ? "<f4" : "<i4")
    bytes.reserveCapacity(bytes.count + byteCount)
    withUnsafeBytes { bytes.append(contentsOf: $0) }
    return bytes
  }

  /// Four bytes for each character, every string as long as the longest.
  private func npyStrings() -> [UInt8] {
    let texts = strings.map { $0.unicodeScalars.map(\.value) }
    let width = max(1, texts.map(\.count).max() ?? 1)
    return texts.reduce(into: NPYHeader.bytes(for: shape, type: "<U\(width)")) { bytes, text in
      for scalar in text + [UInt32](repeating: 0, count: width - text.count) {
        bytes.append(contentsOf: (0..<4).map { UInt8(truncatingIfNeeded: scalar >> (8 * $0)) })
      }
    }
  }

  /// Writes a `.npy` file to `path`: to a temporary file beside it, which is then renamed.
  /// - Throws: `ModelError.Code.fileAccess`; an old file at `path` is then as it was.
  public func writeNPY(to path: String) throws {
    try npyData().withUnsafeBytes { try FileBytes.write($0, to: path) }
  }

  /// The elements with the order of the axes reversed: a tensor of shape `(a, b, c)` becomes one of `(c, b, a)`.
  private func axesReversed() -> Tensor {
    let target = Shape(shape.reversed())
    let sourceStrides = Array(shape.strides.reversed())
    let reversed = Tensor(uninitialized: target, dataType: dataType) { bytes in
      withUnsafeBytes { source in
        var index = [Int](repeating: 0, count: target.rank)
        var offset = 0
        for position in 0..<elementCount {
          let element = source.loadUnaligned(fromByteOffset: offset * DataType.byteCount, as: UInt32.self)
          bytes.storeBytes(of: element, toByteOffset: position * DataType.byteCount, as: UInt32.self)
          for axis in target.indices.reversed() {
            index[axis] += 1
            offset += sourceStrides[axis]
            if index[axis] < target[axis] { break }
            offset -= index[axis] * sourceStrides[axis]
            index[axis] = 0
          }
        }
      }
    }
    return dataType == .string ? Tensor(numbers: reversed, stringTable: stringTable) : reversed
  }
}
