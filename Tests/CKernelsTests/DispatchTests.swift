import CKernels
import KernelFences
import Testing

@Suite("Levels")
struct DispatchTests {
  @Test
  func levelInUseIsOneOfTheMachine() {
    #expect(Level.all.contains { $0.testDescription == String(cString: ck_isa()) })
  }

  @Test
  func publicFunctionsUseTheLevel() throws {
    let level = try #require(Level.all.first { $0.testDescription == String(cString: ck_isa()) })
    var random = Seeded(5)
    let x = random.floats(37, in: -9...9)
    let y = Guarded(count: 37), expected = Guarded(count: 37)
    ck_tanh_f32(x, y.pointer, 37)
    level.kernels.tanh(x, expected.pointer, 37)
    #expect(y.values.bits == expected.values.bits)
    #expect(ck_packed_size_f32(10, 37) == level.kernels.packed_size(10, 37))
  }
}
