import OstinatoTensors

/// B-trees of version 1.
extension HDF5Walk {
  /// What the leaves of the tree at `root` point to, in order, each with the key before it.
  mutating func leaves(
    ofTree root: Int, type: Int, keySize: Int
  ) throws(ModelError) -> [(key: HDF5Cursor, address: Int)] {
    var leaves: [(key: HDF5Cursor, address: Int)] = []
    var nodes: [(address: Int, level: Int?)] = [(root, nil)]
    while let (address, expected) = nodes.popLast() {
      var node = try node(at: address, type: type, keySize: keySize)
      let level = try node.byte()
      guard expected == nil || level == expected else {
        throw .hdf5("expected a tree's node of level \(expected ?? 0); received \(level)")
      }
      let count = try node.int(2)
      try node.skip(2 * node.offsetSize)
      var children: [(key: HDF5Cursor, address: Int)] = []
      for _ in 0..<count { children.append((try node.part(keySize), try node.place(of: "a tree's node"))) }
      if level == 0 {
        leaves += children
      } else {
        nodes += children.reversed().map { ($0.address, level - 1) }
      }
    }
    return leaves
  }

  /// The node at `address`, from its level on.
  private mutating func node(at address: Int, type: Int, keySize: Int) throws(ModelError) -> HDF5Cursor {
    var head = try storage.cursor(at: address, count: 8)
    try head.expect("TREE")
    guard try head.byte() == type else { throw .hdf5("expected a tree of type \(type); it is of another") }
    try head.skip(1)
    let size = 8 + 2 * storage.offsetSize + (try head.int(2)) * (keySize + storage.offsetSize)
    var node = try block(at: address, count: size)
    try node.skip(5)
    return node
  }
}

/// B-trees of version 2.
extension HDF5Walk {
  /// The records of the tree at `address`, in no order.
  mutating func records(ofTree2 address: Int, type: Int) throws(ModelError) -> [HDF5Cursor] {
    let header = try HDF5Tree2(at: address, type: type, &self)
    guard let root = header.root else { return [] }
    var records: [HDF5Cursor] = []
    var nodes: [HDF5Tree2.Child] = [root]
    while let child = nodes.popLast() {
      let node = try header.node(child, &self)
      records += node.records
      nodes += node.children
    }
    return records
  }
}

/// The header of a B-tree of version 2, and what follows from it about the nodes.
struct HDF5Tree2 {
  /// Where a node is, and how many records it has itself. That of a leaf has depth 0.
  struct Child {
    let address: Int
    let count: Int
    let depth: Int
  }

  let recordSize: Int
  let root: Child?
  private let type: Int
  /// For each depth, the bytes of the number of records that a node below it has in all.
  private let totalSizes: [Int]
  private let countSize: Int

  init(at address: Int, type: Int, _ walk: inout HDF5Walk) throws(ModelError) {
    let size = 16 + walk.storage.offsetSize + 2 + walk.storage.lengthSize + 4
    var header = try walk.checked("BTHD", at: address, count: size)
    try header.version(of: "a tree", 0...0)
    guard try header.byte() == type else { throw .hdf5("expected a tree of type \(type); it is of another") }
    let nodeSize = try header.int(4)
    let (recordSize, depth) = (try header.int(2), try header.int(2))
    try header.skip(2)
    let address = try header.address()
    let count = try header.int(2)
    guard recordSize > 0, nodeSize > Self.overhead, depth <= Self.maximumDepth else {
      throw .hdf5("expected a tree with records of at most \(Self.maximumDepth) levels; received depth \(depth)")
    }
    self.recordSize = recordSize
    self.type = type
    root = address.flatMap { count == 0 ? nil : Child(address: $0, count: count, depth: depth) }
    let leafMaximum = (nodeSize - Self.overhead) / recordSize
    countSize = Self.bytes(for: leafMaximum)
    var (totals, total) = ([0], leafMaximum)
    for _ in 0..<depth {
      let pointer = walk.storage.offsetSize + countSize + (totals.last ?? 0)
      let maximum = max(nodeSize - Self.overhead - pointer, 0) / (recordSize + pointer)
      let (product, overflow) = (maximum + 1).multipliedReportingOverflow(by: total)
      guard !overflow, product <= Int.max - maximum else { throw .hdf5("expected a tree of fewer records") }
      total = product + maximum
      totals.append(Self.bytes(for: total))
    }
    totalSizes = totals
  }

  private static let maximumDepth = 32
  /// Signature, version, type and checksum.
  private static let overhead = 10

  /// How many bytes a number up to `limit` takes.
  static func bytes(for limit: Int) -> Int { (Int.bitWidth - max(limit, 1).leadingZeroBitCount - 1) / 8 + 1 }

  func node(_ node: Child, _ walk: inout HDF5Walk) throws(ModelError) -> (records: [HDF5Cursor], children: [Child]) {
    let isLeaf = node.depth == 0
    let totalSize = isLeaf ? 0 : totalSizes[node.depth - 1]
    let pointerSize = isLeaf ? 0 : walk.storage.offsetSize + countSize + totalSize
    let size = Self.overhead + node.count * recordSize + (node.count + 1) * pointerSize
    var block = try walk.checked(isLeaf ? "BTLF" : "BTIN", at: node.address, count: size)
    try block.version(of: "a tree's node", 0...0)
    guard try block.byte() == type else { throw .hdf5("expected a tree's node of type \(type); it is of another") }
    var records: [HDF5Cursor] = []
    for _ in 0..<node.count { records.append(try block.part(recordSize)) }
    var children: [Child] = []
    for _ in 0..<(isLeaf ? 0 : node.count + 1) {
      let address = try block.place(of: "a tree's node")
      children.append(Child(address: address, count: try block.int(countSize), depth: node.depth - 1))
      try block.skip(totalSize)
    }
    return (records, children)
  }
}
