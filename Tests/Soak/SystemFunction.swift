import Foundation

/// A function of the C library that Swift does not show.
func systemFunction<Function>(_ name: String, as: Function.Type) -> Function? {
  #if canImport(Darwin)
    let anywhere = UnsafeMutableRawPointer(bitPattern: -2)
  #else
    let anywhere: UnsafeMutableRawPointer? = nil
  #endif
  return dlsym(anywhere, name).map { unsafeBitCast($0, to: Function.self) }
}
