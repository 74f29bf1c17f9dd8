import Ostinato

/// A model whose layer is wrapped in `TimeDistributed`, and one that has the same layer and weights without it.
struct WrapperPair {
  let wrapped: Model
  let plain: Model

  /// - Parameters:
  ///   - layer: the layer, under the name "layer".
  ///   - input: the shape of one step.
  init(_ layer: any Layer, input: [Int]) throws {
    wrapped = try Sequential(
      [Input(shape: [Digits.steps] + input), TimeDistributed(layer, name: "wrapper")], name: "with_wrapper")
    var plain = try Sequential([Input(shape: input), layer], name: "without_wrapper")
    try plain.setWeights(wrapped.weights(of: "wrapper"), of: "layer")
    self.plain = plain
  }

  /// Prints both tables and checks parameters and output shapes.
  func expect(parameters: Int, wrappedShape: SymbolicShape, plainShape: SymbolicShape, _ report: inout Report) {
    print(wrapped.summary(), "\n")
    print(plain.summary(), "\n")
    report.expect("parameters with TimeDistributed", wrapped.parameterCount.total, parameters)
    report.expect("parameters without", plain.parameterCount.total, parameters)
    report.expect("output shape with TimeDistributed", wrapped.outputs.map(\.shape), [wrappedShape])
    report.expect("output shape without", plain.outputs.map(\.shape), [plainShape])
  }

  /// Predicts the first 3, 6 and 9 digits, and all nine without the wrapper: the same numbers for the same digits.
  /// - Parameter digits: nine of them, each a row.
  func expectSameNumbers(_ digits: Tensor, wrappedShape: Shape, plainShape: Shape, _ report: inout Report) throws {
    let all = try wrapped.predict(digits.groupedByThree)
    for count in [3, 6] {
      let some = try wrapped.predict(digits[0..<count].groupedByThree)
      report.expectSame(
        "the first \(count) digits, as \(some.shape), are what they are among nine", some,
        all[0..<count / Digits.steps])
    }
    let plainAll = try plain.predict(digits)
    report.expect("nine digits with TimeDistributed", all.shape, wrappedShape)
    report.expect("nine digits without", plainAll.shape, plainShape)
    report.expectSame("both are the same numbers", all.ungrouped, plainAll)
  }
}

/// A dense layer on three digits at a time.
struct DenseTour {
  let digits: Digits

  func run(_ report: inout Report) throws {
    report.step("TimeDistributed(Dense(4)) over (3, 784), and Dense(4) over (784,)")
    let pair = try WrapperPair(Dense(4, name: "layer"), input: [784])
    pair.expect(parameters: 3140, wrappedShape: [nil, 3, 4], plainShape: [nil, 4], &report)
    try pair.expectSameNumbers(digits.rows, wrappedShape: [3, 3, 4], plainShape: [9, 4], &report)
    print("\n  the first three digits:\n\(try pair.wrapped.predict(digits.rows[0..<3].groupedByThree))")
  }
}

/// A convolution on three digits at a time.
struct ConvolutionTour {
  let digits: Digits

  func run(_ report: inout Report) throws {
    report.step("TimeDistributed(Conv2D(3, (3, 3))) over (3, 28, 28, 1), and Conv2D(3, (3, 3)) over (28, 28, 1)")
    let pair = try WrapperPair(Conv2D(3, (3, 3), name: "layer"), input: [28, 28, 1])
    pair.expect(parameters: 30, wrappedShape: [nil, 3, 26, 26, 3], plainShape: [nil, 26, 26, 3], &report)
    try pair.expectSameNumbers(
      digits.images, wrappedShape: [3, 3, 26, 26, 3], plainShape: [9, 26, 26, 3], &report)
  }
}
