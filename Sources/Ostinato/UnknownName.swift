/// A name that is none of those that there are, and which of them are like it.
struct UnknownName {
  private let name: String
  private let known: [String]

  init(_ name: String, among known: [String]) {
    self.name = name
    self.known = known
  }

  /// What an error says: names that are like it, or else the first that there are.
  var message: String {
    let similar = similarNames
    let listed = (similar.isEmpty ? Array(known.prefix(Self.listedCount)) : similar).map { "'\($0)'" }
    let rest = similar.isEmpty && known.count > listed.count ? ", …" : ""
    return "expected \(similar.isEmpty ? "one of" : "a name such as") \(listed.joined(separator: ", "))\(rest). "
      + "Received: '\(name)'"
  }

  private static let listedCount = 8

  /// At most three names that differ in a third of their letters or less, or in two, or that end in this one; the
  /// nearest first, and none that is much further than that.
  private var similarNames: [String] {
    let distances = known.map { ($0, $0.hasSuffix("/" + name) ? 0 : Self.distance(name, $0)) }
    let near = distances.filter { $1 <= max($0.utf8.count / 3, 2) && $1 < $0.utf8.count }
    let nearest = near.map(\.1).min() ?? 0
    let sorted = near.enumerated().sorted { ($0.element.1, $0.offset) < ($1.element.1, $1.offset) }.map(\.element)
    return sorted.prefix { $0.1 <= nearest + 1 }.prefix(3).map(\.0)
  }

  /// How many letters are to be changed, added or taken away.
  private static func distance(_ left: String, _ right: String) -> Int {
    let right = Array(right.utf8)
    var row = Array(0...right.count)
    for (i, letter) in left.utf8.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, other) in right.enumerated() {
        let changed = diagonal + (letter == other ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(changed, row[j] + 1, diagonal + 1)
      }
    }
    return row[right.count]
  }
}
