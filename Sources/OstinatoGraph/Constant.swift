import OstinatoTensors

/// A tensor that is part of the graph: a weight, or something computed from weights.
package struct Constant: Sendable {
  /// Names the content within one model, so that it is prepared once.
  package let key: String
  package let type: ValueType
  private let source: Source

  private enum Source: Sendable {
    case made(Tensor)
    case later(PreparedConstants, make: Maker)
  }

  /// Makes the elements in the memory that it is given.
  package typealias Maker = @Sendable (any TensorMemory) -> Tensor

  package init(key: String, tensor: Tensor) {
    self.key = key
    self.type = ValueType(tensor.shape, tensor.dataType)
    self.source = .made(tensor)
  }

  fileprivate init(key: String, type: ValueType, store: PreparedConstants, make: @escaping Maker) {
    self.key = key
    self.type = type
    self.source = .later(store, make: make)
  }

  fileprivate var isMade: Bool {
    switch source {
    case .made: true
    case .later(let store, _): store.kept(key) != nil
    }
  }

  /// The elements, which the model keeps.
  package var tensor: Tensor {
    switch source {
    case .made(let tensor): tensor
    case .later(let store, let make): store.constant(key) { make(store.slab) }.tensor
    }
  }

  /// The elements, for something that is computed from them and kept in their place.
  package var passingTensor: Tensor {
    switch source {
    case .made(let tensor): tensor
    case .later(let store, let make): store.kept(key) ?? make(store.scratch)
    }
  }
}

/// Calls a body once for each index below a count, on as many threads as there are, and returns when all calls have.
package typealias ForEachIndex = (_ count: Int, _ body: @escaping @Sendable (_ index: Int) -> Void) -> Void

extension [Constant] {
  /// The elements of all, those that have to be made by `forEach`, the largest first.
  func tensors(_ forEach: ForEachIndex) -> [Tensor] {
    let waiting = filter { !$0.isMade }.sorted { $0.type.byteCount > $1.type.byteCount }
    forEach(waiting.count) { _ = waiting[$0].tensor }
    return map(\.tensor)
  }
}

/// What a model has computed from its weights: folded kernels, transposed tables. Shared by all programs of the model,
/// whatever the input's shape.
public final class PreparedConstants: Sendable {
  private let tensors = ForkSafeMutex<[String: Tensor]>([:])
  private let objects = ForkSafeMutex<[String: any Sendable]>([:])
  /// Where constants lie that are kept.
  fileprivate let slab = TensorSlab()
  /// Where those lie that others are made from.
  fileprivate let scratch = TensorScratch()

  /// An empty store.
  public init() {}

  /// The constant called `key`, made by `make` at first use.
  package func constant<Failure: Error>(_ key: String, make: () throws(Failure) -> Tensor) throws(Failure) -> Constant {
    if let tensor = kept(key) { return Constant(key: key, tensor: tensor) }
    let tensor = try make()
    return Constant(
      key: key,
      tensor: tensors.withLock { store in
        if let earlier = store[key] { return earlier }
        store[key] = tensor
        return tensor
      })
  }

  /// The constant called `key`, made by `make` when its elements are asked for.
  package func constant(_ key: String, type: ValueType, later make: @escaping Constant.Maker) -> Constant {
    Constant(key: key, type: type, store: self, make: make)
  }

  /// Gives back the memory of what is not kept.
  package func emptyScratch() { scratch.empty() }

  fileprivate func kept(_ key: String) -> Tensor? { tensors.withLock { $0[key] } }

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
