import Foundation
import OstinatoExercise
import OstinatoLayers

/// libFuzzer's own changes, of bytes.
@_silgen_name("LLVMFuzzerMutate")
private func mutateBytes(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ maximum: Int) -> Int

/// Changes an input in place and returns its new length. One in four changes of JSON is a change of bytes.
@_cdecl("LLVMFuzzerCustomMutator")
public func mutate(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ maximum: Int, _ seed: UInt32) -> Int {
  guard seed % 4 != 0, let input = JSONInput(bytes, count) else { return mutateBytes(bytes, count, maximum) }
  var mutation = JSONMutation(seed: seed)
  guard let length = input.replacing(mutation.mutate(input.document)).write(to: bytes, maximum) else {
    return mutateBytes(bytes, count, maximum)
  }
  return length
}

/// Puts parts of the second input into the first.
@_cdecl("LLVMFuzzerCustomCrossOver")
public func crossOver(
  _ first: UnsafePointer<UInt8>, _ firstCount: Int, _ second: UnsafePointer<UInt8>, _ secondCount: Int,
  _ output: UnsafeMutablePointer<UInt8>, _ maximum: Int, _ seed: UInt32
) -> Int {
  guard let input = JSONInput(first, firstCount), let donor = JSONInput(second, secondCount) else { return 0 }
  var mutation = JSONMutation(seed: seed)
  return input.replacing(mutation.mutate(input.document, donor: donor.document)).write(to: output, maximum) ?? 0
}

/// The JSON in an input, and what is around it.
private struct JSONInput {
  let before: [UInt8]
  let document: JSONValue
  let after: [UInt8]

  private init(before: [UInt8], document: JSONValue, after: [UInt8]) {
    (self.before, self.document, self.after) = (before, document, after)
  }

  /// Nil for an input that has none.
  init?(_ start: UnsafePointer<UInt8>, _ count: Int) {
    let bytes = UnsafeBufferPointer(start: start, count: count)
    let bounds: Range<Int>
    switch exercise {
    case .config: bounds = 0..<count
    case .legacy: bounds = min(1, count)..<count
    case .keras: bounds = 0..<(bytes.firstIndex(of: 0) ?? count)
    default: return nil
    }
    guard let document = try? JSONValue(parsing: Array(bytes[bounds]), name: "") else { return nil }
    before = Array(bytes[..<bounds.lowerBound])
    after = Array(bytes[bounds.upperBound...])
    self.document = document
  }

  func replacing(_ document: JSONValue) -> JSONInput { JSONInput(before: before, document: document, after: after) }

  /// The length, or nil where there is no room.
  func write(to target: UnsafeMutablePointer<UInt8>, _ maximum: Int) -> Int? {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    guard let text = try? encoder.encode(document) else { return nil }
    let bytes = before + Array(text) + after
    guard bytes.count <= maximum, !bytes.isEmpty else { return nil }
    _ = UnsafeMutableBufferPointer(start: target, count: bytes.count).update(fromContentsOf: bytes)
    return bytes.count
  }
}
