/// Turns the elements of a file, in the order in which they lie there, into a tensor.
package struct ElementDecoder {
  private let name: String
  private let data: UnsafeRawBufferPointer
  private let shape: Shape

  /// - Parameters:
  ///   - name: what errors call the array.
  ///   - data: exactly the elements of `shape`.
  package init(name: String, data: UnsafeRawBufferPointer, shape: Shape) {
    self.name = name
    self.data = data
    self.shape = shape
  }

  /// - Throws: `ModelError.Code.malformedFile` when an integer does not fit an `int32`, or a string is no text.
  package func decode(_ element: StoredElement) throws(ModelError) -> Tensor {
    let swapped = element.isBigEndian
    switch (element.kind, element.size) {
    case (.float, 2): return floats(UInt16.self, swapped) { Float(halfBits: $0) }
    case (.float, 4): return floats(UInt32.self, swapped) { Float(bitPattern: $0) }
    case (.float, _): return floats(UInt64.self, swapped) { Float(Double(bitPattern: $0)) }
    case (.brainFloat, _): return floats(UInt16.self, swapped) { Float(bitPattern: UInt32($0) << 16) }
    case (.unicode, _): return try strings(element.size) { text throws(ModelError) in try unicode(text, swapped) }
    case (.bytes, _): return try strings(element.size) { Self.text($0) }
    case (.boolean, _): return try integers(UInt8.self, swapped) { $0 == 0 ? 0 : 1 }
    case (.signed, 1): return try integers(Int8.self, swapped) { Int32($0) }
    case (.signed, 2): return try integers(Int16.self, swapped) { Int32($0) }
    case (.signed, 4): return try integers(Int32.self, swapped) { $0 }
    case (.signed, _): return try integers(Int64.self, swapped) { Int32(exactly: $0) }
    case (.unsigned, 1): return try integers(UInt8.self, swapped) { Int32($0) }
    case (.unsigned, 2): return try integers(UInt16.self, swapped) { Int32($0) }
    case (.unsigned, 4): return try integers(UInt32.self, swapped) { Int32(exactly: $0) }
    case (.unsigned, _): return try integers(UInt64.self, swapped) { Int32(exactly: $0) }
    }
  }

  @inline(__always)
  private func floats<Stored: FixedWidthInteger & BitwiseCopyable>(
    _ stored: Stored.Type,
    _ swapped: Bool,
    _ convert: (Stored) -> Float
  ) -> Tensor {
    Tensor(uninitialized: shape) { bytes in
      for index in 0..<shape.elementCount {
        let value = convert(element(index, swapped))
        bytes.storeBytes(of: value, toByteOffset: index * DataType.byteCount, as: Float.self)
      }
    }
  }

  /// - Throws: when `convert` gives nil: the value does not fit.
  @inline(__always)
  private func integers<Stored: FixedWidthInteger & BitwiseCopyable>(
    _ stored: Stored.Type,
    _ swapped: Bool,
    _ convert: (Stored) -> Int32?
  ) throws(ModelError) -> Tensor {
    var misfit: Stored?
    let tensor = Tensor(uninitialized: shape, dataType: .int32) { bytes in
      for index in 0..<shape.elementCount {
        let value: Stored = element(index, swapped)
        let converted = convert(value)
        if converted == nil { misfit = misfit ?? value }
        bytes.storeBytes(of: converted ?? 0, toByteOffset: index * DataType.byteCount, as: Int32.self)
      }
    }
    if let misfit {
      throw ModelError(.malformedFile, name, "expected integers that fit an int32; received \(misfit)")
    }
    return tensor
  }

  private func strings(
    _ size: Int, _ decode: (UnsafeRawBufferPointer) throws(ModelError) -> String
  ) throws(ModelError) -> Tensor {
    var strings: [String] = []
    for index in 0..<shape.elementCount {
      strings.append(try decode(UnsafeRawBufferPointer(rebasing: data[index * size..<(index + 1) * size])))
    }
    return Tensor(strings, shape: shape)
  }

  /// A byte string; zeros at the end fill it up.
  private static func text(_ bytes: UnsafeRawBufferPointer) -> String {
    let count = bytes.lastIndex { $0 != 0 }.map { $0 + 1 } ?? 0
    return String(decoding: bytes.prefix(count), as: UTF8.self)
  }

  /// Four bytes for each character; zeros at the end fill it up.
  private func unicode(_ bytes: UnsafeRawBufferPointer, _ swapped: Bool) throws(ModelError) -> String {
    var scalars = String.UnicodeScalarView()
    for offset in stride(from: 0, to: bytes.count, by: 4) {
      let stored = bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
      guard let scalar = Unicode.Scalar(swapped ? stored.byteSwapped : stored) else {
        throw ModelError(.malformedFile, name, "expected Unicode characters; received \(stored)")
      }
      scalars.append(scalar)
    }
    while scalars.last == "\0" { scalars.removeLast() }
    return String(scalars)
  }

  @inline(__always)
  private func element<Stored: FixedWidthInteger & BitwiseCopyable>(_ index: Int, _ swapped: Bool) -> Stored {
    let value = data.loadUnaligned(fromByteOffset: index * MemoryLayout<Stored>.size, as: Stored.self)
    return swapped ? value.byteSwapped : value
  }
}

extension Float {
  /// The value of an IEEE 754 half-precision number.
  package init(halfBits bits: UInt16) {
    let exponent = UInt32(bits >> 10) & 0x1F
    let fraction = UInt32(bits & 0x3FF)
    let sign = UInt32(bits >> 15) << 31
    switch exponent {
    case 0:
      let magnitude = Float(fraction) * 0x1p-24
      self = sign == 0 ? magnitude : -magnitude
    case 0x1F: self = Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
    default: self = Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
    }
  }
}
