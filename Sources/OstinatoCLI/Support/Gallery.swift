import Ostinato

/// Images side by side, each as a small picture in characters above its most probable class.
struct Gallery: CustomStringConvertible {
  private let pictures: [Picture]
  private let captions: [String]

  private static let lineWidth = 100
  private static let gap = 4
  private static let largestSide = 64

  /// - Throws: `ModelError.Code.invalidInput` when the tensors are not small images and the scores of their classes.
  init(images: [Tensor], scores: [Tensor]) throws {
    guard let image = images.first, images.count == 1, let rows = Self.pixels(of: image) else {
      throw ModelError(
        .invalidInput, "--show",
        "expected one input of images (n, height, width[, 1]) of at most \(Self.largestSide) pixels a side. "
          + "Received: \(images.map(\.shape.description).joined(separator: ", "))")
    }
    guard let classes = scores.first, scores.count == 1, classes.shape.rank == 2, classes.shape[1] > 1 else {
      throw ModelError(
        .invalidInput, "--show",
        "expected one output (n, classes). Received: \(scores.map(\.shape.description).joined(separator: ", "))")
    }
    self.pictures = rows
    self.captions = (0..<classes.shape[0]).map { Self.caption(classes[$0..<$0 + 1].floats) }
  }

  private static func pixels(of images: Tensor) -> [Picture]? {
    let shape = images.shape
    guard shape.rank == 3 || (shape.rank == 4 && shape[3] == 1) else { return nil }
    guard (1...largestSide).contains(shape[1]), (1...largestSide).contains(shape[2]) else { return nil }
    return (0..<shape[0]).map { Picture(pixels: images[$0..<$0 + 1].floats, width: shape[2]) }
  }

  /// The class and its probability, or its score where the scores are no probabilities.
  private static func caption(_ scores: [Float]) -> String {
    let best = Tensor(scores).argmax().int32s[0]
    let score = scores[Int(best)]
    let areProbabilities = scores.allSatisfy { (0...1).contains($0) } && abs(scores.reduce(0, +) - 1) < 1e-3
    guard areProbabilities else { return "\(best)  \(score)" }
    let tenths = Int((score * 1000).rounded())
    return "\(best)  \(tenths / 10).\(tenths % 10) %"
  }

  /// Rows of pictures, as many in each as fit the line.
  var description: String {
    let width = (pictures.first?.width ?? 0) + Self.gap
    let columns = max(1, (Self.lineWidth + Self.gap) / width)
    return stride(from: 0, to: pictures.count, by: columns).map { start in
      let row = start..<min(start + columns, pictures.count)
      return lines(of: row, cellWidth: width).joined(separator: "\n")
    }.joined(separator: "\n\n")
  }

  private func lines(of row: Range<Int>, cellWidth: Int) -> [String] {
    let height = pictures[row.lowerBound].lines.count
    let cells = (0..<height).map { line in row.map { pictures[$0].lines[line] } } + [row.map { captions[$0] }]
    return cells.map { cells in
      let line = cells.map { $0 + String(repeating: " ", count: max(0, cellWidth - $0.count)) }.joined()
      return String(line.reversed().drop { $0 == " " }.reversed())
    }
  }
}

/// An image in characters. A character is about twice as high as wide and stands for two rows of pixels.
struct Picture {
  let width: Int
  let lines: [String]

  private static let shades = Array(" .:-=+*#%@")

  /// - Parameter pixels: row-major; the smallest is blank, the largest full.
  init(pixels: [Float], width: Int) {
    let finite = pixels.filter(\.isFinite)
    let (low, high) = (finite.min() ?? 0, finite.max() ?? 0)
    let height = pixels.count / width
    self.width = width
    self.lines = stride(from: 0, to: height, by: 2).map { row in
      String(
        (0..<width).map { column in
          let second = min(row + 1, height - 1)
          let mean = pixels[row * width + column] / 2 + pixels[second * width + column] / 2
          return Self.shade((mean - low) / (high - low))
        })
    }
  }

  /// The character for a brightness from 0 to 1.
  private static func shade(_ brightness: Float) -> Character {
    guard brightness.isFinite else { return shades[0] }
    return shades[min(max(Int(brightness * Float(shades.count)), 0), shades.count - 1)]
  }
}
