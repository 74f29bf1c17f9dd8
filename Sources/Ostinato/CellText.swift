/// Text in a given width, as Python's `rich` wraps it. Source: `rich/_wrap.py` and `rich/text.py`.
enum CellText {
  enum Alignment {
    case left, right, center
  }

  /// The lines of `text`, broken between words.
  /// - Parameter folds: whether a word that is too long goes on in the next line. Otherwise it stays as it is.
  static func wrap(_ text: String, width: Int, folds: Bool) -> [String] {
    let characters = Array(text)
    let breaks = breaks(characters, width: width, folds: folds)
    return zip([0] + breaks, breaks + [characters.count]).map { start, end in
      var line = characters[start..<end]
      while line.cellWidth > width, line.last == " " { line.removeLast() }
      return String(line)
    }
  }

  /// `line` with blanks up to `width`; what is longer ends in an ellipsis.
  static func align(_ line: String, _ alignment: Alignment, width: Int) -> String {
    var line = line
    while line.last == " " { line.removeLast() }
    guard line.cellWidth <= width else { return line.cropped(to: width - 1) + "…" }
    let blanks = width - line.cellWidth
    let left =
      switch alignment {
      case .left: 0
      case .right: blanks
      case .center: blanks / 2
      }
    return String(repeating: " ", count: left) + line + String(repeating: " ", count: blanks - left)
  }

  /// Where lines begin, but for the first.
  private static func breaks(_ text: [Character], width: Int, folds: Bool) -> [Int] {
    var breaks: [Int] = []
    var used = 0
    for word in words(text) {
      let length = (text[word].lastIndex { $0 != " " }).map { text[word.lowerBound...$0].cellWidth } ?? 0
      if length <= width - used {
        used += text[word].cellWidth
      } else if folds && length > width {
        let starts = cuts(text, word, width: width)
        breaks += starts
        used = text[(starts.last ?? word.lowerBound)..<word.upperBound].cellWidth
      } else if used > 0 || length > width {
        breaks.append(word.lowerBound)
        used = text[word].cellWidth
      }
    }
    return breaks.filter { $0 > 0 }
  }

  /// Where the lines begin into which a word that is too long is cut.
  private static func cuts(_ text: [Character], _ word: Range<Int>, width: Int) -> [Int] {
    var (starts, used) = ([word.lowerBound], 0)
    for index in word {
      used += text[index].cellWidth
      guard used > width else { continue }
      starts.append(index)
      used = text[index].cellWidth
    }
    return starts
  }

  /// The words, each with the blanks after it, the first with those before it.
  private static func words(_ text: [Character]) -> [Range<Int>] {
    let starts = text.indices.filter { text[$0] != " " && $0 > 0 && text[$0 - 1] == " " }
    let leading = text.prefix { $0 == " " }.count
    let bounds = [0] + starts.filter { $0 > leading } + [text.count]
    return zip(bounds, bounds.dropFirst()).map { $0..<$1 }
  }
}
