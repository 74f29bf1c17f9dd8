import OstinatoTensors

/// Bytes that stay at one address, so that a C library may keep a pointer to them.
package final class PinnedBytes: @unchecked Sendable {
  /// The bytes, never changed after `init`. They are valid while this object lives, which may end at its last use: who
  /// works on them keeps the object, or extends its lifetime.
  package let bytes: UnsafeRawBufferPointer

  /// `count` bytes, all of which `initialize` writes.
  package init(
    count: Int,
    initialize: (UnsafeMutableRawBufferPointer) throws(ModelError) -> Void
  ) throws(ModelError) {
    let target = UnsafeMutableRawBufferPointer.allocate(byteCount: max(count, 1), alignment: 64)
    do throws(ModelError) {
      try initialize(UnsafeMutableRawBufferPointer(rebasing: target[..<count]))
    } catch {
      target.deallocate()
      throw error
    }
    bytes = UnsafeRawBufferPointer(start: target.baseAddress, count: count)
  }

  /// A copy of `source`.
  package init(copying source: some Collection<UInt8>) {
    let target = UnsafeMutableRawBufferPointer.allocate(byteCount: max(source.count, 1), alignment: 64)
    target.copyBytes(from: source)
    bytes = UnsafeRawBufferPointer(start: target.baseAddress, count: source.count)
  }

  /// A copy of the bytes.
  package var array: [UInt8] {
    defer { extendLifetime(self) }
    return Array(bytes)
  }

  deinit { bytes.deallocate() }
}
