import OstinatoTensors

/// Reads the blocks of metadata that belong together.
///
/// Blocks of an honest file do not overlap, so all of them together are no larger than the file. A walk has an allowance
/// of a few times that: one that goes in circles, or reads the same bytes through ever new blocks, runs out of it.
struct HDF5Walk {
  let storage: HDF5Storage
  private var allowance: Int

  init(_ storage: HDF5Storage) {
    self.storage = storage
    let (product, overflow) = storage.byteCount.multipliedReportingOverflow(by: 8)
    allowance = overflow ? .max : product
  }

  /// Counts `count` bytes, or one thing that takes none.
  mutating func spend(_ count: Int) throws(ModelError) {
    guard count <= allowance else { throw .hdf5("expected metadata that ends; it goes in circles") }
    allowance -= max(count, 1)
  }

  /// The block of `count` bytes at `address`.
  mutating func block(at address: Int, count: Int) throws(ModelError) -> HDF5Cursor {
    let block = try storage.cursor(at: address, count: count)
    try spend(count)
    return block
  }

  /// What follows `signature` in the block of `count` bytes at `address`, without the checksum at its end.
  mutating func checked(_ signature: String, at address: Int, count: Int) throws(ModelError) -> HDF5Cursor {
    var block = try block(at: address, count: count)
    try block.verifyChecksum()
    try block.expect(signature)
    return block
  }
}

extension HDF5Cursor {
  /// Takes the checksum off the end of a block.
  /// - Throws: when it is not that of the bytes before it.
  mutating func verifyChecksum() throws(ModelError) {
    let block = rest
    self = HDF5Cursor(block.dropLast(4), offsetSize: offsetSize, lengthSize: lengthSize)
    var end = HDF5Cursor(block.suffix(4), offsetSize: offsetSize, lengthSize: lengthSize)
    guard try end.unsigned(4) == UInt64(HDF5Checksum.lookup3(rest)) else {
      throw .hdf5("expected intact metadata; a checksum is wrong")
    }
  }
}
