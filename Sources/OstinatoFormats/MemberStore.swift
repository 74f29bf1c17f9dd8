import OstinatoTensors

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Named files: the members of an archive, or what lies in a folder.
protocol MemberStore: Sendable {
  /// What errors call the store.
  var name: String { get }

  /// The names of all files, `/` between folders.
  func names() throws(ModelError) -> [String]

  /// The content of `member`; nil when there is no such file.
  func read(_ member: String) throws(ModelError) -> PinnedBytes?

  /// The content of `member`, for reading in parts; nil when there is no such file.
  func source(_ member: String) throws(ModelError) -> (any ByteSource)?
}

extension ZipArchive: MemberStore {
  func names() -> [String] { members.map(\.name) }

  func read(_ member: String) throws(ModelError) -> PinnedBytes? {
    guard let member = self.member(member) else { return nil }
    return try read(member)
  }

  func source(_ member: String) throws(ModelError) -> (any ByteSource)? {
    guard let member = self.member(member) else { return nil }
    return try source(of: member)
  }
}

/// The files in a folder.
struct FolderMembers: MemberStore {
  let name: String
  let options: LoadOptions

  func names() throws(ModelError) -> [String] {
    do {
      let paths = try FileManager.default.subpathsOfDirectory(atPath: name)
      return paths.filter { !FileBytes.isDirectory("\(name)/\($0)") }.sorted()
    } catch {
      throw FileBytes.failure(name, "expected a folder that can be listed")
    }
  }

  func read(_ member: String) throws(ModelError) -> PinnedBytes? {
    guard ZipArchive.isSafe(member), FileBytes.exists("\(name)/\(member)") else { return nil }
    return try PinnedBytes(copying: FileBytes.read("\(name)/\(member)", maximum: options.maximumBytes))
  }
  func source(_ member: String) throws(ModelError) -> (any ByteSource)? {
    guard ZipArchive.isSafe(member), FileBytes.exists("\(name)/\(member)") else { return nil }
    return try OpenFile(path: "\(name)/\(member)")
  }
}
