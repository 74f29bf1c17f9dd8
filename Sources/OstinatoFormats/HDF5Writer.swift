import CHDF5
import OstinatoTensors

/// Makes an HDF5 file in memory from tensors, groups and string attributes.
package struct HDF5Writer {
  private var groups: Set<String> = []
  private var datasets: [(path: String, tensor: Tensor)] = []
  private var attributes: [(name: String, path: String, text: String)] = []

  /// A file with nothing but its root group.
  package init() {}

  /// Adds a group, and those that it lies in.
  package mutating func addGroup(_ path: String) { groups.insert(path) }

  /// Adds a dataset of `<f4` or `<i4`, and the groups that it lies in.
  package mutating func add(_ tensor: Tensor, at path: String) { datasets.append((path, tensor)) }

  /// Adds a string attribute to a group or dataset that has been added; the path of the root is `/`.
  package mutating func setAttribute(_ name: String, of path: String, to text: String) {
    attributes.append((name, path, text))
  }

  /// The file; errors call it `name`.
  /// - Throws: `ModelError.Code.malformedFile` when a path occurs twice, or an attribute's object is not there.
  package func bytes(name: String) throws(ModelError) -> [UInt8] {
    try HDF5Library.locked { () throws(ModelError) -> [UInt8] in
      let file = try Self.create(name: name)
      let intermediate = try HDF5Handle(H5Pcreate(ostinato_h5_link_creation()), orThrow: Self.failure(name, "/"))
      H5Pset_create_intermediate_group(intermediate.id, 1)
      // In this order a group comes before those inside it.
      for path in groups.sorted() {
        _ = try HDF5Handle(H5Gcreate2(file.id, path, intermediate.id, 0, 0), orThrow: Self.failure(name, path))
      }
      for (path, tensor) in datasets {
        guard try Self.write(tensor, path, to: file.id, intermediate: intermediate.id, name: name) else {
          throw Self.failure(name, path)
        }
      }
      for attribute in attributes { try Self.write(attribute, to: file.id, name: name) }
      return try Self.image(of: file.id, name: name)
    }
  }
}

// Everything here runs inside `HDF5Library.locked`.

extension HDF5Writer {
  private static func failure(_ name: String, _ path: String) -> ModelError {
    ModelError(.malformedFile, "\(name)/\(path)", "expected a new object that can be written")
  }

  private static func create(name: String) throws(ModelError) -> HDF5Handle {
    let access = try HDF5Handle(H5Pcreate(ostinato_h5_file_access()), orThrow: failure(name, "/"))
    let growth = 1 << 20
    guard H5Pset_fapl_core(access.id, growth, false) >= 0 else { throw failure(name, "/") }
    let unique = "writer-\(UInt64.random(in: 0 ... .max))"
    return try HDF5Handle(H5Fcreate(unique, ostinato_h5_truncate(), 0, access.id), orThrow: failure(name, "/"))
  }

  private static func write(
    _ tensor: Tensor,
    _ path: String,
    to file: hid_t,
    intermediate: hid_t,
    name: String
  ) throws(ModelError) -> Bool {
    let extents = tensor.shape.map { hsize_t($0) }
    let space = try HDF5Handle(
      extents.isEmpty ? H5Screate(H5S_SCALAR) : H5Screate_simple(Int32(extents.count), extents, nil),
      orThrow: failure(name, path)
    )
    let isFloat = tensor.dataType == .float32
    let stored = isFloat ? ostinato_h5_stored_float() : ostinato_h5_stored_int32()
    let native = isFloat ? ostinato_h5_native_float() : ostinato_h5_native_int32()
    let dataset = try HDF5Handle(
      H5Dcreate2(file, path, stored, space.id, intermediate, 0, 0),
      orThrow: failure(name, path)
    )
    return tensor.withUnsafeBytes { H5Dwrite(dataset.id, native, 0, 0, 0, $0.baseAddress) >= 0 }
  }

  /// As h5py writes a `str`: a scalar of variable length in UTF-8.
  private static func write(
    _ attribute: (name: String, path: String, text: String),
    to file: hid_t,
    name: String
  ) throws(ModelError) {
    let failure = failure(name, attribute.path)
    let object = try HDF5Handle(H5Oopen(file, attribute.path, 0), orThrow: failure)
    let type = try HDF5Handle(H5Tcopy(ostinato_h5_c_string()), orThrow: failure)
    H5Tset_size(type.id, ostinato_h5_variable_length())
    H5Tset_cset(type.id, H5T_CSET_UTF8)
    let space = try HDF5Handle(H5Screate(H5S_SCALAR), orThrow: failure)
    let handle = try HDF5Handle(
      H5Acreate2(object.id, attribute.name, type.id, space.id, 0, 0),
      orThrow: failure
    )
    let isWritten = attribute.text.withCString { text in
      withUnsafePointer(to: text) { H5Awrite(handle.id, type.id, $0) >= 0 }
    }
    guard isWritten else { throw failure }
  }

  private static func image(of file: hid_t, name: String) throws(ModelError) -> [UInt8] {
    guard H5Fflush(file, H5F_SCOPE_GLOBAL) >= 0 else { throw failure(name, "/") }
    let size = H5Fget_file_image(file, nil, 0)
    guard size > 0 else { throw failure(name, "/") }
    var bytes = [UInt8](repeating: 0, count: size)
    guard H5Fget_file_image(file, &bytes, size) == size else { throw failure(name, "/") }
    return bytes
  }
}
