import Foundation
import Ostinato
import Testing

/// A model file with inputs and Keras' own outputs, made by `Tools/fixtures`.
struct Fixture: Sendable, CustomTestStringConvertible {
  let folder: URL
  let name: String

  var testDescription: String { name }
  /// The model file: an archive, or HDF5.
  var modelPath: String {
    let names = ["model.keras", "model.h5"].map { folder.appending(path: $0).path }
    return names.first(where: FileManager.default.fileExists) ?? names[0]
  }

  /// The model, which may name the layers of ``CustomLayers``.
  func model(executionOptions: ExecutionOptions = ExecutionOptions()) throws -> Model {
    try Model(contentsOf: modelPath, executionOptions: executionOptions, registry: CustomLayers.registry)
  }

  /// Every fixture in the repository, by name.
  static let all: [Fixture] = {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Fixtures")
    let names = FileManager.default.subpaths(atPath: root.path) ?? []
    return names.filter { $0.hasSuffix("/fixture.json") }.sorted().map { path in
      let folder = root.appending(path: path).deletingLastPathComponent()
      return Fixture(folder: folder, name: String(path.dropLast("/fixture.json".count)))
    }
  }()

  /// What Keras says the outputs may differ by.
  struct Tolerance: Decodable {
    let rtol: Float
    let atol: Float
  }

  func tolerance() throws -> Tolerance {
    try JSONDecoder().decode(Tolerance.self, from: Data(contentsOf: folder.appending(path: "fixture.json")))
  }

  func inputs() throws -> [Tensor] { try tensors("input") }
  func outputs() throws -> [Tensor] { try tensors("output") }

  /// `input.npy`, or `input0.npy`, `input1.npy`, …; strings are in `input.json`.
  private func tensors(_ stem: String) throws -> [Tensor] {
    if let single = try tensor(stem) { return [single] }
    var tensors: [Tensor] = []
    while let next = try tensor("\(stem)\(tensors.count)") { tensors.append(next) }
    return tensors
  }

  private func tensor(_ name: String) throws -> Tensor? {
    let (array, strings) = (folder.appending(path: "\(name).npy"), folder.appending(path: "\(name).json"))
    if FileManager.default.fileExists(atPath: array.path) { return try Tensor(contentsOfNPY: array.path) }
    guard FileManager.default.fileExists(atPath: strings.path) else { return nil }
    return Self.strings(try JSONValue(parsing: Array(Data(contentsOf: strings)), name: strings.path))
  }

  /// Nested lists of strings.
  private static func strings(_ value: JSONValue) -> Tensor {
    guard let rows = value.array else { return Tensor([value.string ?? ""], shape: []) }
    return .concatenated(
      rows.map { row in
        let tensor = strings(row)
        return tensor.reshaped(to: [1] + tensor.shape.dimensions)
      })
  }
}
