import OstinatoTensors

/// One stored piece of a dataset.
struct HDF5Chunk {
  let address: Int
  /// The bytes that it takes in the file.
  let byteCount: Int
  /// A bit for each filter that it lacks.
  let mask: Int
  /// The element with which it begins.
  let origin: [Int]
}

/// The grid in which the chunks of a dataset lie.
struct HDF5Grid {
  /// The extents of the dataset.
  let extents: [Int]
  /// The extents of a chunk.
  let chunk: [Int]
  /// The bytes of a whole chunk.
  let chunkBytes: Int
  /// How many chunks there may be along each axis; nil for without end.
  private let counts: [Int?]

  /// - Throws: when the chunks do not fit the dataset, or are larger than `maximumBytes`.
  init(
    _ extents: [Int], maximum: [Int?], chunk: [Int], elementSize: Int, maximumBytes: Int
  ) throws(ModelError) {
    guard chunk.count == extents.count + 1, chunk.last == elementSize, chunk.allSatisfy({ $0 > 0 }) else {
      throw .hdf5("expected chunks of \(extents.count) dimensions and of \(elementSize) bytes; received \(chunk)")
    }
    var bytes = 1
    for extent in chunk {
      let (product, overflow) = bytes.multipliedReportingOverflow(by: extent)
      guard !overflow, product <= maximumBytes else {
        throw .hdf5("expected chunks of at most \(maximumBytes) bytes; received \(chunk)")
      }
      bytes = product
    }
    self.extents = extents
    self.chunk = chunk.dropLast()
    chunkBytes = bytes
    counts = zip(maximum, chunk).map { maximum, size in maximum.map { ($0 - 1) / size + 1 } }
  }

  /// The number of chunks that the dataset can have.
  var count: Int { zip(extents, chunk).reduce(1) { $0 * (($1.0 - 1) / $1.1 + 1) } }

  /// The number of places that chunks are numbered over; nil when there is no end.
  var placeCount: Int? {
    var count = 1
    for places in counts {
      guard let places else { return nil }
      let (product, overflow) = count.multipliedReportingOverflow(by: places)
      count = overflow ? .max : product
    }
    return count
  }

  /// The axis that may grow without end, if there is one.
  private var unlimitedAxis: Int? { counts.firstIndex { $0 == nil } }

  /// The first element of the chunk at `place`, in chunks along each axis; nil for one outside of the dataset.
  func origin(at place: [Int]) -> [Int]? {
    var origin: [Int] = []
    for (axis, index) in place.enumerated() {
      let (start, overflow) = index.multipliedReportingOverflow(by: chunk[axis])
      guard !overflow, start < extents[axis] else { return nil }
      origin.append(start)
    }
    return origin
  }

  /// The first element of the chunk of number `index`, counted row by row over the largest extents that there may be. An
  /// axis without end counts as the outermost.
  func origin(ofNumber index: Int) -> [Int]? {
    let order = unlimitedAxis.map { axis in [axis] + extents.indices.filter { $0 != axis } } ?? Array(extents.indices)
    var place = [Int](repeating: 0, count: extents.count)
    var rest = index
    for axis in order.dropFirst().reversed() {
      let count = max(counts[axis] ?? 1, 1)
      place[axis] = rest % count
      rest /= count
    }
    if let outermost = order.first { place[outermost] = rest }
    return origin(at: place)
  }

  /// Whether a chunk reaches beyond the dataset.
  func isAtEdge(_ origin: [Int]) -> Bool {
    zip(origin, zip(chunk, extents)).contains { $0 > $1.1 - $1.0 }
  }

  /// Copies the elements of a chunk to their places among those of the dataset.
  func copy(_ bytes: UnsafeRawBufferPointer, from origin: [Int], to target: UnsafeMutableRawBufferPointer) {
    let elementSize = chunkBytes / chunk.reduce(1, *)
    let part = zip(chunk, zip(extents, origin)).map { min($0, $1.0 - $1.1) }
    let row = (part.last ?? 1) * elementSize
    var index = [Int](repeating: 0, count: part.count)
    while true {
      var (from, to) = (0, 0)
      for axis in part.indices {
        from = from * chunk[axis] + index[axis]
        to = to * extents[axis] + origin[axis] + index[axis]
      }
      let line = UnsafeRawBufferPointer(rebasing: bytes[from * elementSize..<from * elementSize + row])
      UnsafeMutableRawBufferPointer(rebasing: target[(to * elementSize)...]).copyMemory(from: line)
      var axis = part.count - 2
      while axis >= 0 {
        index[axis] += 1
        if index[axis] < part[axis] { break }
        index[axis] = 0
        axis -= 1
      }
      if axis < 0 { return }
    }
  }
}
