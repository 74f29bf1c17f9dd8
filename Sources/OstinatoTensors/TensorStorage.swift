/// The bytes behind one or more tensors.
///
/// Owned storage is 64-byte aligned and may be written to while one tensor alone refers to it. Foreign storage belongs
/// to somebody else: it is only ever read, and `release` runs when the last tensor lets go of it.
package final class TensorStorage: @unchecked Sendable {
  static let alignment = 64

  let base: UnsafeMutableRawPointer
  let byteCount: Int
  private let release: (@Sendable () -> Void)?

  /// True when the bytes may be written to.
  var isOwned: Bool { release == nil }

  /// Owned bytes with undefined content.
  init(byteCount: Int) {
    self.byteCount = byteCount
    self.base = .allocate(byteCount: max(byteCount, 1), alignment: Self.alignment)
    self.release = nil
    adviseLargePages(UnsafeMutableRawBufferPointer(start: base, count: byteCount))
  }

  /// Owned bytes copied from `bytes`.
  convenience init(copying bytes: UnsafeRawBufferPointer) {
    self.init(byteCount: bytes.count)
    UnsafeMutableRawBufferPointer(start: base, count: byteCount).copyMemory(from: bytes)
  }

  /// Foreign bytes, which live until `release` is called.
  init(foreign base: UnsafeRawPointer, byteCount: Int, release: @escaping @Sendable () -> Void) {
    self.base = UnsafeMutableRawPointer(mutating: base)
    self.byteCount = byteCount
    self.release = release
  }

  deinit {
    if let release { release() } else { base.deallocate() }
  }

  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: byteCount) }
}
