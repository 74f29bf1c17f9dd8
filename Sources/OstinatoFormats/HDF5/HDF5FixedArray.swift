import OstinatoTensors

/// The index of a dataset of which no axis may grow without end: an entry for each chunk, in one block, in pages if there
/// are many.
extension HDF5ChunkIndex {
  mutating func addFixedArray(_ address: Int) throws(ModelError) {
    let (o, l) = (walk.storage.offsetSize, walk.storage.lengthSize)
    var header = try block("FAHD", at: address, count: 12 + l + o)
    let (size, pageBits) = (try header.byte(), try header.byte())
    let count = try header.length()
    guard let data = try header.address() else { return }
    guard (1...32).contains(pageBits), (1...64).contains(size), count <= walk.storage.byteCount / size else {
      throw .hdf5("expected an index of chunks that fits the file; it claims \(count) entries")
    }
    let prefix = 6 + o
    if count <= 1 << pageBits {
      var block = try block("FADB", at: data, count: prefix + count * size + 4)
      try block.skip(o)
      return try addEntries(&block, size: size, numbers: 0..<count)
    }
    let perPage = 1 << pageBits
    let pageCount = (count - 1) / perPage + 1
    let bitmapSize = (pageCount + 7) / 8
    var block = try block("FADB", at: data, count: prefix + bitmapSize + 4)
    try block.skip(o)
    let bitmap = try block.take(bitmapSize)
    for page in 0..<pageCount where bitmap.hasBit(page) {
      let first = page * perPage
      let start = data + prefix + bitmapSize + 4 + page * (perPage * size + 4)
      try addPage(at: start, size: size, numbers: first..<min(first + perPage, count))
    }
  }
}

extension ArraySlice<UInt8> {
  /// Whether bit `index` is set; the first is the highest of the first byte.
  func hasBit(_ index: Int) -> Bool {
    index / 8 < count && self[startIndex + index / 8] >> UInt8(7 - index % 8) & 1 == 1
  }
}
