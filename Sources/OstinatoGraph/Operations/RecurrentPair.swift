import OstinatoTensors

/// Two recurrences of as many phases that do not depend on each other as one step, so that each can have a thread of its
/// own.
///
/// Inputs and outputs: those of the first, then those of the second.
package struct RecurrentPair: Operation {
  package var name: String { "\(first.name) | \(second.name)" }
  let first: Recurrent
  let second: Recurrent
  /// How many of the inputs and outputs are the first one's.
  let inputCount: Int
  let outputCount: Int

  package func outputTypes(for inputs: [ValueType]) throws(ModelError) -> [ValueType] {
    let (left, right) = split(inputs, at: inputCount)
    return try first.outputTypes(for: left) + second.outputTypes(for: right)
  }

  package func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel {
    let (inputs, outputs) = (split(inputs, at: inputCount), split(outputs, at: outputCount))
    let left = first.kernel(inputs: inputs.left, outputs: outputs.left)
    let right = second.kernel(inputs: inputs.right, outputs: outputs.right)
    let (inputCount, outputCount) = (inputCount, outputCount)
    @Sendable func ofSecond(_ operands: Operands) -> Operands {
      operands.dropping(inputs: inputCount, outputs: outputCount, scratchBytes: left.scratchBytes)
    }
    return Kernel(
      units: left.units + right.units, phases: left.phases, scratchBytes: left.scratchBytes + right.scratchBytes,
      leastUnits: max(left.leastUnits, right.leastUnits), rowsWanted: max(left.rowsWanted, right.rowsWanted)
    ) { operands in
      left.beginning?(operands) ?? right.beginning?(ofSecond(operands))
    } run: { operands, phase, units in
      let (near, far) = (units.clamped(to: 0..<left.units), units.clamped(to: left.units..<left.units + right.units))
      if !near.isEmpty { left.run(operands, phase, near) }
      if !far.isEmpty {
        right.run(ofSecond(operands), phase, far.lowerBound - left.units..<far.upperBound - left.units)
      }
    }
  }

  package func flops(inputs: [ValueType], outputs: [ValueType]) -> Int {
    let (inputs, outputs) = (split(inputs, at: inputCount), split(outputs, at: outputCount))
    return first.flops(inputs: inputs.left, outputs: outputs.left)
      + second.flops(inputs: inputs.right, outputs: outputs.right)
  }

  package func bytes(inputs: [ValueType], outputs: [ValueType]) -> Double {
    let (inputs, outputs) = (split(inputs, at: inputCount), split(outputs, at: outputCount))
    return first.bytes(inputs: inputs.left, outputs: outputs.left)
      + second.bytes(inputs: inputs.right, outputs: outputs.right)
  }

  package func detail(inputs: [ValueType], outputs: [ValueType]) -> String {
    let (inputs, outputs) = (split(inputs, at: inputCount), split(outputs, at: outputCount))
    return first.detail(inputs: inputs.left, outputs: outputs.left) + " | "
      + second.detail(inputs: inputs.right, outputs: outputs.right)
  }

  private func split(_ types: [ValueType], at count: Int) -> (left: [ValueType], right: [ValueType]) {
    (Array(types.prefix(count)), Array(types.dropFirst(count)))
  }
}
