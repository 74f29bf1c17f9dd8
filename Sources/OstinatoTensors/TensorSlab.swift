/// Memory for tensors that are made once and kept together, such as the weights of a model.
///
/// Most of the cost of filling new memory is in the faults of its pages. A weight of some hundred kilobytes does not hold
/// a large page, but many of them share one here. A piece of memory is given back with the last of its tensors.
package final class TensorSlab: TensorMemory {
  /// The sizes of the first piece and of the largest that tensors share; each is twice as large as the one before.
  fileprivate static let (firstPiece, lastPiece) = (1 << 16, 1 << 24)

  /// The piece that is being filled, and where it is free from.
  fileprivate struct State {
    var piece: MemoryPiece?
    var used = 0
    var nextSize = TensorSlab.firstPiece
  }

  private let state = ForkSafeMutex(State())

  package init() {}

  package func storage(byteCount: Int) -> TensorStorage {
    let size = max(byteCount, 1).rounded(upToMultipleOf: TensorStorage.alignment)
    let (piece, offset) = state.withLock { $0.take(size) }
    return TensorStorage(foreign: piece.base + offset, byteCount: byteCount) { extendLifetime(piece) }
  }
}

extension TensorSlab.State {
  /// A piece with `size` free bytes, and where they begin.
  fileprivate mutating func take(_ size: Int) -> (MemoryPiece, offset: Int) {
    if let piece, piece.byteCount - used >= size {
      defer { used += size }
      return (piece, used)
    }
    // What would take most of a piece has one of its own, and the current one is filled further.
    guard size <= TensorSlab.lastPiece / 2 else { return (MemoryPiece(atLeast: size), 0) }
    while nextSize < 2 * size, nextSize < TensorSlab.lastPiece { nextSize *= 2 }
    let piece = MemoryPiece(atLeast: nextSize)
    (self.piece, used) = (piece, size)
    nextSize = min(2 * nextSize, TensorSlab.lastPiece)
    return (piece, 0)
  }
}
