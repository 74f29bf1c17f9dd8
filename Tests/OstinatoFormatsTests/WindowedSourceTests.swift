import OstinatoTensors
import Synchronization
import Testing

@testable import OstinatoFormats

@Suite struct WindowedSourceTests {
  /// Bytes that tell where they are, and a count of how often they were asked for.
  private final class CountedSource: ByteSource {
    let byteCount: Int
    let readCount = Mutex(0)

    init(byteCount: Int) { self.byteCount = byteCount }

    static func byte(at place: Int) -> UInt8 { UInt8(truncatingIfNeeded: place &* 167 &+ place >> 8) }

    func read(at offset: Int, into target: UnsafeMutableRawBufferPointer) {
      precondition(offset >= 0 && target.count <= byteCount - offset)
      readCount.withLock { $0 += 1 }
      for place in target.indices { target[place] = Self.byte(at: offset + place) }
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
      try expectBytes(of: windowed, at: offset, count: count)
    }
    try expectBytes(of: windowed, at: source.byteCount - 5, count: 5)
    try expectBytes(of: windowed, at: source.byteCount, count: 0)
  }

  @Test func bytesCloseTogetherAreReadOnce() throws {
    let source = CountedSource(byteCount: 100_000)
    let windowed = WindowedSource(source)
    for offset in stride(from: 20_000, to: 30_000, by: 24) { try expectBytes(of: windowed, at: offset, count: 96) }
    #expect(source.readCount.withLock { $0 } == 1)
  }

  private func expectBytes(of source: WindowedSource, at offset: Int, count: Int) throws {
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
    defer { bytes.deallocate() }
    try source.read(at: offset, into: bytes)
    #expect(bytes.elementsEqual((offset..<offset + count).lazy.map(CountedSource.byte)), "\(count) at \(offset)")
  }
}
