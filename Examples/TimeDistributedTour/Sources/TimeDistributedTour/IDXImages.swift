import CZlib

/// Images of one byte per pixel from an IDX file, the format in which MNIST is published, plain or gzipped.
///
/// The file is a header of four big-endian numbers (magic 0x00000803, count, rows, columns) and the pixels row by row.
struct IDXImages {
  let count: Int
  let rows: Int
  let columns: Int
  let pixels: [UInt8]

  private static let magic = 0x0000_0803
  private static let maximumBytes = 1 << 28

  /// - Throws: `TourError` when the file is not what it claims to be.
  init(contentsOf path: String) throws(TourError) {
    let file = try GzipFile(path: path)
    let header = try file.read(16)
    guard header.count == 16 else {
      throw TourError("\(path): expected an IDX header. Received: \(header.count) bytes")
    }
    let numbers = stride(from: 0, to: 16, by: 4).map { start in
      header[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
    }
    guard numbers[0] == Self.magic else {
      throw TourError("\(path): expected IDX images, magic 2051. Received: magic \(numbers[0])")
    }
    let sizes = numbers[1...]
    let byteCount = sizes.reduce(1) { $0.multipliedReportingOverflow(by: $1).partialValue }
    guard sizes.allSatisfy({ (1...Self.maximumBytes).contains($0) }), numbers[2] * numbers[3] <= Self.maximumBytes,
      (1...Self.maximumBytes).contains(byteCount)
    else {
      throw TourError("\(path): expected at most \(Self.maximumBytes) pixels. Received: sizes \(Array(sizes))")
    }
    let content = try file.read(byteCount + 1)
    guard content.count == byteCount else {
      let found = content.count < byteCount ? "\(content.count)" : "more"
      throw TourError("\(path): expected \(byteCount) pixels of \(numbers[1]) images. Received: \(found)")
    }
    (count, rows, columns, pixels) = (numbers[1], numbers[2], numbers[3], content)
  }

  /// The image file of MNIST in a folder: the training images, or else the test images.
  static func find(in folder: String) throws(TourError) -> IDXImages {
    for name in ["train-images-idx3-ubyte", "t10k-images-idx3-ubyte"] {
      for path in ["\(folder)/\(name)", "\(folder)/\(name).gz"] where GzipFile.exists(path) {
        return try IDXImages(contentsOf: path)
      }
    }
    throw TourError("\(folder): expected train-images-idx3-ubyte or t10k-images-idx3-ubyte, plain or .gz")
  }
}
