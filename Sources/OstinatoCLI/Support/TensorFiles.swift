import Ostinato

/// Reading and writing the tensors of `.npy` files and `.npz` archives.
enum TensorFiles {
  /// The tensors of the files, in order. The members of an archive go by their names; but the only one, and those that
  /// `numpy.savez` itself names `arr_0`, `arr_1`, …, go by position.
  static func read(_ paths: [NamedPath]) throws -> [Named<Tensor>] {
    try paths.flatMap { path in
      guard isArchive(path.item) else {
        return [Named(name: path.name, item: try Tensor(contentsOfNPY: path.item))]
      }
      return try members(of: path)
    }
  }

  private static func members(of path: NamedPath) throws -> [Named<Tensor>] {
    let tensors = try NPZ.read(path: path.item)
    if let only = tensors.first, tensors.count == 1 { return [Named(name: path.name, item: only.value)] }
    if let name = path.name {
      throw ModelError(
        .invalidInput, path.item, "expected an archive of one array for '\(name)'. Received: \(tensors.count)")
    }
    let positional = (0..<tensors.count).compactMap { tensors["arr_\($0)"] }
    if positional.count == tensors.count { return positional.map { Named(name: nil, item: $0) } }
    return tensors.sorted { $0.key < $1.key }.map { Named(name: $0.key, item: $0.value) }
  }

  static func isArchive(_ path: String) -> Bool { path.hasSuffix(".npz") }
}

/// Which file each output of a model goes to.
struct OutputFiles {
  private let names: [String]
  /// The `.npy` file of each output.
  private let files: [String?]
  /// The archive that takes all other outputs.
  private let archive: String?

  /// - Throws: `ModelError` when a name is unknown or there are more files than outputs.
  init(_ paths: [NamedPath], of outputs: [TensorDescription]) throws {
    let archives = paths.filter { $0.name == nil && TensorFiles.isArchive($0.item) }
    guard archives.count <= 1 else {
      throw ModelError(.invalidInput, archives[1].item, "expected one .npz archive for all outputs")
    }
    let others = paths.filter { $0.name != nil || !TensorFiles.isArchive($0.item) }
    self.names = outputs.map(\.name)
    self.files = try outputs.place(others, kind: "output")
    self.archive = archives.first?.item
  }

  /// Writes each output to its file. Outputs without one are left out.
  func write(_ outputs: [Tensor]) throws {
    var rest: [String: Tensor] = [:]
    for (index, output) in outputs.enumerated() {
      if let file = files[index] {
        try write(output, named: names[index], to: file)
      } else {
        rest[names[index]] = output
      }
    }
    if let archive { try NPZ.write(rest, to: archive) }
  }

  private func write(_ output: Tensor, named name: String, to file: String) throws {
    if TensorFiles.isArchive(file) {
      try NPZ.write([name: output], to: file)
    } else {
      try output.writeNPY(to: file)
    }
  }
}
