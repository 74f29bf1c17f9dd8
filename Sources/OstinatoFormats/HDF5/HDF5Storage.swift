import OstinatoTensors

/// The bytes of an HDF5 file, by the addresses that are written in it.
struct HDF5Storage: Sendable {
  let source: any ByteSource
  /// Where address 0 is: behind what a user has put before the file.
  var base = 0
  /// The bytes that an address takes.
  var offsetSize = 8
  /// The bytes that a length takes.
  var lengthSize = 8

  /// The number of bytes from address 0 on.
  var byteCount: Int { source.byteCount - base }

  /// Fills `target` with the bytes at `address`.
  /// - Throws: when the file ends before.
  func read(at address: Int, into target: UnsafeMutableRawBufferPointer) throws(ModelError) {
    try check(address, target.count)
    guard !target.isEmpty else { return }
    try source.read(at: base + address, into: target)
  }

  /// The `count` bytes at `address`.
  /// - Throws: when the file ends before.
  func cursor(at address: Int, count: Int) throws(ModelError) -> HDF5Cursor {
    try check(address, count)
    var bytes = [UInt8](repeating: 0, count: count)
    try bytes.withUnsafeMutableBufferPointer { (target) throws(ModelError) in
      try read(at: address, into: UnsafeMutableRawBufferPointer(target))
    }
    return HDF5Cursor(bytes[...], offsetSize: offsetSize, lengthSize: lengthSize)
  }

  private func check(_ address: Int, _ count: Int) throws(ModelError) {
    guard address >= 0, count >= 0, address <= byteCount, count <= byteCount - address else {
      throw .hdf5("expected \(count) bytes at \(address); the file has \(byteCount)")
    }
  }
}

extension ModelError {
  /// A failure in an HDF5 file; who knows which object it is puts the path in front.
  static func hdf5(_ message: String) -> ModelError { ModelError(.malformedFile, "", message) }
}
