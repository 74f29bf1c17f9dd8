import OstinatoKernels
import OstinatoTensors

/// The columns of each group's `(k, n)` kernel in panels, group after group.
func packedColumns(_ kernel: Tensor, k: Int, n: Int, groups: Int) -> Tensor {
  let size = packedSize(k: k, n: n)
  return kernel.laidOut(in: groups * size) { source, packed in
    for group in 0..<groups {
      packColumns(k: k, n: n, b: source + group * n, ldb: n * groups, into: packed + group * size)
    }
  }
}

/// A recurrent kernel with the columns of each product packed.
func packedRecurrentKernel(_ kernel: Tensor, _ cell: RecurrentCell) -> Tensor {
  kernel.laidOut(in: RecurrentKernel.packedSize(for: cell)) { source, packed in
    RecurrentKernel.pack(source, for: cell, into: packed)
  }
}

extension Tensor {
  /// The elements in another layout of `count` floats, which `body` writes.
  func laidOut(in count: Int, _ body: (Source, Target) -> Void) -> Tensor { rewritten(as: [count], body) }

  /// A tensor of `shape` that `body` makes from the elements, and that lives as long as the model.
  func rewritten(as shape: Shape, _ body: (Source, Target) -> Void) -> Tensor {
    Tensor(uninitialized: shape) { bytes in
      adviseLargePages(bytes)
      withUnsafeElements(of: Float.self) { elements in
        guard let source = elements.baseAddress,
          let target = bytes.assumingMemoryBound(to: Float.self).baseAddress
        else { return }
        body(source, target)
      }
    }
  }
}
