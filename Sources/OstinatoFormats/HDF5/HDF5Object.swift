import OstinatoTensors

/// The header of a group, a dataset or a named type: a list of messages.
struct HDF5Object {
  /// What a message is about.
  enum MessageKind: Int {
    case dataspace = 0x01
    case linkInfo = 0x02
    case datatype = 0x03
    case oldFillValue = 0x04
    case fillValue = 0x05
    case link = 0x06
    case externalFiles = 0x07
    case layout = 0x08
    case groupInfo = 0x0A
    case filters = 0x0B
    case attribute = 0x0C
    case continuation = 0x10
    case symbolTable = 0x11
    case attributeInfo = 0x15
  }

  struct Message {
    let kind: MessageKind
    /// Whether the body only says where the message is.
    let isShared: Bool
    let body: HDF5Cursor
  }

  private(set) var messages: [Message] = []

  var isGroup: Bool { has(.symbolTable) || has(.linkInfo) || has(.link) }
  var isDataset: Bool { has(.layout) }

  func has(_ kind: MessageKind) -> Bool { messages.contains { $0.kind == kind } }

  /// The first message about `kind`, wherever it is; nil when there is none.
  func message(_ kind: MessageKind, _ walk: inout HDF5Walk) throws(ModelError) -> HDF5Cursor? {
    guard let message = messages.first(where: { $0.kind == kind }) else { return nil }
    return message.isShared ? try Self.shared(message.body, kind, &walk) : message.body
  }

  /// The message that `reference` says is in the header of another object.
  static func shared(
    _ reference: HDF5Cursor, _ kind: MessageKind, _ walk: inout HDF5Walk
  ) throws(ModelError) -> HDF5Cursor {
    var reference = reference
    let version = try reference.version(of: "a reference to a message", 1...3)
    let isInHeap = try reference.byte() == 1 && version == 3
    guard !isInHeap else { throw .hdf5("expected messages in their objects; the file has a table of shared ones") }
    if version == 1 { try reference.skip(6) }
    let owner = try HDF5Object(at: reference.place(of: "a shared message"), &walk)
    guard let message = owner.messages.first(where: { $0.kind == kind }), !message.isShared else {
      throw .hdf5("expected a shared message where the object says; there is none")
    }
    return message.body
  }
}

// MARK: - Reading

extension HDF5Object {
  /// - Throws: when there is no whole header at `address`.
  init(at address: Int, _ walk: inout HDF5Walk) throws(ModelError) {
    let isNew = try walk.storage.cursor(at: address, count: 4).rest.elementsEqual("OHDR".utf8)
    try isNew ? readNew(at: address, &walk) : readOld(at: address, &walk)
  }

  /// Version 1.
  private mutating func readOld(at address: Int, _ walk: inout HDF5Walk) throws(ModelError) {
    var prefix = try walk.storage.cursor(at: address, count: 12)
    try prefix.version(of: "an object's header", 1...1)
    try prefix.skip(1)
    let count = try prefix.int(2)
    try prefix.skip(4)
    let size = try prefix.int(4)
    var blocks = [try walk.block(at: address + 16, count: size)]
    var taken = 0
    while var block = blocks.popLast() {
      while block.rest.count >= 8, taken < count {
        taken += 1
        let (kind, size, flags) = (try block.int(2), try block.int(2), try block.byte())
        try block.skip(3)
        let body = try block.part(size)
        guard let next = try add(kind, flags, body) else { continue }
        blocks.append(try walk.block(at: next.address, count: next.count))
      }
    }
  }

  /// Version 2.
  private mutating func readNew(at address: Int, _ walk: inout HDF5Walk) throws(ModelError) {
    var prefix = try walk.storage.cursor(at: address, count: min(34, walk.storage.byteCount - address))
    try prefix.skip(4)
    try prefix.version(of: "an object's header", 2...2)
    let flags = try prefix.byte()
    try prefix.skip((flags & 0x20 != 0 ? 16 : 0) + (flags & 0x10 != 0 ? 4 : 0))
    let sizeBytes = 1 << (flags & 3)
    let size = try prefix.int(sizeBytes)
    let before = 6 + (flags & 0x20 != 0 ? 16 : 0) + (flags & 0x10 != 0 ? 4 : 0) + sizeBytes
    guard size <= walk.storage.byteCount else { throw .hdf5("expected a header in the file; it claims \(size) bytes") }
    var first = try walk.checked("OHDR", at: address, count: before + size + 4)
    try first.skip(before - 4)
    var blocks = [first]
    let headSize = flags & 0x04 != 0 ? 6 : 4
    while var block = blocks.popLast() {
      while block.rest.count >= headSize {
        let (kind, size, messageFlags) = (try block.byte(), try block.int(2), try block.byte())
        try block.skip(headSize - 4)
        let body = try block.part(size)
        guard let next = try add(kind, messageFlags, body) else { continue }
        blocks.append(try walk.checked("OCHK", at: next.address, count: next.count))
      }
    }
  }

  /// Keeps a message that matters here.
  /// - Returns: where the header goes on, if the message says so.
  private mutating func add(
    _ kind: Int, _ flags: Int, _ body: HDF5Cursor
  ) throws(ModelError) -> (address: Int, count: Int)? {
    guard let kind = MessageKind(rawValue: kind) else { return nil }
    if kind == .continuation {
      var body = body
      return (try body.place(of: "a header's continuation"), try body.length())
    }
    messages.append(Message(kind: kind, isShared: flags & 2 != 0, body: body))
    return nil
  }
}
