import OstinatoTensors

/// A heap of links or attributes, in blocks of which each row of a table has twice the size of the row before.
struct HDF5FractalHeap {
  private let idSize: Int
  private let offsetSize: Int
  private let lengthSize: Int
  private let tableWidth: Int
  private let startingSize: Int
  private let maximumDirectSize: Int
  private let hasBlockChecksums: Bool
  private let root: (address: Int?, rowCount: Int)
  private let hugeObjects: Int?
  /// Where huge objects are, by number; read at the first use.
  private var hugePlaces: [Int: (address: Int, count: Int)]?
  /// The entries of the indirect blocks that have been read.
  private var entries: [Int: [Int?]] = [:]

  init(at address: Int, _ walk: inout HDF5Walk) throws(ModelError) {
    let (o, l) = (walk.storage.offsetSize, walk.storage.lengthSize)
    var header = try walk.checked("FRHP", at: address, count: 26 + 3 * o + 12 * l)
    try header.version(of: "a heap", 0...0)
    idSize = try header.int(2)
    guard try header.int(2) == 0 else { throw .hdf5("expected a heap without filters; it has some") }
    hasBlockChecksums = try header.byte() & 2 != 0
    let maximumObject = try header.int(4)
    try header.skip(l)
    hugeObjects = try header.address()
    try header.skip(l + o + 8 * l)
    tableWidth = try header.int(2)
    startingSize = try header.length()
    maximumDirectSize = try header.length()
    let bits = try header.int(2)
    try header.skip(2)
    root = (try header.address(), try header.int(2))
    guard (1...63).contains(bits), tableWidth > 0, root.rowCount <= 64, Self.isSize(startingSize),
      Self.isSize(maximumDirectSize),
      startingSize <= maximumDirectSize
    else { throw .hdf5("expected a heap with blocks of sizes that are powers of two") }
    offsetSize = (bits + 7) / 8
    lengthSize = min(HDF5Tree2.bytes(for: maximumDirectSize), HDF5Tree2.bytes(for: maximumObject))
  }

  private static func isSize(_ size: Int) -> Bool { size > 0 && size < 1 << 40 && size.nonzeroBitCount == 1 }

  /// The bytes of the object whose number is at the beginning of `id`.
  mutating func object(_ id: HDF5Cursor, _ walk: inout HDF5Walk) throws(ModelError) -> HDF5Cursor {
    var id = id
    id = try id.part(idSize)
    let first = try id.byte()
    switch first >> 4 & 3 {
    case 0:
      let offset = try id.int(offsetSize)
      return try managed(at: offset, count: id.int(lengthSize), &walk)
    case 1: return try huge(&id, &walk)
    case 2: return try id.part(first & 0x0F + 1)
    default: throw .hdf5("expected a heap's object of a known kind")
    }
  }

  private mutating func huge(_ id: inout HDF5Cursor, _ walk: inout HDF5Walk) throws(ModelError) -> HDF5Cursor {
    if id.rest.count >= id.offsetSize + id.lengthSize {
      return try walk.block(at: id.place(of: "a heap's object"), count: id.length())
    }
    if hugePlaces == nil { hugePlaces = try readHugePlaces(&walk) }
    let number = try id.int(min(idSize - 1, 8))
    guard let place = hugePlaces?[number] else { throw .hdf5("expected a heap's object \(number); there is none") }
    return try walk.block(at: place.address, count: place.count)
  }

  private func readHugePlaces(_ walk: inout HDF5Walk) throws(ModelError) -> [Int: (address: Int, count: Int)] {
    guard let hugeObjects else { return [:] }
    var places: [Int: (address: Int, count: Int)] = [:]
    for record in try walk.records(ofTree2: hugeObjects, type: 1) {
      var record = record
      let place = (try record.place(of: "a heap's object"), try record.length())
      places[try record.length()] = place
    }
    return places
  }

  // MARK: Blocks

  private mutating func managed(
    at offset: Int, count: Int, _ walk: inout HDF5Walk
  ) throws(ModelError) -> HDF5Cursor {
    guard var address = root.address else { throw .hdf5("expected a heap with objects; it is empty") }
    var (rest, rowCount, size) = (offset, root.rowCount, startingSize)
    while rowCount > 0 {
      let place = place(of: rest)
      let entries = try readEntries(at: address, rowCount: rowCount, &walk)
      guard place.row < rowCount, let entry = entries[place.row * tableWidth + place.column] else {
        throw .hdf5("expected a heap's block at offset \(offset); there is none")
      }
      (address, rest, size) = (entry, place.rest, blockSize(ofRow: place.row))
      rowCount = size <= maximumDirectSize ? 0 : Self.log2(size) - Self.log2(startingSize * tableWidth) + 1
      guard size <= maximumDirectSize || rowCount > 0 else { throw .hdf5("expected a heap's block with rows") }
    }
    let header = 5 + walk.storage.offsetSize + offsetSize + (hasBlockChecksums ? 4 : 0)
    guard rest >= header, rest <= size, count <= size - rest else {
      throw .hdf5("expected a heap's object inside its block of \(size) bytes; received \(rest) and \(count)")
    }
    return try walk.block(at: address + rest, count: count)
  }

  /// The block in an indirect block that has the byte at `offset`, and the offset in it.
  private func place(of offset: Int) -> (row: Int, column: Int, rest: Int) {
    let row = offset / tableWidth < startingSize ? 0 : Self.log2(offset / tableWidth / startingSize) + 1
    let size = blockSize(ofRow: row)
    let inRow = row == 0 ? offset : offset - tableWidth * size
    return (row, inRow / size, inRow % size)
  }

  /// Rows 0 and 1 have blocks of the starting size.
  private func blockSize(ofRow row: Int) -> Int { startingSize << max(row - 1, 0) }

  private static func log2(_ number: Int) -> Int { Int.bitWidth - 1 - max(number, 1).leadingZeroBitCount }

  /// The addresses in the indirect block at `address`.
  private mutating func readEntries(
    at address: Int, rowCount: Int, _ walk: inout HDF5Walk
  ) throws(ModelError) -> [Int?] {
    if let known = entries[address], known.count == rowCount * tableWidth { return known }
    let count = rowCount * tableWidth
    let head = 5 + walk.storage.offsetSize + offsetSize
    var block = try walk.checked("FHIB", at: address, count: head + count * walk.storage.offsetSize + 4)
    try block.skip(head - 4)
    var addresses: [Int?] = []
    for _ in 0..<count { addresses.append(try block.address()) }
    entries[address] = addresses
    return addresses
  }
}
