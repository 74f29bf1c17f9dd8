import Testing

@testable import OstinatoTensors

@Suite struct TensorScratchTests {
  private func tensor(_ value: Float, count: Int, in scratch: TensorScratch) -> Tensor {
    Tensor(uninitialized: [count], in: scratch) { $0.bindMemory(to: Float.self).initialize(repeating: value) }
  }

  @Test func whatATensorLeavesServesTheNext() {
    let scratch = TensorScratch()
    _ = tensor(1, count: 1000, in: scratch)
    let left = scratch.idleByteCount
    #expect(left >= 4000)
    let larger = tensor(2, count: 100_000, in: scratch)
    #expect(scratch.idleByteCount == left)
    let smaller = tensor(3, count: 900, in: scratch)
    #expect(scratch.idleByteCount == 0)
    let another = tensor(4, count: 900, in: scratch)
    for (value, tensor) in [(2, larger), (3, smaller), (4, another)] as [(Float, Tensor)] {
      #expect(tensor.floats.allSatisfy { $0 == value })
    }
  }

  @Test func aTensorOutlivesTheScratch() {
    var scratch: TensorScratch? = TensorScratch()
    let survivor = scratch.map { tensor(5, count: 1000, in: $0) }
    scratch?.empty()
    scratch = nil
    #expect(survivor?.floats == [Float](repeating: 5, count: 1000))
  }

  @Test func whatIsIdleIsGivenBack() {
    let scratch = TensorScratch()
    _ = tensor(1, count: 1000, in: scratch)
    scratch.empty()
    #expect(scratch.idleByteCount == 0)
  }
}
