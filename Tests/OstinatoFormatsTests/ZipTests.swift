import OstinatoTensors
import Testing

@testable import OstinatoFormats

@Suite struct ZipTests {
  private let text = Array("ostinato ".utf8) + [UInt8](repeating: 7, count: 10_000)

  private func archive(_ compression: ZipWriter.Compression) throws -> [UInt8] {
    var writer = ZipWriter(compression: compression)
    writer.add("config.json", text)
    writer.add("assets/a/b.txt", [1, 2, 3])
    writer.add("empty", [])
    return try writer.bytes(name: "test")
  }

  @Test(arguments: [ZipWriter.Compression.stored, .deflated])
  func whatIsWrittenIsRead(_ compression: ZipWriter.Compression) throws {
    let zip = try ZipArchive(bytes: archive(compression), name: "x.zip")
    #expect(zip.members.map(\.name) == ["config.json", "assets/a/b.txt", "empty"])
    #expect(zip.members.map(\.size) == [text.count, 3, 0])
    let member = try #require(zip.member("config.json"))
    #expect(member.isDeflated == (compression == .deflated))
    #expect(try zip.read(member).array == text)
    #expect(zip.member("nobody") == nil)
  }

  @Test func equalMembersGiveEqualBytes() throws {
    #expect(try archive(.stored) == archive(.stored))
    #expect(try ZipArchive(bytes: ZipWriter().bytes(name: "none"), name: "none").members.isEmpty)
  }

  @Test func archivesOnDiskAreReplacedWhole() throws {
    try withTemporaryFolder { folder in
      var writer = ZipWriter()
      writer.add("a", [1])
      try writer.write(to: "\(folder)/x.zip")
      #expect(try ZipArchive(path: "\(folder)/x.zip").members.map(\.name) == ["a"])
      #expect(try modelError { try writer.write(to: "\(folder)/none/x.zip") }.code == .fileAccess)
    }
    let missing = try modelError { _ = try ZipArchive(path: "/nowhere.zip") }
    #expect(missing.description == "/nowhere.zip: expected a readable file: No such file or directory")
  }

  @Test(arguments: ["../x", "/etc/x", "a/../../x", "a\\b", "C:/x", "a//b", "./a"])
  func namesThatLeaveTheArchiveAreRefused(_ name: String) throws {
    var writer = ZipWriter()
    writer.add(name, [1])
    let bytes = try writer.bytes(name: "test")
    #expect(try modelError { _ = try ZipArchive(bytes: bytes, name: "x.zip") }.code == .malformedFile)
  }

  @Test func moreThanTheLimitIsRefused() throws {
    let bytes = try archive(.deflated)
    let error = try modelError {
      _ = try ZipArchive(bytes: bytes, name: "x.zip", options: LoadOptions(maximumBytes: 10_000))
    }
    #expect(error.message.contains("at most 10000 bytes"))
  }

  @Test func aDuplicateIsRefused() throws {
    var bytes = try archive(.stored)
    // The second member takes the name of another of the same length, in its local header and in the directory.
    let (old, new) = (Array("empty".utf8), Array("confi".utf8))
    var writer = ZipWriter()
    writer.add("confi", [1])
    writer.add("empty", [2])
    bytes = try writer.bytes(name: "test")
    for start in bytes.indices.dropLast(old.count) where Array(bytes[start..<start + old.count]) == old {
      bytes.replaceSubrange(start..<start + old.count, with: new)
    }
    #expect(throws: ModelError.self) { try ZipArchive(bytes: bytes, name: "x.zip") }
  }

  @Test(arguments: [ZipWriter.Compression.stored, .deflated])
  func everyTruncationIsRefused(_ compression: ZipWriter.Compression) throws {
    let whole = try archive(compression)
    for length in stride(from: 0, to: whole.count, by: compression == .stored ? 37 : 1) {
      #expect(throws: ModelError.self) { try ZipArchive(bytes: Array(whole[..<length]), name: "x.zip") }
    }
  }

  @Test func damagedDataIsFound() throws {
    var bytes = try archive(.stored)
    let position = try #require(bytes.firstIndex(of: UInt8(ascii: "o")))
    bytes[position + 200] ^= 1
    let zip = try ZipArchive(bytes: bytes, name: "x.zip")
    let error = try modelError { _ = try zip.read(#require(zip.member("config.json"))) }
    #expect(error.description == "x.zip/config.json: expected readable data: CRC error")
  }

  @Test func flippedBytesNeverTrap() throws {
    var generator = SeededGenerator(seed: 2)
    let whole = try archive(.deflated)
    for _ in 0..<5_000 {
      var bytes = whole
      bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0 ... .max, using: &generator)
      do {
        let zip = try ZipArchive(bytes: bytes, name: "x.zip", options: LoadOptions(maximumBytes: 1 << 24))
        for member in zip.members { _ = try zip.read(member) }
      } catch {
        #expect(error.subject.hasPrefix("x.zip"))
      }
    }
  }
}

@Suite struct NPZTests {
  @Test(arguments: ["stored.npz", "deflated.npz"])
  func numpysArchivesAreRead(_ name: String) throws {
    let tensors = try NPZ.read(path: resource(name))
    #expect(tensors == ["layers/dense/vars/0": [[0.0, 0.5, 1.0], [1.5, 2.0, 2.5]], "ids": [0, 1, 2, 3]])
  }

  @Test(arguments: [true, false])
  func whatIsWrittenIsRead(_ compressed: Bool) throws {
    let tensors: [String: Tensor] = ["a/b": Tensor(zeros: [100, 3]), "c": [1, 2], "scalar": 2.5]
    #expect(try NPZ.read(bytes: NPZ.data(tensors, compressed: compressed), name: "x.npz") == tensors)
    try withTemporaryFolder { folder in
      try NPZ.write(tensors, to: "\(folder)/x.npz", compressed: compressed)
      #expect(try NPZ.read(path: "\(folder)/x.npz") == tensors)
    }
  }

  @Test func anotherMemberIsNamed() throws {
    var writer = ZipWriter()
    writer.add("a.txt", [1])
    let bytes = try writer.bytes(name: "x")
    #expect(try modelError { _ = try NPZ.read(bytes: bytes, name: "x.npz") }.subject == "x.npz/a.txt")
  }
}
