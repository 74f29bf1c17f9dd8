import OstinatoTensors
import Synchronization

/// A source that keeps what lies around small reads.
///
/// The metadata of an HDF5 file is read in pieces of a few bytes, which lie close together and are read again for every
/// path that leads through them; each piece of an archive's member costs several calls of the system.
final class WindowedSource: ByteSource {
  private let source: any ByteSource
  /// Windows that have been read, by their numbers.
  private let windows = Mutex<[Int: [UInt8]]>([:])

  /// The bytes of a window.
  private static let window = 1 << 14
  private static let mostWindows = 64

  init(_ source: any ByteSource) { self.source = source }

  var byteCount: Int { source.byteCount }

  func read(at offset: Int, into target: UnsafeMutableRawBufferPointer) throws(ModelError) {
    guard target.count <= Self.window / 2 else { return try source.read(at: offset, into: target) }
    var position = 0
    while position < target.count {
      let (number, start) = (offset + position).quotientAndRemainder(dividingBy: Self.window)
      let part = try window(number)[start...].prefix(target.count - position)
      UnsafeMutableRawBufferPointer(rebasing: target[position...]).copyBytes(from: part)
      position += part.count
    }
  }

  func verify() throws(ModelError) { try source.verify() }

  private func window(_ number: Int) throws(ModelError) -> [UInt8] {
    if let known = windows.withLock({ $0[number] }) { return known }
    let start = number * Self.window
    var window = [UInt8](repeating: 0, count: min(Self.window, byteCount - start))
    try window.withUnsafeMutableBufferPointer { (target) throws(ModelError) in
      try source.read(at: start, into: UnsafeMutableRawBufferPointer(target))
    }
    windows.withLock { windows in
      if windows.count == Self.mostWindows { windows = [:] }
      windows[number] = window
    }
    return window
  }
}
