import OstinatoTensors

/// A function of tensors in Swift, which may fail: what a layer of the user's own computes.
///
/// Inputs: values of any shapes and element types. Outputs: float32 values of the given shapes.
package struct HostFunction: Operation {
  /// What the function is given, and what it gives.
  package typealias Body = @Sendable ([Tensor]) throws -> [Tensor]

  package let name = "function"
  private let outputShapes: [Shape]
  private let body: Body

  package init(outputShapes: [Shape], body: @escaping Body) {
    self.outputShapes = outputShapes
    self.body = body
  }

  package func outputTypes(for inputs: [ValueType]) throws(ModelError) -> [ValueType] {
    outputShapes.map { ValueType($0) }
  }

  package func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let body = body
    return Kernel { operands in
      // Copies: what the function keeps of them outlives the arena.
      let tensors = inputs.indices.map { index in
        Tensor(
          copying: UnsafeRawBufferPointer(start: operands.input(index), count: inputs[index].byteCount),
          shape: inputs[index].shape, dataType: inputs[index].dataType)
      }
      do {
        try Self.write(try body(tensors), as: outputs, to: operands)
        return nil
      } catch {
        return ModelError(ofUser: error)
      }
    }
  }

  private static func write(
    _ tensors: [Tensor], as outputs: [ValueType], to operands: Operands
  ) throws(ModelError) {
    guard tensors.map(\.shape) == outputs.map(\.shape), !tensors.contains(where: { $0.dataType == .string }) else {
      throw ModelError(
        .customLayer, "",
        "expected a function that gives float32 tensors of the declared shapes \(outputs.map(\.shape)). "
          + "Received: \(tensors.map { "\($0.shape) \($0.dataType.rawValue)" }.joined(separator: ", "))")
    }
    for (index, tensor) in tensors.enumerated() {
      tensor.converted(to: .float32).withUnsafeElements(of: Float.self) { elements in
        guard let base = elements.baseAddress else { return }
        operands.output(index).update(from: base, count: elements.count)
      }
    }
  }
}

extension ModelError {
  /// What a function of the user's own has thrown.
  package init(ofUser error: any Error) {
    self = error as? ModelError ?? ModelError(.customLayer, "", "the function threw \(error)")
  }
}
