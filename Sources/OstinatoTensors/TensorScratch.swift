/// Memory for tensors that come and go: what one leaves serves the next one that it is large enough for.
package final class TensorScratch: TensorMemory {
  private let idle = ForkSafeMutex<[MemoryPiece]>([])

  package init() {}

  package func storage(byteCount: Int) -> TensorStorage {
    let piece = takeIdle(byteCount) ?? MemoryPiece(atLeast: max(byteCount, 1))
    return TensorStorage(foreign: piece.base, byteCount: byteCount) { [weak self] in
      self?.idle.withLock { $0.append(piece) }
    }
  }

  /// The bytes that no tensor uses.
  var idleByteCount: Int { idle.withLock { $0.reduce(0) { $0 + $1.byteCount } } }

  /// Gives back what no tensor uses.
  package func empty() {
    let pieces = idle.withLock { pieces in
      defer { pieces = [] }
      return pieces
    }
    extendLifetime(pieces)
  }

  private func takeIdle(_ byteCount: Int) -> MemoryPiece? {
    idle.withLock { pieces in
      pieces.firstIndex { $0.byteCount >= byteCount }.map { pieces.remove(at: $0) }
    }
  }
}
