#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Buffers that lie flush against a page which no one may touch: one float too far, read or written, ends the process.
package final class Fences {
  /// Where the page lies.
  package enum Side: CaseIterable, Sendable {
    case before, after
  }

  private let side: Side
  private let page = Int(sysconf(Int32(_SC_PAGESIZE)))
  private var mappings: [UnsafeMutableRawBufferPointer] = []

  package init(_ side: Side) {
    self.side = side
  }

  deinit { for mapping in mappings { munmap(mapping.baseAddress, mapping.count) } }

  /// `count` floats, neither all alike nor large.
  package func floats(_ count: Int) -> UnsafeMutablePointer<Float> {
    let floats = buffer(count, of: Float.self)
    for index in 0..<count { floats[index] = Float(index * 37 % 64) / 32 - 1 }
    return floats
  }

  /// The numbers `elements`.
  package func int32s(_ elements: [Int32]) -> UnsafeMutablePointer<Int32> {
    let integers = buffer(elements.count, of: Int32.self)
    for (index, element) in elements.enumerated() { integers[index] = element }
    return integers
  }

  private func buffer<Element>(_ count: Int, of _: Element.Type) -> UnsafeMutablePointer<Element> {
    let bytes = count * MemoryLayout<Element>.stride
    let room = (bytes + page - 1) / page * page
    guard let base = mmap(nil, room + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANON, -1, 0), base != MAP_FAILED,
      room == 0 || mprotect(base + page, room, PROT_READ | PROT_WRITE) == 0
    else { preconditionFailure("expected memory for \(count) elements") }
    mappings.append(UnsafeMutableRawBufferPointer(start: base, count: room + 2 * page))
    let start = side == .before ? base + page : base + page + room - bytes
    return start.bindMemory(to: Element.self, capacity: count)
  }
}
