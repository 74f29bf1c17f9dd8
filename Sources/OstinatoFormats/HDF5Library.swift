import CHDF5
import OstinatoTensors
import Synchronization

/// libhdf5 as one shared resource: as most systems build it, no two threads may be inside it at once.
enum HDF5Library {
  private static let lock = Mutex<Void>(())

  /// Runs `body` alone in the library, with the library's own printing of errors switched off.
  ///
  /// The lock is not reentrant: whatever runs inside `body` must not call this again.
  static func locked<Result: Sendable>(
    _ body: () throws(ModelError) -> Result
  ) throws(ModelError) -> Result {
    try lock.withLock { (_) throws(ModelError) in try quietly(body) }
  }

  private static func quietly<Result>(_ body: () throws(ModelError) -> Result) throws(ModelError) -> Result {
    let defaultStack: hid_t = 0
    var printer: H5E_auto2_t?
    var context: UnsafeMutableRawPointer?
    H5Eget_auto2(defaultStack, &printer, &context)
    H5Eset_auto2(defaultStack, nil, nil)
    defer { H5Eset_auto2(defaultStack, printer, context) }
    return try body()
  }
}

/// An identifier of the library that is let go of at the end of its scope. Lives only inside ``HDF5Library/locked(_:)``.
struct HDF5Handle: ~Copyable {
  let id: hid_t

  /// - Throws: `failure` when the call that gave `id` has failed.
  init(_ id: hid_t, orThrow failure: @autoclosure () -> ModelError) throws(ModelError) {
    guard id >= 0 else { throw failure() }
    self.id = id
  }

  deinit { H5Idec_ref(id) }
}
