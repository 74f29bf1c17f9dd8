import OstinatoTensors

/// Makes an HDF5 file in memory from tensors, groups and string attributes.
///
/// The file is of the form that HDF5 1.8 brought: a superblock of version 2, a header for each object with all that
/// belongs to it, and the elements of each tensor in one piece.
package struct HDF5Writer {
  /// What is at one place of the tree.
  private struct Node {
    var children: [String: Node] = [:]
    var tensor: Tensor?
    var attributes: [(name: String, text: String)] = []
  }

  private var groups: Set<String> = []
  private var datasets: [(path: String, tensor: Tensor)] = []
  private var attributes: [(name: String, path: String, text: String)] = []

  /// A file with nothing but its root group.
  package init() {}

  /// Adds a group, and those that it lies in.
  package mutating func addGroup(_ path: String) { groups.insert(path) }

  /// Adds a dataset of `<f4` or `<i4`, and the groups that it lies in.
  package mutating func add(_ tensor: Tensor, at path: String) { datasets.append((path, tensor)) }

  /// Adds a string attribute to a group or dataset that has been added; the path of the root is `/`.
  package mutating func setAttribute(_ name: String, of path: String, to text: String) {
    attributes.append((name, path, text))
  }

  /// The file; errors call it `name`.
  /// - Throws: `ModelError.Code.malformedFile` when a path occurs twice, an attribute's object is not there, or a name or
  ///   text is longer than a file can say.
  package func bytes(name: String) throws(ModelError) -> [UInt8] {
    var root = Node()
    for path in groups.sorted() { try Self.change(&root, path, name) { $0.tensor == nil } }
    for (path, tensor) in datasets {
      try Self.change(&root, path, name) { node in
        defer { node.tensor = tensor }
        return node.tensor == nil && node.children.isEmpty && !groups.contains(path)
      }
    }
    for (attribute, path, text) in attributes {
      try Self.change(&root, path, name, creates: false) {
        $0.attributes.append((attribute, text)); return true
      }
    }
    var encoder = HDF5Encoder(byteCount: datasets.reduce(0) { $0 + $1.tensor.byteCount })
    encoder.finish(root: try Self.write(root, "/", to: &encoder, name: name))
    return encoder.bytes
  }

  /// Changes the node at `path`.
  /// - Throws: when `change` returns false, a dataset is in the way, or the node is not there and must be.
  private static func change(
    _ root: inout Node, _ path: String, _ name: String, creates: Bool = true, _ change: (inout Node) -> Bool
  ) throws(ModelError) {
    guard descend(&root, path.split(separator: "/").map(String.init)[...], creates, change) else {
      throw failure(name, path)
    }
  }

  private static func descend(
    _ node: inout Node, _ path: ArraySlice<String>, _ creates: Bool, _ change: (inout Node) -> Bool
  ) -> Bool {
    guard let part = path.first else { return change(&node) }
    guard node.tensor == nil, creates || node.children[part] != nil else { return false }
    return descend(&node.children[part, default: Node()], path.dropFirst(), creates, change)
  }

  /// Writes what is below `node`, then `node` itself.
  /// - Returns: its address.
  private static func write(
    _ node: Node, _ path: String, to encoder: inout HDF5Encoder, name: String
  ) throws(ModelError) -> Int {
    guard node.attributes.allSatisfy({ $0.name.utf8.count < HDF5Encoder.longestName }) else {
      throw failure(name, path)
    }
    let texts = try encoder.addTexts(node.attributes.map(\.text), failure: failure(name, path))
    let attributes = zip(node.attributes, texts).map { HDF5Encoder.attribute($0.name, $1) }
    if let tensor = node.tensor { return encoder.addDataset(tensor, attributes) }
    var links: [(String, Int)] = []
    for (part, child) in node.children.sorted(by: { $0.key < $1.key }) {
      guard part.utf8.count < HDF5Encoder.longestName else { throw failure(name, path) }
      links.append((part, try write(child, path == "/" ? part : "\(path)/\(part)", to: &encoder, name: name)))
    }
    return encoder.addGroup(links, attributes)
  }

  private static func failure(_ name: String, _ path: String) -> ModelError {
    ModelError(.malformedFile, "\(name)/\(path)", "expected a new object that can be written")
  }
}
