import OstinatoTensors

/// The layers that Ostinato knows, by Keras' class names.
public struct LayerRegistry: Sendable {
  private var types: [String: any Layer.Type] = [:]

  /// A registry of the given layers.
  public init(_ types: [any Layer.Type]) {
    for type in types { self.types[type.className] = type }
  }

  /// The class names, sorted.
  public var classNames: [String] { types.keys.sorted() }

  /// The layer type called `className`, or nil.
  public subscript(_ className: String) -> (any Layer.Type)? { types[className] }

  /// Every built-in layer.
  public static let keras = LayerRegistry([
    // Core
    InputLayer.self, Dense.self, Embedding.self,
    // Convolutional
    Conv2D.self,
    // Pooling
    MaxPooling2D.self, AveragePooling2D.self, GlobalAveragePooling2D.self,
    // Normalization and regularization
    BatchNormalization.self, Dropout.self,
    // Reshaping and merging
    Flatten.self, Reshape.self, Add.self, Concatenate.self,
    // Activations
    Activation.self, ReLU.self, Softmax.self,
    // RNN
    GRU.self, LSTM.self, Bidirectional.self, TimeDistributed.self,
    // Preprocessing
    Normalization.self, Discretization.self, CategoryEncoding.self, Pipeline.self,
    IntegerLookup.self, StringLookup.self, TextVectorization.self, Hashing.self, HashedCrossing.self,
    STFTSpectrogram.self, MelSpectrogram.self,
    // Models
    SequentialNetwork.self, FunctionalNetwork.self,
  ])
}

/// What is around a layer while it is read from a model file.
package struct DecodingContext: Sendable {
  package let registry: LayerRegistry
  /// 1, 2 or 3: the Keras that wrote the file.
  package let kerasMajorVersion: Int

  package init(registry: LayerRegistry = .keras, kerasMajorVersion: Int = 3) {
    self.registry = registry
    self.kerasMajorVersion = kerasMajorVersion
  }

  /// The layer that a serialized object describes: `{"module": …, "class_name": …, "config": {…}}`.
  package func layer(from object: JSONValue) throws(ModelError) -> any Layer {
    guard let className = object["class_name"]?.string, let members = object["config"]?.object else {
      throw ModelError(
        .malformedConfig, "", "expected a layer with `class_name` and `config`. Received: \(object)")
    }
    let name = members["name"]?.string ?? object["name"]?.string
    let subject = name.map { "\($0) (\(className))" } ?? className
    let config = LayerConfig(members, subject: subject, context: self)
    guard let type = registry[className] else {
      throw Self.unknown(className, registered: object["registered_name"]?.string, subject)
    }
    do throws(ModelError) {
      return try type.init(config: config)
    } catch {
      throw error.subject.isEmpty ? ModelError(error.code, subject, error.message) : error
    }
  }

  private static func unknown(_ className: String, registered: String?, _ subject: String) -> ModelError {
    let origin = registered.map { " (registered as '\($0)')" } ?? ""
    return ModelError(
      .unsupportedLayer, subject,
      "expected a built-in Keras layer that Ostinato runs. Received: class '\(className)'\(origin). "
        + "Rebuild the model without it, replace it by built-in layers, or cut the model before it")
  }
}
