import OstinatoTensors

/// A dataset whose claims have been checked: it lies in this file, in full, and its size is within the limits.
struct HDF5Dataset {
  let shape: Shape
  private let storage: HDF5Storage
  private let type: HDF5Datatype
  private let maximumExtents: [Int?]
  private let layout: HDF5Layout
  private let filters: HDF5Filters
  /// The value of elements that have never been written; zero when empty.
  private let fillValue: ArraySlice<UInt8>
  private let maximumBytes: Int

  /// - Throws: `ModelError.Code.malformedFile` for a dataset that lies elsewhere or claims more than the file backs.
  init(_ object: HDF5Object, storage: HDF5Storage, maximumBytes: Int) throws(ModelError) {
    var walk = HDF5Walk(storage)
    guard let type = try object.message(.datatype, &walk), let space = try object.message(.dataspace, &walk),
      let layout = try object.message(.layout, &walk)
    else { throw .hdf5("expected a dataset with a type, a shape and a layout") }
    guard !object.has(.externalFiles) else {
      throw .hdf5("expected data in this file; virtual and external data are not read")
    }
    let dataspace = try HDF5Dataspace(space)
    guard let extents = dataspace.extents else {
      throw .hdf5("expected elements; the dataset is empty and has no shape")
    }
    self.storage = storage
    self.type = try HDF5Datatype(type)
    self.layout = try HDF5Layout(layout)
    self.maximumBytes = maximumBytes
    maximumExtents = dataspace.maximumExtents
    filters =
      try object.message(.filters, &walk).map { message throws(ModelError) in try HDF5Filters(message) } ?? .init()
    fillValue = try Self.fillValue(of: object, &walk)
    shape = try Self.shape(extents, elementSize: self.type.size, maximumBytes: maximumBytes)
  }

  private static func shape(_ extents: [Int], elementSize: Int, maximumBytes: Int) throws(ModelError) -> Shape {
    let shape: Shape
    do {
      shape = try Shape(validating: extents)
    } catch {
      throw .hdf5(error.description)
    }
    let (claimed, overflow) = shape.elementCount.multipliedReportingOverflow(by: max(elementSize, DataType.byteCount))
    guard !overflow, claimed <= maximumBytes else {
      throw .hdf5("expected at most \(maximumBytes) bytes; shape \(shape) has more")
    }
    return shape
  }

  private static func fillValue(of object: HDF5Object, _ walk: inout HDF5Walk) throws(ModelError) -> ArraySlice<UInt8> {
    if var message = try object.message(.fillValue, &walk) {
      let version = try message.version(of: "a fill value", 1...3)
      let flags = try version == 3 ? message.byte() : message.int(2)
      let isDefined = version == 3 ? flags & 0x20 != 0 : try message.byte() != 0 || version == 1
      return isDefined ? try message.take(message.int(4)) : []
    }
    if var message = try object.message(.oldFillValue, &walk) { return try message.take(message.int(4)) }
    return []
  }
}

// MARK: - Reading

extension HDF5Dataset {
  /// The elements: floats and bfloat16 as `float32`, integers and bools as `int32`.
  /// - Parameters:
  ///   - isMarkedBFloat16: whether the dataset's `dtype` attribute says `bfloat16`, as Keras writes it.
  ///   - slab: what the tensor takes its memory from.
  func tensor(isMarkedBFloat16: Bool, in slab: TensorSlab) throws(ModelError) -> Tensor {
    guard let element = element(isMarkedBFloat16: isMarkedBFloat16) else {
      throw .hdf5("expected floats, integers or bools; it holds another type")
    }
    let dataType: DataType = [.float, .brainFloat].contains(element.kind) ? .float32 : .int32
    guard shape.elementCount > 0 else { return Tensor(zeros: shape, dataType: dataType) }
    let content = try content()
    if element.isInMemoryForm {
      return try Tensor(uninitialized: shape, dataType: dataType, in: slab) { (target) throws(ModelError) in
        try read(content, into: target)
      }
    }
    let stored = try PinnedBytes(count: byteCount) { (target) throws(ModelError) in try read(content, into: target) }
    defer { extendLifetime(stored) }
    return try ElementDecoder(name: "", data: stored.bytes, shape: shape).decode(element)
  }

  private func element(isMarkedBFloat16: Bool) -> StoredElement? {
    let isWord = type.size == 2 && [.opaque, .number(.signed), .number(.unsigned)].contains(type.kind)
    if isMarkedBFloat16, isWord {
      return StoredElement(kind: .brainFloat, size: 2, isBigEndian: type.kind != .opaque && type.isBigEndian)
    }
    guard case .number(let kind) = type.kind else { return nil }
    return StoredElement(kind: kind, size: type.size, isBigEndian: type.isBigEndian)
  }

  /// The bytes of all elements.
  private var byteCount: Int { shape.elementCount * type.size }

  /// What is to be read, after it has been compared with what the file has.
  private enum Content {
    case bytes(ArraySlice<UInt8>)
    case piece(Int)
    case chunks([HDF5Chunk], HDF5Grid)
    case nothing
  }

  private func content() throws(ModelError) -> Content {
    switch layout {
    case .compact(let bytes):
      try check(stored: bytes.count)
      return .bytes(bytes.prefix(byteCount))
    case .contiguous(let address?, let stored):
      try check(stored: min(stored ?? byteCount, storage.byteCount - min(address, storage.byteCount)))
      return .piece(address)
    case .contiguous(nil, _):
      try check(stored: Deflate.slack)
      return .nothing
    case .chunked(let chunking): return try chunks(chunking)
    }
  }

  private func check(stored: Int) throws(ModelError) {
    guard byteCount <= stored else {
      throw .hdf5("expected \(byteCount) bytes of data for shape \(shape); the file has \(stored)")
    }
  }

  private func chunks(_ chunking: HDF5Chunking) throws(ModelError) -> Content {
    let grid = try HDF5Grid(
      shape.dimensions, maximum: maximumExtents, chunk: chunking.extents, elementSize: type.size,
      maximumBytes: maximumBytes)
    let chunks = try HDF5ChunkIndex.chunks(chunking.index, grid, hasFilters: !filters.isEmpty, storage: storage)
    // Chunks of an honest file do not overlap.
    let stored = min(chunks.reduce(0) { $0 + $1.byteCount }, storage.byteCount)
    guard Deflate.canInflate(stored, to: byteCount) else {
      throw .hdf5("expected \(byteCount) bytes of data for shape \(shape); the file has chunks of \(stored)")
    }
    for chunk in chunks where !filters.canHold(chunk.byteCount, of: grid.chunkBytes) {
      throw .hdf5("expected chunks of \(grid.chunkBytes) bytes; the file has one of \(chunk.byteCount)")
    }
    return .chunks(chunks, grid)
  }

  private func read(_ content: Content, into target: UnsafeMutableRawBufferPointer) throws(ModelError) {
    switch content {
    case .bytes(let bytes): target.copyBytes(from: bytes)
    case .piece(let address): try storage.read(at: address, into: target)
    case .nothing: fill(target)
    case .chunks(let chunks, let grid):
      fill(target)
      for chunk in chunks { try read(chunk, grid, into: target) }
    }
  }

  private func read(
    _ chunk: HDF5Chunk, _ grid: HDF5Grid, into target: UnsafeMutableRawBufferPointer
  ) throws(ModelError) {
    let stored = Array(try storage.cursor(at: chunk.address, count: chunk.byteCount).rest)
    var mask = chunk.mask
    if case .chunked(let chunking) = layout, chunking.skipsFiltersAtEdges, grid.isAtEdge(chunk.origin) { mask = ~0 }
    let bytes = try filters.decode(stored, mask: mask, to: grid.chunkBytes)
    bytes.withUnsafeBytes { grid.copy($0, from: chunk.origin, to: target) }
  }

  /// What elements have that have never been written.
  private func fill(_ target: UnsafeMutableRawBufferPointer) {
    guard fillValue.count == type.size else {
      target.initializeMemory(as: UInt8.self, repeating: 0)
      return
    }
    for start in stride(from: 0, to: target.count, by: type.size) {
      UnsafeMutableRawBufferPointer(rebasing: target[start...]).copyBytes(from: fillValue)
    }
  }
}

extension StoredElement {
  /// Whether a tensor's elements look the same.
  fileprivate var isInMemoryForm: Bool {
    size == DataType.byteCount && !isBigEndian && [.float, .signed].contains(kind)
  }
}
