import Ostinato
import OstinatoFormats
import OstinatoLayers
import OstinatoTensors

/// What hostile bytes are given to. Each takes any bytes and ends in an answer or in a `ModelError`; anything else is a
/// fault of the package. Fuzzers, the mutation tests and the corpus of what once failed share these.
package enum Exercise: String, CaseIterable, Sendable {
  /// A `.npy` file.
  case npy
  /// A `.npz` file.
  case npz
  /// A `.keras` file as it lies on disk.
  case zip
  /// The `config.json` of a `.keras` file whose weights fit it.
  case config
  /// The digit 1 or 2, and the `model_config` of an `.h5` file by that Keras.
  case legacy
  /// The `config.json` of a `.keras` file, a zero byte, and its `model.weights.h5`.
  case keras
  /// An `.h5` file of weights.
  case hdf5
  /// An `.h5` file of a model.
  case h5

  /// - Throws: `ModelError`, as it may for any bytes.
  package func run(_ bytes: [UInt8]) throws {
    switch self {
    case .npy: _ = try bytes.withUnsafeBytes { try Tensor(npy: $0, name: "exercise.npy") }
    case .npz: _ = try NPZ.read(bytes: bytes, name: "exercise.npz", options: Limits.load)
    case .zip: try Self.readArchive(bytes)
    case .config: try Self.predict(try JSONValue(parsing: bytes, name: "config.json"), writtenBy: 3)
    case .legacy: try Self.predictLegacy(bytes)
    case .keras: try Self.predictArchive(bytes)
    case .hdf5: try ExerciseFile.shared.with(bytes) { try Self.readWeights($0) }
    case .h5: try ExerciseFile.shared.with(bytes) { try ModelExercise(contentsOf: $0).run() }
    }
  }
}

/// What an exercise may take, far below what a machine has.
package enum Limits {
  /// For files.
  package static let load = LoadOptions(maximumBytes: 64 << 20)
  /// For predictions.
  package static let execution = ExecutionOptions(pool: ThreadPool(threadCount: 1), maximumBytes: 256 << 20)
}

// MARK: - Files

extension Exercise {
  private static func readArchive(_ bytes: [UInt8]) throws {
    let archive = try KerasArchive(bytes: bytes, name: "exercise.keras", options: Limits.load)
    for name in try archive.assetNames() { _ = try archive.asset(name) }
    for path in try archive.weights.datasetPaths(under: "") { _ = try archive.weights.tensor(at: path) }
    try ExerciseFile.shared.with(bytes) { try ModelExercise(contentsOf: $0).run() }
  }

  private static func readWeights(_ path: String) throws {
    let file = try HDF5File(path: path, options: Limits.load)
    for dataset in try file.datasetPaths(under: "") { _ = try? file.tensor(at: dataset) }
    _ = try WeightsFile(path: path, options: Limits.load)
  }

  private static func predictArchive(_ bytes: [UInt8]) throws {
    let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
    var archive = ZipWriter()
    archive.add(KerasArchive.MemberName.config, Array(parts[0]))
    archive.add(KerasArchive.MemberName.hdf5Weights, parts.count > 1 ? Array(parts[1]) : [])
    try ExerciseFile.shared.with(try archive.bytes(name: "exercise.keras")) { try ModelExercise(contentsOf: $0).run() }
  }

  private static func predictLegacy(_ bytes: [UInt8]) throws {
    let version = bytes.first == UInt8(ascii: "1") ? 1 : 2
    let config = try JSONValue(parsing: Array(bytes.dropFirst()), name: "model_config")
    try predict(ConfigUpgrade.model(config, from: version), writtenBy: version)
  }

  /// Runs the model that `config` describes, with the weights that it asks for.
  private static func predict(_ config: JSONValue, writtenBy version: Int) throws {
    let layer = try DecodingContext(kerasMajorVersion: version).layer(from: config)
    try ModelExercise(Model(layer, SmallWeights(), Limits.execution)).run()
  }
}

/// Weights of any shape that is not large.
private struct SmallWeights: WeightReader {
  func verify() {}

  func weights(for root: Sublayer) throws(ModelError) -> LayerWeights {
    var total = 0
    return try LayerWeights(for: root) { slot throws(ModelError) in
      guard let shape = slot.variable.shape.known, shape.elementCount <= 1 << 20, total <= 1 << 22 else {
        throw ModelError(.missingWeight, slot.subject, "expected a smaller weight. Received: \(slot.variable.shape)")
      }
      total += shape.elementCount
      switch slot.variable.place {
      case .asset(_, .string): return Tensor(["fox", "dog", "hen"])
      case .asset: return Tensor([3, 5, 7] as [Int32])
      default: return Tensor((0..<shape.elementCount).map { Float($0 % 7) / 8 - 0.25 }, shape: shape)
      }
    }
  }
}
