/// Memory for tensors that are made once and kept together, such as the weights of a model.
///
/// Most of the cost of filling new memory is in the faults of its pages. A weight of some hundred kilobytes does not hold
/// a large page, but many of them share one here. A piece of memory is given back with the last of its tensors.
package final class TensorSlab: Sendable {
  fileprivate static let largePage = 1 << 21
  /// The sizes of the first piece and of the largest that tensors share; each is twice as large as the one before.
  fileprivate static let (firstPiece, lastPiece) = (1 << 16, 1 << 24)

  /// The piece that is being filled, and where it is free from.
  fileprivate struct State {
    var piece: Piece?
    var used = 0
    var nextSize = TensorSlab.firstPiece
  }

  private let state = ForkSafeMutex(State())

  package init() {}

  /// Bytes with undefined content, aligned as those of any tensor.
  func storage(byteCount: Int) -> TensorStorage {
    let size = Self.rounded(max(byteCount, 1), to: TensorStorage.alignment)
    let (piece, offset) = state.withLock { $0.take(size) }
    return TensorStorage(foreign: piece.base + offset, byteCount: byteCount) { extendLifetime(piece) }
  }

  fileprivate static func rounded(_ byteCount: Int, to unit: Int) -> Int { (byteCount + unit - 1) / unit * unit }

  /// Memory that several tensors own together.
  fileprivate final class Piece: @unchecked Sendable {
    let base: UnsafeMutableRawPointer
    let byteCount: Int

    init(atLeast minimum: Int) {
      let isLarge = minimum >= TensorSlab.largePage
      let alignment = isLarge ? TensorSlab.largePage : TensorStorage.alignment
      byteCount = TensorSlab.rounded(minimum, to: alignment)
      base = .allocate(byteCount: byteCount, alignment: alignment)
      adviseLargePages(UnsafeMutableRawBufferPointer(start: base, count: byteCount))
    }

    deinit { base.deallocate() }
  }
}

extension TensorSlab.State {
  /// A piece with `size` free bytes, and where they begin.
  fileprivate mutating func take(_ size: Int) -> (TensorSlab.Piece, offset: Int) {
    if let piece, piece.byteCount - used >= size {
      defer { used += size }
      return (piece, used)
    }
    // What would take most of a piece has one of its own, and the current one is filled further.
    guard size <= TensorSlab.lastPiece / 2 else { return (TensorSlab.Piece(atLeast: size), 0) }
    while nextSize < 2 * size, nextSize < TensorSlab.lastPiece { nextSize *= 2 }
    let piece = TensorSlab.Piece(atLeast: nextSize)
    (self.piece, used) = (piece, size)
    nextSize = min(2 * nextSize, TensorSlab.lastPiece)
    return (piece, 0)
  }
}
