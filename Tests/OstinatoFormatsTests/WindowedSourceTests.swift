import OstinatoTensors
import Synchronization
import Testing

@testable import OstinatoFormats

@Suite struct WindowedSourceTests {
  /// Bytes that tell where they are, and a count of how often they were asked for.
  private final class CountedSource: ByteSource {
    let bytes: [UInt8]
    let readCount = Mutex(0)

    init(byteCount: Int) {
      bytes = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 * 167 + $0 >> 8) }
    }

    var byteCount: Int { bytes.count }

    func verify() {}

    func read(at offset: Int, into target: UnsafeMutableRawBufferPointer) {
      readCount.withLock { $0 += 1 }
      target.copyBytes(from: bytes[offset..<offset + target.count])
    }
  }

  @Test func anyPartIsWhatTheSourceHas() throws {
    // Larger than all windows that are kept at once.
    let source = CountedSource(byteCount: 3_000_001)
    let windowed = WindowedSource(source)
    var generator = SeededGenerator(seed: 7)
    for _ in 0..<2000 {
      let count = [0, 1, 7, 600, 8192, 8193, 40_000].randomElement(using: &generator) ?? 0
      let offset = Int.random(in: 0...source.byteCount - count, using: &generator)
      try expectBytes(of: windowed, over: source, at: offset, count: count)
    }
    try expectBytes(of: windowed, over: source, at: source.byteCount - 5, count: 5)
    try expectBytes(of: windowed, over: source, at: source.byteCount, count: 0)
  }

  @Test func bytesCloseTogetherAreReadOnce() throws {
    let source = CountedSource(byteCount: 100_000)
    let windowed = WindowedSource(source)
    for offset in stride(from: 20_000, to: 30_000, by: 24) {
      try expectBytes(of: windowed, over: source, at: offset, count: 96)
    }
    #expect(source.readCount.withLock { $0 } == 1)
  }

  private func expectBytes(of windowed: WindowedSource, over source: CountedSource, at offset: Int, count: Int) throws {
    var bytes = [UInt8](repeating: 0, count: count)
    try bytes.withUnsafeMutableBytes { try windowed.read(at: offset, into: $0) }
    #expect(bytes[...] == source.bytes[offset..<offset + count], "\(count) at \(offset)")
  }
}
