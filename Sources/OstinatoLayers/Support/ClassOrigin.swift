/// Where Keras finds a class that is not its own: the Python module, and the name under which it is registered, such as
/// `package>ClassName`.
package struct ClassOrigin: Sendable, Hashable {
  let module: String?
  let registeredName: String

  /// The origin of the class of a serialized object; nil where it is Keras' own.
  init?(_ object: JSONValue) {
    let (className, module) = (object["class_name"]?.string ?? "", object["module"]?.string)
    let name = object["registered_name"]?.string ?? (className.contains(">") ? className : nil)
    guard let name, !Self.isOfKeras(module) else { return nil }
    self.module = module
    self.registeredName = name
  }

  private static func isOfKeras(_ module: String?) -> Bool {
    guard let package = module?.prefix(while: { $0 != "." }) else { return false }
    return ["keras", "keras_core", "tf_keras", "tensorflow"].contains(package)
  }

  /// The names under which a program may have registered the class, the most special first.
  func names(of className: String) -> [String] {
    let module = module.map { ["\($0).\(className)"] } ?? []
    return [registeredName] + module + [className, Self.unqualified(registeredName)]
  }

  /// `ClassName` of `package>ClassName`.
  static func unqualified(_ name: String) -> String {
    name.lastIndex(of: ">").map { String(name[name.index(after: $0)...]) } ?? name
  }
}
