/// What becomes of each class that Keras exports, as `Documentation/Layers.md` says it.
public struct LayerCoverage: Sendable {
  private let registry: LayerRegistry

  /// The coverage of the layers in `registry`.
  public init(_ registry: LayerRegistry = .keras) { self.registry = registry }

  /// Classes that run in Python alone, or that no model file names.
  private static let reasons: [String: String] = [
    "Lambda": "yes, with a function in Swift: its own is Python code",
    "TFSMLayer": "no: it wraps a TensorFlow SavedModel", "FlaxLayer": "no: it wraps a Flax module",
    "JaxLayer": "no: it wraps a JAX function", "TorchModuleWrapper": "no: it wraps a PyTorch module",
    "Layer": "base class, in no model file", "Wrapper": "base class, in no model file",
    "InputSpec": "no layer: it describes inputs",
  ]

  /// Whether the class runs, does nothing at inference, or why it does not run; nil when nothing is known of it.
  public func status(of className: String) -> String? {
    if let reason = Self.reasons[className] { return reason }
    guard let type = registry[className] else { return nil }
    if type == IdentityLayer.self && className != IdentityLayer.className { return "identity at inference" }
    return classAliases[className].map { "yes, as `\($0)`" } ?? "yes"
  }

  /// The page for the classes and operations that Keras exports.
  public func page(exported: [String], operations: [String]) -> String {
    let rows = exported.map { "| `\($0)` | \(status(of: $0) ?? "no") |" }
    func list(_ names: [String]) -> String { names.map { "`\($0)`" }.joined(separator: ", ") }
    return """
      # Layers

      What becomes of each class that `keras.layers` of Keras 3.15 exports. `make layers` writes this page from the
      registry.

      | class | runs |
      |---|---|
      \(rows.joined(separator: "\n"))

      ## Operations between layers

      Functional models may hold these operations of `keras.ops`, by the name that Keras records:

      \(list(operations.filter(Self.runsOperation)))

      A model that holds one of the others is refused with an error that names it: those that call Python functions or
      give complex numbers, losses, decompositions of matrices, and what gives shapes that depend on values.

      \(list(operations.filter { !Self.runsOperation($0) }))

      """
  }

  /// Whether functional models may hold the operation of `keras.ops` whose class has this name.
  public static func runsOperation(_ className: String) -> Bool { operationLowerings[className] != nil }

  /// The operations that functional models may hold.
  public static var operations: [String] { operationLowerings.keys.sorted() }
}
