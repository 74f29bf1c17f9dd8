import CHDF5
import OstinatoTensors

extension HDF5File {
  /// The string attribute `attribute` of the object at `path`; nil when the object has none.
  /// - Throws: `ModelError.Code.missingWeight` without such an object, `.malformedFile` when it is not one string.
  package func stringAttribute(_ attribute: String, of path: String) throws(ModelError) -> String? {
    guard let texts = try texts(attribute, of: path) else { return nil }
    guard texts.count == 1 else {
      throw ModelError(
        .malformedFile,
        subject(path),
        "expected one string in attribute \(attribute); it has \(texts.count)"
      )
    }
    return texts[0]
  }

  /// The list of strings in `attribute` of the object at `path`; nil when the object has none.
  ///
  /// Keras splits a long list over `layer_names0`, `layer_names1` and so on; they come as one.
  /// - Throws: as ``stringAttribute(_:of:)`` does.
  package func stringArrayAttribute(_ attribute: String, of path: String) throws(ModelError) -> [String]? {
    if let whole = try texts(attribute, of: path) { return whole }
    var parts: [String] = []
    var count = 0
    while let part = try texts("\(attribute)\(count)", of: path) {
      parts += part
      count += 1
    }
    return count == 0 ? nil : parts
  }

  /// The integer in `attribute` of the object at `path`; nil when the object has none.
  /// - Throws: as ``stringAttribute(_:of:)`` does, when it is not one integer.
  package func intAttribute(_ attribute: String, of path: String) throws(ModelError) -> Int? {
    try HDF5Library.locked { () throws(ModelError) in
      let object = try attributeOwner(path)
      guard let value = try HDF5Attribute(attribute, of: object.id, subject: subject(path)) else { return nil }
      return try value.integer()
    }
  }

  private func texts(_ attribute: String, of path: String) throws(ModelError) -> [String]? {
    try HDF5Library.locked { () throws(ModelError) in
      let object = try attributeOwner(path)
      return try text(of: object.id, attribute: attribute, subject: subject(path))
    }
  }

  private func attributeOwner(_ path: String) throws(ModelError) -> HDF5Handle {
    guard let object = try resolve(path) else {
      throw ModelError(.missingWeight, subject(path), "expected an object; the file has nothing of this name")
    }
    return object
  }

  /// Runs inside `HDF5Library.locked`.
  func text(of object: hid_t, attribute: String, subject: String) throws(ModelError) -> [String]? {
    guard let value = try HDF5Attribute(attribute, of: object, subject: subject) else { return nil }
    return try value.strings(maximumBytes: options.maximumBytes)
  }
}

/// An open attribute. Lives only inside `HDF5Library.locked`.
private struct HDF5Attribute: ~Copyable {
  private let handle: HDF5Handle
  private let type: HDF5Handle
  private let space: HDF5Handle
  private let count: Int
  private let failure: ModelError

  /// Nil when `object` has no attribute of this name.
  init?(_ name: String, of object: hid_t, subject: String) throws(ModelError) {
    guard H5Aexists(object, name) > 0 else { return nil }
    let failure = ModelError(.malformedFile, subject, "expected readable text or numbers in attribute \(name)")
    let handle = try HDF5Handle(H5Aopen(object, name, 0), orThrow: failure)
    let type = try HDF5Handle(H5Aget_type(handle.id), orThrow: failure)
    let space = try HDF5Handle(H5Aget_space(handle.id), orThrow: failure)
    let count = Int(clamping: H5Sget_simple_extent_npoints(space.id))
    guard (0...Self.maximumCount).contains(count) else { throw failure }
    self.handle = handle
    self.type = type
    self.space = space
    self.count = count
    self.failure = failure
  }

  private static let maximumCount = 1 << 20

  borrowing func integer() throws(ModelError) -> Int {
    var value: Int64 = 0
    guard count == 1, H5Tget_class(type.id) == H5T_INTEGER,
      H5Aread(handle.id, ostinato_h5_native_int64(), &value) >= 0, let integer = Int(exactly: value)
    else { throw failure }
    return integer
  }

  /// The strings. An attribute without elements has none, whatever its type: h5py writes an empty list as floats.
  borrowing func strings(maximumBytes: Int) throws(ModelError) -> [String] {
    if count == 0 { return [] }
    guard H5Tget_class(type.id) == H5T_STRING else { throw failure }
    return H5Tis_variable_str(type.id) > 0 ? try variableStrings() : try fixedStrings(maximumBytes: maximumBytes)
  }

  private borrowing func variableStrings() throws(ModelError) -> [String] {
    var pointers = [UnsafeMutablePointer<CChar>?](repeating: nil, count: count)
    guard H5Aread(handle.id, type.id, &pointers) >= 0 else { throw failure }
    defer { ostinato_h5_reclaim(type.id, space.id, &pointers) }
    var strings: [String] = []
    for pointer in pointers {
      guard let text = pointer.map({ String(validatingCString: $0) }) ?? "" else { throw failure }
      strings.append(text)
    }
    return strings
  }

  private borrowing func fixedStrings(maximumBytes: Int) throws(ModelError) -> [String] {
    let width = H5Tget_size(type.id)
    let (size, overflow) = width.multipliedReportingOverflow(by: count)
    guard width > 0, !overflow, size <= maximumBytes, size <= H5Aget_storage_size(handle.id) else { throw failure }
    var bytes = [UInt8](repeating: 0, count: size)
    guard H5Aread(handle.id, type.id, &bytes) >= 0 else { throw failure }
    let isSpacePadded = H5Tget_strpad(type.id) == H5T_STR_SPACEPAD
    var strings: [String] = []
    for start in stride(from: 0, to: size, by: width) {
      var text = bytes[start..<start + width].prefix { $0 != 0 }
      while isSpacePadded, text.last == UInt8(ascii: " ") { text.removeLast() }
      guard let string = String(validating: text, as: UTF8.self) else { throw failure }
      strings.append(string)
    }
    return strings
  }
}
