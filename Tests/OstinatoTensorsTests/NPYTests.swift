import Testing

@testable import OstinatoTensors

@Suite struct NPYTests {
  private static func ramp(_ scale: Float = 1) -> [Float] { (0..<24).map { Float($0) * scale } }

  @Test(arguments: ["little_f2", "little_f4", "big_f4", "little_f8", "version_2", "version_3", "fortran"])
  func floatsBecomeFloat32(_ name: String) throws {
    let tensor = try Tensor(contentsOfNPY: resource("\(name).npy"))
    #expect(tensor == Tensor(Self.ramp(0.5), shape: [2, 3, 4]))
  }

  @Test(arguments: [
    "i1", "little_i2", "big_i2", "little_i4", "little_i8", "big_i8", "u1", "little_u2", "little_u4", "little_u8",
  ])
  func integersBecomeInt32(_ name: String) throws {
    let tensor = try Tensor(contentsOfNPY: resource("\(name).npy"))
    #expect(tensor == Tensor(Self.ramp().map { Int32($0) }, shape: [2, 3, 4]))
  }

  @Test func boolsBecomeZeroAndOne() throws {
    let tensor = try Tensor(contentsOfNPY: resource("b1.npy"))
    #expect(tensor == Tensor([0] + [Int32](repeating: 1, count: 23), shape: [2, 3, 4]))
  }

  @Test(arguments: ["little_f4", "little_i4", "scalar", "vector", "empty"])
  func writesTheBytesThatNumpyWrites(_ name: String) throws {
    let expected = try FileBytes.read(resource("\(name).npy"))
    #expect(try Tensor(contentsOfNPY: resource("\(name).npy")).npyData() == expected)
  }

  @Test func anIntegerThatDoesNotFitIsNamed() throws {
    let error = try modelError { _ = try Tensor(contentsOfNPY: resource("wide.npy")) }
    #expect(error.subject.hasSuffix("wide.npy"))
    #expect(error.message == "expected integers that fit an int32; received 3000000000")
  }

  @Test func anotherTypeIsNamed() throws {
    let error = try modelError { _ = try Tensor(contentsOfNPY: resource("complex.npy")) }
    #expect(error.message.hasSuffix("received <c8"))
  }

  @Test func everyHalfPrecisionNumberIsExact() {
    for bits in UInt16.min ... .max {
      let exponent = Int(bits >> 10) & 0x1F
      let fraction = Double(bits & 0x3FF)
      let value = Float(halfBits: bits)
      #expect(value.sign == (bits >> 15 == 0 ? .plus : .minus))
      switch exponent {
      case 0x1F: #expect(fraction == 0 ? value.isInfinite : value.isNaN)
      case 0: #expect(Double(value.magnitude) == fraction * 0x1p-24)
      default:
        #expect(
          Double(value.magnitude) == (1 + fraction / 1024)
            * Double(sign: .plus, exponent: exponent - 15, significand: 1)
        )
      }
    }
  }
}

@Suite struct NPYHostileFileTests {
  private func parse(_ bytes: [UInt8]) throws -> Tensor {
    try bytes.withUnsafeBytes { try Tensor(npy: $0, name: "x.npy") }
  }

  private func file(header: String, data: Int = 0) -> [UInt8] {
    NPYHeader.magic + [1, 0, UInt8(header.utf8.count), 0] + Array(header.utf8) + [UInt8](repeating: 0, count: data)
  }

  @Test func everyTruncationIsRefused() throws {
    let whole = Tensor([1, 2, 3] as [Float]).npyData()
    for length in 0..<whole.count {
      #expect(throws: ModelError.self) { try parse(Array(whole[..<length])) }
    }
    #expect(throws: ModelError.self) { try parse(whole + [0]) }
  }

  @Test func flippedHeaderBytesNeverTrap() {
    var generator = SeededGenerator(seed: 1)
    let whole = Tensor((0..<24).map(Float.init), shape: [2, 3, 4]).npyData()
    for _ in 0..<20_000 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        bytes[Int.random(in: 0..<70, using: &generator)] = UInt8.random(in: 0 ... .max, using: &generator)
      }
      do {
        _ = try parse(bytes)
      } catch {
        #expect(error is ModelError)
        #expect(!"\(error)".contains("\n"))
      }
    }
  }

  @Test(arguments: [
    "{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, 9223372036854775807), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 9223372036854775807, 9223372036854775807), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (1) }",
    "{'descr': '<f4', 'fortran_order': False, }",
    "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (), }",
    "{'descr': '<f4', 'fortran_order': 0, 'shape': (), }",
    "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (), }",
    "{'descr': '|O', 'fortran_order': False, 'shape': (), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (), } import os",
    "", "{", "{'", "{'descr'", "{'descr':", "{'shape': (", "{'shape': (1",
  ])
  func malformedHeadersAreRefused(_ header: String) throws {
    let error = try modelError { _ = try parse(file(header: header, data: 4)) }
    #expect(error.code == .malformedFile)
  }

  @Test func aHeaderOfPython2IsRead() throws {
    let bytes = file(header: "{\"shape\": (1L,), 'fortran_order': False, 'descr': '<f4'}\n", data: 4)
    #expect(try parse(bytes) == [0.0])
  }
}

@Suite struct FileBytesTests {
  @Test func aFileIsReplacedAndNothingIsLeftBeside() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/x.npy"
      try Tensor([1, 2] as [Float]).writeNPY(to: path)
      try Tensor([3] as [Float]).writeNPY(to: path)
      #expect(try Tensor(contentsOfNPY: path) == [3.0])
      #expect(try entries(of: folder) == ["x.npy"])
    }
  }

  @Test func aMissingFileIsNamedWithTheSystemsWords() throws {
    let error = try modelError { _ = try Tensor(contentsOfNPY: "/nowhere/x.npy") }
    #expect(error.description == "/nowhere/x.npy: expected a readable file: No such file or directory")
    #expect(error.code == .fileAccess)
  }

  @Test func aMissingFolderAndADirectoryAreErrors() throws {
    #expect(try modelError { try Tensor(zeros: [2]).writeNPY(to: "/nowhere/x.npy") }.code == .fileAccess)
    #expect(try modelError { try Tensor(zeros: [2]).writeNPY(to: "/tmp") }.code == .fileAccess)
    #expect(try modelError { _ = try Tensor(contentsOfNPY: "/tmp") }.code == .fileAccess)
  }

  #if os(Linux)
    @Test func aFullDiskIsReported() throws {
      let error = try modelError { try Tensor(zeros: [2]).writeNPY(to: "/dev/full") }
      #expect(error.message.hasSuffix("No space left on device"))
    }
  #endif

  @Test func stringsComeBack() throws {
    let words: Tensor = [["fox", ""], ["\u{fc}nder", "dog"]]
    let bytes = words.npyData()
    #expect(try bytes.withUnsafeBytes { try Tensor(npy: $0, name: "words") } == words)
  }
}
