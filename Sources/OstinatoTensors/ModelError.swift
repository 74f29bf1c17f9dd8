/// What every throwing call of the package throws: who is concerned, what was expected and what came.
///
/// It prints as one line: `encoder/conv2d_3 (Conv2D): expected input of rank 4 (batch, height, width, channels).
/// Received: (8, 128, 64).`
public struct ModelError: Error, Sendable, Hashable {
  /// The kind of failure. More may be added; switch with a default.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    /// The name of the code, as in ``ModelError/Code/malformedFile``.
    public let description: String

    private init(_ description: String) { self.description = description }

    /// A file or archive member that cannot be read as what it claims to be.
    public static let malformedFile = Code("malformedFile")
    /// A file that cannot be opened, read or written.
    public static let fileAccess = Code("fileAccess")
    /// A layer or operation that Ostinato does not know.
    public static let unsupportedLayer = Code("unsupportedLayer")
    /// A layer's argument that is missing, of the wrong type or out of range.
    public static let malformedConfig = Code("malformedConfig")
    /// A graph whose calls cannot be put in order.
    public static let malformedGraph = Code("malformedGraph")
    /// A weight that the file does not hold.
    public static let missingWeight = Code("missingWeight")
    /// A shape that is not the expected one.
    public static let shapeMismatch = Code("shapeMismatch")
    /// An input tensor that the model cannot take.
    public static let invalidInput = Code("invalidInput")
    /// A name that no layer, input or output has.
    public static let unknownName = Code("unknownName")
    /// A function of the user's own that threw, or gave what it had not declared.
    public static let customLayer = Code("customLayer")
  }

  /// The kind of failure.
  public let code: Code
  /// Who is concerned: a layer's path and class (`decoder/td_1 (TimeDistributed)`) or a file and its member.
  public let subject: String
  /// What was expected and what came.
  public let message: String

  /// An error about `subject`.
  public init(_ code: Code, _ subject: String, _ message: String) {
    self.code = code
    self.subject = subject
    self.message = message
  }

  /// The same failure, placed inside `outer`: `outer/subject: message`.
  public func within(_ outer: String) -> ModelError {
    ModelError(code, subject.isEmpty ? outer : "\(outer)/\(subject)", message)
  }
}

extension ModelError: CustomStringConvertible {
  /// One line: subject, then message.
  public var description: String { subject.isEmpty ? message : "\(subject): \(message)" }
}
