import ArgumentParser
import Ostinato

/// Something for an input or output of a model: by name, or by position where there is none.
struct Named<Item> {
  let name: String?
  let item: Item
}

extension Named: Sendable where Item: Sendable {}

/// The argument `[NAME=]FILE`.
typealias NamedPath = Named<String>

extension Named: ExpressibleByArgument where Item: ExpressibleByArgument {
  /// What stands before the first `=` is a name, unless it has a slash: `./a=b.npy` is a file.
  init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let hasName = parts.count == 2 && !parts[0].isEmpty && !parts[0].contains("/")
    guard let item = Item(argument: hasName ? String(parts[1]) : argument) else { return nil }
    self.init(name: hasName ? String(parts[0]) : nil, item: item)
  }
}

extension [TensorDescription] {
  /// Puts `items` at the places they are for: those with a name first, the others at what is left in order.
  ///
  /// - Parameter kind: what the places are called in errors: `input` or `output`.
  /// - Returns: one item for each place, nil where there is none for it.
  /// - Throws: `ModelError.Code.unknownName` for a name that no place has, `.invalidInput` for an item too many.
  func place<Item>(_ items: [Named<Item>], kind: String) throws -> [Item?] {
    var placed = [Item?](repeating: nil, count: count)
    for entry in items {
      guard let name = entry.name else { continue }
      guard let index = firstIndex(where: { $0.name == name }) else {
        throw ModelError(.unknownName, "\(kind) '\(name)'", "expected one of \(listing)")
      }
      guard placed[index] == nil else { throw ModelError(.invalidInput, "\(kind) '\(name)'", "expected it only once") }
      placed[index] = entry.item
    }
    for entry in items where entry.name == nil {
      guard let index = placed.firstIndex(where: { $0 == nil }) else {
        throw ModelError(.invalidInput, "", "expected at most \(count) \(kind)s: \(listing). Received: \(items.count)")
      }
      placed[index] = entry.item
    }
    return placed
  }

  /// As ``place(_:kind:)``, with an item for every place.
  /// - Throws: `ModelError.Code.invalidInput` where one has none.
  func placeAll<Item>(_ items: [Named<Item>], kind: String) throws -> [Item] {
    let placed = try place(items, kind: kind)
    return try zip(self, placed).map { description, item in
      guard let item else { throw ModelError(.invalidInput, "\(kind) '\(description.name)'", "expected a file for it") }
      return item
    }
  }

  /// Names and shapes: `ids (None, 6), image (None, 28, 28, 1)`.
  var listing: String { map(\.description).joined(separator: ", ") }
}
