import OstinatoTensors

/// Bytes that stay at one address, so that a C library may keep a pointer to them.
package final class PinnedBytes: @unchecked Sendable {
  /// The bytes; valid while this object lives and never changed after `init`.
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

  deinit { bytes.deallocate() }
}
