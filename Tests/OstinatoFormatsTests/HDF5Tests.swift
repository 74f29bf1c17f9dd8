import OstinatoTensors
import Testing

@testable import OstinatoFormats

@Suite struct HDF5TensorTests {
  private let file: HDF5File

  init() throws { file = try HDF5File(path: resource("types.h5")) }

  @Test(arguments: ["<f2", "<f4", "<f8", ">f2", ">f4", ">f8"])
  func floatsBecomeFloat32(_ type: String) throws {
    let tensor = try file.tensor(at: "floats/\(type)")
    #expect(tensor == [[0.0, 0.5, 1.0], [1.5, 2.0, 2.5]])
  }

  @Test(arguments: ["i1", "i2", "<i4", "<i8", "u1", "u2", "<u4", "<u8", ">i2", ">i4", ">i8", ">u8"])
  func integersBecomeInt32(_ type: String) throws {
    #expect(try file.tensor(at: "integers/\(type)") == [[0, 1, 2], [3, 4, 5]])
  }

  @Test func boolsScalarsAndEmptyArraysAreRead() throws {
    #expect(try file.tensor(at: "bool") == [1, 0, 1])
    #expect(try file.tensor(at: "scalar") == 2.5)
    #expect(try file.tensor(at: "none").shape == [0, 4])
    #expect(try file.shape(at: "/floats/<f2") == [2, 3])
  }

  @Test func halfPrecisionKeepsItsSpecialValues() throws {
    let values = try file.tensor(at: "half_specials").floats
    #expect(values[0] == .infinity && values[1] == -.infinity && values[2].isNaN)
    #expect(values[3] == 0 && values[3].sign == .minus)
    #expect(values[4...] == [0x1p-24, 65504])
  }

  @Test(arguments: ["as_keras", "as_uint16"])
  func markedBFloat16IsWidened(_ name: String) throws {
    #expect(try file.tensor(at: "bfloat16/\(name)") == [0.0, 0.5, -1.5, 3.0])
  }

  @Test(arguments: [
    ("too_wide", "expected integers that fit an int32; received 3000000000"),
    ("text", "expected floats, integers or bools; it holds another type"),
    ("empty", "expected elements; the dataset is empty and has no shape"),
    ("floats", "expected a dataset; it is something else"),
    ("floats/none/deeper", "expected a dataset; the file has nothing of this name"),
  ])
  func whatIsNoTensorIsNamed(_ path: String, _ message: String) throws {
    let error = try modelError { _ = try file.tensor(at: path) }
    #expect(error.subject == "\(file.name)/\(path)")
    #expect(error.message == message)
  }

  @Test func allTensorsTogetherStayWithinTheLimit() throws {
    let small = try HDF5File(path: resource("types.h5"), options: LoadOptions(maximumBytes: 60))
    _ = try small.tensor(at: "floats/<f4")
    _ = try small.tensor(at: "floats/<f2")
    #expect(throws: ModelError.self) { try small.tensor(at: "floats/>f4") }
  }

  @Test func manyThreadsReadOneFile() async throws {
    let file = file
    try await withThrowingTaskGroup(of: Tensor.self) { group in
      for _ in 0..<64 { group.addTask { try file.tensor(at: "floats/>f8") } }
      for try await tensor in group { #expect(tensor.floats == [0, 0.5, 1, 1.5, 2, 2.5]) }
    }
  }
}

@Suite struct HDF5LayoutTests {
  private let file: HDF5File

  init() throws { file = try HDF5File(path: resource("layouts.h5")) }

  @Test(arguments: ["contiguous", "chunked", "gzip"])
  func everyLayoutGivesTheSame(_ name: String) throws {
    let expected = Tensor((0..<600).map { Float($0) * 0.5 }, shape: [20, 30])
    #expect(try file.tensor(at: name) == expected)
  }

  @Test func aSmallUnwrittenDatasetIsZeros() throws {
    #expect(try file.tensor(at: "unwritten") == [0.0, 0.0, 0.0, 0.0])
  }

  @Test(arguments: ["bomb", "large_claim", "lzf"])
  func whatTheFileDoesNotBackIsRefused(_ name: String) throws {
    #expect(try modelError { _ = try file.tensor(at: name) }.code == .malformedFile)
  }

  @Test(arguments: [("latest.h5", "layers/dense/vars/0"), ("userblock.h5", "data")])
  func otherFileFormatsAreRead(_ name: String, _ path: String) throws {
    #expect(try HDF5File(path: resource(name)).tensor(at: path) == [[0.0, 0.5, 1.0], [1.5, 2.0, 2.5]])
  }

  @Test(arguments: ["types.h5", "layouts.h5", "latest.h5", "userblock.h5", "attributes.h5"])
  func aFileInMemoryIsTheFileOnDisk(_ name: String) throws {
    let disk = try HDF5File(path: resource(name))
    let memory = try HDF5File(image: PinnedBytes(copying: FileBytes.read(resource(name))), name: "memory")
    let paths = try disk.datasetPaths(under: "")
    #expect(try memory.datasetPaths(under: "") == paths)
    for path in paths {
      #expect((try? memory.tensor(at: path)) == (try? disk.tensor(at: path)))
    }
  }

  @Test func imagesOfOneNameStayApart() throws {
    let first = try HDF5File(image: PinnedBytes(copying: FileBytes.read(resource("latest.h5"))), name: "x")
    let second = try HDF5File(image: PinnedBytes(copying: FileBytes.read(resource("userblock.h5"))), name: "x")
    #expect(first.contains("layers/dense") && !first.contains("data"))
    #expect(second.contains("data") && !second.contains("layers/dense"))
  }
}

@Suite struct HDF5LinkTests {
  private let file: HDF5File

  init() throws { file = try HDF5File(path: resource("links.h5")) }

  @Test func hardLinksAreTheObject() throws {
    #expect(try file.tensor(at: "hard") == [0.0, 0.5, 1.0])
    #expect(try file.groupNames(in: "cycle/self/self") == ["self"])
  }

  @Test(arguments: ["soft/link", "dangling/link", "outer/link", "external", "virtual"])
  func whatLiesElsewhereIsRefused(_ path: String) throws {
    let error = try modelError { _ = try file.tensor(at: path) }
    #expect(error.code == .malformedFile)
    #expect(error.subject.hasSuffix(path))
  }

  @Test(arguments: ["soft", "dangling", "outer"])
  func aGroupWithSuchALinkIsNotListed(_ group: String) throws {
    #expect(try modelError { _ = try file.datasetNames(in: group) }.code == .malformedFile)
    #expect(file.contains("\(group)/link"))
  }

  @Test func aGroupInsideItselfEndsTheWalk() throws {
    #expect(throws: ModelError.self) { try file.datasetPaths(under: "cycle") }
  }
}

@Suite struct HDF5AttributeTests {
  private let file: HDF5File

  init() throws { file = try HDF5File(path: resource("attributes.h5")) }

  @Test func stringsOfEveryKindAreRead() throws {
    #expect(try file.stringAttribute("text", of: "/") == "grüße")
    #expect(try file.stringAttribute("bytes", of: "/") == "plain")
    #expect(try file.stringAttribute("missing", of: "/") == nil)
    #expect(try file.stringAttribute("model_config", of: "/")?.utf8.count == 100_002)
    #expect(try file.stringArrayAttribute("names", of: "/") == ["conv", "dänse", ""])
    #expect(try file.stringArrayAttribute("fixed", of: "/") == ["conv", "dense/kernel:0"])
    #expect(try file.stringArrayAttribute("none", of: "/") == [])
    #expect(try file.stringArrayAttribute("missing", of: "a/b") == nil)
    #expect(try file.intAttribute("number", of: "/") == 7)
  }

  @Test func aSplitListComesAsOne() throws {
    #expect(try file.stringArrayAttribute("split", of: "/") == ["a", "b", "c"])
  }

  @Test func whatIsNoStringIsNamed() throws {
    #expect(throws: ModelError.self) { try file.stringAttribute("names", of: "/") }
    #expect(throws: ModelError.self) { try file.stringAttribute("number", of: "/") }
    #expect(throws: ModelError.self) { try file.intAttribute("text", of: "/") }
    #expect(try modelError { _ = try file.stringAttribute("text", of: "nobody") }.code == .missingWeight)
  }

  @Test func namesAreListedByKind() throws {
    #expect(try file.groupNames(in: "a") == ["b"])
    #expect(try file.datasetNames(in: "a/b") == ["c"])
    #expect(try file.datasetPaths(under: "a") == ["a/b/c"])
    #expect(file.contains("a/b/c") && !file.contains("a/c"))
  }

  @Test func manyAttributesOfANewFileAreRead() throws {
    let latest = try HDF5File(path: resource("latest.h5"))
    for index in 0..<20 { #expect(try latest.stringAttribute("attribute\(index)", of: "") == "value \(index)") }
  }
}
