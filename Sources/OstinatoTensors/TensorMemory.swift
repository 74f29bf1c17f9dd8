/// What tensors take their memory from.
package protocol TensorMemory: Sendable {
  /// Bytes with undefined content, aligned as those of any tensor.
  func storage(byteCount: Int) -> TensorStorage
}

/// Memory that belongs to whoever holds it: on large pages, if it is large.
final class MemoryPiece: @unchecked Sendable {
  let base: UnsafeMutableRawPointer
  let byteCount: Int

  /// - Parameter minimum: the bytes that it has at least.
  init(atLeast minimum: Int) {
    let alignment = minimum >= largePage ? largePage : TensorStorage.alignment
    byteCount = minimum.rounded(upToMultipleOf: alignment)
    base = .allocate(byteCount: byteCount, alignment: alignment)
    adviseLargePages(UnsafeMutableRawBufferPointer(start: base, count: byteCount))
  }

  deinit { base.deallocate() }
}

extension Int {
  package func rounded(upToMultipleOf unit: Int) -> Int { (self + unit - 1) / unit * unit }
}
