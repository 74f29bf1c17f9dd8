import OstinatoTensors
import Testing

@testable import OstinatoFormats

@Suite struct KerasArchiveTests {
  private static let config = Array("{\"class_name\": \"Sequential\"}".utf8)
  private static let weight = "layers/dense/vars/0"

  private func members() throws -> [(name: String, bytes: [UInt8])] {
    [
      ("metadata.json", Array("{}".utf8)), ("config.json", Self.config),
      ("model.weights.h5", try FileBytes.read(resource("latest.h5"))), ("assets/vocabulary.txt", [1, 2]),
    ]
  }

  private func archive(without missing: String = "") throws -> [UInt8] {
    var writer = ZipWriter()
    for member in try members() where member.name != missing { writer.add(member.name, member.bytes) }
    return try writer.bytes(name: "test")
  }

  private func check(_ archive: KerasArchive) throws {
    #expect(archive.config == Self.config)
    #expect(archive.metadata == Array("{}".utf8))
    #expect(archive.weights.contains("layers/dense"))
    #expect(try archive.weights.tensor(at: Self.weight) == [[0.0, 0.5, 1.0], [1.5, 2.0, 2.5]])
    #expect(try archive.weights.datasetPaths(under: "layers") == [Self.weight])
    #expect(try archive.assetNames() == ["vocabulary.txt"])
    #expect(try archive.asset("vocabulary.txt") == [1, 2])
    #expect(throws: ModelError.self) { try archive.asset("nobody") }
  }

  @Test func anArchiveIsRead() throws {
    try check(KerasArchive(bytes: archive(), name: "x.keras"))
  }

  @Test func theUnpackedFolderIsTheArchive() throws {
    try withTemporaryFolder { folder in
      for (name, bytes) in try members() {
        try makeFolder(of: "\(folder)/\(name)")
        try bytes.withUnsafeBytes { try FileBytes.write($0, to: "\(folder)/\(name)") }
      }
      try check(KerasArchive(path: folder))
    }
  }

  @Test func npzWeightsAreRead() throws {
    var writer = ZipWriter()
    writer.add("config.json", Self.config)
    writer.add("model.weights.npz", try NPZ.data([Self.weight: [1.0, 2.0]]))
    let archive = try KerasArchive(bytes: writer.bytes(name: "x"), name: "x.keras")
    #expect(try archive.weights.tensor(at: Self.weight) == [1.0, 2.0])
    #expect(try archive.weights.datasetPaths(under: "layers") == [Self.weight])
    #expect(archive.weights.contains("layers/dense") && !archive.weights.contains("layers/den"))
    #expect(try modelError { _ = try archive.weights.tensor(at: "x") }.code == .missingWeight)
  }

  @Test(arguments: ["config.json", "model.weights.h5"])
  func aMissingMemberIsNamed(_ member: String) throws {
    let bytes = try archive(without: member)
    let error = try modelError { _ = try KerasArchive(bytes: bytes, name: "x.keras") }
    #expect(error.description == "x.keras: expected a member \(member); there is none")
  }

  @Test func damagedWeightsAreNamed() throws {
    var writer = ZipWriter()
    writer.add("config.json", Self.config)
    writer.add("model.weights.h5", [1, 2, 3])
    let bytes = try writer.bytes(name: "x")
    let error = try modelError { _ = try KerasArchive(bytes: bytes, name: "x.keras") }
    #expect(error.subject == "x.keras/model.weights.h5")
  }

  /// What is read in parts is not compared with its checksum meanwhile.
  @Test func aChangedElementIsFoundByVerifying() throws {
    var bytes = try archive()
    let element = withUnsafeBytes(of: Float(2.5).bitPattern.littleEndian, Array.init)
    let position = try #require(bytes.indices.first { bytes[$0...].starts(with: element) })
    try KerasArchive(bytes: bytes, name: "x.keras").weights.verify()
    bytes[position] ^= 1
    let damaged = try KerasArchive(bytes: bytes, name: "x.keras")
    let error = try modelError { try damaged.weights.verify() }
    #expect(error.description == "x.keras/model.weights.h5: expected readable data: CRC error")
  }

  @Test func truncatedWeightsAreErrors() throws {
    let whole = try FileBytes.read(resource("latest.h5"))
    for length in stride(from: 0, to: whole.count, by: 61) {
      #expect(throws: ModelError.self) {
        let file = try HDF5File(image: PinnedBytes(copying: whole[..<length]), name: "x.h5")
        _ = try file.tensor(at: Self.weight)
      }
    }
  }
}
