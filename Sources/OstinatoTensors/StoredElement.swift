/// How one element of an array lies in a file.
package struct StoredElement: Sendable, Hashable {
  package enum Kind: Sendable {
    case float
    /// The upper half of a float of four bytes: bfloat16.
    case brainFloat
    case signed
    case unsigned
    case boolean
    case unicode
    case bytes
  }

  package let kind: Kind
  /// Bytes per element.
  package let size: Int
  package let isBigEndian: Bool

  package init(kind: Kind, size: Int, isBigEndian: Bool) {
    self.kind = kind
    self.size = size
    self.isBigEndian = isBigEndian
  }
}
