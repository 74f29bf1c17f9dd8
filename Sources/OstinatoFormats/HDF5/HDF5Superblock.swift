import OstinatoTensors

/// The beginning of an HDF5 file: how wide its addresses are, and where the root group is.
struct HDF5Superblock {
  /// The file, by its own addresses.
  let storage: HDF5Storage
  /// Where the header of the root group is.
  let root: Int

  static let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]

  /// - Throws: when `source` is no HDF5 file, or is cut short.
  init(of source: any ByteSource) throws(ModelError) {
    let whole = HDF5Storage(source: source)
    let start = try Self.start(of: whole)
    var cursor = try whole.cursor(at: start, count: min(whole.byteCount - start, 128))
    try cursor.skip(Self.signature.count)
    let version = try cursor.version(of: "a superblock", 0...3)
    let fields = version < 2 ? try Self.old(&cursor, version) : try Self.new(&cursor, in: whole, at: start)
    // Who puts something before a finished file need not change the base that it states.
    let claimed = max(fields.end - fields.base, 0)
    guard claimed <= source.byteCount - start else {
      throw .hdf5("expected \(claimed) bytes; the file is cut short and has \(source.byteCount - start)")
    }
    storage = HDF5Storage(
      source: source, base: start, offsetSize: cursor.offsetSize, lengthSize: cursor.lengthSize)
    root = fields.root
  }

  /// Where the signature is: at 0, or behind what a user has put before, at 512, 1024, 2048 and so on.
  private static func start(of whole: HDF5Storage) throws(ModelError) -> Int {
    var start = 0
    while start < whole.byteCount - signature.count {
      if try whole.cursor(at: start, count: signature.count).rest.elementsEqual(signature) { return start }
      start = max(512, 2 * start)
    }
    throw .hdf5("expected an HDF5 file; \(whole.byteCount == 0 ? "it is empty" : "it does not begin as one")")
  }

  private typealias Fields = (base: Int, end: Int, root: Int)

  /// Versions 0 and 1, of HDF5 before 1.8.
  private static func old(_ cursor: inout HDF5Cursor, _ version: Int) throws(ModelError) -> Fields {
    try cursor.skip(4)
    try cursor.takeSizes()
    let ranksOfTrees = version == 0 ? 4 : 8
    try cursor.skip(1 + ranksOfTrees + 4)
    let base = try cursor.place(of: "the file's beginning")
    _ = try cursor.address()
    let end = try cursor.place(of: "the file's end")
    _ = try cursor.address()
    _ = try cursor.length()
    return (base, end, try cursor.place(of: "the root group"))
  }

  /// Versions 2 and 3.
  private static func new(
    _ cursor: inout HDF5Cursor, in whole: HDF5Storage, at start: Int
  ) throws(ModelError) -> Fields {
    try cursor.takeSizes()
    try cursor.skip(1)
    let base = try cursor.place(of: "the file's beginning")
    _ = try cursor.address()
    let end = try cursor.place(of: "the file's end")
    let root = try cursor.place(of: "the root group")
    var block = try whole.cursor(at: start, count: signature.count + 4 + 4 * cursor.offsetSize + 4)
    try block.verifyChecksum()
    return (base, end, root)
  }
}

extension HDF5Cursor {
  /// The widths of addresses and lengths, for all that follows.
  fileprivate mutating func takeSizes() throws(ModelError) {
    let sizes = (try byte(), try byte())
    guard [2, 4, 8].contains(sizes.0), [2, 4, 8].contains(sizes.1) else {
      throw .hdf5("expected addresses and lengths of 2, 4 or 8 bytes; received \(sizes.0) and \(sizes.1)")
    }
    self = HDF5Cursor(rest, offsetSize: sizes.0, lengthSize: sizes.1)
  }
}
