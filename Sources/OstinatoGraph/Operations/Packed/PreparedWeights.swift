import OstinatoKernels
import OstinatoTensors

extension PreparedConstants {
  /// `kernel` in another layout, called `key`: `count` floats, which `pack` writes when they are asked for.
  func packed(
    _ key: String, _ kernel: Constant, count: Int, pack: @escaping @Sendable (Source, Target) -> Void
  ) -> Constant {
    constant(key, type: ValueType([count])) { memory in
      kernel.passingTensor.rewritten(as: [count], in: memory, pack)
    }
  }
}

extension PreparedConstants {
  /// The blocks of `kernel` at `places`, one after another, as a kernel of `shape`.
  func blocks(_ places: [Int], of kernel: Constant, as shape: Shape) -> Constant {
    let size = shape.elementCount / places.count
    return constant("\(kernel.key) at \(places) as \(shape)", type: ValueType(shape)) { memory in
      kernel.passingTensor.rewritten(as: shape, in: memory) { source, target in
        for (index, place) in places.enumerated() {
          (target + index * size).update(from: source + place * size, count: size)
        }
      }
    }
  }
}

extension Tensor {
  /// A tensor of `shape` in `memory` that `body` makes from the elements.
  func rewritten(as shape: Shape, in memory: any TensorMemory, _ body: (Source, Target) -> Void) -> Tensor {
    Tensor(uninitialized: shape, in: memory) { bytes in
      withUnsafeElements(of: Float.self) { elements in
        guard let source = elements.baseAddress,
          let target = bytes.assumingMemoryBound(to: Float.self).baseAddress
        else { return }
        body(source, target)
      }
    }
  }
}
