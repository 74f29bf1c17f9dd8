import Ostinato

/// A recurrent layer that gives a distribution for every step of a sequence, or one for the whole sequence.
struct TaggerTour {
  /// Two sequences of 64 steps with 15 features in [-1, 1].
  private let sequences: Tensor = {
    let numbers: [Float] = (0..<1920).map { (index: Int) -> Float in Float((index * 37) % 101) / 50 - 1 }
    return Tensor(numbers, shape: [2, 64, 15])
  }()

  func run(_ report: inout Report) throws {
    for resetAfter in [false, true] { try compare(resetAfter: resetAfter, &report) }
    try classify(&report)
  }

  /// `TimeDistributed(Dense)` and `Dense` on what the GRU gives for every step.
  private func compare(resetAfter: Bool, _ report: inout Report) throws {
    report.step(
      "GRU(16) over (64, 15), returnSequences, resetAfter: \(resetAfter), with TimeDistributed(Dense(15)) and Dense(15)"
    )
    let wrapped = try tagger(
      TimeDistributed(Dense(15, name: "layer"), name: "tags"), resetAfter: resetAfter, name: "with_wrapper")
    var plain = try tagger(Dense(15, name: "tags"), resetAfter: resetAfter, name: "without_wrapper")
    for layer in ["gru", "tags"] { try plain.setWeights(wrapped.weights(of: layer), of: layer) }
    print(wrapped.summary(), "\n")
    print(plain.summary(), "\n")
    for (model, name) in [(wrapped, "with TimeDistributed"), (plain, "without")] {
      report.expect("parameters of the GRU \(name)", try count("gru", model), resetAfter ? 1584 : 1536)
      report.expect("parameters of the dense layer \(name)", try count("tags", model), 255)
      report.expect("output shape \(name)", model.outputs.map(\.shape), [[nil, 64, 15]])
    }
    let (left, right) = (try wrapped.predict(sequences), try plain.predict(sequences))
    report.expect("output", left.shape, [2, 64, 15])
    report.expectSame("both are the same numbers", left, right)
    report.check(isDistribution(left), "every step is a distribution")
  }

  private func tagger(_ dense: any Layer, resetAfter: Bool, name: String) throws -> Model {
    let inputs = Input(shape: [64, 15])
    let states = GRU(16, returnSequences: true, resetAfter: resetAfter, name: "gru")(inputs)
    return try Model(inputs: inputs, outputs: Activation(.softmax)(dense(states)), name: name)
  }

  /// One distribution for a whole sequence.
  private func classify(_ report: inout Report) throws {
    report.step("GRU(16) over (64, 15), the last state only, with Dense(8)")
    let model = try Sequential(
      [Input(shape: [64, 15]), GRU(16, name: "gru"), Dense(8, name: "classes"), Activation(.softmax)],
      name: "classifier")
    print(model.summary(), "\n")
    report.expect("parameters of the GRU", try count("gru", model), 1584)
    report.expect("parameters of the dense layer", try count("classes", model), 136)
    report.expect("output shape", model.outputs.map(\.shape), [[nil, 8]])
    let output = try model.predict(sequences)
    report.expect("output", output.shape, [2, 8])
    report.check(isDistribution(output), "every sequence gets a distribution")
    print("\n\(output)")
  }

  private func count(_ layer: String, _ model: Model) throws -> Int {
    try model.weights(of: layer).map(\.elementCount).reduce(0, +)
  }

  /// Whether the numbers along the last axis are positive and sum to 1.
  private func isDistribution(_ tensor: Tensor) -> Bool {
    let (numbers, width) = (tensor.floats, tensor.shape[tensor.shape.rank - 1])
    return stride(from: 0, to: numbers.count, by: width).allSatisfy { start in
      let row = numbers[start..<start + width]
      return row.allSatisfy { $0 > 0 } && abs(row.reduce(0, +) - 1) < 1e-5
    }
  }
}
