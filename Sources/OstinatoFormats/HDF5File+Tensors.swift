import CHDF5
import OstinatoTensors

extension HDF5File {
  /// The shape of the dataset at `path`.
  /// - Throws: as ``tensor(at:)`` does.
  package func shape(at path: String) throws(ModelError) -> Shape {
    try HDF5Library.locked { () throws(ModelError) in try dataset(at: path).shape }
  }

  /// The dataset at `path`: floats of two, four or eight bytes and bfloat16 as `float32`, integers and bools as `int32`.
  /// - Throws: `ModelError.Code.missingWeight` when there is no such dataset; `.malformedFile` when it is not numbers,
  ///   lies elsewhere, is damaged, or goes beyond the limits, or when an integer does not fit an `int32`.
  package func tensor(at path: String) throws(ModelError) -> Tensor {
    try HDF5Library.locked { () throws(ModelError) in
      let dataset = try dataset(at: path)
      let size = dataset.shape.elementCount * DataType.byteCount
      guard size <= remainingBytes else {
        throw ModelError(
          .malformedFile,
          dataset.subject,
          "expected at most \(options.maximumBytes) bytes in all tensors of the file"
        )
      }
      let mark = try text(of: dataset.handle.id, attribute: "dtype", subject: dataset.subject)
      let tensor = try dataset.read(isMarkedBFloat16: mark == ["bfloat16"])
      remainingBytes -= size
      return tensor
    }
  }

  private func dataset(at path: String) throws(ModelError) -> HDF5Dataset {
    let handle = try object(at: path, H5I_DATASET)
    return try HDF5Dataset(handle, subject: subject(path), fileSize: byteCount, options: options)
  }
}

extension HDF5Dataset {
  /// The elements as a tensor.
  borrowing func read(isMarkedBFloat16: Bool) throws(ModelError) -> Tensor {
    guard let element = HDF5Element(type: type.id, isMarkedBFloat16: isMarkedBFloat16) else {
      throw ModelError(.malformedFile, subject, "expected floats, integers or bools; it holds another type")
    }
    guard shape.elementCount > 0 else { return Tensor(zeros: shape, dataType: element.dataType) }
    switch element {
    case .float: return try tensor(of: .float32, as: ostinato_h5_native_float())
    case .narrowInteger: return try tensor(of: .int32, as: ostinato_h5_native_int32())
    case .wideInteger: return try narrowedIntegers()
    case .bfloat16: return try widenedBFloat16()
    }
  }

  /// Lets the library convert straight into a tensor.
  private borrowing func tensor(of dataType: DataType, as memoryType: hid_t) throws(ModelError) -> Tensor {
    var status: herr_t = -1
    let tensor = Tensor(uninitialized: shape, dataType: dataType) { bytes in
      status = H5Dread(handle.id, memoryType, 0, 0, 0, bytes.baseAddress)
    }
    guard status >= 0 else { throw unreadable() }
    return tensor
  }

  private borrowing func elements<Element: BitwiseCopyable & ExpressibleByIntegerLiteral>(
    of type: Element.Type,
    as memoryType: hid_t
  ) throws(ModelError) -> [Element] {
    var elements = [Element](repeating: 0, count: shape.elementCount)
    guard H5Dread(handle.id, memoryType, 0, 0, 0, &elements) >= 0 else { throw unreadable() }
    return elements
  }

  private borrowing func narrowedIntegers() throws(ModelError) -> Tensor {
    let wide = try elements(of: Int64.self, as: ostinato_h5_native_int64())
    if let misfit = wide.first(where: { Int32(exactly: $0) == nil }) {
      throw ModelError(.malformedFile, subject, "expected integers that fit an int32; received \(misfit)")
    }
    return Tensor(wide.map { Int32(truncatingIfNeeded: $0) }, shape: shape)
  }

  private borrowing func widenedBFloat16() throws(ModelError) -> Tensor {
    // Opaque bytes have no number type to convert to; they come as they lie in the file, little-endian.
    let isOpaque = H5Tget_class(type.id) == H5T_OPAQUE
    let halves = try elements(of: UInt16.self, as: isOpaque ? type.id : ostinato_h5_native_uint16())
    return Tensor(halves.map { Float(bitPattern: UInt32($0) << 16) }, shape: shape)
  }

  private borrowing func unreadable() -> ModelError {
    ModelError(.malformedFile, subject, "expected readable data of shape \(shape); it is damaged or cut short")
  }
}
