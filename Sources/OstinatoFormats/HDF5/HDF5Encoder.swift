import OstinatoTensors

/// The bytes of an HDF5 file while it grows.
struct HDF5Encoder {
  private(set) var bytes: [UInt8] = []

  /// A name must fit a message, of which the size takes two bytes.
  static let longestName = 1 << 15

  /// - Parameter byteCount: of all tensors.
  init(byteCount: Int) {
    bytes.reserveCapacity(byteCount + byteCount / 16 + 1 << 16)
    bytes = [UInt8](repeating: 0, count: Self.superblockSize)
  }

  // MARK: Superblock

  private static let superblockSize = 48

  /// Writes the superblock, when everything else is there.
  mutating func finish(root: Int) {
    align()
    var block = HDF5Superblock.signature + [2, 8, 8, 0]
    for address in [0, nil, bytes.count, root] { block += Self.address(address) }
    block += Self.number(Int(HDF5Checksum.lookup3(block)), 4)
    bytes.replaceSubrange(..<Self.superblockSize, with: block)
  }

  // MARK: Objects

  /// A message of an object's header.
  struct Message {
    let kind: Int
    let body: [UInt8]

    init(_ kind: HDF5Object.MessageKind, _ body: [UInt8]) {
      self.kind = kind.rawValue
      self.body = body
    }
  }

  /// - Returns: the address of the group.
  mutating func addGroup(_ links: [(name: String, address: Int)], _ attributes: [Message]) -> Int {
    let info = Message(.linkInfo, [0, 0] + Self.address(nil) + Self.address(nil))
    let messages = links.map { link in
      let name = Array(link.name.utf8)
      let (hasTwoByteLength, isUTF8) = (UInt8(1), UInt8(0x10))
      return Message(
        .link, [1, hasTwoByteLength | isUTF8, 1] + Self.number(name.count, 2) + name + Self.address(link.address))
    }
    // The library wants it where it is to add a link.
    let limits = Message(.groupInfo, [0, 0])
    return addHeader([info, limits] + messages + attributes)
  }

  /// - Returns: the address of the dataset.
  mutating func addDataset(_ tensor: Tensor, _ attributes: [Message]) -> Int {
    align()
    let place = tensor.byteCount == 0 ? nil : bytes.count
    tensor.withUnsafeBytes { bytes.append(contentsOf: $0) }
    let allocatedLateWrittenIfSet: UInt8 = 2 | 2 << 2
    return addHeader(
      [
        Message(.dataspace, Self.dataspace(tensor.shape.dimensions)),
        Message(.datatype, tensor.dataType == .float32 ? Self.float32 : Self.int32),
        Message(.fillValue, [3, allocatedLateWrittenIfSet]),
        Message(.layout, [3, 1] + Self.address(place) + Self.number(tensor.byteCount, 8)),
      ] + attributes)
  }

  private mutating func addHeader(_ messages: [Message]) -> Int {
    align()
    let address = bytes.count
    let body = messages.reduce(into: [UInt8]()) { body, message in
      body += [UInt8(message.kind)] + Self.number(message.body.count, 2) + [0] + message.body
    }
    let hasFourByteSize: UInt8 = 2
    let header = Array("OHDR".utf8) + [2, hasFourByteSize] + Self.number(body.count, 4) + body
    bytes += header + Self.number(Int(HDF5Checksum.lookup3(header)), 4)
    return address
  }

  // MARK: Attributes

  /// Where a text is: its length, the address of its collection, its number there.
  typealias Text = (length: Int, address: Int, index: Int)

  /// Writes texts, which attributes then refer to.
  /// - Throws: `failure` when there are more, or longer ones, than a file can say.
  mutating func addTexts(_ texts: [String], failure: @autoclosure () -> ModelError) throws(ModelError) -> [Text] {
    guard !texts.isEmpty else { return [] }
    guard texts.count < 1 << 16, texts.allSatisfy({ $0.utf8.count < 1 << 31 }) else { throw failure() }
    align()
    let address = bytes.count
    var content: [UInt8] = []
    for (index, text) in texts.enumerated() {
      content += Self.number(index + 1, 2) + [1, 0, 0, 0, 0, 0] + Self.number(text.utf8.count, 8) + Array(text.utf8)
      content += [UInt8](repeating: 0, count: -text.utf8.count & 7)
    }
    let (headSize, smallest) = (16, 4096)
    let size = max(smallest, content.count + 2 * headSize)
    bytes += Array("GCOL".utf8) + [1, 0, 0, 0] + Self.number(size, 8) + content
    let free = size - headSize - content.count
    bytes += Self.number(0, 8) + Self.number(free, 8) + [UInt8](repeating: 0, count: free - headSize)
    return texts.enumerated().map { ($1.utf8.count, address, $0 + 1) }
  }

  /// As h5py writes a `str`: a scalar of variable length in UTF-8.
  static func attribute(_ name: String, _ text: Text) -> Message {
    let type = variableText
    let space = dataspace([])
    let name = Array(name.utf8) + [0]
    let isUTF8: UInt8 = 1
    let sizes = number(name.count, 2) + number(type.count, 2) + number(space.count, 2)
    let value = number(text.length, 4) + address(text.address) + number(text.index, 4)
    return Message(.attribute, [3, 0] + sizes + [isUTF8] + name + type + space + value)
  }

  // MARK: Parts of messages

  /// Extents without room to grow; a scalar has none.
  private static func dataspace(_ extents: [Int]) -> [UInt8] {
    [2, UInt8(extents.count), 0, extents.isEmpty ? 0 : 1] + extents.flatMap { number($0, 8) }
  }

  /// IEEE single precision, little-endian: where the sign is, the size, and where exponent and fraction are.
  private static let float32: [UInt8] = [0x11, 0x20, 31, 0, 4, 0, 0, 0, 0, 0, 32, 0, 23, 8, 0, 23, 127, 0, 0, 0]
  /// Signed, little-endian.
  private static let int32: [UInt8] = [0x10, 8, 0, 0, 4, 0, 0, 0, 0, 0, 32, 0]
  /// Text of variable length in UTF-8: what refers to it takes 16 bytes; it is made of unsigned bytes.
  private static let variableText: [UInt8] = [0x19, 1, 1, 0, 16, 0, 0, 0, 0x10, 0, 0, 0, 1, 0, 0, 0, 0, 0, 8, 0]

  private static func number(_ value: Int, _ size: Int) -> [UInt8] {
    (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  private static func address(_ address: Int?) -> [UInt8] {
    address.map { number($0, 8) } ?? [UInt8](repeating: 0xFF, count: 8)
  }

  /// What is written next begins at a multiple of eight.
  private mutating func align() { bytes += [UInt8](repeating: 0, count: -bytes.count & 7) }
}
