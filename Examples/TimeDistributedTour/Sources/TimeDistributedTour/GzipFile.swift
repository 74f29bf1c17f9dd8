import CZlib

/// A file that is read through zlib: what is gzipped comes out inflated, anything else as it is.
final class GzipFile {
  private let path: String
  private let file: gzFile

  /// - Throws: `TourError` when the file cannot be opened.
  init(path: String) throws(TourError) {
    guard let file = gzopen(path, "rb") else { throw TourError("\(path): cannot be opened") }
    self.path = path
    self.file = file
  }

  deinit {
    gzclose(file)
  }

  /// Whether there is a file that can be opened.
  static func exists(_ path: String) -> Bool { (try? GzipFile(path: path)) != nil }

  /// The next `count` bytes, or fewer where the file ends. Memory grows with what is there, not with what is asked for.
  /// - Throws: `TourError` when the gzip data is damaged or cut off.
  func read(_ count: Int) throws(TourError) -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: min(count, 1 << 20))
    while bytes.count < count {
      let read = gzread(file, &chunk, UInt32(min(chunk.count, count - bytes.count)))
      guard read >= 0, status == Z_OK || status == Z_STREAM_END else {
        throw TourError("\(path): expected a whole gzip file. Received: damaged or cut off data")
      }
      if read == 0 { break }
      bytes += chunk.prefix(Int(read))
    }
    return bytes
  }

  private var status: Int32 {
    var code: Int32 = Z_OK
    gzerror(file, &code)
    return code
  }
}
