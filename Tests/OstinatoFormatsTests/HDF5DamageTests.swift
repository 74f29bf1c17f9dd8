import OstinatoTensors
import Testing

@testable import OstinatoFormats

/// A damaged file gives errors that name it, whatever the damage.
@Suite struct HDF5DamageTests {
  private static let files = ["types.h5", "links.h5", "latest.h5", "layouts.h5", "userblock.h5", "kinds_1_10.h5"]

  /// Reads all that can be reached in a file.
  private func read(_ bytes: some Collection<UInt8>, _ datasets: [String]) {
    do {
      let options = LoadOptions(maximumBytes: 1 << 24)
      let file = try HDF5File(image: PinnedBytes(copying: bytes), name: "x.h5", options: options)
      for path in ["/", "attributes", "bfloat16/as_uint16", "of_type"] {
        for attribute in ["attribute0", "names", "large", "number", "of_type", "dtype"] {
          expectNamed { _ = try file.stringArrayAttribute(attribute, of: path) }
          expectNamed { _ = try file.intAttribute(attribute, of: path) }
        }
      }
      for path in datasets { expectNamed { _ = try file.tensor(at: path) } }
      expectNamed { _ = try file.datasetPaths(under: "") }
    } catch {
      #expect(error.subject == "x.h5")
    }
  }

  private func expectNamed(_ body: () throws -> Void) {
    do {
      try body()
    } catch {
      #expect((error as? ModelError)?.subject.hasPrefix("x.h5") == true, "\(error)")
    }
  }

  private func whole(_ name: String) throws -> (bytes: [UInt8], datasets: [String]) {
    let bytes = try FileBytes.read(resource(name))
    // Of the chunks that many links lead to, and of the large datasets, once is enough.
    let known = ["contiguous", "chunked", "gzip", "shuffled", "rows", "columns", "both", "implicit", "data"]
    let paths = ["types.h5": ["floats/<f4", "integers/>i8", "bfloat16/as_keras"], "links.h5": ["hard", "external"]]
    return (bytes, paths[name] ?? known)
  }

  @Test(arguments: files)
  func changedBytesNeverTrap(_ name: String) throws {
    let (bytes, datasets) = try whole(name)
    var generator = SeededGenerator(seed: 5)
    for _ in 0..<(bytes.count > 1 << 17 ? 60 : 600) {
      var changed = bytes
      for _ in 0..<Int.random(in: 1...5, using: &generator) {
        let index = Int.random(in: bytes.indices.dropLast(8), using: &generator)
        let values = [UInt8(0xFF), 0x7F, 0, changed[index] &+ 1, UInt8.random(in: 0 ... .max, using: &generator)]
        let value = values.randomElement(using: &generator) ?? 0
        for place in index..<index + [1, 1, 4, 8][Int.random(in: 0..<4, using: &generator)] { changed[place] = value }
      }
      read(changed, datasets)
    }
  }

  @Test func everyTruncationIsAnError() throws {
    for name in ["userblock.h5", "latest.h5"] {
      let (bytes, datasets) = try whole(name)
      for length in 0..<bytes.count {
        read(bytes[..<length], datasets)
        #expect(throws: ModelError.self) { try HDF5File(image: PinnedBytes(copying: bytes[..<length]), name: "x.h5") }
      }
    }
  }

  @Test func changedMetadataIsFoundByItsChecksum() throws {
    let bytes = try FileBytes.read(resource("latest.h5"))
    let header = try #require(bytes.indices.dropLast(4).first { Array(bytes[$0..<$0 + 4]) == Array("OHDR".utf8) })
    var changed = bytes
    changed[header + 40] ^= 1
    let file = try HDF5File(image: PinnedBytes(copying: changed), name: "x.h5")
    let error = try modelError { _ = try file.datasetPaths(under: "") }
    #expect(error.description == "x.h5: expected intact metadata; a checksum is wrong")
  }
}
