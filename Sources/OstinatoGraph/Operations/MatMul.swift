import OstinatoKernels
import OstinatoTensors

/// Products of matrices, one for each item of the leading axes, which broadcast against each other.
///
/// Inputs: a `(batch…, m, k)`, b `(batch…, k, n)`, the last two axes of either swapped where it is transposed. Output:
/// `(batch…, m, n)`. Each item is a product of its own, so that a row does not depend on how many items there are.
package struct MatMul: Operation {
  package let name = "matmul"
  package let transposeA: Bool
  package let transposeB: Bool

  package init(transposeA: Bool = false, transposeB: Bool = false) {
    self.transposeA = transposeA
    self.transposeB = transposeB
  }

  package func outputTypes(for inputs: [ValueType]) throws(ModelError) -> [ValueType] {
    let (a, b) = (inputs[0].shape, inputs[1].shape)
    guard a.rank >= 2, b.rank >= 2, (a.suffix(2)[a.rank - (transposeA ? 2 : 1)]) == columnLength(b) else {
      throw ModelError(.shapeMismatch, "", "expected matrices that can be multiplied. Received: \(a) and \(b)")
    }
    let product = product(inputs)
    let items = try Shape.broadcast(Shape(Array(a.dropLast(2))), Shape(Array(b.dropLast(2))))
    return [ValueType(try Shape(validating: items + [product.m, product.n]))]
  }

  private func columnLength(_ b: Shape) -> Int { b[b.rank - (transposeB ? 1 : 2)] }

  private func product(_ inputs: [ValueType]) -> MatrixProduct {
    let (a, b) = (inputs[0].shape, inputs[1].shape)
    return MatrixProduct(
      m: a[a.rank - (transposeA ? 1 : 2)], n: b[b.rank - (transposeB ? 2 : 1)], k: columnLength(b),
      transposeA: transposeA, transposeB: transposeB)
  }

  package func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let product = product(inputs)
    let items = Shape(Array(outputs[0].shape.dropLast(2)))
    // One axis more, so that a line of the walk is one item.
    let walks = inputs.map { input in
      StridedLayout(broadcasting: Shape(input.shape.dropLast(2) + [1]), to: Shape(items + [1]))
    }
    return Kernel(units: items.elementCount) { operands, units in
      for item in units {
        product.run(
          a: operands.input(0) + walks[0].offset(ofLine: item) * product.m * product.k,
          b: operands.input(1) + walks[1].offset(ofLine: item) * product.k * product.n,
          c: operands.output(0) + item * product.m * product.n)
      }
    }
  }

  package func flops(inputs: [ValueType], outputs: [ValueType]) -> Int {
    .saturatingProduct(2, outputs[0].shape.elementCount, columnLength(inputs[1].shape))
  }

  package func detail(inputs: [ValueType], outputs: [ValueType]) -> String {
    let product = product(inputs)
    let items = outputs[0].shape.dropLast(2).reduce(1, *)
    return "items: \(items), m: \(product.m), n: \(product.n), k: \(product.k)"
  }
}
