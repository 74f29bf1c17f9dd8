import CHDF5
import OstinatoTensors

// Everything here runs inside `HDF5Library.locked`.

/// An object of a group.
struct HDF5Child: Sendable {
  let name: String
  let isGroup: Bool
  let isDataset: Bool

  init(name: String, kind: H5I_type_t) {
    self.name = name
    isGroup = kind == H5I_GROUP
    isDataset = kind == H5I_DATASET
  }
}

extension HDF5File {
  /// What errors call the object at `path`.
  func subject(_ path: String) -> String {
    path.isEmpty || path == "/" ? name : "\(name)/\(path.hasPrefix("/") ? String(path.dropFirst()) : path)"
  }

  /// The object at `path`; nil when there is none.
  /// - Throws: when a link on the way is not a hard link, or what it leads to cannot be opened.
  func resolve(_ path: String) throws(ModelError) -> HDF5Handle? {
    func failure() -> ModelError { ModelError(.malformedFile, subject(path), "expected a readable object") }

    guard !path.utf8.contains(0) else { return nil }
    var object = try HDF5Handle(H5Gopen2(id, "/", 0), orThrow: failure())
    for part in path.split(separator: "/").map(String.init) where part != "." {
      let kind = ostinato_h5_link_is_hard(object.id, part)
      guard kind >= 0 else { return nil }
      guard kind == 1 else { throw refusedLink(path) }
      object = try HDF5Handle(H5Oopen(object.id, part, 0), orThrow: failure())
    }
    return object
  }

  /// The group or dataset at `path`.
  /// - Throws: `ModelError.Code.missingWeight` when there is none.
  func object(at path: String, _ kind: H5I_type_t) throws(ModelError) -> HDF5Handle {
    let expected = kind == H5I_GROUP ? "expected a group" : "expected a dataset"
    guard let object = try resolve(path) else {
      throw ModelError(.missingWeight, subject(path), "\(expected); the file has nothing of this name")
    }
    guard H5Iget_type(object.id) == kind else {
      throw ModelError(.malformedFile, subject(path), "\(expected); it is something else")
    }
    return object
  }

  /// Names and kinds of the objects directly in the group at `path`.
  func listChildren(of path: String) throws(ModelError) -> [HDF5Child] {
    let group = try object(at: path, H5I_GROUP)
    var info = H5G_info_t()
    guard H5Gget_info(group.id, &info) >= 0 else {
      throw ModelError(.malformedFile, subject(path), "expected a readable group")
    }
    var children: [HDF5Child] = []
    for index in 0..<info.nlinks {
      let child = try linkName(index, in: group.id, path: path)
      guard ostinato_h5_link_is_hard(group.id, child) == 1 else { throw refusedLink("\(path)/\(child)") }
      let object = try HDF5Handle(
        H5Oopen(group.id, child, 0),
        orThrow: ModelError(.malformedFile, subject("\(path)/\(child)"), "expected a readable object")
      )
      children.append(HDF5Child(name: child, kind: H5Iget_type(object.id)))
    }
    return children
  }

  private func linkName(_ index: hsize_t, in group: hid_t, path: String) throws(ModelError) -> String {
    func name(into buffer: UnsafeMutablePointer<CChar>?, _ size: Int) -> Int {
      H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, index, buffer, size, 0)
    }

    let length = name(into: nil, 0)
    guard length > 0, length < 1 << 16 else {
      throw ModelError(.malformedFile, subject(path), "expected a readable group; its list of names is damaged")
    }
    var characters = [CChar](repeating: 0, count: length + 1)
    let read = characters.withUnsafeMutableBufferPointer { name(into: $0.baseAddress, $0.count) }
    let bytes = characters.dropLast().map(UInt8.init(bitPattern:))
    guard read == length, let text = String(validating: bytes, as: UTF8.self) else {
      throw ModelError(.malformedFile, subject(path), "expected names in UTF-8")
    }
    return text
  }

  private func refusedLink(_ path: String) -> ModelError {
    ModelError(.malformedFile, subject(path), "expected data in place; soft and external links are not followed")
  }
}
