import Ostinato

/// The first nine digits of MNIST, with pixels in [0, 1].
struct Digits {
  static let count = 9
  /// Digits that one sequence holds.
  static let steps = 3
  private static let side = 28

  /// The digits as they come: (9, 784).
  let rows: Tensor

  /// - Throws: `TourError` when the folder has no images, or other ones than MNIST's.
  init(folder: String) throws(TourError) {
    let images = try IDXImages.find(in: folder)
    guard images.count >= Self.count, images.rows == Self.side, images.columns == Self.side else {
      throw TourError(
        "\(folder): expected \(Self.count) or more images of 28×28. "
          + "Received: \(images.count) of \(images.rows)×\(images.columns)")
    }
    let size = Self.side * Self.side
    let pixels = images.pixels.prefix(Self.count * size).map { Float($0) / 255 }
    rows = Tensor(pixels, shape: [Self.count, size])
  }

  /// The digits as images: (9, 28, 28, 1).
  var images: Tensor { rows.reshaped(to: [Self.count, Self.side, Self.side, 1]) }
}

extension Tensor {
  /// Rows in groups of three, as sequences: (9, …) becomes (3, 3, …).
  var groupedByThree: Tensor {
    reshaped(to: [shape[0] / Digits.steps, Digits.steps] + Array(shape.dropFirst()))
  }

  /// The first two axes as one: (3, 3, …) becomes (9, …).
  var ungrouped: Tensor { reshaped(to: [shape[0] * shape[1]] + Array(shape.dropFirst(2))) }
}
