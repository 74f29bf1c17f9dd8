import KernelFences
import Testing

/// No kernel of any level reads or writes beyond its buffers, whatever the size: every buffer lies against a fence.
/// A kernel that does ends the test process with a segmentation fault.
@Suite("Beyond the ends of buffers", .serialized)
struct FenceTests {
  /// A level and a side of the buffers.
  static let places = Level.all.flatMap { level in Fences.Side.allCases.map { (level, $0) } }

  @Test(arguments: FencedKernels.Call.allCases, places)
  func staysWithin(_ call: FencedKernels.Call, _ place: (level: Level, side: Fences.Side)) {
    FencedKernels(place.level, place.side).run(call)
  }
}
