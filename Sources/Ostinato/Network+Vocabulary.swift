import OstinatoLayers

extension Network {
  /// How many different whole numbers the input at `index` may hold: the rows of the smallest ``Embedding`` that looks
  /// it up, here or in a model inside. Nil where none does.
  func vocabulary(ofInput index: Int) -> Int? {
    guard inputs.indices.contains(index) else { return nil }
    let input = inputs[index]
    return calls.flatMap { call in
      call.inputs.indices.filter { call.inputs[$0] == input }.compactMap { position in
        Self.vocabulary(of: members[call.member].layer, input: position)
      }
    }.min()
  }

  private static func vocabulary(of layer: any Layer, input: Int) -> Int? {
    switch layer {
    case let embedding as Embedding: embedding.inputDim
    case let wrapper as TimeDistributed: vocabulary(of: wrapper.layer, input: input)
    default: layer.nestedNetwork?.vocabulary(ofInput: input)
    }
  }
}
