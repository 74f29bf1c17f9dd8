import OstinatoKernels
import OstinatoTensors

/// A primitive operation: what the layers are made of. It knows its types and how to become a kernel, and nothing of
/// layers, weights files or threads.
package protocol Operation: Sendable {
  /// What it is called in the listing of a program.
  var name: String { get }

  /// The types of its outputs.
  /// - Throws: `ModelError` when the inputs do not fit.
  func outputTypes(for inputs: [ValueType]) throws(ModelError) -> [ValueType]

  /// The kernel for operands of these types.
  func kernel(inputs: [ValueType], outputs: [ValueType]) -> Kernel

  /// The input whose bytes the output shows under another shape: the operation is a view and takes no step.
  var viewedInput: Int? { get }

  /// The inputs over which the first output may be written, where they are not needed any more.
  var overwritableInputs: [Int] { get }

  /// Floating-point operations, a multiply-add counted as two.
  func flops(inputs: [ValueType], outputs: [ValueType]) -> Int

  /// The bytes that it reads and writes.
  func bytes(inputs: [ValueType], outputs: [ValueType]) -> Double

  /// The sizes that matter, for the listing of a program: `m: 96, n: 4, k: 784`.
  func detail(inputs: [ValueType], outputs: [ValueType]) -> String
}

extension Operation {
  package var viewedInput: Int? { nil }
  package var overwritableInputs: [Int] { [] }

  package func flops(inputs: [ValueType], outputs: [ValueType]) -> Int {
    outputs.reduce(0) { $0 + $1.shape.elementCount }
  }

  package func bytes(inputs: [ValueType], outputs: [ValueType]) -> Double {
    (inputs + outputs).reduce(0) { $0 + Double($1.byteCount) }
  }

  package func detail(inputs: [ValueType], outputs: [ValueType]) -> String { "" }
}

/// An operation made ready for given shapes.
package struct Kernel: Sendable {
  /// Pieces of work that do not depend on each other; any ranges of them may run at once.
  package let units: Int
  /// Bytes of scratch that one run needs.
  package let scratchBytes: Int
  /// The fewest pieces that a range should have: what each range repeats, as transforming or reading weights, would
  /// count in one of fewer.
  package let leastUnits: Int
  /// How many times as many rows would make the most of each reading of the weights.
  package let rowsWanted: Int
  /// Comes before the pieces, as a whole: looks at the values of the inputs, or does what may fail. Says what is wrong,
  /// or nil.
  package let beginning: (@Sendable (Operands) -> ModelError?)?
  /// How often all pieces are done: a piece of one phase may read what any piece of the phase before wrote. All ranges of
  /// a kernel of several phases have the same scratch.
  package let phases: Int
  /// Does the pieces in the range, in a phase.
  package let run: @Sendable (Operands, _ phase: Int, Range<Int>) -> Void

  package init(
    units: Int, phases: Int = 1, scratchBytes: Int = 0, leastUnits: Int = 1, rowsWanted: Int = 1,
    beginning: (@Sendable (Operands) -> ModelError?)?,
    run: @escaping @Sendable (_ operands: Operands, _ phase: Int, _ units: Range<Int>) -> Void
  ) {
    self.units = units
    self.scratchBytes = scratchBytes
    self.leastUnits = leastUnits
    self.rowsWanted = rowsWanted
    self.beginning = beginning
    self.phases = phases
    self.run = run
  }

  /// A kernel of one phase.
  /// - Parameter check: what is wrong with the values of the inputs, or nil.
  package init(
    units: Int, scratchBytes: Int = 0, leastUnits: Int = 1, rowsWanted: Int = 1,
    check: (@Sendable (Operands) -> String?)? = nil,
    run: @escaping @Sendable (_ operands: Operands, _ units: Range<Int>) -> Void
  ) {
    self.init(
      units: units, scratchBytes: scratchBytes, leastUnits: leastUnits, rowsWanted: rowsWanted,
      beginning: check.map { check in
        { @Sendable operands in check(operands).map { ModelError(.invalidInput, "", $0) } }
      },
      run: { operands, _, units in run(operands, units) })
  }

  /// Work of one piece that says what went wrong, or nil.
  package init(attempt: @escaping @Sendable (Operands) -> ModelError?) {
    self.init(units: 0, beginning: attempt) { _, _, _ in }
  }
}

/// The addresses that a kernel works on: the step's inputs, then its outputs.
package struct Operands: @unchecked Sendable {
  private var inputs: UnsafePointer<UnsafeMutableRawPointer>
  private var outputs: UnsafePointer<UnsafeMutableRawPointer>
  private var scratchBase: UnsafeMutableRawPointer

  package init(pointers: UnsafePointer<UnsafeMutableRawPointer>, inputCount: Int, scratch: UnsafeMutableRawPointer) {
    self.inputs = pointers
    self.outputs = pointers + inputCount
    self.scratchBase = scratch
  }

  /// The same operands, for a worker with scratch of its own.
  package func with(scratch: UnsafeMutableRawPointer) -> Operands {
    var copy = self
    copy.scratchBase = scratch
    return copy
  }

  /// The operands after the first ones.
  func dropping(inputs inputCount: Int, outputs outputCount: Int, scratchBytes: Int) -> Operands {
    var copy = self
    copy.inputs += inputCount
    copy.outputs += outputCount
    copy.scratchBase += scratchBytes
    return copy
  }

  /// The elements of input `index`.
  package func input<Element>(_ index: Int, as type: Element.Type = Float.self) -> UnsafePointer<Element> {
    UnsafePointer(inputs[index].assumingMemoryBound(to: type))
  }

  /// The elements of output `index`.
  package func output<Element>(_ index: Int, as type: Element.Type = Float.self) -> UnsafeMutablePointer<Element> {
    outputs[index].assumingMemoryBound(to: type)
  }

  /// The kernel's own scratch, of ``Kernel/scratchBytes``.
  package var scratch: Target { scratchBase.assumingMemoryBound(to: Float.self) }
}

extension Int {
  /// The product, or the largest number where it is larger: a measure of work need not be exact there.
  package static func saturatingProduct(_ factors: Int...) -> Int {
    factors.reduce(1) { product, factor in
      let (result, overflow) = product.multipliedReportingOverflow(by: factor)
      return overflow ? .max : result
    }
  }
}
