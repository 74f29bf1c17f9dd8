import CHDF5
import OstinatoTensors

/// An open dataset whose claims have been checked: it lies in this file, in full, and its size is within the limits.
///
/// Lives only inside `HDF5Library.locked`.
struct HDF5Dataset: ~Copyable {
  let handle: HDF5Handle
  let type: HDF5Handle
  let shape: Shape
  let subject: String

  /// - Throws: `ModelError.Code.malformedFile` for a dataset that lies elsewhere or claims more than the file backs.
  init(_ handle: consuming HDF5Handle, subject: String, fileSize: Int, options: LoadOptions) throws(ModelError) {
    let failure = ModelError(.malformedFile, subject, "expected a readable dataset")
    let layout = try HDF5Layout(dataset: handle.id, subject: subject)
    let type = try HDF5Handle(H5Dget_type(handle.id), orThrow: failure)
    let space = try HDF5Handle(H5Dget_space(handle.id), orThrow: failure)
    let shape = try Self.shape(of: space.id, subject: subject)
    let elementSize = H5Tget_size(type.id)
    let (claimed, overflow) = shape.elementCount.multipliedReportingOverflow(by: max(elementSize, DataType.byteCount))
    guard !overflow, claimed <= options.maximumBytes else {
      throw ModelError(
        .malformedFile,
        subject,
        "expected at most \(options.maximumBytes) bytes; shape \(shape) has more"
      )
    }
    try layout.check(
      claimed: shape.elementCount * elementSize,
      elementSize: elementSize,
      fileSize: fileSize,
      options: options
    )
    self.handle = handle
    self.type = type
    self.shape = shape
    self.subject = subject
  }

  private static func shape(of space: hid_t, subject: String) throws(ModelError) -> Shape {
    let failure = ModelError(.malformedFile, subject, "expected a shape of at most 32 dimensions")
    guard H5Sget_simple_extent_type(space) != H5S_NULL else {
      throw ModelError(.malformedFile, subject, "expected elements; the dataset is empty and has no shape")
    }
    let rank = Int(H5Sget_simple_extent_ndims(space))
    guard (0...32).contains(rank) else { throw failure }
    var extents = [hsize_t](repeating: 0, count: 32)
    guard H5Sget_simple_extent_dims(space, &extents, nil) >= 0 else { throw failure }
    do {
      return try Shape(validating: extents.prefix(rank).map { Int(clamping: $0) })
    } catch {
      throw ModelError(.malformedFile, subject, error.description)
    }
  }
}

/// Where and how the bytes of a dataset are kept.
private struct HDF5Layout: ~Copyable {
  private let list: HDF5Handle
  private let kind: H5D_layout_t
  private let stored: hsize_t
  private let subject: String

  init(dataset: hid_t, subject: String) throws(ModelError) {
    let failure = ModelError(.malformedFile, subject, "expected a dataset with a known layout")
    let list = try HDF5Handle(H5Dget_create_plist(dataset), orThrow: failure)
    let kind = H5Pget_layout(list.id)
    guard kind != H5D_VIRTUAL, H5Pget_external_count(list.id) == 0 else {
      throw ModelError(.malformedFile, subject, "expected data in this file; virtual and external data are not read")
    }
    guard [H5D_COMPACT, H5D_CONTIGUOUS, H5D_CHUNKED].contains(kind) else { throw failure }
    self.list = list
    self.kind = kind
    self.subject = subject
    stored = H5Dget_storage_size(dataset)
  }

  /// Refuses a dataset of `claimed` bytes that the stored bytes cannot hold.
  func check(claimed: Int, elementSize: Int, fileSize: Int, options: LoadOptions) throws(ModelError) {
    guard let stored = Int(exactly: stored), stored <= fileSize else {
      throw ModelError(.malformedFile, subject, "expected data inside the file; it claims \(stored) bytes")
    }
    let isBacked = kind == H5D_CHUNKED ? Deflate.canInflate(stored, to: claimed) : claimed <= max(stored, Deflate.slack)
    guard isBacked else {
      throw ModelError(.malformedFile, subject, "expected \(claimed) bytes of data; the file stores \(stored)")
    }
    if kind == H5D_CHUNKED {
      try checkChunk(elementSize: elementSize, options: options)
      try checkFilters()
    }
  }

  /// The library allocates whole chunks, however little of one the dataset needs.
  private func checkChunk(elementSize: Int, options: LoadOptions) throws(ModelError) {
    var extents = [hsize_t](repeating: 0, count: 32)
    let rank = H5Pget_chunk(list.id, 32, &extents)
    var size = elementSize
    for extent in extents.prefix(Int(max(rank, 0))) {
      let (product, overflow) = size.multipliedReportingOverflow(by: Int(clamping: extent))
      size = overflow ? .max : product
    }
    guard rank > 0, size <= options.maximumBytes else {
      throw ModelError(.malformedFile, subject, "expected chunks of at most \(options.maximumBytes) bytes")
    }
  }

  /// Only filters that the library has built in, and deflate once: applied twice it knows no bound.
  private func checkFilters() throws(ModelError) {
    var filters: [H5Z_filter_t] = []
    for index in 0..<UInt32(max(H5Pget_nfilters(list.id), 0)) {
      var (flags, valueCount) = (UInt32(0), 0)
      filters.append(H5Pget_filter2(list.id, index, &flags, &valueCount, nil, 0, nil, nil))
    }
    let (deflate, shuffle, fletcher32): (H5Z_filter_t, H5Z_filter_t, H5Z_filter_t) = (1, 2, 3)
    guard filters.allSatisfy([deflate, shuffle, fletcher32].contains), filters.count(where: { $0 == deflate }) <= 1
    else {
      throw ModelError(.malformedFile, subject, "expected gzip-compressed or plain data; received filters \(filters)")
    }
  }
}
