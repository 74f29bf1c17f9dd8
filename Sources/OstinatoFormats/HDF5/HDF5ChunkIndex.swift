import OstinatoTensors

/// Finds the chunks of a dataset.
struct HDF5ChunkIndex {
  let grid: HDF5Grid
  let hasFilters: Bool
  private(set) var walk: HDF5Walk
  private(set) var chunks: [HDF5Chunk] = []

  init(grid: HDF5Grid, hasFilters: Bool, storage: HDF5Storage) {
    self.grid = grid
    self.hasFilters = hasFilters
    walk = HDF5Walk(storage)
  }

  /// The chunks that the file has; those of elements that have never been written are missing.
  static func chunks(
    _ index: HDF5Chunking.Index, _ grid: HDF5Grid, hasFilters: Bool, storage: HDF5Storage
  ) throws(ModelError) -> [HDF5Chunk] {
    var search = HDF5ChunkIndex(grid: grid, hasFilters: hasFilters, storage: storage)
    switch index {
    case .tree(nil), .single(nil, _), .implicit(nil), .fixedArray(nil), .extensibleArray(nil), .tree2(nil): break
    case .tree(let root?): try search.addTree(root)
    case .single(let address?, let filtered): try search.addSingle(address, filtered)
    case .implicit(let address?): try search.addImplicit(address)
    case .fixedArray(let address?): try search.addFixedArray(address)
    case .extensibleArray(let address?): try search.addExtensibleArray(address)
    case .tree2(let root?): try search.addTree2(root)
    }
    try search.check()
    return search.chunks
  }

  /// Honest chunks do not share bytes, so all of them fit into the file.
  private func check() throws(ModelError) {
    guard chunks.count <= grid.count else {
      throw .hdf5("expected at most \(grid.count) chunks; received \(chunks.count)")
    }
    var total = 0
    for chunk in chunks {
      let (sum, overflow) = total.addingReportingOverflow(chunk.byteCount)
      guard !overflow, sum <= walk.storage.byteCount else {
        throw .hdf5("expected chunks inside the file; they claim more than its \(walk.storage.byteCount) bytes")
      }
      total = sum
    }
  }

  // MARK: Trees

  private mutating func addTree(_ root: Int) throws(ModelError) {
    let keySize = 8 + 8 * (grid.extents.count + 1)
    for (key, address) in try walk.leaves(ofTree: root, type: 1, keySize: keySize) {
      var key = key
      let (byteCount, mask) = (try key.int(4), try key.int(4))
      var origin: [Int] = []
      for _ in grid.extents { origin.append(try key.int(8)) }
      let place = zip(origin, grid.chunk).map { $0 / $1 }
      try add(HDF5Chunk(address: address, byteCount: byteCount, mask: mask, origin: inside(grid.origin(at: place))))
    }
  }

  private mutating func addTree2(_ root: Int) throws(ModelError) {
    let rank = grid.extents.count
    for record in try walk.records(ofTree2: root, type: hasFilters ? 11 : 10) {
      var record = record
      let entry = try record.part(record.rest.count - 8 * rank)
      var place: [Int] = []
      for _ in 0..<rank { place.append(try record.int(8)) }
      try addEntry(entry, origin: inside(grid.origin(at: place)))
    }
  }

  // MARK: Without an index

  private mutating func addSingle(
    _ address: Int, _ filtered: (byteCount: Int, mask: Int)?
  ) throws(ModelError) {
    let origin = grid.extents.map { _ in 0 }
    add(
      HDF5Chunk(
        address: address, byteCount: filtered?.byteCount ?? grid.chunkBytes, mask: filtered?.mask ?? 0, origin: origin))
  }

  private mutating func addImplicit(_ address: Int) throws(ModelError) {
    let count = grid.placeCount ?? .max
    guard count <= walk.storage.byteCount / grid.chunkBytes else {
      throw .hdf5("expected chunks inside the file; \(count) of \(grid.chunkBytes) bytes are more than it has")
    }
    for index in 0..<count {
      guard let origin = grid.origin(ofNumber: index) else { continue }
      let place = address.addingReportingOverflow(index * grid.chunkBytes)
      guard !place.overflow else { throw .hdf5("expected chunks inside the file") }
      add(HDF5Chunk(address: place.partialValue, byteCount: grid.chunkBytes, mask: 0, origin: origin))
    }
  }

  // MARK: Entries

  /// The elements of an array: for each chunk where it is and, with filters, its size and those that it lacks.
  mutating func addEntries(_ block: inout HDF5Cursor, size: Int, numbers: Range<Int>) throws(ModelError) {
    for number in numbers {
      let entry = try block.part(size)
      if let origin = grid.origin(ofNumber: number) { try addEntry(entry, origin: origin) }
    }
  }

  private mutating func addEntry(_ entry: HDF5Cursor, origin: [Int]) throws(ModelError) {
    var entry = entry
    guard let address = try entry.address() else { return }
    let byteCount = hasFilters ? try entry.int(entry.rest.count - 4) : grid.chunkBytes
    add(HDF5Chunk(address: address, byteCount: byteCount, mask: hasFilters ? try entry.int(4) : 0, origin: origin))
  }

  private mutating func add(_ chunk: HDF5Chunk) { chunks.append(chunk) }

  private func inside(_ origin: [Int]?) throws(ModelError) -> [Int] {
    guard let origin else { throw .hdf5("expected chunks inside shape \(grid.extents)") }
    return origin
  }

  /// The block of metadata at `address`, whose `count` bytes begin with `signature`, a version and what it is for.
  mutating func block(_ signature: String, at address: Int, count: Int) throws(ModelError) -> HDF5Cursor {
    var block = try walk.checked(signature, at: address, count: count)
    try block.version(of: "an index of chunks", 0...0)
    guard try block.byte() == (hasFilters ? 1 : 0) else {
      throw .hdf5("expected an index of chunks \(hasFilters ? "with" : "without") filters; it is of the other kind")
    }
    return block
  }

  /// The part of a block at `address` that has a checksum of its own and holds nothing else but entries.
  mutating func addPage(at address: Int, size: Int, numbers: Range<Int>) throws(ModelError) {
    var page = try walk.checked("", at: address, count: size * numbers.count + 4)
    try addEntries(&page, size: size, numbers: numbers)
  }
}
