import Ostinato

/// Layers with arguments drawn at random, by the rank of what they are to be called on.
enum LayerDrawing {
  private typealias Draw = @Sendable (inout SeededGenerator) -> any Layer

  static func layer(forRank rank: Int, using random: inout SeededGenerator) -> any Layer {
    let table = anyRank + (byRank[rank] ?? deeper)
    return (table.randomElement(using: &random) ?? { _ in Flatten() })(&random)
  }

  // MARK: - Arguments

  private static func small(_ random: inout SeededGenerator, _ range: ClosedRange<Int> = 1...9) -> Int {
    // Now and then a size that fills whole vectors.
    Int.random(in: 0..<3, using: &random) == 0
      ? [8, 16, 24, 32].randomElement(using: &random) ?? 8 : Int.random(in: range, using: &random)
  }

  private static func flag(_ random: inout SeededGenerator) -> Bool { Bool.random(using: &random) }
  private static func pick(_ range: ClosedRange<Int>, _ random: inout SeededGenerator) -> Int {
    Int.random(in: range, using: &random)
  }
  private static func pair(_ range: ClosedRange<Int>, _ random: inout SeededGenerator) -> (Int, Int) {
    (pick(range, &random), pick(range, &random))
  }
  private static func padding(_ random: inout SeededGenerator) -> Padding { flag(&random) ? .same : .valid }

  /// Continuous functions only: rounding must not decide what comes out.
  private static let activations: [ActivationFunction] = [
    .linear, .relu, .relu, .relu6, .leakyReLU, .elu, .selu, .gelu, .silu, .sigmoid,
    .hardSigmoid, .hardSilu, .tanh, .softplus, .softsign, .mish, .softmax(axis: -1), .logSigmoid,
  ]
  /// Half of the layers have none, so that what follows can fold into them.
  private static func activation(_ random: inout SeededGenerator) -> ActivationFunction {
    flag(&random) ? .linear : activations.randomElement(using: &random) ?? .linear
  }

  // MARK: - Layers

  private static let anyRank: [Draw] = [
    { Dense(small(&$0), activation: activation(&$0), useBias: flag(&$0)) },
    { Activation(activation(&$0)) },
    { BatchNormalization(center: flag(&$0), scale: flag(&$0)) },
    { LayerNormalization(center: flag(&$0), scale: flag(&$0)) },
    // Over one channel a smaller epsilon makes much of a rounding error near zero.
    { _ in RMSNormalization(epsilon: 0.1) },
    { _ in UnitNormalization() },
    { _ in PReLU() },
    { _ in Dropout(0.3) },
  ]

  private static let byRank: [Int: [Draw]] = [2: vectors, 3: sequences, 4: images]

  private static let vectors: [Draw] = [
    { Dense(small(&$0), activation: activation(&$0)) },
    { RepeatVector(pick(1...6, &$0)) },
    { _ in Reshape([-1, 1]) },
    { Reshape([pick(1...4, &$0), -1]) },
  ]

  private static let sequences: [Draw] = [
    {
      Conv1D(
        small(&$0), pick(1...4, &$0), strides: pick(1...2, &$0), padding: padding(&$0), activation: activation(&$0))
    },
    { Conv1D(small(&$0), pick(1...3, &$0), padding: .causal, dilationRate: pick(1...2, &$0)) },
    { GRU(small(&$0), returnSequences: flag(&$0), goBackwards: flag(&$0), resetAfter: flag(&$0)) },
    { LSTM(small(&$0), useBias: flag(&$0), returnSequences: flag(&$0), goBackwards: flag(&$0)) },
    { SimpleRNN(small(&$0), returnSequences: flag(&$0)) },
    { Bidirectional(LSTM(small(&$0), returnSequences: flag(&$0))) },
    { Bidirectional(GRU(small(&$0), returnSequences: flag(&$0)), mergeMode: .sum) },
    { TimeDistributed(Dense(small(&$0), activation: activation(&$0))) },
    { MaxPooling1D(pick(1...3, &$0), padding: padding(&$0)) },
    { AveragePooling1D(pick(1...3, &$0), padding: padding(&$0)) },
    { _ in GlobalAveragePooling1D() },
    { _ in GlobalMaxPooling1D() },
    { _ in Permute([2, 1]) },
    { _ in Flatten() },
    { UpSampling1D(pick(1...3, &$0)) },
    { ZeroPadding1D(pair(0...2, &$0)) },
    { _ in Reshape([1, -1, 2]) },
  ]

  private static let images: [Draw] = [
    {
      Conv2D(
        small(&$0), pair(1...4, &$0), strides: pair(1...2, &$0), padding: padding(&$0), activation: activation(&$0),
        useBias: flag(&$0))
    },
    { Conv2D(small(&$0), (3, 3), padding: padding(&$0), activation: activation(&$0)) },
    { Conv2D(small(&$0), (1, 1), activation: activation(&$0)) },
    { Conv2D(small(&$0), pair(1...3, &$0), dilationRate: pair(1...2, &$0)) },
    { DepthwiseConv2D(pair(1...3, &$0), padding: padding(&$0), depthMultiplier: pick(1...2, &$0)) },
    { SeparableConv2D(small(&$0), pair(1...3, &$0), padding: padding(&$0), activation: activation(&$0)) },
    {
      let stride = pick(1...2, &$0)
      return Conv2DTranspose(small(&$0), pair(2...3, &$0), strides: (stride, stride), padding: padding(&$0))
    },
    { MaxPooling2D(pair(1...3, &$0), strides: pair(1...2, &$0), padding: padding(&$0)) },
    { AveragePooling2D(pair(1...3, &$0), strides: pair(1...2, &$0), padding: padding(&$0)) },
    { _ in GlobalAveragePooling2D() },
    { _ in GlobalMaxPooling2D() },
    { _ in Flatten() },
    { ZeroPadding2D((pair(0...2, &$0), pair(0...2, &$0))) },
    { Cropping2D((pair(0...1, &$0), pair(0...1, &$0))) },
    { UpSampling2D(pair(1...2, &$0), interpolation: flag(&$0) ? .nearest : .bilinear) },
    { TimeDistributed(Conv1D(small(&$0), pick(1...3, &$0), activation: activation(&$0))) },
    { _ in TimeDistributed(GlobalMaxPooling1D()) },
    { TimeDistributed(LSTM(small(&$0))) },
    { _ in Permute([3, 1, 2]) },
  ]

  private static let deeper: [Draw] = [
    { _ in Flatten() },
    { TimeDistributed(Conv2D(small(&$0), pair(1...3, &$0), padding: padding(&$0))) },
    { _ in TimeDistributed(Flatten()) },
    { _ in TimeDistributed(GlobalAveragePooling2D()) },
  ]
}
