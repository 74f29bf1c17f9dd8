/// Float elements to read.
package typealias Source = UnsafePointer<Float>
/// Float elements to write.
package typealias Target = UnsafeMutablePointer<Float>
