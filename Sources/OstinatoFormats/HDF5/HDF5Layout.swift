import OstinatoTensors

/// Where the elements of a dataset are.
enum HDF5Layout {
  /// In the header itself.
  case compact(ArraySlice<UInt8>)
  /// In one piece; without an address when they have never been written.
  case contiguous(address: Int?, byteCount: Int?)
  case chunked(HDF5Chunking)

  init(_ message: HDF5Cursor) throws(ModelError) {
    var message = message
    let version = try message.version(of: "a layout", 1...5)
    if version < 3 {
      self = try Self.old(&message)
      return
    }
    switch try message.byte() {
    case 0: self = .compact(try message.take(message.int(2)))
    case 1: self = .contiguous(address: try message.address(), byteCount: try message.length())
    case 2 where version == 3:
      let rank = try message.byte()
      self = .chunked(try HDF5Chunking(version3: &message, rank: rank))
    case 2: self = .chunked(try HDF5Chunking(version4: &message))
    case 3: throw .hdf5("expected data in this file; virtual and external data are not read")
    case let other: throw .hdf5("expected a dataset with a known layout; received \(other)")
    }
  }

  /// Versions 1 and 2, of HDF5 before 1.6.3.
  private static func old(_ message: inout HDF5Cursor) throws(ModelError) -> HDF5Layout {
    let (rank, kind) = (try message.byte(), try message.byte())
    try message.skip(5)
    switch kind {
    case 0:
      try message.skip(4 * rank)
      return .compact(try message.take(message.int(4)))
    case 1: return .contiguous(address: try message.address(), byteCount: nil)
    case 2: return .chunked(try HDF5Chunking(version3: &message, rank: rank))
    default: throw .hdf5("expected a dataset with a known layout; received \(kind)")
    }
  }
}

/// How a dataset is cut into chunks, and what finds them.
struct HDF5Chunking {
  enum Index {
    /// A B-tree of version 1.
    case tree(Int?)
    /// The only chunk; its size and the filters that it lacks, if there are filters.
    case single(Int?, filtered: (byteCount: Int, mask: Int)?)
    /// One chunk after another.
    case implicit(Int?)
    case fixedArray(Int?)
    case extensibleArray(Int?)
    /// A B-tree of version 2.
    case tree2(Int?)
  }

  /// The extents of a chunk, then the bytes of an element.
  let extents: [Int]
  let index: Index
  /// Whether chunks that reach beyond the dataset are left as they are.
  let skipsFiltersAtEdges: Bool

  init(version3 message: inout HDF5Cursor, rank: Int) throws(ModelError) {
    index = .tree(try message.address())
    var extents: [Int] = []
    for _ in 0..<rank { extents.append(try message.int(4)) }
    self.extents = extents
    skipsFiltersAtEdges = false
  }

  init(version4 message: inout HDF5Cursor) throws(ModelError) {
    let flags = try message.byte()
    let (rank, size) = (try message.byte(), try message.byte())
    var extents: [Int] = []
    for _ in 0..<rank { extents.append(try message.int(size)) }
    self.extents = extents
    skipsFiltersAtEdges = flags & 1 != 0
    switch try message.byte() {
    case 1:
      let filtered = flags & 2 != 0 ? (byteCount: try message.length(), mask: try message.int(4)) : nil
      index = .single(try message.address(), filtered: filtered)
    case 2: index = .implicit(try message.address())
    case 3:
      try message.skip(1)
      index = .fixedArray(try message.address())
    case 4:
      try message.skip(5)
      index = .extensibleArray(try message.address())
    case 5:
      try message.skip(6)
      index = .tree2(try message.address())
    case let other: throw .hdf5("expected chunks with a known index; received \(other)")
    }
  }
}
