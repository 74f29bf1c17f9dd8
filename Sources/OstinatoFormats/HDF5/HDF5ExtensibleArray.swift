import OstinatoTensors

/// The index of a dataset of which one axis may grow without end: an entry for each chunk, in blocks that grow with it.
extension HDF5ChunkIndex {
  mutating func addExtensibleArray(_ address: Int) throws(ModelError) {
    var header = try block("EAHD", at: address, count: 16 + 6 * walk.storage.lengthSize + walk.storage.offsetSize)
    let array = try HDF5ExtensibleArray(&header, walk.storage)
    guard let index = try header.address() else { return }
    let o = walk.storage.offsetSize
    let size = 6 + o + array.entriesInIndex * array.entrySize + (array.blocksInIndex + array.superBlocks.count) * o + 4
    var block = try block("EAIB", at: index, count: size)
    try block.skip(o)
    try addEntries(&block, size: array.entrySize, numbers: 0..<array.entriesInIndex)
    for entry in array.blocks {
      if let place = try block.address() { try addBlock(at: place, entry, array) }
    }
    for entry in array.superBlocks {
      if let place = try block.address() { try addSuperBlock(at: place, entry, array) }
    }
  }

  private mutating func addSuperBlock(
    at address: Int, _ entry: HDF5ExtensibleArray.SuperBlock, _ array: HDF5ExtensibleArray
  ) throws(ModelError) {
    let o = walk.storage.offsetSize
    let pageCount = entry.entryCount > array.perPage ? entry.entryCount / array.perPage : 0
    let bitmapSize = (pageCount + 7) / 8
    let prefix = 6 + o + array.offsetSize
    let content = entry.blockCount.multipliedReportingOverflow(by: bitmapSize + o)
    guard !content.overflow, content.partialValue <= walk.storage.byteCount else {
      throw .hdf5("expected an index of chunks inside the file")
    }
    var block = try block("EASB", at: address, count: prefix + content.partialValue + 4)
    try block.skip(o + array.offsetSize)
    let bitmap = try block.take(entry.blockCount * bitmapSize)
    for number in 0..<entry.blockCount {
      guard let place = try block.address() else { continue }
      let first = entry.firstEntry + number * entry.entryCount
      let pages = (0..<pageCount).filter { bitmap.hasBit(number * pageCount + $0) }
      try addBlock(at: place, .init(firstEntry: first, entryCount: entry.entryCount, pages: pages), array)
    }
  }

  private mutating func addBlock(
    at address: Int, _ entry: HDF5ExtensibleArray.Block, _ array: HDF5ExtensibleArray
  ) throws(ModelError) {
    guard entry.entryCount <= walk.storage.byteCount / array.entrySize else {
      throw .hdf5("expected an index of chunks inside the file; a block claims \(entry.entryCount) entries")
    }
    let prefix = 6 + walk.storage.offsetSize + array.offsetSize
    let numbers = entry.firstEntry..<entry.firstEntry + entry.entryCount
    guard entry.entryCount > array.perPage else {
      var block = try block("EADB", at: address, count: prefix + entry.entryCount * array.entrySize + 4)
      try block.skip(prefix - 6)
      return try addEntries(&block, size: array.entrySize, numbers: numbers)
    }
    _ = try block("EADB", at: address, count: prefix + 4)
    for page in entry.pages {
      let first = entry.firstEntry + page * array.perPage
      let start = address + prefix + 4 + page * (array.perPage * array.entrySize + 4)
      try addPage(at: start, size: array.entrySize, numbers: first..<first + array.perPage)
    }
  }
}

/// What the header of an extensible array says about its blocks.
struct HDF5ExtensibleArray {
  struct Block {
    let firstEntry: Int
    let entryCount: Int
    /// The numbers of the pages that have been written, if it has pages.
    var pages: [Int] = []
  }

  struct SuperBlock {
    let firstEntry: Int
    let blockCount: Int
    /// The entries of each block.
    let entryCount: Int
  }

  let entrySize: Int
  let entriesInIndex: Int
  /// The bytes of an entry's number.
  let offsetSize: Int
  /// The entries of a page.
  let perPage: Int
  /// The blocks to which the index itself points.
  private(set) var blocks: [Block] = []
  /// Those that point to further blocks.
  private(set) var superBlocks: [SuperBlock] = []

  var blocksInIndex: Int { blocks.count }

  init(_ header: inout HDF5Cursor, _ storage: HDF5Storage) throws(ModelError) {
    entrySize = try header.byte()
    let bits = try header.byte()
    entriesInIndex = try header.byte()
    let (smallest, pointers, pageBits) = (try header.byte(), try header.byte(), try header.byte())
    try header.skip(6 * storage.lengthSize)
    guard (1...64).contains(entrySize), (1...Int.bitWidth - 4).contains(bits), (1...32).contains(pageBits),
      smallest.nonzeroBitCount == 1, pointers > 1, pointers.nonzeroBitCount == 1, smallest.trailingZeroBitCount <= bits
    else { throw .hdf5("expected an index of chunks with sizes that are powers of two") }
    offsetSize = (bits + 7) / 8
    perPage = 1 << pageBits
    let direct = 2 * pointers.trailingZeroBitCount
    var first = entriesInIndex
    for level in 0...(bits - smallest.trailingZeroBitCount) {
      let (blockCount, entryCount) = (1 << (level / 2), smallest << ((level + 1) / 2))
      if level < direct {
        blocks += (0..<blockCount).map { Block(firstEntry: first + $0 * entryCount, entryCount: entryCount) }
      } else {
        superBlocks.append(SuperBlock(firstEntry: first, blockCount: blockCount, entryCount: entryCount))
      }
      first += blockCount * entryCount
    }
  }
}
