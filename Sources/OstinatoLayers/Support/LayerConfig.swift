import OstinatoTensors

/// The `config` of one layer in a model file, read argument by argument.
///
/// Every getter names the layer, the argument, what was expected and what came when it throws.
public struct LayerConfig: Sendable {
  /// The arguments, by Keras' names.
  public let members: [String: JSONValue]
  /// The class that the file names.
  public let className: String
  /// What errors call the layer: its path and class.
  public let subject: String
  /// How nested layers are made, and what wrote the file.
  package let context: DecodingContext
  /// Where Keras finds the class; nil for its own.
  let origin: ClassOrigin?

  package init(
    _ members: [String: JSONValue], className: String = "", subject: String, context: DecodingContext
  ) {
    self.init(members, className: className, origin: nil, subject: subject, context: context)
  }

  init(
    _ members: [String: JSONValue], className: String, origin: ClassOrigin?, subject: String, context: DecodingContext
  ) {
    self.origin = origin
    self.members = members
    self.className = className
    self.subject = subject
    self.context = context
  }

  /// The argument `key`; nil when it is absent or null.
  public subscript(_ key: String) -> JSONValue? {
    guard let value = members[key], !value.isNull else { return nil }
    return value
  }

  /// The same layer with other arguments.
  package func replacing(_ members: [String: JSONValue]) -> LayerConfig {
    LayerConfig(members, subject: subject, context: context)
  }

  /// A failure that names this layer and the argument.
  public func failure(_ key: String, expected: String) -> ModelError {
    let received = members[key].map(\.description) ?? "nothing"
    return ModelError(.malformedConfig, subject, "expected `\(key)` to be \(expected). Received: \(received)")
  }

  // MARK: Scalars

  /// A truth value.
  public func bool(_ key: String, default fallback: Bool) throws(ModelError) -> Bool {
    guard let value = self[key] else { return fallback }
    guard let flag = value.bool ?? value.int.map({ $0 != 0 }) else { throw failure(key, expected: "a truth value") }
    return flag
  }

  /// A whole number, or nil when it is absent.
  public func optionalInt(_ key: String) throws(ModelError) -> Int? {
    guard let value = self[key] else { return nil }
    guard let number = value.int, Self.sensibleNumbers.contains(number) else {
      throw failure(key, expected: "a whole number")
    }
    return number
  }

  /// A whole number.
  public func int(_ key: String, default fallback: Int) throws(ModelError) -> Int {
    try optionalInt(key) ?? fallback
  }

  /// A whole number above zero, not larger than any model needs.
  public func positiveInt(_ key: String, default fallback: Int? = nil) throws(ModelError) -> Int {
    guard let number = try optionalInt(key) ?? fallback, (1...Self.largestExtent).contains(number) else {
      throw failure(key, expected: "a positive integer")
    }
    return number
  }

  /// A number, or nil when it is absent.
  public func optionalFloat(_ key: String) throws(ModelError) -> Float? {
    guard let value = self[key] else { return nil }
    guard let number = value.double else { throw failure(key, expected: "a number") }
    return Float(number)
  }

  /// A number.
  public func float(_ key: String, default fallback: Float) throws(ModelError) -> Float {
    try optionalFloat(key) ?? fallback
  }

  /// A string, or nil when it is absent.
  public func optionalString(_ key: String) throws(ModelError) -> String? {
    guard let value = self[key] else { return nil }
    guard let text = value.string else { throw failure(key, expected: "a string") }
    return text
  }

  /// One of the strings that `Choice` knows.
  public func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ key: String, default fallback: Choice
  ) throws(ModelError) -> Choice {
    guard let text = try optionalString(key) else { return fallback }
    guard let choice = Choice(rawValue: text.lowercased()) else {
      let known = Choice.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
      throw failure(key, expected: "one of \(known)")
    }
    return choice
  }

  // MARK: Lists

  /// A list of whole numbers in `range`, or nil when it is absent. A single number is a list of one.
  public func optionalInts(
    _ key: String, in range: ClosedRange<Int> = sensibleNumbers
  ) throws(ModelError) -> [Int]? {
    guard let value = self[key] else { return nil }
    let elements = value.array ?? [value]
    let numbers = elements.compactMap(\.int).filter(range.contains)
    guard numbers.count == elements.count else { throw failure(key, expected: "a list of whole numbers") }
    return numbers
  }

  /// `count` whole numbers above zero; a single number stands for all of them.
  public func extents(_ key: String, count: Int, default fallback: Int? = nil) throws(ModelError) -> [Int] {
    guard var numbers = try optionalInts(key) ?? fallback.map({ [$0] }) else {
      throw failure(key, expected: "\(count) positive integers")
    }
    if numbers.count == 1 { numbers = [Int](repeating: numbers[0], count: count) }
    guard numbers.count == count, numbers.allSatisfy({ (1...Self.largestExtent).contains($0) }) else {
      throw failure(key, expected: "\(count) positive integers")
    }
    return numbers
  }

  /// A shape with unknown extents, or nil when it is absent.
  public func optionalShape(_ key: String) throws(ModelError) -> SymbolicShape? {
    guard let value = self[key] else { return nil }
    guard let elements = value.array else { throw failure(key, expected: "a shape") }
    var dimensions: [Int?] = []
    for element in elements {
      guard element.isNull || (element.int.map { (0...Self.largestExtent).contains($0) } ?? false) else {
        throw failure(key, expected: "a shape")
      }
      dimensions.append(element.int)
    }
    return SymbolicShape(dimensions)
  }

  // MARK: Layers

  /// The layer that `key` describes.
  public func layer(_ key: String) throws(ModelError) -> any Layer {
    guard let value = self[key] else { throw failure(key, expected: "a layer") }
    do throws(ModelError) {
      return try context.layer(from: value)
    } catch {
      throw error.within(subject)
    }
  }

  /// No extent in a model is larger: products of a few stay far from overflow.
  public static let largestExtent = 1 << 31

  /// What an argument that is a whole number may be, unless it says otherwise.
  public static let sensibleNumbers = -largestExtent...largestExtent
}
