extension Character {
  /// How many cells of a terminal the character takes, as Python's `rich` counts: two for ideographs, syllables of
  /// Korean and Japanese and pictures, none for marks that stand alone. Source: `rich/cells.py`.
  var cellWidth: Int {
    guard let first = unicodeScalars.first else { return 0 }
    if first.isASCII { return 1 }
    let isPicture = first.properties.isEmojiPresentation || unicodeScalars.contains("\u{FE0F}")
    if isPicture || Self.wideScalars.contains(where: { $0.contains(first.value) }) { return 2 }
    switch first.properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark, .format, .control: return 0
    default: return 1
    }
  }

  private static let wideScalars: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF,
    0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x18DFF, 0x1AFF0...0x1B2FF,
    0x1F200...0x1F2FF, 0x20000...0x3FFFD,
  ]
}

extension Sequence<Character> {
  /// The cells that the characters take side by side.
  var cellWidth: Int { reduce(0) { $0 + $1.cellWidth } }

  /// As many of the first characters as fit into `width` cells; a blank fills the half of a wide one.
  func cropped(to width: Int) -> String {
    var (line, used) = ("", 0)
    for character in self {
      used += character.cellWidth
      if used > width { return used - character.cellWidth < width ? line + " " : line }
      line.append(character)
    }
    return line
  }
}
