import Ostinato

/// In Swift what `Tools/fixtures/custom_layers.py` has in Python.
enum CustomLayers {
  static let registry = LayerRegistry.keras
    .adding("Scale", scale)
    .adding("mine>Dense", extremes)
    .adding("custom_layers.Loose", LayerFunction(mixesRows: false) { call in [call.input.map { $0 + 1 }] })
    .adding(lambda: "mine>halve", LayerFunction(mixesRows: false) { call in [call.input.map { $0 / 2 }] })
    .adding(lambda: "centre", LayerFunction { call in [centre(call.input)] })
    .adding(lambda: "sum", weightedSum)

  static let scale = LayerFunction(
    weights: { _, inputs in
      [Variable("factor", [inputs[0][-1]], .ones), Variable("shift", [inputs[0][-1]], .zeros)]
    }, mixesRows: false, passesMask: true
  ) { call in
    let power = try call.config.int("power", default: 1)
    let (factors, shifts) = (call.weights[0].floats, call.weights[1].floats)
    let scaled = call.input.floats.enumerated().map { index, x in
      let feature = index % factors.count
      return (0..<power).reduce(x) { y, _ in y * factors[feature] } + shifts[feature]
    }
    return [Tensor(scaled, shape: call.input.shape)]
  }

  static let extremes = LayerFunction(
    outputShapes: { _, inputs in
      let rows = inputs[0].dimensions.dropLast()
      return [SymbolicShape(Array(rows)), SymbolicShape(rows + [1])]
    }, mixesRows: false
  ) { call in
    let (x, shape) = (call.input.floats, call.input.shape)
    let width = shape[shape.rank - 1]
    let rows = stride(from: 0, to: x.count, by: width).map { x[$0..<$0 + width] }
    return [
      Tensor(rows.map { $0.max() ?? 0 }, shape: Shape(shape.dropLast())),
      Tensor(rows.map { $0.reduce(0, +) / Float(width) }, shape: Shape(shape.dropLast() + [1])),
    ]
  }

  private static let weightedSum = LayerFunction(mixesRows: false) { call in
    let weight = Float(call.config["arguments"]?["weight"]?.double ?? 1)
    let sums = zip(call.inputs[0].floats, call.inputs[1].floats).map { $0 + weight * $1 }
    return [Tensor(sums, shape: call.input.shape)]
  }

  private static func centre(_ x: Tensor) -> Tensor {
    let (rows, width) = (x.shape[0], x.elementCount / x.shape[0])
    let values = x.floats
    let means = (0..<width).map { column in
      (0..<rows).reduce(Float(0)) { $0 + values[$1 * width + column] } / Float(rows)
    }
    return Tensor(values.enumerated().map { $1 - means[$0 % width] }, shape: x.shape)
  }
}
