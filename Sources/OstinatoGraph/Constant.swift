import OstinatoTensors

/// A tensor that is part of the graph: a weight, or something computed from weights.
package struct Constant: Sendable {
  /// Names the content within one model, so that it is prepared once.
  package let key: String
  package let tensor: Tensor
}

/// What a model has computed from its weights: folded kernels, transposed tables. Shared by all programs of the model,
/// whatever the input's shape.
public final class PreparedConstants: Sendable {
  private let tensors = ForkSafeMutex<[String: Tensor]>([:])
  private let objects = ForkSafeMutex<[String: any Sendable]>([:])

  /// An empty store.
  public init() {}

  /// The constant called `key`, made by `make` at first use.
  package func constant<Failure: Error>(_ key: String, make: () throws(Failure) -> Tensor) throws(Failure) -> Constant {
    if let tensor = tensors.withLock({ $0[key] }) { return Constant(key: key, tensor: tensor) }
    let tensor = try make()
    return Constant(
      key: key,
      tensor: tensors.withLock { store in
        if let earlier = store[key] { return earlier }
        store[key] = tensor
        return tensor
      })
  }

  /// What is no tensor, such as the table of a vocabulary, made by `make` at first use.
  package func object<Object: Sendable, Failure: Error>(
    _ key: String, make: () throws(Failure) -> Object
  ) throws(Failure) -> Object {
    if let object = objects.withLock({ $0[key] as? Object }) { return object }
    let object = try make()
    objects.withLock { $0[key] = object }
    return object
  }
}
