import OstinatoTensors

/// Bytes that can be read at any place: a file, a member of an archive, or memory.
protocol ByteSource: Sendable {
  /// The number of bytes.
  var byteCount: Int { get }

  /// Fills `target` with the bytes from `offset` on.
  /// - Precondition: the bytes are there; who calls has compared with ``byteCount``.
  func read(at offset: Int, into target: UnsafeMutableRawBufferPointer) throws(ModelError)

  /// Compares all bytes with their checksum, where they have one.
  /// - Throws: `ModelError.Code.malformedFile` when they differ.
  func verify() throws(ModelError)
}

extension OpenFile: ByteSource {
  func verify() {}
}

extension PinnedBytes: ByteSource {
  var byteCount: Int { bytes.count }

  func read(at offset: Int, into target: UnsafeMutableRawBufferPointer) {
    target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + target.count]))
    extendLifetime(self)
  }

  func verify() {}
}
