import OstinatoTensors

/// What is attached to an object under a name.
struct HDF5Attribute {
  let name: String
  private let type: HDF5Datatype
  private let count: Int
  private let data: HDF5Cursor

  /// - Parameter message: of the object's header, or of the heap that has its attributes.
  init(_ message: HDF5Cursor, _ walk: inout HDF5Walk) throws(ModelError) {
    var message = message
    let version = try message.version(of: "an attribute", 1...3)
    let flags = try message.byte()
    let sizes = (name: try message.int(2), type: try message.int(2), space: try message.int(2))
    if version == 3 { try message.skip(1) }
    let alignment = version == 1 ? 8 : 1
    name = try message.text(sizes.name)
    message.align(to: alignment)
    var type = try message.part(sizes.type)
    message.align(to: alignment)
    var space = try message.part(sizes.space)
    message.align(to: alignment)
    if version > 1, flags & 1 != 0 { type = try HDF5Object.shared(type, .datatype, &walk) }
    if version > 1, flags & 2 != 0 { space = try HDF5Object.shared(space, .dataspace, &walk) }
    self.type = try HDF5Datatype(type)
    let extents = try HDF5Dataspace(space).extents
    count = try extents.map { extents throws(ModelError) in try Shape(validating: extents).elementCount } ?? 0
    data = message
  }

  /// The attribute `name` of `object`; nil when it has none.
  static func find(_ name: String, of object: HDF5Object, _ walk: inout HDF5Walk) throws(ModelError) -> HDF5Attribute? {
    for message in object.messages where message.kind == .attribute {
      let body = message.isShared ? try HDF5Object.shared(message.body, .attribute, &walk) : message.body
      if try body.attributeName() == name { return try HDF5Attribute(body, &walk) }
    }
    guard var info = try object.message(.attributeInfo, &walk) else { return nil }
    try info.version(of: "an object's attributes", 0...0)
    try info.skip(info.byte() & 1 != 0 ? 2 : 0)
    guard let heapAddress = try info.address(), let tree = try info.address() else { return nil }
    var heap = try HDF5FractalHeap(at: heapAddress, &walk)
    for record in try walk.records(ofTree2: tree, type: 8) {
      let body = try heap.object(record, &walk)
      if try body.attributeName() == name { return try HDF5Attribute(body, &walk) }
    }
    return nil
  }

  /// The one integer that it is.
  func integer() throws(ModelError) -> Int {
    guard count == 1, case .number(let kind) = type.kind, kind == .signed || kind == .unsigned else {
      throw failure("one integer")
    }
    var data = data
    let bytes = try data.take(type.size)
    let bits = (type.isBigEndian ? Array(bytes) : bytes.reversed()).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let unused = 64 - 8 * UInt64(type.size)
    let value = kind == .signed ? Int(exactly: Int64(bitPattern: bits << unused) >> unused) : Int(exactly: bits)
    guard let value else { throw failure("an integer that fits") }
    return value
  }

  /// The strings. An attribute without elements has none, whatever its type: h5py writes an empty list as floats.
  func strings(_ walk: inout HDF5Walk) throws(ModelError) -> [String] {
    guard count > 0 else { return [] }
    guard count <= Self.maximumCount else { throw failure("at most \(Self.maximumCount) strings") }
    switch type.kind {
    case .variableText: return try variableStrings(&walk)
    case .text(let isSpacePadded): return try fixedStrings(isSpacePadded: isSpacePadded)
    default: throw failure("text")
    }
  }

  private static let maximumCount = 1 << 20

  private func fixedStrings(isSpacePadded: Bool) throws(ModelError) -> [String] {
    var data = data
    var strings: [String] = []
    guard type.size > 0 else { throw failure("text") }
    for _ in 0..<count {
      var text = try data.take(type.size).prefix { $0 != 0 }
      while isSpacePadded, text.last == UInt8(ascii: " ") { text.removeLast() }
      strings.append(try string(text))
    }
    return strings
  }

  private func variableStrings(_ walk: inout HDF5Walk) throws(ModelError) -> [String] {
    var data = data
    var heap = HDF5GlobalHeap()
    var strings: [String] = []
    for _ in 0..<count {
      let length = try data.int(4)
      let (address, index) = (try data.address(), try data.int(4))
      guard length > 0, let address else {
        strings.append("")
        continue
      }
      let object = try heap.object(index, inCollectionAt: address, &walk)
      guard length <= object.count else { throw failure("text of \(length) bytes") }
      try walk.spend(length)
      strings.append(try string(object.prefix(length).prefix { $0 != 0 }))
    }
    return strings
  }

  private func string(_ bytes: ArraySlice<UInt8>) throws(ModelError) -> String {
    guard let string = String(validating: bytes, as: UTF8.self) else { throw failure("text in UTF-8") }
    return string
  }

  private func failure(_ expected: String) -> ModelError {
    .hdf5("expected \(expected) in attribute \(name); it is something else")
  }
}

extension HDF5Cursor {
  /// The name of the attribute that a message is about.
  fileprivate func attributeName() throws(ModelError) -> String {
    var message = self
    let version = try message.version(of: "an attribute", 1...3)
    try message.skip(1)
    let size = try message.int(2)
    try message.skip(version == 3 ? 5 : 4)
    return try message.text(size)
  }
}

/// Pieces of any length that attributes point to, in collections.
struct HDF5GlobalHeap {
  /// The objects of the collections that have been read, by number.
  private var collections: [Int: [Int: ArraySlice<UInt8>]] = [:]

  mutating func object(
    _ index: Int, inCollectionAt address: Int, _ walk: inout HDF5Walk
  ) throws(ModelError) -> ArraySlice<UInt8> {
    if collections[address] == nil { collections[address] = try Self.read(at: address, &walk) }
    guard let object = collections[address]?[index] else {
      throw .hdf5("expected object \(index) of the heap at \(address); there is none")
    }
    return object
  }

  private static func read(at address: Int, _ walk: inout HDF5Walk) throws(ModelError) -> [Int: ArraySlice<UInt8>] {
    var head = try walk.storage.cursor(at: address, count: 8 + walk.storage.lengthSize)
    try head.expect("GCOL")
    try head.version(of: "a heap", 1...1)
    try head.skip(3)
    var collection = try walk.block(at: address, count: head.length())
    try collection.skip(8 + walk.storage.lengthSize)
    var objects: [Int: ArraySlice<UInt8>] = [:]
    while collection.rest.count >= 8 + walk.storage.lengthSize {
      let index = try collection.int(2)
      try collection.skip(6)
      let size = try collection.length()
      // What is left is free.
      if index == 0 { break }
      objects[index] = try collection.take(size)
      collection.align(to: 8)
    }
    return objects
  }
}
