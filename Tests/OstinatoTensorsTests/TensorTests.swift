import Synchronization
import Testing

@testable import OstinatoTensors

@Suite struct TensorTests {
  @Test func zerosHaveShapeAndType() {
    let tensor = Tensor(zeros: [2, 3], dataType: .int32)
    #expect(tensor.shape == [2, 3])
    #expect(tensor.dataType == .int32)
    #expect(tensor.int32s == [0, 0, 0, 0, 0, 0])
    #expect(tensor.byteCount == 24)
  }

  @Test func elementsKeepTheirOrder() {
    let tensor = Tensor([1.5, 2, 3, 4] as [Float], shape: [2, 2])
    #expect(tensor[0, 0] == 1.5)
    #expect(tensor[1, 0] == 3)
    #expect(Tensor(scalar: Float(7)).shape == [])
    #expect(Tensor([Int32(1), 2]).shape == [2])
  }

  @Test func nestedLiteralsTakeTypeAndShapeFromTheirElements() {
    let integers: Tensor = [[1, 2, 3], [4, 5, 6]]
    #expect(integers.shape == [2, 3])
    #expect(integers.dataType == .int32)
    let mixed: Tensor = [[1, 2], [3, 4.5]]
    #expect(mixed.dataType == .float32)
    #expect(mixed.floats == [1, 2, 3, 4.5])
    let empty: Tensor = []
    #expect(empty.shape == [0])
    let scalar: Tensor = 2.5
    #expect(scalar.floats == [2.5])
  }

  @Test func copiesAreIndependent() {
    let original: Tensor = [1.0, 2.0]
    var copy = original
    copy[0] = 9
    #expect(original.floats == [1, 2])
    #expect(copy.floats == [9, 2])
  }

  @Test func reshapingSharesAndThenSeparates() {
    let original: Tensor = [1.0, 2.0, 3.0, 4.0]
    var matrix = original.reshaped(to: [2, -1])
    #expect(matrix.shape == [2, 2])
    #expect(matrix.baseAddress == original.baseAddress)
    matrix[1, 1] = 0
    #expect(original[3] == 4)
  }

  @Test func borrowedMemoryIsReleasedOnce() {
    let count = Mutex(0)
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 8, alignment: 4)
    defer { memory.deallocate() }
    memory.storeBytes(of: 1, toByteOffset: 0, as: Float.self)
    memory.storeBytes(of: 2, toByteOffset: 4, as: Float.self)
    do {
      let borrowed = Tensor(borrowing: UnsafeRawBufferPointer(memory), shape: [2]) { count.withLock { $0 += 1 } }
      #expect(borrowed.baseAddress == UnsafeRawPointer(memory.baseAddress))
      var changed = borrowed.reshaped(to: [1, 2])
      changed[0, 0] = 5
      #expect(borrowed.floats == [1, 2])
      #expect(changed.floats == [5, 2])
      #expect(count.withLock { $0 } == 0)
      extendLifetime(borrowed)
    }
    #expect(count.withLock { $0 } == 1)
  }

  @Test func unalignedBorrowedMemoryIsCopiedAndReleasedAtOnce() {
    let count = Mutex(0)
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 8, alignment: 4)
    defer { memory.deallocate() }
    memory.initializeMemory(as: UInt8.self, repeating: 0)
    let bytes = UnsafeRawBufferPointer(rebasing: memory[1..<5])
    let tensor = Tensor(borrowing: bytes, shape: [1]) { count.withLock { $0 += 1 } }
    #expect(count.withLock { $0 } == 1)
    #expect(tensor.floats == [0])
  }

  @Test func rowsAreCopiedOut() {
    let tensor: Tensor = [[1, 2], [3, 4], [5, 6]]
    #expect(tensor[1..<3] == [[3, 4], [5, 6]])
    #expect(tensor[1..<1].shape == [0, 2])
    #expect(Tensor.concatenated([tensor[0..<1], tensor[1..<3]]) == tensor)
  }

  @Test func argmaxTakesTheFirstOfEqualsAndNaNAboveAll() {
    let tensor: Tensor = [[1.0, 3.0, 3.0], [2.0, 1.0, 0.0]]
    #expect(tensor.argmax() == [1, 0])
    #expect(Tensor([1, .nan, 5, .nan] as [Float]).argmax().int32s == [1])
    #expect(Tensor([Int32(4), 9, 2]).argmax().int32s == [1])
  }

  @Test func conversionTruncatesAndSaturates() {
    let tensor = Tensor([1.9, -1.9, 1e20, -1e20, .nan] as [Float])
    #expect(tensor.converted(to: .int32).int32s == [1, -1, .max, .min, 0])
    #expect(Tensor([Int32(3)]).converted(to: .float32).floats == [3])
  }

  @Test func shapesFromFilesAreChecked() {
    #expect(throws: ModelError.self) { try Shape(validating: [2, -1]) }
    #expect(throws: ModelError.self) { try Shape(validating: [.max, 2]) }
    #expect(throws: ModelError.self) { try Shape(validating: [0, .max, .max]) }
    #expect(Shape([3]).description == "(3,)")
    #expect(Shape([2, 3, 4]).strides == [12, 4, 1])
  }

  @Test func closenessNamesTheWorstElement() throws {
    let expected: Tensor = [[1.0, 2.0], [3.0, 4.0]]
    let actual: Tensor = [[1.0, 2.1], [3.5, 4.0]]
    let difference = try #require(actual.difference(from: expected))
    #expect(difference.index == [1, 0])
    #expect(difference.count == 2)
    #expect(difference.description.contains("expected 3.0, received 3.5"))
    #expect(actual.isClose(to: expected, relative: 0, absolute: 0.6))
    #expect(!actual.isClose(to: expected.reshaped(to: [4])))
  }

  @Test func closenessKnowsInfinitiesAndNaN() {
    let special = Tensor([.infinity, -.infinity, .nan] as [Float])
    #expect(special.isClose(to: special))
    #expect(!Tensor([.nan] as [Float]).isClose(to: [1.0]))
    #expect(!Tensor([.infinity] as [Float]).isClose(to: Tensor([-.infinity] as [Float])))
  }

  @Test func descriptionShowsTheEdgesOfLongAxes() {
    let small: Tensor = [[1, 2], [3, 4]]
    #expect(small.description == "Tensor(2, 2) int32\n[[1, 2],\n [3, 4]]")
    #expect(Tensor((0..<9).map(Int32.init)).description == "Tensor(9,) int32\n[0, 1, 2, …, 6, 7, 8]")
    #expect(Tensor(scalar: Float(1)).description == "Tensor() float32\n1.0")
  }
}
