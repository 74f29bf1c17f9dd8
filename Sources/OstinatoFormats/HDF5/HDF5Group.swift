import OstinatoTensors

/// What a group holds, by name.
struct HDF5Group {
  /// Where a name leads.
  enum Link {
    /// To the object whose header is at an address.
    case hard(Int)
    /// To a path, in this file or another.
    case elsewhere
  }

  private var links: [String: Link] = [:]

  /// The number of links.
  var count: Int { links.count }

  /// The names in the order of their bytes.
  var names: [String] { links.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }

  /// Where the header of the object `name` is; nil when the group has none.
  /// - Throws: when the name leads elsewhere.
  func address(of name: String) throws(ModelError) -> Int? {
    switch links[name] {
    case .hard(let address): return address
    case .elsewhere: throw .hdf5("expected data in place; soft and external links are not followed")
    case nil: return nil
    }
  }

  /// The links of `object`, wherever the file keeps them: in a table, in the header or in a heap.
  init(_ object: HDF5Object, _ walk: inout HDF5Walk) throws(ModelError) {
    if var table = try object.message(.symbolTable, &walk) {
      let tree = try table.place(of: "a group's tree")
      try addSymbols(tree: tree, heap: try table.place(of: "a group's heap"), &walk)
    }
    for message in object.messages where message.kind == .link { try add(message.body) }
    if let info = try object.message(.linkInfo, &walk) { try addDense(info, &walk) }
  }

  // MARK: Symbol tables

  private mutating func addSymbols(tree: Int, heap: Int, _ walk: inout HDF5Walk) throws(ModelError) {
    let names = try Self.names(inHeapAt: heap, &walk)
    let entrySize = 2 * walk.storage.offsetSize + 24
    for leaf in try walk.leaves(ofTree: tree, type: 0, keySize: walk.storage.lengthSize) {
      var head = try walk.storage.cursor(at: leaf.address, count: 8)
      try head.expect("SNOD")
      try head.version(of: "a group's node", 1...1)
      try head.skip(1)
      let count = try head.int(2)
      var node = try walk.block(at: leaf.address, count: 8 + count * entrySize)
      try node.skip(8)
      for _ in 0..<count { try addSymbol(&node, names, &walk) }
    }
  }

  private mutating func addSymbol(
    _ node: inout HDF5Cursor, _ names: HDF5Cursor, _ walk: inout HDF5Walk
  ) throws(ModelError) {
    var names = names
    try names.skip(node.int(node.offsetSize))
    let length = names.rest.firstIndex(of: 0).map { $0 - names.rest.startIndex }
    guard let length else { throw .hdf5("expected a name that ends; it is cut short") }
    try walk.spend(length)
    let name = try names.text(length)
    let target = try node.address()
    let isSoft = try node.int(4) == 2
    try node.skip(20)
    guard let target, !isSoft else { return set(name, .elsewhere) }
    set(name, .hard(target))
  }

  /// The texts of a local heap.
  private static func names(inHeapAt address: Int, _ walk: inout HDF5Walk) throws(ModelError) -> HDF5Cursor {
    var head = try walk.storage.cursor(at: address, count: 8 + 2 * walk.storage.lengthSize + walk.storage.offsetSize)
    try head.expect("HEAP")
    try head.version(of: "a group's heap", 0...0)
    try head.skip(3)
    let size = try head.length()
    _ = try head.limit()
    return try walk.block(at: head.place(of: "a group's names"), count: size)
  }

  // MARK: Links

  private mutating func addDense(_ info: HDF5Cursor, _ walk: inout HDF5Walk) throws(ModelError) {
    var info = info
    try info.version(of: "a group's links", 0...0)
    try info.skip(info.byte() & 1 != 0 ? 8 : 0)
    guard let heapAddress = try info.address(), let tree = try info.address() else { return }
    var heap = try HDF5FractalHeap(at: heapAddress, &walk)
    for record in try walk.records(ofTree2: tree, type: 5) {
      var record = record
      try record.skip(4)
      try add(try heap.object(record, &walk))
    }
  }

  /// Adds what a message about a link says.
  private mutating func add(_ message: HDF5Cursor) throws(ModelError) {
    var message = message
    try message.version(of: "a link", 1...1)
    let flags = try message.byte()
    let kind = flags & 0x08 != 0 ? try message.byte() : 0
    try message.skip((flags & 0x04 != 0 ? 8 : 0) + (flags & 0x10 != 0 ? 1 : 0))
    let name = try message.text(message.int(1 << (flags & 3)))
    set(name, kind == 0 ? .hard(try message.place(of: "a linked object")) : .elsewhere)
  }

  private mutating func set(_ name: String, _ link: Link) {
    if links[name] == nil { links[name] = link }
  }
}
