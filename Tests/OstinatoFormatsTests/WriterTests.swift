import OstinatoTensors
import Testing

@testable import OstinatoFormats

@Suite struct HDF5WriterTests {
  private func sample() -> HDF5Writer {
    var writer = HDF5Writer()
    writer.addGroup("layers/dense/vars")
    writer.addGroup("layers/dropout/vars")
    writer.add([[1.0, 2.0], [3.0, 4.5]], at: "layers/dense/vars/0")
    writer.add([1, 2, 3], at: "layers/dense/vars/1")
    writer.add(2.5, at: "scalar")
    writer.add(Tensor(zeros: [0, 3]), at: "empty")
    writer.setAttribute("name", of: "layers/dense/vars", to: "grüße")
    writer.setAttribute("keras_version", of: "/", to: "3.15.1")
    return writer
  }

  @Test func whatIsWrittenIsRead() throws {
    let image = try PinnedBytes(copying: sample().bytes(name: "x.h5"))
    let file = try HDF5File(image: image, name: "x.h5")
    #expect(try file.tensor(at: "layers/dense/vars/0") == [[1.0, 2.0], [3.0, 4.5]])
    #expect(try file.tensor(at: "layers/dense/vars/1") == [1, 2, 3])
    #expect(try file.tensor(at: "scalar") == 2.5)
    #expect(try file.tensor(at: "empty").shape == [0, 3])
    #expect(try file.groupNames(in: "layers") == ["dense", "dropout"])
    #expect(try file.stringAttribute("name", of: "layers/dense/vars") == "grüße")
    #expect(try file.stringAttribute("keras_version", of: "/") == "3.15.1")
  }

  @Test func aPathThatOccursTwiceIsNamed() throws {
    var writer = sample()
    writer.add(1.0, at: "scalar")
    let error = try modelError { _ = try writer.bytes(name: "x.h5") }
    #expect(error.subject == "x.h5/scalar")
  }

  @Test func aWrittenArchiveIsRead() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/x.keras"
      try KerasArchive.write(config: [1], metadata: [2], weights: sample(), assets: ["a/b.txt": [3]], to: path)
      let archive = try KerasArchive(path: path)
      #expect(archive.config == [1] && archive.metadata == [2])
      #expect(try archive.asset("a/b.txt") == [3])
      #expect(try archive.weights.tensor(at: "layers/dense/vars/1") == [1, 2, 3])
    }
  }
}
