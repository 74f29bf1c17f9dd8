/// What a file may cost to read.
public struct LoadOptions: Sendable, Hashable {
  /// The most bytes that one file may take in memory: the members of an archive together after inflation, and the
  /// tensors of an HDF5 file together as float32 or int32.
  public var maximumBytes: Int

  /// - Parameter maximumBytes: the limit in bytes; 8 GiB unless told (as much as an `Int` holds on 32-bit machines).
  public init(maximumBytes: Int = Int(clamping: Int64(8) << 30)) {
    self.maximumBytes = maximumBytes
  }
}

/// What compression can honestly do.
enum Deflate {
  /// Deflate makes nothing smaller than one part in 1032.
  static let maximumRatio = 1032
  /// A claim up to this size needs no backing.
  static let slack = 1 << 20

  /// Whether `stored` bytes can inflate to `claimed` bytes.
  static func canInflate(_ stored: Int, to claimed: Int) -> Bool {
    let (bound, overflow) = stored.multipliedReportingOverflow(by: maximumRatio)
    return overflow || claimed <= max(bound, slack)
  }
}
