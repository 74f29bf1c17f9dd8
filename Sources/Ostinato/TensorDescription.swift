import OstinatoLayers
import OstinatoTensors

/// An input or output of a model.
public struct TensorDescription: Sendable, CustomStringConvertible {
  /// The name of the input layer, or of the layer that gives the output.
  public let name: String
  /// The shape, the batch first.
  public let shape: SymbolicShape
  /// The element type.
  public let dataType: DataType
  /// How many rows the ``Embedding`` has that looks this input up: the input holds whole numbers below it. Nil where
  /// there is none.
  public let vocabulary: Int?

  /// Name and shape: `ids (None, 6)`.
  public var description: String { "\(name) \(shape)" }

  /// Whether a tensor of `given` fits, with any number of rows.
  func admitsRows(_ given: Shape) -> Bool {
    guard given.rank > 0, given.rank == shape.rank else { return false }
    return (1..<given.rank).allSatisfy { axis in shape[axis] == nil || shape[axis] == given[axis] }
  }

  /// Whether `tensor` can be used as it is.
  func accepts(_ tensor: Tensor) -> Bool {
    tensor.dataType == dataType && admitsRows(tensor.shape)
  }

  /// A tensor with the declared rank and element type. As in Keras, a missing last axis of extent 1 is added and a
  /// superfluous one dropped.
  func standardize(_ tensor: Tensor) throws(ModelError) -> Tensor {
    var tensor = tensor
    if tensor.shape.rank == shape.rank + 1, tensor.shape.last == 1 {
      tensor = tensor.reshaped(to: Array(tensor.shape.dropLast()))
    } else if tensor.shape.rank == shape.rank - 1, shape.rank > 0, shape[-1] == 1 {
      tensor = tensor.reshaped(to: tensor.shape + [1])
    }
    guard admitsRows(tensor.shape) else {
      throw ModelError(
        .invalidInput, "input '\(name)'", "expected shape \(shape). Received: \(tensor.shape)")
    }
    guard (tensor.dataType == .string) == (dataType == .string) else {
      throw ModelError(
        .invalidInput, "input '\(name)'",
        "expected \(dataType.rawValue) elements. Received: \(tensor.dataType.rawValue)")
    }
    return tensor.converted(to: dataType)
  }
}

extension Network {
  /// The inputs in order.
  var inputDescriptions: [TensorDescription] {
    let (names, types, shapes) = (inputNames, inputDataTypes, declaredInputs)
    return inputs.indices.map { index in
      TensorDescription(
        name: names[index], shape: shapes?[index] ?? [], dataType: types[index], vocabulary: vocabulary(ofInput: index))
    }
  }

  /// The outputs in order.
  /// - Parameter shapes: theirs; nil where they are not known.
  func outputDescriptions(_ shapes: [SymbolicShape]?) -> [TensorDescription] {
    outputNames.enumerated().map { index, name in
      TensorDescription(name: name, shape: shapes?[index] ?? [], dataType: .float32, vocabulary: nil)
    }
  }
}
