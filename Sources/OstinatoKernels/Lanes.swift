import OstinatoTensors

/// Eight floats at once. Kernels that spell their vectors out do so because the compiler must assume that what they write
/// overlaps what they read.
package typealias Lanes = SIMD8<Float>

extension UnsafePointer<Float> {
  /// The eight floats from here on, which need no alignment.
  @inline(__always)
  var lanes: Lanes { UnsafeRawPointer(self).loadUnaligned(as: Lanes.self) }
}

extension UnsafeMutablePointer<Float> {
  /// Writes eight floats from here on.
  @inline(__always)
  func store(_ lanes: Lanes) { UnsafeMutableRawPointer(self).storeBytes(of: lanes, as: Lanes.self) }
}

extension Int {
  /// How many of so many floats are whole vectors of ``Lanes``.
  @inline(__always)
  var wholeLanes: Int { self / Lanes.scalarCount * Lanes.scalarCount }
}
